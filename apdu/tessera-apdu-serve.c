// SPDX-License-Identifier: Apache-2.0
// tessera apdu serve: a recording plays the card behind a virtual reader. It can write down what it
// is asked, which makes it the recording card that shows what a tool really sends.
#include "apdu/script/tools/replay.h"
#include "apdu/script/tools/tool.h"
#include "base/files.h"
#include "base/options/options.h"
#include "readers/vpcd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct server {
    struct tool tool;
    struct replay replay;
    struct vpcd vpcd;
    const char *in, *reader, *card, *received;
    bool strict;
    int signals;
    FILE *log;
};

static void on_power(void *context, enum vpcd_power what) {
    struct server *server = context;
    if (what != VPCD_POWER_OFF)
        replay_rewind(&server->replay);
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    struct server *server = context;
    struct bytes known = server->replay.atr;
    size_t size = known.size < VPCD_ATR_MAX ? known.size : VPCD_ATR_MAX;
    memcpy(atr, known.data, size);
    return size;
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct server *server = context;
    bool as_recorded;
    for (size_t i = 0; server->log != NULL && i < command.size; i++)
        fprintf(server->log, "%02X%s", (unsigned)command.data[i],
                i + 1 == command.size ? "\n" : "");
    if (server->log != NULL)
        fflush(server->log);
    return replay_answer(&server->replay, command, answer, capacity, &as_recorded);
}

static int stop_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/// A reader whose last card was just pulled takes a moment to listen again.
static bool connect_reader(struct server *server, struct failure *failure) {
    enum { WAIT_MS = 50, TRIES = 200 };
    char host[256], port[16];
    struct pollfd stop = {.fd = server->signals, .events = POLLIN};
    if (strncmp(server->reader, "vpcd:", 5) != 0 ||
        !vpcd_address(server->reader + 5, host, sizeof host, port, sizeof port))
        return fail(failure, EXIT_USAGE, "--reader '%s' is not vpcd:HOST:PORT", server->reader);
    for (int i = 0; i < TRIES; i++) {
        if (vpcd_connect(&server->vpcd, host, port))
            return true;
        if (errno != ECONNREFUSED || poll(&stop, 1, WAIT_MS) > 0)
            break;
    }
    return fail(failure, EXIT_ABSENT, "no reader at %s:%s: %s", host, port, strerror(errno));
}

static int serve(struct server *server) {
    const struct vpcd_card card = {on_power, on_atr, on_transmit, server};
    struct pollfd events[2] = {{.fd = server->vpcd.socket, .events = POLLIN},
                               {.fd = server->signals, .events = POLLIN}};
    puts("ready");
    fflush(stdout);
    while (poll(events, 2, -1) > 0 || errno == EINTR) {
        if (events[1].revents != 0)
            break;
        if (events[0].revents != 0 && vpcd_serve(&server->vpcd, &card) != VPCD_SERVED)
            break;
    }
    return server->replay.misses > 0 ? 1 : 0;
}

static bool load(struct server *server, struct failure *failure) {
    const char *fault;
    uint32_t line;
    const struct script_source *source = tool_read(&server->tool, server->in, failure);
    if (source == NULL)
        return false;
    if (replay_load(&server->replay, &host_memory, source->text, server->card,
                    server->strict ? REPLAY_STRICT : REPLAY_LENIENT, &fault, &line))
        return true;
    fprintf(stderr, "%s:%u:1: error: %s\n", server->in, (unsigned)line, fault);
    failure->code = EXIT_USAGE;
    return false;
}

static int run(struct server *server, struct failure *failure) {
    if (!load(server, failure))
        return failure->code;
    server->log = server->received != NULL ? files_create_private(server->received) : NULL; // PINs
    if (server->received != NULL && server->log == NULL)
        return exit_of(fail_errno(failure, "cannot write %s", server->received), failure);
    server->signals = stop_signals();
    int code = connect_reader(server, failure) ? serve(server) : (int)failure->code;
    vpcd_close(&server->vpcd);
    close(server->signals);
    if (server->log != NULL && fclose(server->log) != 0)
        code = exit_of(fail_errno(failure, "cannot write %s", server->received), failure);
    return code;
}

static int run_serve(void *context, struct failure *failure) {
    struct server *server = context;
    tool_init(&server->tool, NULL);
    server->replay.memory = &host_memory;
    vpcd_init(&server->vpcd);
    int code = run(server, failure);
    replay_free(&server->replay);
    tool_free(&server->tool);
    return code;
}

#define AT(member) offsetof(struct server, member)

static const struct option_row rows[] = {
    {NULL, "RECORDING", OPTION_FILE, "a dump of 'tessera apdu run --record'", .at = AT(in),
     .needed = OPTION_EVERY},
    {"reader", "vpcd:HOST:PORT", OPTION_TEXT, "the virtual reader (vsmartcard-vpcd)",
     .at = AT(reader), .needed = OPTION_EVERY},
    {"card", "NAME", OPTION_TEXT, "which card of the recording; the first one when left out",
     .at = AT(card)},
    {"strict", NULL, OPTION_FLAG,
     "answer only the recorded commands in their order, fall silent otherwise; without it, a "
     "command with fresh values gets the answer of the recorded one with its header and length, an "
     "unknown one 6F00",
     .at = AT(strict)},
    {"received", "FILE", OPTION_FILE, "write every command that came, one a line in hex",
     .at = AT(received)},
};

static const struct action actions[] = {{1, NULL, "", run_serve, NULL}};

static const struct command serve_command = {
    .name = "apdu serve",
    .purpose = "let a recording play the card in a virtual reader",
    .notes = "Prints \"ready\" when it is there and ends with 0 on SIGTERM or when the reader "
             "goes.\n\n"
             "exit: 0 done, 1 some command was not as recorded, 2 input, 3 no reader there",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    static struct server server;
    return command_main(&serve_command, &server, argc, argv);
}
