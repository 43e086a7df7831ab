// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/check/lint.h"

#include "apdu/command/catalogue.h"
#include "apdu/dissect/dissect.h"
#include "apdu/octets/codec.h"
#include "apdu/script/language/evaluate.h"
#include "apdu/script/language/function.h"
#include "apdu/script/language/match.h"

#include <string.h>

struct linter {
    const struct script_reporter *reporter;
    struct evaluation evaluation; // what `let` says, as far as it is known without a card
    struct dissect_context context;
    struct buffer command;
    size_t findings;
};

static void find(struct linter *linter, const char *rule, const struct script_position *at,
                 const char *message) {
    struct script_diagnostic diagnostic = {SCRIPT_WARNING, rule, *at, message};
    linter->findings++;
    linter->reporter->report(linter->reporter, &diagnostic);
}

// ---- octets that are known -------------------------------------------------------------------

/// Does the value come from outside the script, or is it marked secret?
static bool is_guarded(const struct expr *expr) {
    static const char *const guards[] = {"secret", "env", "file", "random", "key"};
    if (expr->kind == EXPR_VARIABLE)
        return true; // where it came from is judged at its `let`
    if (expr->kind == EXPR_CALL)
        for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
            if (strcmp(expr->function->name, guards[i]) == 0)
                return true;
    for (const struct expr *part = expr->first; part != NULL; part = part->next)
        if (is_guarded(part))
            return true;
    return false;
}

/// The command's octets in linter->command; false when a part is not known. What is known from the
/// beginning stands there even then.
static bool know_octets(struct linter *linter, const struct expr *sequence) {
    buffer_clear(&linter->command);
    evaluation_begin(&linter->evaluation);
    for (const struct expr *part = sequence->first; part != NULL; part = part->next) {
        size_t before = linter->command.size;
        if (!evaluate_octets(&linter->evaluation, part, &linter->command) ||
            linter->evaluation.unknown) {
            linter->command.size = before;
            return false;
        }
    }
    return true;
}

static void take_let(struct linter *linter, const struct statement *statement) {
    struct variable *variable = variable_for(&linter->evaluation, statement->name);
    if (variable != NULL && !evaluate_into(&linter->evaluation, statement->value, variable)) {
        variable_set_octets(variable, (struct bytes){NULL, 0});
        variable->unknown = true;
    }
}

static void forget(struct linter *linter, struct bytes name) {
    struct variable *variable = variable_for(&linter->evaluation, name);
    if (variable == NULL)
        return;
    variable_set_octets(variable, (struct bytes){NULL, 0});
    variable->unknown = true;
}

static void take_captures(struct linter *linter, const struct expectation *first) {
    for (; first != NULL; first = first->next) {
        if (first->check == CHECK_CAPTURE)
            forget(linter, first->name);
        for (const struct pattern *part = first->pattern; part != NULL; part = part->next)
            if (part->kind == PATTERN_CAPTURE)
                forget(linter, part->name);
    }
}

// ---- rules -----------------------------------------------------------------------------------

/// Does the script wait for a refusal? Then it is no mistake.
static bool expects_refusal(const struct statement *statement) {
    for (const struct expectation *at = statement->expectations; at != NULL; at = at->next)
        if (at->check == CHECK_SW && !sw_matches(at->words, SW_OK))
            return true;
    return false;
}

static void check_ins(struct linter *linter, const struct statement *statement,
                      struct bytes command) {
    struct buffer message;
    uint8_t cla = command.data[0], ins = command.data[1];
    bool reserved = (ins & 0xF0) == 0x60 || (ins & 0xF0) == 0x90;
    const struct application *selected = catalogue_application(linter->context.applet);
    bool ours = selected != NULL && selected->complete && cla != 0xFF;
    if (expects_refusal(statement))
        return;
    if (!reserved && (!ours || dissect_context_command(&linter->context, command) != NULL))
        return;
    buffer_init(&message, linter->command.memory);
    if (reserved)
        buffer_format(&message, "INS %x: 6X and 9X are no instructions (ISO 7816-4 5.4.2)",
                      (unsigned)ins);
    else
        buffer_format(&message, "%s has no command %x %x with these P1 P2", linter->context.applet,
                      (unsigned)cla, (unsigned)ins);
    find(linter, "unknown-ins", &statement->at, buffer_string(&message));
    buffer_free(&message);
}

