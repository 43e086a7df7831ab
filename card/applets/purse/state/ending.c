// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/ending.h"

#include "apdu/object/object.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/sale.h"
#include "card/applets/purse/transfer.h"
#include "card/identity/claims.h"

/// A till's debit was a refund: it is no refund any more.
static void take_back(struct purse *purse, const struct object *log, struct pocket *pocket) {
    const struct refund refund = {.reference = log->fields[FIELD_REFERENCE],
                                  .amount = object_uint(log, FIELD_AMOUNT)};
    pocket->recredited += refund.amount;
    if ((purse->roles & ROLE_TILL) != 0)
        sale_restore(purse, &refund, pocket);
    else
        claim_unpay(purse->call, refund.reference);
    state_advance(purse);
}

uint16_t ending_stage(struct purse *purse, const struct ring_entry *entry,
                      enum purse_entry_state end) {
    struct object log;
    struct pocket pocket;
    uint8_t octets[RING_LOG_MAX];
    size_t size = ring_log(purse, entry->slot, octets);
    if (!object_decode_as(OBJECT_USAGE_LOG, bytes_of(octets, size), &log) ||
        !pocket_find(purse, object_unit(&log), &pocket))
        return SW_MEMORY_FAILURE;
    pocket.under_way -= object_uint(&log, FIELD_AMOUNT);
    if (end == PURSE_ENTRY_VOIDED)
        take_back(purse, &log, &pocket);
    pocket_store(purse, &pocket);
    ring_close(purse, entry, end);
    return SW_OK;
}
