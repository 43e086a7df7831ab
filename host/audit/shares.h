// SPDX-License-Identifier: Apache-2.0
// How a fee is divided: the shares of a policy, by largest remainders, the first in the list where
// remainders are equal.
#ifndef HOST_AUDIT_SHARES_H
#define HOST_AUDIT_SHARES_H

#include "apdu/object/object.h"

enum { SHARES_MAX = POLICY_SHARES_MAX + 1 };

struct shares {
    size_t count;
    struct bytes parties[SHARES_MAX]; // point into octets, or where shares_one was given them
    uint32_t weights[SHARES_MAX];
    uint8_t octets[1024]; // the policy's
};

/// Those of a policy that offers this price to this enterprise; none when it does not.
void shares_read(struct bytes policy, struct bytes enterprise, uint16_t unit, int64_t price,
                 struct shares *out);
/// Everything to one; the name lives as long as the shares.
void shares_one(struct bytes party, struct shares *out);
/// An amount by shares. False: there are none.
bool shares_divide(const struct shares *shares, int64_t amount, int64_t parts[SHARES_MAX]);

#endif
