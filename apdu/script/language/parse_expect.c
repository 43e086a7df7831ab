// SPDX-License-Identifier: Apache-2.0
// Expectations: the lines behind a command that say what its answer must be.
#include "apdu/script/language/parse_internal.h"

#include <string.h>

static const char *const expectation_words[] = {"sw",  "data",   "tlv",     "time", "length",
                                                "atr", "expect", "capture", "mute"};

bool parse_at_expectation(const struct script_parser *parser) {
    for (size_t i = 0; i < sizeof expectation_words / sizeof expectation_words[0]; i++)
        if (token_is_word(&parser->token, expectation_words[i]))
            return true;
    return false;
}

// ---- status words ----------------------------------------------------------------------------

static bool sw_digits(struct bytes text, struct sw_rule *rule) {
    uint32_t value = 0, mask = 0;
    if (text.size != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        char c = (char)text.data[i];
        int digit = hex_digit(c);
        bool any = c == '?' || c == '*' || c == 'x' || c == 'X';
        if (digit < 0 && !any)
            return false;
        value = value << 4 | (any ? 0u : (unsigned)digit);
        mask = mask << 4 | (any ? 0u : 15u);
    }
    rule->low = rule->high = (uint16_t)value;
    rule->mask = (uint16_t)mask;
    return true;
}

static bool sw_name(const struct script_parser *parser, struct bytes text, struct sw_rule *rule) {
    const struct status_word *own = own_word_named(parser->program->own, text);
    if (own != NULL) {
        rule->low = rule->high = own->sw;
        rule->mask = 0xFFFF;
        return true;
    }
    for (size_t i = 0; i < status_word_count; i++) {
        const struct status_word *row = &status_words[i];
        if (!bytes_equal(text, bytes_of_string(row->name)) &&
            (row->reason == NULL || !bytes_equal(text, bytes_of_string(row->reason))))
            continue;
        rule->low = rule->high = row->sw;
        rule->mask = row->sw == SW_TRIES_LEFT                            ? 0xFFF0
                     : row->sw == SW_MORE_DATA || row->sw == SW_WRONG_LE ? 0xFF00
                                                                         : 0xFFFF;
        return true;
    }
    return false;
}

static bool sw_range_end(struct script_parser *parser, struct sw_rule *rule) {
    struct sw_rule high = {0};
    if (parser->token.kind != TOKEN_RANGE)
        return true;
    parse_advance(parser);
    if (parser->token.kind != TOKEN_WORD || !sw_digits(parser->token.text, &high) ||
        high.mask != 0xFFFF || rule->mask != 0xFFFF || high.high < rule->low) {
        parse_fail_expected(parser, "the higher end of a range such as 63C0..63CF");
        return false;
    }
    rule->high = high.high;
    parse_advance(parser);
    return true;
}

static struct sw_rule *parse_sw_rule(struct script_parser *parser) {
    struct token token = parser->token;
    struct sw_rule *rule = parse_node(parser, sizeof *rule);
    if (rule == NULL)
        return NULL;
    if (token.kind != TOKEN_WORD) {
        parse_fail_expected(parser, "a status word such as 9000, 61xx or !6F**");
        return NULL;
    }
    struct bytes text = token.text;
    if (text.size > 1 && text.data[0] == '!') {
        rule->negative = true;
        text = bytes_of(text.data + 1, text.size - 1);
    }
    if (!sw_digits(text, rule) && !sw_name(parser, text, rule)) {
        parse_fail(parser, &token.at,
                   "\"%t\" is no status word: four hex digits (x, ? or * for any) or a name such "
                   "as insufficient",
                   text, "");
        return NULL;
    }
    parse_advance(parser);
    return sw_range_end(parser, rule) ? rule : NULL;
}

static bool parse_sw(struct script_parser *parser, struct expectation *out) {
    struct sw_rule **tail = &out->words;
    out->check = CHECK_SW;
    do {
        struct sw_rule *rule = parse_sw_rule(parser);
        if (rule == NULL)
            return false;
        *tail = rule;
        tail = &rule->next;
    } while (parse_take_mark(parser, '|') || parser->token.kind == TOKEN_WORD);
    return true;
}

// ---- data patterns ---------------------------------------------------------------------------

static struct pattern *new_pattern(struct script_parser *parser, enum pattern_kind kind) {
    struct pattern *pattern = parse_node(parser, sizeof *pattern);
    if (pattern != NULL) {
        pattern->kind = kind;
        pattern->at = parser->token.at;
    }
    return pattern;
}

static bool is_any(char c) {
    return c == '?' || c == 'x' || c == 'X';
}

