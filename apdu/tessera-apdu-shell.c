// SPDX-License-Identifier: Apache-2.0
// tessera apdu shell: statements of the script language one by one, as somebody types them.
#include "apdu/command/catalogue.h"
#include "apdu/crypto/crypto.h"
#include "apdu/script/run/host.h"
#include "apdu/script/tools/observers.h"
#include "apdu/script/tools/own_file.h"
#include "base/options/options.h"
#include "readers/link/slot.h"

#include <editline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell {
    struct slot_command given; // first: what takes --card, --link and --keys finds it there
    const char *catalogue;
    struct catalogue_own *own; // of --catalogue, or NULL
    struct slots slots;
    struct script_ports ports;
    struct script_observer *trace;
    struct script_memo memo;
    struct arena texts; // what was typed: variables are named in it
    unsigned line;
    bool failed;
};

// ---- completion --------------------------------------------------------------------------------

static const char *const words[] = {
    "tx",    "let",    "reset",  "cold-reset", "insert", "remove", "power-cut", "card", "echo",
    "delay", "repeat", "if",     "else",       "rows",   "within", "include",   "sw",   "data",
    "tlv",   "time",   "length", "capture",    "expect", "atr",    "auto",      "quit", "help"};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

/// The next name that begins with the text, from *at on, which goes through words and catalogue.
static const char *next_match(const char *text, size_t *at) {
    size_t size = strlen(text);
    for (; *at < WORD_COUNT + catalogue_size(); (*at)++) {
        const char *name = *at < WORD_COUNT ? words[*at] : catalogue_at(*at - WORD_COUNT)->name;
        if (strncmp(name, text, size) == 0) {
            (*at)++;
            return name;
        }
    }
    return NULL;
}

/// The library's own way: called with 0, 1, ... until there is no more; what it gets it frees.
static char *complete(const char *text, int state) {
    size_t at = 0;
    const char *name = NULL;
    for (int i = 0; i <= state; i++)
        name = next_match(text, &at);
    return name != NULL ? strdup(name) : NULL;
}

// ---- what comes back ---------------------------------------------------------------------------

static void on_report(const struct script_reporter *reporter,
                      const struct script_diagnostic *what) {
    struct shell *shell = reporter->context;
    fprintf(stderr, "%u:%u: %s\n", shell->line + what->at.line - 1, what->at.column, what->message);
    shell->failed = true;
}

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct shell *shell = listener->context;
    fprintf(stderr, "%s\n%s", what->diagnostic.message, what->detail);
    shell->failed = true;
}

static void on_exchange(const struct script_listener *listener,
                        const struct script_exchange *what) {
    struct shell *shell = listener->context;
    shell->trace->exchange(shell->trace, what);
}

static void on_event(const struct script_listener *listener, const struct script_event *what) {
    struct shell *shell = listener->context;
    shell->trace->event(shell->trace, what);
}

static void on_echo(const struct script_listener *listener, struct bytes text) {
    (void)listener;
    printf("%.*s\n", (int)text.size, (const char *)text.data);
}

/// One entry is a script of its own that begins with the variables of those before it.
static void run_entry(struct shell *shell, struct bytes text) {
    struct script_program program;
    struct script_reporter reporter = {on_report, shell};
    struct script_listener listener = {.exchange = on_exchange,
                                       .event = on_event,
                                       .failure = on_failure,
                                       .echo = on_echo,
                                       .context = shell};
    struct script_options options = {
        .seed = shell->line, .keep_going = true, .memo = &shell->memo, .keeps_memo = true};
    options.keys = slot_keys(&shell->given);
    program_init(&program, &host_memory, &host_files);
    program.own = shell->own;
    program.is_part = true; // names may have their values from before
    program.main = sources_add(&program.sources, "typed", arena_copy(&shell->texts, text));
    if (program.main != NULL && program_check(&program, &reporter, NULL, NULL))
        run_script(&program, &shell->ports, &options, shell->slots.cards, shell->slots.count,
                   &listener);
    program_free(&program);
    fflush(stdout);
}

// ---- entries -----------------------------------------------------------------------------------

/// Octets alone are a command.
static bool is_octets(const char *line) {
    size_t digits = 0;
    for (; *line != 0; line++) {
        if (hex_digit(*line) < 0 && *line != ' ')
            return false;
        digits += *line != ' ';
    }
    return digits >= 2 && digits % 2 == 0;
}

/// How many blocks and parentheses a line opens more than it closes.
static int depth_of(const char *line) {
    int depth = 0;
    bool quoted = false;
    for (; *line != 0 && !(*line == '#' && !quoted); line++) {
        if (*line == '\\' && quoted && line[1] != 0)
            line++;
        else if (*line == '"')
            quoted = !quoted;
        else if (!quoted && strchr("{(", *line) != NULL && line[0] != 0)
            depth++;
        else if (!quoted && strchr("})", *line) != NULL)
            depth--;
    }
    return depth;
}