static void check_lengths(struct linter *linter, const struct statement *statement,
                          struct bytes wire) {
    struct apdu_command command;
    struct buffer message;
    if (apdu_command_parse(wire, &command) || expects_refusal(statement))
        return;
    buffer_init(&message, linter->command.memory);
    if (wire.size < APDU_HEADER_SIZE)
        buffer_format(&message, "a command has at least 4 octets, this one %z", wire.size);
    else
        buffer_format(&message, "Lc is %x, but %z octets follow it", (unsigned)wire.data[4],
                      wire.size - 5);
    find(linter, "wrong-lc", &statement->at, buffer_string(&message));
    buffer_free(&message);
}

static void check_tx(struct linter *linter, const struct statement *statement) {
    static const uint8_t fine[] = {0x90, 0x00};
    bool known = know_octets(linter, statement->value);
    struct bytes command = buffer_bytes(&linter->command);
    bool secret = command.size > 5 &&
                  dissect_is_secret(dissect_context_command(&linter->context, command), command);
    if (known)
        check_lengths(linter, statement, command);
    if (command.size >= APDU_HEADER_SIZE)
        check_ins(linter, statement, command);
    if (secret && linter->evaluation.secret_count == 0 && !is_guarded(statement->value))
        find(linter, "secret-in-clear", &statement->at,
             "a secret is written out; use secret(..), env(\"..\") or file(\"..\")");
    if (known)
        dissect_context_follow(&linter->context, command, BYTES_OF(fine));
}

