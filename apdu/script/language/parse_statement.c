// SPDX-License-Identifier: Apache-2.0
// Statements and blocks: one table of keywords, one function a form.
#include "apdu/script/language/parse_statement.h"
#include "apdu/script/language/parse_internal.h"
#include "base/options/suggest.h"

#include <string.h>

static void skip_lines(struct script_parser *parser) {
    while (parser->token.kind == TOKEN_LINE)
        parse_advance(parser);
}

// After an error: behind the line, so that one mistake is one message.
static void resynchronise(struct script_parser *parser) {
    if (parser->token.kind != TOKEN_LINE && parser->token.kind != TOKEN_END) {
        lexer_skip_line(&parser->levels[parser->level].lexer);
        parse_advance(parser);
    }
    parser->levels[parser->level].lexer.parentheses = 0;
    parser->failed = false;
}

static void parse_expectations(struct script_parser *parser, struct statement *statement) {
    struct expectation **tail = &statement->expectations;
    for (;;) {
        if (!parser->failed)
            skip_lines(parser);
        if (!parse_at_expectation(parser))
            return;
        struct expectation *expectation = parse_expectation(parser);
        if (expectation == NULL) {
            resynchronise(parser);
            continue;
        }
        *tail = expectation;
        tail = &expectation->next;
    }
}

// ---- simple statements -----------------------------------------------------------------------

static bool parse_tx(struct script_parser *parser, struct statement *out) {
    out->value = parse_octets(parser);
    if (out->value == NULL)
        return false;
    if (out->value->first == NULL) {
        parse_fail_expected(parser, "the octets of a command");
        return false;
    }
    return true;
}

bool parse_name(struct script_parser *parser, struct bytes *out, const char *what) {
    if (parser->token.kind != TOKEN_WORD) {
        parse_fail_expected(parser, what);
        return false;
    }
    *out = parser->token.text;
    parse_advance(parser);
    return true;
}

static bool parse_let(struct script_parser *parser, struct statement *out) {
    bool ok = parse_name(parser, &out->name, "a name: let NAME = OCTETS") &&
              parse_need_mark(parser, '=', "in let NAME = OCTETS") &&
              (out->value = parse_octets(parser)) != NULL;
    if (ok)
        parse_define(parser, out->name);
    return ok;
}

static bool parse_nothing(struct script_parser *parser, struct statement *out) {
    (void)parser, (void)out;
    return true;
}

static bool parse_power_cut(struct script_parser *parser, struct statement *out) {
    if (parse_take_word(parser, "now") || !parse_take_word(parser, "after"))
        return true;
    out->value = parse_number(parser);
    if (out->value == NULL)
        return false;
    if (parse_take_word(parser, "writes") || parse_take_word(parser, "write"))
        return true;
    parse_fail_expected(parser, "writes: power-cut after N writes");
    return false;
}

static bool parse_optional_name(struct script_parser *parser, struct statement *out) {
    return parse_at_end(parser) || parse_name(parser, &out->card, "the name of a card");
}

static bool parse_card(struct script_parser *parser, struct statement *out) {
    return parse_name(parser, &out->name, "the name of a card");
}

static bool parse_echo(struct script_parser *parser, struct statement *out) {
    return (out->value = parse_octets(parser)) != NULL;
}

static bool parse_delay(struct script_parser *parser, struct statement *out) {
    return (out->value = parse_duration(parser)) != NULL;
}

static bool parse_message(struct script_parser *parser, struct statement *out) {
    if (parser->token.kind == TOKEN_STRING)
        return parse_string(parser, &out->name);
    parse_fail_expected(parser, "a text in quotes");
    return false;
}

