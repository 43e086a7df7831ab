// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/ticket.h"

#include "apdu/crypto/binding.h"

#include <string.h>

// ---- what is left ------------------------------------------------------------------------------

struct ticket_left ticket_left_read(const uint8_t octets[TICKET_LEFT_SIZE]) {
    return (struct ticket_left){.generation = (uint16_t)bytes_get_be(octets, 2),
                                .plays = (uint16_t)bytes_get_be(octets + 2, 2),
                                .copies = octets[4],
                                .flags = octets[5]};
}

void ticket_left_write(const struct ticket_left *left, uint8_t octets[TICKET_LEFT_SIZE]) {
    bytes_put_be(octets, 2, left->generation);
    bytes_put_be(octets + 2, 2, left->plays);
    octets[4] = left->copies;
    octets[5] = left->flags;
}

static uint8_t copies_of(const struct object *header) {
    return object_has(header, FIELD_COPIES) ? header->fields[FIELD_COPIES].data[0] : 0;
}

struct ticket_left ticket_left_of(const struct object *header) {
    bool counted = object_has(header, FIELD_PLAYS);
    return (struct ticket_left){.generation = 1,
                                .plays = (uint16_t)object_uint(header, FIELD_PLAYS),
                                .copies = copies_of(header),
                                .flags = counted ? 0 : LEFT_UNLIMITED};
}

bool ticket_left_fits(const struct ticket_left *left, const struct object *header) {
    struct ticket_left most = ticket_left_of(header);
    uint8_t copies = most.copies;
    bool unlimited = (left->flags & LEFT_UNLIMITED) != 0;
    if (unlimited != ((most.flags & LEFT_UNLIMITED) != 0) || left->plays > most.plays)
        return false;
    return copies == TICKET_COPIES_UNLIMITED ? left->copies == copies : left->copies <= copies;
}

uint8_t ticket_actions(const struct object *header) {
    return object_has(header, FIELD_ACTIONS) ? header->fields[FIELD_ACTIONS].data[0] : ACTION_PLAY;
}

bool ticket_names(const struct object *header, struct bytes id) {
    struct bytes rows = header->fields[FIELD_NAMED];
    if (rows.data == NULL)
        return true;
    for (size_t at = 0; at < rows.size; at += 1U + rows.data[at])
        if (bytes_equal(bytes_of(rows.data + at + 1, rows.data[at]), id))
            return true;
    return false;
}

bool ticket_name(const struct object *header, const struct crypto *crypto,
                 uint8_t name[TICKET_NAME_SIZE]) {
    uint8_t digest[SHA256_SIZE];
    bool done = object_digest(header, crypto, digest);
    memcpy(name, digest, TICKET_NAME_SIZE);
    return done;
}

bool ticket_sale_id(const struct crypto *crypto, struct bytes enterprise, struct bytes number,
                    struct bytes instance, uint8_t sale[TICKET_NAME_SIZE]) {
    struct binding binding;
    uint8_t digest[SHA256_SIZE];
    binding_begin(&binding, "sale");
    binding_add(&binding, enterprise);
    binding_add(&binding, number);
    binding_add(&binding, instance);
    bool done = crypto->ops->sha256(crypto, binding_bytes(&binding), digest);
    memcpy(sale, digest, TICKET_NAME_SIZE);
    return done;
}

bool ticket_sale(const struct object *header, const struct crypto *crypto,
                 uint8_t sale[TICKET_NAME_SIZE]) {
    return ticket_sale_id(crypto, header->fields[FIELD_ENTERPRISE], header->fields[FIELD_NUMBER],
                          header->fields[FIELD_INSTANCE], sale);
}

// ---- what a sealed key is bound to -------------------------------------------------------------

enum { AAD_MAX = 96 };

/// The fields of the state that stand before its key, type first.
static struct bytes aad_of_way(const struct ticket_way *way, uint8_t out[AAD_MAX]) {
    static const uint8_t TYPE[] = {OBJECT_TICKET_STATE, OBJECT_VERSION};
    struct tlv_writer writer = tlv_writer_over(out, AAD_MAX);
    tlv_put(&writer, field_specs[FIELD_TYPE].tag, BYTES_OF(TYPE));
    tlv_put_uint(&writer, field_specs[FIELD_N].tag, way->n);
    tlv_put(&writer, field_specs[FIELD_TICKET].tag, bytes_of(way->name, TICKET_NAME_SIZE));
    tlv_put(&writer, field_specs[FIELD_SOURCE].tag, way->source);
    tlv_put(&writer, field_specs[FIELD_DESTINATION].tag, way->destination);
    tlv_put(&writer, field_specs[FIELD_LEFT].tag, bytes_of(way->left, TICKET_LEFT_SIZE));
    return tlv_writer_bytes(&writer);
}

