// SPDX-License-Identifier: Apache-2.0
// HOTLIST, ACKNOWLEDGE and RESET TIME: the center's versioned objects. Each version works once and
// never goes back. docs/purse.md, "The center's objects".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/ending.h"
#include "card/applets/purse/state/window.h"
#include "card/applets/purse/trust/center.h"
#include "card/identity/hotlist.h"
#include "card/identity/peers.h"

/// The window may forget what the center has the complete list of, and nothing that is open. A
/// till's follows SETTLE: what it sold would else be in no batch.
static uint16_t move_base(struct purse *purse, const struct object *ack) {
    struct once once = window_at(purse);
    uint32_t open;
    if (!object_has(ack, FIELD_BASE))
        return SW_OK;
    uint32_t base = (uint32_t)object_uint(ack, FIELD_BASE);
    if (base < once.base)
        return SW_STALE;
    if (base > once.next)
        return SW_NOT_OPEN;
    if (base > once.base && once_next_open(purse->call, &once, once.base, base - 1, &open))
        return SW_STILL_OPEN;
    if (base > once.base && (purse->roles & ROLE_TILL) != 0)
        return SW_UNSETTLED;
    once_forget(purse->call, &once, base);
    return SW_OK;
}

/// A debit ends by its payee's receive log or void, which the center hands out as well (RATIFY,
/// TAKE VOID). Where the payee is gone, the center ends it: not before the certificate ran out with
/// which the payee could still void.
static uint16_t end_entry(struct purse *purse, const struct ring_entry *entry, uint32_t day) {
    struct ring_proof proof;
    ring_proof(purse, entry->slot, &proof);
    return day > proof.until ? ending_stage(purse, entry, PURSE_ENTRY_RATIFIED) : SW_UNPROVEN;
}

static uint16_t end_entries(struct purse *purse, struct bytes counters, uint32_t day) {
    struct ring_entry entry;
    for (size_t at = 0; at + 4 <= counters.size; at += 4) {
        uint32_t counter = (uint32_t)bytes_get_be(counters.data + at, 4);
        if (!ring_find_counter(purse, counter, &entry) || entry.state != PURSE_ENTRY_UNRATIFIED)
            continue;
        uint16_t sw = end_entry(purse, &entry, day);
        if (sw != SW_OK)
            return sw;
    }
    return SW_OK;
}

/// Versions rise under one center; each center that the issuer names begins anew.
static uint64_t rank_of(const struct purse *purse, const struct object *ack) {
    return identity_get(purse->call, IDENTITY_CENTERS) << 32 | object_uint(ack, FIELD_VERSION);
}

uint16_t purse_acknowledge(struct purse *purse) {
    struct order center;
    const struct object *ack = &center.object;
    uint16_t sw =
        center_open(purse, OBJECT_ACKNOWLEDGEMENT, TAKEN_ACK, purse->call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    if (rank_of(purse, ack) <= number_get(purse, NUMBER_ACK_VERSION))
        return SW_STALE;
    sw = move_base(purse, ack);
    if (sw == SW_OK)
        sw = end_entries(purse, ack->fields[FIELD_COUNTERS], object_date(ack, FIELD_DATE));
    if (sw != SW_OK)
        return sw;
    if (object_has(ack, FIELD_OFFLINE_COUNT) && object_has(ack, FIELD_OFFLINE_SUM))
        budget_refill(purse, object_uint(ack, FIELD_OFFLINE_COUNT),
                      object_uint(ack, FIELD_OFFLINE_SUM));
    number_set(purse, NUMBER_ACK_VERSION, rank_of(purse, ack));
    center_taken(purse, TAKEN_ACK, &center);
    return SW_OK;
}

uint16_t purse_hotlist(struct purse *purse) {
    return order_hotlist(purse->call, purse->call->command.data);
}

uint16_t purse_hotlist_part(struct purse *purse) {
    struct card_call *call = purse->call;
    uint16_t number = (uint16_t)(call->command.p1 << 8 | call->command.p2);
    return hotlist_part(call, number, call->command.data);
}

uint16_t purse_reset_time(struct purse *purse) {
    return order_time(purse->call, purse->call->command.data);
}