static bool parse_policy(struct script_parser *parser, enum fail_policy *out) {
    static const char *const words[] = {"goto-cleanup", "continue", "stop"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (parse_take_word(parser, words[i])) {
            *out = (enum fail_policy)i;
            return true;
        }
    parse_fail_expected(parser, "continue, stop or goto-cleanup");
    return false;
}

static bool parse_on_fail(struct script_parser *parser, struct statement *out) {
    return parse_policy(parser, &out->policy);
}

static bool parse_auto(struct script_parser *parser, struct statement *out) {
    uint32_t option = parse_take_word(parser, "response") ? AUTO_RESPONSE
                      : parse_take_word(parser, "le")     ? AUTO_LE
                                                          : 0;
    bool on = option != 0 && parse_take_word(parser, "on");
    if (option == 0 || (!on && !parse_take_word(parser, "off"))) {
        parse_fail_expected(parser, "response on|off or le on|off");
        return false;
    }
    out->options_mask = option;
    out->options = on ? option : 0;
    return true;
}

// ---- blocks ----------------------------------------------------------------------------------

static bool keep_title(struct script_parser *parser, struct bytes title) {
    struct argument **tail = &parser->program->tests;
    if (!parser->first_pass)
        return true;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = arena_take(&parser->program->keep, sizeof **tail);
    if (*tail == NULL)
        return false;
    **tail = (struct argument){.name = arena_copy(&parser->program->keep, title)};
    return true;
}

static bool parse_test(struct script_parser *parser, struct statement *out) {
    if (parser->nesting > 0) {
        parse_fault(parser, &out->at, "a test stands at top level, not inside another block");
        return false;
    }
    return parse_message(parser, out) && keep_title(parser, out->name) && parse_block(parser, out);
}

static bool parse_section(struct script_parser *parser, struct statement *out) {
    if (parser->nesting > 0 && parser->block != STATEMENT_TEST) {
        parse_fault(parser, &out->at,
                    "setup, cleanup and invariant stand at top level or in a "
                    "test, not in another block");
        return false;
    }
    bool kept = parser->nesting == 0 && parser->first_pass && out->kind != STATEMENT_SETUP;
    if (out->kind == STATEMENT_INVARIANT && parser->token.kind == TOKEN_STRING &&
        !parse_string(parser, &out->name))
        return false;
    if (!kept)
        return parse_block(parser, out);
    parser->arena = &parser->program->keep;
    struct statement *copy = parse_node(parser, sizeof *copy);
    bool ok = copy != NULL;
    if (ok) {
        *copy = *out;
        copy->name = arena_copy(parser->arena, out->name);
        ok = parse_block(parser, copy);
        *out = *copy;
        struct statement **list = out->kind == STATEMENT_CLEANUP ? &parser->program->cleanups
                                                                 : &parser->program->invariants;
        while (*list != NULL)
            list = &(*list)->next;
        *list = copy;
    }
    parser->arena = &parser->pass;
    return ok;
}

static bool parse_reference_or_octets(struct script_parser *parser, struct argument *out) {
    if (parser->token.kind == TOKEN_REFERENCE) {
        out->reference = parser->token.text;
        parse_advance(parser);
        return true;
    }
    return (out->value = parse_octets(parser)) != NULL;
}

/// NAME=VALUE pairs up to the end of the line or the block.
static bool parse_pairs(struct script_parser *parser, struct statement *out) {
    struct argument **tail = &out->arguments;
    while (!parse_at_end(parser)) {
        struct argument *pair = parse_node(parser, sizeof *pair);
        if (pair == NULL)
            return false;
        pair->at = parser->token.at;
        if (!parse_name(parser, &pair->name, "NAME=VALUE") ||
            !parse_need_mark(parser, '=', "after the name, as in amount=u64(1000)") ||
            !parse_reference_or_octets(parser, pair))
            return false;
        *tail = pair;
        tail = &pair->next;
    }
    return true;
}

static bool parse_within(struct script_parser *parser, struct statement *out) {
    return parse_name(parser, &out->name, "a channel: within scp03 kv=.. keys=@.. { .. }") &&
           parse_pairs(parser, out) && parse_block(parser, out);
}

// ---- catalogue commands ----------------------------------------------------------------------

/// The command that was meant may be close enough to be named.
static bool parse_unknown(struct script_parser *parser, struct statement *out, const char *name) {
    struct suggestion near = suggestion_for(name);
    for (size_t i = 0; i < catalogue_size(); i++)
        suggest(&near, catalogue_at(i)->name);
    if (near.word != NULL)
        parse_fail(parser, &out->at, "the catalogue has no command \"%t\"; did you mean %s?",
                   out->name, near.word);
    else
        parse_fail(parser, &out->at,
                   "the catalogue has no command \"%t\"; see tessera apdu catalogue --json",
                   out->name, "");
    return false;
}

static bool parse_command(struct script_parser *parser, struct statement *out) {
    char name[64] = "";
    out->kind = STATEMENT_COMMAND;
    out->command = own_find_name(parser->program->own, out->name);
    if (out->command == NULL && out->name.size < sizeof name) {
        memcpy(name, out->name.data, out->name.size);
        name[out->name.size] = 0;
        out->command = catalogue_find_name(name);
    }
    if (out->command == NULL)
        return parse_unknown(parser, out, name);
    return parse_pairs(parser, out);
}

// ---- dispatch --------------------------------------------------------------------------------

static const struct {
    const char *word;
    enum statement_kind kind;
    bool (*parse)(struct script_parser *parser, struct statement *out);
    bool answers; // expectations may follow
} forms[] = {
    {"tx", STATEMENT_TX, parse_tx, true},
    {"let", STATEMENT_LET, parse_let, false},
    {"reset", STATEMENT_RESET, parse_nothing, true},
    {"cold-reset", STATEMENT_COLD_RESET, parse_nothing, true},
    {"power-cut", STATEMENT_POWER_CUT, parse_power_cut, false},
    {"insert", STATEMENT_INSERT, parse_optional_name, true},
    {"remove", STATEMENT_REMOVE, parse_optional_name, false},
    {"card", STATEMENT_CARD, parse_card, false},
    {"echo", STATEMENT_ECHO, parse_echo, false},
    {"delay", STATEMENT_DELAY, parse_delay, false},
    {"macro", STATEMENT_MACRO, parse_macro, false},
    {"repeat", STATEMENT_REPEAT, parse_repeat, false},
    {"if", STATEMENT_IF, parse_if, false},
    {"rows", STATEMENT_ROWS, parse_rows, false},
    {"setup", STATEMENT_SETUP, parse_section, false},
    {"cleanup", STATEMENT_CLEANUP, parse_section, false},
    {"invariant", STATEMENT_INVARIANT, parse_section, false},
    {"test", STATEMENT_TEST, parse_test, false},
    {"within", STATEMENT_WITHIN, parse_within, false},
    {"on-fail", STATEMENT_ON_FAIL, parse_on_fail, false},
    {"auto", STATEMENT_AUTO, parse_auto, false},
    {"fail", STATEMENT_FAIL, parse_message, false},
    {"skip", STATEMENT_SKIP, parse_message, false},
    {"exit", STATEMENT_EXIT, parse_nothing, false},
};

static bool parse_form(struct script_parser *parser, struct statement *out, bool *answers) {
    struct token word = parser->token;
    parse_advance(parser);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (token_is_word(&word, forms[i].word)) {
            out->kind = forms[i].kind;
            *answers = forms[i].answers;
            return forms[i].parse(parser, out);
        }
    out->name = word.text;
    if (token_is_mark(&parser->token, '('))
        return parse_macro_call(parser, out);
    if (memchr(word.text.data, '.', word.text.size) != NULL) {
        *answers = true;
        return parse_command(parser, out);
    }
    parse_fail(parser, &word.at, "unknown directive \"%t\"", word.text, "");
    return false;
}

/// "NAME:" in front of a statement.
static void parse_card_prefix(struct script_parser *parser, struct statement *out) {
    const struct lexer *lexer = &parser->levels[parser->level].lexer;
    if (parser->token.kind != TOKEN_WORD || lexer->next >= lexer->end || *lexer->next != ':')
        return;
    out->card = parser->token.text;
    parse_advance(parser);
    parse_advance(parser); // ':'
}

static bool is_block(enum statement_kind kind) {
    static const enum statement_kind kinds[] = {
        STATEMENT_REPEAT, STATEMENT_IF,        STATEMENT_ROWS, STATEMENT_SETUP, STATEMENT_CLEANUP,
        STATEMENT_MACRO,  STATEMENT_INVARIANT, STATEMENT_TEST, STATEMENT_WITHIN};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kind == kinds[i])
            return true;
    return false;
}

