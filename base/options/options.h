// SPDX-License-Identifier: Apache-2.0
// One table a program: what it is called, what it does, which options and operands it takes. From
// it come parsing (--name VALUE, --name=VALUE, -o VALUE; "--" ends the options), --help, --version,
// completion in the shell, `tessera --help`, and one wording for each common mistake.
#ifndef BASE_OPTIONS_OPTIONS_H
#define BASE_OPTIONS_OPTIONS_H

#include "base/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a value is, and the type of the variable that takes it.
enum option_kind {
    OPTION_TEXT,      // const char *, never empty
    OPTION_FILE,      // const char *: a path; so are the next three
    OPTION_DIRECTORY, //
    OPTION_LINK,      // a card: emu:IMAGE, pcsc:NAME-OR-NUMBER, ..., or the path of an image
    OPTION_IMAGE,     // a card image; emu:PATH is taken as PATH
    OPTION_FLAG,      // bool; has no value
    OPTION_NUMBER,    // uint64_t from least to most, decimal
    OPTION_HEX,       // uint64_t from least to most, hexadecimal
    OPTION_WORD,      // int: index of one of words
    OPTION_DAY,       // uint32_t, YYYYMMDD; written as 2026-12-31
    OPTION_SECRET,    // char[most]: one line of 1 to most - 1 characters, read from descriptor N
    OPTION_CLOCK,     // struct program_run; laboratories only
    OPTION_SEED,      // struct program_run; laboratories only
    OPTION_TAKEN,     // whatever take makes of it
};

/// Action bits of only and needed.
#define OPTION_EVERY UINT32_MAX

enum { OPTION_ROWS_MAX = 64, OPTION_LIST_MAX = 32 };

/// Values of an option that may be repeated, in their order; they point into argv.
struct option_list {
    size_t count;
    const char *items[OPTION_LIST_MAX];
};

/// Operands of which there may be any number: a stretch of argv. The last stretch ends with NULL.
struct option_words {
    size_t count;
    char **items;
};

/// Takes a value itself. It may cut it up, but not free it; false: failure says what is wrong.
typedef bool option_taker(void *arguments, char *value, struct failure *failure);

/// One option, or one operand (which has no name). Operands are filled in the order of their rows.
struct option_row {
    const char *name;  // "amount" for --amount; NULL: an operand
    const char *value; // what help calls its value: "N", "DIR"; NULL: a flag
    enum option_kind kind;
    const char *help;         // a few words or sentences; help breaks them into lines
    size_t at;                // offset of its variable in the program's arguments
    uint32_t only;            // bits of the actions that know it; 0: all do
    uint32_t needed;          // bits of the actions that cannot do without
    char letter;              // 'o' for -o; 0: none
    bool many;                // may be repeated: struct option_list, for an operand option_words
    uint64_t least, most;     // of a number; most: of a secret its room, of a list its end
    const char *const *words; // of OPTION_WORD; of others what completion offers, too; NULL ends
    const char *otherwise;    // value where none is given; another is then given by --name=VALUE
    option_taker *take;       // of OPTION_TAKEN
};

/// One thing that a program does: `tessera purse show` is an action of `tessera purse`. It returns
/// the exit code; failure->text, where there is one, is printed after the program's name.
struct action {
    uint32_t bit;        // its bit in only and needed
    const char *word;    // "show"; NULL: the action that is called without a word
    const char *purpose; // one line for lists of commands
    int (*run)(void *arguments, struct failure *failure);
    const char *form; // how it is written, after its name; NULL: as its rows say
};

/// A program. Its arguments are a struct of its own, filled with defaults before command_main.
struct command {
    const char *name;    // "card new", as it is called after "tessera"
    const char *purpose; // one line for lists of commands
    const char *notes;   // paragraphs for the end of its help; NULL: none
    const struct option_row *rows;
    size_t row_count;
    const struct action *actions;
    size_t action_count;
};

/// How help names the ways to a card.
#define OPTION_LINK_HELP                                                                           \
    "a card: emu:IMAGE or an image's path, pcsc:NAME-OR-NUMBER, nfc:CONNSTRING, stream:HOST:PORT"

/// Rows that many programs have. run: offset of a struct program_run, flag: of a bool.
#define OPTION_CLOCK_ROW(run)                                                                      \
    { "clock", "ISO8601", OPTION_CLOCK, "time of this run; only with TESSERA_LAB=1", .at = (run) }
#define OPTION_SEED_ROW(run)                                                                       \
    { "seed", "N", OPTION_SEED, "repeatable randomness; only with TESSERA_LAB=1", .at = (run) }
#define OPTION_JSON_ROW(flag)                                                                      \
    { "json", NULL, OPTION_FLAG, "one JSON object a line", .at = (flag) }

/// The whole of a program but its defaults and what it leaves to be freed or erased: answers help,
/// version and completion, parses, runs the action, prints what went wrong, and tells when standard
/// output could not be written. Returns the exit code.
int command_main(const struct command *command, void *arguments, int argc, char **argv);

/// Sets one option by its long name, as if it stood on the command line: for configuration files.
/// A flag is set by "yes" and left alone by "no". value lives as long as arguments.
bool command_set(const struct command *command, void *arguments, const char *name, char *value,
                 struct failure *failure);

/// The parsing alone: fills arguments and finds the action. Puts the operands together in front of
/// argv[1], or argv[2] behind an action's word.
bool command_parse(const struct command *command, void *arguments, int argc, char **argv,
                   const struct action **action, struct failure *failure);

#endif
