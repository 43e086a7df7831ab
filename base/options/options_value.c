// SPDX-License-Identifier: Apache-2.0
// One value of an option or operand, into the variable that its row names.
#include "base/options/options_private.h"

#include "base/calendar.h"
#include "base/must.h"
#include "base/options/suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool take_text(const struct option_row *row, void *target, char *value,
                      struct failure *failure) {
    char label[PROGRAM_NAME_MAX];
    if (value[0] == '\0')
        return fail(failure, EXIT_USAGE, "%s is empty", row_label(row, label));
    *(const char **)target = value;
    return true;
}

static bool take_image(const struct option_row *row, void *target, char *value,
                       struct failure *failure) {
    return take_text(row, target, strncmp(value, "emu:", 4) == 0 ? value + 4 : value, failure);
}

static bool take_flag(const struct option_row *row, void *target, char *value,
                      struct failure *failure) {
    (void)row, (void)value, (void)failure;
    return *(bool *)target = true;
}

static bool take_number(const struct option_row *row, void *target, char *value,
                        struct failure *failure) {
    char label[PROGRAM_NAME_MAX];
    return program_number(row_label(row, label), value, row->least, row->most, target, failure);
}

static bool take_hex(const struct option_row *row, void *target, char *value,
                     struct failure *failure) {
    uint64_t *number = target;
    errno = 0;
    *number = strtoull(value, NULL, 16);
    bool digits = value[0] != '\0' && strspn(value, "0123456789abcdefABCDEF") == strlen(value);
    if (digits && errno == 0 && *number >= row->least && *number <= row->most)
        return true;
    return fail(failure, EXIT_USAGE,
                "--%s '%s' is no hexadecimal number from %02" PRIX64 " to %02" PRIX64, row->name,
                value, row->least, row->most);
}

static bool take_word(const struct option_row *row, void *target, char *value,
                      struct failure *failure) {
    char known[256] = "";
    size_t used = 0;
    struct suggestion near = suggestion_for(value);
    for (int i = 0; row->words[i] != NULL; i++) {
        if (strcmp(row->words[i], value) == 0) {
            *(int *)target = i;
            return true;
        }
        suggest(&near, row->words[i]);
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                     row->words[i]);
    }
    return fail(failure, EXIT_USAGE, "--%s '%s' is none of %s%s%s%s", row->name, value, known,
                near.word != NULL ? "; did you mean " : "", near.word != NULL ? near.word : "",
                near.word != NULL ? "?" : "");
}

static bool take_day(const struct option_row *row, void *target, char *value,
                     struct failure *failure) {
    uint32_t *day = target;
    *day = date_of_text(value);
    return *day != 0 ||
           fail(failure, EXIT_USAGE, "--%s '%s' is no day such as 2026-12-31", row->name, value);
}

static bool take_secret(const struct option_row *row, void *target, char *value,
                        struct failure *failure) {
    char label[PROGRAM_NAME_MAX];
    return program_secret(row_label(row, label), value, target, (size_t)row->most, failure);
}

static bool take_clock(const struct option_row *row, void *target, char *value,
                       struct failure *failure) {
    (void)row;
    return program_set_clock(target, value, failure);
}

static bool take_seed(const struct option_row *row, void *target, char *value,
                      struct failure *failure) {
    (void)row;
    return program_set_seed(target, value, failure);
}

static bool append(const struct option_row *row, struct option_list *list, char *value,
                   struct failure *failure) {
    size_t most =
        row->most > 0 && row->most < OPTION_LIST_MAX ? (size_t)row->most : (size_t)OPTION_LIST_MAX;
    if (list->count == most)
        return fail(failure, EXIT_USAGE, "--%s '%s' is one too many: there is room for %zu",
                    row->name, value, most);
    const char *item = NULL;
    bool taken = (row->kind == OPTION_IMAGE ? take_image : take_text)(row, &item, value, failure);
    if (taken)
        list->items[list->count++] = item;
    return taken;
}

bool take_value(const struct option_row *row, void *arguments, char *value,
                struct failure *failure) {
    static bool (*const takers[])(const struct option_row *row, void *target, char *value,
                                  struct failure *failure) = {
        [OPTION_TEXT] = take_text,      [OPTION_FILE] = take_text,
        [OPTION_DIRECTORY] = take_text, [OPTION_LINK] = take_text,
        [OPTION_IMAGE] = take_image,    [OPTION_FLAG] = take_flag,
        [OPTION_NUMBER] = take_number,  [OPTION_HEX] = take_hex,
        [OPTION_WORD] = take_word,      [OPTION_DAY] = take_day,
        [OPTION_SECRET] = take_secret,  [OPTION_CLOCK] = take_clock,
        [OPTION_SEED] = take_seed,
    };
    must_cover(takers, OPTION_TAKEN);
    void *target = (char *)arguments + row->at;
    if (row->kind == OPTION_TAKEN)
        return row->take(arguments, value, failure);
    if (row->many)
        return append(row, target, value, failure);
    return takers[row->kind](row, target, value, failure);
}
