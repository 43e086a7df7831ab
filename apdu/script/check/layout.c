// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/check/layout.h"

#include <string.h>

struct layout {
    struct buffer *out;
    unsigned depth;       // open blocks
    unsigned parentheses; // open at the end of the last line
    bool continued;       // the last line ended with a backslash
    bool answers;         // the last statement may have expectations
    bool called;          // it called a macro: what follows may judge that macro's last answer
    bool blank;           // an empty line waits
    bool any;
};

enum { BLOCK_INDENT = 4, EXPECTATION_INDENT = 2 };

static struct bytes trim(struct bytes text) {
    while (text.size > 0 && text.data[0] <= ' ')
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

static bool is_word(uint8_t c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c >= 0x80 || (c != 0 && strchr("_-.?*!%&", c) != NULL);
}

static struct bytes first_word(struct bytes line) {
    size_t size = 0;
    while (size < line.size && is_word(line.data[size]))
        size++;
    return bytes_of(line.data, size);
}

static bool among(struct bytes word, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(word, bytes_of_string(words[i])))
            return true;
    return false;
}

static bool is_expectation(struct bytes word) {
    static const char *const words[] = {"sw",  "data",   "tlv",     "time", "length",
                                        "atr", "expect", "capture", "mute"};
    return among(word, words, sizeof words / sizeof words[0]);
}

static bool is_answering(struct bytes word) {
    static const char *const words[] = {"tx", "reset", "cold-reset", "insert"};
    return among(word, words, sizeof words / sizeof words[0]) ||
           memchr(word.data, '.', word.size) != NULL;
}

/// Expectations that are about an answer and nothing else.
static bool is_judgement(struct bytes word) {
    static const char *const words[] = {"sw", "data", "tlv", "time", "length", "mute"};
    return among(word, words, sizeof words / sizeof words[0]);
}

/// First word behind "NAME:".
static struct bytes statement_word(struct bytes line) {
    struct bytes word = first_word(line);
    if (word.size > 0 && word.size < line.size && line.data[word.size] == ':')
        return first_word(trim(bytes_of(line.data + word.size + 1, line.size - word.size - 1)));
    return word;
}

// ---- the inside of a line --------------------------------------------------------------------

struct inside {
    struct layout *layout;
    struct bytes line;
    size_t at;
    bool hex;          // words here are octets
    unsigned brackets; // [..] of a pattern
    bool written;      // something stands on the line already
    uint8_t last;
};

static void put(struct inside *inside, struct bytes text) {
    buffer_put(inside->layout->out, text);
    inside->written = true;
    if (text.size > 0)
        inside->last = text.data[text.size - 1];
}

static size_t string_size(struct bytes rest) {
    size_t size = 1;
    while (size < rest.size && rest.data[size] != '"')
        size += rest.data[size] == '\\' && size + 1 < rest.size ? 2 : 1;
    return size < rest.size ? size + 1 : rest.size;
}

static bool is_hex_word(struct bytes word) {
    for (size_t i = 0; i < word.size; i++) {
        uint8_t c = word.data[i];
        if (hex_digit((char)c) < 0 && c != '?')
            return false;
    }
    return word.size >= 2 && word.size % 2 == 0;
}

static void put_hex_word(struct inside *inside, struct bytes word) {
    for (size_t i = 0; i < word.size; i++) {
        uint8_t c = word.data[i];
        if (i > 0 && i % 2 == 0)
            put(inside, bytes_of_string(" "));
        c = c >= 'a' && c <= 'f' ? (uint8_t)(c - 32) : c;
        put(inside, bytes_of(&c, 1));
    }
}

static void put_word(struct inside *inside) {
    struct bytes rest = bytes_of(inside->line.data + inside->at, inside->line.size - inside->at);
    struct bytes word = first_word(rest);
    uint8_t next = word.size < rest.size ? rest.data[word.size] : 0;
    bool octets = inside->hex && inside->layout->parentheses == 0 && inside->brackets == 0 &&
                  next != '(' && next != '/' && next != ':' && inside->last != '/' &&
                  is_hex_word(word);
    if (octets)
        put_hex_word(inside, word);
    else
        put(inside, word);
    inside->at += word.size;
}

static void count_mark(struct inside *inside, uint8_t mark) {
    struct layout *layout = inside->layout;
    if (mark == '(')
        layout->parentheses++;
    if (mark == ')' && layout->parentheses > 0)
        layout->parentheses--;
    if (mark == '[')
        inside->brackets++;
    if (mark == ']' && inside->brackets > 0)
        inside->brackets--;
    if (mark == '{')
        layout->depth++;
    if (mark == '}' && layout->depth > 0)
        layout->depth--;
    if (mark == ';' || mark == '{')
        inside->hex = false;
}

