// SPDX-License-Identifier: Apache-2.0
// What each statement does. One function a kind, one table.
#include "apdu/script/run/run_statement.h"
#include "apdu/script/language/reading/csv.h"
#include "base/must.h"

#include <string.h>

enum { REPEAT_MAX = 100000000 };

static bool choose_card(struct runner *runner, struct bytes name) {
    for (size_t i = 0; i < runner->card_count; i++)
        if (bytes_equal(name, bytes_of_string(runner->cards[i].name))) {
            runner->card = i;
            return true;
        }
    return false;
}

static enum flow no_such_card(struct runner *runner, const struct statement *statement,
                              struct bytes name) {
    struct buffer message;
    buffer_init(&message, runner->ports->memory);
    buffer_format(&message, "there is no card \"%t\"; the command line gave", name);
    for (size_t i = 0; i < runner->card_count; i++)
        buffer_format(&message, " %s", runner->cards[i].name);
    enum flow flow =
        runner_fail(runner, OUTCOME_ERROR, &statement->at, buffer_string(&message), NULL);
    buffer_free(&message);
    return flow;
}

// ---- simple statements -----------------------------------------------------------------------

static enum flow run_tx(struct runner *runner, const struct statement *statement) {
    buffer_clear(&runner->command);
    evaluation_begin(&runner->evaluation);
    if (!evaluate_octets(&runner->evaluation, statement->value, &runner->command))
        return runner_fault(runner);
    return run_transmit(runner, statement);
}

static enum flow run_let(struct runner *runner, const struct statement *statement) {
    struct variable *variable = variable_for(&runner->evaluation, statement->name);
    if (variable == NULL)
        return runner_fail(runner, OUTCOME_ERROR, &statement->at, "out of memory", NULL);
    return evaluate_into(&runner->evaluation, statement->value, variable) ? FLOW_ON
                                                                          : runner_fault(runner);
}

static enum flow control_failed(struct runner *runner, const struct statement *statement,
                                const char *what) {
    struct buffer message;
    buffer_init(&message, runner->ports->memory);
    buffer_format(&message,
                  "card %s: %s is not possible over this link; give the control socket of card run",
                  runner->cards[runner->card].name, what);
    enum flow flow =
        runner_fail(runner, OUTCOME_ERROR, &statement->at, buffer_string(&message), NULL);
    buffer_free(&message);
    return flow;
}

static void tell_event(struct runner *runner, enum script_event_kind kind, uint64_t number) {
    struct script_event event = {.kind = kind, .card = runner->card, .number = number};
    event.card_name = runner->cards[runner->card].name;
    event.at = runner->ports->now(runner->ports);
    if (runner->listener->event != NULL)
        runner->listener->event(runner->listener, &event);
}

static enum flow run_power_cut(struct runner *runner, const struct statement *statement) {
    const struct script_card *card = &runner->cards[runner->card];
    uint64_t writes = 0;
    if (statement->value != NULL &&
        !evaluate_number(&runner->evaluation, statement->value, &writes))
        return runner_fault(runner);
    tell_event(runner, EVENT_POWER_CUT, writes);
    if (runner->options->dry_run)
        return FLOW_ON;
    if (card->control == NULL || card->control->power_cut == NULL)
        return control_failed(runner, statement, "power-cut");
    enum link_status status = card->control->power_cut(card->control, writes);
    return status == LINK_OK ? FLOW_ON : runner_link_failed(runner, &statement->at, status, NULL);
}

static enum flow run_plug(struct runner *runner, const struct statement *statement) {
    bool in = statement->kind == STATEMENT_INSERT;
    const struct script_control *control = runner->cards[runner->card].control;
    tell_event(runner, in ? EVENT_INSERT : EVENT_REMOVE, 0);
    if (runner->options->dry_run)
        return FLOW_ON;
    if (control == NULL || (in ? control->insert : control->remove) == NULL)
        return control_failed(runner, statement, in ? "insert" : "remove");
    enum link_status status = in ? control->insert(control) : control->remove(control);
    return status == LINK_OK ? FLOW_ON : runner_link_failed(runner, &statement->at, status, NULL);
}

static enum flow run_card(struct runner *runner, const struct statement *statement) {
    return choose_card(runner, statement->name) ? FLOW_ON
                                                : no_such_card(runner, statement, statement->name);
}

static enum flow run_echo(struct runner *runner, const struct statement *statement) {
    struct buffer text;
    buffer_init(&text, runner->ports->memory);
    bool ok = evaluate_text(&runner->evaluation, statement->value, &text);
    if (ok && runner->listener->echo != NULL)
        runner->listener->echo(runner->listener, buffer_bytes(&text));
    buffer_free(&text);
    return ok ? FLOW_ON : runner_fault(runner);
}

