// SPDX-License-Identifier: Apache-2.0
#include "readers/vpcd_run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RETRY_FIRST_MS = 2, RETRY_LAST_MS = 100, AWAY_MS = 450, LOOK_MS = 200, DOUBTS = 3 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- the card behind the reader --------------------------------------------------------------

static void on_power(void *context, enum vpcd_power what) {
    struct vpcd_run *run = context;
    if (what != VPCD_POWER_OFF)
        run->doubts = 0; // activated: the reader knows that the card is a new one
    run->card.power(run->card.context, what);
}

static size_t on_atr(void *context, uint8_t atr[VPCD_ATR_MAX]) {
    struct vpcd_run *run = context;
    int64_t now = now_ms();
    if (run->looked == 0)
        run->looked = now;
    if (run->doubts > 0 && now - run->looked >= LOOK_MS)
        return 0;
    return run->card.atr(run->card.context, atr);
}

static size_t on_transmit(void *context, struct bytes command, uint8_t *answer, size_t capacity) {
    struct vpcd_run *run = context;
    return run->card.transmit(run->card.context, command, answer, capacity);
}

void vpcd_run_insert(struct vpcd_run *run) {
    run->inserted = true;
    run->retry_ms = RETRY_FIRST_MS;
}

void vpcd_run_remove(struct vpcd_run *run) {
    run->inserted = false;
    run->doubts = DOUBTS;
    vpcd_close(&run->vpcd);
}

// ---- life ------------------------------------------------------------------------------------
static void try_connect(struct vpcd_run *run) {
    if (vpcd_connect(&run->vpcd, run->host, run->port)) {
        run->retry_ms = RETRY_FIRST_MS;
        run->looked = 0;
        if (!run->announced)
            puts("ready");
        fflush(stdout);
        run->announced = true;
        return;
    }
    if (errno != ECONNREFUSED && errno != ECONNRESET && errno != ETIMEDOUT) {
        fail(run->failure, EXIT_ABSENT, "cannot reach the reader at %s:%s: %s", run->host,
             run->port, strerror(errno));
        run->code = EXIT_ABSENT;
    }
    run->retry_ms = run->retry_ms * 2 < RETRY_LAST_MS ? run->retry_ms * 2 : RETRY_LAST_MS;
}

/// A silent card was torn off. pcscd looks every 400 ms and must see that it is away, else it takes
/// the card that comes back for the old one, still powered. It powers a new card where it first
/// sees it: another look later without that means that it noticed nothing, and the card goes away
/// again.
static void tear_off(struct vpcd_run *run) {
    run->doubts = run->doubts > 0 ? run->doubts - 1 : DOUBTS;
    run->retry_ms = AWAY_MS;
}

static void serve_reader(struct vpcd_run *run) {
    const struct vpcd_card card = {on_power, on_atr, on_transmit, run};
    enum vpcd_result result = vpcd_serve(&run->vpcd, &card);
    if (result == VPCD_SERVED)
        return;
    vpcd_close(&run->vpcd);
    run->retry_ms = RETRY_FIRST_MS;
    if (result == VPCD_SILENT)
        tear_off(run);
    else if (!run->stay)
        run->code = 0;
}

static void go_on(struct vpcd_run *run) {
    struct pollfd events[2 + CONTROL_FDS_MAX];
    while (run->code < 0) {
        bool waiting = run->inserted && run->vpcd.socket < 0;
        events[0] = (struct pollfd){.fd = run->vpcd.socket, .events = POLLIN};
        events[1] = (struct pollfd){.fd = run->signals, .events = POLLIN};
        size_t polled = control_poll(run->control, events + 2);
        int found = poll(events, 2 + polled, waiting ? run->retry_ms : -1);
        if (found == 0 && waiting)
            try_connect(run);
        if (found <= 0)
            continue;
        if (events[1].revents != 0)
            run->code = 0;
        else if (run->vpcd.socket >= 0 && events[0].revents != 0)
            serve_reader(run);
        control_serve(run->control, events + 2, polled);
    }
}

int vpcd_run(struct vpcd_run *run, struct failure *failure) {
    vpcd_init(&run->vpcd);
    run->retry_ms = RETRY_FIRST_MS;
    run->code = -1;
    run->failure = failure;
    try_connect(run);
    go_on(run);
    vpcd_close(&run->vpcd);
    return run->code;
}
