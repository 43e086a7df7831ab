// SPDX-License-Identifier: Apache-2.0
// Expectations at run time: what is selected, what is compared, what is said when it differs.
#include "apdu/script/run/run_internal.h"

struct bytes runner_answer_data(const struct runner *runner) {
    return runner->answered ? bytes_of(runner->answer, runner->answer_size - 2)
                            : (struct bytes){NULL, 0};
}

uint16_t runner_answer_sw(const struct runner *runner) {
    return runner->answered ? (uint16_t)bytes_get_be(runner->answer + runner->answer_size - 2, 2)
                            : 0;
}

bool expects_mute(const struct expectation *first) {
    for (; first != NULL; first = first->next)
        if (first->check == CHECK_MUTE)
            return true;
    return false;
}

// ---- selection -------------------------------------------------------------------------------

enum selected { SELECTED, SELECTED_NOT, SELECT_FAULT };

static bool slice(struct runner *runner, const struct selector *selector, struct bytes *value,
                  bool *fits) {
    uint64_t offset = 0, count = 0;
    *fits = true;
    if (selector->offset == NULL)
        return true;
    if (!evaluate_number(&runner->evaluation, selector->offset, &offset) ||
        (selector->count != NULL && !evaluate_number(&runner->evaluation, selector->count, &count)))
        return false;
    *fits = offset <= value->size && count <= value->size - offset;
    if (*fits)
        *value =
            bytes_of(value->data + offset, selector->count != NULL ? count : value->size - offset);
    return true;
}

/// Octets of a selector; held keeps those of an expression alive.
static enum selected select_octets(struct runner *runner, const struct selector *selector,
                                   struct buffer *held, struct bytes *value) {
    const struct path_step *missing;
    bool fits = true;
    if (selector->value != NULL) {
        if (!evaluate_octets(&runner->evaluation, selector->value, held))
            return SELECT_FAULT;
        *value = buffer_bytes(held);
    } else
        *value = selector->kind == SELECT_ATR ? bytes_of(runner->atr, runner->atr_size)
                                              : runner_answer_data(runner);
    if (selector->kind == SELECT_TLV && !path_find(*value, selector->path, value, &missing))
        return SELECTED_NOT;
    if (!slice(runner, selector, value, &fits))
        return SELECT_FAULT;
    return fits ? SELECTED : SELECTED_NOT;
}

static void selector_render(const struct selector *selector, struct buffer *out) {
    static const char *const words[] = {"data", "tlv ", "sw", "length", "time", "atr", "value"};
    buffer_text(out, words[selector->kind]);
    path_render(selector->path, out);
    if (selector->offset != NULL)
        buffer_text(out, "[..]");
}

// ---- saying it -------------------------------------------------------------------------------

enum { SHOWN_MAX = 64 };

static void put_answer(struct runner *runner, struct buffer *out) {
    struct bytes data = runner_answer_data(runner);
    struct bytes shown = data;
    if (shown.size > SHOWN_MAX)
        shown.size = SHOWN_MAX;
    if (!runner->answered)
        buffer_text(out, "    answer   none\n");
    else
        buffer_format(out, "    answer   %h%s%s%w (%s)\n", shown,
                      shown.size < data.size ? " .." : "", data.size > 0 ? " " : "",
                      (unsigned)runner_answer_sw(runner), status_text(runner_answer_sw(runner)));
}

static enum flow fail_expectation(struct runner *runner, const struct expectation *expectation,
                                  struct buffer *message, struct buffer *detail) {
    enum flow flow = runner_fail(runner, OUTCOME_FAILED, &expectation->at, buffer_string(message),
                                 buffer_string(detail));
    return flow;
}

/// Message and detail of one failure, freed after it is reported.
#define FAIL_WITH(runner, expectation, ...)                                                        \
    do {                                                                                           \
        struct buffer message, detail;                                                             \
        buffer_init(&message, (runner)->ports->memory);                                            \
        buffer_init(&detail, (runner)->ports->memory);                                             \
        __VA_ARGS__;                                                                               \
        enum flow flow = fail_expectation(runner, expectation, &message, &detail);                 \
        buffer_free(&message);                                                                     \
        buffer_free(&detail);                                                                      \
        return flow;                                                                               \
    } while (false)

static enum flow fail_sw(struct runner *runner, const struct expectation *expectation) {
    uint16_t sw = runner_answer_sw(runner);
    FAIL_WITH(runner, expectation,
              (buffer_format(&message, "status word is %w (%s), expected ", (unsigned)sw,
                             status_text(sw)),
               sw_rules_render(expectation->words, &message), put_answer(runner, &detail)));
}

static enum flow fail_missing(struct runner *runner, const struct expectation *expectation) {
    FAIL_WITH(runner, expectation,
              (selector_render(&expectation->selector, &message),
               buffer_text(&message, " is not in the answer"), put_answer(runner, &detail)));
}

