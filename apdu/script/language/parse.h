// SPDX-License-Identifier: Apache-2.0
// Parser of the native script language. It hands out one top-level statement at a time, so that a
// script of any length needs the memory of its longest block; macros, cleanups and invariants of
// the first pass are kept in the program. After an error it goes on behind the line.
#ifndef APDU_SCRIPT_LANGUAGE_PARSE_H
#define APDU_SCRIPT_LANGUAGE_PARSE_H

#include "apdu/script/language/reading/lexer.h"
#include "apdu/script/language/reading/names.h"
#include "apdu/script/language/syntax.h"

enum { SCRIPT_INCLUDE_MAX = 16, SCRIPT_NESTING_MAX = 64 };

/// What outlives a pass over the script.
struct script_program {
    struct script_sources sources;
    const struct script_source *main;
    struct arena keep;
    struct macro *macros;
    struct statement *cleanups, *invariants; // top level, in order
    struct argument *metadata;               // name, and value as EXPR_TEXT
    uint64_t timeout;                        // "#! timeout 30s" in nanoseconds; 0: none
    struct argument *tests;                  // titles of the test blocks, as names, in order
    size_t error_count;
    const struct catalogue_own *own; // somebody else's commands, too; NULL: none
    struct script_names names;       // variables, where they are used and set
    bool is_part; // of a script: what it calls may be defined where it is included
};

struct script_level {
    struct lexer lexer;
    struct token token; // look-ahead of this level
    uint32_t nesting;   // blocks open when the file was entered
};

struct script_parser {
    struct script_program *program;
    const struct script_reporter *reporter;
    struct arena pass;   // dies with the next statement
    struct arena *arena; // where nodes go now
    bool first_pass;
    struct script_level levels[SCRIPT_INCLUDE_MAX + 1];
    uint32_t level;
    uint32_t nesting;          // open blocks
    uint32_t late;             // of them such whose statements may run after what stands below
    const struct macro *macro; // whose body is open
    enum statement_kind block; // the innermost one, when nesting > 0
    uint32_t depth;            // of nested expressions
    bool failed;               // the statement under way is spoiled
    struct token token;        // look-ahead
};

/// An empty program; memory and files must outlive it.
void program_init(struct script_program *program, const struct script_memory *memory,
                  const struct script_files *files);
/// Frees tree and sources.
void program_free(struct script_program *program);

/// first_pass: macros, cleanups, invariants and metadata go into the program; a later pass finds
/// them there and skips their definitions.
void parser_init(struct script_parser *parser, struct script_program *program,
                 const struct script_reporter *reporter, bool first_pass);
void parser_free(struct script_parser *parser);

enum parse_result { PARSE_STATEMENT, PARSE_END, PARSE_ERROR };

/// The next top-level statement; it lives until the next call (first pass: kept ones longer).
/// PARSE_ERROR: reported; call again to go on.
enum parse_result parser_next(struct script_parser *parser, struct statement **out);

/// A whole first pass; visit (may be NULL) sees every statement. False: errors were reported.
bool program_check(struct script_program *program, const struct script_reporter *reporter,
                   void (*visit)(void *context, struct statement *statement), void *context);

/// Value of a "#! name" line, empty if there is none.
struct bytes program_metadata(const struct script_program *program, const char *name);

#endif
