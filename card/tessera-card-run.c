// SPDX-License-Identifier: Apache-2.0
// tessera card run: puts a card image into a virtual PC/SC reader and serves it until SIGTERM. One
// process, one thread, one card; the orders of --control stand in orders[]. docs/readers.md.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "card/port/chip.h"
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
    "  --interface contact|contactless   by which way commands come (default contact)\n"
    "  --control SOCKET                  take orders on this Unix socket: ping, status, insert,\n"
    "                                    remove, reset, cold-reset, power-cut after N [octets K]\n"
    "  --stay                            connect again when the reader hangs up\n"
    "  --unsynced                        do not wait for the disk at a commit\n"
    "  --seed N                          deterministic randomness; only with TESSERA_LAB=1\n"
    "\n"
    "Prints \"ready\" once it is in the reader. Exit code: 0 SIGTERM or the reader hung up; 1 "
    "damaged\n"
    "image; 2 usage or image not usable; 3 no reader; 5 image locked or no permission.\n";

struct arguments {
    const char *image, *reader, *interface, *control, *seed, *clock, *nfc;
    bool stay, unsynced;
};

struct runner {
    struct chip chip;
    struct vpcd vpcd;
    struct control control;
    int signals;
    char host[256], port[8];
    bool inserted, stay, announced;
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
        chip_power_off(&runner->chip);
    else if (what == VPCD_RESET)
        chip_reset(&runner->chip);
    else
        (void)chip_power_on(&runner->chip); // a card that does not start stays silent
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    struct runner *runner = context;
    int64_t now = now_ms();
    if (runner->looked == 0)
        runner->looked = now;
    if (runner->doubts > 0 && now - runner->looked >= LOOK_MS)
        return 0;
    return card_atr(runner->chip.card, atr);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct runner *runner = context;
    return chip_transmit(&runner->chip, command, answer, capacity);
}

// ---- orders ----------------------------------------------------------------------------------
static void order_ping(void *context, size_t argc, char **argv, char *reply, size_t size) {
    (void)context, (void)argc, (void)argv;
    snprintf(reply, size, "ok");
}

static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    const struct runner *runner = context;
    const struct nvm_cut *cut = &runner->chip.cut;
    (void)argc, (void)argv;
    snprintf(reply, size, "ok inserted=%s connected=%s powered=%s cut=%s writes=%llu",
             runner->inserted ? "yes" : "no", runner->vpcd.socket >= 0 ? "yes" : "no",
             runner->chip.powered && !cut->dark ? "yes" : "no",
             cut->dark    ? "done"
             : cut->armed ? "armed"
                          : "none",
             (unsigned long long)cut->writes);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->inserted = true;
    runner->retry_ms = RETRY_FIRST_MS;
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->inserted = false;
    runner->doubts = DOUBTS;
    vpcd_close(&runner->vpcd);
    chip_power_off(&runner->chip);
    snprintf(reply, size, "ok");
}

static void order_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    chip_reset(&runner->chip);
    snprintf(reply, size, "ok");
}

static void order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    snprintf(reply, size, chip_power_on(&runner->chip) ? "ok" : "error the card does not start");
}

static bool number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

/// power-cut after N [writes] [octets K]
static void order_power_cut(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    uint64_t writes = 0, octets = 0;
    size_t at = 3;
    bool good = argc >= 3 && strcmp(argv[1], "after") == 0 && number(argv[2], &writes);
    if (good && at < argc && strcmp(argv[at], "writes") == 0)
        at++;
    if (good && at + 1 < argc && strcmp(argv[at], "octets") == 0) {
        good = number(argv[at + 1], &octets);
        at += 2;
    }
    if (!good || at != argc) {
        snprintf(reply, size, "error write: power-cut after N [writes] [octets K]");
        return;
    }
    nvm_cut_arm(&runner->chip.cut, writes, octets);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"ping", "ping", order_ping},
    {"status", "status", order_status},
    {"insert", "insert", order_insert},
    {"remove", "remove", order_remove},
    {"reset", "reset", order_reset},
    {"cold-reset", "cold-reset", order_cold_reset},
    {"power-cut", "power-cut after N [writes] [octets K]", order_power_cut},
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
        bool waiting = runner->inserted && runner->vpcd.socket < 0;
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

static int watch_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

// ---- arguments -------------------------------------------------------------------------------
static int usage_error(const char *format, const char *value) {
    fprintf(stderr, "tessera-card-run: ");
    fprintf(stderr, format, value);
    fprintf(stderr, "; see tessera card run --help\n");
    return 2;
}

