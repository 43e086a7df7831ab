// SPDX-License-Identifier: Apache-2.0
#include "host/kiosk/kiosk_private.h"

#include "base/files.h"
#include "host/terminal/hotlist_memory.h"
#include "host/terminal/page_files.h"
#include "host/terminal/terminal_control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 1000, STOP_MS = 2000 };

PAGE_FILE(kiosk, "host/kiosk/page/kiosk.html");
PAGE_FILE(kiosk_script, "host/kiosk/page/kiosk.js");

int64_t kiosk_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- opening -----------------------------------------------------------------------------------

static bool open_state(struct kiosk *kiosk, struct failure *failure) {
    const char *state = kiosk->options.state;
    kiosk->store = sale_store_open(state, "kiosk", failure);
    if (kiosk->store == NULL || !hotlist_believe(state, kiosk->options.revoked, failure))
        return false;
    kiosk->server = kiosk_server(kiosk);
    kiosk->machine = (struct sale_machine){sale_store_journal(kiosk->store), &kiosk->server};
    if (!files_path(kiosk->receipts, sizeof kiosk->receipts, state, "receipts") ||
        (mkdir(kiosk->receipts, 0700) != 0 && errno != EEXIST))
        return fail_errno(failure, "cannot make %s/receipts", state);
    if (!kiosk_open_orders(kiosk, failure))
        return false;
    kiosk->control = terminal_control_listen(state, failure);
    return kiosk->control >= 0;
}

static bool open_screen(struct kiosk *kiosk, struct failure *failure) {
    uint8_t token[SCREEN_TOKEN_SIZE];
    if (kiosk->options.address == NULL)
        return true;
    if (!kiosk->options.crypto->ops->random(kiosk->options.crypto, token, sizeof token))
        return fail(failure, EXIT_REFUSED, "no randomness");
    const struct terminal_screen_options options = {.address = kiosk->options.address,
                                                    .token = token,
                                                    .page = PAGE_FILE_OF(kiosk),
                                                    .script = PAGE_FILE_OF(kiosk_script)};
    kiosk->screen = terminal_screen_start(&options, failure);
    bytes_erase(token, sizeof token);
    return kiosk->screen != NULL;
}

struct kiosk *kiosk_open(const struct kiosk_options *options, struct failure *failure) {
    struct kiosk *kiosk = calloc(1, sizeof *kiosk);
    if (kiosk == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    kiosk->options = *options;
    kiosk->control = -1;
    kiosk->order.reply = -1;
    kiosk->say = "choose";
    if (kiosk_read_prices(kiosk, failure) && open_state(kiosk, failure) &&
        kiosk_find_till(kiosk, failure) && open_screen(kiosk, failure) &&
        kiosk_resume(kiosk, failure))
        return kiosk;
    kiosk_close(kiosk);
    return NULL;
}

const char *kiosk_url(const struct kiosk *kiosk) {
    return kiosk->screen != NULL ? terminal_screen_url(kiosk->screen) : NULL;
}

void kiosk_close(struct kiosk *kiosk) {
    if (kiosk == NULL)
        return;
    (void)terminal_screen_stop(kiosk->screen, STOP_MS);
    if (kiosk->order.reply >= 0)
        close(kiosk->order.reply);
    if (kiosk->control >= 0)
        close(kiosk->control);
    link_close(kiosk->till_link);
    client_erase(&kiosk->till);
    sale_store_close(kiosk->store);
    bytes_erase(kiosk->order.pin, sizeof kiosk->order.pin);
    free(kiosk);
}

// ---- waiting -----------------------------------------------------------------------------------

enum { AT_INTERRUPT, AT_CONTROL, AT_SCREEN, AT_CARD, AT_COUNT };

static int card_descriptor(const struct kiosk *kiosk) {
    bool waits = kiosk->phase == KIOSK_TAP && kiosk->seek_ms == 0;
    return waits ? card_slot_descriptor(kiosk->options.customer) : -1;
}

/// Until the next thing that time brings, but not longer than most_ms.
static int patience(const struct kiosk *kiosk, int most_ms) {
    int64_t now = kiosk_now_ms(), least = most_ms;
    if (kiosk->give_up_ms != 0 && kiosk->give_up_ms - now < least)
        least = kiosk->give_up_ms - now;
    if (kiosk->seek_ms != 0 && kiosk->seek_ms - now < least)
        least = kiosk->seek_ms - now;
    return least > 0 ? (int)least : 0;
}

/// What is due because time went by.
static void look_at_clock(struct kiosk *kiosk) {
    int64_t now = kiosk_now_ms();
    uint64_t list = kiosk->list;
    struct failure failure;
    if (kiosk->give_up_ms != 0 && now >= kiosk->give_up_ms) {
        if (kiosk->phase == KIOSK_TAP)
            kiosk_give_up(kiosk, "no-card");
        else
            kiosk_rest(kiosk);
    }
    if (kiosk->phase == KIOSK_TAP && kiosk->seek_ms != 0 && now >= kiosk->seek_ms)
        kiosk_seek(kiosk);
    if (kiosk->phase == KIOSK_IDLE && kiosk_read_prices(kiosk, &failure) && kiosk->list != list)
        kiosk_show(kiosk);
    kiosk_bring_orders(kiosk);
}

static void take_command(struct kiosk *kiosk) {
    int reply;
    json_t *command = terminal_control_take(kiosk->control, &reply);
    if (command == NULL)
        return;
    kiosk_command(kiosk, command, reply);
    json_decref(command);
}

static void take_acts(struct kiosk *kiosk) {
    for (json_t *act; (act = terminal_screen_act(kiosk->screen)) != NULL; json_decref(act))
        kiosk_act(kiosk, act);
}

bool kiosk_turn(struct kiosk *kiosk, int interrupted, int most_ms, struct failure *failure) {
    struct pollfd at[AT_COUNT] = {
        [AT_INTERRUPT] = {.fd = interrupted, .events = POLLIN},
        [AT_CONTROL] = {.fd = kiosk->control, .events = POLLIN},
        [AT_SCREEN] = {.fd = kiosk->screen != NULL ? terminal_screen_descriptor(kiosk->screen) : -1,
                       .events = POLLIN},
        [AT_CARD] = {.fd = card_descriptor(kiosk), .events = POLLIN},
    };
    if (poll(at, AT_COUNT, patience(kiosk, most_ms)) < 0 && errno != EINTR)
        return fail_errno(failure, "cannot wait");
    if (at[AT_INTERRUPT].revents != 0)
        return true;
    if (at[AT_SCREEN].revents != 0)
        take_acts(kiosk);
    if (at[AT_CONTROL].revents != 0)
        take_command(kiosk);
    if (at[AT_CARD].revents != 0 && card_descriptor(kiosk) == at[AT_CARD].fd)
        kiosk_card_came(kiosk);
    look_at_clock(kiosk);
    return true;
}

bool kiosk_run(struct kiosk *kiosk, const struct interrupt *interrupt, struct failure *failure) {
    while (interrupt_signal(interrupt) == 0)
        if (!kiosk_turn(kiosk, interrupt_descriptor(interrupt), LOOK_MS, failure))
            return false;
    return true;
}
