// SPDX-License-Identifier: Apache-2.0
// The whole of a program: its words taken apart by the table, its action run, what went wrong told.
#include "base/options/options.h"

#include "base/options/options_private.h"
#include "base/options/programs.h"
#include "base/options/suggest.h"

#include <stdio.h>
#include <string.h>

/// One command line on its way.
struct parse {
    const struct command *command;
    const struct action *action;
    void *arguments;
    struct failure *failure;
    char name[PROGRAM_NAME_MAX];
    bool given[OPTION_ROWS_MAX];
    char **operands;
    size_t operand_count;
};

// ---- finding -----------------------------------------------------------------------------------

const struct action *find_action(const struct command *command, const char *word) {
    for (size_t i = 0; i < command->action_count; i++) {
        const char *known = command->actions[i].word;
        if (known != NULL && word != NULL && strcmp(known, word) == 0)
            return &command->actions[i];
    }
    return NULL;
}

const struct action *wordless_action(const struct command *command) {
    for (size_t i = 0; i < command->action_count; i++)
        if (command->actions[i].word == NULL)
            return &command->actions[i];
    return NULL;
}

const char *full_name(const struct command *command, const struct action *action,
                      char name[PROGRAM_NAME_MAX]) {
    bool worded = action != NULL && action->word != NULL;
    snprintf(name, PROGRAM_NAME_MAX, "%s%s%s", command->name, worded ? " " : "",
             worded ? action->word : "");
    return name;
}

const char *row_label(const struct option_row *row, char label[PROGRAM_NAME_MAX]) {
    snprintf(label, PROGRAM_NAME_MAX, "%s%s", row->name != NULL ? "--" : "",
             row->name != NULL ? row->name : row->value);
    return label;
}

const char *row_heading(const struct option_row *row, char heading[PROGRAM_NAME_MAX]) {
    if (row->name == NULL)
        return row_label(row, heading);
    snprintf(heading, PROGRAM_NAME_MAX, "--%s%s%s", row->name,
             row->value == NULL       ? ""
             : row->otherwise != NULL ? "[="
                                      : " ",
             row->value != NULL ? row->value : "");
    if (row->otherwise != NULL)
        strncat(heading, "]", PROGRAM_NAME_MAX - strlen(heading) - 1);
    return heading;
}

const struct option_row *find_option(const struct command *command, const struct action *action,
                                     char *word, char **value) {
    char *equals = strchr(word, '=');
    size_t size = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    bool is_long = word[1] == '-';
    for (size_t i = 0; i < command->row_count; i++) {
        const struct option_row *row = &command->rows[i];
        if (row->name == NULL || !row_counts(row, action))
            continue;
        if (is_long && strncmp(row->name, word + 2, size) == 0 && row->name[size] == '\0') {
            *value = equals != NULL ? equals + 1 : NULL;
            return row;
        }
        if (!is_long && row->letter != '\0' && row->letter == word[1]) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            return row;
        }
    }
    return NULL;
}

// ---- mistakes ----------------------------------------------------------------------------------

static bool unknown_option(const struct parse *parse, char *word) {
    char *equals = strchr(word, '='), *unused;
    if (word[1] == '-' && equals != NULL)
        *equals = '\0';
    if (find_option(parse->command, NULL, word, &unused) != NULL)
        return fail(parse->failure, EXIT_USAGE, "%s is no option of 'tessera %s'; see its --help",
                    word, parse->name);
    struct suggestion near = suggestion_for(word + 2);
    for (size_t i = 0; word[1] == '-' && i < parse->command->row_count; i++) {
        const struct option_row *row = &parse->command->rows[i];
        if (row->name != NULL && row_counts(row, parse->action))
            suggest(&near, row->name);
    }
    if (word[1] == '-') {
        suggest(&near, "help");
        suggest(&near, "version");
    }
    if (near.word != NULL)
        return fail(parse->failure, EXIT_USAGE, "there is no option %s; did you mean --%s?", word,
                    near.word);
    return fail(parse->failure, EXIT_USAGE, "there is no option %s; see 'tessera %s --help'", word,
                parse->name);
}

static bool fail_actions(const struct command *command, struct failure *failure,
                         const char *beginning) {
    char known[256] = "";
    for (size_t i = 0; i < command->action_count; i++) {
        size_t used = strlen(known);
        bool last = i > 0 && i + 1 == command->action_count;
        snprintf(known + used, sizeof known - used, "%s%s",
                 last    ? " or "
                 : i > 0 ? ", "
                         : "",
                 command->actions[i].word);
    }
    return fail(failure, EXIT_USAGE, "%s: say %s first; see 'tessera %s --help'", beginning, known,
                command->name);
}

