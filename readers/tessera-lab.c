// SPDX-License-Identifier: Apache-2.0
// tessera lab: a private, rootless PC/SC world with virtual cards. docs/lab.md.
#include <stdio.h>
#include <string.h>

#include "readers/lab/air.h"
#include "readers/lab/lab.h"
#include "readers/lab/options.h"

static const char help[] =
    "usage: tessera lab run [OPTION]... -- COMMAND [ARGUMENT]...\n"
    "       tessera lab start [OPTION]...\n"
    "       tessera lab stop [DIRECTORY]\n"
    "       tessera lab tap IMAGE@NAME\n"
    "       tessera lab untap NAME\n"
    "\n"
    "A private PC/SC world: its own pcscd with the given cards plugged in and present before\n"
    "COMMAND starts, and everything gone afterwards. No rights are needed; the system's pcscd and\n"
    "other labs are not touched.\n"
    "\n"
    "  --card IMAGE    plug this card in; repeat for more (16 at most). IMAGE,contactless and\n"
    "                  IMAGE,internal: its commands come that way. exec:PROGRAM plugs in a\n"
    "                  card of your own: PROGRAM --reader vpcd:HOST:PORT\n"
    "  --nfc-reader N  add a virtual NFC reader (a PN532 for libnfc) named N; 8 at most\n"
    "  --tap IMAGE@N   lay this card, or the chip of another NFC reader, on reader N\n"
    "  --nfc-trace F   every radio frame as pcapng, for tessera tap report and Wireshark\n"
    "  --timeout S     end COMMAND, or the started lab, after S seconds\n"
    "  --world WHICH   best (default), user, root or place: how private it is\n"
    "  --verbose       say which world it is\n"
    "\n"
    "COMMAND finds PCSCLITE_CSOCK_NAME, TESSERA_CARD_1.. (pcsc:NAME), TESSERA_CONTROL_1.. "
    "(control\n"
    "sockets of the cards), TESSERA_NFC_N (libnfc connection strings), LIBNFC_DEVICE for a single\n"
    "NFC reader, and TESSERA_LAB_DIR. start prints them as export lines:\n"
    "  eval \"$(tessera lab start --card a.trm)\"\n"
    "\n"
    "Exit code: that of COMMAND; 124 timeout; 125 the lab failed; 2 usage; 3 no lab to stop.\n";

static int usage_error(const char *text) {
    fprintf(stderr, "tessera-lab: %s\n", text);
    fprintf(stderr, "tessera-lab: see tessera lab --help\n");
    return 2;
}

static int main_run(size_t argc, char **argv) {
    struct lab_options options;
    char error[256];
    if (!lab_options_parse(&options, argc, argv, error, sizeof error))
        return usage_error(error);
    if (options.command == NULL || options.command[0] == NULL)
        return usage_error("lab run: the command is missing; write it after --");
    return lab_run(&options);
}

static int main_start(size_t argc, char **argv) {
    struct lab_options options;
    char error[256];
    if (!lab_options_parse(&options, argc, argv, error, sizeof error))
        return usage_error(error);
    if (options.command != NULL)
        return usage_error("lab start takes no command; use lab run for one");
    return lab_start(&options, stdout);
}

static int main_stop(size_t argc, char **argv) {
    if (argc > 1)
        return usage_error("lab stop takes one directory at most");
    return lab_stop(argc == 1 ? argv[0] : NULL);
}

static int main_tap(size_t argc, char **argv) {
    return argc == 1 ? air_tap(argv[0]) : usage_error("write: lab tap IMAGE@NAME");
}

static int main_untap(size_t argc, char **argv) {
    return argc == 1 ? air_untap(argv[0]) : usage_error("write: lab untap NAME");
}

static int main_help(size_t argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs(help, stdout);
    return 0;
}

static int main_version(size_t argc, char **argv) {
    (void)argc;
    (void)argv;
    puts("tessera-lab " TESSERA_VERSION);
    return 0;
}

static const struct {
    const char *word;
    int (*run)(size_t argc, char **argv);
} verbs[] = {
    {"run", main_run}, {"start", main_start}, {"stop", main_stop},
    {"tap", main_tap}, {"untap", main_untap}, {"--help", main_help},
    {"-h", main_help}, {"help", main_help},   {"--version", main_version},
};

int main(int argc, char **argv) {
    char text[128];
    if (argc < 2)
        return usage_error("which? run, start or stop");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].word, argv[1]) == 0) {
            bool wants_help = argc > 2 && strcmp(argv[2], "--help") == 0;
            return wants_help ? main_help(0, NULL) : verbs[i].run((size_t)argc - 2, argv + 2);
        }
    snprintf(text, sizeof text, "\"%.64s\" is not run, start, stop, tap or untap", argv[1]);
    return usage_error(text);
}
