// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_play.h"

#include "host/tickets/ticket_failure.h"

#include <string.h>

void ticket_play_erase(struct ticket_play *play) {
    bytes_erase(play->scalar, sizeof play->scalar);
    bytes_erase(play->key, sizeof play->key);
}

/// The header tells to what the key will be bound.
static bool look(struct ticket_play *play, struct failure *failure) {
    struct object header;
    struct ticket_left left;
    return ticket_went(play->store, ticket_client_select(play->store), failure) &&
           ticket_went(play->store, ticket_client_read(play->store, play->name, &header, &left),
                       failure) &&
           (object_digest(&header, play->player->crypto, play->header_digest) ||
            fail(failure, EXIT_REFUSED, "cannot take the digest of a header"));
}

static bool draw(struct ticket_play *play, struct failure *failure) {
    static const uint8_t none[P256_SCALAR_SIZE];
    const struct crypto *crypto = play->player->crypto;
    if (memcmp(play->scalar, none, sizeof none) != 0)
        return true; // of a run that broke
    return crypto->ops->p256_generate(crypto, play->scalar, play->point) ||
           fail(failure, EXIT_REFUSED, "cannot draw a key");
}

static bool ask(struct ticket_play *play, struct failure *failure) {
    const struct ticket_party *player = play->player;
    const struct ticket_selection *store = &play->store->selection;
    const uint8_t action = (uint8_t)play->action;
    struct object_writer writer;
    struct object request;
    struct bytes made;
    object_begin(&writer, OBJECT_PLAY_REQUEST, play->request, sizeof play->request);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(store->challenge));
    object_put_date(&writer, FIELD_DATE, player->today);
    object_put(&writer, FIELD_HOLDER, player->id);
    object_put(&writer, FIELD_KEM_KEY, BYTES_OF(play->point));
    object_put(&writer, FIELD_TICKET, BYTES_OF(play->name));
    object_put(&writer, FIELD_CONTENT, bytes_of_string(play->content));
    object_put(&writer, FIELD_DESTINATION, bytes_of_string(store->id));
    object_put(&writer, FIELD_ACTION, bytes_of(&action, 1));
    if (!object_sign(&writer, player->signer, &made) ||
        !object_decode_as(OBJECT_PLAY_REQUEST, made, &request) ||
        !object_digest(&request, player->crypto, play->request_digest))
        return fail(failure, EXIT_REFUSED, "the player's request cannot be signed");
    play->request_size = made.size;
    return true;
}

/// The phone says that it is here, for this one use.
static bool prove(struct ticket_play *play, struct failure *failure) {
    const struct ticket_selection *store = &play->store->selection;
    struct bytes presence;
    play->presence_size = 0;
    if (play->phone == NULL)
        return true;
    if (!ticket_went(play->phone, ticket_client_select(play->phone), failure) ||
        !ticket_went(play->phone,
                     ticket_client_prove(play->phone, store->challenge, play->name, store->id,
                                         play->action, &presence),
                     failure))
        return false;
    if (presence.size > sizeof play->presence)
        return fail(failure, EXIT_REFUSED, "%s: the answer to PROVE makes no sense",
                    play->phone->link->name);
    memcpy(play->presence, presence.data, presence.size);
    play->presence_size = presence.size;
    return true;
}

static bool use(struct ticket_play *play, struct bytes *grant, struct failure *failure) {
    struct bytes request = bytes_of(play->request, play->request_size);
    struct bytes presence = bytes_of(play->presence, play->presence_size);
    enum ticket_outcome outcome = ticket_client_play(play->store, request, presence, grant);
    if (ticket_party_show(play->player, play->store, outcome))
        outcome = ticket_client_play(play->store, request, presence, grant);
    return ticket_went(play->store, outcome, failure);
}

/// The grant answers this very request, and its key opens for it.
static bool open_grant(struct ticket_play *play, struct bytes octets, struct failure *failure) {
    struct object grant;
    const struct ticket_opener opener = {play->player->crypto, play->scalar, play->point};
    if (!object_decode_as(OBJECT_PLAY_GRANT, octets, &grant) ||
        !bytes_equal(grant.fields[FIELD_REQUEST_HASH], BYTES_OF(play->request_digest)))
        return fail(failure, EXIT_REFUSED, "%s: the answer to PLAY makes no sense",
                    play->store->link->name);
    const struct ticket_use bound = {.header_digest = play->header_digest,
                                     .request_digest = play->request_digest,
                                     .store = bytes_of_string(play->store->selection.id),
                                     .player = play->player->id,
                                     .left = grant.fields[FIELD_LEFT].data};
    play->left = ticket_left_read(bound.left);
    return ticket_open_use(&opener, &bound, grant.fields[FIELD_WRAPPED_KEY], play->key,
                           &play->key_size) ||
           fail(failure, EXIT_REFUSED, "%s: bad-key: the key does not open for this player",
                play->store->link->name);
}

bool ticket_play_run(struct ticket_play *play, struct failure *failure) {
    struct bytes grant;
    return look(play, failure)                  // what is bound: the header
           && draw(play, failure)               // player: a key for this once
           && ask(play, failure)                // player: signed request, for this challenge
           && prove(play, failure)              // phone: it is here, where the ticket is bound
           && use(play, &grant, failure)        // store: counted, the key sealed for the player
           && open_grant(play, grant, failure); // player: the key
}
