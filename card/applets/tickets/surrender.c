// SPDX-License-Identifier: Apache-2.0
// SURRENDER: the source gives a ticket away to whoever asked for it under a number of its own. From
// then on the ticket is in transit until the destination tells what became of the number; asked
// again, the same octets leave. docs/tickets.md, "A move".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/applets/tickets/state/out.h"
#include "card/applets/tickets/state/slot.h"
#include "card/applets/tickets/transit.h"
#include "card/identity/identity.h"

#include <string.h>

struct surrender {
    struct tickets *tickets;
    struct object request;
    const uint8_t *name; // of the ticket asked for
    struct bytes destination;
    uint32_t n;
    struct peer peer;
    struct out out;
    bool was_present; // the request's challenge, before anything was settled
    struct slot slot;
};

typedef uint16_t surrender_check(struct surrender *surrender);

static uint16_t check_form(struct surrender *surrender) {
    static const struct schema_field NAMED[] = {{FIELD_TICKET, false}};
    struct object *request = &surrender->request, ticket;
    struct bytes data = surrender->tickets->call->command.data;
    if (!object_decode(data, request) || request->type != OBJECT_RECEPTION_REQUEST)
        return SW_BAD_OBJECT;
    data = bytes_of(data.data + request->whole.size, data.size - request->whole.size);
    if (!fields_decode(data, NAMED, 1, ticket.fields))
        return SW_WRONG_DATA;
    surrender->name = ticket.fields[FIELD_TICKET].data;
    surrender->destination = request->fields[FIELD_DESTINATION];
    surrender->n = (uint32_t)object_uint(request, FIELD_N);
    return identity_is(surrender->tickets->call, request->fields[FIELD_SOURCE])
               ? own_check(surrender->tickets->call)
               : SW_WRONG_PARTY;
}