static bool masked_digits(struct bytes text, uint8_t *value, uint8_t *mask) {
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        int digit = is_any(c) ? 0 : hex_digit(c);
        if (digit < 0)
            return false;
        unsigned shift = i % 2 == 0 ? 4 : 0;
        value[i / 2] |= (uint8_t)(digit << shift);
        mask[i / 2] |= (uint8_t)((is_any(c) ? 0 : 15) << shift);
    }
    return true;
}

/// 80/F0: one octet under a bit mask.
static bool parse_bit_mask(struct script_parser *parser, uint8_t *value, uint8_t *mask) {
    struct bytes octets;
    if (!parse_take_mark(parser, '/'))
        return true;
    if (parser->token.kind != TOKEN_WORD || !parse_hex(parser, &parser->token, &octets) ||
        octets.size != 1) {
        parse_fail_expected(parser, "one octet of mask, as in 80/F0");
        return false;
    }
    *mask = octets.data[0];
    *value &= octets.data[0];
    parse_advance(parser);
    return true;
}

static struct pattern *parse_masked(struct script_parser *parser) {
    struct pattern *pattern = new_pattern(parser, PATTERN_MASKED);
    struct token token = parser->token;
    size_t size = token.text.size / 2;
    uint8_t *value = parse_node(parser, size + 1), *mask = parse_node(parser, size + 1);
    if (pattern == NULL || value == NULL || mask == NULL)
        return NULL;
    if (token.text.size % 2 != 0) {
        parse_fail(parser, &token.at, "odd number of digits in \"%t\"; write whole octets",
                   token.text, "");
        return NULL;
    }
    if (!masked_digits(token.text, value, mask)) {
        parse_fail(parser, &token.at,
                   "\"%t\" is no pattern: hex digits, ? for any digit, * for any rest", token.text,
                   "");
        return NULL;
    }
    pattern->value = bytes_of(value, size);
    pattern->mask = bytes_of(mask, size);
    parse_advance(parser);
    if (size > 0 && !parse_bit_mask(parser, &value[size - 1], &mask[size - 1]))
        return NULL;
    return pattern;
}

static struct pattern *parse_capture_pattern(struct script_parser *parser) {
    struct pattern *pattern = new_pattern(parser, PATTERN_CAPTURE);
    parse_advance(parser); // '('
    if (pattern == NULL)
        return NULL;
    if (parser->token.kind != TOKEN_WORD) {
        parse_fail_expected(parser, "a name: (NAME:4) or (NAME:*)");
        return NULL;
    }
    pattern->name = parser->token.text;
    parse_define(parser, pattern->name);
    parse_advance(parser);
    if (!parse_need_mark(parser, ':', "in a capture (NAME:4)"))
        return NULL;
    if (!parse_take_word(parser, "*") && (pattern->expr = parse_number(parser)) == NULL)
        return NULL;
    return parse_need_mark(parser, ')', "after a capture") ? pattern : NULL;
}

static struct pattern *parse_octet_range(struct script_parser *parser) {
    struct pattern *pattern = new_pattern(parser, PATTERN_RANGE);
    struct bytes low, high;
    uint8_t *ends = parse_node(parser, 2);
    parse_advance(parser); // '['
    if (pattern == NULL || ends == NULL || !parse_hex(parser, &parser->token, &low))
        return NULL;
    parse_advance(parser);
    bool range = parser->token.kind == TOKEN_RANGE;
    parse_advance(parser);
    if (!range || low.size != 1 || !parse_hex(parser, &parser->token, &high) || high.size != 1) {
        parse_fail_expected(parser, "a range of one octet, as [80..8F]");
        return NULL;
    }
    parse_advance(parser);
    ends[0] = low.data[0];
    ends[1] = high.data[0];
    pattern->value = bytes_of(ends, 2);
    return parse_need_mark(parser, ']', "after a range") ? pattern : NULL;
}

static bool at_call(const struct script_parser *parser) {
    const struct lexer *lexer = &parser->levels[parser->level].lexer;
    return parser->token.kind == TOKEN_WORD && lexer->next < lexer->end && *lexer->next == '(' &&
           script_function_find(parser->token.text) != NULL;
}

static struct pattern *parse_expr_pattern(struct script_parser *parser) {
    struct pattern *pattern = new_pattern(parser, PATTERN_EXPR);
    if (pattern != NULL)
        pattern->expr = parse_part(parser);
    return pattern != NULL && pattern->expr != NULL ? pattern : NULL;
}

static struct pattern *parse_element(struct script_parser *parser) {
    if (token_is_word(&parser->token, "*")) {
        struct pattern *rest = new_pattern(parser, PATTERN_REST);
        parse_advance(parser);
        return rest;
    }
    if (token_is_mark(&parser->token, '('))
        return parse_capture_pattern(parser);
    if (token_is_mark(&parser->token, '['))
        return parse_octet_range(parser);
    if (parser->token.kind == TOKEN_WORD && !at_call(parser))
        return parse_masked(parser);
    return parse_expr_pattern(parser);
}