static enum flow run_delay(struct runner *runner, const struct statement *statement) {
    uint64_t nanoseconds = statement->value->number;
    if (runner->listener->delay != NULL)
        runner->listener->delay(runner->listener, nanoseconds);
    if (!runner->options->dry_run)
        time_wait(runner, nanoseconds);
    return FLOW_ON;
}

static enum flow run_expect(struct runner *runner, const struct statement *statement) {
    return run_expectations(runner, statement->expectations);
}

static enum flow run_on_fail(struct runner *runner, const struct statement *statement) {
    runner->policy = statement->policy;
    return FLOW_ON;
}

static enum flow run_auto(struct runner *runner, const struct statement *statement) {
    runner->automatic = (runner->automatic & ~statement->options_mask) | statement->options;
    return FLOW_ON;
}

static enum flow run_fail(struct runner *runner, const struct statement *statement) {
    struct buffer message;
    buffer_init(&message, runner->ports->memory);
    buffer_put(&message, statement->name);
    enum flow flow =
        runner_fail(runner, OUTCOME_FAILED, &statement->at, buffer_string(&message), NULL);
    buffer_free(&message);
    return flow == FLOW_ON ? FLOW_ON : flow;
}

static enum flow run_skip(struct runner *runner, const struct statement *statement) {
    struct script_case *now = runner->now;
    struct buffer *kept = now == &runner->outside ? &runner->outside_message : &runner->now_message;
    if (now->outcome == OUTCOME_PASSED) {
        buffer_clear(kept);
        buffer_put(kept, statement->name);
        now->message = buffer_string(kept);
        now->outcome = OUTCOME_SKIPPED;
        now->at = statement->at;
    }
    return FLOW_LEAVE;
}

static enum flow run_exit(struct runner *runner, const struct statement *statement) {
    (void)runner, (void)statement;
    return FLOW_EXIT;
}

// ---- blocks ----------------------------------------------------------------------------------

static enum flow run_repeat(struct runner *runner, const struct statement *statement) {
    uint64_t count = 0;
    enum flow flow = FLOW_ON;
    if (!evaluate_number(&runner->evaluation, statement->value, &count))
        return runner_fault(runner);
    if (count > REPEAT_MAX)
        return runner_fail(runner, OUTCOME_ERROR, &statement->at,
                           "repeat is limited to 100 000 000 rounds", NULL);
    for (uint64_t i = 0; i < count && flow == FLOW_ON; i++) {
        struct variable *index =
            statement->name.size > 0 ? variable_for(&runner->evaluation, statement->name) : NULL;
        if (index != NULL)
            variable_set_number(index, i);
        flow = run_block(runner, statement->body);
        if (statement->body == NULL) // nothing in it looks at the time
            flow = time_check(runner, statement, flow);
    }
    return flow;
}

/// In a dry run both ways of a condition that only an answer could decide, one behind the other.
static enum flow run_both(struct runner *runner, const struct statement *statement) {
    runner->undecided++;
    enum flow flow = run_block(runner, statement->body);
    if (flow == FLOW_ON)
        flow = run_block(runner, statement->otherwise);
    runner->undecided--;
    return flow;
}

static enum flow run_if(struct runner *runner, const struct statement *statement) {
    bool holds = false;
    if (runner->options->dry_run && needs_answer(runner, statement->expectations))
        return run_both(runner, statement);
    enum flow flow = run_condition(runner, statement->expectations, &holds);
    if (flow != FLOW_ON)
        return flow;
    return run_block(runner, holds ? statement->body : statement->otherwise);
}

/// The cells of the next line into the variables of the columns.
static bool take_row(struct runner *runner, const struct statement *statement, struct csv *csv) {
    struct buffer cell;
    bool ok = true, last = false;
    buffer_init(&cell, runner->ports->memory);
    for (const struct argument *at = statement->columns; ok && at != NULL; at = at->next) {
        struct variable *variable = variable_for(&runner->evaluation, at->name);
        buffer_clear(&cell);
        ok = variable != NULL && csv_cell(csv, &cell, &last);
        if (ok)
            variable_set_text(variable, buffer_bytes(&cell));
    }
    buffer_free(&cell);
    return ok;
}

static void skip_header(const struct statement *statement, struct csv *csv, struct buffer *cell) {
    bool last = !csv_line(csv);
    for (const struct argument *at = statement->columns; at != NULL && !last; at = at->next)
        last = !csv_cell(csv, cell, &last) || last;
}

static enum flow run_rows(struct runner *runner, const struct statement *statement) {
    struct buffer cell;
    struct csv csv;
    enum flow flow = FLOW_ON;
    csv_init(&csv, statement->table->text);
    buffer_init(&cell, runner->ports->memory);
    skip_header(statement, &csv, &cell);
    buffer_free(&cell);
    for (uint64_t i = 0; flow == FLOW_ON && csv_line(&csv); i++) {
        struct variable *index =
            statement->name.size > 0 ? variable_for(&runner->evaluation, statement->name) : NULL;
        if (index != NULL)
            variable_set_number(index, i);
        if (!take_row(runner, statement, &csv))
            return runner_fail(runner, OUTCOME_ERROR, &statement->at, "out of memory", NULL);
        flow = time_check(runner, statement, run_block(runner, statement->body));
    }
    return flow;
}

