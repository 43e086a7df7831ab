// SPDX-License-Identifier: Apache-2.0
// A profile: what every card of a batch has in common, as a text file that people read. One line a
// setting, "#" begins a comment; reference: docs/profiles.md. What differs from card to card comes
// with the batch.
#ifndef PERSONALIZATION_CARDS_PROFILE_H
#define PERSONALIZATION_CARDS_PROFILE_H

#include "personalization/cards/columns.h"
#include "personalization/cards/factory.h"
#include "personalization/keys/master_key.h"

enum { PROFILE_NAME_MAX = 32, PROFILE_URL_MAX = 200, PROFILE_PIN_MAX = 9 };

/// Card types, as bits: which settings mean something for which.
enum profile_card {
    PROFILE_TESSERA = 1, // "tessera-os": our own
    PROFILE_PIV = 2,     // "piv": any card with that card edge
    PROFILE_GP = 4,      // "globalplatform": any security domain that speaks SCP03
    PROFILE_TAG = 8,     // "type4": any NFC Forum Type 4 tag
};

/// A PIV application: that of another maker's card as it comes, of ours as it is made.
struct profile_piv {
    bool published;            // its management key is the published one, not of the master key
    uint8_t algorithm;         // of the management key: 03 3DES, 08, 0A or 0C AES; of our card 0:
                               // AES of the master key's length
    char pin[PROFILE_PIN_MAX]; // that it comes with
    char puk[PROFILE_PIN_MAX];
};

struct profile {
    char name[PROFILE_NAME_MAX];
    char card[PROFILE_NAME_MAX]; // which card it is for, as the profile writes it
    enum profile_card type;
    uint16_t roles; // of the purse
    uint16_t units[PERSO_UNITS_MAX];
    size_t unit_count;
    uint8_t options;          // PURSE_FREE_READING
    enum assurance assurance; // of the cards: hardware, or emulated
    struct factory_limits limits;
    bool pin;      // draw PIN and PUK for every card
    bool identity; // PIV, which needs a PIN
    bool rsa;      // its keys
    char
        person[COLUMN_NAME_SIZE]; // the batch's column whose value its certificates name; empty: id
    char url[PROFILE_URL_MAX];    // "{id}" stands for the card's id; empty: no NDEF tag
    struct profile_piv piv;
    bool has_method; // the method below instead of the master key's
    enum derivation_method method;
    bool writable; // a Type 4 tag that stays so
};

/// Bare names of the profiles that are installed; NULL ends.
extern const char *const profile_names[];

/// Reads a profile: a path, or the bare name of one that is installed. The failure names the line.
bool profile_load(struct profile *profile, const char *name, struct failure *failure);

/// Parses a profile's text; path is for messages.
bool profile_parse(struct profile *profile, const char *path, char *text, struct failure *failure);

/// Octets of a management key of the algorithm of piv.
size_t profile_management_size(const struct profile *profile);

/// Can the profile's management key follow from a master key of this size?
bool profile_fits_master(const struct profile *profile, size_t size, struct failure *failure);

/// "3des", "aes128", ..: the algorithm of piv.
const char *profile_algorithm_name(const struct profile *profile);

/// Writes a profile's text, every setting in it. Returns its size; 0 without room.
size_t profile_print(const struct profile *profile, char *out, size_t capacity);

#endif
