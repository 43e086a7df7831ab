// SPDX-License-Identifier: Apache-2.0
// One deposit from its beginning to its end, whoever began it: screen, command, or an earlier run.
#include "host/deposit/deposit_private.h"

#include "host/deposit/cash_simulated.h"
#include "host/deposit/deposit_cash.h"
#include "host/sale/sale_reference.h"

#include <stdio.h>
#include <string.h>

enum { CHOOSE_MS = 60000, CASH_MS = 120000 };

static struct deposit_balance balance_of(const struct purse_selection *told, uint16_t unit) {
    struct deposit_balance balance = {.told = told->has_balances};
    for (size_t i = 0; i < told->balance_count; i++)
        if (told->balances[i].unit == unit)
            balance.amount = told->balances[i].balance;
    return balance;
}

// ---- ends --------------------------------------------------------------------------------------

static void finish(struct deposit *deposit, int code, const char *say) {
    deposit->stage = DEPOSIT_REST;
    deposit->scripted = false;
    machine_end(&deposit->machine, say);
    machine_reply(&deposit->machine,
                  deposit->machine.reply < 0 ? NULL : deposit_answer(deposit, code));
}

/// Whatever the cash is to do, it does; then the screen says how it ended.
static void finish_driven(struct deposit *deposit, enum sale_due due, int code, const char *say) {
    if (due == SALE_DUE_NOTHING && deposit->record.state == SALE_SERVED)
        finish(deposit, EXIT_DONE, "deposited");
    else if (due == SALE_DUE_NOTHING)
        finish(deposit, code, say);
    else
        finish(deposit, EXIT_REFUSED, "call-staff");
}

/// The card must come back before anything is certain: its cash waits in escrow.
static void hold_on(struct deposit *deposit) {
    if (deposit->machine.reply >= 0) {
        deposit->machine.say = "unfinished-deposit";
        machine_reply(&deposit->machine, deposit_answer(deposit, EXIT_OPEN));
    }
    machine_await(&deposit->machine, "unfinished-deposit");
}

static void end_unfinished(struct deposit *deposit, int code, const char *say) {
    struct machine *machine = &deposit->machine;
    struct failure failure;
    struct sale_record *record = &deposit->record;
    deposit->cash->ops->accept(deposit->cash, false);
    if (record->state == SALE_BEGUN &&
        !deposit_count(&machine->sales, deposit->cash, record, &failure)) {
        machine_note(machine, failure.text);
        finish(deposit, EXIT_REFUSED, "call-staff");
        return;
    }
    bool own = record->state == SALE_REQUESTED && machine_find_own(machine, &failure);
    enum sale_due due = deposit_end(&machine->sales, record, own ? &machine->own.client : NULL);
    if (due == SALE_DUE_TAP)
        hold_on(deposit);
    else
        finish_driven(deposit, due, code, say);
}

void deposit_cancel(struct deposit *deposit, const char *say) {
    int code = strcmp(say, "no-card") == 0 ? EXIT_ABSENT : EXIT_REFUSED;
    if (deposit->record.state == 0)
        finish(deposit, code, say);
    else
        end_unfinished(deposit, code, say);
}

// ---- begin, amount, cash -----------------------------------------------------------------------

bool deposit_begin(struct deposit *deposit, struct failure *failure) {
    struct cash_report report;
    memset(&deposit->record, 0, sizeof deposit->record);
    deposit->before = deposit->after = (struct deposit_balance){0};
    if (!deposit->cash->ops->report(deposit->cash, &report) || report.escrow > 0) {
        machine_rest(&deposit->machine, "call-staff");
        return fail(failure, EXIT_REFUSED,
                    "there is cash in escrow that belongs to no deposit; a person must look");
    }
    deposit->stage = DEPOSIT_MEET;
    machine_await(&deposit->machine, "tap-balance");
    return true;
}

bool deposit_name(struct deposit *deposit, uint64_t amount, struct failure *failure) {
    struct machine *machine = &deposit->machine;
    struct sale_record *record = &deposit->record;
    bool known;
    *record = (struct sale_record){.amount = amount,
                                   .unit = deposit->cash->unit,
                                   .time_ms = clock_now_ms(machine->options.clock)};
    memcpy(record->payee, deposit->card, sizeof record->payee);
    if (!sale_refer_anew(record, REFERENCE_DEPOSIT, machine->options.crypto))
        return fail(failure, EXIT_REFUSED, "no randomness");
    if (!sale_open(&machine->sales, record, &known, failure))
        return false;
    if (!deposit->cash->ops->accept(deposit->cash, true))
        return fail(failure, EXIT_REFUSED, "the cash acceptor does not open");
    deposit->stage = DEPOSIT_CASH;
    machine_wait(machine, CASH_MS);
    machine_say(machine, "cash", "put-cash");
    return true;
}

bool deposit_put(struct deposit *deposit, uint64_t value) {
    struct failure failure;
    if (deposit->stage != DEPOSIT_CASH || !cash_simulated_put(deposit->cash, value))
        return false;
    if (!deposit_count(&deposit->machine.sales, deposit->cash, &deposit->record, &failure)) {
        machine_note(&deposit->machine, failure.text);
        deposit_cancel(deposit, "out-of-order");
        return false;
    }
    machine_wait(&deposit->machine, CASH_MS);
    machine_say(&deposit->machine, "cash", "put-cash");
    return true;
}

