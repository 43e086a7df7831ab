// SPDX-License-Identifier: Apache-2.0
// PLAY: a player asks for the key under a fresh key of its own. One commit takes the play, or the
// copy, before the key leaves; the same player's key gets the same play again at no cost.
// docs/tickets.md, "Playing".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/applets/tickets/state/slot.h"
#include "card/identity/identity.h"

#include <string.h>

struct play {
    struct tickets *tickets;
    struct object request, presence;
    bool has_presence;
    uint8_t action;
    uint8_t grant[SLOT_GRANT_SIZE]; // what tells this use from another one
    struct peer player;
    struct slot slot;
};

typedef uint16_t play_check(struct play *play);

static struct bytes field_of(const struct play *play, enum field field) {
    return play->request.fields[field];
}

static uint16_t check_form(struct play *play) {
    struct bytes data = play->tickets->call->command.data;
    struct object *request = &play->request;
    if (!object_decode(data, request) || request->type != OBJECT_PLAY_REQUEST)
        return SW_BAD_OBJECT;
    data = bytes_of(data.data + request->whole.size, data.size - request->whole.size);
    play->has_presence = data.size > 0;
    if (play->has_presence && !object_decode_as(OBJECT_PRESENCE, data, &play->presence))
        return SW_BAD_OBJECT;
    play->action = field_of(play, FIELD_ACTION).data[0];
    if (!identity_is(play->tickets->call, field_of(play, FIELD_DESTINATION)))
        return SW_WRONG_PARTY;
    return own_is_hotlisted(play->tickets->call) ? SW_HOTLISTED : SW_OK;
}

static uint16_t check_player(struct play *play) {
    uint16_t sw =
        party_find(play->tickets, field_of(play, FIELD_HOLDER), ROLE_PLAYER, &play->player);
    if (sw != SW_OK)
        return sw;
    return object_verify(&play->request, play->tickets->call->crypto, play->player.point)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

static uint16_t check_ticket(struct play *play) {
    if (!slot_find(play->tickets, field_of(play, FIELD_TICKET).data, &play->slot))
        return SW_RECORD_NOT_FOUND;
    return play->slot.state == SLOT_LIVE ? SW_OK : SW_IN_TRANSIT;
}

/// Player, its fresh key, content and action: what a repetition has in common with the first.
static uint16_t name_use(struct play *play) {
    static const enum field FIELDS[] = {FIELD_HOLDER, FIELD_KEM_KEY, FIELD_CONTENT, FIELD_ACTION};
    uint8_t octets[128], digest[SHA256_SIZE];
    struct tlv_writer out = tlv_writer_over(octets, sizeof octets);
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        tlv_put(&out, field_specs[FIELDS[i]].tag, field_of(play, FIELDS[i]));
    const struct crypto *crypto = play->tickets->call->crypto;
    if (!tlv_writer_ok(&out) || !crypto->ops->sha256(crypto, tlv_writer_bytes(&out), digest))
        return SW_UNKNOWN;
    memcpy(play->grant, digest, sizeof play->grant);
    return SW_OK;
}

static play_check *const FIRST[] = {check_form, check_player, check_ticket, name_use};

// ---- a new use ---------------------------------------------------------------------------------

static uint16_t check_state(struct play *play) {
    uint8_t own[HOLDER_MAX];
    const struct object *header = &play->slot.header;
    if (!tickets_challenge_is(play->tickets, field_of(play, FIELD_CHALLENGE)))
        return SW_BAD_CHALLENGE;
    if ((play->slot.left.flags & LEFT_SEALED) != 0)
        return SW_SEALED;
    if (!ticket_names(header, identity_text(play->tickets->call, IDENTITY_HOLDER, own)))
        return SW_NOT_NAMED;
    bool other = object_has(header, FIELD_CONTENT) &&
                 !bytes_equal(header->fields[FIELD_CONTENT], field_of(play, FIELD_CONTENT));
    return other ? SW_MISMATCH : SW_OK;
}

/// Copies are made by certified recorders only, where the header counts or allows them; a right for
/// game machines is theirs alone; what a converter does is no use of a ticket.
static uint16_t check_action(struct play *play) {
    const struct object *header = &play->slot.header;
    bool copy = play->action == ACTION_COPY;
    if ((ticket_actions(header) & play->action) == 0 || play->action == ACTION_CONVERT ||
        (copy && !object_has(header, FIELD_COPIES)))
        return SW_NOT_PERMITTED;
    uint32_t wanted = (copy ? ROLE_RECORDER : 0u) |
                      ((ticket_actions(header) & ACTION_GAME) != 0 ? ROLE_GAME : 0u);
    return (play->player.roles & wanted) == wanted ? SW_OK : SW_WRONG_ROLE;
}

/// The last day by the later of the card's day and the player's, the first by the player's. No date
/// of a player moves the card's day.
static uint16_t check_period(struct play *play) {
    const struct object *header = &play->slot.header;
    uint32_t date = object_date(&play->request, FIELD_DATE);
    uint32_t today = clock_today(play->tickets->call);
    uint32_t last = object_date(header, FIELD_LAST_DAY);
    if (last != 0 && (date > last || today > last))
        return SW_EXPIRED;
    if (date < object_date(header, FIELD_FIRST_DAY))
        return SW_TOO_EARLY;
    return date < today ? SW_CLOCK_BACK : SW_OK;
}

/// Is it the buyer's proof for this store, ticket, action and challenge?
static bool is_present(const struct play *play) {
    static const enum field SAME[] = {FIELD_CHALLENGE, FIELD_TICKET, FIELD_DESTINATION,
                                      FIELD_ACTION};
    struct peer buyer;
    const struct object *presence = &play->presence;
    struct bytes name = play->slot.header.fields[FIELD_BUYER];
    if (!play->has_presence || !bytes_equal(presence->fields[FIELD_BUYER], name))
        return false;
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0]; i++)
        if (!bytes_equal(presence->fields[SAME[i]], field_of(play, SAME[i])))
            return false;
    return peer_find(play->tickets->call, name, ROLE_WALLET, &buyer) == SW_OK &&
           object_verify(presence, play->tickets->call->crypto, buyer.point);
}

