// SPDX-License-Identifier: Apache-2.0
// Exchanges as a pcapng file that Wireshark decodes: LINKTYPE_ISO_14443 (264) with an activation
// (field on, RATS, ATS) and T=CL blocks made for what PC/SC or a process carried without radio. The
// APDUs in the blocks are shown with `-d iso14443.subdissector,iso7816` (docs/traces.md). One
// interface a card. pcapng: draft-ietf-opsawg-pcapng; T=CL: ISO/IEC 14443-4 7.
#ifndef READERS_TRACE_PCAPNG_H
#define READERS_TRACE_PCAPNG_H

#include "apdu/bytes.h"

struct pcapng;

/// NULL: errno.
struct pcapng *pcapng_open(const char *path);
/// One exchange; times in nanoseconds since the epoch. answer may be empty (silence).
void pcapng_exchange(struct pcapng *file, size_t card, const char *card_name, struct bytes command,
                     struct bytes answer, uint64_t begin, uint64_t end);
/// The field goes off; the next exchange activates the card again.
void pcapng_reset(struct pcapng *file, size_t card, uint64_t at);
/// False: something could not be written; errno.
bool pcapng_close(struct pcapng *file);

#endif
