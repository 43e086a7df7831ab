// SPDX-License-Identifier: Apache-2.0
// What can be seen of a card that an issuer made: which key sets open it, its registry, the content
// of its applications, its counters. Two cards that look the same are the same to everybody,
// whatever octets stand in memory that nothing refers to.
#ifndef TESTS_KIT_SCENE_LOOK_H
#define TESTS_KIT_SCENE_LOOK_H

#include "tests/kit/scene/issuer.h"

enum look_part {
    PART_KEY_SETS,    // versions and sizes announced, which of the issuer's sets open
    PART_LIFE_CYCLE,  // of the card, and what the registry says of each instance
    PART_DATA,        // GET DATA of the security domain
    PART_NDEF,        // message
    PART_PIV_OBJECTS, // all of them
    PART_PIV_KEYS,    // algorithms and secrets
    PART_PIV_SECRETS, // PIN, PUK, management key
    PART_PURSE,       // its whole memory
    LOOK_PARTS,
};

struct look {
    uint8_t parts[LOOK_PARTS][SHA256_SIZE];
    uint32_t opens; // bit per enum issuer_set
    uint8_t life_cycle;
    uint8_t purse_life_cycle; // 0: no purse
    // counters
    uint8_t pin_tries, puk_tries;
    uint16_t failures;     // of EXTERNAL AUTHENTICATE
    uint32_t sequences[3]; // of the key sets
};

/// Name of a part, for complaints.
const char *look_part_name(enum look_part part);

/// Looks at a card, by its commands where there are some. Uses up sequence numbers.
void look_at_card(struct issuer *issuer, struct look *look);

/// First part that differs; LOOK_PARTS when none does. Counters are not compared.
enum look_part look_difference(const struct look *a, const struct look *b);

/// Digest of everything, counters included.
void look_digest(const struct crypto *crypto, const struct look *look, uint8_t out[SHA256_SIZE]);

/// Long secrets in a card's memory: keys of the security domain, of PIV and of the purse, PIN
/// records, the management key.
enum { LOOK_SECRETS_MAX = 32, LOOK_SECRET_SIZE = 64 };
struct look_secrets {
    size_t count;
    struct {
        uint8_t octets[LOOK_SECRET_SIZE];
        size_t size;
        const char *name;
    } list[LOOK_SECRETS_MAX];
};
void look_secrets(struct scene_card *card, struct look_secrets *secrets);
/// Name of a secret of the first list that is not in the second but still in the medium; NULL:
/// none.
const char *look_residue(const struct scene_card *card, const struct look_secrets *before,
                         const struct look_secrets *after);

#endif