static enum flow fail_present(struct runner *runner, const struct expectation *expectation) {
    FAIL_WITH(runner, expectation,
              (selector_render(&expectation->selector, &message),
               buffer_text(&message, " is there, expected it absent"),
               put_answer(runner, &detail)));
}

static void say_mismatch(const struct expectation *expectation, struct bytes value,
                         const struct mismatch *mismatch, struct buffer *out) {
    selector_render(&expectation->selector, out);
    if (expectation->pattern == NULL)
        buffer_format(out, " has %z octets, expected none", value.size);
    else if (mismatch->too_short)
        buffer_format(out, " ends after %z octets, expected more", value.size);
    else if (mismatch->too_long)
        buffer_format(out, " has %z octets, expected %z", value.size, mismatch->offset);
    else
        buffer_format(out, " differs at octet %z, which is %x", mismatch->offset,
                      (unsigned)value.data[mismatch->offset]);
}

static enum flow fail_pattern(struct runner *runner, const struct expectation *expectation,
                              struct bytes value, const struct mismatch *mismatch) {
    FAIL_WITH(runner, expectation,
              (say_mismatch(expectation, value, mismatch, &message),
               mismatch_render(&runner->evaluation, expectation->pattern, value, mismatch, &detail),
               put_answer(runner, &detail)));
}

static void put_limits(const struct expectation *expectation, uint64_t low, uint64_t high,
                       struct buffer *out) {
    bool time = expectation->selector.kind == SELECT_TIME;
    uint64_t unit = time ? 1000 : 1; // times are shown in microseconds
    if (expectation->low == expectation->high)
        buffer_format(out, "%l", low / unit);
    else if (expectation->low == NULL)
        buffer_format(out, "at most %l", high / unit);
    else if (expectation->high == NULL)
        buffer_format(out, "at least %l", low / unit);
    else
        buffer_format(out, "%l..%l", low / unit, high / unit);
    buffer_text(out, time ? " us" : "");
}

static enum flow fail_number(struct runner *runner, const struct expectation *expectation,
                             uint64_t value, uint64_t low, uint64_t high) {
    bool time = expectation->selector.kind == SELECT_TIME;
    FAIL_WITH(runner, expectation,
              (selector_render(&expectation->selector, &message),
               buffer_format(&message, " is %l%s, expected ", time ? value / 1000 : value,
                             time ? " us" : ""),
               put_limits(expectation, low, high, &message), put_answer(runner, &detail)));
}

// ---- checks ----------------------------------------------------------------------------------

static enum flow check_pattern(struct runner *runner, const struct expectation *expectation,
                               struct bytes value) {
    struct mismatch mismatch;
    switch (pattern_match(&runner->evaluation, expectation->pattern, value, &mismatch)) {
    case MATCH_YES:
        return FLOW_ON;
    case MATCH_NO:
        return fail_pattern(runner, expectation, value, &mismatch);
    default:
        return runner_fault(runner);
    }
}

static bool limits(struct runner *runner, const struct expectation *expectation, uint64_t *low,
                   uint64_t *high) {
    struct evaluation *evaluation = &runner->evaluation;
    *low = 0;
    *high = UINT64_MAX;
    return (expectation->low == NULL || evaluate_number(evaluation, expectation->low, low)) &&
           (expectation->high == NULL || evaluate_number(evaluation, expectation->high, high));
}

static enum flow check_number(struct runner *runner, const struct expectation *expectation,
                              uint64_t value) {
    uint64_t low, high;
    if (!limits(runner, expectation, &low, &high))
        return runner_fault(runner);
    return value >= low && value <= high ? FLOW_ON
                                         : fail_number(runner, expectation, value, low, high);
}

static enum flow check_octets_number(struct runner *runner, const struct expectation *expectation,
                                     struct bytes value) {
    if (value.size == 0 || value.size > 8)
        return runner_fail(runner, OUTCOME_FAILED, &expectation->at,
                           "a number to compare has 1 to 8 octets", NULL);
    return check_number(runner, expectation, bytes_get_be(value.data, value.size));
}

static enum flow store(struct runner *runner, const struct expectation *expectation,
                       struct bytes value) {
    struct variable *variable = variable_for(&runner->evaluation, expectation->name);
    if (variable == NULL)
        return runner_fail(runner, OUTCOME_ERROR, &expectation->at, "out of memory", NULL);
    variable_set_octets(variable, value);
    return FLOW_ON;
}

static enum flow check_octets(struct runner *runner, const struct expectation *expectation) {
    struct buffer held;
    struct bytes value = {NULL, 0};
    buffer_init(&held, runner->ports->memory);
    evaluation_begin(&runner->evaluation);
    enum selected selected = select_octets(runner, &expectation->selector, &held, &value);
    enum flow flow = FLOW_ON;
    if (selected == SELECT_FAULT)
        flow = runner_fault(runner);
    else if (expectation->check == CHECK_ABSENT)
        flow = selected == SELECTED_NOT ? FLOW_ON : fail_present(runner, expectation);
    else if (selected == SELECTED_NOT)
        flow = fail_missing(runner, expectation);
    else if (expectation->check == CHECK_PATTERN)
        flow = check_pattern(runner, expectation, value);
    else if (expectation->check == CHECK_NUMBER)
        flow = check_octets_number(runner, expectation, value);
    else if (expectation->check == CHECK_CAPTURE)
        flow = store(runner, expectation, value);
    buffer_free(&held);
    return flow;
}

