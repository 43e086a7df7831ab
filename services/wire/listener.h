// SPDX-License-Identifier: Apache-2.0
// Where the network ends and the service begins: octets in, octets out. A shell (HTTP, a local
// screen, a courier in the same process) makes exchanges, a listener answers them.
#ifndef SERVICES_WIRE_LISTENER_H
#define SERVICES_WIRE_LISTENER_H

#include "services/wire/peer.h"

/// What came. Texts and octets live until the exchange is finished; NULL: the header is absent.
struct request {
    const char *method;
    const char *target; // path and query as they came, percent signs and all
    const char *key;    // Idempotency-Key
    const char *content_type, *accept, *range, *if_range, *if_none_match;
    struct bytes body;
    struct peer peer;
    const char *id; // under which the log knows it
};

struct answer_header {
    const char *name, *value;
};

/// What goes back. Texts and octets lie in the exchange's arena or are constant.
struct answer {
    unsigned status;
    const char *content_type;
    struct bytes body;
    int file; // >= 0: the octets offset..offset+size of it are the body; the shell closes
    uint64_t offset, size;           //
    struct answer_header headers[8]; // ETag, Allow, Retry-After, Content-Range, ...
    size_t header_count;
};

struct exchange {
    struct request request;
    struct answer answer; // file is -1 when the listener gets it
    struct arena arena;   // the shell gives it back after the answer has gone
    void (*finish)(
        struct exchange *exchange); // the shell's: the answer is complete. Any thread, once
    void *shell;                    // the shell's own
    struct exchange *next;          // the next three are the listener's: its queue,
    uint64_t waits_until_ms;        // until when it waits for a decision,
    bool direct;                    // and whether it is answered at once
};

struct admission {
    uint32_t body_max;    // octets
    uint32_t time_max_ms; // for the whole request, until its body is here
    bool direct;          // take() answers at once: nothing to suspend
};

struct listener {
    /// Method, target and peer are known, the body is not: may it come, and how long may it be?
    /// False: exchange->answer says why not, and the body is not read.
    bool (*admit)(const struct listener *listener, struct exchange *exchange,
                  struct admission *admission);
    /// The whole request. Answers now or later; calls exchange->finish when the answer is there.
    void (*take)(const struct listener *listener, struct exchange *exchange);
    void *context;
};

/// Adds a header; the value is copied into the arena. Left out when there is no room or memory.
void answer_header(struct exchange *exchange, const char *name, const char *value);

/// The answer becomes a problem document with its status and Retry-After.
void answer_problem(struct exchange *exchange, const struct problem *problem);

#endif
