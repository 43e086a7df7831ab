// SPDX-License-Identifier: Apache-2.0
#include "host/machine/machine.h"

#include "host/terminal/hotlist_memory.h"
#include "host/terminal/terminal_control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 1000, STOP_MS = 2000, SEEK_MS = 5000, AGAIN_MS = 300, REPAIR_MS = 3000 };

void machine_note(const struct machine *machine, const char *text) {
    fprintf(stderr, "tessera %s: %s\n", machine->kind.name, text);
}

// ---- how it stands -----------------------------------------------------------------------------

void machine_say(struct machine *machine, const char *phase, const char *say) {
    machine->phase = phase;
    machine->say = say;
    if (machine->screen == NULL)
        return;
    json_t *state = json_pack("{s:s, s:s, s:I}", "phase", phase, "say", say, "tap_ms",
                              (json_int_t)MACHINE_TAP_MS);
    machine->kind.show(machine, state);
    terminal_screen_show(machine->screen, state);
}

void machine_reply(struct machine *machine, json_t *answer) {
    terminal_control_answer(machine->reply, answer);
    machine->reply = -1;
}

static void stop_readers(struct machine *machine) {
    for (int i = 0; i < MACHINE_READERS; i++)
        if (machine->options.customers[i] != NULL)
            card_slot_stop(machine->options.customers[i]);
}

void machine_wait(struct machine *machine, unsigned wait_ms) {
    stop_readers(machine);
    machine->seeks = false;
    machine->seek_ms = 0;
    machine->give_up_ms = wait_ms > 0 ? clock_running_ms() + wait_ms : 0;
}

void machine_end(struct machine *machine, const char *say) {
    unsigned show = machine->options.show_ms;
    machine_wait(machine, show > 0 ? show : MACHINE_SHOW_MS);
    machine_say(machine, "end", say);
}

void machine_rest(struct machine *machine, const char *say) {
    machine_wait(machine, 0);
    machine_say(machine, "idle", say != NULL ? say : machine->kind.idle);
}

// ---- cards -------------------------------------------------------------------------------------

bool machine_find_own(struct machine *machine, struct failure *failure) {
    bool found;
    if (!own_purse_find(&machine->own, &found, failure))
        return false;
    if (!found || sale_store_own(machine->store, machine->own.client.selection.id, failure))
        return true;
    own_purse_lose(&machine->own);
    return false;
}

/// Looks for a card at each reader that does not look already.
static void seek(struct machine *machine) {
    machine->seek_ms = 0;
    for (int i = 0; i < MACHINE_READERS; i++) {
        struct card_slot *slot = machine->options.customers[i];
        if (slot == NULL || card_slot_descriptor(slot) >= 0 || card_slot_seek(slot, SEEK_MS))
            continue;
        machine_note(machine, slot->error);
        machine->seek_ms = clock_running_ms() + REPAIR_MS;
    }
}

void machine_await(struct machine *machine, const char *say) {
    unsigned wait = machine->options.wait_ms > 0 ? machine->options.wait_ms : MACHINE_WAIT_MS;
    machine_wait(machine, wait);
    machine->seeks = true;
    machine_say(machine, "tap", say);
    seek(machine);
}

void machine_await_again(struct machine *machine, const char *say) {
    machine->seeks = true;
    machine_say(machine, "tap", say);
    machine->seek_ms = clock_running_ms() + AGAIN_MS;
}

/// The other readers look no longer: one card is enough.
static void stop_others(struct machine *machine, int but) {
    for (int i = 0; i < MACHINE_READERS; i++)
        if (i != but && machine->options.customers[i] != NULL)
            card_slot_stop(machine->options.customers[i]);
}

/// A purse of its own that did not answer is looked for at the next tap.
static void look_at_own(struct machine *machine) {
    const struct flow *flow = &machine->flow;
    if (flow->payer == NULL || flow->status == FLOW_DONE || flow->status == FLOW_REFUSED)
        return;
    const struct purse_client *by = strcmp(flow->by, "payer") == 0 ? flow->payer : flow->payee;
    if (by == &machine->own.client)
        own_purse_lose(&machine->own);
}

