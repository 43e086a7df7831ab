// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/evaluate.h"

enum { EVALUATION_DEPTH_MAX = 200, NUMBER_OCTETS_MAX = 8 };

void evaluation_init(struct evaluation *evaluation, const struct script_ports *ports,
                     struct script_sources *sources, uint64_t seed) {
    *evaluation = (struct evaluation){.ports = ports, .sources = sources};
    script_random_seed(&evaluation->random, seed);
    buffer_init(&evaluation->fault, ports->memory);
}

static void variable_free(struct evaluation *evaluation, struct variable *variable) {
    buffer_free(&variable->octets);
    evaluation->ports->memory->resize(evaluation->ports->memory, variable, 0);
}

static void free_list(struct evaluation *evaluation, struct variable *list) {
    while (list != NULL) {
        struct variable *next = list->next;
        variable_free(evaluation, list);
        list = next;
    }
}

void evaluation_free(struct evaluation *evaluation) {
    for (size_t i = 0; i < VARIABLE_BUCKETS; i++)
        free_list(evaluation, evaluation->globals[i]);
    free_list(evaluation, evaluation->locals);
    buffer_free(&evaluation->fault);
}

void evaluation_begin(struct evaluation *evaluation) {
    evaluation->secret_count = 0;
    evaluation->secret_overflow = false;
    evaluation->unknown = false;
}

bool evaluation_fail(struct evaluation *evaluation, const struct expr *at, const char *format,
                     struct bytes text, size_t number) {
    buffer_clear(&evaluation->fault);
    buffer_format(&evaluation->fault, format, text, number);
    evaluation->fault_at = at->at;
    return false;
}

// ---- variables -------------------------------------------------------------------------------

static struct variable **bucket(struct evaluation *evaluation, struct bytes name) {
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ name.data[i]) * 16777619u;
    return &evaluation->globals[hash % VARIABLE_BUCKETS];
}

static struct variable *find_local(struct evaluation *evaluation, struct bytes name) {
    for (struct variable *local = evaluation->locals; local != evaluation->barrier;
         local = local->next)
        if (bytes_equal(local->name, name))
            return local;
    return NULL;
}

struct variable *variable_find(struct evaluation *evaluation, struct bytes name) {
    struct variable *variable = find_local(evaluation, name);
    if (variable != NULL)
        return variable;
    for (variable = *bucket(evaluation, name); variable != NULL; variable = variable->next)
        if (bytes_equal(variable->name, name))
            return variable;
    return NULL;
}

struct variable *variable_new(struct evaluation *evaluation, struct bytes name) {
    const struct script_memory *memory = evaluation->ports->memory;
    struct variable *variable = memory->resize(memory, NULL, sizeof *variable);
    if (variable == NULL)
        return NULL;
    *variable = (struct variable){.name = name};
    buffer_init(&variable->octets, memory);
    return variable;
}

struct variable *variable_for(struct evaluation *evaluation, struct bytes name) {
    struct variable *variable = variable_find(evaluation, name);
    if (variable != NULL || (variable = variable_new(evaluation, name)) == NULL)
        return variable;
    struct variable **head = bucket(evaluation, name);
    variable->next = *head;
    *head = variable;
    return variable;
}

void variable_set_octets(struct variable *variable, struct bytes octets) {
    buffer_clear(&variable->octets);
    buffer_put(&variable->octets, octets);
    variable->kind = VALUE_OCTETS;
    variable->secret = variable->unknown = false;
}

void variable_set_text(struct variable *variable, struct bytes text) {
    variable_set_octets(variable, text);
    variable->kind = VALUE_TEXT;
}

void variable_set_number(struct variable *variable, uint64_t number) {
    variable->kind = VALUE_NUMBER;
    variable->number = number;
    variable->secret = variable->unknown = false;
}

struct variable *scope_enter(struct evaluation *evaluation) {
    struct variable *barrier = evaluation->barrier;
    evaluation->barrier = evaluation->locals;
    return barrier;
}

void scope_add(struct evaluation *evaluation, struct variable *parameter) {
    parameter->next = evaluation->locals;
    evaluation->locals = parameter;
}

void scope_leave(struct evaluation *evaluation, struct variable *mark, struct variable *barrier) {
    while (evaluation->locals != mark) {
        struct variable *local = evaluation->locals;
        evaluation->locals = local->next;
        variable_free(evaluation, local);
    }
    evaluation->barrier = barrier;
}

// ---- octets ----------------------------------------------------------------------------------

