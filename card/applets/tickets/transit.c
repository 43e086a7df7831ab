// SPDX-License-Identifier: Apache-2.0
// COMPLETE and TAKE CANCEL: the source learns what became of the number. They touch only the entry
// of that very number; a ticket that came back meanwhile is another record. docs/tickets.md, "A
// move".
#include "card/applets/tickets/transit.h"

#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/applets/tickets/state/slot.h"

void transit_end(struct tickets *tickets, const struct out *out, bool arrived) {
    struct slot slot;
    if (!card_must(tickets->call,
                   slot_read(tickets, out->slot, &slot) && slot.state == SLOT_TRANSIT))
        return;
    if (arrived)
        slot_erase(tickets, &slot);
    else
        slot_set_state(tickets, &slot, SLOT_LIVE);
    out_clear(tickets, out);
}

static uint16_t check_form(const struct tickets *tickets, enum object_type type,
                           struct object *end) {
    if (!object_decode_as(type, tickets->call->command.data, end))
        return SW_BAD_OBJECT;
    return identity_is(tickets->call, end->fields[FIELD_SOURCE]) ? SW_OK : SW_WRONG_PARTY;
}

/// No entry waits for it: an honest repetition, if its signer is known; otherwise nothing that this
/// card could judge.
static uint16_t judge_late(const struct tickets *tickets, const struct object *end) {
    struct peer peer;
    uint16_t sw = peer_find(tickets->call, end->fields[FIELD_DESTINATION], ROLE_STORE, &peer);
    if (sw == SW_UNKNOWN_CERTIFICATE)
        return sw;
    return object_verify(end, tickets->call->crypto, peer.point) ? SW_OK : SW_BAD_SIGNATURE;
}

static uint16_t end_of(struct tickets *tickets, enum object_type type) {
    struct object end;
    struct out out;
    uint16_t sw = check_form(tickets, type, &end);
    if (sw != SW_OK)
        return sw;
    tickets_spend_challenge(tickets);
    if (!out_find(tickets, end.fields[FIELD_DESTINATION], &out) ||
        out.n != object_uint(&end, FIELD_N))
        return judge_late(tickets, &end);
    if (!object_verify(&end, tickets->call->crypto, out.key))
        return SW_BAD_SIGNATURE;
    transit_end(tickets, &out, type == OBJECT_MOVE_RECEIPT);
    return SW_OK;
}

uint16_t tickets_complete(struct tickets *tickets) {
    return end_of(tickets, OBJECT_MOVE_RECEIPT);
}

uint16_t tickets_take_cancel(struct tickets *tickets) {
    return end_of(tickets, OBJECT_MOVE_CANCEL);
}