static void put_one(struct inside *inside) {
    struct bytes rest = bytes_of(inside->line.data + inside->at, inside->line.size - inside->at);
    uint8_t c = rest.data[0];
    const uint8_t *end =
        rest.size > 2 && c == '$' && rest.data[1] == '{' ? memchr(rest.data, '}', rest.size) : NULL;
    size_t size = c == '"' ? string_size(rest) : end != NULL ? (size_t)(end - rest.data) + 1 : 1;
    if (c != '"' && end == NULL)
        count_mark(inside, c);
    put(inside, bytes_of(rest.data, size));
    inside->at += size;
}

static void put_comment(struct inside *inside) {
    struct bytes rest = bytes_of(inside->line.data + inside->at, inside->line.size - inside->at);
    buffer_text(inside->layout->out, inside->written ? "  " : "");
    put(inside, rest);
    inside->at = inside->line.size;
}

/// Words that start what holds octets from here on.
static void note_statement(struct inside *inside, size_t from) {
    struct bytes rest = bytes_of(inside->line.data + from, inside->line.size - from);
    struct bytes word = statement_word(trim(rest));
    bool plain_data =
        bytes_equal(word, bytes_of_string("data")) &&
        !(word.data + word.size < rest.data + rest.size && word.data[word.size] == '[');
    inside->hex = bytes_equal(word, bytes_of_string("tx")) || plain_data;
}

static void put_line(struct layout *layout, struct bytes line, bool fresh) {
    struct inside inside = {.layout = layout, .line = line};
    if (fresh)
        note_statement(&inside, 0);
    while (inside.at < line.size) {
        size_t begin = inside.at;
        while (inside.at < line.size && line.data[inside.at] <= ' ')
            inside.at++;
        if (inside.at == line.size)
            break;
        uint8_t c = line.data[inside.at];
        if (c == '#' && !(inside.at == 0 && line.size > 1 && line.data[1] == '!')) {
            put_comment(&inside);
            break;
        }
        if (inside.at > begin && inside.written)
            put(&inside, bytes_of_string(" "));
        if (c == '#' && inside.at == 0) // metadata stays as it is
            put_comment(&inside);
        else if (is_word(c))
            put_word(&inside);
        else {
            put_one(&inside);
            if (c == ';' || c == '{')
                note_statement(&inside, inside.at);
        }
    }
}

// ---- lines -----------------------------------------------------------------------------------

static void put_indent(struct layout *layout, struct bytes line, bool fresh) {
    unsigned depth = layout->depth;
    if (fresh && line.data[0] == '}' && depth > 0)
        depth--;
    size_t blanks = (size_t)depth * BLOCK_INDENT;
    struct bytes word = first_word(line);
    bool expectation = fresh && ((layout->answers && is_expectation(word)) ||
                                 (layout->called && is_judgement(word)));
    if (expectation)
        blanks += EXPECTATION_INDENT;
    if (!fresh)
        blanks += BLOCK_INDENT;
    if (fresh && line.size > 1 && line.data[0] == '#' && line.data[1] == '!')
        blanks = 0;
    for (size_t i = 0; i < blanks; i++)
        buffer_put_octet(layout->out, ' ');
}

static bool ends_with_backslash(struct bytes line) {
    return line.size > 0 && line.data[line.size - 1] == '\\';
}

static void take_line(struct layout *layout, struct bytes line) {
    bool fresh = !layout->continued && layout->parentheses == 0;
    line = trim(line);
    if (line.size == 0) {
        layout->blank = layout->any;
        layout->continued = false;
        return;
    }
    if (layout->blank)
        buffer_text(layout->out, "\n");
    layout->blank = false;
    layout->any = true;
    put_indent(layout, line, fresh);
    put_line(layout, line, fresh);
    buffer_text(layout->out, "\n");
    if (fresh && line.data[0] != '#' && !is_expectation(first_word(line))) {
        struct bytes word = statement_word(line);
        layout->answers = is_answering(word);
        layout->called = word.size > 0 && word.data + word.size < line.data + line.size &&
                         word.data[word.size] == '(';
    }
    layout->continued = ends_with_backslash(line) && memchr(line.data, '#', line.size) == NULL;
}

void layout_script(struct bytes text, struct buffer *out) {
    struct layout layout = {.out = out};
    while (text.size > 0) {
        const uint8_t *stop = memchr(text.data, '\n', text.size);
        size_t size = stop != NULL ? (size_t)(stop - text.data) : text.size;
        take_line(&layout, bytes_of(text.data, size));
        size += stop != NULL ? 1 : 0;
        text = bytes_of(text.data + size, text.size - size);
    }
}
