// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/trust/center.h"

uint16_t center_open(const struct purse *purse, enum object_type type, enum taken taken,
                     struct bytes in, struct order *out) {
    uint8_t last[SHA256_SIZE];
    if (taken == TAKEN_COUNT)
        return order_open(purse->call, type, NULL, in, out);
    taken_get(purse, taken, last);
    return order_open(purse->call, type, last, in, out);
}

void center_taken(struct purse *purse, enum taken taken, const struct order *order) {
    taken_set(purse, taken, order->digest);
}
