// SPDX-License-Identifier: Apache-2.0
// tessera apdu: single commands, scripts, formats. This program has the sub-commands that need no
// program of their own; `run` and others stand in tessera-apdu-*.c. Arguments and wiring only.
#include "apdu/octets/codec.h"
#include "apdu/script/language/match.h"
#include "apdu/script/run/host.h"
#include "apdu/trace/tracing.h"
#include "base/options/options.h"
#include "readers/link/link_open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *link, *expected;
    struct option_words commands;
    struct tracing tracing;
};

// ---- send ------------------------------------------------------------------------------------

/// Octets of one argument; colons and blanks are skipped.
static size_t parse_hex(const char *text, uint8_t *out, size_t capacity) {
    size_t digits = 0;
    for (; *text != 0; text++) {
        int digit = hex_digit(*text);
        if (*text == ' ' || *text == ':')
            continue;
        if (digit < 0 || digits / 2 == capacity)
            return 0;
        out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | digit);
        digits++;
    }
    return digits % 2 == 0 ? digits / 2 : 0;
}

static void print_answer(const uint8_t *answer, size_t size) {
    for (size_t i = 0; i + 2 < size; i++)
        printf("%02X", (unsigned)answer[i]);
    printf("%s%02X%02X\n", size > 2 ? " " : "", (unsigned)answer[size - 2],
           (unsigned)answer[size - 1]);
    fflush(stdout);
}

/// Compares by the rules of scripts, so that 61xx, 9000|6283 and names work here too.
/// sw NULL: only whether --expect can be understood.
static bool check_expected(const char *expected, const uint16_t *sw, struct failure *failure) {
    char line[128];
    struct script_program program;
    struct script_parser parser;
    struct statement *statement;
    snprintf(line, sizeof line, "sw %s\n", expected);
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "--expect", bytes_of_string(line));
    parser_init(&parser, &program, NULL, true);
    bool good = parser_next(&parser, &statement) == PARSE_STATEMENT &&
                statement->expectations != NULL && statement->expectations->check == CHECK_SW;
    if (!good)
        fail(failure, EXIT_USAGE, "--expect '%s' is no status word such as 9000 or 61xx", expected);
    else if (sw != NULL && !sw_matches(statement->expectations->words, *sw))
        good = fail(failure, EXIT_REFUSED, "status word %04X (%s), expected %s", (unsigned)*sw,
                    status_text(*sw), expected);
    parser_free(&parser);
    program_free(&program);
    return good;
}

static bool send_one(struct link *link, const char *text, const char *expected,
                     struct failure *failure) {
    static uint8_t command[APDU_EXTENDED_COMMAND_MAX], answer[APDU_EXTENDED_RESPONSE_MAX];
    size_t answer_size = 0, size = parse_hex(text, command, sizeof command);
    enum link_status status =
        link_transmit(link, bytes_of(command, size), answer, sizeof answer, &answer_size);
    if (status == LINK_OK && answer_size < 2)
        status = LINK_BROKEN;
    if (status != LINK_OK)
        return fail(failure, (enum exit_code)link_exit_code(status), "%s: %s", link->name,
                    link->error[0] != 0 ? link->error : "no answer");
    print_answer(answer, answer_size);
    uint16_t sw = (uint16_t)bytes_get_be(answer + answer_size - 2, 2);
    return expected == NULL || check_expected(expected, &sw, failure);
}

static bool check_hex(const struct option_words *texts, bool *pieces, struct failure *failure) {
    static uint8_t octets[APDU_EXTENDED_COMMAND_MAX];
    *pieces = false;
    for (size_t i = 0; i < texts->count; i++) {
        size_t size = parse_hex(texts->items[i], octets, sizeof octets);
        if (size == 0)
            return fail(failure, EXIT_USAGE, "a command is an even number of hex digits, not '%s'",
                        texts->items[i]);
        *pieces |= size < APDU_HEADER_SIZE;
    }
    return true;
}

/// 00 A4 04 00: arguments too short to be commands are one command together.
static char *join(const struct option_words *texts) {
    size_t size = 1;
    for (size_t i = 0; i < texts->count; i++)
        size += strlen(texts->items[i]);
    char *joined = calloc(1, size), *at = joined;
    for (size_t i = 0; joined != NULL && i < texts->count; i++) {
        size_t part = strlen(texts->items[i]);
        memcpy(at, texts->items[i], part);
        at += part;
    }
    return joined;
}

static bool send_all(struct link *link, const struct arguments *arguments, bool pieces,
                     struct failure *failure) {
    const struct option_words *texts = &arguments->commands;
    bool done = true;
    char *joined = pieces ? join(texts) : NULL;
    if (joined != NULL)
        done = send_one(link, joined, arguments->expected, failure);
    for (size_t i = 0; joined == NULL && i < texts->count && done; i++)
        done = send_one(link, texts->items[i], arguments->expected, failure);
    free(joined);
    return done;
}

static int run_send(void *context, struct failure *failure) {
    struct arguments *arguments = context;
    bool pieces, done = false;
    if ((arguments->expected != NULL && !check_expected(arguments->expected, NULL, failure)) ||
        !check_hex(&arguments->commands, &pieces, failure))
        return failure->code;
    struct link *link = link_of(arguments->link, &arguments->tracing, NULL, failure);
    if (link != NULL)
        done = send_all(link, arguments, pieces, failure);
    link_close(link);
    return exit_of(done, failure);
}

// ---- arguments -------------------------------------------------------------------------------

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, OPTION_LINK_HELP, .at = AT(link), .needed = OPTION_EVERY},
    {NULL, "HEX", OPTION_TEXT,
     "a command each; arguments shorter than a command (00 A4 04 00) are one command together",
     .at = AT(commands), .many = true, .needed = OPTION_EVERY},
    {"expect", "SW", OPTION_TEXT,
     "which status word must come: 9000, 61xx, 9000|6283, !6F**, insufficient", .at = AT(expected)},
    OPTION_TRACE_ROW(AT(tracing.wanted)),
};

static const struct action actions[] = {
    {1, "send", "send commands, print answers and status words in hex", run_send, NULL}};

static const struct command apdu = {
    .name = "apdu",
    .purpose = "single commands, scripts, recordings",
    .notes = "exit: 0 done, on any status word unless --expect says which, 1 not as expected, 2 "
             "usage, 3 no card, 4 transport broke, 5 locked",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    int code = command_main(&apdu, &arguments, argc, argv);
    return tracing_end(&arguments.tracing, "apdu", code);
}
