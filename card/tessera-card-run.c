// SPDX-License-Identifier: Apache-2.0
// tessera card run: puts a card image into a virtual PC/SC reader and serves it until SIGTERM. One
// process, one thread, one card; the orders of --control stand in orders[]. docs/readers.md.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "card/port/stand.h"
#include "readers/control.h"
#include "readers/vpcd.h"

enum { RETRY_FIRST_MS = 2, RETRY_LAST_MS = 100, AWAY_MS = 450, LOOK_MS = 200, DOUBTS = 3 };

static const char help[] =
    "usage: tessera card run IMAGE --reader vpcd:HOST:PORT [OPTION]...\n"
    "       tessera card run IMAGE --nfc CONNSTRING [OPTION]...\n"
    "\n"
    "Puts the card of IMAGE into a virtual reader: the slot of a vpcd driver in pcscd that "
    "listens\n"
    "at HOST:PORT. Waits while nobody listens there yet. The image is locked meanwhile.\n"
    "\n"
    "  --interface contact|contactless|internal   by which way commands come (default contact)\n"
    "  --control SOCKET                  take orders on this Unix socket: ping, status, insert,\n"
    "                                    remove, reset, cold-reset, power-cut after N [octets K]\n"
    "  --stay                            connect again when the reader hangs up\n"
    "  --unsynced                        do not wait for the disk at a commit\n"
    "  --seed N                          deterministic randomness; only with TESSERA_LAB=1\n"
    "\n"
    "Prints \"ready\" once it is in the reader. Exit code: 0 SIGTERM or the reader hung up; 1 "
    "damaged\n"
    "image; 2 usage or image not usable; 3 no reader; 5 image locked or no permission.\n";

struct runner {
    struct stand stand; // first: orders take it for their context
    struct vpcd vpcd;
    struct control control;
    int signals;
    char host[256], port[8];
    bool stay, announced;
    int doubts;     // how often the card may still go away again because the reader saw nothing
    int64_t looked; // when the reader first asked for the ATR since the card is back; 0: not yet
    int retry_ms;
    int code; // -1 while running
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- the card behind the reader --------------------------------------------------------------
static void on_power(void *context, enum vpcd_power what) {
    struct runner *runner = context;
    if (what != VPCD_POWER_OFF)
        runner->doubts = 0; // activated: the reader knows that the card is a new one
    if (what == VPCD_POWER_OFF)
        chip_power_off(&runner->stand.chip);
    else if (what == VPCD_RESET)
        chip_reset(&runner->stand.chip);
    else
        (void)chip_power_on(&runner->stand.chip); // a card that does not start stays silent
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    struct runner *runner = context;
    int64_t now = now_ms();
    if (runner->looked == 0)
        runner->looked = now;
    if (runner->doubts > 0 && now - runner->looked >= LOOK_MS)
        return 0;
    return card_atr(runner->stand.chip.card, atr);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct runner *runner = context;
    return chip_transmit(&runner->stand.chip, command, answer, capacity);
}

// ---- orders ----------------------------------------------------------------------------------
static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    const struct runner *runner = context;
    char card[96];
    (void)argc, (void)argv;
    stand_status(&runner->stand, card, sizeof card);
    snprintf(reply, size, "ok connected=%s %s", runner->vpcd.socket >= 0 ? "yes" : "no", card);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->stand.inserted = true;
    runner->retry_ms = RETRY_FIRST_MS;
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->stand.inserted = false;
    runner->doubts = DOUBTS;
    vpcd_close(&runner->vpcd);
    chip_power_off(&runner->stand.chip);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"status", "status", order_status},
    {"insert", "insert", order_insert},
    {"remove", "remove", order_remove},
    STAND_ORDERS,
};

// ---- life ------------------------------------------------------------------------------------
static void try_connect(struct runner *runner) {
    if (vpcd_connect(&runner->vpcd, runner->host, runner->port)) {
        runner->retry_ms = RETRY_FIRST_MS;
        runner->looked = 0;
        if (!runner->announced)
            puts("ready");
        fflush(stdout);
        runner->announced = true;
        return;
    }
    if (errno != ECONNREFUSED && errno != ECONNRESET && errno != ETIMEDOUT) {
        fprintf(stderr, "tessera-card-run: cannot reach the reader at %s:%s: %s\n", runner->host,
                runner->port, strerror(errno));
        runner->code = 3;
    }
    runner->retry_ms = runner->retry_ms * 2 < RETRY_LAST_MS ? runner->retry_ms * 2 : RETRY_LAST_MS;
}

