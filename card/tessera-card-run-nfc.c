// SPDX-License-Identifier: Apache-2.0
// tessera card run --nfc: presents a card image through any NFC device that libnfc can use as a
// target: a phone's chip in the virtual field, or a PN532 board that then is a physical Tessera
// card. One thread waits for readers inside libnfc; the other takes orders and signals.
// docs/nfc.md.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "apdu/codec.h"
#include "card/port/chip.h"
#include "readers/control.h"
#include "readers/nfc_port.h"

enum { ABORT_RETRY_MS = 20, ACTIVATION_MAX = 64 };

static const char help[] =
    "usage: tessera card run IMAGE --nfc CONNSTRING [OPTION]...\n"
    "\n"
    "Presents the card of IMAGE through the NFC device of a libnfc connection string, as a "
    "target:\n"
    "other readers find an ISO/IEC 14443-4 card with a new random UID at every tap. The image is\n"
    "locked meanwhile.\n"
    "\n"
    "  --interface contactless|contact|internal   by which way commands come (default "
    "contactless)\n"
    "  --control SOCKET   take orders on this Unix socket: ping, status, insert, remove, reset,\n"
    "                     cold-reset, power-cut after N [octets K]\n"
    "  --unsynced         do not wait for the disk at a commit\n"
    "  --seed N           deterministic randomness; only with TESSERA_LAB=1\n"
    "\n"
    "Prints \"ready\" once the device waits for readers. Exit code: 0 SIGTERM; 1 damaged image; 2\n"
    "usage or image not usable; 3 no device, or it is gone; 5 image or device in use, or no\n"
    "permission.\n";

struct arguments {
    const char *image, *nfc, *interface, *control, *seed, *clock;
    bool unsynced;
};

struct runner {
    struct chip chip;
    struct nfc_port port;
    struct control control;
    pthread_t air;
    pthread_mutex_t lock; // chip, inserted
    pthread_cond_t changed;
    bool inserted;
    atomic_bool leave;   // the air thread shall come out of libnfc
    atomic_bool stop;    // and end
    atomic_bool waiting; // it is inside a libnfc call that waits
    atomic_uint taps, commands;
    int signals, ended[2]; // ended: a pipe that the air thread closes
    int code;
};

// ---- the card on the air ----------------------------------------------------------------------

// What a reader sees first: a random UID, ISO/IEC 14443-4, no historical octets.
static nfc_target target_of(void) {
    nfc_target target = {.nm = {NMT_ISO14443A, NBR_UNDEFINED}};
    nfc_iso14443a_info *info = &target.nti.nai;
    static const uint8_t ats[] = {0x75, 0x33, 0x92, 0x03};
    info->abtAtqa[1] = 0x04;
    info->btSak = 0x20;
    info->szUidLen = 4;
    if (getrandom(info->abtUid, 4, 0) != 4)
        memset(info->abtUid, 0x11, 4); // a UID need not be secret
    info->abtUid[0] = 0x08;
    info->szAtsLen = sizeof ats;
    memcpy(info->abtAts, ats, sizeof ats);
    return target;
}

// Runs in the air thread around every call that may wait; false when it shall not wait now.
static bool begin_wait(struct runner *runner) {
    runner->waiting = true;
    if (!runner->leave)
        return true;
    runner->waiting = false;
    return false;
}

static size_t ask_card(struct runner *runner, struct bytes command, uint8_t *answer,
                       size_t capacity) {
    pthread_mutex_lock(&runner->lock);
    size_t size = chip_transmit(&runner->chip, command, answer, capacity);
    pthread_mutex_unlock(&runner->lock);
    runner->commands++;
    return size;
}

// One command and its answer; false when the reader let go, or the card lost its power.
static bool serve_command(struct runner *runner) {
    uint8_t command[NFC_APDU_MAX + 2], answer[APDU_SHORT_RESPONSE_MAX];
    if (!begin_wait(runner))
        return false;
    int got = nfc_target_receive_bytes(runner->port.device, command, sizeof command, 0);
    runner->waiting = false;
    if (got < 0)
        return false;
    size_t size = ask_card(runner, bytes_of(command, (size_t)got), answer, sizeof answer);
    return size > 0 && nfc_target_send_bytes(runner->port.device, answer, size, 0) >= 0;
}

static void serve_tap(struct runner *runner) {
    pthread_mutex_lock(&runner->lock);
    bool on = chip_power_on(&runner->chip);
    pthread_mutex_unlock(&runner->lock);
    runner->taps++;
    while (on && serve_command(runner)) {
    }
    pthread_mutex_lock(&runner->lock);
    chip_power_off(&runner->chip);
    pthread_mutex_unlock(&runner->lock);
}