/// Where the value of an option goes; NULL for one that has none or does not exist.
static const char **place_of(struct arguments *arguments, const char *option) {
    const struct {
        const char *option;
        const char **place;
    } places[] = {
        {"--reader", &arguments->reader},   {"--interface", &arguments->interface},
        {"--control", &arguments->control}, {"--seed", &arguments->seed},
        {"--clock", &arguments->clock},     {"--nfc", &arguments->nfc},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].option, option) == 0)
            return places[i].place;
    return NULL;
}

/// 0, or the exit code after a message.
static int parse(struct arguments *arguments, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char **place = place_of(arguments, argv[i]);
        if (place != NULL && i + 1 >= argc)
            return usage_error("%s: its value is missing", argv[i]);
        if (place != NULL)
            *place = argv[++i];
        else if (strcmp(argv[i], "--stay") == 0)
            arguments->stay = true;
        else if (strcmp(argv[i], "--unsynced") == 0)
            arguments->unsynced = true;
        else if (argv[i][0] == '-')
            return usage_error("%s: there is no such option", argv[i]);
        else if (arguments->image != NULL)
            return usage_error("%s: only one image can be run", argv[i]);
        else
            arguments->image = argv[i];
    }
    if (arguments->image == NULL)
        return usage_error("%s is missing", "IMAGE");
    if (arguments->reader == NULL)
        return usage_error("%s is missing", "--reader vpcd:HOST:PORT");
    return 0;
}

/// Checks what the laboratory alone may have, and the words. 0 or the exit code after a message.
static int interpret(const struct arguments *arguments, struct chip_options *options,
                     struct runner *runner) {
    const char *lab = getenv("TESSERA_LAB"), *way = arguments->interface;
    if ((arguments->seed != NULL || arguments->clock != NULL) &&
        (lab == NULL || strcmp(lab, "1") != 0))
        return usage_error("%s is for laboratories: set TESSERA_LAB=1",
                           arguments->seed != NULL ? "--seed" : "--clock");
    options->seeded = arguments->seed != NULL;
    if (options->seeded && !number(arguments->seed, &options->seed))
        return usage_error("--seed %s is not a number", arguments->seed);
    options->mode = arguments->unsynced ? FILE_UNSYNCED : FILE_DURABLE;
    if (way != NULL && strcmp(way, "contact") != 0 && strcmp(way, "contactless") != 0)
        return usage_error("--interface %s is not contact or contactless", way);
    options->interface =
        way != NULL && strcmp(way, "contactless") == 0 ? CARD_CONTACTLESS : CARD_CONTACT;
    if (strncmp(arguments->reader, "vpcd:", 5) != 0 ||
        !vpcd_address(arguments->reader + 5, runner->host, sizeof runner->host, runner->port,
                      sizeof runner->port))
        return usage_error("--reader %s is not vpcd:HOST:PORT", arguments->reader);
    return 0;
}

static int open_card(struct runner *runner, const char *image, const struct chip_options *options) {
    errno = 0;
    enum file_status status = chip_open(&runner->chip, image, options);
    if (status == FILE_OK)
        return 0;
    fprintf(stderr, "tessera-card-run: card image %s: %s%s%s\n", image, file_status_text(status),
            status == FILE_FAILED && errno != 0 ? ": " : "",
            status == FILE_FAILED && errno != 0 ? strerror(errno) : "");
    return file_status_exit(status);
}

static int serve(struct runner *runner, const struct arguments *arguments) {
    char error[256];
    control_none(&runner->control);
    vpcd_init(&runner->vpcd);
    runner->signals = watch_signals();
    runner->inserted = true;
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

int main(int argc, char **argv) {
    static struct runner runner;
    struct arguments arguments = {0};
    struct chip_options options = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(help, stdout) < 0;
        if (strcmp(argv[i], "--version") == 0)
            return puts("tessera-card-run " TESSERA_VERSION) < 0;
        if (strcmp(argv[i], "--nfc") == 0)
            return run_nfc(argv);
    }
    int code = parse(&arguments, argc, argv);
    if (code == 0)
        code = interpret(&arguments, &options, &runner);
    if (code == 0)
        code = open_card(&runner, arguments.image, &options);
    if (code != 0)
        return code;
    code = serve(&runner, &arguments);
    chip_close(&runner.chip);
    return code;
}
