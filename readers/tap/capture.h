// SPDX-License-Identifier: Apache-2.0
// Reads radio traces: pcapng files with ISO/IEC 14443 packets (LINKTYPE 264), as tessera field
// --trace, tessera apdu run --pcap and other tools write them. Packets of other link types are
// skipped. Format: draft-ietf-opsawg-pcapng; the packets' header: 00, event, 16-bit length.
#ifndef READERS_TAP_CAPTURE_H
#define READERS_TAP_CAPTURE_H

#include <stdio.h>

#include "base/bytes.h"

enum capture_event {
    CAPTURE_FIELD_ON = 0xFC,
    CAPTURE_FIELD_OFF = 0xFD,
    CAPTURE_TO_CARD = 0xFE,
    CAPTURE_FROM_CARD = 0xFF,
};

struct capture_frame {
    uint64_t at_ns;
    uint32_t interface; // number of the reader or card in the file
    enum capture_event event;
    struct bytes octets; // CRC included; valid during the call
};

/// Calls take for every packet. False with a sentence in error when the file is not of this kind or
/// broken; packets before the broken place were given.
bool capture_read(FILE *file, void (*take)(void *context, const struct capture_frame *frame),
                  void *context, char *error, size_t size);

#endif
