// SPDX-License-Identifier: Apache-2.0
// Cases, failures, policies, cleanup. Single statements: run_statement.c.
#include "apdu/script/run/run_internal.h"
#include "apdu/script/run/run_statement.h"
#include "base/must.h"

static const struct {
    const char *word;
    int exit_code, rank;
} outcomes[] = {
    [OUTCOME_PASSED] = {"passed", 0, 0},   [OUTCOME_FAILED] = {"failed", 1, 2},
    [OUTCOME_SKIPPED] = {"skipped", 0, 1}, [OUTCOME_ERROR] = {"error", 2, 6},
    [OUTCOME_NO_CARD] = {"no-card", 3, 4}, [OUTCOME_BROKEN] = {"broken", 4, 5},
    [OUTCOME_LOCKED] = {"locked", 5, 3},   [OUTCOME_STOPPED] = {"interrupted", 130, 7},
};
must_cover(outcomes, OUTCOME_COUNT);

int outcome_exit_code(enum script_outcome outcome) {
    return outcomes[outcome].exit_code;
}

const char *outcome_word(enum script_outcome outcome) {
    return outcomes[outcome].word;
}

enum script_outcome outcome_worse(enum script_outcome a, enum script_outcome b) {
    return outcomes[a].rank >= outcomes[b].rank ? a : b;
}

// ---- failures --------------------------------------------------------------------------------

static void note_in_case(struct runner *runner, enum script_outcome outcome,
                         const struct script_position *at, const char *message) {
    struct script_case *now = runner->now;
    struct buffer *kept = now == &runner->outside ? &runner->outside_message : &runner->now_message;
    if (now->outcome == OUTCOME_PASSED || now->outcome == OUTCOME_SKIPPED) {
        buffer_clear(kept);
        buffer_text(kept, message);
        now->message = buffer_string(kept);
        now->at = *at;
    }
    now->outcome = outcome_worse(now->outcome, outcome);
}

enum flow runner_fail(struct runner *runner, enum script_outcome outcome,
                      const struct script_position *at, const char *message, const char *detail) {
    const struct script_listener *listener = runner->listener;
    if (runner->asks && outcome == OUTCOME_FAILED) {
        runner->denied = true;
        return FLOW_LEAVE;
    }
    note_in_case(runner, outcome, at, message);
    if (listener->failure != NULL) {
        struct script_failure failure = {
            outcome, {SCRIPT_ERROR, NULL, *at, message}, detail != NULL ? detail : ""};
        listener->failure(listener, &failure);
    }
    if (outcome != OUTCOME_FAILED)
        return FLOW_STOP;
    return runner->policy == FAIL_CONTINUE ? FLOW_ON
           : runner->policy == FAIL_STOP   ? FLOW_STOP
                                           : FLOW_LEAVE;
}

enum flow runner_fault(struct runner *runner) {
    struct buffer *fault = &runner->evaluation.fault;
    return runner_fail(runner, OUTCOME_ERROR, &runner->evaluation.fault_at, buffer_string(fault),
                       NULL);
}

enum flow runner_link_failed(struct runner *runner, const struct script_position *at,
                             enum link_status status, const struct link *link) {
    static const struct {
        enum script_outcome outcome;
        const char *text;
    } rows[] = {
        [LINK_NO_CARD] = {OUTCOME_NO_CARD, "no card answers"},
        [LINK_BROKEN] = {OUTCOME_BROKEN, "the connection broke; the outcome is open"},
        [LINK_TOO_LONG] = {OUTCOME_ERROR, "command or answer is longer than this link carries"},
        [LINK_LOCKED] = {OUTCOME_LOCKED, "someone else holds the card"},
        [LINK_UNSUPPORTED] = {OUTCOME_ERROR, "this link cannot do that"},
        [LINK_BAD_INPUT] = {OUTCOME_ERROR, "the link cannot be used"},
        [LINK_TWO_CARDS] = {OUTCOME_NO_CARD, "more than one card answers"},
        [LINK_FOREIGN] = {OUTCOME_NO_CARD, "the card does not speak APDUs"},
    };
    must_cover(rows, LINK_STATUS_COUNT);
    struct buffer message;
    buffer_init(&message, runner->ports->memory);
    buffer_format(&message, "card %s: %s", runner->cards[runner->card].name, rows[status].text);
    if (link != NULL && link->error[0] != 0)
        buffer_format(&message, ": %s", link->error);
    enum flow flow = runner_fail(runner, rows[status].outcome, at, buffer_string(&message), NULL);
    buffer_free(&message);
    return flow;
}

