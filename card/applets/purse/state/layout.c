// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/layout.h"

#include "card/applets/once.h"

struct geometry geometry_of(uint16_t roles) {
    bool till = (roles & ROLE_TILL) != 0;
    struct geometry g = {.window = till ? WINDOW_LARGE : WINDOW_SMALL,
                         .ring = (roles & ROLE_WALLET) != 0 ? RING_SMALL : RING_LARGE};
    g.window_at = TABLES_AT;
    g.ring_index_at = g.window_at + once_size(g.window, WINDOW_RECORD_SIZE);
    g.ring_at = g.ring_index_at + (uint32_t)g.ring * RING_INDEX_SIZE;
    g.batch_at = g.ring_at + (uint32_t)g.ring * RING_SLOT_SIZE;
    g.size = g.batch_at + (till ? BATCH_SIZE : 0);
    return g;
}
