// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/layout.h"

#include <string.h>

struct ticket_tables ticket_tables_of(uint16_t roles, uint16_t capacity) {
    bool phone = (roles & ROLE_WALLET) != 0;
    struct ticket_tables tables = {.lanes = phone ? LANES_OF_PHONE : LANES_OF_HOME,
                                   .seen = phone ? SEEN_OF_PHONE : capacity,
                                   .slots = capacity};
    tables.seen_at = TICKET_LANES_AT + (uint32_t)tables.lanes * LANE_SIZE;
    tables.index_at = tables.seen_at + (uint32_t)tables.seen * SEEN_SIZE;
    tables.slots_at = tables.index_at + (uint32_t)capacity * INDEX_SIZE;
    tables.size = tables.slots_at + (uint32_t)capacity * SLOT_SIZE;
    return tables;
}

struct ticket_id ticket_id_of(struct bytes id) {
    struct ticket_id copy = {.size = (uint8_t)(id.size <= TICKET_ID_MAX ? id.size : 0)};
    if (copy.size > 0)
        memcpy(copy.octets, id.data, copy.size);
    return copy;
}

struct bytes ticket_id_bytes(const struct ticket_id *id) {
    return bytes_of(id->octets, id->size);
}

bool ticket_id_is(const struct ticket_id *id, struct bytes other) {
    return bytes_equal(ticket_id_bytes(id), other);
}
