// SPDX-License-Identifier: Apache-2.0
// One service as the commands of people see it: opened with the keys and certificates of who asks,
// asked by the rows of its interface, answers shown as JSON or in lines.
#ifndef HOST_SERVICE_SERVICE_CLIENT_H
#define HOST_SERVICE_SERVICE_CLIENT_H

#include "base/program.h"
#include "services/wire/courier/courier_files.h"

struct service_client {
    struct courier_files files;
    const char *name;
    const struct crypto *crypto;
    struct arena arena; // of forms; theirs until the client is closed
};

/// name: of the service, as its rows are called. tls: directory as 'tessera ca issue' writes it.
/// False with a failure; close it in every case.
bool service_client_open(struct service_client *client, const char *name, const char *url,
                         const char *tls, const struct crypto *crypto, struct failure *failure);
/// Also one that is all zeros.
void service_client_close(struct service_client *client);

/// What a command does with a service; context: the command's own.
typedef bool service_action(struct service_client *client, void *context, struct failure *failure);

/// Whom a command asks: name, url, tls as above.
struct service_visit {
    const char *name, *url, *tls;
    const struct program_run *run;
};

/// A whole command: opens the service with the run's cryptography, acts, closes. The exit code.
int service_client_run(const struct service_visit *visit, service_action *action, void *context,
                       struct failure *failure);

/// An empty request of a row.
void service_client_form(struct service_client *client, const struct endpoint *row,
                         struct form *in);
/// Asks once, under a fresh key where the row needs one; out is made here and may be NULL. False:
/// courier_call's failure.
bool service_client_ask(struct service_client *client, const struct endpoint *row,
                        const struct form *in, struct form *out, struct failure *failure);
enum { REQUEST_KEY_SIZE = 33 };

/// Draws a fresh key. False: the random generator failed.
bool service_client_key(const struct service_client *client, char key[REQUEST_KEY_SIZE]);
/// The same under a key of the caller's: any number of times it is one request.
bool service_client_repeat(struct service_client *client, const struct endpoint *row,
                           const char *key, const struct form *in, struct form *out,
                           struct failure *failure);
/// GETs another kind of answer than JSON into body, the caller's buffer.
bool service_client_page(struct service_client *client, const struct endpoint *row,
                         const struct form *in, const char *media, struct buffer *body,
                         struct failure *failure);

/// Prints an answer: one JSON object a line, or a line "name value" for each field, lists indented.
void service_client_print(const struct form *out, bool json);

#endif