/// A silent card was torn off. pcscd looks every 400 ms and must see that it is away, else it takes
/// the card that comes back for the old one, still powered. It powers a new card where it first
/// sees it: another look later without that means that it noticed nothing, and the card goes away
/// again.
static void tear_off(struct runner *runner) {
    runner->doubts = runner->doubts > 0 ? runner->doubts - 1 : DOUBTS;
    runner->retry_ms = AWAY_MS;
}

static void serve_reader(struct runner *runner) {
    const struct vpcd_card card = {on_power, on_atr, on_transmit, runner};
    enum vpcd_result result = vpcd_serve(&runner->vpcd, &card);
    if (result == VPCD_SERVED)
        return;
    vpcd_close(&runner->vpcd);
    runner->retry_ms = RETRY_FIRST_MS;
    if (result == VPCD_SILENT)
        tear_off(runner);
    else if (!runner->stay)
        runner->code = 0;
}

static void run(struct runner *runner) {
    struct pollfd events[2 + CONTROL_FDS_MAX];
    while (runner->code < 0) {
        bool waiting = runner->stand.inserted && runner->vpcd.socket < 0;
        events[0] = (struct pollfd){.fd = runner->vpcd.socket, .events = POLLIN};
        events[1] = (struct pollfd){.fd = runner->signals, .events = POLLIN};
        size_t polled = control_poll(&runner->control, events + 2);
        int found = poll(events, 2 + polled, waiting ? runner->retry_ms : -1);
        if (found == 0 && waiting)
            try_connect(runner);
        if (found <= 0)
            continue;
        if (events[1].revents != 0)
            runner->code = 0;
        else if (runner->vpcd.socket >= 0 && events[0].revents != 0)
            serve_reader(runner);
        control_serve(&runner->control, events + 2, polled);
    }
}

static int serve(struct runner *runner, const struct stand_arguments *arguments) {
    char error[256];
    control_none(&runner->control);
    vpcd_init(&runner->vpcd);
    runner->signals = stand_signals();
    runner->stay = arguments->stay;
    runner->retry_ms = RETRY_FIRST_MS;
    runner->code = -1;
    if (arguments->control != NULL &&
        !control_listen(&runner->control, arguments->control, orders,
                        sizeof orders / sizeof orders[0], runner, error, sizeof error)) {
        fprintf(stderr, "tessera-card-run: %s\n", error);
        return 2;
    }
    try_connect(runner);
    run(runner);
    vpcd_close(&runner->vpcd);
    control_close(&runner->control);
    return runner->code;
}

static bool split_place(struct runner *runner, const char *place) {
    return strncmp(place, "vpcd:", 5) == 0 &&
           vpcd_address(place + 5, runner->host, sizeof runner->host, runner->port,
                        sizeof runner->port);
}

/// The card on the air is a program of its own, beside this one: it needs libnfc.
static int run_nfc(char **argv) {
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 8);
    if (size > 0) {
        memcpy(path + size, "-nfc", 5);
        execv(path, argv);
    }
    execvp("tessera-card-run-nfc", argv);
    fprintf(stderr, "tessera-card-run: --nfc needs tessera-card-run-nfc: %s\n", strerror(errno));
    return 3;
}

static const struct stand_program program = {
    .name = "tessera-card-run",
    .help = help,
    .place = "--reader",
    .place_form = "--reader vpcd:HOST:PORT",
    .other = "--nfc",
    .interface = CARD_CONTACT,
};

int main(int argc, char **argv) {
    static struct runner runner;
    struct stand_arguments arguments = {0};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--nfc") == 0)
            return run_nfc(argv);
    int code = stand_open(&runner.stand, &program, &arguments, argc, argv);
    if (code >= 0)
        return code;
    if (split_place(&runner, arguments.place))
        code = serve(&runner, &arguments);
    else
        code =
            stand_usage_error(&runner.stand, "--reader %s is not vpcd:HOST:PORT", arguments.place);
    stand_close(&runner.stand);
    return code;
}
