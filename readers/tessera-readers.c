// SPDX-License-Identifier: Apache-2.0
// tessera readers: what is connected, and what is in it.
#include "apdu/dissect/atr.h"
#include "apdu/script/run/host.h"
#include "apdu/script/run/report.h"
#include "base/must.h"
#include "base/options/options.h"
#include "readers/link/link_open.h"
#include "readers/link/pcsc/pcsc_list.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    bool wait, json;
};

static const char *const states[] = {
    [PCSC_EMPTY] = "empty", [PCSC_CARD] = "card", [PCSC_IN_USE] = "in use", [PCSC_MUTE] = "mute"};
must_cover(states, PCSC_STATE_COUNT);

/// Lines of an explanation, indented below their reader.
static void print_indented(const char *text) {
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        printf("     %.*s\n", (int)size, text);
        text += size + (text[size] == '\n');
    }
}

static void print_plain(const struct pcsc_listed *reader, size_t number) {
    struct bytes atr = bytes_of(reader->atr, reader->atr_size);
    struct buffer text;
    buffer_init(&text, &host_memory);
    printf("%-4zu %s: %s\n", number, reader->name, states[reader->state]);
    if (atr.size > 0) {
        buffer_format(&text, "ATR %h\n", atr);
        atr_explain(atr, &text);
        print_indented(buffer_string(&text));
    }
    buffer_free(&text);
}

static void print_json(const struct pcsc_listed *reader, size_t number) {
    struct bytes atr = bytes_of(reader->atr, reader->atr_size);
    struct buffer text;
    buffer_init(&text, &host_memory);
    if (atr.size > 0)
        atr_summary(atr, &text);
    printf("{\"number\":%zu,\"reader\":\"", number);
    report_json_text(stdout, reader->name);
    printf("\",\"state\":\"%s\",\"atr\":\"", states[reader->state]);
    for (size_t i = 0; i < atr.size; i++)
        printf("%02X", (unsigned)atr.data[i]);
    printf("\",\"summary\":\"");
    report_json_text(stdout, buffer_string(&text));
    printf("\"}\n");
    buffer_free(&text);
}

static int run_readers(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    struct pcsc_listed readers[PCSC_LIST_MAX];
    struct link_failure reason;
    size_t count = 0;
    if (!pcsc_list(readers, &count, arguments->wait, &reason)) {
        failure_set(failure, EXIT_USAGE, "%s", reason.text);
        return link_exit_code(reason.status);
    }
    for (size_t i = 0; i < count; i++)
        (arguments->json ? print_json : print_plain)(&readers[i], i);
    return EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {"wait", NULL, OPTION_FLAG, "until a card is in one of them", .at = AT(wait)},
    {"json", NULL, OPTION_FLAG, "one JSON object a reader and line", .at = AT(json)},
};

static const struct action actions[] = {{0, NULL, "", run_readers, NULL}};

static const struct command command = {
    .name = "readers",
    .purpose = "the PC/SC readers, what is in them, and what each ATR says",
    .notes = "The number is what pcsc:NUMBER means; no card is connected to. NFC readers over "
             "libnfc are not among them.\n\n"
             "exit: 0 done, 3 no service or no reader",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    return command_main(&command, &arguments, argc, argv);
}