static uint16_t check_bound(struct play *play) {
    const struct object *header = &play->slot.header;
    if ((ticket_actions(header) & ACTION_BOUND) == 0 ||
        identity_is(play->tickets->call, header->fields[FIELD_BUYER]))
        return SW_OK;
    return is_present(play) ? SW_OK : SW_BOUND;
}

/// An exhausted ticket opens no copy either.
static uint16_t check_left(struct play *play) {
    const struct ticket_left *left = &play->slot.left;
    if ((left->flags & LEFT_UNLIMITED) == 0 && left->plays == 0)
        return SW_PLAYS_EXHAUSTED;
    return play->action == ACTION_COPY && left->copies == 0 ? SW_COPIES_EXHAUSTED : SW_OK;
}

static play_check *const FRESH[] = {check_state, check_action, check_period, check_bound,
                                    check_left};

static void take(struct play *play) {
    struct ticket_left *left = &play->slot.left;
    if (play->action == ACTION_COPY)
        left->copies = (uint8_t)(left->copies - (left->copies != TICKET_COPIES_UNLIMITED));
    else if ((left->flags & LEFT_UNLIMITED) == 0)
        left->plays--;
    memcpy(play->slot.grant, play->grant, sizeof play->slot.grant);
    slot_set_left(play->tickets, &play->slot);
    slot_set_grant(play->tickets, &play->slot);
    peer_touch(play->tickets->call, &play->player);
    tickets_spend_challenge(play->tickets);
}

// ---- the grant ---------------------------------------------------------------------------------

static bool seal(const struct play *play, const struct ticket_use *use, uint8_t *wrapped,
                 size_t *size) {
    struct slot_key key;
    slot_key(play->tickets, &play->slot, &key);
    bool done = ticket_seal_use(
        play->tickets->call->crypto, (enum hpke_algorithm)play->slot.algorithm,
        field_of(play, FIELD_KEM_KEY).data, use, bytes_of(key.octets, key.size), wrapped, size);
    bytes_erase(&key, sizeof key);
    return done;
}

static uint16_t answer(struct play *play) {
    struct object_writer writer;
    const struct crypto *crypto = play->tickets->call->crypto;
    uint8_t buffer[TICKET_OBJECT_MAX], own[HOLDER_MAX], wrapped[TICKET_WRAPPED_MAX];
    uint8_t header[SHA256_SIZE], request[SHA256_SIZE], left[TICKET_LEFT_SIZE];
    struct ticket_use use = {.header_digest = header,
                             .request_digest = request,
                             .store = identity_text(play->tickets->call, IDENTITY_HOLDER, own),
                             .player = field_of(play, FIELD_HOLDER),
                             .left = left};
    size_t size = 0;
    ticket_left_write(&play->slot.left, left);
    if (!object_digest(&play->slot.header, crypto, header) ||
        !object_digest(&play->request, crypto, request) || !seal(play, &use, wrapped, &size))
        return SW_BAD_KEY;
    object_begin(&writer, OBJECT_PLAY_GRANT, buffer, sizeof buffer);
    object_put(&writer, FIELD_REQUEST_HASH, BYTES_OF(request));
    object_put(&writer, FIELD_LEFT, BYTES_OF(left));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    return identity_answer(play->tickets->call, &writer);
}

uint16_t tickets_play(struct tickets *tickets) {
    struct play play = {.tickets = tickets};
    uint16_t sw = SW_OK;
    for (size_t i = 0; sw == SW_OK && i < sizeof FIRST / sizeof FIRST[0]; i++)
        sw = FIRST[i](&play);
    bool again = sw == SW_OK && memcmp(play.grant, play.slot.grant, sizeof play.grant) == 0;
    for (size_t i = 0; sw == SW_OK && !again && i < sizeof FRESH / sizeof FRESH[0]; i++)
        sw = FRESH[i](&play);
    if (sw == SW_OK && !again)
        take(&play);
    return sw == SW_OK ? answer(&play) : sw;
}
