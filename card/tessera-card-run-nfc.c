// SPDX-License-Identifier: Apache-2.0
// tessera card run --nfc: presents a card image through any NFC device that libnfc can use as a
// target: a phone's chip in the virtual field, or a PN532 board that then is a physical Tessera
// card. One thread waits for readers inside libnfc; the other takes orders and signals.
// docs/nfc.md.
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "apdu/codec.h"
#include "card/port/stand.h"
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

struct runner {
    struct stand stand; // first: orders take it for their context
    struct nfc_port port;
    struct control control;
    pthread_t air;
    pthread_cond_t changed;
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
    pthread_mutex_lock(&runner->stand.lock);
    size_t size = chip_transmit(&runner->stand.chip, command, answer, capacity);
    pthread_mutex_unlock(&runner->stand.lock);
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
    pthread_mutex_lock(&runner->stand.lock);
    bool on = chip_power_on(&runner->stand.chip);
    pthread_mutex_unlock(&runner->stand.lock);
    runner->taps++;
    while (on && serve_command(runner)) {
    }
    pthread_mutex_lock(&runner->stand.lock);
    chip_power_off(&runner->stand.chip);
    pthread_mutex_unlock(&runner->stand.lock);
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
    pthread_mutex_lock(&runner->stand.lock);
    runner->leave = false;
    while (!runner->stand.inserted && !runner->stop)
        pthread_cond_wait(&runner->changed, &runner->stand.lock);
    pthread_mutex_unlock(&runner->stand.lock);
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

static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    char card[96];
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->stand.lock);
    stand_status(&runner->stand, card, sizeof card);
    pthread_mutex_unlock(&runner->stand.lock);
    snprintf(reply, size, "ok %s taps=%u commands=%u", card, runner->taps, runner->commands);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->stand.lock);
    runner->stand.inserted = true;
    pthread_cond_broadcast(&runner->changed);
    pthread_mutex_unlock(&runner->stand.lock);
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->stand.lock);
    bool was = runner->stand.inserted;
    runner->stand.inserted = false;
    pthread_mutex_unlock(&runner->stand.lock);
    if (was)
        call_back(runner);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"status", "status", order_status},
    {"insert", "insert", order_insert},
    {"remove", "remove", order_remove},
    STAND_ORDERS,
};

// ---- life ------------------------------------------------------------------------------------

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
    pthread_cond_init(&runner->changed, NULL);
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

static int open_and_serve(struct runner *runner, const struct stand_arguments *arguments) {
    char error[256];
    int code = 0;
    control_none(&runner->control);
    runner->signals = stand_signals(); // before the first thread, so that all threads block them
    if (!open_device(runner, arguments->place, &code))
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

static const struct stand_program program = {
    .name = "tessera-card-run-nfc",
    .help = help,
    .place = "--nfc",
    .place_form = "--nfc CONNSTRING",
    .other = "--reader",
    .interface = CARD_CONTACTLESS,
};

int main(int argc, char **argv) {
    static struct runner runner;
    struct stand_arguments arguments = {0};
    int code = stand_open(&runner.stand, &program, &arguments, argc, argv);
    if (code >= 0)
        return code;
    code = open_and_serve(&runner, &arguments);
    stand_close(&runner.stand);
    return code;
}
