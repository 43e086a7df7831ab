// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/reading/lexer.h"

#include <string.h>

void lexer_init(struct lexer *lexer, const struct script_source *source) {
    const char *text = (const char *)source->text.data;
    *lexer = (struct lexer){.source = source, .line = 1};
    lexer->next = lexer->line_text = text != NULL ? text : "";
    lexer->end = lexer->next + source->text.size;
    if (source->text.size >= 3 && memcmp(lexer->next, "\xEF\xBB\xBF", 3) == 0)
        lexer->next += 3;
}

static struct script_position position_of(const struct lexer *lexer, const char *at) {
    return (struct script_position){lexer->source, lexer->line_text, lexer->line,
                                    (uint32_t)(at - lexer->line_text) + 1};
}

static struct token token_from(struct lexer *lexer, enum token_kind kind, const char *begin,
                               const char *end) {
    struct token token = {.kind = kind, .text = bytes_of(begin, (size_t)(end - begin))};
    token.at = position_of(lexer, begin);
    return token;
}

static struct token bad(struct lexer *lexer, const char *begin, const char *fault) {
    struct token token = token_from(lexer, TOKEN_BAD, begin, lexer->next);
    token.fault = fault;
    return token;
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("_-.?*!%&", c) != NULL) || (uint8_t)c >= 0x80;
}

static char peek(const struct lexer *lexer, size_t ahead) {
    return (size_t)(lexer->end - lexer->next) > ahead ? lexer->next[ahead] : '\0';
}

static void new_line(struct lexer *lexer) {
    lexer->line++;
    lexer->line_text = lexer->next;
}

/// Length of a line end at the cursor, 0 if there is none.
static size_t line_end(const struct lexer *lexer, size_t ahead) {
    if (peek(lexer, ahead) == '\n')
        return 1;
    return peek(lexer, ahead) == '\r' && peek(lexer, ahead + 1) == '\n' ? 2 : 0;
}

static void skip_comment(struct lexer *lexer) {
    size_t left = (size_t)(lexer->end - lexer->next);
    const char *stop = memchr(lexer->next, '\n', left);
    lexer->next = stop != NULL ? stop : lexer->end;
}

/// Blanks, comments, continued lines, and line ends inside parentheses.
static void skip_blank(struct lexer *lexer) {
    for (;;) {
        char c = peek(lexer, 0);
        size_t end = line_end(lexer, c == '\\' ? 1 : 0);
        if (lexer->next == lexer->end)
            return;
        if (c == '#' && !(lexer->next == lexer->line_text && peek(lexer, 1) == '!'))
            skip_comment(lexer);
        else if (c == ' ' || c == '\t' || (c == '\r' && end == 0))
            lexer->next++;
        else if (end > 0 && (c == '\\' || lexer->parentheses > 0)) {
            lexer->next += end + (c == '\\' ? 1 : 0);
            new_line(lexer);
        } else
            return;
    }
}

static struct token take_line_end(struct lexer *lexer, size_t size) {
    struct token token = token_from(lexer, TOKEN_LINE, lexer->next, lexer->next + size);
    lexer->next += size;
    new_line(lexer);
    return token;
}

static struct token take_string(struct lexer *lexer) {
    const char *begin = lexer->next++;
    while (lexer->next < lexer->end && *lexer->next != '"' && *lexer->next != '\n')
        lexer->next +=
            *lexer->next == '\\' && peek(lexer, 1) != '\n' && peek(lexer, 1) != 0 ? 2 : 1;
    if (lexer->next >= lexer->end || *lexer->next != '"') {
        lexer->next = lexer->next > lexer->end ? lexer->end : lexer->next;
        return bad(lexer, begin, "string is not closed on its line; add the second \"");
    }
    struct token token = token_from(lexer, TOKEN_STRING, begin, lexer->next);
    token.text = bytes_of(begin + 1, (size_t)(lexer->next - begin - 1));
    lexer->next++;
    return token;
}

static bool is_name(char c) {
    return is_word(c) && strchr("?*!%&", c) == NULL;
}

static struct token take_variable(struct lexer *lexer) {
    const char *begin = lexer->next;
    lexer->next += 2;
    const char *name = lexer->next;
    while (is_name(peek(lexer, 0)))
        lexer->next++;
    struct token token = token_from(lexer, TOKEN_VARIABLE, begin, lexer->next);
    token.text = bytes_of(name, (size_t)(lexer->next - name));
    if (peek(lexer, 0) != '}' || token.text.size == 0)
        return bad(lexer, begin, "a variable is written ${NAME}");
    lexer->next++;
    return token;
}

static struct token take_word(struct lexer *lexer) {
    const char *begin = lexer->next;
    while (is_word(peek(lexer, 0)) && !(peek(lexer, 0) == '.' && peek(lexer, 1) == '.'))
        lexer->next++;
    return token_from(lexer, TOKEN_WORD, begin, lexer->next);
}

static struct token take_mark(struct lexer *lexer) {
    const char *begin = lexer->next++;
    char c = *begin;
    if (c == '(')
        lexer->parentheses++;
    if (c == ')' && lexer->parentheses > 0)
        lexer->parentheses--;
    if (c == ';')
        return token_from(lexer, TOKEN_LINE, begin, lexer->next);
    if (c != 0 && strchr("(){}[],=|/:<>+", c) != NULL)
        return token_from(lexer, TOKEN_MARK, begin, lexer->next);
    return bad(lexer, begin, "character has no meaning here");
}

struct token lexer_next(struct lexer *lexer) {
    skip_blank(lexer);
    if (lexer->next == lexer->end)
        return token_from(lexer, TOKEN_END, lexer->end, lexer->end);
    char c = peek(lexer, 0);
    const char *begin = lexer->next;
    if (line_end(lexer, 0) > 0)
        return take_line_end(lexer, line_end(lexer, 0));
    if (c == '#') {
        skip_comment(lexer);
        return token_from(lexer, TOKEN_META, begin + 2, lexer->next);
    }
    if (c == '"')
        return take_string(lexer);
    if (c == '$')
        return peek(lexer, 1) == '{' ? take_variable(lexer)
                                     : (lexer->next++, bad(lexer, begin, "write ${NAME}"));
    if (c == '.' && peek(lexer, 1) == '.') {
        lexer->next += 2;
        return token_from(lexer, TOKEN_RANGE, begin, lexer->next);
    }
    if (c == '@') {
        lexer->next++;
        struct token name = take_word(lexer);
        name.kind = TOKEN_REFERENCE;
        return name;
    }
    return is_word(c) ? take_word(lexer) : take_mark(lexer);
}

void lexer_skip_line(struct lexer *lexer) {
    lexer->parentheses = 0;
    skip_comment(lexer);
}

bool token_is_word(const struct token *token, const char *word) {
    return token->kind == TOKEN_WORD && bytes_equal(token->text, bytes_of_string(word));
}

bool token_is_mark(const struct token *token, char mark) {
    return token->kind == TOKEN_MARK && token->text.data[0] == (uint8_t)mark;
}
