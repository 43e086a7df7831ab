// SPDX-License-Identifier: Apache-2.0
// Orders to the bank, from what is owed to what was done.
#ifndef SERVICES_CLEARING_PAYOUT_H
#define SERVICES_CLEARING_PAYOUT_H

#include "services/clearing/clearing_private.h"

enum payout_state { PAYOUT_WAITING_STATE, PAYOUT_ORDERED, PAYOUT_DONE, PAYOUT_REFUSED };

struct payout {
    const char *id, *party, *account;
    uint16_t unit;
    int64_t amount;
};

/// The order goes out with this transaction. from: the center's own account.
void bank_order(struct call *call, struct session *session, const struct payout *payout,
                const char *from);

#endif