/// Whose statements may run behind what stands below them: later, or again.
static bool is_late(enum statement_kind kind) {
    return is_block(kind) && kind != STATEMENT_TEST && kind != STATEMENT_SETUP &&
           kind != STATEMENT_WITHIN && kind != STATEMENT_IF;
}

static bool parse_end(struct script_parser *parser, struct statement *out) {
    if (is_block(out->kind)) {
        if (!parse_take_word(parser, "on-fail"))
            return true;
        out->has_policy = true;
        return parse_policy(parser, &out->policy);
    }
    if (parse_at_end(parser) && !token_is_mark(&parser->token, '{'))
        return true;
    parse_fail_expected(parser, "the end of the line");
    return false;
}

static bool parse_statement(struct script_parser *parser, struct statement *out) {
    bool answers = false;
    parser->failed = false;
    out->at = parser->token.at;
    if (parser->token.kind == TOKEN_META)
        return parse_meta(parser, out);
    parse_card_prefix(parser, out);
    if (parser->token.kind != TOKEN_WORD) {
        parse_fail_expected(parser, "a statement");
        return false;
    }
    if (parse_at_expectation(parser)) {
        out->kind = STATEMENT_EXPECT;
        parse_expectations(parser, out);
        return true;
    }
    if (!parse_form(parser, out, &answers) || parser->failed || !parse_end(parser, out) ||
        parser->failed)
        return false;
    if (answers)
        parse_expectations(parser, out);
    return true;
}

