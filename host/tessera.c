// SPDX-License-Identifier: Apache-2.0
// The front of all programs: `tessera A B ...` becomes tessera-A-B if there is one, else tessera-A
// with the arguments B ..., looked for beside this program and then in PATH. Names and exit codes:
// docs/man/tessera.1. Every command parses its own arguments.
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, WORD_MAX = 64, COMMANDS_MAX = 128 };

struct command_line {
    const char *words;
    const char *purpose;
};

/// One line a command, in the order of a card's life. Only what is installed gets printed.
static const struct command_line known[] = {
    {"demo", "a deposit, a payment and a torn payment, every figure compared"},
    {"ca", "the issuing authority: init, issue, revoke, hotlist"},
    {"card new", "make a personalized or blank card image"},
    {"card run", "put a card into a virtual reader or phone"},
    {"card info", "what a card image holds"},
    {"card check", "verify a card image without changing it"},
    {"card snapshot", "copy a card image at rest"},
    {"card restore", "put a snapshot back"},
    {"card diff", "compare a card image with a snapshot"},
    {"lab", "a private PC/SC world with cards plugged in: run, start, stop"},
    {"field", "a virtual NFC field with readers for libnfc"},
    {"purse", "money: issue, show, transfer, recover, void"},
    {"apdu", "commands, scripts: send, run, lint, fmt, convert, dissect, mutate, serve, catalogue"},
    {"perso", "personalize batches of cards: key, plan, run, verify, report"},
    {"kiosk", "the seller's terminal"},
    {"deposit", "the deposit machine"},
    {"phone", "the telephone"},
    {"vend", "the vending machine"},
    {"home", "the home server"},
    {"ticket", "licence tickets: list, move"},
    {"device", "permitted devices of a store: add, remove"},
    {"content", "secure containers: pack, inspect, verify, convert, play"},
    {"tap", "what a tap cost on the air"},
    {"serve", "the services"},
    {"charge", "telephone bills"},
    {"registry", "trusted enterprises"},
    {"bank", "accounts"},
    {"clearing", "settlement"},
    {"audit", "recompute everything from the objects"},
};

/// Names of the programs tessera-* that can be reached, without the prefix.
struct inventory {
    char names[COMMANDS_MAX][WORD_MAX];
    size_t count;
};

static bool own_directory(char *out, size_t capacity) {
    ssize_t size = readlink("/proc/self/exe", out, capacity - 1);
    if (size <= 0)
        return false;
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/// Calls visit for this program's directory and then for each one in PATH, until it answers true.
static bool each_directory(bool (*visit)(const char *directory, void *context), void *context) {
    char own[PATH_MAX];
    if (own_directory(own, sizeof own) && visit(own, context))
        return true;
    const char *path = getenv("PATH");
    char *copy = strdup(path != NULL ? path : ""), *rest = copy, *directory;
    bool found = false;
    while (!found && copy != NULL && (directory = strsep(&rest, ":")) != NULL)
        found = directory[0] != '\0' && visit(directory, context);
    free(copy);
    return found;
}

static void remember(struct inventory *inventory, const char *name) {
    if (inventory->count == COMMANDS_MAX || strlen(name) >= WORD_MAX)
        return;
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->names[i], name) == 0)
            return;
    snprintf(inventory->names[inventory->count++], WORD_MAX, "%s", name);
}

static bool gather(const char *directory, void *context) {
    DIR *stream = opendir(directory);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (strncmp(entry->d_name, "tessera-", 8) == 0 && strchr(entry->d_name, '.') == NULL)
            remember(context, entry->d_name + 8);
    if (stream != NULL)
        closedir(stream);
    return false;
}

static bool is_program(const struct inventory *inventory, const char *name) {
    for (size_t i = 0; i < inventory->count; i++)
        if (strcmp(inventory->names[i], name) == 0)
            return true;
    return false;
}

/// "card new" -> tessera-card-new or tessera-card.
static bool can_run(const struct inventory *inventory, const char *words) {
    char name[WORD_MAX];
    snprintf(name, sizeof name, "%s", words);
    char *space = strchr(name, ' ');
    if (space == NULL)
        return is_program(inventory, name);
    *space = '-';
    if (is_program(inventory, name))
        return true;
    *space = '\0';
    return is_program(inventory, name);
}

