// SPDX-License-Identifier: Apache-2.0
// What the two sides of a ticket have in common: how it is named, what is left of it, and to what
// its key is bound when it is sealed for the next store or for a player (docs/protocol.md,
// Binding). Freestanding.
#ifndef APDU_OBJECT_TICKET_H
#define APDU_OBJECT_TICKET_H

#include "apdu/crypto/hpke.h"
#include "apdu/object/object.h"

enum {
    TICKET_ID_MAX = 12,  // octets of the ids of stores, sellers, players
    TICKET_KEY_MAX = 64, // octets of the key in a ticket
    TICKET_LEFT_SIZE = 6,
    TICKET_WRAPPED_MAX = 1 + HPKE_OVERHEAD + TICKET_KEY_MAX,
    TICKET_COPIES_UNLIMITED = 0xFF,
};

/// FIELD_LEFT taken apart.
struct ticket_left {
    uint16_t generation; // 1 as the seller delivers it, one more with each move
    uint16_t plays;
    uint8_t copies, flags; // enum ticket_flag
};

/// From and to its six octets, big-endian: generation, plays, copies, flags.
struct ticket_left ticket_left_read(const uint8_t octets[TICKET_LEFT_SIZE]);
void ticket_left_write(const struct ticket_left *left, uint8_t octets[TICKET_LEFT_SIZE]);
/// Does this header grant as much: plays, copies, and none of them without being counted? What a
/// seller delivers is exactly that or less.
bool ticket_left_fits(const struct ticket_left *left, const struct object *header);
/// What a header grants, open and in generation 1.
struct ticket_left ticket_left_of(const struct object *header);

/// Bits of FIELD_ACTIONS; ACTION_PLAY where the header does not say.
uint8_t ticket_actions(const struct object *header);
/// Is this id among those of FIELD_NAMED, or is there no such field?
bool ticket_names(const struct object *header, struct bytes id);

/// The one name of an instance: the leading octets of the digest of its header's body.
bool ticket_name(const struct object *header, const struct crypto *crypto,
                 uint8_t name[TICKET_NAME_SIZE]);

/// The one name of a sale, which a payment's reference carries behind REFERENCE_TICKET.
bool ticket_sale(const struct object *header, const struct crypto *crypto,
                 uint8_t sale[TICKET_NAME_SIZE]);
/// The same before there is a header: instance is its 8 octets.
bool ticket_sale_id(const struct crypto *crypto, struct bytes enterprise, struct bytes number,
                    struct bytes instance, uint8_t sale[TICKET_NAME_SIZE]);

/// One way of a ticket from a seller or store to a store. Spans are the caller's.
struct ticket_way {
    const uint8_t *header_digest; // SHA256_SIZE, of the header's body
    const uint8_t *name;          // TICKET_NAME_SIZE
    struct bytes source, destination;
    uint32_t n;
    const uint8_t *left; // TICKET_LEFT_SIZE, as the destination gets it
};

/// One answer of a store to a player.
struct ticket_use {
    const uint8_t *header_digest, *request_digest; // SHA256_SIZE each, of bodies
    struct bytes store, player;
    const uint8_t *left; // TICKET_LEFT_SIZE, after the use
};

/// Seals a key of 1..TICKET_KEY_MAX octets; out has room for TICKET_WRAPPED_MAX, *size is how many
/// it took. False: unknown algorithm, no point, or a primitive failed.
bool ticket_seal_way(const struct crypto *crypto, enum hpke_algorithm algorithm,
                     const uint8_t recipient[P256_COMPRESSED_SIZE], const struct ticket_way *way,
                     struct bytes key, uint8_t *out, size_t *size);
bool ticket_seal_use(const struct crypto *crypto, enum hpke_algorithm algorithm,
                     const uint8_t recipient[P256_COMPRESSED_SIZE], const struct ticket_use *use,
                     struct bytes key, uint8_t *out, size_t *size);

/// The recipient's key pair.
struct ticket_opener {
    const struct crypto *crypto;
    const uint8_t *scalar, *point;
};

/// Opens what was sealed; key has room for TICKET_KEY_MAX octets. False: not for this key pair or
/// not bound to this way or use; key is erased then.
bool ticket_open_way(const struct ticket_opener *opener, const struct ticket_way *way,
                     struct bytes wrapped, uint8_t *key, size_t *size);
bool ticket_open_use(const struct ticket_opener *opener, const struct ticket_use *use,
                     struct bytes wrapped, uint8_t *key, size_t *size);

#endif
