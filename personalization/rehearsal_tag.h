// SPDX-License-Identifier: Apache-2.0
// A Type 4 tag of no maker, for rehearsals.
#ifndef PERSONALIZATION_REHEARSAL_TAG_H
#define PERSONALIZATION_REHEARSAL_TAG_H

#include "apdu/link.h"

/// A writable Type 4 tag in memory.
struct rehearsal_tag {
    struct link link;
    uint16_t selected;
    uint8_t container[15], file[512];
};
void rehearsal_tag_open(struct rehearsal_tag *tag);

#endif
