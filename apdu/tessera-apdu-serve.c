// SPDX-License-Identifier: Apache-2.0
// tessera apdu serve: a recording plays the card behind a virtual reader. It can write down what it
// is asked, which makes it the recording card that shows what a tool really sends.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apdu/script/replay.h"
#include "apdu/script/tool.h"
#include "readers/vpcd.h"

static const char name[] = "tessera apdu serve";
static const char usage[] =
    "usage: tessera apdu serve RECORDING --reader vpcd:HOST:PORT [options]\n"
    "Puts a recorded card into a virtual reader (vsmartcard-vpcd). Prints `ready` when it is "
    "there\n"
    "and ends with 0 on SIGTERM or when the reader goes.\n"
    "  --card NAME     which card of the recording; the first one when left out\n"
    "  --strict        answer only the recorded commands in their order; fall silent otherwise.\n"
    "                  Without it, a command with fresh values gets the answer of the recorded "
    "one\n"
    "                  with its header and length, an unknown one 6F00\n"
    "  --received FILE write every command that came, one a line in hex\n"
    "exit: 0 done, 1 some command was not as recorded, 2 input, 3 no reader there\n";

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

static int complain(const char *what, const char *value) {
    return tool_complain(name, what, value);
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
static int connect_reader(struct server *server) {
    enum { WAIT_MS = 50, TRIES = 200 };
    char host[256], port[16];
    struct pollfd stop = {.fd = server->signals, .events = POLLIN};
    if (strncmp(server->reader, "vpcd:", 5) != 0 ||
        !vpcd_address(server->reader + 5, host, sizeof host, port, sizeof port))
        return complain("--reader wants vpcd:HOST:PORT, not", server->reader);
    for (int i = 0; i < TRIES; i++) {
        if (vpcd_connect(&server->vpcd, host, port))
            return 0;
        if (errno != ECONNREFUSED || poll(&stop, 1, WAIT_MS) > 0)
            break;
    }
    fprintf(stderr, "%s: no reader at %s:%s: %s\n", name, host, port, strerror(errno));
    return 3;
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

static int run(struct server *server) {
    const char *fault;
    uint32_t line;
    const struct script_source *source = tool_read(&server->tool, server->in);
    if (source == NULL)
        return TOOL_USAGE_ERROR;
    if (!replay_load(&server->replay, &host_memory, source->text, server->card,
                     server->strict ? REPLAY_STRICT : REPLAY_LENIENT, &fault, &line)) {
        fprintf(stderr, "%s:%u:1: error: %s\n", server->in, (unsigned)line, fault);
        return TOOL_USAGE_ERROR;
    }
    server->log = server->received != NULL ? fopen(server->received, "we") : NULL;
    if (server->received != NULL && server->log == NULL)
        return complain(strerror(errno), server->received);
    server->signals = stop_signals();
    int status = connect_reader(server);
    if (status == 0)
        status = serve(server);
    vpcd_close(&server->vpcd);
    close(server->signals);
    if (server->log != NULL)
        fclose(server->log);
    return status;
}

static int parse(struct server *server, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        const char **place = strcmp(argv[i], "--reader") == 0     ? &server->reader
                             : strcmp(argv[i], "--card") == 0     ? &server->card
                             : strcmp(argv[i], "--received") == 0 ? &server->received
                                                                  : NULL;
        if (place != NULL && value == NULL)
            return complain("its value is missing", argv[i]);
        if (place != NULL)
            *place = argv[++i];
        else if (strcmp(argv[i], "--strict") == 0)
            server->strict = true;
        else if (strncmp(argv[i], "--", 2) == 0 || server->in != NULL)
            return complain("unknown option or second recording", argv[i]);
        else
            server->in = argv[i];
    }
    if (server->in == NULL || server->reader == NULL)
        return complain("a recording and --reader vpcd:HOST:PORT are needed", NULL);
    return 0;
}

int main(int argc, char **argv) {
    static struct server server;
    if (tool_help(argc, argv, name, usage))
        return 0;
    int status = parse(&server, argc, argv);
    if (status != 0)
        return status;
    tool_init(&server.tool, name, NULL);
    server.replay.memory = &host_memory;
    vpcd_init(&server.vpcd);
    status = run(&server);
    replay_free(&server.replay);
    tool_free(&server.tool);
    return status;
}
