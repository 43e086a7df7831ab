// SPDX-License-Identifier: Apache-2.0
// The end of a till's batch: settled or released, one of the two, once.
#ifndef SERVICES_CLEARING_BATCH_H
#define SERVICES_CLEARING_BATCH_H

#include "services/clearing/clearing_private.h"

/// A batch that was found good before the transaction.
struct batch {
    const struct object *object;
    struct evidence evidence;
    uint8_t digest[SHA256_SIZE];
    const char *till;
    uint32_t number, first, last;
    uint32_t counter;      // the till's next one when it made the batch
    struct stated *stated; // NULL: no statement came along
    struct known_purse purse;
};

/// What a batch owes for one number, and to whom.
struct due {
    uint32_t n, counter;
    uint16_t unit;
    int64_t amount, price;
    int64_t voided;           // refunds of it that went back
    const char *payer, *word; // word: why it waits for a person; NULL: it does not
    uint8_t kind;
    struct bytes policy; // hash; size 0: none
};

/// Posts what one number brings: to the parties of its policy, to the till's enterprise, or into
/// suspense. False: the problem is set, or the session has failed.
bool settle_number(struct call *call, struct session *session, const struct batch *batch,
                   const struct due *due);
/// What the till set aside beyond what its logs prove.
bool settle_rest(struct call *call, struct session *session, const struct batch *batch,
                 uint16_t unit, int64_t amount);

/// Pays what a till took that will make no batch any more, number by number: a batch that turns up
/// later adds nothing. False: the problem is set, or the session has failed.
bool batch_pay_dead(struct call *call, struct session *session, const struct known_purse *till);

enum { PAYOUT_ID_SIZE = 33 };

/// Adds to what a party gets for a cause ("till-1/7"): one order to the bank for each.
bool payout_add(struct call *call, struct session *session, const char *cause, const char *party,
                uint16_t unit, int64_t amount);
/// Orders what is owed for a cause now; a party without an account waits. cause NULL: all that
/// waits and can be ordered, at most 100.
bool payout_order(struct call *call, struct session *session, const char *cause);

#endif
