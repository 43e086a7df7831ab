// SPDX-License-Identifier: Apache-2.0
// A service at work for tests: its store on the engine that was asked for, a clock that the test
// moves, and one way to ask it something.
#ifndef TESTS_KIT_SERVICES_SHOP_H
#define TESTS_KIT_SERVICES_SHOP_H

#include "services/core/call/request.h"
#include "services/core/front.h"

enum engine { ENGINE_MEMORY, ENGINE_FILE, ENGINE_POSTGRES, ENGINES };

struct shop {
    struct service_context context;
    struct service_front front;
    struct crypto *crypto;
    struct store *store; // the engine's; context.store may be wrapped around it
    struct clock clock;
    uint64_t now_ms;
    enum engine engine;
    char directory[64];
    char schema[24]; // ENGINE_POSTGRES: of this shop
    const char *vfs;
    char reported[512]; // the last failure that a call reported
};

/// Keys and certificates of the services that are opened from now on; copied.
void shop_use_keys(const struct service_keys *keys);

/// Files of databases that are opened from now on lie below this directory, on its disk; NULL: in
/// memory, which is enough for whatever survives processes and not machines.
void shop_place(const char *directory);
/// Opens an empty database with the service's tables. Aborts when that fails.
void shop_open(struct shop *shop, const struct service *service, enum engine engine);
/// The same over a disk of another name (ENGINE_FILE).
void shop_open_on(struct shop *shop, const struct service *service, enum engine engine,
                  const char *vfs);
/// Closes and opens the same database again (not ENGINE_MEMORY).
void shop_reopen(struct shop *shop);
/// Ends the service and begins it again over the same store, with the keys of now.
void shop_restart(struct shop *shop);
/// Runs SQL without parameters or answer ("DELETE FROM counter; DELETE FROM request").
void shop_script(struct shop *shop, const char *text);
/// Removes it.
void shop_close(struct shop *shop);

/// Opens, checks and closes a shop on every engine.
void shop_on_every_engine(const struct service *service, void (*check)(struct shop *shop));

struct told {
    unsigned status;
    char type[40];
    char body[4096];  // text, or the first octets of a file
    size_t file_size; // of the part of a file that is the body; 0: no file
    bool replayed;
    char etag[80], range[80];
    char allow[64], retry_after[16];
};

/// One request by that peer. key and body may be NULL.
struct told shop_ask(struct shop *shop, const struct peer *peer, const char *method,
                     const char *target, const char *key, const char *body);

/// The same with headers and octets as they are in the request.
struct told shop_request(struct shop *shop, const struct request *request);

/// Every row of the given queries as text, "a|b|c" a line, into out: for equal dumps and counts.
void shop_dump(struct shop *shop, const struct statement *queries, size_t count, char *out,
               size_t capacity);

#endif