static bool take_include(struct script_parser *parser) {
    struct script_position at = parser->token.at;
    struct bytes name;
    parser->failed = false;
    parse_advance(parser);
    if (parser->token.kind != TOKEN_STRING) {
        parse_fail_expected(parser, "a file in quotes: include \"FILE\"");
        return false;
    }
    return parse_string(parser, &name) && parse_enter_file(parser, &at, name);
}

/// The next statement of a block or of the text; NULL with *end set when there is none, NULL
/// without it after an error.
static struct statement *next_statement(struct script_parser *parser, bool *end) {
    for (;;) {
        parser->failed = false;
        skip_lines(parser);
        *end = parser->token.kind == TOKEN_END || token_is_mark(&parser->token, '}');
        if (*end)
            return NULL;
        if (token_is_word(&parser->token, "include")) {
            if (take_include(parser))
                continue;
            break;
        }
        struct statement *statement = parse_node(parser, sizeof *statement);
        if (statement == NULL)
            break;
        if (parse_statement(parser, statement))
            return statement;
        break;
    }
    resynchronise(parser);
    return NULL;
}

static void parse_statements(struct script_parser *parser, struct statement *owner) {
    struct statement **tail = &owner->body;
    for (bool end = false; !end && !parser->arena->failed;) {
        struct statement *statement = next_statement(parser, &end);
        if (statement != NULL) {
            *tail = statement;
            tail = &statement->next;
        }
    }
}

bool parse_block(struct script_parser *parser, struct statement *owner) {
    uint32_t outer = parser->nesting, level = parser->level;
    enum statement_kind outer_block = parser->block;
    skip_lines(parser);
    struct script_position at = parser->token.at;
    if (!parse_need_mark(parser, '{', "opening a block"))
        return false;
    if (parser->nesting == SCRIPT_NESTING_MAX) {
        parse_fault(parser, &at, "blocks are nested deeper than 64");
        return false;
    }
    parser->nesting++;
    parser->late += is_late(owner->kind);
    parser->block = owner->kind;
    parse_statements(parser, owner);
    parser->late -= is_late(owner->kind);
    parser->nesting = outer;
    parser->block = outer_block;
    parser->failed = false;
    if (parser->token.kind == TOKEN_END) {
        parse_fault(parser, &at, "this { is not closed by }");
        return false;
    }
    if (parser->level != level) {
        parse_fault(parser, &parser->token.at, "this } closes a block of another file");
        return false;
    }
    parse_advance(parser); // '}'
    return !parser->failed;
}

enum parse_result parser_next(struct script_parser *parser, struct statement **out) {
    bool end = false;
    size_t errors = parser->program->error_count;
    arena_reset(&parser->pass);
    *out = next_statement(parser, &end);
    if (*out != NULL)
        return parser->program->error_count == errors ? PARSE_STATEMENT : PARSE_ERROR;
    if (end && parser->token.kind == TOKEN_END)
        return PARSE_END;
    if (end) {
        parser->failed = false;
        parse_fault(parser, &parser->token.at, "this } closes nothing");
        parse_advance(parser);
        parser->failed = false;
    }
    return PARSE_ERROR;
}
