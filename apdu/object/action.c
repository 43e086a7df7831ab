// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/action.h"

#include "apdu/object/object_schema.h"

#include <stddef.h>
#include <string.h>

static const struct {
    uint8_t bit;
    const char *word;
} actions[] = {{ACTION_PLAY, "play"},
               {ACTION_COPY, "copy"},
               {ACTION_CONVERT, "convert"},
               {ACTION_BOUND, "bound"},
               {ACTION_GAME, "game"}};

uint8_t action_of(const char *word) {
    for (size_t i = 0; word != NULL && i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(actions[i].word, word) == 0)
            return actions[i].bit;
    return 0;
}

const char *action_word(uint8_t bit) {
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (actions[i].bit == bit)
            return actions[i].word;
    return "";
}
