// SPDX-License-Identifier: Apache-2.0
// IMPORT: the destination takes a ticket, from its seller or from another store, under the number
// that it handed out. What ACCEPT could ask is not asked again; what only the ticket tells is
// refused with its reason, and the number stays open. docs/tickets.md, "A move".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/applets/tickets/state/seen.h"
#include "card/applets/tickets/state/slot.h"

#include <string.h>

struct reception {
    struct tickets *tickets;
    struct object header, state;
    uint8_t digest[SHA256_SIZE]; // of the header's body: its first octets are the ticket's name
    struct ticket_left left;
    uint32_t n;
    struct lane lane;
    bool known;
    struct slot_key key;
};

typedef uint16_t import_check(struct reception *reception);

static uint16_t check_form(struct reception *reception) {
    struct bytes data = reception->tickets->call->command.data;
    struct object *header = &reception->header;
    if (!object_decode(data, header) || header->type != OBJECT_TICKET_HEADER)
        return SW_BAD_OBJECT;
    data = bytes_of(data.data + header->whole.size, data.size - header->whole.size);
    if (!object_decode_as(OBJECT_TICKET_STATE, data, &reception->state))
        return SW_BAD_OBJECT;
    reception->left = ticket_left_read(reception->state.fields[FIELD_LEFT].data);
    reception->n = (uint32_t)object_uint(&reception->state, FIELD_N);
    return SW_OK;
}

static uint16_t check_names(struct reception *reception) {
    const struct object *state = &reception->state;
    struct card_call *call = reception->tickets->call;
    if (!identity_is(call, state->fields[FIELD_DESTINATION]))
        return SW_WRONG_PARTY;
    if (!object_digest(&reception->header, call->crypto, reception->digest))
        return SW_UNKNOWN;
    return memcmp(reception->digest, state->fields[FIELD_TICKET].data, TICKET_NAME_SIZE) == 0
               ? SW_OK
               : SW_MISMATCH;
}

/// The number's lane; SW_OK with *end LANE_OPEN when it is open.
static uint16_t look_up(struct reception *reception, enum lane_end *end) {
    reception->known =
        lane_find(reception->tickets, reception->state.fields[FIELD_SOURCE], &reception->lane);
    *end = lane_look(reception->tickets, reception->known ? &reception->lane : NULL, reception->n);
    return *end == LANE_NEVER ? SW_NOT_OPEN : SW_OK;
}

static uint16_t check_signature(struct reception *reception) {
    return object_verify(&reception->state, reception->tickets->call->crypto, reception->lane.key)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

/// The seller delivers what it sold itself, to the buyer, for its own enterprise.
static uint16_t check_delivery(const struct reception *reception) {
    const struct lane *lane = &reception->lane;
    const struct object *header = &reception->header;
    struct card_call *call = reception->tickets->call;
    if (!object_verify(header, call->crypto, lane->key))
        return SW_BAD_SIGNATURE;
    if (!ticket_id_is(&lane->partner, header->fields[FIELD_SELLER]))
        return SW_WRONG_PARTY;
    if (!bytes_equal(bytes_of(lane->enterprise, lane->enterprise_size),
                     header->fields[FIELD_ENTERPRISE]))
        return SW_WRONG_ENTERPRISE;
    if (!identity_is(call, header->fields[FIELD_BUYER]))
        return SW_WRONG_PARTY;
    return reception->left.generation == 1 ? SW_OK : SW_MISMATCH;
}

static uint16_t check_origin(struct reception *reception) {
    if (reception->lane.seller)
        return check_delivery(reception);
    return reception->left.generation >= 2 ? SW_OK : SW_MISMATCH;
}

/// Each ticket comes once in each generation.
static uint16_t check_generation(struct reception *reception) {
    struct slot slot;
    bool here = slot_find(reception->tickets, reception->digest, &slot);
    bool later =
        reception->left.generation > seen_generation(reception->tickets, reception->digest);
    return here || !later ? SW_STALE : SW_OK;
}

/// A wallet carries any ticket; apparatus takes one that names apparatus when it is named.
static uint16_t check_apparatus(struct reception *reception) {
    uint8_t own[HOLDER_MAX];
    struct bytes name = identity_text(reception->tickets->call, IDENTITY_HOLDER, own);
    if ((reception->tickets->roles & ROLE_WALLET) == 0 && !ticket_names(&reception->header, name))
        return SW_NOT_NAMED;
    return ticket_left_fits(&reception->left, &reception->header) ? SW_OK : SW_MISMATCH;
}

static uint16_t unwrap(struct reception *reception) {
    const struct object *state = &reception->state;
    struct card_call *call = reception->tickets->call;
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    struct ticket_opener opener = {call->crypto, scalar, point};
    struct ticket_way way = {.header_digest = reception->digest,
                             .name = reception->digest,
                             .source = state->fields[FIELD_SOURCE],
                             .destination = state->fields[FIELD_DESTINATION],
                             .n = reception->n,
                             .left = state->fields[FIELD_LEFT].data};
    size_t size = 0;
    card_shared_read(call, KEM_SCALAR_AT, scalar, sizeof scalar);
    card_shared_read(call, KEM_POINT_AT, point, sizeof point);
    bool opened = ticket_open_way(&opener, &way, state->fields[FIELD_WRAPPED_KEY],
                                  reception->key.octets, &size);
    bytes_erase(scalar, sizeof scalar);
    reception->key.size = (uint8_t)size;
    return opened ? SW_OK : SW_BAD_KEY;
}

static import_check *const CHECKS[] = {check_signature, check_origin, check_generation,
                                       check_apparatus, unwrap};

static uint16_t take(struct reception *reception) {
    struct tickets *tickets = reception->tickets;
    struct slot slot = {.number = slot_room(tickets),
                        .source = ticket_id_of(reception->state.fields[FIELD_SOURCE]),
                        .left = reception->left,
                        .algorithm = reception->state.fields[FIELD_WRAPPED_KEY].data[0],
                        .header = reception->header};
    if (!card_must(tickets->call, slot.number < tickets->tables.slots)) // an open number kept one
        return SW_UNKNOWN;
    memcpy(slot.name, reception->digest, sizeof slot.name);
    party_mark_claimed(tickets, &slot);
    slot_fill(tickets, &slot, &reception->key);
    seen_note(tickets, slot.name, &slot.left);
    lane_close(tickets, &reception->lane, LANE_DONE);
    tickets_spend_challenge(tickets);
    return SW_OK;
}

static uint16_t take_open(struct reception *reception) {
    uint16_t sw = SW_OK;
    for (size_t i = 0; sw == SW_OK && i < sizeof CHECKS / sizeof CHECKS[0]; i++)
        sw = CHECKS[i](reception);
    if (sw == SW_OK)
        sw = take(reception);
    bytes_erase(&reception->key, sizeof reception->key);
    return sw;
}

uint16_t tickets_import(struct tickets *tickets) {
    struct reception reception = {.tickets = tickets};
    enum lane_end end = LANE_NEVER;
    uint16_t sw = check_form(&reception);
    if (sw == SW_OK)
        sw = check_names(&reception);
    if (sw == SW_OK)
        sw = look_up(&reception, &end);
    if (sw == SW_OK && end == LANE_OPEN) {
        sw = take_open(&reception);
        end = LANE_DONE;
    }
    return sw != SW_OK
               ? sw
               : party_answer_end(tickets, end, reception.state.fields[FIELD_SOURCE], reception.n);
}
