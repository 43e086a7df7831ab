// SPDX-License-Identifier: Apache-2.0
// tessera lab: a private, rootless PC/SC service with virtual cards. docs/lab.md.
#include "readers/lab/air.h"
#include "readers/lab/lab.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    struct lab_options options;
    struct option_words command;
    uint64_t timeout;
    int isolation; // enum isolation_kind
    const char *target;
};

static const struct lab_options *options_of(struct arguments *arguments) {
    struct lab_options *options = &arguments->options;
    options->isolation = (enum isolation_kind)arguments->isolation;
    options->timeout_s = (unsigned)arguments->timeout;
    options->command = arguments->command.items;
    return options;
}

/// What says something of NFC readers needs one.
static bool check(const struct lab_options *options, struct failure *failure) {
    const char *what = options->nfc_trace != NULL ? "--nfc-trace"
                       : options->taps.count > 0  ? "--tap"
                                                  : NULL;
    return options->nfc_readers.count > 0 || what == NULL ||
           fail(failure, EXIT_USAGE, "%s needs a reader: add --nfc-reader NAME", what);
}

static int run_run(void *context, struct failure *failure) {
    const struct lab_options *options = options_of(context);
    return check(options, failure) ? lab_run(options) : EXIT_USAGE;
}

static int run_start(void *context, struct failure *failure) {
    const struct lab_options *options = options_of(context);
    return check(options, failure) ? lab_start(options, stdout) : EXIT_USAGE;
}

static int run_stop(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    (void)failure;
    return lab_stop(arguments->target);
}

static int run_tap(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    (void)failure;
    return air_tap(arguments->target);
}

static int run_untap(void *context, struct failure *failure) {
    const struct arguments *arguments = context;
    (void)failure;
    return air_untap(arguments->target);
}

// ---- arguments ---------------------------------------------------------------------------------

static bool add(struct option_list *list, const char *value, size_t most, struct failure *failure) {
    if (list->count == most)
        return fail(failure, EXIT_USAGE, "'%s' is one too many: a lab has room for %zu", value,
                    most);
    list->items[list->count++] = value;
    return true;
}

static bool take_reader(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    if (value[0] == '\0' || strlen(value) > 32 || strpbrk(value, "/@: \t\n") != NULL)
        return fail(failure, EXIT_USAGE,
                    "--nfc-reader '%s': a reader's name has 1 to 32 characters, none of them / @ : "
                    "or a blank",
                    value);
    return add(&arguments->options.nfc_readers, value, LAB_NFC_MAX, failure);
}

static bool take_tap(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    if (strchr(value, '@') == NULL)
        return fail(failure, EXIT_USAGE,
                    "--tap '%s': write IMAGE@NAME, with the name of an NFC reader", value);
    return add(&arguments->options.taps, value, LAB_TAPS_MAX, failure);
}

enum { RUN = 1, START = 2, STOP = 4, TAP = 8, UNTAP = 16 };

#define AT(member) offsetof(struct arguments, member)

static const struct option_row rows[] = {
    {NULL, "COMMAND", OPTION_TEXT, "what runs in the lab, with its arguments", .at = AT(command),
     .many = true, .only = RUN, .needed = RUN},
    {NULL, "DIRECTORY", OPTION_DIRECTORY, "the lab's TESSERA_LAB_DIR, where several are started",
     .at = AT(target), .only = STOP},
    {NULL, "IMAGE@NAME", OPTION_TEXT, "a card, and the NFC reader that it is laid on",
     .at = AT(target), .only = TAP, .needed = TAP},
    {NULL, "NAME", OPTION_TEXT, "the NFC reader that is cleared", .at = AT(target), .only = UNTAP,
     .needed = UNTAP},
    {"card", "IMAGE", OPTION_IMAGE,
     "plug this card in, again for more (16 at most). IMAGE,contactless and IMAGE,internal: its "
     "commands come that way. exec:PROGRAM [ARGUMENT].. plugs in a card of your own: "
     "PROGRAM [ARGUMENT].. --reader vpcd:HOST:PORT",
     .at = AT(options.cards), .many = true, .most = LAB_CARDS_MAX, .only = RUN | START},
    {"fresh", NULL, OPTION_FLAG, "each card is a copy: the images stay as they are",
     .at = AT(options.fresh), .only = RUN | START},
    {"record", "FILE", OPTION_FILE,
     "everything that programs say to the cards, as a dump for 'tessera apdu dissect', 'convert' "
     "and 'serve'",
     .at = AT(options.record), .only = RUN | START},
    {"nfc-reader", "NAME", OPTION_TAKEN, "add a virtual NFC reader (a PN532 for libnfc); 8 at most",
     .take = take_reader, .many = true, .only = RUN | START},
    {"tap", "IMAGE@NAME", OPTION_TAKEN,
     "lay this card, or the chip of another NFC reader, on an NFC reader", .take = take_tap,
     .many = true, .only = RUN | START},
    {"nfc-trace", "FILE", OPTION_FILE,
     "every radio frame as pcapng, for 'tessera tap report' and Wireshark",
     .at = AT(options.nfc_trace), .only = RUN | START},
    {"timeout", "SECONDS", OPTION_NUMBER, "end COMMAND, or the started lab, after so long",
     .at = AT(timeout), .least = 1, .most = 86400, .only = RUN | START},
    {"isolation", "WHICH", OPTION_WORD, "how private it is: best (default), user, root or preload",
     .at = AT(isolation), .words = lab_isolation_words, .only = RUN | START},
    {"verbose", NULL, OPTION_FLAG, "say which isolation it is", .at = AT(options.verbose),
     .only = RUN | START},
};

static const struct action actions[] = {
    {RUN, "run", "a lab for one command", run_run, "[OPTION]... -- COMMAND [ARGUMENT]..."},
    {START, "start", "a lab that stays; prints export lines", run_start, NULL},
    {STOP, "stop", "end a lab that was started", run_stop, NULL},
    {TAP, "tap", "lay a card on an NFC reader of the lab", run_tap, NULL},
    {UNTAP, "untap", "take it away", run_untap, NULL},
};

static const struct command lab = {
    .name = "lab",
    .purpose = "a private PC/SC service with virtual cards",
    .notes = "Its own pcscd with the given cards plugged in and present before COMMAND starts, and "
             "everything gone afterwards. No rights are needed; the system's pcscd and other labs "
             "are not touched.\n\n"
             "COMMAND finds PCSCLITE_CSOCK_NAME, TESSERA_CARD_1.. (pcsc:NAME), TESSERA_CONTROL_1.. "
             "(control sockets of the cards), TESSERA_NFC_NAME (libnfc connection strings), "
             "LIBNFC_DEVICE for a single NFC reader, and TESSERA_LAB_DIR. start prints them as "
             "export lines: eval \"$(tessera lab start --card a.trm)\"\n\n"
             "exit: that of COMMAND, 124 timeout, 125 the lab failed, 2 usage, 3 no lab to stop",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = sizeof actions / sizeof actions[0],
};

int main(int argc, char **argv) {
    struct arguments arguments = {.isolation = ISOLATION_BEST};
    return command_main(&lab, &arguments, argc, argv);
}
