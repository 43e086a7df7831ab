// SPDX-License-Identifier: Apache-2.0
// What the parts of the parser share: token handling, errors, and the productions that other parts
// start from. Only parse*.c include it.
#ifndef APDU_SCRIPT_PARSE_INTERNAL_H
#define APDU_SCRIPT_PARSE_INTERNAL_H

#include "apdu/script/function.h"
#include "apdu/script/parse.h"

/// Moves to the next token; a broken one is reported.
void parse_advance(struct script_parser *parser);
/// Takes the present token if it is this word or mark.
bool parse_take_word(struct script_parser *parser, const char *word);
bool parse_take_mark(struct script_parser *parser, char mark);
/// As parse_take_mark, but anything else is an error that says what was expected.
bool parse_need_mark(struct script_parser *parser, char mark, const char *where);
/// Reports an error at a place; the statement is spoiled, later errors in it are silent.
void parse_fault(struct script_parser *parser, const struct script_position *at,
                 const char *message);
/// As parse_fault. Formats as buffer_format with two
/// arguments: %t first text, %s second word.
void parse_fail(struct script_parser *parser, const struct script_position *at, const char *format,
                struct bytes text, const char *word);
/// "expected X, found Y" at the present token.
void parse_fail_expected(struct script_parser *parser, const char *expected);

void *parse_node(struct script_parser *parser, size_t size);

/// At a line end, '}', '{' or the end of the text?
bool parse_at_end(const struct script_parser *parser);

/// Octets up to the end of line, ',', ')' or '{'. NULL after an error. An empty sequence is a node
/// without parts.
/// One part of octets: hex, "text", ${NAME} or a call.
struct expr *parse_part(struct script_parser *parser);
struct expr *parse_octets(struct script_parser *parser);
struct expr *parse_number(struct script_parser *parser);
/// A number with ns, us, ms or s: nanoseconds.
struct expr *parse_duration(struct script_parser *parser);
/// The same of a text: "30s", "500 ms". False: it is none.
bool parse_duration_text(struct bytes text, uint64_t *nanoseconds);
/// Hex digits of a word into octets of the arena; reports odd counts and foreign characters.
bool parse_hex(struct script_parser *parser, const struct token *token, struct bytes *out);
bool parse_tag(struct script_parser *parser, const struct token *token, tlv_tag *tag);
/// A string token with its escapes resolved.
bool parse_string(struct script_parser *parser, struct bytes *out);

/// Is the present token the first word of an expectation?
bool parse_at_expectation(const struct script_parser *parser);
struct expectation *parse_expectation(struct script_parser *parser);
bool parse_selector(struct script_parser *parser, struct selector *out);

/// A word that names something; what says what, for the message.
bool parse_name(struct script_parser *parser, struct bytes *out, const char *what);
/// "{ .. }" of a statement. False after an error within.
bool parse_block(struct script_parser *parser, struct statement *owner);

/// Behind the word "macro", and at '(' behind the name of one.
bool parse_macro(struct script_parser *parser, struct statement *out);
bool parse_macro_call(struct script_parser *parser, struct statement *out);

#endif