static enum flow run_setup(struct runner *runner, const struct statement *statement) {
    return run_block(runner, statement->body);
}

static enum flow run_section(struct runner *runner, const struct statement *statement) {
    (void)runner, (void)statement; // its time comes at the end of the test or script
    return FLOW_ON;
}

/// Arguments are evaluated in the caller's scope, then become the macro's own variables.
static bool bind(struct runner *runner, const struct statement *call, struct variable **list) {
    const struct argument *parameter = call->macro->parameters;
    for (const struct argument *at = call->arguments; at != NULL;
         at = at->next, parameter = parameter->next) {
        struct variable *variable = variable_new(&runner->evaluation, parameter->name);
        if (variable == NULL)
            return false;
        variable->next = *list;
        *list = variable;
        if (!evaluate_into(&runner->evaluation, at->value, variable))
            return false;
    }
    return true;
}

static enum flow run_call(struct runner *runner, const struct statement *statement) {
    struct evaluation *evaluation = &runner->evaluation;
    struct variable *bound = NULL;
    if (runner->calls == SCRIPT_CALL_DEPTH_MAX)
        return runner_fail(runner, OUTCOME_ERROR, &statement->at,
                           "macros call each other deeper than 64; does this one end?", NULL);
    bool ok = bind(runner, statement, &bound);
    struct variable *mark = evaluation->locals;
    struct variable *barrier = scope_enter(evaluation);
    while (bound != NULL) {
        struct variable *next = bound->next;
        scope_add(evaluation, bound);
        bound = next;
    }
    runner->calls++;
    enum flow flow = ok ? run_block(runner, statement->macro->body) : runner_fault(runner);
    runner->calls--;
    scope_leave(evaluation, mark, barrier);
    return flow;
}

// ---- dispatch --------------------------------------------------------------------------------

typedef enum flow statement_runner(struct runner *runner, const struct statement *statement);

static statement_runner *const runners[] = {
    [STATEMENT_TX] = run_tx,
    [STATEMENT_COMMAND] = run_command,
    [STATEMENT_LET] = run_let,
    [STATEMENT_RESET] = run_reset,
    [STATEMENT_COLD_RESET] = run_reset,
    [STATEMENT_POWER_CUT] = run_power_cut,
    [STATEMENT_INSERT] = run_plug,
    [STATEMENT_REMOVE] = run_plug,
    [STATEMENT_CARD] = run_card,
    [STATEMENT_ECHO] = run_echo,
    [STATEMENT_DELAY] = run_delay,
    [STATEMENT_EXPECT] = run_expect,
    [STATEMENT_MACRO] = run_section,
    [STATEMENT_CALL] = run_call,
    [STATEMENT_REPEAT] = run_repeat,
    [STATEMENT_IF] = run_if,
    [STATEMENT_ROWS] = run_rows,
    [STATEMENT_SETUP] = run_setup,
    [STATEMENT_CLEANUP] = run_section,
    [STATEMENT_INVARIANT] = run_section,
    [STATEMENT_TEST] = run_section,
    [STATEMENT_WITHIN] = run_within,
    [STATEMENT_ON_FAIL] = run_on_fail,
    [STATEMENT_AUTO] = run_auto,
    [STATEMENT_FAIL] = run_fail,
    [STATEMENT_SKIP] = run_skip,
    [STATEMENT_EXIT] = run_exit,
    [STATEMENT_META] = run_section,
};
must_cover(runners, STATEMENT_KIND_COUNT);

enum flow run_statement(struct runner *runner, const struct statement *statement) {
    size_t card = runner->card;
    enum fail_policy policy = runner->policy;
    uint64_t most = runner->options->statements_max;
    if (++runner->statements > most && most > 0)
        return runner_fail(runner, OUTCOME_ERROR, &statement->at,
                           "the script runs more statements than it may", NULL);
    if (statement->card.size > 0 && !choose_card(runner, statement->card))
        return no_such_card(runner, statement, statement->card);
    if (statement->has_policy)
        runner->policy = statement->policy;
    enum flow flow = runners[statement->kind](runner, statement);
    if (statement->has_policy)
        runner->policy = policy;
    if (statement->card.size > 0)
        runner->card = card;
    return time_check(runner, statement, flow);
}

enum flow run_block(struct runner *runner, const struct statement *first) {
    enum flow flow = FLOW_ON;
    for (const struct statement *at = first; at != NULL && flow == FLOW_ON; at = at->next)
        flow = run_statement(runner, at);
    return flow;
}
