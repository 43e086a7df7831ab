// SPDX-License-Identifier: Apache-2.0
// What the deposit machine is asked for, by its screen and by commands.
#include "host/deposit/deposit_private.h"

#include "apdu/octets/unit.h"
#include "base/must.h"
#include "host/deposit/cash_simulated.h"
#include "host/deposit/deposit_cash.h"
#include "host/machine/machine_books.h"
#include "host/terminal/page_files.h"
#include "host/terminal/terminal_control.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t AMOUNT_MAX = 1000000;

PAGE_FILE(deposit, "host/deposit/page/deposit.html");
PAGE_FILE(deposit_script, "host/deposit/page/deposit.js");

static bool is_amount(json_int_t amount) {
    return amount > 0 && (uint64_t)amount <= AMOUNT_MAX;
}

// ---- the screen's acts -------------------------------------------------------------------------

static void act_begin(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    struct failure failure;
    (void)act;
    if (deposit->stage == DEPOSIT_REST && !deposit_begin(deposit, &failure))
        machine_note(&deposit->machine, failure.text);
}

static void act_amount(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    struct failure failure;
    json_int_t amount = json_integer_value(json_object_get(act, "amount"));
    if (deposit->stage != DEPOSIT_AMOUNT || !is_amount(amount) ||
        deposit_name(deposit, (uint64_t)amount, &failure))
        return;
    machine_note(&deposit->machine, failure.text);
    deposit_cancel(deposit, "out-of-order");
}

static void act_put(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    json_int_t value = json_integer_value(json_object_get(act, "value"));
    if (value > 0)
        (void)deposit_put(deposit, (uint64_t)value);
}

static void act_enough(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    (void)act;
    if (deposit->stage == DEPOSIT_CASH)
        deposit_enough(deposit);
}

static void act_cancel(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    (void)act;
    if (deposit->stage != DEPOSIT_REST)
        deposit_cancel(deposit, "cancelled-cash");
}

static void act_done(struct machine *machine, json_t *act) {
    struct deposit *deposit = machine->context;
    (void)act;
    if (deposit->stage == DEPOSIT_REST)
        machine_rest(&deposit->machine, NULL);
}

static const struct machine_act acts[] = {
    {"begin", act_begin},   {"amount", act_amount}, {"put", act_put}, {"enough", act_enough},
    {"cancel", act_cancel}, {"done", act_done},     {NULL, NULL}};

// ---- commands ----------------------------------------------------------------------------------

static bool command_once(struct machine *machine, json_t *command, int reply,
                         struct failure *failure) {
    struct deposit *deposit = machine->context;
    json_int_t amount = 0, cash = 0;
    const char *unit = "JPY";
    if (json_unpack(command, "{s:I, s:I, s?s}", "amount", &amount, "cash", &cash, "unit", &unit) !=
            0 ||
        !is_amount(amount) || cash < 0 || (uint64_t)cash > AMOUNT_MAX)
        return fail(failure, EXIT_USAGE, "once needs an amount and the cash that is put in");
    if (unit_from_name(unit) != deposit->cash->unit)
        return fail(failure, EXIT_USAGE, "wrong-unit: the acceptor counts JPY, not %s", unit);
    if (deposit->stage != DEPOSIT_REST)
        return fail(failure, EXIT_REFUSED, "another deposit is under way; try again");
    if (!deposit_begin(deposit, failure))
        return false;
    deposit->machine.reply = reply;
    deposit->scripted = true;
    deposit->amount = (uint64_t)amount;
    deposit->cash_given = (uint64_t)cash;
    return true;
}

/// One note or coin, as somebody puts it in who stands at the screen.
static bool command_put(struct machine *machine, json_t *command, int reply,
                        struct failure *failure) {
    struct deposit *deposit = machine->context;
    json_int_t value = json_integer_value(json_object_get(command, "cash"));
    if (value <= 0 || !deposit_put(deposit, (uint64_t)value))
        return fail(failure, EXIT_REFUSED,
                    "not-open: the slots are closed, or there is no such note or coin");
    terminal_control_answer(reply, deposit_answer(deposit, EXIT_DONE));
    return true;
}

static const struct machine_command commands[] = {{"once", command_once},
                                                  {"put", command_put},
                                                  {"pending", machine_pending},
                                                  {"settle", machine_settle},
                                                  {NULL, NULL}};

// ---- its kind ----------------------------------------------------------------------------------

static bool open_parts(struct machine *machine, struct failure *failure) {
    struct deposit *deposit = machine->context;
    deposit->cash = cash_simulated_open(machine->options.state, failure);
    if (deposit->cash == NULL)
        return false;
    deposit->server = deposit_server(deposit->cash);
    machine->sales.server = &deposit->server;
    return true;
}

static const char *tap(struct machine *machine) {
    return deposit_tap(machine->context);
}

static void tapped(struct machine *machine, const char *say) {
    deposit_tapped(machine->context, say);
}

static void tired(struct machine *machine) {
    struct deposit *deposit = machine->context;
    if (deposit->stage == DEPOSIT_REST)
        machine_rest(machine, NULL);
    else
        deposit_cancel(deposit, "no-card");
}

static void show(const struct machine *machine, json_t *state) {
    deposit_show(machine->context, state);
}

static void resume(struct machine *machine, const struct sale_record *record) {
    deposit_resume(machine->context, record);
}

struct deposit *deposit_open(const struct machine_options *options, struct failure *failure) {
    const struct machine_kind kind = {.name = "deposit",
                                      .own = "the float",
                                      .role = ROLE_FLOAT,
                                      .reference = REFERENCE_DEPOSIT,
                                      .idle = "choose-deposit",
                                      .page = PAGE_FILE_OF(deposit),
                                      .script = PAGE_FILE_OF(deposit_script),
                                      .open = open_parts,
                                      .acts = acts,
                                      .commands = commands,
                                      .tap = tap,
                                      .tapped = tapped,
                                      .tired = tired,
                                      .show = show,
                                      .resume = resume};
    struct deposit *deposit = calloc(1, sizeof *deposit);
    if (deposit == NULL) {
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    deposit->machine.context = deposit;
    if (machine_open(&deposit->machine, &kind, options, failure))
        return deposit;
    deposit_close(deposit);
    return NULL;
}

struct machine *deposit_machine(struct deposit *deposit) {
    return &deposit->machine;
}

void deposit_close(struct deposit *deposit) {
    if (deposit == NULL)
        return;
    machine_close(&deposit->machine);
    if (deposit->cash != NULL)
        deposit->cash->ops->close(deposit->cash);
    free(deposit);
}
