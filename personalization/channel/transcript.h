// SPDX-License-Identifier: Apache-2.0
// A link that prints what passes, as people read it: every command with its name, header and data,
// and the status word. It reads along in a secure channel that is opened under the published keys
// of a blank card, so what it shows of wrapped commands is their plain data behind the header as it
// went over the pipe. Whatever is or may be secret is masked. For rehearsals.
#ifndef PERSONALIZATION_CHANNEL_TRANSCRIPT_H
#define PERSONALIZATION_CHANNEL_TRANSCRIPT_H

#include "apdu/command/link.h"
#include "apdu/crypto/scp03.h"

#include <stdio.h>

struct transcript {
    struct link link; // to be used instead of inside
    struct link *inside;
    const struct crypto *crypto;
    FILE *out;
    const char *applet; // selected, as the catalogue names it
    uint8_t challenge[SCP03_SIZE_MAX];
    struct scp03 channel; // key_size 0: none
};

/// inside and crypto stay the caller's; closing the transcript's link does nothing.
void transcript_over(struct transcript *transcript, struct link *inside,
                     const struct crypto *crypto, FILE *out);

#endif