static void mark_secret(struct evaluation *evaluation, size_t offset, size_t size) {
    if (evaluation->secret_count == SECRET_SPANS_MAX)
        evaluation->secret_overflow = true;
    else
        evaluation->secrets[evaluation->secret_count++] = (struct secret_span){offset, size};
}

static bool put_variable(struct evaluation *evaluation, const struct expr *expr,
                         struct buffer *out) {
    struct variable *variable = variable_find(evaluation, expr->octets);
    if (variable == NULL)
        return evaluation_fail(evaluation, expr, "${%t} has no value yet", expr->octets, 0);
    if (variable->kind == VALUE_NUMBER)
        return evaluation_fail(evaluation, expr,
                               "${%t} is a number; say how wide it is, as in u8(${..})",
                               expr->octets, 0);
    if (variable->unknown)
        evaluation->unknown = true;
    if (variable->secret)
        mark_secret(evaluation, out->size, variable->octets.size);
    buffer_put(out, buffer_bytes(&variable->octets));
    return true;
}

static bool put_call(struct evaluation *evaluation, const struct expr *expr, struct buffer *out) {
    if (expr->function->octets == NULL)
        return evaluation_fail(evaluation, expr,
                               "%t() gives a number; say how wide it is, as in u8(..)",
                               bytes_of_string(expr->function->name), 0);
    if (++evaluation->depth > EVALUATION_DEPTH_MAX)
        return evaluation_fail(evaluation, expr, "values are nested too deep%t",
                               (struct bytes){NULL, 0}, 0);
    bool outer = evaluation->taken_secret;
    size_t begin = out->size;
    evaluation->taken_secret = false;
    bool ok = expr->function->octets(evaluation, expr, out);
    if (evaluation->taken_secret) // what is made of a secret is one
        mark_secret(evaluation, begin, out->size - begin);
    evaluation->taken_secret = outer;
    evaluation->depth--;
    return ok;
}

bool evaluate_octets(struct evaluation *evaluation, const struct expr *expr, struct buffer *out) {
    switch (expr->kind) {
    case EXPR_OCTETS:
    case EXPR_TEXT:
        buffer_put(out, expr->octets);
        break;
    case EXPR_VARIABLE:
        return put_variable(evaluation, expr, out);
    case EXPR_CALL:
        return put_call(evaluation, expr, out);
    case EXPR_SEQUENCE:
        for (const struct expr *part = expr->first; part != NULL; part = part->next)
            if (!evaluate_octets(evaluation, part, out))
                return false;
        break;
    default:
        return evaluation_fail(evaluation, expr, "a number stands where octets belong%t",
                               (struct bytes){NULL, 0}, 0);
    }
    return !out->failed ||
           evaluation_fail(evaluation, expr, "out of memory%t", (struct bytes){NULL, 0}, 0);
}

// ---- numbers ---------------------------------------------------------------------------------

static bool text_number(struct bytes text, uint64_t *out) {
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return text.size > 0;
}

static bool octets_number(struct evaluation *evaluation, const struct expr *expr,
                          struct bytes octets, uint64_t *out) {
    if (octets.size == 0 || octets.size > NUMBER_OCTETS_MAX)
        return evaluation_fail(evaluation, expr, "%ta number has 1 to 8 octets, not %z",
                               (struct bytes){NULL, 0}, octets.size);
    *out = bytes_get_be(octets.data, octets.size);
    return true;
}

static bool variable_number(struct evaluation *evaluation, const struct expr *expr, uint64_t *out) {
    struct variable *variable = variable_find(evaluation, expr->octets);
    if (variable == NULL)
        return evaluation_fail(evaluation, expr, "${%t} has no value yet", expr->octets, 0);
    evaluation->unknown |= variable->unknown;
    *out = variable->number;
    struct bytes octets = buffer_bytes(&variable->octets);
    if (variable->kind == VALUE_NUMBER || variable->unknown)
        return true;
    if (variable->kind == VALUE_OCTETS)
        return octets_number(evaluation, expr, octets, out);
    return text_number(octets, out) ||
           evaluation_fail(evaluation, expr, "the text in ${%t} is not a number", expr->octets, 0);
}

static bool call_number(struct evaluation *evaluation, const struct expr *expr, uint64_t *out) {
    if (expr->function->number != NULL)
        return expr->function->number(evaluation, expr, out);
    struct buffer octets;
    buffer_init(&octets, evaluation->ports->memory);
    bool ok = put_call(evaluation, expr, &octets) &&
              octets_number(evaluation, expr, buffer_bytes(&octets), out);
    buffer_free(&octets);
    return ok;
}

