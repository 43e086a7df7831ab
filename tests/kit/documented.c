// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/documented.h"

#include <stdio.h>

// docs/generate.c prints the same list at the top of docs/commands.md.
static const uint16_t GENERIC[] = {
    SW_OK,
    SW_WRONG_LENGTH,
    SW_WRONG_P1P2,
    SW_CHANNEL_NOT_SUPPORTED,
    SW_SECURE_MESSAGING_NOT_SUPPORTED,
    SW_LAST_COMMAND_EXPECTED,
    SW_CHAINING_NOT_SUPPORTED,
    SW_INS_NOT_SUPPORTED,
    SW_CLA_NOT_SUPPORTED,
    SW_NOT_ALLOWED,
    SW_INTERFACE,
    SW_LIFE_CYCLE,
    SW_MEMORY_FAILURE,
};

static bool is_generic(uint16_t sw) {
    if (sw >> 8 == 0x61 || sw >> 8 == 0x6C)
        return true;
    for (size_t i = 0; i < sizeof GENERIC / sizeof GENERIC[0]; i++)
        if (GENERIC[i] == sw)
            return true;
    return false;
}

static bool row_has(const struct catalogue_command *row, uint16_t sw) {
    const struct status_word *word = status_find(sw);
    for (size_t i = 0; i < row->refusal_count; i++)
        if (word != NULL && row->refusals[i] == word->sw)
            return true;
    return false;
}

bool status_is_documented(const char *applet, struct bytes command, uint16_t sw) {
    struct apdu_command parsed;
    if (is_generic(sw) || !apdu_command_parse(command, &parsed))
        return true;
    const struct catalogue_command *row = catalogue_find(
        applet, parsed.cla & (uint8_t)~APDU_CLA_CHAINING, parsed.ins, parsed.p1, parsed.p2);
    if (row == NULL || row_has(row, sw))
        return true;
    fprintf(stderr, "%s answered %04X (%s), which its row in the catalogue does not list\n",
            row->name, sw, status_reason(sw));
    return false;
}
