// SPDX-License-Identifier: Apache-2.0
// HOTLIST, ACKNOWLEDGE and RESET TIME: the center's versioned objects. Each version works once and
// never goes back. docs/purse.md, "The center's objects".
#include "card/applets/purse/center.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/ending.h"
#include "card/applets/purse/hotlist.h"
#include "card/applets/purse/trust.h"
#include "card/applets/purse/window.h"

/// A versioned object: open, and later than the last one of its kind.
static uint16_t open_version(struct card_call *call, enum object_type type, enum taken taken,
                             enum number version, struct bytes in, struct center_object *center) {
    uint16_t sw = center_open(call, type, taken, in, center);
    if (sw != SW_OK || center->repeated)
        return sw;
    return object_uint(&center->object, FIELD_VERSION) > number_get(call, version) ? SW_OK
                                                                                   : SW_STALE;
}

static void take_version(struct card_call *call, enum taken taken, enum number version,
                         const struct center_object *center) {
    number_set(call, version, object_uint(&center->object, FIELD_VERSION));
    center_taken(call, taken, center);
}

uint16_t purse_take_hotlist(struct card_call *call, struct bytes in) {
    struct center_object center;
    uint16_t sw =
        open_version(call, OBJECT_HOTLIST, TAKEN_HOTLIST, NUMBER_HOTLIST_VERSION, in, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = hotlist_store(call, center.object.fields[FIELD_CERTIFICATES],
                       center.object.fields[FIELD_DEVICES]);
    if (sw != SW_OK)
        return sw;
    take_version(call, TAKEN_HOTLIST, NUMBER_HOTLIST_VERSION, &center);
    clock_raise(call, object_date(&center.object, FIELD_DATE));
    return SW_OK;
}

uint16_t purse_hotlist(struct card_call *call) {
    return purse_take_hotlist(call, call->command.data);
}

/// The window may forget what the center has the complete list of, and nothing that is open.
static uint16_t move_base(struct card_call *call, const struct object *ack) {
    struct once once = window_at(call);
    uint32_t open;
    if (!object_has(ack, FIELD_BASE))
        return SW_OK;
    uint32_t base = (uint32_t)object_uint(ack, FIELD_BASE);
    if (base < once.base)
        return SW_STALE;
    if (base > once.next)
        return SW_NOT_OPEN;
    if (base > once.base && once_next_open(call, &once, once.base, base - 1, &open))
        return SW_STILL_OPEN;
    once_forget(call, &once, base);
    return SW_OK;
}

/// Debits that the center has the credit of need no ratification any more.
static uint16_t release_entries(struct card_call *call, struct bytes counters) {
    struct ring_entry entry;
    for (size_t at = 0; at + 4 <= counters.size; at += 4) {
        uint32_t counter = (uint32_t)bytes_get_be(counters.data + at, 4);
        if (!ring_find_counter(call, counter, &entry) || entry.state != PURSE_ENTRY_UNRATIFIED)
            continue;
        uint16_t sw = ending_stage(call, &entry, PURSE_ENTRY_RATIFIED);
        if (sw != SW_OK)
            return sw;
    }
    return SW_OK;
}

uint16_t purse_acknowledge(struct card_call *call) {
    struct center_object center;
    const struct object *ack = &center.object;
    uint16_t sw = open_version(call, OBJECT_ACKNOWLEDGEMENT, TAKEN_ACK, NUMBER_ACK_VERSION,
                               call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = move_base(call, ack);
    if (sw == SW_OK)
        sw = release_entries(call, ack->fields[FIELD_COUNTERS]);
    if (sw != SW_OK)
        return sw;
    if (object_has(ack, FIELD_OFFLINE_COUNT) && object_has(ack, FIELD_OFFLINE_SUM))
        budget_refill(call, object_uint(ack, FIELD_OFFLINE_COUNT),
                      object_uint(ack, FIELD_OFFLINE_SUM));
    take_version(call, TAKEN_ACK, NUMBER_ACK_VERSION, &center);
    return SW_OK;
}

/// May stand behind the center's certificate (7F21), which a card with a wrong day cannot learn by
/// EXCHANGE CERTIFICATES.
static uint16_t learn_center(struct card_call *call) {
    struct object reset;
    struct bytes *data = &call->command.data;
    struct bytes rest = *data;
    struct tlv first;
    if (!tlv_next_strict(&rest, &first) || first.tag != PURSE_DATA_CERTIFICATE)
        return SW_OK;
    if (!object_decode_as(OBJECT_TIME_RESET, rest, &reset))
        return SW_BAD_OBJECT;
    *data = rest;
    return peer_learn_on(call, first.whole, object_date(&reset, FIELD_DATE));
}

uint16_t purse_reset_time(struct card_call *call) {
    struct center_object center;
    uint16_t sw = learn_center(call);
    if (sw != SW_OK)
        return sw;
    sw = open_version(call, OBJECT_TIME_RESET, TAKEN_TIME, NUMBER_TIME_VERSION, call->command.data,
                      &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    number_set(call, NUMBER_DATE, object_date(&center.object, FIELD_DATE));
    take_version(call, TAKEN_TIME, NUMBER_TIME_VERSION, &center);
    return SW_OK;
}
