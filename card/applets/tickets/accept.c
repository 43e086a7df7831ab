// SPDX-License-Identifier: Apache-2.0
// ACCEPT and CANCEL: the destination hands out a number before anything is sent, and takes it back.
// One partner has one open number; asked again it is the same one under the new challenge.
// docs/tickets.md, "A move".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/identity/identity.h"

#include <string.h>

/// An ACCEPT on its way through the checks.
struct acceptance {
    struct tickets *tickets;
    struct object asked; // fields only
    struct bytes source;
    struct peer peer;
    struct lane lane;
    bool known; // the source has a lane
};

typedef uint16_t accept_check(struct acceptance *acceptance);

static bool is_delivery(const struct acceptance *acceptance) {
    return object_has(&acceptance->asked, FIELD_REFERENCE);
}

static uint16_t check_form(struct acceptance *acceptance) {
    static const struct schema_field FIELDS[] = {
        {FIELD_CHALLENGE, false}, {FIELD_REFERENCE, true}, {FIELD_SOURCE, false}};
    struct card_call *call = acceptance->tickets->call;
    struct object *asked = &acceptance->asked;
    if (!fields_decode(call->command.data, FIELDS, sizeof FIELDS / sizeof FIELDS[0], asked->fields))
        return SW_WRONG_DATA;
    if (is_delivery(acceptance) && asked->fields[FIELD_REFERENCE].data[0] != REFERENCE_TICKET)
        return SW_WRONG_REFERENCE;
    acceptance->source = asked->fields[FIELD_SOURCE];
    return identity_is(call, acceptance->source) ? SW_WRONG_PARTY : own_check(call);
}

/// A store must be on the owner's list; a seller comes with a sale.
static uint16_t check_listed(struct acceptance *acceptance) {
    acceptance->known = lane_find(acceptance->tickets, acceptance->source, &acceptance->lane);
    bool listed = acceptance->known && acceptance->lane.listed;
    return listed || is_delivery(acceptance) ? SW_OK : SW_NOT_LISTED_HERE;
}

static uint16_t check_source(struct acceptance *acceptance) {
    return party_find(acceptance->tickets, acceptance->source,
                      is_delivery(acceptance) ? ROLE_SELLER : ROLE_STORE, &acceptance->peer);
}

static accept_check *const CHECKS[] = {check_form, check_listed, check_source};

/// Room for the ticket is reserved before it is asked for.
static uint16_t check_room(struct tickets *tickets) {
    uint64_t taken =
        tickets_get(tickets, TICKET_NUMBER_USED) + tickets_get(tickets, TICKET_NUMBER_OPEN);
    if (taken >= tickets->tables.slots)
        return SW_NO_SPACE;
    return tickets_get(tickets, TICKET_NUMBER_NEXT) < TICKET_N_LAST ? SW_OK : SW_COUNTER_END;
}

static uint16_t open_new(struct acceptance *acceptance) {
    struct lane *lane = &acceptance->lane;
    const struct peer *peer = &acceptance->peer;
    if (!acceptance->known && !lane_make(acceptance->tickets, acceptance->source, lane))
        return SW_WINDOW_FULL;
    uint16_t sw = check_room(acceptance->tickets);
    if (sw != SW_OK)
        return sw;
    lane->seller = is_delivery(acceptance);
    memcpy(lane->key, peer->point, sizeof lane->key);
    memcpy(lane->enterprise, peer->enterprise, sizeof lane->enterprise);
    lane->enterprise_size = peer->enterprise_size;
    lane_open(acceptance->tickets, lane);
    peer_touch(acceptance->tickets->call, peer);
    return SW_OK;
}

static uint16_t open_again(const struct acceptance *acceptance) {
    const struct lane *lane = &acceptance->lane;
    bool same = memcmp(lane->key, acceptance->peer.point, sizeof lane->key) == 0 &&
                lane->seller == is_delivery(acceptance);
    return same ? SW_OK : SW_MISMATCH;
}

static uint16_t answer_request(struct acceptance *acceptance) {
    struct object_writer writer;
    uint8_t buffer[192], holder[HOLDER_MAX];
    struct card_call *call = acceptance->tickets->call;
    object_begin(&writer, OBJECT_RECEPTION_REQUEST, buffer, sizeof buffer);
    object_put_uint(&writer, FIELD_N, acceptance->lane.open);
    object_copy(&writer, FIELD_CHALLENGE, &acceptance->asked);
    object_copy(&writer, FIELD_REFERENCE, &acceptance->asked);
    object_put(&writer, FIELD_SOURCE, acceptance->source);
    object_put(&writer, FIELD_DESTINATION, identity_text(call, IDENTITY_HOLDER, holder));
    object_put_uint(&writer, FIELD_LAST_DONE, acceptance->lane.done);
    return identity_answer(call, &writer);
}

uint16_t tickets_accept(struct tickets *tickets) {
    struct acceptance acceptance = {.tickets = tickets};
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
        uint16_t sw = CHECKS[i](&acceptance);
        if (sw != SW_OK)
            return sw;
    }
    bool again = acceptance.known && acceptance.lane.open != 0;
    uint16_t sw = again ? open_again(&acceptance) : open_new(&acceptance);
    return sw == SW_OK ? answer_request(&acceptance) : sw;
}

uint16_t tickets_cancel(struct tickets *tickets) {
    static const struct schema_field FIELDS[] = {{FIELD_N, false}, {FIELD_SOURCE, false}};
    struct object named;
    struct lane lane;
    if (!fields_decode(tickets->call->command.data, FIELDS, 2, named.fields))
        return SW_WRONG_DATA;
    struct bytes source = named.fields[FIELD_SOURCE];
    uint32_t n = (uint32_t)object_uint(&named, FIELD_N);
    bool known = lane_find(tickets, source, &lane);
    enum lane_end end = lane_look(tickets, known ? &lane : NULL, n);
    if (end == LANE_NEVER)
        return SW_NOT_OPEN;
    if (end == LANE_OPEN) {
        end = LANE_VOID;
        lane_close(tickets, &lane, end);
    }
    return party_answer_end(tickets, end, source, n);
}
