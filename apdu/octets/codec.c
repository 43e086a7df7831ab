// SPDX-License-Identifier: Apache-2.0
#include "apdu/octets/codec.h"

#include <string.h>

static uint32_t le_value(const uint8_t *field, size_t size) {
    uint32_t value = (uint32_t)bytes_get_be(field, size);
    if (value != 0)
        return value;
    return size == 1 ? APDU_SHORT_LE_MAX : APDU_EXTENDED_LE_MAX;
}

static bool parse_short(const uint8_t *body, size_t size, struct apdu_command *command) {
    size_t lc = body[0];
    if (size == 1) {
        command->le = le_value(body, 1);
        return true;
    }
    if (lc == 0 || size < 1 + lc || size > 2 + lc)
        return false;
    command->data = bytes_of(body + 1, lc);
    if (size == 2 + lc)
        command->le = le_value(body + 1 + lc, 1);
    return true;
}

static bool parse_extended(const uint8_t *body, size_t size, struct apdu_command *command) {
    size_t lc = bytes_get_be(body + 1, 2);
    command->extended = true;
    if (size == 3) {
        command->le = le_value(body + 1, 2);
        return true;
    }
    if (lc == 0 || (size != 3 + lc && size != 5 + lc))
        return false;
    command->data = bytes_of(body + 3, lc);
    if (size == 5 + lc)
        command->le = le_value(body + 3 + lc, 2);
    return true;
}

bool apdu_command_parse(struct bytes wire, struct apdu_command *command) {
    if (wire.size < APDU_HEADER_SIZE)
        return false;
    *command = (struct apdu_command){
        .cla = wire.data[0], .ins = wire.data[1], .p1 = wire.data[2], .p2 = wire.data[3]};
    const uint8_t *body = wire.data + APDU_HEADER_SIZE;
    size_t size = wire.size - APDU_HEADER_SIZE;
    if (size == 0)
        return true;
    if (body[0] == 0 && size >= 3)
        return parse_extended(body, size, command);
    return parse_short(body, size, command);
}

static uint8_t *put_lc(uint8_t *at, const struct apdu_command *command, bool extended) {
    if (command->data.size == 0)
        return at;
    if (extended) {
        *at++ = 0;
        bytes_put_be(at, 2, command->data.size);
        at += 2;
    } else {
        *at++ = (uint8_t)command->data.size;
    }
    memcpy(at, command->data.data, command->data.size);
    return at + command->data.size;
}

static uint8_t *put_le(uint8_t *at, const struct apdu_command *command, bool extended) {
    if (command->le == 0)
        return at;
    if (extended && command->data.size == 0)
        *at++ = 0;
    size_t size = extended ? 2 : 1;
    bytes_put_be(at, size, command->le); // the largest value wraps to zeros, as the standard asks
    return at + size;
}

size_t apdu_command_encode(const struct apdu_command *command, uint8_t *wire, size_t capacity) {
    size_t lc = command->data.size;
    if (lc > APDU_EXTENDED_LC_MAX || command->le > APDU_EXTENDED_LE_MAX)
        return 0;
    bool extended = (command->extended && (lc > 0 || command->le > 0)) || lc > APDU_SHORT_LC_MAX ||
                    command->le > APDU_SHORT_LE_MAX;
    size_t lc_field = lc == 0 ? 0 : extended ? 3 : 1;
    size_t le_field = command->le == 0 ? 0 : !extended ? 1 : lc == 0 ? 3 : 2;
    size_t size = APDU_HEADER_SIZE + lc_field + lc + le_field;
    if (size > capacity)
        return 0;
    wire[0] = command->cla;
    wire[1] = command->ins;
    wire[2] = command->p1;
    wire[3] = command->p2;
    put_le(put_lc(wire + APDU_HEADER_SIZE, command, extended), command, extended);
    return size;
}

enum apdu_case apdu_command_case(const struct apdu_command *command) {
    if (command->data.size == 0)
        return command->le == 0 ? APDU_CASE_1 : APDU_CASE_2;
    return command->le == 0 ? APDU_CASE_3 : APDU_CASE_4;
}

bool apdu_response_parse(struct bytes wire, struct apdu_response *response) {
    if (wire.size < 2)
        return false;
    response->data = bytes_of(wire.data, wire.size - 2);
    response->sw = (uint16_t)bytes_get_be(wire.data + wire.size - 2, 2);
    return true;
}
