// SPDX-License-Identifier: Apache-2.0
// What the parts of the parser share: token handling, errors, and the productions that other parts
// start from. Only parse*.c include it.
#ifndef APDU_SCRIPT_LANGUAGE_PARSE_INTERNAL_H
#define APDU_SCRIPT_LANGUAGE_PARSE_INTERNAL_H

#include "apdu/script/language/function.h"
#include "apdu/script/language/parse.h"

/// Moves to the next token; a broken one is reported.
void parse_advance(struct script_parser *parser);
/// Takes the present token if it is this word or mark.
bool parse_take_word(struct script_parser *parser, const char *word);
/// The same for a mark.
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

/// A zeroed node of the arena; NULL, and reported, when memory is out.
void *parse_node(struct script_parser *parser, size_t size);

/// Notes that a variable gets a value here, or that it is used; parameters of the open macro are
/// its own business.
void parse_define(struct script_parser *parser, struct bytes name);
void parse_use(struct script_parser *parser, struct bytes name, const struct script_position *at);

/// At a line end, '}', '{' or the end of the text?
bool parse_at_end(const struct script_parser *parser);

/// Octets up to the end of line, ',', ')' or '{'. NULL after an error. An empty sequence is a node
/// without parts.
/// One part of octets: hex, "text", ${NAME} or a call.
struct expr *parse_part(struct script_parser *parser);
struct expr *parse_octets(struct script_parser *parser);
/// A number, a time, or a calculation with them. NULL: reported.
struct expr *parse_number(struct script_parser *parser);
/// A number with ns, us, ms or s: nanoseconds.
struct expr *parse_duration(struct script_parser *parser);
/// The same of a text: "30s", "500 ms". False: it is none.
bool parse_duration_text(struct bytes text, uint64_t *nanoseconds);
/// Hex digits of a word into octets of the arena; reports odd counts and foreign characters.
bool parse_hex(struct script_parser *parser, const struct token *token, struct bytes *out);
/// A tag in hex, in its shortest form. False: reported.
bool parse_tag(struct script_parser *parser, const struct token *token, tlv_tag *tag);
/// A string token with its escapes resolved.
bool parse_string(struct script_parser *parser, struct bytes *out);

/// Is the present token the first word of an expectation?
bool parse_at_expectation(const struct script_parser *parser);
/// One expectation with its pattern. NULL: reported.
struct expectation *parse_expectation(struct script_parser *parser);
/// What an expectation looks at. False: reported.
bool parse_selector(struct script_parser *parser, struct selector *out);

/// A word that names something; what says what, for the message.
bool parse_name(struct script_parser *parser, struct bytes *out, const char *what);
/// "{ .. }" of a statement. False after an error within.
bool parse_block(struct script_parser *parser, struct statement *owner);

/// At a line "#! name value".
bool parse_meta(struct script_parser *parser, struct statement *out);

/// Behind the words "if", "repeat" and "rows".
bool parse_repeat(struct script_parser *parser, struct statement *out);
bool parse_if(struct script_parser *parser, struct statement *out);
bool parse_rows(struct script_parser *parser, struct statement *out);

/// After the word "macro", and at '(' after the name of one.
bool parse_macro(struct script_parser *parser, struct statement *out);
bool parse_macro_call(struct script_parser *parser, struct statement *out);

#endif