/// Lists the commands whose first word is group (NULL: all). Returns how many.
static size_t list_commands(const struct inventory *inventory, const char *group, FILE *out) {
    size_t listed = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t first = strcspn(known[i].words, " ");
        bool wanted =
            group == NULL || (strlen(group) == first && strncmp(group, known[i].words, first) == 0);
        if (!wanted || !can_run(inventory, known[i].words))
            continue;
        fprintf(out, "  %-14s %s\n", known[i].words, known[i].purpose);
        listed++;
    }
    return listed;
}

static void print_help(const struct inventory *inventory) {
    puts("usage: tessera COMMAND [ARGUMENT...]\n"
         "\n"
         "Smart-card wallet and ticket toolchain. Commands:\n");
    list_commands(inventory, NULL, stdout);
    puts("\n"
         "'tessera COMMAND --help' explains one of them, 'man tessera' all.\n"
         "exit: 0 done, 1 refused or failed, 2 usage, 3 no reader, card or service,\n"
         "      4 outcome open (use recover), 5 locked or no permission");
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/// Levenshtein distance of two short words.
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_MAX + 1], columns = least(strlen(b), WORD_MAX);
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t above = row[j], change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(least(above + 1, row[j - 1] + 1), diagonal + change);
            diagonal = above;
        }
    }
    return row[columns];
}

/// The known command closest to what was written, with or without its second word.
static const char *nearest(const struct inventory *inventory, const char *first,
                           const char *second) {
    const char *best = NULL;
    size_t best_distance = 4; // further away is no suggestion
    char both[2 * WORD_MAX];
    snprintf(both, sizeof both, "%.60s %.60s", first, second != NULL ? second : "");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!can_run(inventory, known[i].words))
            continue;
        bool two = strchr(known[i].words, ' ') != NULL;
        size_t away = distance(two ? both : first, known[i].words);
        if (away < best_distance) {
            best_distance = away;
            best = known[i].words;
        }
    }
    return best;
}

static int unknown(const struct inventory *inventory, const char *first, const char *second) {
    size_t siblings = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        siblings += strncmp(known[i].words, first, strlen(first)) == 0 &&
                    known[i].words[strlen(first)] == ' ' && can_run(inventory, known[i].words);
    const char *suggestion = nearest(inventory, first, second);
    fprintf(stderr, "tessera: no command '%s%s%s'%s\n", first, siblings > 0 && second ? " " : "",
            siblings > 0 && second ? second : "",
            suggestion == NULL && siblings == 0 ? "; 'tessera --help' lists them" : "");
    if (suggestion != NULL)
        fprintf(stderr, "did you mean 'tessera %s'?\n", suggestion);
    if (siblings > 0)
        list_commands(inventory, first, stderr);
    return EXIT_USAGE;
}

struct launch {
    const char *program; // "tessera-card-new"
    char **arguments;    // its argv
};

/// Becomes the program if this directory has it. Returns only when it has not.
static bool launch_from(const char *directory, void *context) {
    const struct launch *launch = context;
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/%s", directory, launch->program);
    if (size > 0 && (size_t)size < sizeof path && access(path, X_OK) == 0)
        execv(path, launch->arguments);
    return false;
}

/// Replaces this process by tessera-NAME, whose argv[0] takes the place of arguments[0]. Returns
/// only when there is no such program, with the arguments as they were.
static void launch(const char *name, char **arguments) {
    char program[2 * WORD_MAX];
    int size = snprintf(program, sizeof program, "tessera-%s", name);
    if (size < 0 || (size_t)size >= sizeof program || strchr(name, '/') != NULL)
        return;
    char *word = arguments[0];
    arguments[0] = program;
    struct launch wanted = {program, arguments};
    each_directory(launch_from, &wanted);
    arguments[0] = word;
}

static int group_help(const struct inventory *inventory, const char *group) {
    printf("usage: tessera %s COMMAND [ARGUMENT...]\n\n", group);
    if (list_commands(inventory, group, stdout) > 0)
        return 0;
    return unknown(inventory, group, NULL);
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv) {
    static struct inventory inventory;
    each_directory(gather, &inventory);
    if (argc < 2) {
        fputs("tessera: a command is missing; 'tessera --help' lists them\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tessera " TESSERA_VERSION);
        return 0;
    }
    if (is_help(argv[1])) {
        print_help(&inventory);
        return 0;
    }
    char *first = argv[1], *second = argc > 2 ? argv[2] : NULL;
    if (second != NULL && second[0] != '-') {
        char name[2 * WORD_MAX];
        snprintf(name, sizeof name, "%.60s-%.60s", first, second);
        launch(name, argv + 2);
    }
    launch(first, argv + 1);
    if (second != NULL && is_help(second))
        return group_help(&inventory, first);
    return unknown(&inventory, first, second);
}