/// ${NUMBER} in 1..5 compares the number itself.
static bool is_number_variable(struct runner *runner, const struct expectation *expectation,
                               uint64_t *value) {
    const struct expr *expr = expectation->selector.value;
    if (expectation->selector.kind != SELECT_VALUE || expr->kind != EXPR_VARIABLE)
        return false;
    struct variable *variable = variable_find(&runner->evaluation, expr->octets);
    if (variable == NULL || variable->kind != VALUE_NUMBER)
        return false;
    *value = variable->number;
    return true;
}

static enum flow capture_number(struct runner *runner, const struct expectation *expectation,
                                uint64_t value) {
    struct variable *variable = variable_for(&runner->evaluation, expectation->name);
    if (variable == NULL)
        return runner_fail(runner, OUTCOME_ERROR, &expectation->at, "out of memory", NULL);
    variable_set_number(variable, value);
    return FLOW_ON;
}

static enum flow check_one(struct runner *runner, const struct expectation *expectation) {
    uint64_t value = 0;
    bool numeric = true;
    switch (expectation->selector.kind) {
    case SELECT_LENGTH:
        value = runner_answer_data(runner).size;
        break;
    case SELECT_TIME:
        value = runner->elapsed;
        break;
    case SELECT_SW:
        value = runner_answer_sw(runner);
        break;
    default:
        numeric = is_number_variable(runner, expectation, &value);
        break;
    }
    if (expectation->check == CHECK_SW)
        return sw_matches(expectation->words, runner_answer_sw(runner))
                   ? FLOW_ON
                   : fail_sw(runner, expectation);
    if (numeric && expectation->check == CHECK_NUMBER)
        return check_number(runner, expectation, value);
    if (numeric && expectation->check == CHECK_CAPTURE)
        return capture_number(runner, expectation, value);
    return check_octets(runner, expectation);
}

static bool is_about_answer(const struct expectation *expectation) {
    return expectation->selector.value == NULL && expectation->selector.kind != SELECT_ATR &&
           expectation->selector.kind != SELECT_TIME;
}

static enum flow run_expectation(struct runner *runner, const struct expectation *expectation) {
    runner->now->checks++;
    if (expectation->check == CHECK_MUTE)
        return !runner->answered ? FLOW_ON
                                 : runner_fail(runner, OUTCOME_FAILED, &expectation->at,
                                               "the card answers, expected it mute", NULL);
    if (is_about_answer(expectation) && !runner->answered)
        return runner_fail(runner, OUTCOME_FAILED, &expectation->at,
                           "there is no answer to compare with", NULL);
    return check_one(runner, expectation);
}

static void capture_unknown(struct runner *runner, struct bytes name) {
    struct variable *variable = variable_for(&runner->evaluation, name);
    if (variable == NULL)
        return;
    variable_set_octets(variable, (struct bytes){NULL, 0});
    variable->unknown = true;
}

/// A dry run has no answers: only the names that would be captured exist.
static void skip_expectation(struct runner *runner, const struct expectation *expectation) {
    if (expectation->check == CHECK_CAPTURE)
        capture_unknown(runner, expectation->name);
    for (const struct pattern *part = expectation->pattern; part != NULL; part = part->next)
        if (part->kind == PATTERN_CAPTURE)
            capture_unknown(runner, part->name);
}

enum flow run_expectations(struct runner *runner, const struct expectation *first) {
    enum flow flow = FLOW_ON;
    for (const struct expectation *at = first; at != NULL && flow == FLOW_ON; at = at->next) {
        if (runner->options->dry_run)
            skip_expectation(runner, at);
        else
            flow = run_expectation(runner, at);
    }
    return flow;
}

// ---- conditions ------------------------------------------------------------------------------

enum flow run_condition(struct runner *runner, const struct expectation *condition, bool *holds) {
    bool asks = runner->asks;
    runner->asks = true;
    runner->denied = false;
    enum flow flow = run_expectation(runner, condition);
    runner->asks = asks;
    runner->now->checks--; // nothing was expected
    *holds = flow == FLOW_ON;
    return runner->denied ? FLOW_ON : flow;
}

bool needs_answer(struct runner *runner, const struct expectation *condition) {
    struct buffer octets;
    if (condition->selector.kind != SELECT_VALUE)
        return true;
    buffer_init(&octets, runner->ports->memory);
    evaluation_begin(&runner->evaluation);
    bool known = evaluate_octets(&runner->evaluation, condition->selector.value, &octets) ||
                 !runner->evaluation.unknown;
    known = known && !runner->evaluation.unknown;
    buffer_free(&octets);
    return !known;
}
