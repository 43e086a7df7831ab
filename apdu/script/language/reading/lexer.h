// SPDX-License-Identifier: Apache-2.0
// Tokens of the native script language (docs/script-language.md): words, strings, variables,
// references and single punctuation marks; a line end is a token, except inside parentheses and
// after a backslash. Tokens point into the source text.
#ifndef APDU_SCRIPT_LANGUAGE_LEXER_H
#define APDU_SCRIPT_LANGUAGE_LEXER_H

#include "apdu/script/language/source.h"

enum token_kind {
    TOKEN_END,       // of the text
    TOKEN_LINE,      // line end or ';'
    TOKEN_WORD,      // keywords, hex, numbers, patterns, dotted names
    TOKEN_STRING,    // text without its quotes, escapes not yet resolved
    TOKEN_VARIABLE,  // ${NAME}: NAME
    TOKEN_REFERENCE, // @NAME: NAME
    TOKEN_META,      // "#!" at the start of a line: the rest of the line
    TOKEN_RANGE,     // ..
    TOKEN_MARK,      // one of ( ) { } [ ] , = | / : < > +
    TOKEN_BAD,       // fault says what is wrong
};

struct token {
    enum token_kind kind;
    struct bytes text;
    struct script_position at;
    const char *fault; // TOKEN_BAD
};

struct lexer {
    const struct script_source *source;
    const char *next, *end;
    const char *line_text;
    uint32_t line;
    uint32_t parentheses;
};

/// Begins at the first character of the source.
void lexer_init(struct lexer *lexer, const struct script_source *source);
/// The next token; at the end of the text TOKEN_END again and again.
struct token lexer_next(struct lexer *lexer);
/// Goes to the end of the present line: after an error.
void lexer_skip_line(struct lexer *lexer);

/// Is the token this word, in the letters given?
bool token_is_word(const struct token *token, const char *word);
/// Is the token this one character?
bool token_is_mark(const struct token *token, char mark);

#endif