/// Neighbouring octets become one part: long patterns are matched without recursion.
static bool merge_masked(struct script_parser *parser, struct pattern *last,
                         const struct pattern *more) {
    size_t size = last->value.size + more->value.size;
    uint8_t *value = parse_node(parser, 2 * size + 1);
    if (value == NULL)
        return false;
    memcpy(value, last->value.data, last->value.size);
    memcpy(value + last->value.size, more->value.data, more->value.size);
    memcpy(value + size, last->mask.data, last->mask.size);
    memcpy(value + size + last->mask.size, more->mask.data, more->mask.size);
    last->value = bytes_of(value, size);
    last->mask = bytes_of(value + size, size);
    return true;
}

static bool parse_pattern(struct script_parser *parser, struct expectation *out) {
    enum { PARTS_MAX = 1024, MERGED_MAX = 64 };
    struct pattern **tail = &out->pattern, *last = NULL;
    size_t parts = 0;
    out->check = CHECK_PATTERN;
    if (parse_take_word(parser, "empty"))
        return true;
    while (!parse_at_end(parser)) {
        struct pattern *element = parse_element(parser);
        if (element == NULL)
            return false;
        bool merges = last != NULL && last->kind == PATTERN_MASKED &&
                      element->kind == PATTERN_MASKED && last->value.size < MERGED_MAX;
        if (merges && merge_masked(parser, last, element))
            continue;
        if (++parts > PARTS_MAX) {
            parse_fault(parser, &element->at, "a pattern has at most 1024 parts");
            return false;
        }
        *tail = last = element;
        tail = &element->next;
    }
    return true;
}

// ---- selectors -------------------------------------------------------------------------------

/// Behind "[offset:": a count, or nothing up to the end.
static bool parse_slice_end(struct script_parser *parser, struct selector *out) {
    if (!token_is_mark(&parser->token, ']') && (out->count = parse_number(parser)) == NULL)
        return false;
    return parse_need_mark(parser, ']', "after a slice");
}

/// [offset:count], [offset:] or [offset]
static bool parse_slice(struct script_parser *parser, struct selector *out) {
    if (out->offset != NULL || !parse_take_mark(parser, '['))
        return true;
    if ((out->offset = parse_number(parser)) == NULL)
        return false;
    if (parse_take_mark(parser, ':'))
        return parse_slice_end(parser, out);
    struct expr *one = parse_node(parser, sizeof *one);
    if (one == NULL)
        return false;
    *one = (struct expr){.kind = EXPR_NUMBER, .at = out->offset->at, .number = 1};
    out->count = one;
    return parse_need_mark(parser, ']', "after a slice");
}

/// A tag, then its index, or the slice that ends the path.
static struct path_step *parse_step(struct script_parser *parser, struct selector *out) {
    struct path_step *step = parse_node(parser, sizeof *step);
    if (step == NULL || !parse_tag(parser, &parser->token, &step->tag))
        return NULL;
    step->index = 1;
    parse_advance(parser);
    if (!parse_take_mark(parser, '['))
        return step;
    struct expr *index = parse_number(parser);
    if (index == NULL)
        return NULL;
    if (parse_take_mark(parser, ':')) {
        out->offset = index;
        return parse_slice_end(parser, out) ? step : NULL;
    }
    if (index->kind != EXPR_NUMBER || index->number == 0 || index->number > UINT32_MAX) {
        parse_fault(parser, &index->at, "an index counts from 1, as in 61[2]/4F");
        return NULL;
    }
    step->index = (uint32_t)index->number;
    return parse_need_mark(parser, ']', "after an index") ? step : NULL;
}

static bool parse_path(struct script_parser *parser, struct selector *out) {
    struct path_step **tail = &out->path;
    out->kind = SELECT_TLV;
    do {
        struct path_step *step = parse_step(parser, out);
        if (step == NULL)
            return false;
        *tail = step;
        tail = &step->next;
    } while (out->offset == NULL && parse_take_mark(parser, '/'));
    if (!parse_take_word(parser, "of"))
        return true;
    if (parser->token.kind != TOKEN_VARIABLE) {
        parse_fail_expected(parser, "a variable: tlv 84 of ${NAME}");
        return false;
    }
    out->value = parse_part(parser);
    return out->value != NULL;
}

bool parse_selector(struct script_parser *parser, struct selector *out) {
    static const struct {
        const char *word;
        enum selector_kind kind;
    } words[] = {
        {"sw", SELECT_SW}, {"length", SELECT_LENGTH}, {"time", SELECT_TIME}, {"atr", SELECT_ATR}};
    *out = (struct selector){.kind = SELECT_VALUE};
    if (parse_take_word(parser, "tlv"))
        return parse_path(parser, out) && parse_slice(parser, out);
    if (parse_take_word(parser, "data")) {
        out->kind = SELECT_DATA;
        return parse_slice(parser, out);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_take_word(parser, words[i].word)) {
            out->kind = words[i].kind;
            return true;
        }
    out->value = parse_part(parser);
    return out->value != NULL && parse_slice(parser, out);
}

