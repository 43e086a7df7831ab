// SPDX-License-Identifier: Apache-2.0
// The kinds of card that a profile can be for, and how each is recognised, made and read back. A
// kind knows one card type; the job around it (rows, journal, letters) is the same for all.
#ifndef PERSONALIZATION_CARDS_KIND_H
#define PERSONALIZATION_CARDS_KIND_H

#include "personalization/authority/authority.h"
#include "personalization/cards/card_order.h"

#include <pthread.h>

enum { ISSUER_NONCE_SIZE = 16 };

/// What cards are made with, shared by all readers of a run. The mutex guards authority and master
/// keys.
struct card_issuer {
    const struct profile *profile;
    const uint8_t *nonce; // of the job: PINs that follow from a master key differ by it
    struct ca ca;
    struct master_key master;    // not open where the profile needs none
    struct master_key transport; // of the cards as they come; not open: the published key
    const struct crypto *crypto; // of authority and master key
    pthread_mutex_t mutex;
};

/// One card at work. Keys and secrets in it are erased by whoever made it.
struct work {
    struct card_issuer *issuer;
    struct link *link;
    const struct crypto *crypto; // of this reader
    struct failure *failure;
    const uint8_t *serial;   // CARD_SERIAL_SIZE, of the chip that the row belongs to
    const uint8_t *recorded; // verify: the digest that the journal has of it
    bool resumed;            // an earlier run, or the first try of this one, began with this card
    size_t registered;       // entries of the authority's register before the card got its first
    bool blank;              // it was looked at and holds nothing: there is nothing to empty
    bool begun;              // the card was opened and is empty: a second try may help
    struct card_order order;
    struct card_secrets secrets;
    struct scp03_keys own;                   // keys that the card gets
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of what it got, for the journal
    uint8_t version;                         // of its key set, for the journal; 0: none
    bool has_kcv;                            // of the identity's management key, for the report
    uint8_t kcv[CARD_KCV_SIZE];
    char note[CARD_NOTE_MAX]; // for the operator, no secret; may be empty
};

struct card_kind {
    const char *name; // after "card" in a profile
    /// Serial of the card behind a link that was just reset. Refused by name (EXIT_REFUSED) when it
    /// is no card that the profile can be made on; uses no key.
    bool (*identify)(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure);
    /// Refuses a card that holds somebody's applications, keys or value, and says what it found; it
    /// changes nothing. Asked for every card but one that this very row was begun on. NULL: a card
    /// of this kind is written once, or gives nothing up.
    bool (*is_blank)(struct work *work);
    /// Makes the whole card, whatever an earlier run left on it, and fills in digest and version.
    bool (*make)(struct work *work);
    /// Reads a finished card back and changes nothing. work->order.row is filled in.
    bool (*verify)(struct work *work);
};

extern const struct card_kind kind_tessera, kind_piv, kind_globalplatform, kind_tag;

/// NULL: no such kind.
const struct card_kind *kind_find(const char *name);

/// Fails with the link's own sentence.
bool work_link_failed(struct link *link, enum link_status status, struct failure *failure);

/// One plain command given as octets; the answer's data goes to answer.
bool work_ask(struct link *link, struct bytes octets, uint8_t *answer, size_t capacity,
              struct bytes *data, uint16_t *sw, struct failure *failure);

/// The card's keys under the issuer's master key, into work->own.
bool work_derive_own(struct work *work, const uint8_t diversification[SCP03_DIVERSIFICATION_SIZE]);

#endif
