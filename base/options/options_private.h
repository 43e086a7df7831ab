// SPDX-License-Identifier: Apache-2.0
// What parsing, help and completion of one option table share.
#ifndef BASE_OPTIONS_OPTIONS_PRIVATE_H
#define BASE_OPTIONS_OPTIONS_PRIVATE_H

#include "base/options/options.h"

enum { PROGRAM_NAME_MAX = 64 };

/// Does this action know the row? NULL: does any?
static inline bool row_counts(const struct option_row *row, const struct action *action) {
    return action == NULL || row->only == 0 || (row->only & action->bit) != 0;
}

static inline bool row_needed(const struct option_row *row, const struct action *action) {
    return action != NULL && row_counts(row, action) && (row->needed & action->bit) != 0;
}

/// Is a word of the command line an option? "-" alone is an operand.
static inline bool is_option_word(const char *word) {
    return word[0] == '-' && word[1] != '\0';
}

/// The action that is called by this word (NULL: none is).
const struct action *find_action(const struct command *command, const char *word);

/// The action of a program that is called without a word; NULL: there is none.
const struct action *wordless_action(const struct command *command);

/// The row of an option of this action. word: "--name", "--name=VALUE", "-o" or "-oVALUE"; *value
/// becomes what stands after it, or NULL.
const struct option_row *find_option(const struct command *command, const struct action *action,
                                     char *word, char **value);

/// "purse show", or "card new" for a program without sub-commands.
const char *full_name(const struct command *command, const struct action *action,
                      char name[PROGRAM_NAME_MAX]);

/// Puts one value where its row says.
bool take_value(const struct option_row *row, void *arguments, char *value,
                struct failure *failure);

/// "--amount", or "PAYER" for an operand.
const char *row_label(const struct option_row *row, char label[PROGRAM_NAME_MAX]);

/// "--amount N", or "PAYER" for an operand.
const char *row_heading(const struct option_row *row, char heading[PROGRAM_NAME_MAX]);

/// --help, of one action or (NULL) of all.
void print_help(const struct command *command, const struct action *action);

/// --commands: name, tab, purpose; of the program, then of each sub-command.
void print_commands(const struct command *command);

/// --complete WORD...: what the last word may become, each with a tab and what it is; a line that
/// begins with a tab asks the shell for its "files" or "directories".
void print_completion(const struct command *command, int count, char **words);

#endif