// ---- cases -----------------------------------------------------------------------------------

static void case_close(struct runner *runner, struct script_case *now) {
    const struct script_listener *listener = runner->listener;
    struct script_run_result *result = &runner->result;
    result->cases++;
    result->failed += now->outcome != OUTCOME_PASSED && now->outcome != OUTCOME_SKIPPED;
    result->skipped += now->outcome == OUTCOME_SKIPPED;
    result->exchanges += now->exchanges;
    result->checks += now->checks;
    result->outcome = outcome_worse(result->outcome, now->outcome);
    if (listener->case_end != NULL)
        listener->case_end(listener, now);
}

/// Cleanups and invariants among the statements of a test, or of the program.
static void run_sections(struct runner *runner, const struct statement *first,
                         enum statement_kind kind) {
    for (const struct statement *at = first; at != NULL; at = at->next) {
        if (at->kind != kind)
            continue;
        enum fail_policy policy = runner->policy;
        runner->policy = FAIL_CONTINUE; // the rest of a cleanup is done even when a part fails
        run_block(runner, at->body);
        runner->policy = policy;
    }
}

static enum flow run_test(struct runner *runner, const struct statement *test) {
    struct script_case now = {.title = test->name, .message = "", .at = test->at};
    uint64_t begin = runner->ports->now(runner->ports);
    struct runner saved = {
        .policy = runner->policy, .automatic = runner->automatic, .card = runner->card};
    if (test->has_policy)
        runner->policy = test->policy;
    runner->now = &now;
    if (runner->listener->case_begin != NULL)
        runner->listener->case_begin(runner->listener, test->name);
    enum flow flow = run_block(runner, test->body);
    run_sections(runner, test->body, STATEMENT_CLEANUP);
    if (now.outcome == OUTCOME_PASSED)
        run_sections(runner, test->body, STATEMENT_INVARIANT);
    now.nanoseconds = runner->ports->now(runner->ports) - begin;
    case_close(runner, &now);
    runner->now = &runner->outside;
    runner->policy = saved.policy;
    runner->automatic = saved.automatic;
    runner->card = saved.card;
    bool failed = now.outcome != OUTCOME_PASSED && now.outcome != OUTCOME_SKIPPED;
    if (failed && runner->options->fail_fast)
        return FLOW_STOP;
    return flow == FLOW_STOP || flow == FLOW_EXIT ? flow : FLOW_ON;
}

// ---- the whole script ------------------------------------------------------------------------

static bool is_section(enum statement_kind kind) {
    return kind == STATEMENT_CLEANUP || kind == STATEMENT_INVARIANT || kind == STATEMENT_MACRO ||
           kind == STATEMENT_META;
}

/// Values and the choice of a card, which every part needs.
static bool is_preparation(enum statement_kind kind) {
    return kind == STATEMENT_LET || kind == STATEMENT_EXPECT || kind == STATEMENT_CARD;
}

/// Does a statement of the top level belong to the part that runs?
static bool is_of_part(enum script_part part, enum statement_kind kind) {
    switch (part) {
    case PART_SETUP:
        return kind == STATEMENT_SETUP || is_preparation(kind);
    case PART_BODY:
        return kind != STATEMENT_SETUP;
    case PART_INVARIANTS:
        return is_preparation(kind);
    default:
        return true;
    }
}

/// What prepares a part alone may need what only the whole script captures: it is then left out.
static void try_statement(struct runner *runner, const struct statement *statement) {
    static const struct script_listener nobody = {.context = NULL};
    const struct script_listener *listener = runner->listener;
    struct script_case before = *runner->now;
    runner->listener = &nobody;
    (void)run_statement(runner, statement);
    runner->listener = listener;
    *runner->now = before;
}

