// SPDX-License-Identifier: Apache-2.0
// What a rehearsal plays with instead of the real things: a tag of no maker, and an office whose
// authority and master key exist only in memory.
#ifndef PERSONALIZATION_REHEARSAL_PARTS_H
#define PERSONALIZATION_REHEARSAL_PARTS_H

#include "personalization/job_run.h"

/// A writable Type 4 tag in memory.
struct rehearsal_tag {
    struct link link;
    uint16_t selected;
    uint8_t container[15], file[512];
};
void rehearsal_tag_open(struct rehearsal_tag *tag);

/// Draws authority and master key (of key_size octets). False: no randomness.
bool rehearsal_office_open(struct job_office *office, struct job *job, const struct crypto *crypto,
                           uint8_t key_size, uint32_t today, struct failure *failure);
void rehearsal_office_close(struct job_office *office);

#endif
