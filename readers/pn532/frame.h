// SPDX-License-Identifier: Apache-2.0
// Frames between a PN532 and its host over HSU, as the chip's user manual (UM0701-02, 6.2.1)
// describes them: normal, extended, ACK, NACK, error. Octets in, frames out; pure.
#ifndef READERS_PN532_FRAME_H
#define READERS_PN532_FRAME_H

#include "base/bytes.h"

enum {
    PN532_PAYLOAD_MAX = 265, // TFI, command code and 263 octets: the most that libnfc exchanges
    PN532_FRAME_MAX = PN532_PAYLOAD_MAX + 11,
    PN532_TFI_TO_CHIP = 0xD4,
    PN532_TFI_TO_HOST = 0xD5,
};

enum pn532_frame_kind {
    PN532_NOTHING, // no frame ends with this octet
    PN532_DATA,    // parser->payload holds TFI and what follows it
    PN532_ACK,
    PN532_NACK,
    PN532_BAD_CHECKSUM, // length or data checksum wrong: the frame is dropped
};

struct pn532_parser {
    unsigned state;
    size_t expected;  // payload octets
    size_t size;      // payload octets so far
    uint8_t checksum; // sum of the payload, or of the length octets of an extended frame
    uint8_t length;   // LEN, or LENm
    uint8_t payload[PN532_PAYLOAD_MAX];
};

/// Forgets a frame that has begun.
void pn532_parser_reset(struct pn532_parser *parser);

/// Takes one octet from the host. Anything that is no frame (wake-up octets, noise) is skipped.
enum pn532_frame_kind pn532_parser_take(struct pn532_parser *parser, uint8_t octet);

/// Writes a normal frame, or an extended one above 255 payload octets, around payload (TFI first,
/// at most PN532_PAYLOAD_MAX). wire holds PN532_FRAME_MAX octets. Returns the size.
size_t pn532_frame_write(struct bytes payload, uint8_t wire[PN532_FRAME_MAX]);

extern const uint8_t pn532_ack[6];
extern const uint8_t pn532_nack[6];
extern const uint8_t pn532_error[8]; // application level error

#endif
