// SPDX-License-Identifier: Apache-2.0
// One card, one identity: keys, certificate, authorities, known peers, hotlist, clock and the name
// of its center stand in one block of persistent memory, which every applet of the card that has to
// do with other cards shares (struct applet, shares). It is made with the first of them and goes
// with the last. docs/card-os.md, "Identity"; how it is filled: apdu/command/perso.h.
#ifndef CARD_IDENTITY_BLOCK_H
#define CARD_IDENTITY_BLOCK_H

#include "apdu/command/perso.h"
#include "apdu/object/certificate.h"
#include "card/os/applet.h"

/// Single numbers, 8 octets each.
enum identity_number {
    IDENTITY_ROLES,
    IDENTITY_ASSURANCE,
    IDENTITY_STAGES, // enum identity_stage bits done
    IDENTITY_DATE,   // latest day known, YYYYMMDD; 0 none
    IDENTITY_TIME_VERSION,
    IDENTITY_HOTLIST_VERSION,
    IDENTITY_STAMP,      // rises with every use of a known peer
    IDENTITY_OWN_UNTIL,  // last valid day of the own certificate
    IDENTITY_OWN_ISSUER, // trust row of its issuer
    IDENTITY_CERTIFICATE_SIZE,
    IDENTITY_OWN_MARK, // the card itself on a hotlist
    IDENTITY_CLAIMS,   // purse and ticket store are both here: claims are kept
    IDENTITY_CENTERS,  // how often another center was named
    IDENTITY_LAST_N,   // of a ticket's reception: no number is used twice under one key
    IDENTITY_NUMBERS
};

/// How far personalization has come.
enum identity_stage {
    IDENTITY_NAMED = 0x01,
    IDENTITY_KEYS = 0x02,
    IDENTITY_CERTIFIED = 0x04,
    IDENTITY_PURSE = 0x10, // a purse was finished under this identity, a store likewise: another
    IDENTITY_STORE = 0x20, // one would count anew from where the first began
    IDENTITY_PERSONALIZED = 0x80,
};

/// Texts: a size octet and up to HOLDER_MAX octets.
enum identity_text { IDENTITY_HOLDER, IDENTITY_CENTER, IDENTITY_TEXTS };

/// Bodies of the center's last objects for the card itself: an identical one is a repetition.
enum identity_taken { IDENTITY_TAKEN_HOTLIST, IDENTITY_TAKEN_TIME, IDENTITY_TAKEN };

enum {
    IDENTITY_TEXT_SIZE = 1 + HOLDER_MAX,
    TRUST_SIZE = 128, // one authority
    TRUST_ROWS = 1 + PERSO_ISSUING_MAX,
    PEER_SIZE = 144, // one known peer
    PEERS_SMALL = 8,
    PEERS_LARGE = 32,
    HOTLIST_HEAD_SIZE = 136,
    FORMER_CENTERS = 3, // that a card can have left behind
    CLAIM_SIZE = 80,    // how one sale of a ticket is settled
    CLAIMS_OF_PHONE = 16,
};

/// Where everything stands.
enum identity_offset {
    IDENTITY_NUMBERS_AT = 0,
    IDENTITY_TEXTS_AT = IDENTITY_NUMBERS_AT + IDENTITY_NUMBERS * 8,
    IDENTITY_TAKEN_AT = IDENTITY_TEXTS_AT + IDENTITY_TEXTS * IDENTITY_TEXT_SIZE,
    SIGNING_SCALAR_AT = IDENTITY_TAKEN_AT + IDENTITY_TAKEN * SHA256_SIZE,
    SIGNING_POINT_AT = SIGNING_SCALAR_AT + P256_SCALAR_SIZE,
    KEM_SCALAR_AT = SIGNING_POINT_AT + P256_COMPRESSED_SIZE,
    KEM_POINT_AT = KEM_SCALAR_AT + P256_SCALAR_SIZE,
    CERTIFICATE_AT = KEM_POINT_AT + P256_COMPRESSED_SIZE,
    CERTIFICATE_DIGEST_AT = CERTIFICATE_AT + CERTIFICATE_MAX,
    TRUST_AT = CERTIFICATE_DIGEST_AT + CERTIFICATE_DIGEST_SIZE, // row 0 is the root
    HOTLIST_AT = TRUST_AT + TRUST_ROWS * TRUST_SIZE,
    FORMER_CENTERS_AT = HOTLIST_AT + HOTLIST_HEAD_SIZE, // MARK_SIZE each: of their names
    PEERS_AT = FORMER_CENTERS_AT + FORMER_CENTERS * 8,
};

/// A number of the block; setting stages it.
uint64_t identity_get(const struct card_call *call, enum identity_number number);
void identity_set(struct card_call *call, enum identity_number number, uint64_t value);

/// Reads a text into buffer (HOLDER_MAX octets); an unset text has size 0.
struct bytes identity_text(const struct card_call *call, enum identity_text text, uint8_t *buffer);
void identity_text_set(struct card_call *call, enum identity_text text, struct bytes value);
bool identity_text_is(const struct card_call *call, enum identity_text text, struct bytes value);

/// Roles of the card, as it was installed.
uint16_t identity_roles(const struct card_call *call);

/// Is this the card's own name?
bool identity_is(const struct card_call *call, struct bytes holder);

/// Reads, or stages, the digest of the last object of a kind.
void identity_taken(const struct card_call *call, enum identity_taken taken,
                    uint8_t digest[SHA256_SIZE]);
void identity_take(struct card_call *call, enum identity_taken taken,
                   const uint8_t digest[SHA256_SIZE]);

/// What depends on the roles of the card: known peers that it remembers, marks of a hotlist that it
/// takes, where the two lists stand (the one in force and the next), octets of its block.
uint16_t identity_peers(uint16_t roles);
uint16_t identity_marks(uint16_t roles);
uint32_t identity_lists_at(uint16_t roles);
uint16_t identity_claims(uint16_t roles); // rows; 0 for a card that is not wallet and store
uint32_t identity_claims_at(uint16_t roles);
uint32_t identity_size(uint16_t roles);

/// Latest day known, 0 none. A card has no clock: its day rises by what authorities and the center
/// sign, never by an end entity.
uint32_t clock_today(const struct card_call *call);
/// Stages a later day; an earlier one changes nothing.
void clock_raise(struct card_call *call, uint32_t date);

#endif
