// SPDX-License-Identifier: Apache-2.0
// Values: octet sequences (hex, "text", ${VARIABLE}, function(..)) and numbers.
#include "apdu/script/language/parse_internal.h"

enum { EXPRESSION_DEPTH_MAX = 64 };

bool parse_hex(struct script_parser *parser, const struct token *token, struct bytes *out) {
    struct bytes digits = token->text;
    for (size_t i = 0; i < digits.size; i++)
        if (hex_digit((char)digits.data[i]) < 0) {
            struct script_position at = token->at;
            at.column += (uint32_t)i;
            parse_fail(parser, &at,
                       "\"%t\" is neither hex octets nor a known word; text goes in quotes", digits,
                       "");
            return false;
        }
    if (digits.size % 2 != 0) {
        parse_fail(parser, &token->at, "odd number of hex digits in \"%t\"; write whole octets",
                   digits, "");
        return false;
    }
    uint8_t *octets = parse_node(parser, digits.size / 2 + 1);
    if (octets == NULL)
        return false;
    for (size_t i = 0; i < digits.size / 2; i++)
        octets[i] = (uint8_t)(hex_digit((char)digits.data[2 * i]) << 4 |
                              hex_digit((char)digits.data[2 * i + 1]));
    *out = bytes_of(octets, digits.size / 2);
    return true;
}

bool parse_tag(struct script_parser *parser, const struct token *token, tlv_tag *tag) {
    struct bytes octets;
    if (token->kind != TOKEN_WORD) {
        parse_fault(parser, &token->at, "a tag is expected: 1 to 3 octets of hex, as 84 or 5F37");
        return false;
    }
    if (!parse_hex(parser, token, &octets))
        return false;
    if (octets.size == 0 || octets.size > 3) {
        parse_fail(parser, &token->at, "tag \"%t\" must have 1 to 3 octets", token->text, "");
        return false;
    }
    *tag = (tlv_tag)bytes_get_be(octets.data, octets.size);
    return true;
}

static size_t escape(struct script_parser *parser, struct bytes text, size_t at, uint8_t *out) {
    static const char letters[] = "nrt0\"\\", values[] = "\n\r\t\0\"\\";
    char c = at + 1 < text.size ? (char)text.data[at + 1] : ' ';
    if (c == 'x' && at + 3 < text.size && hex_digit((char)text.data[at + 2]) >= 0 &&
        hex_digit((char)text.data[at + 3]) >= 0) {
        *out =
            (uint8_t)(hex_digit((char)text.data[at + 2]) << 4 | hex_digit((char)text.data[at + 3]));
        return 4;
    }
    for (size_t i = 0; i + 1 < sizeof letters; i++)
        if (letters[i] == c) {
            *out = (uint8_t)values[i];
            return 2;
        }
    struct script_position where = parser->token.at;
    where.column += (uint32_t)at + 1;
    parse_fault(parser, &where, "unknown escape; there are \\n \\r \\t \\0 \\\" \\\\ \\xHH");
    return 2;
}

bool parse_string(struct script_parser *parser, struct bytes *out) {
    struct bytes text = parser->token.text;
    uint8_t *octets = parse_node(parser, text.size + 1);
    size_t size = 0;
    if (octets == NULL)
        return false;
    for (size_t i = 0; i < text.size;) {
        if (text.data[i] == '\\')
            i += escape(parser, text, i, &octets[size++]);
        else
            octets[size++] = text.data[i++];
    }
    *out = bytes_of(octets, size);
    parse_advance(parser);
    return !parser->failed;
}

static struct expr *new_expr(struct script_parser *parser, enum expr_kind kind) {
    struct expr *expr = parse_node(parser, sizeof *expr);
    if (expr != NULL) {
        expr->kind = kind;
        expr->at = parser->token.at;
    }
    return expr;
}

static struct expr *parse_tag_argument(struct script_parser *parser) {
    struct expr *expr = new_expr(parser, EXPR_NUMBER);
    tlv_tag tag = 0;
    if (expr == NULL || !parse_tag(parser, &parser->token, &tag))
        return NULL;
    expr->number = tag;
    parse_advance(parser);
    return expr;
}

static struct expr *parse_argument(struct script_parser *parser, char kind) {
    if (kind == 'n' || kind == 'N')
        return parse_number(parser);
    return kind == 'h' ? parse_tag_argument(parser) : parse_octets(parser);
}

