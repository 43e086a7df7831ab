// SPDX-License-Identifier: Apache-2.0
// Logs as tills and floats hand them in: a usage log with what ended it, both signed.
#ifndef SERVICES_CLEARING_LOGS_H
#define SERVICES_CLEARING_LOGS_H

#include "services/clearing/clearing_private.h"

enum log_end { END_NONE, END_CREDITED, END_VOID };
enum usage_state { USAGE_AIR, USAGE_CREDITED, USAGE_VOID };

/// One of an upload, judged before the transaction.
struct log_item {
    const char *fault;                  // why it is refused; NULL: it is good
    const struct object *usage, *ended; // NULL: not there
    enum log_end end;
    struct name_text payer, payee;
    uint32_t n, counter, state;
    uint16_t unit;
    int64_t amount, serial, spent, issued, loaded;
    bool overdrawn; // its totals do not hold what it spends, or pass CLAIM_MOST: no card's
    uint32_t sale;  // that a refund of a till gives back; 0: it is no refund
    uint8_t kind;   // of its reference
    uint8_t usage_digest[SHA256_SIZE], end_digest[SHA256_SIZE];
    const struct evidence *by_payer, *by_payee;
};

struct upload {
    size_t count;
    struct log_item *items; // count of them, at most CLEARING_LOGS_MOST
};

/// What a transaction knows already, so that it asks once an upload and not once a log: by whom the
/// logs are, and the newest log of the payer that came last.
struct meetings {
    size_t count;
    struct {
        const struct evidence *evidence;
        enum purse_state state;
    } met[2 * CLEARING_LOGS_MOST];
    struct newest {
        bool known; // it is in the books, and none of this payer and unit is behind it
        struct name_text payer;
        uint16_t unit;
        uint32_t counter, state;
        int64_t spent;
        int64_t issued; // at least so much was issued to the payer, as the books say
    } newest;
};

/// What became of one.
struct log_outcome {
    const char *outcome; // "accepted", "again", "suspense", "refused"
    const char *word;    // why; NULL: nothing is to be said
};

/// Books one in the transaction, of which meetings grow. False: the problem is set, or the session
/// has failed.
bool log_book(struct call *call, struct session *session, const struct log_item *item,
              struct meetings *meetings, struct log_outcome *out);

#endif