static const char *tap(struct machine *machine, struct link *card) {
    struct failure failure;
    memset(&machine->flow, 0, sizeof machine->flow);
    if (!machine_find_own(machine, &failure)) {
        machine_note(machine, failure.text);
        machine->flow.status = FLOW_FAILED;
        return "call-staff";
    }
    client_over(&machine->customer, card);
    const char *say = machine->kind.tap(machine);
    client_erase(&machine->customer);
    look_at_own(machine);
    return say;
}

static void card_came(struct machine *machine, int reader) {
    enum link_status why;
    struct card_slot *slot = machine->options.customers[reader];
    struct link *card = card_slot_take(slot, MACHINE_TAP_MS, &why);
    if (card == NULL) {
        const char *say = words_of_absence(why);
        machine_await_again(machine, say != NULL ? say : machine->say);
        return;
    }
    stop_others(machine, reader);
    machine_say(machine, "hold", "hold-still");
    int64_t until = clock_running_ms() + MACHINE_TAP_MS;
    const char *say = tap(machine, card);
    link_close(card);
    bool slow = strcmp(say, "tap-again") == 0 && clock_running_ms() >= until;
    machine->kind.tapped(machine, slow ? "slow-card" : say);
}

// ---- opening -----------------------------------------------------------------------------------

static bool open_state(struct machine *machine, struct failure *failure) {
    machine->store = sale_store_open(machine->options.state, machine->kind.name, failure);
    if (machine->store == NULL ||
        !hotlist_believe(machine->options.state, machine->options.revoked, failure))
        return false;
    machine->sales.journal = sale_store_journal(machine->store);
    machine->control = terminal_control_listen(machine->options.state, failure);
    return machine->control >= 0;
}

static bool open_screen(struct machine *machine, struct failure *failure) {
    uint8_t token[SCREEN_TOKEN_SIZE];
    struct crypto *crypto = machine->options.crypto;
    if (machine->options.address == NULL)
        return true;
    if (!crypto->ops->random(crypto, token, sizeof token))
        return fail(failure, EXIT_REFUSED, "no randomness");
    const struct terminal_screen_options options = {.address = machine->options.address,
                                                    .token = token,
                                                    .page = machine->kind.page,
                                                    .script = machine->kind.script};
    machine->screen = terminal_screen_start(&options, failure);
    bytes_erase(token, sizeof token);
    return machine->screen != NULL;
}

static bool go_on_with(void *context, const struct sale_record *record) {
    struct machine *machine = context;
    machine->kind.resume(machine, record);
    return true;
}

static bool resume(struct machine *machine, struct failure *failure) {
    if (sale_store_each(machine->store, false, go_on_with, machine))
        return true;
    *failure = *sale_store_failure(machine->store);
    return false;
}

bool machine_open(struct machine *machine, const struct machine_kind *kind,
                  const struct machine_options *options, struct failure *failure) {
    machine->kind = *kind;
    machine->options = *options;
    machine->control = machine->reply = -1;
    machine->own = (struct own_purse){.slot = options->own, .name = kind->own, .role = kind->role};
    if (!open_state(machine, failure) || !kind->open(machine, failure) ||
        !machine_find_own(machine, failure) || !open_screen(machine, failure))
        return false;
    machine_rest(machine, NULL);
    return resume(machine, failure);
}

const char *machine_url(const struct machine *machine) {
    return machine->screen != NULL ? terminal_screen_url(machine->screen) : NULL;
}

void machine_close(struct machine *machine) {
    (void)terminal_screen_stop(machine->screen, STOP_MS);
    if (machine->reply >= 0)
        close(machine->reply);
    if (machine->control >= 0)
        close(machine->control);
    if (machine->own.slot != NULL)
        own_purse_lose(&machine->own);
    sale_store_close(machine->store);
}

// ---- waiting -----------------------------------------------------------------------------------

enum { AT_INTERRUPT, AT_CONTROL, AT_SCREEN, AT_READER, AT_COUNT = AT_READER + MACHINE_READERS };

