// SPDX-License-Identifier: Apache-2.0
// CRC_A and air time of ISO/IEC 14443-3 type A frames.
#include "readers/iso14443/rf.h"

#include <string.h>

static const uint64_t carrier_hz = 13560000;

void rf_crc(struct bytes data, uint8_t crc[RF_CRC_SIZE]) {
    uint16_t value = 0x6363;
    for (size_t i = 0; i < data.size; i++) {
        uint8_t octet = (uint8_t)(data.data[i] ^ (uint8_t)value);
        octet = (uint8_t)(octet ^ (uint8_t)(octet << 4));
        value = (uint16_t)((value >> 8) ^ (octet << 8) ^ (octet << 3) ^ (octet >> 4));
    }
    crc[0] = (uint8_t)value;
    crc[1] = (uint8_t)(value >> 8);
}

void rf_frame_set(struct rf_frame *frame, struct bytes data, bool crc) {
    size_t room = RF_FRAME_MAX - (crc ? (size_t)RF_CRC_SIZE : 0);
    size_t size = data.size < room ? data.size : room;
    if (size > 0)
        memmove(frame->data, data.data, size);
    frame->size = size;
    frame->last_bits = 0;
    if (crc) {
        rf_crc(bytes_of(frame->data, size), frame->data + size);
        frame->size += RF_CRC_SIZE;
    }
}

bool rf_frame_crc_ok(const struct rf_frame *frame) {
    uint8_t crc[RF_CRC_SIZE];
    if (frame->size < RF_CRC_SIZE + 1 || frame->last_bits != 0)
        return false;
    size_t size = frame->size - RF_CRC_SIZE;
    rf_crc(bytes_of(frame->data, size), crc);
    return memcmp(crc, frame->data + size, RF_CRC_SIZE) == 0;
}

size_t rf_frame_bits(const struct rf_frame *frame) {
    if (frame->size == 0)
        return 0;
    return (frame->size - 1) * 8 + (frame->last_bits == 0 ? 8U : frame->last_bits);
}

// A bit lasts 128 carrier periods at 106 kbit/s, and half of that at every doubling.
static uint64_t bits_ns(size_t bits, unsigned rate) {
    return (uint64_t)bits * (128U / (rate / 106U)) * UINT64_C(1000000000) / carrier_hz;
}

uint64_t rf_air_ns(const struct rf_frame *frame, unsigned rate) {
    size_t bits = rf_frame_bits(frame);
    return bits_ns(2 + bits + bits / 8, rate);
}

uint64_t rf_air_octets_ns(size_t octets, unsigned rate) {
    return bits_ns(2 + octets * 9, rate);
}
