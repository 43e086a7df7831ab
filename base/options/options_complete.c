// SPDX-License-Identifier: Apache-2.0
// What the shell is told about a program: its commands with their purposes, and what the word
// under the cursor may become. docs/completion has the shells' side.
#include "base/options/options_private.h"

#include <stdio.h>
#include <string.h>

void print_commands(const struct command *command) {
    printf("%s\t%s\n", command->name, command->purpose);
    for (size_t i = 0; i < command->action_count; i++)
        if (command->actions[i].word != NULL)
            printf("%s %s\t%s\n", command->name, command->actions[i].word,
                   command->actions[i].purpose);
}

static void offer(const char *beginning, const char *prefix, const char *word, const char *what) {
    size_t size = strlen(prefix);
    bool fits =
        strncmp(beginning, prefix, strlen(beginning) < size ? strlen(beginning) : size) == 0;
    if (fits && (strlen(beginning) <= size ||
                 strncmp(beginning + size, word, strlen(beginning) - size) == 0))
        printf("%s%s\t%s\n", prefix, word, what);
}

static void offer_value(const struct option_row *row, const char *prefix, const char *beginning) {
    static const char *const links[] = {"emu:", "pcsc:", "nfc:", "stream:"};
    for (size_t i = 0; row->words != NULL && row->words[i] != NULL; i++)
        offer(beginning, prefix, row->words[i], row->value);
    switch (row->kind) {
    case OPTION_LINK:
        for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
            offer(beginning, prefix, links[i], "a card");
        puts("\tfiles");
        break;
    case OPTION_FILE:
    case OPTION_IMAGE:
    case OPTION_TAKEN:
        puts("\tfiles");
        break;
    case OPTION_DIRECTORY:
        puts("\tdirectories");
        break;
    default:
        break;
    }
}

/// "--kind=go": the values of the option.
static void offer_behind_equals(const struct command *command, const struct action *action,
                                char *last) {
    char *value = NULL, prefix[PROGRAM_NAME_MAX];
    const struct option_row *row = find_option(command, action, last, &value);
    if (row == NULL || row->value == NULL)
        return;
    snprintf(prefix, sizeof prefix, "--%s=", row->name);
    offer_value(row, prefix, last);
}

static void offer_help(const char *beginning) {
    offer(beginning, "--", "help", "how it is used");
    offer(beginning, "--", "version", "the version");
}

static void offer_options(const struct command *command, const struct action *action,
                          const char *beginning) {
    for (size_t i = 0; i < command->row_count; i++)
        if (command->rows[i].name != NULL && row_counts(&command->rows[i], action))
            offer(beginning, "--", command->rows[i].name,
                  command->rows[i].help != NULL ? command->rows[i].help : "");
    offer_help(beginning);
}

/// The row of the operand with this number; the last one where it may be repeated.
static const struct option_row *operand_at(const struct command *command,
                                           const struct action *action, size_t number) {
    for (size_t i = 0; i < command->row_count; i++) {
        const struct option_row *row = &command->rows[i];
        if (row->name != NULL || !row_counts(row, action))
            continue;
        if (number == 0 || row->many)
            return row;
        number--;
    }
    return NULL;
}

static void complete_action(const struct command *command, const char *beginning) {
    for (size_t i = 0; i < command->action_count; i++)
        if (command->actions[i].word != NULL)
            offer(beginning, "", command->actions[i].word, command->actions[i].purpose);
    if (wordless_action(command) == NULL)
        offer_help(beginning);
}

/// The option among the words whose value comes next, NULL: none; counts the operands.
static const struct option_row *read_words(const struct command *command,
                                           const struct action *action, int count, char **words,
                                           size_t *operands) {
    const struct option_row *waiting = NULL;
    for (int i = 0; i < count; i++) {
        char *value = NULL;
        const struct option_row *row =
            is_option_word(words[i]) ? find_option(command, action, words[i], &value) : NULL;
        bool is_value = waiting != NULL;
        waiting = NULL;
        if (!is_value && row != NULL && row->value != NULL && value == NULL &&
            row->otherwise == NULL)
            waiting = row;
        *operands += !is_value && !is_option_word(words[i]);
    }
    return waiting;
}

void print_completion(const struct command *command, int count, char **words) {
    size_t operands = 0;
    if (count == 0)
        return;
    const char *last = words[count - 1];
    const struct action *action = find_action(command, count > 1 ? words[0] : NULL);
    int first = action != NULL ? 1 : 0;
    if (action == NULL)
        action = wordless_action(command);
    if (count == 1)
        complete_action(command, last);
    if (action == NULL)
        return;
    const struct option_row *row =
        read_words(command, action, count - 1 - first, words + first, &operands);
    if (row != NULL)
        offer_value(row, "", last);
    else if (strncmp(last, "--", 2) == 0 && strchr(last, '=') != NULL)
        offer_behind_equals(command, action, words[count - 1]);
    else if (last[0] == '-')
        offer_options(command, action, last);
    else if ((row = operand_at(command, action, operands)) != NULL)
        offer_value(row, "", last);
}
