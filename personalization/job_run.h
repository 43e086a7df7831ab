// SPDX-License-Identifier: Apache-2.0
// One card of a job on one link: recognised, personalized through SCP03, certified, recorded; a
// card that an earlier run left half done is emptied first. And the pass that reads it back.
#ifndef PERSONALIZATION_JOB_RUN_H
#define PERSONALIZATION_JOB_RUN_H

#include "personalization/authority.h"
#include "personalization/job.h"
#include "personalization/master_key.h"

/// What all readers of a run share. The mutex guards authority and master key.
struct job_office {
    struct job *job;
    struct ca ca;
    struct master_key master;    // not open where the profile needs none
    struct master_key transport; // of the cards as they come; not open: the published key
    const struct crypto *crypto; // of authority and master key
    pthread_mutex_t mutex;
    struct letter_printer *printer; // NULL: no PIN letters
};

enum job_outcome {
    CARD_MADE,     // the row is done
    CARD_KNOWN,    // this card was finished by the job before
    CARD_LEFT,     // no row is open any more
    CARD_FOREIGN,  // not a card that the profile can be made on: nothing was changed or recorded
    CARD_REJECTED, // recorded with its reason, which is in the failure
    CARD_BROKE,    // link, authority or disk failed: the row stays started
};

enum { JOB_NOTE_MAX = 160 };

/// What to tell about a card: its row's id where it has one (else empty), and what the operator may
/// want to know of a card that was made, often nothing.
struct job_remark {
    char id[HOLDER_MAX + 1];
    char note[JOB_NOTE_MAX];
};

/// row JOB_NO_ROW: the card decides by its serial. Otherwise the card is to become this row.
enum job_outcome job_make_card(struct job_office *office, struct link *link,
                               const struct crypto *crypto, long row, struct job_remark *remark,
                               struct failure *failure);

/// Reads a finished card back and holds it against journal and authority. Changes nothing.
bool job_verify_card(struct job_office *office, struct link *link, const struct crypto *crypto,
                     long row, struct failure *failure);

/// Serial of the card behind a link; refused by name when it is not the kind that the profile is
/// for, before any key is used.
bool job_identify(struct link *link, const struct profile *profile, uint8_t serial[JOB_SERIAL_SIZE],
                  struct failure *failure);

/// Order for a row of the profile; pin and puk are the caller's memory. The identity's management
/// key is for the kind of card to fill in.
struct job_secrets {
    char pin[9], puk[9];
};
struct job_order {
    struct batch_row row;
    struct bench_order bench;
    struct piv_order identity;
    uint8_t ndef[256];
};
bool job_order_make(struct job_order *order, const struct profile *profile,
                    struct job_secrets *secrets, const struct crypto *crypto,
                    struct failure *failure);

#endif