static char *read_line(bool typed, bool more) {
    char *line = NULL;
    size_t capacity = 0;
    if (typed)
        return readline(more ? "    ... " : "tessera> ");
    ssize_t size = getline(&line, &capacity, stdin);
    if (size < 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = 0;
    return line;
}

/// A line, with those behind it until what it opens is closed. False: the end.
static bool read_entry(struct buffer *entry, bool typed, unsigned *lines) {
    int depth = 0;
    buffer_clear(entry);
    *lines = 0;
    do {
        char *line = read_line(typed, *lines > 0);
        if (line == NULL)
            return entry->size > 0;
        if (*lines == 0 && is_octets(line))
            buffer_text(entry, "tx ");
        buffer_text(entry, line);
        buffer_text(entry, "\n");
        depth += depth_of(line);
        if (typed && line[strspn(line, " ")] != 0)
            add_history(line);
        bytes_erase(line, strlen(line));
        free(line);
        (*lines)++;
    } while (depth > 0);
    return true;
}

static bool is_word(const struct buffer *entry, const char *word) {
    size_t size = strlen(word);
    return entry->size == size + 1 && memcmp(entry->data, word, size) == 0;
}

static void help(void) {
    puts("Octets alone are sent as they are. Else every line is a statement of the script\n"
         "language (man tessera-script): tx 00A40400; sw 9000 | purse.get-data p1=01 p2=01 |\n"
         "let A = F0 \"TESSERA\" 01 | reset | within scp03 keys=... { ... }. Tab completes, the\n"
         "arrows go through what was typed, quit or Ctrl-D ends. Nothing typed is kept.");
}

static int converse(struct shell *shell) {
    bool typed = isatty(STDIN_FILENO) != 0;
    struct buffer entry;
    unsigned lines = 0;
    buffer_init(&entry, &host_memory);
    rl_completion_entry_function = complete;
    for (shell->line = 1; read_entry(&entry, typed, &lines) && !is_word(&entry, "quit");
         shell->line += lines) {
        if (is_word(&entry, "help"))
            help();
        else
            run_entry(shell, buffer_bytes(&entry));
    }
    buffer_free(&entry);
    clear_history();
    return !typed && shell->failed ? EXIT_REFUSED : EXIT_DONE;
}

// ---- the whole ---------------------------------------------------------------------------------

static int with_cards(struct shell *shell, struct failure *failure) {
    const struct slot_options how = {.fresh = false};
    struct link_failure reason = {LINK_OK, ""};
    int code = EXIT_DONE;
    if (slots_open(&shell->slots, &shell->given.cards, &how, &reason))
        code = converse(shell);
    else {
        failure_set(failure, EXIT_USAGE, "%s", reason.text);
        code = link_exit_code(reason.status);
    }
    slots_close(&shell->slots);
    return code;
}

static int run_shell(void *context, struct failure *failure) {
    struct shell *shell = context;
    if (shell->given.cards.count == 0)
        return exit_of(fail(failure, EXIT_USAGE, "no card is given: say --link LINK"), failure);
    if (!own_file_open(shell->catalogue, &shell->own, failure))
        return failure->code;
    struct crypto *crypto = crypto_openssl_new();
    shell->ports = host_ports(crypto);
    shell->memo.memory = &host_memory;
    arena_init(&shell->texts, &host_memory);
    shell->trace =
        trace_observer_open(stdout, program_colour(stdout), shell->given.cards.count > 1, crypto);
    if (shell->trace != NULL)
        trace_observer_know(shell->trace, shell->own);
    int code = shell->trace != NULL
                   ? with_cards(shell, failure)
                   : exit_of(fail(failure, EXIT_REFUSED, "out of memory"), failure);
    if (shell->trace != NULL)
        shell->trace->close(shell->trace);
    memo_free(&shell->memo);
    own_file_close(shell->own);
    arena_free(&shell->texts);
    crypto_openssl_free(crypto);
    return code;
}

static const struct option_row rows[] = {
    {"link", "LINK", OPTION_TAKEN, OPTION_LINK_HELP, .take = slot_take_link},
    {"card", "NAME=LINK", OPTION_TAKEN, "one of several cards; 'NAME: tx ..' talks to it",
     .take = slot_take_card, .many = true},
    {"catalogue", "FILE", OPTION_FILE, OWN_FILE_HELP, .at = offsetof(struct shell, catalogue)},
    {"keys", "NAME=FILE", OPTION_TAKEN,
     "keys of secure channels, for 'within scp03 keys=@NAME', or a private P-256 key",
     .take = slot_take_keys, .many = true},
};

static const struct action actions[] = {
    {1, NULL, "", run_shell, "--link LINK\n--card NAME=LINK..."}};

static const struct command shell_command = {
    .name = "apdu shell",
    .purpose = "talk to a card, statement by statement",
    .notes = "Lines are statements of the script language; octets alone are sent as they are. "
             "Everything is explained as it goes. Variables stay; macros do not.\n\n"
             "exit: 0 done, 1 something failed where nobody typed, 2 usage, 3 no card",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    static struct shell shell;
    return command_main(&shell_command, &shell, argc, argv);
}
