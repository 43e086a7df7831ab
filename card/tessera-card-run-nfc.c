// SPDX-License-Identifier: Apache-2.0
// tessera card run --nfc: presents a card image through any NFC device that libnfc can use as a
// target: a phone's chip in the virtual field, or a PN532 board that then is a physical Tessera
// card. One thread waits for readers inside libnfc; the other takes orders and signals.
// docs/nfc.md.
#include <poll.h>
#include <stdio.h>

#include "card/applets.h"
#include "card/port/presenter.h"
#include "readers/control.h"
#include "readers/link/nfc/nfc_target.h"

struct runner {
    struct presenter presenter; // first: orders take it for their context
    struct nfc_air air;
    struct control control;
    int signals;
};

// ---- the card on the air ----------------------------------------------------------------------

static bool on_power(void *context, bool on) {
    struct runner *runner = context;
    pthread_mutex_lock(&runner->presenter.lock);
    bool started = on && chip_power_on(&runner->presenter.chip);
    if (!on)
        chip_power_off(&runner->presenter.chip);
    pthread_mutex_unlock(&runner->presenter.lock);
    return started;
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct runner *runner = context;
    pthread_mutex_lock(&runner->presenter.lock);
    size_t size = chip_transmit(&runner->presenter.chip, command, answer, capacity);
    pthread_mutex_unlock(&runner->presenter.lock);
    return size;
}

// ---- orders ----------------------------------------------------------------------------------

static void order_status(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    char card[96];
    (void)argc, (void)argv;
    pthread_mutex_lock(&runner->presenter.lock);
    presenter_status(&runner->presenter, card, sizeof card);
    pthread_mutex_unlock(&runner->presenter.lock);
    snprintf(reply, size, "ok %s taps=%u commands=%u", card, runner->air.taps,
             runner->air.commands);
}

static void order_insert(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->presenter.inserted = true;
    nfc_air_insert(&runner->air);
    snprintf(reply, size, "ok");
}

static void order_remove(void *context, size_t argc, char **argv, char *reply, size_t size) {
    struct runner *runner = context;
    (void)argc, (void)argv;
    runner->presenter.inserted = false;
    nfc_air_remove(&runner->air);
    snprintf(reply, size, "ok");
}

static const struct control_verb orders[] = {
    {"status", "status", order_status},
    {"insert", "insert", order_insert},
    {"remove", "remove", order_remove},
    PRESENTER_ORDERS,
};

// ---- life ------------------------------------------------------------------------------------

static void attend(struct runner *runner) {
    struct pollfd events[2 + CONTROL_FDS_MAX];
    for (;;) {
        events[0] = (struct pollfd){.fd = runner->signals, .events = POLLIN};
        events[1] = (struct pollfd){.fd = nfc_air_gone(&runner->air), .events = POLLIN};
        size_t polled = control_poll(&runner->control, events + 2);
        if (poll(events, 2 + polled, -1) <= 0)
            continue;
        if (events[0].revents != 0 || events[1].revents != 0)
            return;
        control_serve(&runner->control, events + 2, polled);
    }
}

static bool serve(struct runner *runner, struct failure *failure) {
    if (!nfc_air_start(&runner->air, failure))
        return false;
    puts("ready");
    fflush(stdout);
    attend(runner);
    return nfc_air_stop(&runner->air, failure);
}

static bool open_and_serve(struct runner *runner, struct failure *failure) {
    const struct presenter_arguments *arguments = &runner->presenter.arguments;
    const struct nfc_target_card card = {on_power, on_transmit, runner};
    char error[256];
    control_none(&runner->control);
    runner->signals =
        presenter_signals(); // before the first thread, so that all threads block them
    if (!nfc_air_open(&runner->air, arguments->nfc, &card, failure))
        return false;
    bool listens = arguments->control == NULL ||
                   control_listen(&runner->control, arguments->control, orders,
                                  sizeof orders / sizeof orders[0], runner, error, sizeof error);
    bool done = listens ? serve(runner, failure) : fail(failure, EXIT_USAGE, "%s", error);
    control_close(&runner->control);
    nfc_air_close(&runner->air);
    return done;
}

static int run_card(void *context, struct failure *failure) {
    struct runner *runner = context;
    if (!presenter_open(&runner->presenter, &standard_rom, failure))
        return failure->code;
    bool done = open_and_serve(runner, failure);
    presenter_close(&runner->presenter);
    return exit_of(done, failure);
}

static const struct option_row rows[] = {
    {"nfc", "CONNSTRING", OPTION_TEXT, "the libnfc device that presents the card as a target",
     .at = PRESENTER_AT(nfc), .needed = OPTION_EVERY},
    PRESENTER_ROWS,
};

static const struct action actions[] = {{1, NULL, "", run_card, NULL}};

static const struct command card_run = {
    .name = "card run",
    .purpose = "put a card into a virtual reader or phone",
    .notes =
        "Other readers find an ISO/IEC 14443-4 card with a new random UID at every tap. Prints "
        "\"ready\" once the device waits for readers.\n\n"
        "exit: 0 SIGTERM, 1 damaged image, 2 usage or image not usable, 3 no device, or it is "
        "gone, 5 image or device in use, or no permission",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 1,
};

int main(int argc, char **argv) {
    static struct runner runner;
    runner.presenter.arguments.interface = CARD_CONTACTLESS;
    return command_main(&card_run, &runner, argc, argv);
}
