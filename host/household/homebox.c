// SPDX-License-Identifier: Apache-2.0
#include "host/household/homebox_private.h"

#include "base/files.h"
#include "host/terminal/page_files.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { STOP_MS = 2000 };

PAGE_FILE(home, "host/household/page/home.html");
PAGE_FILE(home_script, "host/household/page/home.js");
PAGE_FILE(home_style, "host/household/page/home.css");

// ---- opening -----------------------------------------------------------------------------------

/// The commands of the home server work on the same directory; a second page does not.
static bool open_state(struct homebox *homebox, struct failure *failure) {
    static const struct machine_kind kind = {"home", NULL};
    char path[PATH_MAX];
    if (!machine_state_open(&homebox->state, homebox->options.state, &kind, false, failure) ||
        !files_path(path, sizeof path, homebox->state.directory, "run"))
        return false;
    homebox->lock = files_lock(path, 0);
    return homebox->lock >= 0 ||
           fail(failure, EXIT_LOCKED, "%s is in use by another 'tessera home run'",
                homebox->state.directory);
}

static bool open_screen(struct homebox *homebox, struct failure *failure) {
    uint8_t token[SCREEN_TOKEN_SIZE];
    struct crypto *crypto = homebox->options.crypto;
    if (homebox->options.address == NULL)
        return true;
    if (!crypto->ops->random(crypto, token, sizeof token))
        return fail(failure, EXIT_REFUSED, "no randomness");
    const struct terminal_screen_options options = {.address = homebox->options.address,
                                                    .token = token,
                                                    .page = PAGE_FILE_OF(home),
                                                    .script = PAGE_FILE_OF(home_script),
                                                    .style = PAGE_FILE_OF(home_style)};
    homebox->screen = terminal_screen_start(&options, failure);
    bytes_erase(token, sizeof token);
    return homebox->screen != NULL;
}

struct homebox *homebox_open(const struct homebox_options *options, struct failure *failure) {
    struct homebox *homebox = calloc(1, sizeof *homebox);
    if (homebox == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    homebox->options = *options;
    homebox->lock = homebox->state.lock = -1;
    homebox->say = "home-ready";
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        homebox->due[i] = true;
    if (open_state(homebox, failure) && open_screen(homebox, failure))
        return homebox;
    homebox_close(homebox);
    return NULL;
}

const char *homebox_url(const struct homebox *homebox) {
    return homebox->screen != NULL ? terminal_screen_url(homebox->screen) : NULL;
}

void homebox_close(struct homebox *homebox) {
    if (homebox == NULL)
        return;
    (void)terminal_screen_stop(homebox->screen, STOP_MS);
    errand_stop(&homebox->errand);
    if (homebox->lock >= 0)
        close(homebox->lock);
    machine_state_close(&homebox->state);
    for (size_t i = 0; i < SHOWN_COUNT; i++)
        json_decref(homebox->shown[i]);
    free(homebox);
}

// ---- waiting -----------------------------------------------------------------------------------

enum { AT_INTERRUPT, AT_SCREEN, AT_OUT, AT_ERR, AT_COUNT };

static void take_acts(struct homebox *homebox) {
    for (json_t *act; (act = terminal_screen_act(homebox->screen)) != NULL; json_decref(act))
        homebox_act(homebox, act);
}

bool homebox_run(struct homebox *homebox, const struct interrupt *interrupt,
                 struct failure *failure) {
    homebox_show(homebox);
    for (;;) {
        homebox_next(homebox);
        bool runs = errand_runs(&homebox->errand);
        struct pollfd at[AT_COUNT] = {
            [AT_INTERRUPT] = {.fd = interrupt_descriptor(interrupt), .events = POLLIN},
            [AT_SCREEN] = {.fd = homebox->screen != NULL
                                     ? terminal_screen_descriptor(homebox->screen)
                                     : -1,
                           .events = POLLIN},
            [AT_OUT] = {.fd = runs ? homebox->errand.out : -1, .events = POLLIN},
            [AT_ERR] = {.fd = runs ? homebox->errand.err : -1, .events = POLLIN},
        };
        if (poll(at, AT_COUNT, -1) < 0 && errno != EINTR)
            return fail_errno(failure, "cannot wait");
        if (interrupt_signal(interrupt) != 0)
            return true;
        if (at[AT_SCREEN].revents != 0)
            take_acts(homebox);
        if (runs && (at[AT_OUT].revents | at[AT_ERR].revents) != 0 && errand_read(&homebox->errand))
            homebox_ended(homebox);
    }
}
