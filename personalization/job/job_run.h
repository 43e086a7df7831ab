// SPDX-License-Identifier: Apache-2.0
// One card of a job on one link: recognised, personalized through SCP03, certified, recorded; a
// card that an earlier run left half done is emptied first. And the pass that reads it back.
#ifndef PERSONALIZATION_JOB_JOB_RUN_H
#define PERSONALIZATION_JOB_JOB_RUN_H

#include "personalization/cards/kind.h"
#include "personalization/job/job.h"

/// What all readers of a run share.
struct job_shared {
    struct job *job;
    struct card_issuer issuer;
    struct letter_printer *printer; // NULL: no PIN letters
};

/// An shared for a job: authority and master keys are not open yet, there is no printer. Close what
/// was opened and destroy the mutex of the issuer behind it.
void job_shared_init(struct job_shared *shared, struct job *job, const struct crypto *crypto);

/// Is the id free for this row? Refused while it has a valid certificate that the row did not take
/// out, unless the plan says --replace.
bool job_may_certify(const struct job *job, long row, struct card_issuer *issuer, const char *id,
                     struct failure *failure);

enum job_outcome {
    CARD_MADE,     // the row is done
    CARD_KNOWN,    // this card was finished by the job before
    CARD_LEFT,     // no row is open any more
    CARD_FOREIGN,  // not a card that the profile can be made on: nothing was changed or recorded
    CARD_REJECTED, // recorded with its reason, which is in the failure
    CARD_BROKE,    // link, authority or disk failed: the row stays started
};

/// What to tell about a card: its row's id where it has one (else empty), and what the operator may
/// want to know of a card that was made, often nothing.
struct job_remark {
    char id[HOLDER_MAX + 1];
    char note[CARD_NOTE_MAX];
};

/// row JOB_NO_ROW: the card decides by its serial. Otherwise the card is to become this row.
enum job_outcome job_make_card(struct job_shared *shared, struct link *link,
                               const struct crypto *crypto, long row, struct job_remark *remark,
                               struct failure *failure);

/// Reads a finished card back and holds it against journal and authority. Changes nothing.
bool job_verify_card(struct job_shared *shared, struct link *link, const struct crypto *crypto,
                     long row, struct failure *failure);

/// Serial of the card behind a link; refused by name when it is not the kind that the profile is
/// for, before any key is used.
bool job_identify(struct link *link, const struct profile *profile,
                  uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure);

#endif