void deposit_enough(struct deposit *deposit) {
    deposit->cash->ops->accept(deposit->cash, false);
    if (deposit->record.cash != deposit->record.amount) {
        end_unfinished(deposit, EXIT_REFUSED, "wrong-amount");
        return;
    }
    deposit->stage = DEPOSIT_LOAD;
    machine_await(&deposit->machine, "tap-load");
}

/// Names the amount and puts the cash in, the largest notes first, as a command said.
static void run_script(struct deposit *deposit) {
    struct failure failure;
    uint64_t left = deposit->cash_given;
    if (!deposit_name(deposit, deposit->amount, &failure)) {
        machine_note(&deposit->machine, failure.text);
        deposit_cancel(deposit, "out-of-order");
        return;
    }
    for (const uint64_t *value = cash_values; *value != 0 && deposit->stage == DEPOSIT_CASH;)
        if (*value > left || !deposit_put(deposit, *value))
            value++;
        else
            left -= *value;
    if (deposit->stage == DEPOSIT_CASH)
        deposit_enough(deposit);
}

// ---- a card ------------------------------------------------------------------------------------

/// Nothing but SELECT, which changes nothing.
static const char *tap_balance(struct deposit *deposit) {
    struct machine *machine = &deposit->machine;
    struct flow *flow = &machine->flow;
    const struct purse_selection *told = &machine->customer.selection;
    flow_over(flow, &machine->own.client, &machine->customer, &machine->customer);
    if (!flow_went(flow, &machine->customer, client_select(&machine->customer)))
        return words_of_flow(flow);
    if ((told->roles & ROLE_WALLET) == 0) {
        flow->status = FLOW_REFUSED;
        return "foreign-card";
    }
    deposit->before = balance_of(told, deposit->cash->unit);
    memcpy(deposit->card, told->id, sizeof deposit->card);
    return deposit->before.told ? "your-balance" : "balance-private";
}

static const char *tap_load(struct deposit *deposit) {
    struct machine *machine = &deposit->machine;
    struct flow *flow = &machine->flow;
    flow_over(flow, &machine->own.client, &machine->customer, &machine->customer);
    flow->journal = machine->sales.journal;
    flow->revoked = machine->options.revoked;
    sale_terms(&deposit->record, &flow->terms);
    if (!flow_select(flow))
        return words_of_flow(flow);
    deposit->is_other = strcmp(machine->customer.selection.id, deposit->record.payee) != 0;
    if (deposit->is_other)
        return "other-card";
    deposit->before = balance_of(&machine->customer.selection, deposit->cash->unit);
    flow->selected = true;
    deposit_run(flow);
    if (flow->cash == CASH_STACK && client_select(&machine->customer) == PURSE_OK)
        deposit->after = balance_of(&machine->customer.selection, deposit->cash->unit);
    return flow->status == FLOW_DONE ? "deposited" : words_of_flow(flow);
}

const char *deposit_tap(struct deposit *deposit) {
    deposit->is_other = false;
    return deposit->stage == DEPOSIT_LOAD ? tap_load(deposit) : tap_balance(deposit);
}

static void after_balance(struct deposit *deposit, const char *say) {
    struct machine *machine = &deposit->machine;
    if (machine->flow.status == FLOW_REFUSED || machine->flow.status == FLOW_FAILED)
        finish(deposit, EXIT_REFUSED, say);
    else if (machine->flow.status != FLOW_DONE)
        machine_await_again(machine, say);
    else if (deposit->scripted)
        run_script(deposit);
    else {
        deposit->stage = DEPOSIT_AMOUNT;
        machine_wait(machine, CHOOSE_MS);
        machine_say(machine, "amount", "choose-amount");
    }
}

/// A refusal ends it: the float was not debited, so the cash goes back.
static void after_load(struct deposit *deposit, const char *say) {
    struct machine *machine = &deposit->machine;
    struct sale_record *record = &deposit->record;
    struct failure failure;
    if (!sale_read(&machine->sales, record, &failure)) {
        machine_note(machine, failure.text);
        finish(deposit, EXIT_OPEN, "call-staff");
        return;
    }
    bool refused = machine->flow.status == FLOW_REFUSED && !deposit->is_other;
    if (sale_due(record) == SALE_DUE_TAP && refused && machine->flow.cash == CASH_RETURN)
        (void)sale_end_unpaid(&machine->sales, record, &failure);
    if (sale_due(record) == SALE_DUE_TAP)
        machine_await_again(machine, say);
    else
        finish_driven(deposit, sale_drive(&machine->sales, record), EXIT_REFUSED, say);
}

void deposit_tapped(struct deposit *deposit, const char *say) {
    if (deposit->stage == DEPOSIT_LOAD)
        after_load(deposit, say);
    else
        after_balance(deposit, say);
}

// ---- after a restart ---------------------------------------------------------------------------

void deposit_resume(struct deposit *deposit, const struct sale_record *record) {
    struct machine *machine = &deposit->machine;
    deposit->record = *record;
    if (record->state == SALE_BEGUN) {
        end_unfinished(deposit, EXIT_REFUSED, "cancelled-cash");
    } else if (record->state == SALE_REQUESTED) {
        deposit->stage = DEPOSIT_LOAD;
        machine_await(machine, "unfinished-deposit");
    } else {
        enum sale_due due = sale_drive(&machine->sales, &deposit->record);
        if (due != SALE_DUE_NOTHING)
            machine_rest(machine, "call-staff");
    }
}