static uint16_t check_destination(struct surrender *surrender) {
    struct lane lane;
    if (!lane_find(surrender->tickets, surrender->destination, &lane) || !lane.listed)
        return SW_NOT_LISTED_HERE;
    uint16_t sw =
        party_find(surrender->tickets, surrender->destination, ROLE_STORE, &surrender->peer);
    if (sw != SW_OK)
        return sw;
    return object_verify(&surrender->request, surrender->tickets->call->crypto,
                         surrender->peer.point)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

/// What the request tells about an older number: done, or never to be. That stays true whatever
/// becomes of this command, so it is committed at once; the challenge dies with it for everybody
/// but the request at hand.
static uint16_t settle(struct surrender *surrender) {
    struct tickets *tickets = surrender->tickets;
    surrender->was_present =
        tickets_challenge_is(tickets, surrender->request.fields[FIELD_CHALLENGE]);
    if (!out_find(tickets, surrender->destination, &surrender->out))
        return SW_OK;
    if (surrender->out.n > surrender->n)
        return SW_STALE;
    bool done = surrender->out.n <= object_uint(&surrender->request, FIELD_LAST_DONE);
    transit_end(tickets, &surrender->out, done);
    tickets_spend_challenge(tickets);
    return card_commit(tickets->call) ? SW_OK : SW_MEMORY_FAILURE;
}

static uint16_t check_challenge(struct surrender *surrender) {
    return surrender->was_present ? SW_OK : SW_BAD_CHALLENGE;
}

static uint16_t check_ticket(struct surrender *surrender) {
    struct slot *slot = &surrender->slot;
    if (!slot_find(surrender->tickets, surrender->name, slot))
        return SW_RECORD_NOT_FOUND;
    if (slot->state != SLOT_LIVE)
        return SW_IN_TRANSIT;
    bool carrier = (surrender->peer.roles & ROLE_WALLET) != 0;
    if (!carrier && !ticket_names(&slot->header, surrender->destination))
        return SW_NOT_NAMED;
    if (!out_room(surrender->tickets, &surrender->out))
        return SW_RING_FULL;
    return slot->left.generation < UINT16_MAX ? SW_OK : SW_COUNTER_END;
}

static surrender_check *const CHECKS[] = {settle, check_challenge, check_ticket};

/// Seals the key for the destination into wrapped (TICKET_WRAPPED_MAX octets).
static bool wrap(const struct surrender *surrender, const uint8_t *left, struct bytes own,
                 uint8_t *wrapped, size_t *size) {
    const struct crypto *crypto = surrender->tickets->call->crypto;
    struct slot_key key;
    uint8_t digest[SHA256_SIZE];
    struct ticket_way way = {.header_digest = digest,
                             .name = surrender->slot.name,
                             .source = own,
                             .destination = surrender->destination,
                             .n = surrender->n,
                             .left = left};
    slot_key(surrender->tickets, &surrender->slot, &key);
    bool done = object_digest(&surrender->slot.header, crypto, digest) &&
                ticket_seal_way(crypto, (enum hpke_algorithm)surrender->slot.algorithm,
                                surrender->peer.kem_point, &way, bytes_of(key.octets, key.size),
                                wrapped, size);
    bytes_erase(&key, sizeof key);
    return done;
}

/// Writes and signs the state that leaves into the out row.
static bool make_state(struct surrender *surrender) {
    struct object_writer writer;
    struct bytes made;
    struct ticket_left next;
    uint8_t holder[HOLDER_MAX], left[TICKET_LEFT_SIZE], wrapped[TICKET_WRAPPED_MAX];
    size_t size = 0;
    struct bytes own = identity_text(surrender->tickets->call, IDENTITY_HOLDER, holder);
    party_mark_claimed(surrender->tickets, &surrender->slot);
    next = surrender->slot.left;
    next.generation++;
    ticket_left_write(&next, left);
    if (!wrap(surrender, left, own, wrapped, &size))
        return false;
    object_begin(&writer, OBJECT_TICKET_STATE, surrender->out.state, sizeof surrender->out.state);
    object_put_uint(&writer, FIELD_N, surrender->n);
    object_put(&writer, FIELD_TICKET, BYTES_OF(surrender->slot.name));
    object_put(&writer, FIELD_SOURCE, own);
    object_put(&writer, FIELD_DESTINATION, surrender->destination);
    object_put(&writer, FIELD_LEFT, BYTES_OF(left));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    bool done = identity_sign(surrender->tickets->call, &writer, &made);
    surrender->out.state_size = (uint8_t)made.size;
    return done;
}

static uint16_t give(struct surrender *surrender) {
    struct tickets *tickets = surrender->tickets;
    struct out *out = &surrender->out;
    struct ticket_offer *offer = tickets_offer(tickets);
    if (!make_state(surrender))
        return SW_UNKNOWN;
    out->slot = surrender->slot.number;
    out->n = surrender->n;
    out->destination = ticket_id_of(surrender->destination);
    memcpy(out->key, surrender->peer.point, sizeof out->key);
    out_store(tickets, out);
    slot_set_state(tickets, &surrender->slot, SLOT_TRANSIT);
    slot_set_left(tickets, &surrender->slot); // the mark stays with it if it comes back
    peer_touch(tickets->call, &surrender->peer);
    tickets_spend_challenge(tickets);
    bytes_erase(offer, sizeof *offer);
    return SW_OK;
}

static uint16_t answer(struct surrender *surrender) {
    tlv_put_raw(&surrender->tickets->call->answer, surrender->slot.header.whole);
    tlv_put_raw(&surrender->tickets->call->answer,
                bytes_of(surrender->out.state, surrender->out.state_size));
    return SW_OK;
}

/// Is a ticket under way to this destination under this very number?
static bool is_under_way(struct surrender *surrender) {
    return out_find(surrender->tickets, surrender->destination, &surrender->out) &&
           surrender->out.n == surrender->n &&
           slot_read(surrender->tickets, surrender->out.slot, &surrender->slot);
}

uint16_t tickets_surrender(struct tickets *tickets) {
    struct surrender surrender = {.tickets = tickets};
    uint16_t sw = check_form(&surrender);
    if (sw == SW_OK)
        sw = check_destination(&surrender);
    if (sw != SW_OK)
        return sw;
    if (is_under_way(&surrender))
        return answer(&surrender);
    for (size_t i = 0; sw == SW_OK && i < sizeof CHECKS / sizeof CHECKS[0]; i++)
        sw = CHECKS[i](&surrender);
    if (sw == SW_OK)
        sw = give(&surrender);
    return sw == SW_OK ? answer(&surrender) : sw;
}
