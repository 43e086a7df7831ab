// SPDX-License-Identifier: Apache-2.0
// A purse at a glance: whose it is, what it holds, where its counters are.
#ifndef HOST_PURSE_PURSE_VIEW_H
#define HOST_PURSE_PURSE_VIEW_H

#include "host/purse/purse_client.h"

#include "base/failure.h"

struct purse_view {
    char id[HOLDER_PURSE_MAX + 1];
    uint16_t roles;
    struct purse_pocket pockets[PURSE_POCKETS_MAX];
    size_t pocket_count;
    uint64_t serial;
    uint32_t counter;
    unsigned unratified;
};

/// Reads it from a selected purse. pin: of a purse that keeps its balances private; NULL: none.
bool purse_view_read(struct purse_client *client, const char *pin, struct purse_view *view,
                     struct failure *failure);

#endif