// Waits for a reader. 0 with a card activated, else libnfc's error.
static int await_reader(struct runner *runner) {
    uint8_t activation[ACTIVATION_MAX];
    nfc_target target = target_of();
    if (!begin_wait(runner))
        return NFC_EOPABORTED;
    int got = nfc_target_init(runner->port.device, &target, activation, sizeof activation, 0);
    runner->waiting = false;
    return got < 0 ? got : 0;
}

// Outside the field on order: waits until it is put back or the program ends.
static void rest(struct runner *runner) {
    pthread_mutex_lock(&runner->lock);
    runner->leave = false;
    while (!runner->inserted && !runner->stop)
        pthread_cond_wait(&runner->changed, &runner->lock);
    pthread_mutex_unlock(&runner->lock);
}

static void *live_on_air(void *context) {
    struct runner *runner = context;
    int result = 0;
    while (!runner->stop && result != NFC_EIO && result != NFC_ENOTSUCHDEV) {
        rest(runner);
        if (runner->stop)
            break;
        result = await_reader(runner);
        if (result == 0)
            serve_tap(runner);
    }
    if (!runner->stop) {
        fprintf(stderr, "tessera-card-run-nfc: the NFC device at %s is gone: %s\n",
                runner->port.connection, nfc_port_error(result));
        runner->code = 3;
    }
    close(runner->ended[1]);
    return NULL;
}

// libnfc forgets an abort that comes when nothing waits, so it is repeated until the thread is out.
static void call_back(struct runner *runner) {
    runner->leave = true;
    for (unsigned i = 0; runner->leave && i < 100; i++) {
        struct pollfd event = {.fd = runner->ended[0], .events = POLLIN};
        if (runner->waiting)
            nfc_abort_command(runner->port.device);
        pthread_cond_broadcast(&runner->changed);
        if (poll(&event, 1, ABORT_RETRY_MS) > 0)
            return;
    }
}

// ---- orders ----------------------------------------------------------------------------------

static void order_ping(void *context, size_t argc, char **argv, char *reply, size_t size) {
    (void)context, (void)argc, (void)argv;
    snprintf(reply, size, "ok");
}

static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->lock);
    const struct nvm_cut *cut = &runner->chip.cut;
    snprintf(reply, size, "ok inserted=%s powered=%s cut=%s writes=%llu taps=%u commands=%u",
             runner->inserted ? "yes" : "no", runner->chip.powered && !cut->dark ? "yes" : "no",
             cut->dark    ? "done"
             : cut->armed ? "armed"
                          : "none",
             (unsigned long long)cut->writes, runner->taps, runner->commands);
    pthread_mutex_unlock(&runner->lock);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->lock);
    runner->inserted = true;
    pthread_cond_broadcast(&runner->changed);
    pthread_mutex_unlock(&runner->lock);
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->lock);
    bool was = runner->inserted;
    runner->inserted = false;
    pthread_mutex_unlock(&runner->lock);
    if (was)
        call_back(runner);
    snprintf(reply, size, "ok");
}

static void order_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->lock);
    chip_reset(&runner->chip);
    pthread_mutex_unlock(&runner->lock);
    snprintf(reply, size, "ok");
}

static void order_cold_reset(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->lock);
    bool on = chip_power_on(&runner->chip);
    pthread_mutex_unlock(&runner->lock);
    snprintf(reply, size, on ? "ok" : "error the card does not start");
}

static bool number(const char *text, uint64_t *value) {
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

// power-cut after N [writes] [octets K]
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
    pthread_mutex_lock(&runner->lock);
    nvm_cut_arm(&runner->chip.cut, writes, octets);
    pthread_mutex_unlock(&runner->lock);
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

static int watch_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void attend(struct runner *runner) {
    struct pollfd events[2 + CONTROL_FDS_MAX];
    for (;;) {
        events[0] = (struct pollfd){.fd = runner->signals, .events = POLLIN};
        events[1] = (struct pollfd){.fd = runner->ended[0], .events = POLLIN};
        size_t polled = control_poll(&runner->control, events + 2);
        if (poll(events, 2 + polled, -1) <= 0)
            continue;
        if (events[0].revents != 0 || events[1].revents != 0)
            return;
        control_serve(&runner->control, events + 2, polled);
    }
}

static int serve(struct runner *runner) {
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->changed, NULL);
    runner->inserted = true;
    if (pipe(runner->ended) != 0 || pthread_create(&runner->air, NULL, live_on_air, runner) != 0) {
        fprintf(stderr, "tessera-card-run-nfc: cannot start a thread: %s\n", strerror(errno));
        return 3;
    }
    puts("ready");
    fflush(stdout);
    attend(runner);
    runner->stop = true;
    call_back(runner);
    pthread_join(runner->air, NULL);
    return runner->code;
}

static bool open_device(struct runner *runner, const char *connection, int *code) {
    struct link_failure failure;
    if (strncmp(connection, "nfc:", 4) == 0) // a link's name says the same
        connection += 4;
    if (nfc_port_open(&runner->port, connection, &failure))
        return true;
    fprintf(stderr, "tessera-card-run-nfc: %s\n", failure.text);
    *code = link_exit_code(failure.status);
    return false;
}

