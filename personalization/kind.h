// SPDX-License-Identifier: Apache-2.0
// The kinds of card that a profile can be for, and how each is recognised, made and read back. A
// kind knows one card type; the job around it (rows, journal, letters) is the same for all.
#ifndef PERSONALIZATION_KIND_H
#define PERSONALIZATION_KIND_H

#include "personalization/job_run.h"

/// One card at work. Keys and secrets in it are erased by whoever made it.
struct work {
    struct job_office *office;
    struct link *link;
    const struct crypto *crypto; // of this reader
    struct failure *failure;
    long row;
    bool resumed; // an earlier run, or the first try of this one, began with this card
    bool begun;   // the card was opened and emptied: a second try may help
    struct job_order order;
    struct job_secrets secrets;
    struct scp03_keys own;                   // keys that the card gets
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of what it got, for the journal
    uint8_t version;                         // of its key set, for the journal; 0: none
    bool has_kcv;                            // of the identity's management key, for the report
    uint8_t kcv[JOB_KCV_SIZE];
    char note[JOB_NOTE_MAX]; // for the operator, no secret; may be empty
};

struct card_kind {
    const char *name; // after "card" in a profile
    /// Serial of the card behind a link that was just reset. Refused by name (EXIT_REFUSED) when it
    /// is no card that the profile can be made on; uses no key.
    bool (*identify)(struct link *link, const struct profile *profile, struct bytes atr,
                     uint8_t serial[JOB_SERIAL_SIZE], struct failure *failure);
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

/// The card's keys under the office's master key, into work->own.
bool work_derive_own(struct work *work, const uint8_t diversification[GP_DIVERSIFICATION_SIZE]);

#endif