static int reader_descriptor(const struct machine *machine, int reader) {
    const struct card_slot *slot = machine->options.customers[reader];
    bool waits = slot != NULL && machine->seeks && machine->seek_ms == 0;
    return waits ? card_slot_descriptor(slot) : -1;
}

/// Until the next thing that time brings, but not longer than most_ms.
static int patience(const struct machine *machine, int most_ms) {
    int64_t now = clock_running_ms(), least = most_ms;
    if (machine->give_up_ms != 0 && machine->give_up_ms - now < least)
        least = machine->give_up_ms - now;
    if (machine->seek_ms != 0 && machine->seek_ms - now < least)
        least = machine->seek_ms - now;
    return least > 0 ? (int)least : 0;
}

static void look_at_clock(struct machine *machine) {
    int64_t now = clock_running_ms();
    if (machine->give_up_ms != 0 && now >= machine->give_up_ms) {
        machine->give_up_ms = 0;
        machine->kind.tired(machine);
    }
    if (machine->seeks && machine->seek_ms != 0 && now >= machine->seek_ms)
        seek(machine);
}

void machine_take_act(struct machine *machine, const char *word, json_t *act) {
    for (const struct machine_act *row = machine->kind.acts; row->word != NULL; row++)
        if (strcmp(word, row->word) == 0)
            row->run(machine, act);
}

bool machine_take_command(struct machine *machine, const char *word, json_t *command, int reply,
                          struct failure *failure) {
    for (const struct machine_command *row = machine->kind.commands; row->word != NULL; row++)
        if (strcmp(word, row->word) == 0)
            return row->run(machine, command, reply, failure);
    return fail(failure, EXIT_USAGE, "there is no such command");
}

static void take_command(struct machine *machine) {
    struct failure failure;
    int reply;
    json_t *command = terminal_control_take(machine->control, &reply);
    if (command == NULL)
        return;
    const char *word = json_string_value(json_object_get(command, "do"));
    if (!machine_take_command(machine, word != NULL ? word : "", command, reply, &failure))
        terminal_control_answer(reply, terminal_control_failure(&failure));
    json_decref(command);
}

static void take_acts(struct machine *machine) {
    for (json_t *act; (act = terminal_screen_act(machine->screen)) != NULL; json_decref(act)) {
        const char *word = json_string_value(json_object_get(act, "do"));
        if (word != NULL)
            machine_take_act(machine, word, act);
    }
}

static void take_cards(struct machine *machine, const struct pollfd at[AT_COUNT]) {
    for (int i = 0; i < MACHINE_READERS; i++)
        if (at[AT_READER + i].revents != 0 && reader_descriptor(machine, i) == at[AT_READER + i].fd)
            card_came(machine, i);
}

bool machine_turn(struct machine *machine, int interrupted, int most_ms, struct failure *failure) {
    struct pollfd at[AT_COUNT] = {
        [AT_INTERRUPT] = {.fd = interrupted, .events = POLLIN},
        [AT_CONTROL] = {.fd = machine->control, .events = POLLIN},
        [AT_SCREEN] = {.fd = machine->screen != NULL ? terminal_screen_descriptor(machine->screen)
                                                     : -1,
                       .events = POLLIN},
    };
    for (int i = 0; i < MACHINE_READERS; i++)
        at[AT_READER + i] = (struct pollfd){.fd = reader_descriptor(machine, i), .events = POLLIN};
    if (poll(at, AT_COUNT, patience(machine, most_ms)) < 0 && errno != EINTR)
        return fail_errno(failure, "cannot wait");
    if (at[AT_INTERRUPT].revents != 0)
        return true;
    if (at[AT_SCREEN].revents != 0)
        take_acts(machine);
    if (at[AT_CONTROL].revents != 0)
        take_command(machine);
    take_cards(machine, at);
    look_at_clock(machine);
    return true;
}

bool machine_run(struct machine *machine, const struct interrupt *interrupt,
                 struct failure *failure) {
    while (interrupt_signal(interrupt) == 0)
        if (!machine_turn(machine, interrupt_descriptor(interrupt), LOOK_MS, failure))
            return false;
    return true;
}