static bool unknown_action(const struct command *command, const char *word,
                           struct failure *failure) {
    struct suggestion near = suggestion_for(word);
    struct programs programs; // card new is a program, card info an action of tessera-card
    if (is_option_word(word))
        return fail_actions(command, failure, word);
    for (size_t i = 0; i < command->action_count; i++)
        suggest(&near, command->actions[i].word);
    programs_find(&programs);
    programs_suggest(&programs, command->name, &near);
    if (near.word != NULL)
        return fail(failure, EXIT_USAGE, "there is no '%s'; did you mean 'tessera %s %s'?", word,
                    command->name, near.word);
    char beginning[128];
    snprintf(beginning, sizeof beginning, "there is no '%.60s'", word);
    return fail_actions(command, failure, beginning);
}

// ---- options -----------------------------------------------------------------------------------

static bool is_list(const struct option_row *row) {
    return row->many || row->kind == OPTION_FLAG;
}

/// Takes the option at argv[0]; *used becomes how many words it was.
static bool take_option(struct parse *parse, char **argv, int *used) {
    char *value = NULL;
    const struct option_row *row = find_option(parse->command, parse->action, argv[0], &value);
    *used = 1;
    if (row == NULL)
        return unknown_option(parse, argv[0]);
    bool *given = &parse->given[row - parse->command->rows];
    if (*given && !is_list(row))
        return fail(parse->failure, EXIT_USAGE, "--%s is given twice", row->name);
    if (row->value == NULL && value != NULL)
        return fail(parse->failure, EXIT_USAGE, "--%s takes no value", row->name);
    *given = true;
    if (row->otherwise != NULL && value == NULL) {
        *(const char **)((char *)parse->arguments + row->at) = row->otherwise;
        return true;
    }
    if (row->value != NULL && value == NULL) {
        if (argv[1] == NULL)
            return fail(parse->failure, EXIT_USAGE, "--%s needs a value: --%s %s", row->name,
                        row->name, row->value);
        value = argv[1];
        *used = 2;
    }
    return take_value(row, parse->arguments, value, parse->failure);
}

// ---- operands ----------------------------------------------------------------------------------

/// How many operands the rows behind this one cannot do without.
static size_t needed_after(const struct parse *parse, const struct option_row *row) {
    size_t count = 0;
    for (row++; row < parse->command->rows + parse->command->row_count; row++)
        count += row->name == NULL && row_needed(row, parse->action);
    return count;
}

static bool take_operand(struct parse *parse, const struct option_row *row, size_t *taken) {
    size_t left = parse->operand_count - *taken, reserved = needed_after(parse, row);
    char **first = parse->operands + *taken;
    size_t own = left > reserved ? left - reserved : 0;
    if (own == 0 && row_needed(row, parse->action))
        own = left > 0; // what is missing is what stands behind
    if (own == 0)
        return true;
    if (row->many && row->kind != OPTION_TAKEN) {
        *(struct option_words *)((char *)parse->arguments + row->at) =
            (struct option_words){own, first};
        *taken += own;
        return true;
    }
    size_t count = row->many ? own : 1;
    for (size_t i = 0; i < count; i++)
        if (!take_value(row, parse->arguments, first[i], parse->failure))
            return false;
    *taken += count;
    return true;
}

static bool take_operands(struct parse *parse) {
    size_t taken = 0;
    for (size_t i = 0; i < parse->command->row_count; i++) {
        const struct option_row *row = &parse->command->rows[i];
        size_t before = taken;
        if (row->name != NULL || !row_counts(row, parse->action))
            continue;
        if (!take_operand(parse, row, &taken))
            return false;
        parse->given[i] = taken > before;
    }
    return taken == parse->operand_count ||
           fail(parse->failure, EXIT_USAGE, "unexpected argument '%s'; see 'tessera %s --help'",
                parse->operands[taken], parse->name);
}

