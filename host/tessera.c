// SPDX-License-Identifier: Apache-2.0
// The front of all programs: `tessera A B ...` becomes tessera-A-B if there is one, else tessera-A
// with the arguments B ..., looked for beside this program and then in PATH. Names and exit codes:
// docs/man/tessera.1. Every command parses its own arguments.
#include "base/options/programs.h"
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/// How many words a command has: programs of a group have two.
static size_t count_words(const char *words) {
    size_t count = 1;
    for (; *words != '\0'; words++)
        count += *words == ' ';
    return count;
}

// ---- help --------------------------------------------------------------------------------------

/// "card-new" for "card new": is it a program, and no sub-command of one?
static bool is_program(const struct programs *programs, const char *words) {
    char name[PROGRAM_WORD_MAX];
    snprintf(name, sizeof name, "%s", words);
    for (char *blank = strchr(name, ' '); blank != NULL; blank = strchr(blank, ' '))
        *blank = '-';
    return programs_have(programs, name);
}

/// Lists programs; within a group, those that stand behind its name. Returns how many.
static size_t list(const struct programs *programs, const char *group, FILE *out) {
    static struct purposes purposes;
    size_t listed = 0;
    programs_ask(programs, group, &purposes);
    for (size_t i = 0; i < purposes.count; i++) {
        const struct purpose *row = &purposes.rows[i];
        if (!is_program(programs, row->words) || (group != NULL && count_words(row->words) < 2))
            continue;
        fprintf(out, "  %-15s %s\n", row->words, row->text);
        listed++;
    }
    return listed;
}

/// "help purse show" becomes "purse show --help"; there is room for it behind the last word.
static void turn_help(char **argv) {
    static char option[] = "--help";
    for (argv++; argv[1] != NULL; argv++)
        argv[0] = argv[1];
    argv[0] = option;
}

static int print_help(const struct programs *programs) {
    puts("usage: tessera COMMAND [ARGUMENT...]\n"
         "\n"
         "Smart-card wallet and ticket toolchain. Commands:\n");
    list(programs, NULL, stdout);
    puts("\n"
         "'tessera COMMAND --help' explains one of them, 'man tessera' all.\n"
         "exit: 0 done, 1 refused or failed, 2 usage, 3 no reader, card or service,\n"
         "      4 outcome open (the same command again, or purse recover),\n"
         "      5 locked or no permission");
    return program_end("");
}

/// The help of the program of a group, where there is one, and the programs that stand behind it.
static int group_help(const struct programs *programs, const char *group) {
    char option[] = "--help", *arguments[] = {option, option, NULL};
    int status = 0;
    fflush(stdout);
    if (programs_have(programs, group)) {
        pid_t process = fork();
        if (process == 0) {
            program_become(group, arguments);
            _exit(EXIT_ABSENT);
        }
        if (process < 0 || waitpid(process, &status, 0) != process || status != 0)
            return WIFEXITED(status) && process > 0 ? WEXITSTATUS(status) : EXIT_REFUSED;
        puts("\nFurther commands:\n");
    } else {
        printf("usage: tessera %s COMMAND [ARGUMENT...]\n\n", group);
    }
    list(programs, group, stdout);
    return program_end(group);
}

static bool has_members(const struct programs *programs, const char *group) {
    size_t size = strlen(group);
    for (size_t i = 0; i < programs->count; i++)
        if (strncmp(programs->names[i], group, size) == 0 && programs->names[i][size] == '-')
            return true;
    return false;
}

// ---- mistakes ----------------------------------------------------------------------------------

/// The command closest to what was written, with or without its second word.
static const char *nearest(const struct programs *programs, const char *first, const char *second) {
    static struct purposes purposes;
    static char both[2 * PROGRAM_WORD_MAX];
    snprintf(both, sizeof both, "%.60s %.60s", first, second != NULL ? second : "");
    struct suggestion one = suggestion_for(first), two = suggestion_for(both);
    programs_ask(programs, NULL, &purposes);
    for (size_t i = 0; i < purposes.count; i++)
        suggest(count_words(purposes.rows[i].words) == 1 ? &one : &two, purposes.rows[i].words);
    return one.word != NULL && (two.word == NULL || one.distance <= two.distance) ? one.word
                                                                                  : two.word;
}