static bool combine(struct evaluation *evaluation, const struct expr *expr, uint64_t *out) {
    uint64_t a, b;
    if (!evaluate_number(evaluation, expr->first, &a) ||
        !evaluate_number(evaluation, expr->first->next, &b))
        return false;
    bool overflow = expr->kind == EXPR_ADD        ? __builtin_add_overflow(a, b, out)
                    : expr->kind == EXPR_SUBTRACT ? __builtin_sub_overflow(a, b, out)
                                                  : __builtin_mul_overflow(a, b, out);
    return !overflow ||
           evaluation_fail(evaluation, expr, "%tthe result is below 0 or above 64 bits",
                           (struct bytes){NULL, 0}, 0);
}

bool evaluate_number(struct evaluation *evaluation, const struct expr *expr, uint64_t *out) {
    switch (expr->kind) {
    case EXPR_NUMBER:
        *out = expr->number;
        return true;
    case EXPR_VARIABLE:
        return variable_number(evaluation, expr, out);
    case EXPR_CALL:
        return call_number(evaluation, expr, out);
    case EXPR_ADD:
    case EXPR_SUBTRACT:
    case EXPR_MULTIPLY:
        return combine(evaluation, expr, out);
    default:
        return evaluation_fail(evaluation, expr, "a number is expected%t", (struct bytes){NULL, 0},
                               0);
    }
}

// ---- typed values ----------------------------------------------------------------------------

static const struct expr *single(const struct expr *expr) {
    return expr->kind == EXPR_SEQUENCE && expr->first != NULL && expr->first->next == NULL
               ? expr->first
               : expr;
}

static bool copy_variable(struct evaluation *evaluation, const struct expr *expr,
                          struct variable *out) {
    struct variable *from = variable_find(evaluation, expr->octets);
    if (from == NULL)
        return evaluation_fail(evaluation, expr, "${%t} has no value yet", expr->octets, 0);
    if (from == out)
        return true;
    variable_set_octets(out, buffer_bytes(&from->octets));
    out->kind = from->kind;
    out->number = from->number;
    out->secret = from->secret;
    out->unknown = from->unknown;
    return true;
}

bool evaluate_into(struct evaluation *evaluation, const struct expr *expr, struct variable *out) {
    const struct expr *only = single(expr);
    struct buffer octets;
    if (only->kind == EXPR_VARIABLE)
        return copy_variable(evaluation, only, out);
    if (only->kind == EXPR_CALL && only->function->octets == NULL) {
        out->kind = VALUE_NUMBER;
        out->secret = out->unknown = false;
        return only->function->number(evaluation, only, &out->number);
    }
    evaluation_begin(evaluation);
    buffer_init(&octets, evaluation->ports->memory); // the old value may be part of the new one
    bool ok = evaluate_octets(evaluation, expr, &octets);
    if (ok) {
        variable_set_octets(out, buffer_bytes(&octets));
        out->kind = only->kind == EXPR_TEXT ? VALUE_TEXT : VALUE_OCTETS;
        out->secret = evaluation->secret_count > 0;
        out->unknown = evaluation->unknown;
    }
    buffer_free(&octets);
    return ok;
}

/// Hex, and the text that it may be.
static void put_octets_readable(struct bytes octets, struct buffer *out) {
    bool printable = octets.size > 1;
    for (size_t i = 0; i < octets.size; i++)
        printable &= octets.data[i] >= 0x20 && octets.data[i] < 0x7F;
    buffer_format(out, printable ? "%h \"%t\"" : "%h", octets, octets);
}

static bool put_readable(struct evaluation *evaluation, const struct expr *expr,
                         struct buffer *out) {
    if (expr->kind == EXPR_TEXT) {
        buffer_put(out, expr->octets);
        return true;
    }
    struct variable value = {.name = expr->octets};
    buffer_init(&value.octets, evaluation->ports->memory);
    bool ok = evaluate_into(evaluation, expr, &value);
    if (ok && value.secret)
        buffer_text(out, "(secret)");
    else if (ok && value.kind == VALUE_NUMBER)
        buffer_format(out, "%l", value.number);
    else if (ok && value.kind == VALUE_TEXT)
        buffer_put(out, buffer_bytes(&value.octets));
    else if (ok)
        put_octets_readable(buffer_bytes(&value.octets), out);
    buffer_free(&value.octets);
    return ok;
}

bool evaluate_text(struct evaluation *evaluation, const struct expr *expr, struct buffer *out) {
    for (const struct expr *part = expr->first; part != NULL; part = part->next)
        if (!put_readable(evaluation, part, out))
            return false;
    return true;
}
