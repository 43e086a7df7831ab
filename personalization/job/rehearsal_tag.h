// SPDX-License-Identifier: Apache-2.0
// A Type 4 tag of no maker, for rehearsals.
#ifndef PERSONALIZATION_JOB_REHEARSAL_TAG_H
#define PERSONALIZATION_JOB_REHEARSAL_TAG_H

#include "apdu/command/link.h"

/// A writable Type 4 tag in memory.
struct rehearsal_tag {
    struct link link;
    uint16_t selected;
    uint8_t container[15], file[512];
};
/// An empty, writable tag; its link stays valid as long as the tag stands still.
void rehearsal_tag_open(struct rehearsal_tag *tag);

#endif