static bool parse_arguments(struct script_parser *parser, struct expr *call) {
    struct expr **tail = &call->first;
    const char *kind = call->function->arguments;
    bool more = !token_is_mark(&parser->token, ')');
    for (; more && *kind != 0; kind++) {
        struct expr *argument = parse_argument(parser, *kind);
        if (argument == NULL)
            return false;
        *tail = argument;
        tail = &argument->next;
        more = kind[1] != 0 && parse_take_mark(parser, ',');
    }
    if (*kind >= 'a') {
        parse_fail(parser, &call->at, "%t needs more arguments: %s",
                   bytes_of_string(call->function->name), call->function->help);
        return false;
    }
    return parse_need_mark(parser, ')', "after the arguments");
}

static struct expr *parse_call(struct script_parser *parser, struct token name) {
    struct expr *call = new_expr(parser, EXPR_CALL);
    if (call == NULL)
        return NULL;
    call->at = name.at;
    call->function = script_function_find(name.text);
    if (call->function == NULL) {
        parse_fail(parser, &name.at,
                   "there is no function \"%t\"; see tessera apdu run --help functions", name.text,
                   "");
        return NULL;
    }
    parse_advance(parser); // '('
    if (++parser->depth > EXPRESSION_DEPTH_MAX) {
        parse_fault(parser, &name.at, "calls are nested deeper than 64");
        return NULL;
    }
    bool ok = parse_arguments(parser, call);
    parser->depth--;
    return ok ? call : NULL;
}

static struct expr *parse_word(struct script_parser *parser) {
    struct token word = parser->token;
    parse_advance(parser);
    if (token_is_mark(&parser->token, '('))
        return parse_call(parser, word);
    struct expr *expr = new_expr(parser, EXPR_OCTETS);
    if (expr == NULL || !parse_hex(parser, &word, &expr->octets))
        return NULL;
    expr->at = word.at;
    return expr;
}

static struct expr *parse_variable(struct script_parser *parser) {
    struct expr *expr = new_expr(parser, EXPR_VARIABLE);
    if (expr == NULL)
        return NULL;
    expr->octets = parser->token.text;
    parse_use(parser, expr->octets, &parser->token.at);
    parse_advance(parser);
    return expr;
}

struct expr *parse_part(struct script_parser *parser) {
    struct expr *expr;
    switch (parser->token.kind) {
    case TOKEN_WORD:
        return parse_word(parser);
    case TOKEN_VARIABLE:
        return parse_variable(parser);
    case TOKEN_STRING:
        expr = new_expr(parser, EXPR_TEXT);
        return expr != NULL && parse_string(parser, &expr->octets) ? expr : NULL;
    default:
        parse_fail_expected(parser, "octets");
        return NULL;
    }
}

/// NAME= starts the next argument of a command.
static bool at_assignment(const struct script_parser *parser) {
    const struct lexer *lexer = &parser->levels[parser->level].lexer;
    return lexer->next < lexer->end && *lexer->next == '=';
}

static bool octets_go_on(const struct script_parser *parser) {
    return (parser->token.kind == TOKEN_WORD && !at_assignment(parser)) ||
           parser->token.kind == TOKEN_VARIABLE || parser->token.kind == TOKEN_STRING ||
           parser->token.kind == TOKEN_BAD;
}

/// Neighbouring literals become one, so that plain commands are evaluated by one copy.
static void merge_literals(struct script_parser *parser, struct expr *sequence) {
    struct expr *first = sequence->first;
    size_t size = 0, count = 0;
    for (struct expr *part = first; part != NULL; part = part->next, count++) {
        if (part->kind != EXPR_OCTETS)
            return;
        size += part->octets.size;
    }
    uint8_t *joined = count > 1 ? parse_node(parser, size + 1) : NULL;
    if (joined == NULL)
        return;
    size = 0;
    for (struct expr *part = first; part != NULL; part = part->next)
        for (size_t i = 0; i < part->octets.size; i++)
            joined[size++] = part->octets.data[i];
    first->octets = bytes_of(joined, size);
    first->next = NULL;
}

