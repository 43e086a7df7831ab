// SPDX-License-Identifier: Apache-2.0
#include "readers/field/line.h"

#include "readers/field/events.h"
#include "readers/field/fault.h"

#include <string.h>

enum { SPLIT_PAUSE_NS = 5000000, MS = 1000000, BITS_PER_OCTET = 10 };

static uint64_t line_time(const struct field_line *line, size_t octets) {
    return line->baud == 0 ? 0
                           : (uint64_t)octets * BITS_PER_OCTET * UINT64_C(1000000000) / line->baud;
}

static void flush(struct rf_field *field, unsigned index, uint64_t number) {
    struct field_line *line = &field->chips[index].line;
    (void)number;
    while (line->count > 0 && line->queue[0].due <= field->now) {
        uint8_t data[PN532_FRAME_MAX];
        size_t size = line->queue[0].size;
        memcpy(data, line->queue[0].data, size);
        line->count--;
        memmove(&line->queue[0], &line->queue[1], line->count * sizeof line->queue[0]);
        field->ports.to_host(field->ports.context, index, bytes_of(data, size));
    }
    if (line->count > 0)
        field_schedule(field, line->queue[0].due, flush, index, 0);
}

// Portions keep their order; a full line loses what comes on top.
static void put(struct field_chip *chip, struct bytes wire, uint64_t delay_ns) {
    struct rf_field *field = chip->field;
    struct field_line *line = &chip->line;
    uint64_t start = field->now + delay_ns;
    if (start < line->free_at)
        start = line->free_at;
    line->free_at = start + line_time(line, wire.size);
    if (line->count == 0 && line->free_at <= field->now) {
        field->ports.to_host(field->ports.context, chip->index, wire);
        return;
    }
    if (line->count == FIELD_LINE_MAX || wire.size > PN532_FRAME_MAX)
        return;
    line->queue[line->count].due = line->free_at;
    line->queue[line->count].size = wire.size;
    memcpy(line->queue[line->count].data, wire.data, wire.size);
    if (line->count++ == 0)
        field_schedule(field, line->free_at, flush, chip->index, 0);
}

// Offset of LCS: normal frames have it behind LEN, extended ones behind two length octets.
static size_t lcs_at(struct bytes wire) {
    return wire.size > 8 && wire.data[3] == 0xFF && wire.data[4] == 0xFF ? 7 : 4;
}

static void spoil(struct field_chip *chip, struct bytes wire, const struct field_fault_kind *fault,
                  unsigned value) {
    uint8_t spoiled[PN532_FRAME_MAX];
    size_t cut = value < wire.size ? value : wire.size;
    memcpy(spoiled, wire.data, wire.size);
    switch (fault->effect) {
    case EFFECT_DELAY:
        put(chip, wire, (uint64_t)value * MS);
        return;
    case EFFECT_TRUNCATE:
        if (cut > 0)
            put(chip, bytes_of(wire.data, cut), 0);
        return;
    case EFFECT_SPLIT:
        if (cut > 0)
            put(chip, bytes_of(wire.data, cut), 0);
        put(chip, bytes_of(wire.data + cut, wire.size - cut), SPLIT_PAUSE_NS);
        return;
    case EFFECT_ERROR_FRAME:
        put(chip, BYTES_OF(pn532_error), 0);
        return;
    case EFFECT_BAD_LCS:
        spoiled[lcs_at(wire)] ^= 0x01;
        break;
    case EFFECT_BAD_DCS:
        spoiled[wire.size - 2] ^= 0x01;
        break;
    case EFFECT_WRONG_CODE: // with a checksum that is right for it
        spoiled[lcs_at(wire) + 2] ^= 0x02;
        spoiled[wire.size - 2] = (uint8_t)(spoiled[wire.size - 2] + (wire.data[lcs_at(wire) + 2]) -
                                           spoiled[lcs_at(wire) + 2]);
        break;
    default: // dropped
        return;
    }
    put(chip, bytes_of(spoiled, wire.size), 0);
}

void field_to_host(void *context, struct bytes wire, bool acknowledge) {
    struct field_chip *chip = context;
    unsigned value = 0;
    const struct field_fault_kind *fault =
        field_fault_strike(chip, acknowledge ? FAULT_ACK : FAULT_ANSWER, &value);
    if (fault == NULL)
        put(chip, wire, 0);
    else
        spoil(chip, wire, fault, value);
}

void field_host(struct rf_field *field, unsigned index, struct bytes octets) {
    struct field_chip *chip = &field->chips[index];
    if (chip->line.free_at < field->now)
        chip->line.free_at = field->now;
    chip->line.free_at += line_time(&chip->line, octets.size);
    pn532_host(&chip->chip, octets);
}

void field_hang_up(struct rf_field *field, unsigned index) {
    field->chips[index].line.count = 0;
    pn532_power_cycle(&field->chips[index].chip);
}
