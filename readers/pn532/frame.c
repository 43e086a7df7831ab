// SPDX-License-Identifier: Apache-2.0
// HSU frames of the PN532: one octet at a time in, whole frames out.
#include "readers/pn532/frame.h"

#include <string.h>

enum { HUNT_00, HUNT_FF, LENGTH, LENGTH_CHECK, EXT_HIGH, EXT_LOW, EXT_CHECK, PAYLOAD, DATA_CHECK };

const uint8_t pn532_ack[6] = {0x00, 0x00, 0xFF, 0x00, 0xFF, 0x00};
const uint8_t pn532_nack[6] = {0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00};
const uint8_t pn532_error[8] = {0x00, 0x00, 0xFF, 0x01, 0xFF, 0x7F, 0x81, 0x00};

void pn532_parser_reset(struct pn532_parser *parser) {
    parser->state = HUNT_00;
}

static enum pn532_frame_kind end(struct pn532_parser *parser, enum pn532_frame_kind kind) {
    parser->state = HUNT_00;
    return kind;
}

static enum pn532_frame_kind go(struct pn532_parser *parser, unsigned state) {
    parser->state = state;
    return PN532_NOTHING;
}

static enum pn532_frame_kind begin_payload(struct pn532_parser *parser, size_t size) {
    if (size == 0 || size > PN532_PAYLOAD_MAX)
        return end(parser, PN532_BAD_CHECKSUM);
    parser->expected = size;
    parser->size = 0;
    parser->checksum = 0;
    return go(parser, PAYLOAD);
}

// Second octet after 00 FF: it tells ACK, NACK, extended and normal frames apart.
static enum pn532_frame_kind length_check(struct pn532_parser *parser, uint8_t octet) {
    if (parser->length == 0x00 && octet == 0xFF)
        return end(parser, PN532_ACK);
    if (parser->length == 0xFF && octet == 0x00)
        return end(parser, PN532_NACK);
    if (parser->length == 0xFF && octet == 0xFF)
        return go(parser, EXT_HIGH);
    if ((uint8_t)(parser->length + octet) != 0)
        return end(parser, PN532_BAD_CHECKSUM);
    return begin_payload(parser, parser->length);
}

static enum pn532_frame_kind payload_octet(struct pn532_parser *parser, uint8_t octet) {
    parser->payload[parser->size++] = octet;
    parser->checksum = (uint8_t)(parser->checksum + octet);
    if (parser->size == parser->expected)
        parser->state = DATA_CHECK;
    return PN532_NOTHING;
}

static enum pn532_frame_kind extended(struct pn532_parser *parser, uint8_t octet) {
    if (parser->state == EXT_HIGH) {
        parser->length = octet;
        return go(parser, EXT_LOW);
    }
    if (parser->state == EXT_LOW) {
        parser->checksum = octet;
        return go(parser, EXT_CHECK);
    }
    if ((uint8_t)(parser->length + parser->checksum + octet) != 0)
        return end(parser, PN532_BAD_CHECKSUM);
    return begin_payload(parser, (size_t)parser->length << 8 | parser->checksum);
}

enum pn532_frame_kind pn532_parser_take(struct pn532_parser *parser, uint8_t octet) {
    switch (parser->state) {
    case HUNT_00:
        return go(parser, octet == 0x00 ? HUNT_FF : HUNT_00);
    case HUNT_FF:
        return go(parser, octet == 0xFF ? LENGTH : octet == 0x00 ? HUNT_FF : HUNT_00);
    case LENGTH:
        parser->length = octet;
        return go(parser, LENGTH_CHECK);
    case LENGTH_CHECK:
        return length_check(parser, octet);
    case PAYLOAD:
        return payload_octet(parser, octet);
    case DATA_CHECK:
        return end(parser,
                   (uint8_t)(parser->checksum + octet) == 0 ? PN532_DATA : PN532_BAD_CHECKSUM);
    default:
        return extended(parser, octet);
    }
}

static uint8_t negative(uint8_t value) {
    return (uint8_t)(0U - value);
}

size_t pn532_frame_write(struct bytes payload, uint8_t wire[PN532_FRAME_MAX]) {
    static const uint8_t start[] = {0x00, 0x00, 0xFF};
    size_t at = sizeof start;
    uint8_t high = (uint8_t)(payload.size >> 8), low = (uint8_t)payload.size, sum = 0;
    memcpy(wire, start, sizeof start);
    if (payload.size > 255) {
        wire[at++] = 0xFF;
        wire[at++] = 0xFF;
        wire[at++] = high;
    }
    wire[at++] = low;
    wire[at++] = negative((uint8_t)(high + low));
    memcpy(wire + at, payload.data, payload.size);
    at += payload.size;
    for (size_t i = 0; i < payload.size; i++)
        sum = (uint8_t)(sum + payload.data[i]);
    wire[at++] = negative(sum);
    wire[at++] = 0x00;
    return at;
}