/// Names everything that is missing at once.
static bool check_needed(const struct parse *parse) {
    char missing[256] = "", heading[PROGRAM_NAME_MAX];
    const char *help = ""; // of an operand, which has no name that says what it is
    size_t count = 0;
    for (size_t i = 0; i < parse->command->row_count; i++) {
        const struct option_row *row = &parse->command->rows[i];
        if (parse->given[i] || !row_needed(row, parse->action))
            continue;
        size_t used = strlen(missing);
        snprintf(missing + used, sizeof missing - used, "%s%s", count > 0 ? ", " : "",
                 row_heading(row, heading));
        help = count++ == 0 && row->name == NULL ? row->help : "";
    }
    return count == 0 ||
           fail(parse->failure, EXIT_USAGE, "%s %s missing%s%s%s; see 'tessera %s --help'", missing,
                count == 1 ? "is" : "are", help[0] != '\0' ? " (" : "", help,
                help[0] != '\0' ? ")" : "", parse->name);
}

bool command_set(const struct command *command, void *arguments, const char *name, char *value,
                 struct failure *failure) {
    struct suggestion near = suggestion_for(name);
    for (size_t i = 0; i < command->row_count; i++) {
        const struct option_row *row = &command->rows[i];
        if (row->name == NULL)
            continue;
        if (strcmp(row->name, name) != 0) {
            suggest(&near, row->name);
            continue;
        }
        if (row->kind != OPTION_FLAG)
            return take_value(row, arguments, value, failure);
        bool said = strcmp(value, "yes") == 0;
        *(bool *)((char *)arguments + row->at) = said;
        return said || strcmp(value, "no") == 0 ||
               fail(failure, EXIT_USAGE, "%s is yes or no, not '%s'", name, value);
    }
    return fail(failure, EXIT_USAGE, "there is no key '%s'%s%s%s", name,
                near.word != NULL ? "; did you mean '" : "", near.word != NULL ? near.word : "",
                near.word != NULL ? "'?" : "");
}

// ---- the whole ---------------------------------------------------------------------------------

static bool parse_words(struct parse *parse, int argc, char **argv) {
    bool options = true;
    parse->operands = argv;
    for (int i = 0, used = 1; i < argc; i += used) {
        used = 1;
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (!options || !is_option_word(argv[i]))
            parse->operands[parse->operand_count++] = argv[i];
        else if (!take_option(parse, argv + i, &used))
            return false;
    }
    if (parse->operand_count < (size_t)argc)
        parse->operands[parse->operand_count] = NULL; // a command's words end as argv does
    return take_operands(parse) && check_needed(parse);
}

bool command_parse(const struct command *command, void *arguments, int argc, char **argv,
                   const struct action **action, struct failure *failure) {
    struct parse parse = {.command = command, .arguments = arguments, .failure = failure};
    parse.action = find_action(command, argc > 1 ? argv[1] : NULL);
    int first = parse.action != NULL ? 2 : 1;
    if (parse.action == NULL)
        parse.action = wordless_action(command);
    if (parse.action == NULL)
        return argc < 2 ? fail_actions(command, failure, "what to do is missing")
                        : unknown_action(command, argv[1], failure);
    *action = parse.action;
    full_name(command, parse.action, parse.name);
    return parse_words(&parse, argc - first, argv + first);
}

/// The action whose help is wanted: that of argv[1], or the only one. NULL: all of them.
static const struct action *action_at(const struct command *command, int argc, char **argv) {
    return command->action_count == 1 && command->actions[0].word == NULL
               ? &command->actions[0]
               : find_action(command, argc > 1 ? argv[1] : NULL);
}

/// Answers what every program is asked alike. True: it did.
static bool command_informs(const struct command *command, int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--commands") == 0) {
        print_commands(command);
        return true;
    }
    if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
        print_completion(command, argc - 2, argv + 2);
        return true;
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(command, action_at(command, argc, argv));
            return true;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("tessera %s %s\n", command->name, TESSERA_VERSION);
            return true;
        }
    }
    return false;
}

int command_main(const struct command *command, void *arguments, int argc, char **argv) {
    const struct action *action = NULL;
    struct failure failure = {EXIT_DONE, ""};
    char name[PROGRAM_NAME_MAX];
    int code = EXIT_DONE;
    if (!command_informs(command, argc, argv)) {
        bool parsed = command_parse(command, arguments, argc, argv, &action, &failure);
        code = parsed ? action->run(arguments, &failure) : EXIT_USAGE;
    }
    full_name(command, action, name);
    if (failure.text[0] != '\0')
        program_fail(name, &failure);
    int end = program_end(name);
    return code != EXIT_DONE ? code : end;
}
