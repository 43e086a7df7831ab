// SPDX-License-Identifier: Apache-2.0
// Values at run time: variables with their types, and the evaluation of expressions into octets or
// numbers. Octets marked secret stay known as such, so that traces can mask them.
#ifndef APDU_SCRIPT_LANGUAGE_EVALUATE_H
#define APDU_SCRIPT_LANGUAGE_EVALUATE_H

#include "apdu/script/language/keys.h"
#include "apdu/script/language/ports.h"
#include "apdu/script/language/syntax.h"

enum value_kind { VALUE_OCTETS, VALUE_TEXT, VALUE_NUMBER };

struct variable {
    struct bytes name; // into the source text
    enum value_kind kind;
    struct buffer octets;
    uint64_t number;
    bool secret;
    bool unknown; // a dry run captured it: there is no answer to take it from
    struct variable *next;
};

enum { VARIABLE_BUCKETS = 64, SECRET_SPANS_MAX = 16 };

/// Octets of the output that must not be shown.
struct secret_span {
    size_t offset, size;
};

struct evaluation {
    const struct script_ports *ports;
    struct script_sources *sources;
    const struct script_keys *keys; // for key(); NULL: there are none
    struct script_random random;
    struct variable *globals[VARIABLE_BUCKETS];
    struct variable *locals;  // parameters of the macros under way, newest first
    struct variable *barrier; // locals from here on belong to callers
    struct secret_span secrets[SECRET_SPANS_MAX];
    size_t secret_count;
    bool secret_overflow; // more spans than can be told apart: everything is secret
    bool taken_secret;    // an argument of the call under way was secret
    bool unknown;         // an unknown variable was used
    uint32_t depth;
    struct buffer fault; // message of the last failure
    struct script_position fault_at;
};

/// Nothing is set yet. Ports and sources must outlive it; equal seeds draw equal numbers.
void evaluation_init(struct evaluation *evaluation, const struct script_ports *ports,
                     struct script_sources *sources, uint64_t seed);
/// Erases and frees every variable.
void evaluation_free(struct evaluation *evaluation);
/// Forgets secrets and the unknown mark: before each statement.
void evaluation_begin(struct evaluation *evaluation);

/// Appends the octets of an expression. False: evaluation->fault and fault_at say why.
bool evaluate_octets(struct evaluation *evaluation, const struct expr *expr, struct buffer *out);
/// The number of an expression; octets count as a big-endian integer. False as above.
bool evaluate_number(struct evaluation *evaluation, const struct expr *expr, uint64_t *out);
/// Into a variable, with its type.
bool evaluate_into(struct evaluation *evaluation, const struct expr *expr, struct variable *out);
/// For people: texts as they are, octets as hex, numbers in decimal.
bool evaluate_text(struct evaluation *evaluation, const struct expr *expr, struct buffer *out);

/// A message about an expression. Formats as buffer_format with one %t and one %z. Returns false.
bool evaluation_fail(struct evaluation *evaluation, const struct expr *at, const char *format,
                     struct bytes text, size_t number);

/// A parameter of the running macro, else a global variable; NULL: neither is there.
struct variable *variable_find(struct evaluation *evaluation, struct bytes name);
/// Finds or makes a variable for writing: a parameter of the running macro, else a global one.
/// NULL when memory is out.
struct variable *variable_for(struct evaluation *evaluation, struct bytes name);
/// Copies octets into a variable; it is no secret and known then.
void variable_set_octets(struct variable *variable, struct bytes octets);
/// The same for a text.
void variable_set_text(struct variable *variable, struct bytes text);
/// The same for a number.
void variable_set_number(struct variable *variable, uint64_t number);

/// Global variables between two runs over one program. Zeroed, then memory set by the caller.
struct script_memo {
    const struct script_memory *memory;
    struct variable *first;
};

/// Replaces what the memo holds by copies of the global variables. False: memory is out.
bool memo_keep(struct script_memo *memo, const struct evaluation *evaluation);
/// Sets global variables to what the memo holds. False: memory is out.
bool memo_give(const struct script_memo *memo, struct evaluation *evaluation);
/// Erases and frees what the memo holds; it may be used again.
void memo_free(struct script_memo *memo);

/// Opens a scope for a macro and closes it again.
struct variable *scope_enter(struct evaluation *evaluation);
/// Puts a parameter, which is the scope's from then on, into the scope that is open.
void scope_add(struct evaluation *evaluation, struct variable *parameter);
/// Closes a scope: frees its parameters and gives back what scope_enter returned (barrier); mark is
/// the value of evaluation->locals before it.
void scope_leave(struct evaluation *evaluation, struct variable *mark, struct variable *barrier);
/// A variable that stands nowhere yet; NULL when memory is out.
struct variable *variable_new(struct evaluation *evaluation, struct bytes name);

#endif