static enum flow run_one(struct runner *runner, const struct statement *statement) {
    enum script_part part = runner->options->part;
    if ((part == PART_SETUP || part == PART_INVARIANTS) && is_preparation(statement->kind)) {
        try_statement(runner, statement);
        return FLOW_ON;
    }
    const char *only = runner->options->only;
    if (statement->kind != STATEMENT_TEST)
        return run_statement(runner, statement);
    return only == NULL || bytes_equal(statement->name, bytes_of_string(only))
               ? run_test(runner, statement)
               : FLOW_ON;
}

/// FLOW_LEAVE outside tests skips to the cleanup as well: nothing would stand as it should.
static enum flow run_top_level(struct runner *runner) {
    struct script_parser parser;
    struct statement *statement;
    enum flow flow = FLOW_ON;
    parser_init(&parser, runner->program, NULL, false);
    while (flow == FLOW_ON && parser_next(&parser, &statement) == PARSE_STATEMENT) {
        if (!is_section(statement->kind) && is_of_part(runner->options->part, statement->kind))
            flow = run_one(runner, statement);
    }
    parser_free(&parser);
    return flow;
}

static void runner_init(struct runner *runner) {
    const struct script_memory *memory = runner->ports->memory;
    evaluation_init(&runner->evaluation, runner->ports, &runner->program->sources,
                    runner->options->seed);
    runner->evaluation.keys = runner->options->keys;
    buffer_init(&runner->command, memory);
    buffer_init(&runner->wire, memory);
    buffer_init(&runner->wire_answer, memory);
    buffer_init(&runner->now_message, memory);
    buffer_init(&runner->outside_message, memory);
    runner->outside = (struct script_case){.message = ""};
    runner->outside.title = program_metadata(runner->program, "name");
    runner->now = &runner->outside;
    runner->policy = runner->options->keep_going ? FAIL_CONTINUE : FAIL_CLEANUP;
}

static void runner_free(struct runner *runner) {
    evaluation_free(&runner->evaluation);
    buffer_free(&runner->command);
    buffer_free(&runner->wire);
    buffer_free(&runner->wire_answer);
    buffer_free(&runner->now_message);
    buffer_free(&runner->outside_message);
    bytes_erase(runner->answer, runner->answer_size);
}

static void run_all(struct runner *runner) {
    uint64_t begin = runner->ports->now(runner->ports);
    enum script_part part = runner->options->part;
    time_begin(runner);
    run_top_level(runner);
    if (part != PART_SETUP && part != PART_INVARIANTS)
        run_sections(runner, runner->program->cleanups, STATEMENT_CLEANUP);
    bool proven = part == PART_ALL || part == PART_INVARIANTS;
    if (proven && runner->outside.outcome == OUTCOME_PASSED && runner->result.failed == 0)
        run_sections(runner, runner->program->invariants, STATEMENT_INVARIANT);
    runner->outside.nanoseconds = runner->ports->now(runner->ports) - begin;
    bool silent = runner->outside.exchanges == 0 && runner->outside.checks == 0 &&
                  runner->outside.outcome == OUTCOME_PASSED;
    if (runner->result.cases == 0 || !silent)
        case_close(runner, &runner->outside);
}

struct script_run_result run_script(struct script_program *program,
                                    const struct script_ports *ports,
                                    const struct script_options *options,
                                    const struct script_card *cards, size_t card_count,
                                    const struct script_listener *listener) {
    struct script_run_result result = {.outcome = OUTCOME_ERROR};
    struct runner *runner = ports->memory->resize(ports->memory, NULL, sizeof *runner);
    if (runner == NULL)
        return result;
    *runner = (struct runner){.program = program,
                              .ports = ports,
                              .options = options,
                              .cards = cards,
                              .card_count = card_count,
                              .listener = listener};
    runner_init(runner);
    bool remembered = options->memo != NULL && options->part != PART_SETUP;
    if (!remembered || memo_give(options->memo, &runner->evaluation)) {
        run_all(runner);
        result = runner->result;
    }
    if ((options->part == PART_SETUP || options->keeps_memo) && options->memo != NULL &&
        !memo_keep(options->memo, &runner->evaluation))
        result.outcome = OUTCOME_ERROR;
    runner_free(runner);
    ports->memory->resize(ports->memory, runner, 0);
    return result;
}
