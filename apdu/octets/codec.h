// SPDX-License-Identifier: Apache-2.0
// Command and response APDUs as ISO/IEC 7816-4 (5.1) writes them: all four cases, short and
// extended. Parsing points into the wire bytes; nothing is copied. Freestanding.
// Chaining and GET RESPONSE stand in exchange.h (host side) and card/os/dispatcher.c (card side).
#ifndef APDU_OCTETS_CODEC_H
#define APDU_OCTETS_CODEC_H

#include "base/bytes.h"

enum {
    APDU_HEADER_SIZE = 4,
    APDU_SHORT_LC_MAX = 255,
    APDU_SHORT_LE_MAX = 256,
    APDU_EXTENDED_LC_MAX = 65535,
    APDU_EXTENDED_LE_MAX = 65536,
    APDU_SHORT_COMMAND_MAX = 261,      // 4 + 1 + 255 + 1
    APDU_SHORT_RESPONSE_MAX = 258,     // 256 + 2
    APDU_EXTENDED_COMMAND_MAX = 65544, // 4 + 3 + 65535 + 2
    APDU_EXTENDED_RESPONSE_MAX = 65538,
    APDU_CLA_CHAINING = 0x10,
};

/// ISO case: 1 nothing, 2 answer only, 3 data only, 4 both.
enum apdu_case { APDU_CASE_1 = 1, APDU_CASE_2, APDU_CASE_3, APDU_CASE_4 };

struct apdu_command {
    uint8_t cla, ins, p1, p2;
    struct bytes data; // command data field (Lc octets)
    uint32_t le;   // octets expected: 0 = no Le field; 256 for short 00, 65536 for extended 0000
    bool extended; // the length fields are in extended form
};

struct apdu_response {
    struct bytes data;
    uint16_t sw;
};

/// Splits wire bytes into a command. False when header or length fields contradict the size:
/// the card answers 6700 then.
bool apdu_command_parse(struct bytes wire, struct apdu_command *command);

/// Writes the shortest form that fits (extended when asked for or needed).
/// Returns the size, or 0 when capacity is too small or a length is out of range.
size_t apdu_command_encode(const struct apdu_command *command, uint8_t *wire, size_t capacity);

/// The ISO case of a command, from its data and Le.
enum apdu_case apdu_command_case(const struct apdu_command *command);

/// False when fewer than two octets came.
bool apdu_response_parse(struct bytes wire, struct apdu_response *response);

#endif