static int unknown(const struct programs *programs, const char *first, const char *second) {
    bool group = has_members(programs, first) && second != NULL;
    const char *suggestion = nearest(programs, first, second);
    fprintf(stderr, "tessera: there is no command '%s%s%s'", first, group ? " " : "",
            group ? second : "");
    if (suggestion != NULL)
        fprintf(stderr, "; did you mean 'tessera %s'?\n", suggestion);
    else
        fprintf(stderr, "; 'tessera%s%s --help' lists them\n", group ? " " : "",
                group ? first : "");
    return EXIT_USAGE;
}

// ---- completion --------------------------------------------------------------------------------

/// Offers a name up to its "-", unless it was the last one offered.
static void offer_once(const char *name, const char *beginning, char last[PROGRAM_WORD_MAX]) {
    char word[PROGRAM_WORD_MAX];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "-"), name);
    if (strcmp(word, last) != 0 && strncmp(word, beginning, strlen(beginning)) == 0)
        printf("%s\tcommand\n", word);
    memcpy(last, word, PROGRAM_WORD_MAX);
}

/// The first word of every command, each once.
static void offer_first(const struct programs *programs, const char *beginning) {
    char last[PROGRAM_WORD_MAX] = "";
    for (size_t i = 0; i < programs->count; i++)
        offer_once(programs->names[i], beginning, last);
}

/// The programs that stand behind a group's name, each first word once.
static void offer_members(const struct programs *programs, const char *group,
                          const char *beginning) {
    char last[PROGRAM_WORD_MAX] = "";
    size_t size = strlen(group);
    for (size_t i = 0; i < programs->count; i++) {
        const char *name = programs->names[i];
        if (strncmp(name, group, size) != 0 || name[size] != '-')
            continue;
        offer_once(name + size + 1, beginning, last);
    }
    fflush(stdout);
}

/// words: --complete, then the words so far. The program that they name answers the rest.
static int complete(const struct programs *programs, int count, char **words) {
    char name[2 * PROGRAM_WORD_MAX], *option = words[0];
    if (count == 2)
        offer_first(programs, words[1]);
    if (count == 3)
        offer_members(programs, words[1], words[2]);
    if (count > 3) {
        snprintf(name, sizeof name, "%.60s-%.60s", words[1], words[2]);
        if (programs_have(programs, name)) {
            words[1] = words[2] = option;
            program_become(name, words + 1);
        }
    }
    if (count > 2) {
        char *group = words[1];
        words[1] = option;
        program_become(group, words);
    }
    return program_end("");
}

int main(int argc, char **argv) {
    static struct programs programs;
    struct failure failure = {EXIT_USAGE, "a command is missing; 'tessera --help' lists them"};
    if (argc < 2)
        return program_fail("", &failure);
    if (argc > 2 && is_help(argv[1]))
        turn_help(argv);
    char *first = argv[1], *second = argc > 2 ? argv[2] : NULL;
    if (strcmp(first, "--version") == 0) {
        puts("tessera " TESSERA_VERSION);
        return program_end("");
    }
    programs_find(&programs);
    if (strcmp(first, "--complete") == 0)
        return complete(&programs, argc - 1, argv + 1);
    if (is_help(first))
        return print_help(&programs);
    if (second != NULL && is_help(second) && has_members(&programs, first))
        return group_help(&programs, first);
    if (second != NULL && second[0] != '-') {
        char name[2 * PROGRAM_WORD_MAX];
        snprintf(name, sizeof name, "%.60s-%.60s", first, second);
        program_become(name, argv + 2);
    }
    program_become(first, argv + 1);
    return unknown(&programs, first, second);
}
