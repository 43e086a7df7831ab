// SPDX-License-Identifier: Apache-2.0
#include "host/household/handset_private.h"

#include "base/files.h"
#include "host/phone/profile.h"
#include "host/terminal/page_files.h"
#include "host/terminal/terminal_control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STOP_MS = 2000, LOOK_MS = 1000 };

PAGE_FILE(phone, "host/household/page/phone.html");
PAGE_FILE(phone_script, "host/household/page/phone.js");
PAGE_FILE(phone_style, "host/household/page/phone.css");

int64_t handset_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- opening -----------------------------------------------------------------------------------

/// The commands of the phone work on the same directory, one at a time; a second page does not.
static bool open_state(struct handset *handset, struct failure *failure) {
    const struct machine_kind kind = {handset->options.profile, NULL};
    char path[PATH_MAX];
    if (!machine_state_open(&handset->state, handset->options.state, &kind, false, failure) ||
        !files_path(path, sizeof path, handset->state.directory, "run"))
        return false;
    handset->lock = files_lock(path, 0);
    if (handset->lock < 0)
        return fail(failure, EXIT_LOCKED, "%s is in use by another 'tessera phone run'",
                    handset->state.directory);
    handset->air.taps = handset_read_taps(handset);
    handset->control = terminal_control_listen(handset->state.directory, failure);
    return handset->control >= 0;
}

static bool open_screen(struct handset *handset, struct failure *failure) {
    uint8_t token[SCREEN_TOKEN_SIZE];
    if (handset->options.address == NULL)
        return true;
    if (!handset->options.crypto->ops->random(handset->options.crypto, token, sizeof token))
        return fail(failure, EXIT_REFUSED, "no randomness");
    const struct terminal_screen_options options = {.address = handset->options.address,
                                                    .token = token,
                                                    .page = PAGE_FILE_OF(phone),
                                                    .script = PAGE_FILE_OF(phone_script),
                                                    .style = PAGE_FILE_OF(phone_style)};
    handset->screen = terminal_screen_start(&options, failure);
    bytes_erase(token, sizeof token);
    return handset->screen != NULL;
}

struct handset *handset_open(const struct handset_options *options, struct failure *failure) {
    struct handset *handset = calloc(1, sizeof *handset);
    if (handset == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    handset->options = *options;
    handset->lock = handset->state.lock = handset->control = handset->reply = -1;
    handset->air.pipe[0] = handset->air.pipe[1] = -1;
    handset->say = "phone-ready";
    handset->show_due = handset->tickets_due = true;
    handset->bill_ms = options->telco != NULL ? handset_now_ms() : 0;
    pthread_mutex_init(&handset->air.lock, NULL);
    bool ready = pipe2(handset->air.pipe, O_CLOEXEC | O_NONBLOCK) == 0 ||
                 fail_errno(failure, "cannot make a pipe");
    if (ready && open_state(handset, failure) && open_screen(handset, failure))
        return handset;
    handset_close(handset);
    return NULL;
}

const char *handset_url(const struct handset *handset) {
    return handset->screen != NULL ? terminal_screen_url(handset->screen) : NULL;
}

void handset_close(struct handset *handset) {
    if (handset == NULL)
        return;
    (void)terminal_screen_stop(handset->screen, STOP_MS);
    errand_stop(&handset->errand);
    link_close(handset->air.link);
    for (size_t i = 0; i < 2; i++)
        if (handset->air.pipe[i] >= 0)
            close(handset->air.pipe[i]);
    const int others[] = {handset->reply, handset->control, handset->lock};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] >= 0)
            close(others[i]);
    json_decref(handset->command);
    json_decref(handset->waiting);
    machine_state_close(&handset->state);
    json_decref(handset->air.taps);
    json_decref(handset->purse);
    json_decref(handset->tickets);
    pthread_mutex_destroy(&handset->air.lock);
    free(handset);
}

// ---- waiting -----------------------------------------------------------------------------------

enum { AT_INTERRUPT, AT_CONTROL, AT_SCREEN, AT_AIR, AT_OUT, AT_ERR, AT_COUNT };

static void take_acts(struct handset *handset) {
    for (json_t *act; (act = terminal_screen_act(handset->screen)) != NULL; json_decref(act))
        handset_act(handset, act);
}

static void empty_pipe(int pipe) {
    char octets[64];
    while (read(pipe, octets, sizeof octets) > 0)
        ;
}

/// A phase that is over because time went by.
static void look_at_clock(struct handset *handset) {
    if (handset->until_ms == 0 || handset_now_ms() < handset->until_ms)
        return;
    handset_disarm(handset);
    handset_say(handset, HANDSET_IDLE, "phone-ready");
}

bool handset_run(struct handset *handset, const struct interrupt *interrupt,
                 struct failure *failure) {
    handset_show(handset);
    for (;;) {
        handset_next(handset);
        bool runs = errand_runs(&handset->errand);
        struct pollfd at[AT_COUNT] = {
            [AT_INTERRUPT] = {.fd = interrupt_descriptor(interrupt), .events = POLLIN},
            [AT_CONTROL] = {.fd = handset->control, .events = POLLIN},
            [AT_SCREEN] = {.fd = handset->screen != NULL
                                     ? terminal_screen_descriptor(handset->screen)
                                     : -1,
                           .events = POLLIN},
            [AT_AIR] = {.fd = handset->air.pipe[0], .events = POLLIN},
            [AT_OUT] = {.fd = runs ? handset->errand.out : -1, .events = POLLIN},
            [AT_ERR] = {.fd = runs ? handset->errand.err : -1, .events = POLLIN},
        };
        if (poll(at, AT_COUNT, LOOK_MS) < 0 && errno != EINTR)
            return fail_errno(failure, "cannot wait");
        if (interrupt_signal(interrupt) != 0)
            return true;
        if (at[AT_SCREEN].revents != 0)
            take_acts(handset);
        if (at[AT_AIR].revents != 0) {
            empty_pipe(handset->air.pipe[0]);
            handset_heard(handset);
        }
        if (runs && (at[AT_OUT].revents | at[AT_ERR].revents) != 0 && errand_read(&handset->errand))
            handset_ended(handset);
        look_at_clock(handset);
        if (at[AT_CONTROL].revents != 0)
            handset_command_take(handset);
        handset_command_next(handset);
    }
}
