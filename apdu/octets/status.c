// SPDX-License-Identifier: Apache-2.0
#include "apdu/octets/status.h"

#include <string.h>

#define ROW(name, value, reason, text) {value, #name, reason, text},
const struct status_word status_words[] = {STATUS_WORDS(ROW)};
#undef ROW
const size_t status_word_count = sizeof status_words / sizeof status_words[0];

static uint16_t family(uint16_t sw) {
    if (sw >> 8 == 0x61 || sw >> 8 == 0x6C)
        return sw & 0xFF00;
    if ((sw & 0xFFF0) == SW_TRIES_LEFT)
        return SW_TRIES_LEFT;
    return sw;
}

const struct status_word *status_find(uint16_t sw) {
    uint16_t wanted = family(sw);
    for (size_t i = 0; i < status_word_count; i++)
        if (status_words[i].sw == wanted)
            return &status_words[i];
    return NULL;
}

const struct status_word *status_find_reason(const char *reason) {
    for (size_t i = 0; i < status_word_count; i++)
        if (status_words[i].reason != NULL && strcmp(status_words[i].reason, reason) == 0)
            return &status_words[i];
    return NULL;
}

const char *status_text(uint16_t sw) {
    const struct status_word *row = status_find(sw);
    return row != NULL ? row->text : "status word of no known meaning";
}

const char *status_reason(uint16_t sw) {
    const struct status_word *row = status_find(sw);
    return row != NULL && row->reason != NULL ? row->reason : "refused";
}