// ---- checks ----------------------------------------------------------------------------------

static bool is_numeric(const struct selector *selector) {
    return selector->kind == SELECT_LENGTH || selector->kind == SELECT_TIME;
}

static struct expr *parse_limit(struct script_parser *parser, const struct selector *selector) {
    return selector->kind == SELECT_TIME ? parse_duration(parser) : parse_number(parser);
}

static bool parse_range(struct script_parser *parser, struct expectation *out) {
    out->check = CHECK_NUMBER;
    out->low = out->high = parse_limit(parser, &out->selector);
    if (out->low == NULL || parser->token.kind != TOKEN_RANGE)
        return out->low != NULL;
    parse_advance(parser);
    out->high = parse_limit(parser, &out->selector);
    return out->high != NULL;
}

/// limit moved by one, for < and >.
static struct expr *beside(struct script_parser *parser, struct expr *limit, enum expr_kind kind) {
    struct expr *one = parse_node(parser, sizeof *one), *both = parse_node(parser, sizeof *both);
    if (one == NULL || both == NULL)
        return NULL;
    *one = (struct expr){.kind = EXPR_NUMBER, .at = limit->at, .number = 1};
    *both = (struct expr){.kind = kind, .at = limit->at, .first = limit};
    limit->next = one;
    return both;
}

static bool parse_comparison(struct script_parser *parser, struct expectation *out) {
    bool less = parse_take_mark(parser, '<');
    if (!less && !parse_take_mark(parser, '>'))
        return false;
    bool equal = parse_take_mark(parser, '=');
    struct expr *limit = parse_limit(parser, &out->selector);
    if (limit == NULL)
        return false;
    if (!equal)
        limit = beside(parser, limit, less ? EXPR_SUBTRACT : EXPR_ADD);
    out->check = CHECK_NUMBER;
    *(less ? &out->high : &out->low) = limit;
    return limit != NULL;
}

static bool parse_check(struct script_parser *parser, struct expectation *out) {
    if (parse_take_word(parser, "exists")) {
        out->check = CHECK_EXISTS;
        return true;
    }
    if (parse_take_word(parser, "absent")) {
        out->check = CHECK_ABSENT;
        return true;
    }
    if (parse_take_word(parser, "in"))
        return parse_range(parser, out);
    if (token_is_mark(&parser->token, '<') || token_is_mark(&parser->token, '>'))
        return parse_comparison(parser, out);
    bool equals = parse_take_mark(parser, '=');
    if (is_numeric(&out->selector))
        return parse_range(parser, out);
    if (out->selector.kind == SELECT_SW)
        return parse_sw(parser, out);
    if (equals || out->selector.kind == SELECT_ATR)
        return parse_pattern(parser, out);
    parse_fail_expected(parser, "=, in, <, >, exists or absent");
    return false;
}

static bool parse_capture(struct script_parser *parser, struct expectation *out) {
    out->check = CHECK_CAPTURE;
    if (parser->token.kind != TOKEN_WORD) {
        parse_fail_expected(parser, "a name: capture NAME = data[0:4]");
        return false;
    }
    out->name = parser->token.text;
    parse_define(parser, out->name);
    parse_advance(parser);
    return parse_need_mark(parser, '=', "in capture NAME = WHAT") &&
           parse_selector(parser, &out->selector);
}

/// "data PATTERN" needs no '='; "data[0:2] = PATTERN" touches its bracket.
static bool is_plain_data(const struct script_parser *parser) {
    const struct lexer *lexer = &parser->levels[parser->level].lexer;
    return token_is_word(&parser->token, "data") &&
           !(lexer->next < lexer->end && *lexer->next == '[');
}

static bool parse_body(struct script_parser *parser, struct expectation *out) {
    if (parse_take_word(parser, "mute")) {
        out->check = CHECK_MUTE;
        return true;
    }
    if (parse_take_word(parser, "capture"))
        return parse_capture(parser, out);
    bool wordy = parse_take_word(parser, "expect");
    if (!wordy && is_plain_data(parser)) {
        parse_advance(parser);
        parse_take_mark(parser, '=');
        return parse_pattern(parser, out);
    }
    return parse_selector(parser, &out->selector) && parse_check(parser, out);
}

struct expectation *parse_expectation(struct script_parser *parser) {
    struct expectation *out = parse_node(parser, sizeof *out);
    if (out == NULL)
        return NULL;
    out->at = parser->token.at;
    if (!parse_body(parser, out))
        return NULL;
    if (!parse_at_end(parser)) {
        parse_fail_expected(parser, "the end of the line");
        return NULL;
    }
    return out;
}
