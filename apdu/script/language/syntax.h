// SPDX-License-Identifier: Apache-2.0
// The syntax tree of the native script language: what the parser makes and the runner, the linter
// and the exporters walk. Nodes live in an arena; spans point into the source text or the arena.
// The grammar is docs/script-language.md.
#ifndef APDU_SCRIPT_LANGUAGE_SYNTAX_H
#define APDU_SCRIPT_LANGUAGE_SYNTAX_H

#include "apdu/command/catalogue.h"
#include "apdu/command/own.h"
#include "apdu/octets/tlv.h"
#include "apdu/script/language/source.h"

enum expr_kind {
    EXPR_OCTETS,   // literal hex
    EXPR_TEXT,     // "text", escapes resolved
    EXPR_VARIABLE, // ${NAME}
    EXPR_CALL,     // function(arguments)
    EXPR_NUMBER,   // literal number; times in nanoseconds
    EXPR_ADD,
    EXPR_SUBTRACT,
    EXPR_MULTIPLY,
    EXPR_SEQUENCE, // first..: octets one after the other
};

struct evaluation; // evaluate.h
struct expr;

/// A function of script values, a row of the table in function.c.
struct script_function {
    const char *name;
    /// One letter an argument: n number, o octets, h hex tag; a letter in upper case is optional.
    const char *arguments;
    /// Appends octets. False: evaluation->fault is set.
    bool (*octets)(struct evaluation *evaluation, const struct expr *call, struct buffer *out);
    /// For number contexts; NULL: the octets, big-endian.
    bool (*number)(struct evaluation *evaluation, const struct expr *call, uint64_t *out);
    const char *help;
};

struct expr {
    enum expr_kind kind;
    struct script_position at;
    struct bytes octets; // literal, text, or variable name
    uint64_t number;
    const struct script_function *function;
    struct expr *first; // arguments, operands or parts
    struct expr *next;  // sibling
};

enum pattern_kind {
    PATTERN_MASKED,  // octets under a mask of the same size
    PATTERN_EXPR,    // octets known when it is run
    PATTERN_REST,    // *: any number of octets
    PATTERN_CAPTURE, // (NAME:count) or (NAME:*)
    PATTERN_RANGE,   // [lo..hi]: one octet
};

struct pattern {
    enum pattern_kind kind;
    struct script_position at;
    struct bytes value, mask; // PATTERN_MASKED; RANGE: value is lo, hi
    struct expr *expr;        // PATTERN_EXPR; CAPTURE: the count, NULL for the rest
    struct bytes name;        // PATTERN_CAPTURE
    struct pattern *next;
};

struct path_step {
    tlv_tag tag;
    uint32_t index; // which of equal tags, from 1
    struct path_step *next;
};

enum selector_kind {
    SELECT_DATA,   // answer data, or data[offset:count]
    SELECT_TLV,    // tlv PATH [of OCTETS]
    SELECT_SW,     // status word
    SELECT_LENGTH, // octets of answer data
    SELECT_TIME,   // of the last exchange
    SELECT_ATR,    // of the last reset
    SELECT_VALUE,  // any octets expression
};

struct selector {
    enum selector_kind kind;
    struct expr *offset, *count; // slice; count NULL: up to the end
    struct path_step *path;
    struct expr *value; // SELECT_VALUE; SELECT_TLV: where to look, NULL the answer
};

enum check_kind {
    CHECK_PATTERN,
    CHECK_NUMBER, // low..high, both allowed
    CHECK_EXISTS,
    CHECK_ABSENT,
    CHECK_SW,
    CHECK_MUTE,    // no answer must come
    CHECK_CAPTURE, // store in name
};

struct sw_rule {
    uint16_t low, high; // under mask; a plain word has low == high
    uint16_t mask;
    bool negative;
    struct sw_rule *next;
};

struct expectation {
    enum check_kind check;
    struct script_position at;
    struct selector selector;
    struct pattern *pattern;
    struct expr *low, *high; // NULL: open end
    struct sw_rule *words;
    struct bytes name;
    struct expectation *next;
};

enum statement_kind {
    STATEMENT_TX,
    STATEMENT_COMMAND, // a catalogue command by name
    STATEMENT_LET,
    STATEMENT_RESET,
    STATEMENT_COLD_RESET,
    STATEMENT_POWER_CUT,
    STATEMENT_INSERT,
    STATEMENT_REMOVE,
    STATEMENT_CARD,
    STATEMENT_ECHO,
    STATEMENT_DELAY,
    STATEMENT_EXPECT, // expectations on the last answer
    STATEMENT_MACRO,  // already registered with the program
    STATEMENT_CALL,
    STATEMENT_REPEAT,
    STATEMENT_IF,   // one expectation as its condition
    STATEMENT_ROWS, // of a CSV file: name is the round's number, table the text
    STATEMENT_SETUP,
    STATEMENT_CLEANUP,
    STATEMENT_INVARIANT,
    STATEMENT_TEST,
    STATEMENT_WITHIN,
    STATEMENT_ON_FAIL,
    STATEMENT_AUTO,
    STATEMENT_FAIL,
    STATEMENT_SKIP,
    STATEMENT_EXIT,
    STATEMENT_META,
    STATEMENT_KIND_COUNT
};

enum fail_policy { FAIL_CLEANUP, FAIL_CONTINUE, FAIL_STOP };

/// What `auto` may switch on; all off unless a script asks.
enum auto_option { AUTO_RESPONSE = 1, AUTO_LE = 2 };

/// name=octets, or a macro argument (name empty).
struct argument {
    struct bytes name;
    struct script_position at;
    struct expr *value;     // sequence of octets
    struct bytes reference; // @NAME instead of a value
    struct argument *next;
};

struct macro {
    struct bytes name;
    struct script_position at;
    size_t parameter_count;
    struct argument *parameters; // names only
    struct statement *body;
    bool used;   // by a call, of another macro's body too
    bool needed; // by a call that runs (apdu/script/run/needs.h)
    struct macro *next;
};

struct statement {
    enum statement_kind kind;
    struct script_position at;
    struct bytes card; // "NAME:" before it; empty: the present card
    struct bytes name; // variable, card, title, ...
    bool number;       // LET: value is a number
    bool has_policy;   // on-fail after a block
    enum fail_policy policy;
    uint32_t options, options_mask; // AUTO
    struct expr *value;
    struct expectation *expectations;
    struct argument *arguments;
    const struct catalogue_command *command;
    struct macro *macro;
    struct statement *body;
    struct statement *otherwise;       // IF: of its else
    const struct script_source *table; // ROWS
    struct argument *columns;          // ROWS: names only
    struct statement *next;
};

#endif