static void bind_way(struct binding *binding, const struct ticket_way *way) {
    binding_begin(binding, "move");
    binding_add(binding, bytes_of(way->header_digest, SHA256_SIZE));
    binding_add(binding, way->source);
    binding_add(binding, way->destination);
    binding_add_uint(binding, way->n, 4);
}

static void bind_use(struct binding *binding, const struct ticket_use *use) {
    binding_begin(binding, "play");
    binding_add(binding, bytes_of(use->header_digest, SHA256_SIZE));
    binding_add(binding, use->store);
    binding_add(binding, use->player);
    binding_add(binding, bytes_of(use->request_digest, SHA256_SIZE));
}

// ---- sealing and opening -----------------------------------------------------------------------

/// A message under a binding, for or from a key pair.
struct envelope {
    struct binding info;
    struct bytes aad;
};

static bool seal(const struct crypto *crypto, enum hpke_algorithm algorithm,
                 const uint8_t *recipient, const struct envelope *envelope, struct bytes key,
                 uint8_t *out, size_t *size) {
    struct bytes info = binding_bytes(&envelope->info);
    if (key.size == 0 || key.size > TICKET_KEY_MAX || info.size == 0 || recipient[0] == 0)
        return false;
    out[0] = (uint8_t)algorithm;
    *size = 1 + key.size + HPKE_OVERHEAD;
    return hpke_seal(crypto, algorithm, recipient, info, envelope->aad, key, out + 1);
}

static bool open(const struct ticket_opener *opener, const struct envelope *envelope,
                 struct bytes wrapped, uint8_t *key, size_t *size) {
    struct bytes info = binding_bytes(&envelope->info);
    if (info.size == 0 || wrapped.size <= 1 + HPKE_OVERHEAD || wrapped.size > TICKET_WRAPPED_MAX)
        return false;
    *size = wrapped.size - 1 - HPKE_OVERHEAD;
    return hpke_open(opener->crypto, (enum hpke_algorithm)wrapped.data[0], opener->scalar,
                     opener->point, info, envelope->aad,
                     bytes_of(wrapped.data + 1, wrapped.size - 1), key);
}

bool ticket_seal_way(const struct crypto *crypto, enum hpke_algorithm algorithm,
                     const uint8_t recipient[P256_COMPRESSED_SIZE], const struct ticket_way *way,
                     struct bytes key, uint8_t *out, size_t *size) {
    uint8_t aad[AAD_MAX];
    struct envelope envelope = {.aad = aad_of_way(way, aad)};
    bind_way(&envelope.info, way);
    return seal(crypto, algorithm, recipient, &envelope, key, out, size);
}

bool ticket_open_way(const struct ticket_opener *opener, const struct ticket_way *way,
                     struct bytes wrapped, uint8_t *key, size_t *size) {
    uint8_t aad[AAD_MAX];
    struct envelope envelope = {.aad = aad_of_way(way, aad)};
    bind_way(&envelope.info, way);
    return open(opener, &envelope, wrapped, key, size);
}

bool ticket_seal_use(const struct crypto *crypto, enum hpke_algorithm algorithm,
                     const uint8_t recipient[P256_COMPRESSED_SIZE], const struct ticket_use *use,
                     struct bytes key, uint8_t *out, size_t *size) {
    struct envelope envelope = {.aad = bytes_of(use->left, TICKET_LEFT_SIZE)};
    bind_use(&envelope.info, use);
    return seal(crypto, algorithm, recipient, &envelope, key, out, size);
}

bool ticket_open_use(const struct ticket_opener *opener, const struct ticket_use *use,
                     struct bytes wrapped, uint8_t *key, size_t *size) {
    struct envelope envelope = {.aad = bytes_of(use->left, TICKET_LEFT_SIZE)};
    bind_use(&envelope.info, use);
    return open(opener, &envelope, wrapped, key, size);
}
