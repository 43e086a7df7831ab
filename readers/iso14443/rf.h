// SPDX-License-Identifier: Apache-2.0
// What flies between a reader's antenna and a card's: bit-oriented frames of ISO/IEC 14443-3
// type A, their CRC_A, and how long each takes on the air. Pure.
#ifndef READERS_ISO14443_RF_H
#define READERS_ISO14443_RF_H

#include "base/bytes.h"

enum {
    RF_FRAME_MAX = 288, // FSD 256 and room for raw frames a little beyond it
    RF_CRC_SIZE = 2,
};

/// One frame as transmitted, CRC_A included where the frame has one.
struct rf_frame {
    uint8_t data[RF_FRAME_MAX];
    size_t size;       // octets, a last incomplete one included
    uint8_t last_bits; // valid bits of the last octet; 0 means all eight
};

/// How an exchange ended for the reader.
enum rf_outcome {
    RF_RECEIVED,
    RF_SILENCE,   // nobody answered in time
    RF_COLLISION, // several answered; frame holds the bits before the first difference
};

/// CRC_A (ISO/IEC 14443-3 annex B), as the two octets stand on the air.
void rf_crc(struct bytes data, uint8_t crc[RF_CRC_SIZE]);

/// Fills frame with data, and CRC_A after it when crc. Data beyond RF_FRAME_MAX is cut off.
void rf_frame_set(struct rf_frame *frame, struct bytes data, bool crc);

/// Does the frame consist of whole octets that end with their right CRC_A?
bool rf_frame_crc_ok(const struct rf_frame *frame);

/// Bits of the frame without parity.
size_t rf_frame_bits(const struct rf_frame *frame);

/// Nanoseconds on the air at rate kbit/s (106, 212, 424, 848): start and end of frame, every octet
/// with its parity bit.
uint64_t rf_air_ns(const struct rf_frame *frame, unsigned rate);

/// The same for a count of octets, for reports that know no frame.
uint64_t rf_air_octets_ns(size_t octets, unsigned rate);

/// Pause between a frame and its answer (ISO/IEC 14443-3 6.2.1.1, frame delay time, n = 9).
enum { RF_DELAY_NS = 91150 };

#endif
