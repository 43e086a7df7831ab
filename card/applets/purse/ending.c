// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/ending.h"

#include "apdu/object.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/transfer.h"

uint16_t ending_stage(struct card_call *call, const struct ring_entry *entry,
                      enum purse_entry_state end) {
    struct object log;
    struct pocket pocket;
    uint8_t octets[RING_LOG_MAX];
    size_t size = ring_log(call, entry->slot, octets);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(octets, size), &log) ||
        !pocket_find(call, object_unit(&log), &pocket))
        return SW_MEMORY_FAILURE;
    uint64_t amount = object_uint(&log, FIELD_AMOUNT);
    pocket.under_way -= amount;
    if (end == PURSE_ENTRY_VOIDED) {
        pocket.recredited += amount;
        state_advance(call);
    }
    pocket_store(call, &pocket);
    ring_close(call, entry, end);
    return SW_OK;
}
