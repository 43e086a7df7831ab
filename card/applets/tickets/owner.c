// SPDX-License-Identifier: Apache-2.0
// What the owner does: PIN commands, the list of devices, naming one ticket for one tap, giving up
// what nobody will ever finish. None of it over contactless; the dispatcher refuses that before a
// counter is touched. docs/tickets.md, "The owner".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/state/lane.h"
#include "card/applets/tickets/state/out.h"
#include "card/applets/tickets/state/slot.h"
#include "card/identity/claims.h"

#include <string.h>

static const struct pin TICKETS_PIN = {TICKET_PIN_AT};

// ---- PIN ---------------------------------------------------------------------------------------

static uint16_t remember(struct tickets *tickets, uint16_t sw) {
    tickets_session(tickets)->pin = sw == SW_OK;
    return sw;
}

uint16_t tickets_verify(struct tickets *tickets) {
    if (tickets->call->command.data.size == 0)
        return pin_status(tickets->call, TICKETS_PIN);
    return remember(tickets, pin_verify(tickets->call, TICKETS_PIN, tickets->call->command.data));
}

uint16_t tickets_change_pin(struct tickets *tickets) {
    struct bytes old_value, new_value;
    if (!pin_two_values(tickets->call->command.data, &old_value, &new_value))
        return SW_WRONG_DATA;
    uint16_t sw = pin_change(tickets->call, TICKETS_PIN, old_value, new_value);
    return sw == SW_OK ? sw : remember(tickets, sw);
}

uint16_t tickets_reset_retry(struct tickets *tickets) {
    struct bytes puk, new_value;
    if (!pin_two_values(tickets->call->command.data, &puk, &new_value))
        return SW_WRONG_DATA;
    uint16_t sw = pin_unblock(tickets->call, TICKETS_PIN, puk, new_value);
    tickets_session(tickets)->pin = false;
    return sw;
}

uint16_t tickets_set_options(struct tickets *tickets) {
    uint8_t options = tickets->call->command.data.data[0]; // the catalogue says: exactly one octet
    if ((options & ~TICKETS_FREE_READING) != 0)
        return SW_WRONG_DATA;
    if (!tickets_session(tickets)->pin)
        return SW_PIN_REQUIRED;
    tickets_set(tickets, TICKET_NUMBER_OPTIONS, options);
    return SW_OK;
}

// ---- devices -----------------------------------------------------------------------------------

static bool one_field(const struct tickets *tickets, enum field field, struct bytes *value) {
    const struct schema_field row[] = {{field, false}};
    struct object named;
    bool good = fields_decode(tickets->call->command.data, row, 1, named.fields);
    *value = named.fields[field];
    return good;
}

/// Ids are those of stores; a device is never this card.
static uint16_t named_device(const struct tickets *tickets, struct bytes *id) {
    if (!one_field(tickets, FIELD_HOLDER, id) || id->size > TICKET_ID_MAX)
        return SW_WRONG_DATA;
    return identity_is(tickets->call, *id) ? SW_WRONG_PARTY : SW_OK;
}

static uint16_t add_device(struct tickets *tickets, struct bytes id) {
    struct lane lane;
    if (!lane_find(tickets, id, &lane) && !lane_make(tickets, id, &lane))
        return SW_NO_SPACE;
    lane.listed = true;
    lane_store(tickets, &lane);
    return SW_OK;
}

/// The device leaves the list and its open number ends in the same commit.
static uint16_t remove_device(struct tickets *tickets, struct bytes id) {
    struct lane lane;
    if (!lane_find(tickets, id, &lane) || !lane.listed)
        return SW_NOT_LISTED_HERE;
    lane.listed = false;
    if (lane.open != 0)
        lane_close(tickets, &lane, LANE_VOID);
    else
        lane_store(tickets, &lane);
    return SW_OK;
}

uint16_t tickets_set_device(struct tickets *tickets) {
    struct bytes id;
    uint16_t sw = named_device(tickets, &id);
    if (sw != SW_OK)
        return sw;
    if (!tickets_session(tickets)->pin)
        return SW_PIN_REQUIRED;
    return tickets->call->command.p1 == TICKETS_DEVICE_ADD ? add_device(tickets, id)
                                                           : remove_device(tickets, id);
}

// ---- tickets -----------------------------------------------------------------------------------

uint16_t tickets_offer_one(struct tickets *tickets) {
    struct bytes name;
    struct slot slot;
    struct ticket_offer *offer = tickets_offer(tickets);
    if (!one_field(tickets, FIELD_TICKET, &name))
        return SW_WRONG_DATA;
    if (!slot_find(tickets, name.data, &slot))
        return SW_RECORD_NOT_FOUND;
    if (slot.state != SLOT_LIVE)
        return SW_IN_TRANSIT;
    offer->made = true;
    memcpy(offer->name, name.data, sizeof offer->name);
    return SW_OK;
}

/// transit: the ticket is given up on its way, where only its destination may still have it.
static uint16_t forget_ticket(struct tickets *tickets, bool transit) {
    struct bytes name;
    struct slot slot;
    struct out out;
    if (!one_field(tickets, FIELD_TICKET, &name))
        return SW_WRONG_DATA;
    if (!tickets_session(tickets)->pin)
        return SW_PIN_REQUIRED;
    if (!slot_find(tickets, name.data, &slot))
        return SW_RECORD_NOT_FOUND;
    if ((slot.state == SLOT_TRANSIT) != transit)
        return transit ? SW_RECORD_NOT_FOUND : SW_IN_TRANSIT;
    if (transit && card_must(tickets->call, out_of_slot(tickets, slot.number, &out)))
        out_clear(tickets, &out);
    slot_erase(tickets, &slot);
    tickets_spend_challenge(tickets);
    return SW_OK;
}

/// A cancelled number may be asked for yet; who forgets the lane answers that it was done.
static uint16_t forget_lane(struct tickets *tickets) {
    struct bytes id;
    struct lane lane;
    uint16_t sw = named_device(tickets, &id);
    if (sw != SW_OK)
        return sw;
    if (!tickets_session(tickets)->pin)
        return SW_PIN_REQUIRED;
    if (!lane_find(tickets, id, &lane))
        return SW_RECORD_NOT_FOUND;
    if (lane.listed || lane.open != 0)
        return lane.listed ? SW_CONDITIONS : SW_STILL_OPEN;
    lane_clear(tickets, &lane);
    return SW_OK;
}

/// The row of a sale whose ticket is gone for good.
static uint16_t forget_claim(struct tickets *tickets) {
    struct bytes reference;
    struct claim claim;
    if (!one_field(tickets, FIELD_REFERENCE, &reference) ||
        reference.size != 1 + TICKET_NAME_SIZE || reference.data[0] != REFERENCE_TICKET)
        return SW_WRONG_DATA;
    if (!tickets_session(tickets)->pin)
        return SW_PIN_REQUIRED;
    if (!claim_find(tickets->call, reference.data + 1, &claim))
        return SW_RECORD_NOT_FOUND;
    claim_clear(tickets->call, &claim);
    return SW_OK;
}

uint16_t tickets_forget(struct tickets *tickets) {
    switch (tickets->call->command.p1) {
    case TICKETS_FORGET_TICKET:
        return forget_ticket(tickets, false);
    case TICKETS_FORGET_TRANSIT:
        return forget_ticket(tickets, true);
    case TICKETS_FORGET_LANE:
        return forget_lane(tickets);
    default:
        return forget_claim(tickets);
    }
}
