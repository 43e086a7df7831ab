// SPDX-License-Identifier: Apache-2.0
// Making a ticket: the header of one sale, and its state for one reception with the content's key
// sealed for the buyer's card (docs/protocol.md).
#include "services/licence/licence_private.h"

#include <stdio.h>
#include <string.h>

static void put_present(struct object_writer *writer, enum field field, int64_t value) {
    if (value < 0)
        return;
    if (field == FIELD_FIRST_DAY || field == FIELD_LAST_DAY)
        object_put_date(writer, field, (uint32_t)value);
    else
        object_put_uint(writer, field, (uint64_t)value);
}

static bool sign_header(const struct call *call, const struct ticket_order *order,
                        const struct party_signer *own, uint8_t *out, struct bytes *made) {
    const struct party *party = licence_party(call);
    const struct offer *offer = order->offer;
    uint8_t instance[INSTANCE_OCTETS], copies = (uint8_t)offer->copies;
    uint8_t actions[2] = {(uint8_t)offer->actions, 0};
    struct object_writer writer;
    sale_instance_octets(order->instance, instance);
    object_begin(&writer, OBJECT_TICKET_HEADER, out, TICKET_MAX);
    object_put_uint(&writer, FIELD_AMOUNT, (uint64_t)offer->amount);
    object_put_unit(&writer, (uint16_t)offer->unit);
    object_put(&writer, FIELD_POLICY_HASH, offer->policy_hash);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put(&writer, FIELD_NUMBER, bytes_of_string(offer->number));
    object_put(&writer, FIELD_INSTANCE, BYTES_OF(instance));
    object_put(&writer, FIELD_ENTERPRISE, bytes_of_string(party->enterprise));
    object_put(&writer, FIELD_SELLER, bytes_of_string(party->id));
    object_put(&writer, FIELD_BUYER, order->buyer);
    object_put(&writer, FIELD_CONTENT, bytes_of_string(offer->content));
    put_present(&writer, FIELD_PLAYS, offer->plays);
    if (offer->copies > 0)
        object_put(&writer, FIELD_COPIES, bytes_of(&copies, 1));
    put_present(&writer, FIELD_FIRST_DAY, offer->first_day);
    put_present(&writer, FIELD_LAST_DAY, offer->last_day);
    if (offer->actions >= 0)
        object_put(&writer, FIELD_ACTIONS, BYTES_OF(actions));
    if (order->named.size > 0)
        object_put(&writer, FIELD_NAMED, order->named);
    if (offer->activator != NULL)
        object_put(&writer, FIELD_ACTIVATOR, bytes_of_string(offer->activator));
    return object_sign(&writer, &own->signer, made);
}

/// The content's key out of the vault, sealed for the buyer.
static bool wrap_key(const struct call *call, const struct ticket_order *order,
                     const struct ticket_way *way, uint8_t wrapped[TICKET_WRAPPED_MAX],
                     size_t *size) {
    uint8_t key[TICKET_KEY_MAX];
    size_t key_size = 0;
    bool done = vault_open(call->crypto, licence_state_of(call), order->offer->content,
                           order->offer->sealed_key, key, &key_size) &&
                ticket_seal_way(call->crypto, HPKE_AES_256, order->kem_point, way,
                                bytes_of(key, key_size), wrapped, size);
    bytes_erase(key, sizeof key);
    return done;
}

static bool sign_state(const struct call *call, const struct ticket_order *order,
                       const struct party_signer *own, const struct object *header, uint8_t *out,
                       struct bytes *made) {
    uint8_t digest[SHA256_SIZE], name[TICKET_NAME_SIZE], octets[TICKET_LEFT_SIZE];
    uint8_t wrapped[TICKET_WRAPPED_MAX];
    size_t size = 0;
    struct ticket_left left = ticket_left_of(header);
    if (order->offer->sealed && !order->paid)
        left.flags |= LEFT_SEALED;
    if (order->paid)
        left.flags |= LEFT_CLAIMED;
    ticket_left_write(&left, octets);
    struct ticket_way way = {.header_digest = digest,
                             .name = name,
                             .source = bytes_of_string(licence_party(call)->id),
                             .destination = order->buyer,
                             .n = order->n,
                             .left = octets};
    struct object_writer writer;
    if (!object_digest(header, call->crypto, digest) || !ticket_name(header, call->crypto, name) ||
        !wrap_key(call, order, &way, wrapped, &size))
        return false;
    object_begin(&writer, OBJECT_TICKET_STATE, out, TICKET_MAX);
    object_put_uint(&writer, FIELD_N, order->n);
    object_put(&writer, FIELD_TICKET, BYTES_OF(name));
    object_put(&writer, FIELD_SOURCE, way.source);
    object_put(&writer, FIELD_DESTINATION, way.destination);
    object_put(&writer, FIELD_LEFT, BYTES_OF(octets));
    object_put(&writer, FIELD_WRAPPED_KEY, bytes_of(wrapped, size));
    return object_sign(&writer, &own->signer, made);
}

bool ticket_make_state(const struct call *call, const struct ticket_order *order,
                       const struct object *header, uint8_t *state, struct bytes *made) {
    struct party_signer own;
    party_signer(licence_party(call), call->crypto, &own);
    bool done = sign_state(call, order, &own, header, state, made);
    bytes_erase(&own, sizeof own);
    return done;
}

bool ticket_make(const struct call *call, const struct ticket_order *order, uint8_t *header,
                 struct bytes *made_header, uint8_t *state, struct bytes *made_state) {
    struct party_signer own;
    struct object decoded;
    party_signer(licence_party(call), call->crypto, &own);
    bool done = sign_header(call, order, &own, header, made_header) &&
                object_decode_as(OBJECT_TICKET_HEADER, *made_header, &decoded) &&
                sign_state(call, order, &own, &decoded, state, made_state) &&
                made_header->size <= TICKET_OBJECT_MAX && made_state->size <= TICKET_OBJECT_MAX;
    bytes_erase(&own, sizeof own);
    return done;
}
