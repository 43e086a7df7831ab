// SPDX-License-Identifier: Apache-2.0
// Exchanges as a pcapng file that Wireshark decodes: LINKTYPE_ISO_14443 (264) with an activation
// (field on, RATS, ATS) and T=CL blocks made for what PC/SC or a process carried without radio. The
// APDUs in the blocks are shown with `-d iso14443.subdissector,iso7816` (docs/traces.md). One
// interface a card. pcapng: draft-ietf-opsawg-pcapng; T=CL: ISO/IEC 14443-4 7.
#ifndef READERS_TRACE_PCAPNG_H
#define READERS_TRACE_PCAPNG_H

#include "base/bytes.h"

struct pcapng;

enum pcapng_event {
    PCAPNG_FIELD_ON = 0xFC,
    PCAPNG_FIELD_OFF = 0xFD,
    PCAPNG_TO_CARD = 0xFE,
    PCAPNG_FROM_CARD = 0xFF,
};

/// NULL: errno.
struct pcapng *pcapng_open(const char *path);
/// One exchange; times in nanoseconds since the epoch. answer may be empty (silence).
void pcapng_exchange(struct pcapng *file, size_t card, const char *card_name, struct bytes command,
                     struct bytes answer, uint64_t begin, uint64_t end);
/// A frame as it really was on the air, CRC included, or a change of the field (frame empty). A
/// card of a file is given frames or exchanges, not both.
void pcapng_frame(struct pcapng *file, size_t card, const char *card_name, enum pcapng_event event,
                  struct bytes frame, uint64_t at);
/// The field goes off; the next exchange activates the card again.
void pcapng_reset(struct pcapng *file, size_t card, uint64_t at);
/// False: something could not be written; errno.
bool pcapng_close(struct pcapng *file);

#endif