static bool is_header_argument(struct bytes name) {
    static const char *const names[] = {"cla", "p1", "p2", "le"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (bytes_equal(name, bytes_of_string(names[i])))
            return true;
    return false;
}

static void check_command(struct linter *linter, const struct statement *statement) {
    const struct catalogue_command *row = statement->command;
    for (const struct argument *at = statement->arguments; at != NULL; at = at->next) {
        bool secret = row->secret;
        for (size_t i = 0; i < row->parameter_count; i++)
            secret |= row->parameters[i].secret &&
                      bytes_equal(at->name, bytes_of_string(row->parameters[i].name));
        bool data = !is_header_argument(at->name);
        if (secret && data && at->value != NULL && !is_guarded(at->value))
            find(linter, "secret-in-clear", &at->at,
                 "a secret is written out; use secret(..), env(\"..\") or file(\"..\")");
    }
}

static void check_answered(struct linter *linter, const struct statement *statement,
                           const struct statement *next) {
    bool looked_at =
        statement->expectations != NULL || (next != NULL && next->kind == STATEMENT_EXPECT);
    if (!looked_at)
        find(linter, "unchecked-answer", &statement->at,
             "nobody looks at the answer; add at least sw 9000");
}

static bool ends_block(const struct statement *statement) {
    return statement->kind == STATEMENT_EXIT || statement->kind == STATEMENT_FAIL ||
           statement->kind == STATEMENT_SKIP;
}

static bool is_section(const struct statement *statement) {
    return statement->kind == STATEMENT_CLEANUP || statement->kind == STATEMENT_INVARIANT ||
           statement->kind == STATEMENT_MACRO || statement->kind == STATEMENT_META;
}

// ---- walk ------------------------------------------------------------------------------------

static void walk(struct linter *linter, const struct statement *first);

static void visit(struct linter *linter, const struct statement *statement) {
    switch (statement->kind) {
    case STATEMENT_TX:
        check_tx(linter, statement);
        break;
    case STATEMENT_COMMAND:
        check_command(linter, statement);
        break;
    case STATEMENT_LET:
        take_let(linter, statement);
        break;
    case STATEMENT_RESET:
    case STATEMENT_COLD_RESET:
        dissect_context_reset(&linter->context);
        break;
    case STATEMENT_CARD:
        linter->context.applet = "";
        break;
    case STATEMENT_REPEAT:
        if (statement->name.size > 0)
            forget(linter, statement->name);
        if (statement->value->kind == EXPR_NUMBER && statement->value->number == 0)
            find(linter, "unreachable", &statement->at, "repeat 0 never runs its block");
        break;
    default:
        break;
    }
    take_captures(linter, statement->expectations);
    if (statement->kind == STATEMENT_MACRO) // called from anywhere
        linter->context.applet = "";
    for (const struct argument *at = statement->columns; at != NULL; at = at->next)
        forget(linter, at->name);
    if (statement->kind == STATEMENT_ROWS && statement->name.size > 0)
        forget(linter, statement->name);
    struct dissect_context before = linter->context;
    walk(linter, statement->body);
    if (statement->otherwise != NULL) { // either way may have been taken
        linter->context = before;
        walk(linter, statement->otherwise);
    }
    if (statement->kind == STATEMENT_IF)
        linter->context.applet = "";
    if (statement->kind == STATEMENT_CALL)
        linter->context.applet = "";
}

static bool sends(const struct statement *statement) {
    return statement->kind == STATEMENT_TX || statement->kind == STATEMENT_COMMAND;
}

static void walk(struct linter *linter, const struct statement *first) {
    bool stopped = false;
    for (const struct statement *at = first; at != NULL; at = at->next) {
        if (stopped && !is_section(at)) {
            find(linter, "unreachable", &at->at, "this is never reached");
            stopped = false; // one finding a block
        }
        visit(linter, at);
        if (sends(at))
            check_answered(linter, at, at->next);
        stopped |= ends_block(at);
    }
}

static void report_through(const struct script_reporter *reporter,
                           const struct script_diagnostic *what) {
    struct linter *linter = reporter->context;
    linter->findings++;
    linter->reporter->report(linter->reporter, what);
}

/// A top-level command waits for the next statement, which may be its expectation.
struct waiting {
    bool open;
    struct statement command; // a copy: the original dies with the next statement
};

struct top_level {
    struct linter *linter;
    struct waiting waiting;
    bool stopped;
};

static void settle(struct top_level *top, const struct statement *next) {
    if (top->waiting.open)
        check_answered(top->linter, &top->waiting.command, next);
    top->waiting.open = false;
}

static void visit_top(void *context, struct statement *statement) {
    struct top_level *top = context;
    settle(top, statement);
    if (top->stopped && !is_section(statement)) {
        find(top->linter, "unreachable", &statement->at, "this is never reached");
        top->stopped = false;
    }
    visit(top->linter, statement);
    top->stopped |= ends_block(statement);
    if (sends(statement))
        top->waiting = (struct waiting){true, *statement};
}

static void check_macros(struct linter *linter, const struct script_program *program) {
    for (const struct macro *macro = program->macros; macro != NULL; macro = macro->next)
        if (!macro->used && macro->at.source == program->main) // includes are libraries
            find(linter, "unreachable", &macro->at, "this macro is never called");
}

size_t lint_program(struct script_program *program, const struct script_ports *ports,
                    const struct script_reporter *reporter) {
    struct linter linter = {.reporter = reporter};
    struct script_reporter through = {report_through, &linter};
    struct script_ports closed = *ports; // no environment, no cryptography: only what is written
    struct top_level top = {.linter = &linter};
    closed.environment = NULL;
    closed.crypto = NULL;
    evaluation_init(&linter.evaluation, &closed, &program->sources, 0);
    buffer_init(&linter.command, ports->memory);
    linter.context.applet = "";
    linter.context.own = program->own;
    program_check(program, &through, visit_top, &top);
    settle(&top, NULL);
    check_macros(&linter, program);
    buffer_free(&linter.command);
    evaluation_free(&linter.evaluation);
    return linter.findings;
}