static int open_and_serve(struct runner *runner, const struct arguments *arguments) {
    char error[256];
    int code = 0;
    control_none(&runner->control);
    runner->signals = watch_signals(); // before the first thread, so that all threads block them
    if (!open_device(runner, arguments->nfc, &code))
        return code;
    if (arguments->control == NULL ||
        control_listen(&runner->control, arguments->control, orders,
                       sizeof orders / sizeof orders[0], runner, error, sizeof error)) {
        code = serve(runner);
    } else {
        fprintf(stderr, "tessera-card-run-nfc: %s\n", error);
        code = 2;
    }
    control_close(&runner->control);
    nfc_port_close(&runner->port);
    return code;
}

// ---- arguments -------------------------------------------------------------------------------

static int usage_error(const char *format, const char *value) {
    fprintf(stderr, "tessera-card-run-nfc: ");
    fprintf(stderr, format, value);
    fprintf(stderr, "; see tessera card run-nfc --help\n");
    return 2;
}

static const char **place_of(struct arguments *arguments, const char *option) {
    const struct {
        const char *option;
        const char **place;
    } places[] = {
        {"--nfc", &arguments->nfc},         {"--interface", &arguments->interface},
        {"--control", &arguments->control}, {"--seed", &arguments->seed},
        {"--clock", &arguments->clock},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].option, option) == 0)
            return places[i].place;
    return NULL;
}

static int parse(struct arguments *arguments, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char **place = place_of(arguments, argv[i]);
        if (place != NULL && i + 1 >= argc)
            return usage_error("%s: its value is missing", argv[i]);
        if (place != NULL)
            *place = argv[++i];
        else if (strcmp(argv[i], "--unsynced") == 0)
            arguments->unsynced = true;
        else if (strcmp(argv[i], "--reader") == 0)
            return usage_error("%s and --nfc exclude each other: one card, one reader", argv[i]);
        else if (argv[i][0] == '-' && strcmp(argv[i], "--stay") != 0)
            return usage_error("%s: there is no such option", argv[i]);
        else if (argv[i][0] != '-' && arguments->image != NULL)
            return usage_error("%s: only one image can be run", argv[i]);
        else if (argv[i][0] != '-')
            arguments->image = argv[i];
    }
    if (arguments->image == NULL)
        return usage_error("%s is missing", "IMAGE");
    return arguments->nfc != NULL ? 0 : usage_error("%s is missing", "--nfc CONNSTRING");
}

static int interpret(const struct arguments *arguments, struct chip_options *options) {
    static const char *const ways[] = {[CARD_CONTACT] = "contact",
                                       [CARD_CONTACTLESS] = "contactless",
                                       [CARD_INTERNAL] = "internal"};
    const char *lab = getenv("TESSERA_LAB");
    const char *way = arguments->interface != NULL ? arguments->interface : "contactless";
    if ((arguments->seed != NULL || arguments->clock != NULL) &&
        (lab == NULL || strcmp(lab, "1") != 0))
        return usage_error("%s is for laboratories: set TESSERA_LAB=1",
                           arguments->seed != NULL ? "--seed" : "--clock");
    options->seeded = arguments->seed != NULL;
    if (options->seeded && !number(arguments->seed, &options->seed))
        return usage_error("--seed %s is not a number", arguments->seed);
    options->mode = arguments->unsynced ? FILE_UNSYNCED : FILE_DURABLE;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i], way) == 0) {
            options->interface = (enum card_interface)i;
            return 0;
        }
    return usage_error("--interface %s is not contact, contactless or internal", way);
}

static int open_card(struct runner *runner, const char *image, const struct chip_options *options) {
    errno = 0;
    enum file_status status = chip_open(&runner->chip, image, options);
    if (status == FILE_OK)
        return 0;
    fprintf(stderr, "tessera-card-run-nfc: card image %s: %s%s%s\n", image,
            file_status_text(status), status == FILE_FAILED && errno != 0 ? ": " : "",
            status == FILE_FAILED && errno != 0 ? strerror(errno) : "");
    return file_status_exit(status);
}

int main(int argc, char **argv) {
    static struct runner runner;
    struct arguments arguments = {0};
    struct chip_options options = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return fputs(help, stdout) < 0;
        if (strcmp(argv[i], "--version") == 0)
            return puts("tessera-card-run-nfc " TESSERA_VERSION) < 0;
    }
    int code = parse(&arguments, argc, argv);
    if (code == 0)
        code = interpret(&arguments, &options);
    if (code == 0)
        code = open_card(&runner, arguments.image, &options);
    if (code != 0)
        return code;
    code = open_and_serve(&runner, &arguments);
    chip_close(&runner.chip);
    return code;
}
