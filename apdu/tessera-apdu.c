// SPDX-License-Identifier: Apache-2.0
// tessera apdu: single commands, scripts, formats. This program has the sub-commands that need no
// program of their own; `run` and others stand in tessera-apdu-*.c. Arguments and wiring only.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/codec.h"
#include "apdu/script/host.h"
#include "apdu/script/match.h"
#include "apdu/script/tool.h"
#include "readers/link_open.h"

enum { USAGE_ERROR = 2 };

static const char usage[] =
    "usage: tessera apdu send LINK HEX... [--expect SW]\n"
    "       tessera apdu run FILE|DIR... --link LINK | --card NAME=LINK... [options]\n"
    "       tessera apdu convert --from FORMAT --to FORMAT IN [-o OUT]\n"
    "       tessera apdu lint FILE|DIR...\n"
    "       tessera apdu fmt FILE... [--check|--stdout]\n"
    "       tessera apdu dissect FILE [--svg FILE]\n"
    "       tessera apdu mutate SCRIPT --link emu:IMAGE   one mistake after the other\n"
    "       tessera apdu serve RECORDING --reader vpcd:HOST:PORT\n"
    "       tessera apdu catalogue [--json|--lua|--coverage FILE]\n"
    "Each has --help.\n"
    "send prints answer and status word in hex and ends with 0 on any status word, unless\n"
    "--expect SW (9000, 61xx, 9000|6283, !6F**, insufficient) says which must come. Arguments\n"
    "shorter than a command (00 A4 04 00) are one command together.\n"
    "exit: 0 done, 1 not as expected, 2 usage, 3 no card, 4 transport broke, 5 locked\n";

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

static int complain(const char *command, const char *what, const char *value) {
    fprintf(stderr, "tessera apdu %s: %s%s%s; see --help\n", command, what,
            value != NULL ? ": " : "", value != NULL ? value : "");
    return USAGE_ERROR;
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
static int check_expected(const char *expected, const uint16_t *sw) {
    char line[128];
    struct script_program program;
    struct script_parser parser;
    struct statement *statement;
    snprintf(line, sizeof line, "sw %s\n", expected);
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "--expect", bytes_of_string(line));
    parser_init(&parser, &program, NULL, true);
    int status = USAGE_ERROR;
    if (parser_next(&parser, &statement) == PARSE_STATEMENT && statement->expectations != NULL &&
        statement->expectations->check == CHECK_SW)
        status = sw == NULL || sw_matches(statement->expectations->words, *sw) ? 0 : 1;
    if (status == USAGE_ERROR)
        complain("send", "--expect wants a status word such as 9000 or 61xx, not", expected);
    if (status == 1)
        fprintf(stderr, "tessera apdu send: status word %04X (%s), expected %s\n", (unsigned)*sw,
                status_text(*sw), expected);
    parser_free(&parser);
    program_free(&program);
    return status;
}

static int send_one(struct link *link, const char *text, const char *expected) {
    static uint8_t command[APDU_EXTENDED_COMMAND_MAX], answer[APDU_EXTENDED_RESPONSE_MAX];
    size_t answer_size = 0, size = parse_hex(text, command, sizeof command);
    enum link_status status =
        link_transmit(link, bytes_of(command, size), answer, sizeof answer, &answer_size);
    if (status == LINK_OK && answer_size < 2)
        status = LINK_BROKEN;
    if (status != LINK_OK) {
        fprintf(stderr, "tessera apdu send: %s: %s\n", link->name,
                link->error[0] != 0 ? link->error : "no answer");
        return link_exit_code(status);
    }
    print_answer(answer, answer_size);
    uint16_t sw = (uint16_t)bytes_get_be(answer + answer_size - 2, 2);
    return expected != NULL ? check_expected(expected, &sw) : 0;
}

/// Takes --expect out of the arguments; every other option is wrong.
static int split_options(int *argc, char **argv, const char **expected) {
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--expect") == 0 && i + 1 < *argc)
            *expected = argv[++i];
        else if (strncmp(argv[i], "--", 2) == 0)
            return complain("send", "unknown option or missing value", argv[i]);
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return 0;
}

static int check_hex(int count, char **texts, bool *pieces) {
    static uint8_t octets[APDU_EXTENDED_COMMAND_MAX];
    *pieces = false;
    for (int i = 0; i < count; i++) {
        size_t size = parse_hex(texts[i], octets, sizeof octets);
        if (size == 0)
            return complain("send", "a command is an even number of hex digits, not", texts[i]);
        *pieces |= size < APDU_HEADER_SIZE;
    }
    return 0;
}

/// 00 A4 04 00: arguments too short to be commands are one command together.
static char *join(int count, char **texts) {
    size_t size = 1;
    for (int i = 0; i < count; i++)
        size += strlen(texts[i]);
    char *joined = calloc(1, size), *at = joined;
    for (int i = 0; joined != NULL && i < count; i++) {
        size_t part = strlen(texts[i]);
        memcpy(at, texts[i], part);
        at += part;
    }
    return joined;
}

static int send_all(struct link *link, int count, char **texts, const char *expected, bool pieces) {
    int status = 0;
    char *joined = pieces ? join(count, texts) : NULL;
    if (joined != NULL)
        status = send_one(link, joined, expected);
    for (int i = 0; joined == NULL && i < count && status == 0; i++)
        status = send_one(link, texts[i], expected);
    free(joined);
    return status;
}

static int run_send(int argc, char **argv) {
    const char *expected = NULL;
    struct link_failure failure;
    int status = split_options(&argc, argv, &expected);
    if (status != 0)
        return status;
    if (argc < 2)
        return complain("send", "a link and at least one command are needed", NULL);
    if (expected != NULL && check_expected(expected, NULL) != 0)
        return USAGE_ERROR;
    bool pieces;
    if ((status = check_hex(argc - 1, argv + 1, &pieces)) != 0)
        return status;
    struct link *link = link_open(argv[0], NULL, &failure);
    if (link == NULL) {
        fprintf(stderr, "tessera apdu send: %s\n", failure.text);
        return link_exit_code(failure.status);
    }
    status = send_all(link, argc - 1, argv + 1, expected, pieces);
    link_close(link);
    return status;
}

// ---- main ------------------------------------------------------------------------------------

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {{"send", run_send}};

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (tool_help(argc, argv, "tessera apdu", usage))
        return 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(name, commands[i].name) == 0)
            return tool_end("tessera apdu", commands[i].run(argc - 2, argv + 2));
    if (name[0] != '\0')
        fprintf(stderr, "tessera apdu: there is no sub-command \"%s\"\n", name);
    fputs(usage, stderr);
    return USAGE_ERROR;
}
