// SPDX-License-Identifier: Apache-2.0
// --help from an option table, within 80 columns.
#include "base/options/options_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 79, TEXT_COLUMN = 24, GAP = 2 };

/// Prints text from a column on, broken at blanks; newlines stay. Ends with a newline.
static void print_wrapped(const char *text, size_t column, size_t indent) {
    while (*text != '\0') {
        size_t size = strcspn(text, " \n");
        if (column > indent && column + 1 + size > WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        }
        bool first = column == indent;
        printf("%s%.*s", first ? "" : " ", (int)size, text);
        column += size + (first ? 0 : 1);
        text += size;
        if (*text == '\n') {
            printf("\n%*s", (int)(text[1] != '\0' ? indent : 0), "");
            column = indent;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

/// "  HEADING    text", the text from a column on.
static void print_item(const char *heading, const char *text, size_t column) {
    size_t size = strlen(heading) + GAP;
    printf("  %s", heading);
    if (size + GAP > column) {
        putchar('\n');
        size = 0;
    }
    printf("%*s", (int)(column - size), "");
    print_wrapped(text, column, column);
}

/// "LINK --ca DIR --amount N [OPTION]...", as the rows say.
static void write_form(const struct command *command, const struct action *action, char *form,
                       size_t size) {
    char heading[PROGRAM_NAME_MAX];
    bool more = false;
    form[0] = '\0';
    for (int named = 0; named < 2; named++)
        for (size_t i = 0; i < command->row_count; i++) {
            const struct option_row *row = &command->rows[i];
            bool needed = row_needed(row, action), is_named = row->name != NULL;
            if (!row_counts(row, action) || is_named != (named == 1))
                continue;
            more = more || (is_named && !needed);
            if (is_named && !needed)
                continue;
            size_t used = strlen(form);
            snprintf(form + used, size - used, " %s%s%s%s", needed ? "" : "[",
                     row_heading(row, heading), row->many ? "..." : "", needed ? "" : "]");
        }
    size_t used = strlen(form);
    snprintf(form + used, size - used, "%s", more ? " [OPTION]..." : "");
}

static void print_usage(const struct command *command, const struct action *action, bool first) {
    char form[512], name[PROGRAM_NAME_MAX];
    write_form(command, action, form, sizeof form);
    const char *rest = action->form != NULL ? action->form : form + (form[0] == ' ');
    size_t column = (size_t)printf("%s tessera %s", first ? "usage:" : "      ",
                                   full_name(command, action, name));
    while (*rest != '\0') {
        size_t size = strcspn(rest, "\n");
        char line[512];
        snprintf(line, sizeof line, "%.*s", (int)size, rest);
        putchar(' ');
        print_wrapped(line, column + 1, column + 1);
        rest += size + (rest[size] == '\n');
        if (*rest != '\0')
            printf("       tessera %s", name);
    }
    if (form[0] == '\0' && action->form == NULL)
        putchar('\n');
}

static void print_row(const struct option_row *row) {
    char heading[PROGRAM_NAME_MAX + 8], name[PROGRAM_NAME_MAX];
    row_heading(row, name);
    if (row->letter != '\0')
        snprintf(heading, sizeof heading, "-%c, %s", row->letter, name);
    else
        snprintf(heading, sizeof heading, "%s%s", name, row->many && !row->name ? "..." : "");
    print_item(heading, row->help, TEXT_COLUMN);
}

/// Operands, then options; those without a word of explanation speak for themselves.
static void print_rows(const struct command *command, const struct action *action) {
    for (int named = 0; named < 2; named++)
        for (size_t i = 0; i < command->row_count; i++) {
            const struct option_row *row = &command->rows[i];
            if (row->help != NULL && (row->name != NULL) == (named == 1) && row_counts(row, action))
                print_row(row);
        }
    print_item("-h, --help", "this text", TEXT_COLUMN);
    print_item("--version", "the version", TEXT_COLUMN);
}

static size_t column_of_purposes(const struct command *command) {
    size_t column = 0;
    for (size_t i = 0; i < command->action_count; i++) {
        const char *word = command->actions[i].word;
        if (word != NULL && strlen(word) + 2 * GAP > column)
            column = strlen(word) + 2 * GAP;
    }
    return column;
}

static void print_actions(const struct command *command) {
    size_t column = column_of_purposes(command);
    for (size_t i = 0; i < command->action_count; i++)
        if (command->actions[i].word != NULL)
            print_item(command->actions[i].word, command->actions[i].purpose, column);
    putchar('\n');
}

/// A purpose as a sentence.
static void print_sentence(const char *purpose) {
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%c%s.", toupper((unsigned char)purpose[0]), purpose + 1);
    print_wrapped(sentence, 0, 0);
}

void print_help(const struct command *command, const struct action *action) {
    bool all = action == NULL;
    for (size_t i = 0; all && i < command->action_count; i++)
        print_usage(command, &command->actions[i], i == 0);
    if (!all)
        print_usage(command, action, true);
    putchar('\n');
    print_sentence(all || action->word == NULL ? command->purpose : action->purpose);
    putchar('\n');
    if (all)
        print_actions(command);
    print_rows(command, action);
    if (command->notes != NULL) {
        putchar('\n');
        print_wrapped(command->notes, 0, 0);
    }
}