struct expr *parse_octets(struct script_parser *parser) {
    struct expr *sequence = new_expr(parser, EXPR_SEQUENCE);
    if (sequence == NULL)
        return NULL;
    struct expr **tail = &sequence->first;
    while (octets_go_on(parser)) {
        struct expr *part = parse_part(parser);
        if (part == NULL)
            return NULL;
        *tail = part;
        tail = &part->next;
    }
    merge_literals(parser, sequence);
    return sequence;
}

static bool decimal(struct bytes text, size_t *used, uint64_t *value) {
    bool hex = text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
    unsigned base = hex ? 16 : 10;
    size_t i = hex ? 2 : 0;
    *value = 0;
    for (; i < text.size; i++) {
        int digit = hex_digit((char)text.data[i]);
        if (digit < 0 || (unsigned)digit >= base)
            break;
        if (*value > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        *value = *value * base + (unsigned)digit;
    }
    *used = i;
    return i > (hex ? 2u : 0u);
}

static struct expr *parse_literal_number(struct script_parser *parser) {
    struct expr *expr = new_expr(parser, EXPR_NUMBER);
    size_t used = 0;
    if (expr == NULL)
        return NULL;
    if (!decimal(parser->token.text, &used, &expr->number) || used != parser->token.text.size) {
        parse_fail(parser, &parser->token.at,
                   "\"%t\" is not a number of at most 64 bits; write 500 or 0x1F4",
                   parser->token.text, "");
        return NULL;
    }
    parse_advance(parser);
    return expr;
}

static struct expr *parse_factor(struct script_parser *parser) {
    struct token token = parser->token;
    if (token.kind == TOKEN_VARIABLE)
        return parse_variable(parser);
    if (token.kind == TOKEN_WORD && script_function_find(token.text) != NULL) {
        parse_advance(parser);
        if (token_is_mark(&parser->token, '('))
            return parse_call(parser, token);
        parse_fail_expected(parser, "(");
        return NULL;
    }
    if (token.kind == TOKEN_WORD)
        return parse_literal_number(parser);
    parse_fail_expected(parser, "a number");
    return NULL;
}

static bool number_operator(const struct script_parser *parser, enum expr_kind *kind) {
    if (token_is_mark(&parser->token, '+'))
        *kind = EXPR_ADD;
    else if (token_is_word(&parser->token, "-"))
        *kind = EXPR_SUBTRACT;
    else if (token_is_word(&parser->token, "*"))
        *kind = EXPR_MULTIPLY;
    else
        return false;
    return true;
}

// Operators are taken from left to right; a script that needs more has let.
struct expr *parse_number(struct script_parser *parser) {
    struct expr *left = parse_factor(parser);
    enum expr_kind kind;
    while (left != NULL && number_operator(parser, &kind)) {
        struct expr *both = new_expr(parser, kind);
        parse_advance(parser);
        struct expr *right = parse_factor(parser);
        if (both == NULL || right == NULL)
            return NULL;
        both->first = left;
        left->next = right;
        left = both;
    }
    return left;
}

/// False: no such unit, or too long to count.
static bool to_nanoseconds(struct bytes unit, uint64_t *number) {
    static const struct {
        const char *word;
        uint64_t nanoseconds;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (bytes_equal(unit, bytes_of_string(units[i].word)))
            return !__builtin_mul_overflow(*number, units[i].nanoseconds, number);
    return false;
}

bool parse_duration_text(struct bytes text, uint64_t *nanoseconds) {
    size_t used = 0;
    if (!decimal(text, &used, nanoseconds))
        return false;
    while (used < text.size && text.data[used] == ' ')
        used++;
    return to_nanoseconds(bytes_of(text.data + used, text.size - used), nanoseconds);
}

struct expr *parse_duration(struct script_parser *parser) {
    struct expr *expr = new_expr(parser, EXPR_NUMBER);
    struct token token = parser->token;
    size_t used = 0;
    if (expr == NULL || token.kind != TOKEN_WORD || !decimal(token.text, &used, &expr->number)) {
        parse_fail_expected(parser, "a time such as 50ms");
        return NULL;
    }
    struct bytes unit = bytes_of(token.text.data + used, token.text.size - used);
    parse_advance(parser);
    if (unit.size == 0 && parser->token.kind == TOKEN_WORD) {
        unit = parser->token.text;
        parse_advance(parser);
    }
    if (to_nanoseconds(unit, &expr->number))
        return expr;
    parse_fail(parser, &token.at, "\"%t\" is not a time; units are ns, us, ms and s", token.text,
               "");
    return NULL;
}
