// SPDX-License-Identifier: Apache-2.0
// Tokens, errors, files within files, and the program's life. Statements: parse_statement.c.
#include "apdu/script/language/parse_internal.h"
#include "apdu/script/language/parse_statement.h"

void program_init(struct script_program *program, const struct script_memory *memory,
                  const struct script_files *files) {
    *program = (struct script_program){.main = NULL};
    sources_init(&program->sources, memory, files);
    arena_init(&program->keep, memory);
    names_init(&program->names, &program->keep);
}

void program_free(struct script_program *program) {
    arena_free(&program->keep);
    sources_free(&program->sources);
}

void parser_init(struct script_parser *parser, struct script_program *program,
                 const struct script_reporter *reporter, bool first_pass) {
    *parser =
        (struct script_parser){.program = program, .reporter = reporter, .first_pass = first_pass};
    arena_init(&parser->pass, program->keep.memory);
    parser->arena = &parser->pass;
    lexer_init(&parser->levels[0].lexer, program->main);
    parse_advance(parser);
}

void parser_free(struct script_parser *parser) {
    arena_free(&parser->pass);
}

void *parse_node(struct script_parser *parser, size_t size) {
    void *node = arena_take(parser->arena, size);
    if (node == NULL && !parser->failed)
        parse_fault(parser, &parser->token.at, "out of memory");
    return node;
}

void parse_fault(struct script_parser *parser, const struct script_position *at,
                 const char *message) {
    if (parser->failed) // one message a statement
        return;
    parser->failed = true;
    parser->program->error_count++;
    struct script_diagnostic diagnostic = {SCRIPT_ERROR, "syntax", *at, message};
    if (parser->reporter != NULL)
        parser->reporter->report(parser->reporter, &diagnostic);
}

void parse_fail(struct script_parser *parser, const struct script_position *at, const char *format,
                struct bytes text, const char *word) {
    enum { SHOWN_MAX = 60 };
    struct buffer message;
    buffer_init(&message, parser->program->keep.memory);
    if (text.size > SHOWN_MAX)
        text.size = SHOWN_MAX;
    buffer_format(&message, format, text, word);
    parse_fault(parser, at, buffer_string(&message));
    buffer_free(&message);
}

void parse_fail_expected(struct script_parser *parser, const char *expected) {
    const struct token *token = &parser->token;
    struct bytes shown = token->text;
    if (shown.size > 40)
        shown.size = 40;
    struct buffer message;
    buffer_init(&message, parser->program->keep.memory);
    buffer_format(&message, "expected %s, found ", expected);
    if (token->kind == TOKEN_END || token->kind == TOKEN_LINE)
        buffer_format(&message, "the end of the %s", token->kind == TOKEN_END ? "script" : "line");
    else
        buffer_format(&message, "\"%t\"", shown);
    parse_fault(parser, &token->at, buffer_string(&message));
    buffer_free(&message);
}

/// Ends an included file: its includer goes on with the token it had.
static void leave_file(struct script_parser *parser) {
    struct script_level *level = &parser->levels[parser->level];
    if (parser->nesting != level->nesting) {
        parse_fault(parser, &parser->token.at, "a block is not closed by } in this file");
        parser->nesting = level->nesting;
    }
    parser->level--;
    parser->token = parser->levels[parser->level].token;
}

void parse_advance(struct script_parser *parser) {
    parser->token = lexer_next(&parser->levels[parser->level].lexer);
    if (parser->token.kind == TOKEN_BAD)
        parse_fault(parser, &parser->token.at, parser->token.fault);
    while (parser->token.kind == TOKEN_END && parser->level > 0)
        leave_file(parser);
}

static bool is_open(const struct script_parser *parser, const struct script_source *source) {
    for (uint32_t i = 0; i <= parser->level; i++)
        if (parser->levels[i].lexer.source == source)
            return true;
    return false;
}

bool parse_enter_file(struct script_parser *parser, const struct script_position *at,
                      struct bytes name) {
    const char *error = "";
    const struct script_source *from = parser->levels[parser->level].lexer.source;
    const struct script_source *source =
        sources_load(&parser->program->sources, from, name, &error);
    if (source == NULL) {
        parse_fail(parser, at, "cannot include \"%t\": %s", name, error);
        return false;
    }
    if (is_open(parser, source)) {
        parse_fail(parser, at, "include loop: \"%t\" is being read already", name, "");
        return false;
    }
    if (parser->level == SCRIPT_INCLUDE_MAX) {
        parse_fail(parser, at, "\"%t\" is included deeper than 16 files", name, "");
        return false;
    }
    parser->levels[parser->level].token = parser->token;
    struct script_level *level = &parser->levels[++parser->level];
    lexer_init(&level->lexer, source);
    level->nesting = parser->nesting;
    parse_advance(parser);
    return true;
}

bool parse_take_word(struct script_parser *parser, const char *word) {
    if (!token_is_word(&parser->token, word))
        return false;
    parse_advance(parser);
    return true;
}

bool parse_take_mark(struct script_parser *parser, char mark) {
    if (!token_is_mark(&parser->token, mark))
        return false;
    parse_advance(parser);
    return true;
}

bool parse_need_mark(struct script_parser *parser, char mark, const char *where) {
    if (parse_take_mark(parser, mark))
        return true;
    struct buffer wanted;
    buffer_init(&wanted, parser->program->keep.memory);
    buffer_format(&wanted, "\"%c\" %s", (int)mark, where);
    parse_fail_expected(parser, buffer_string(&wanted));
    buffer_free(&wanted);
    return false;
}

bool parse_at_end(const struct script_parser *parser) {
    return parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_LINE ||
           token_is_mark(&parser->token, '}') || token_is_mark(&parser->token, '{');
}

// ---- names -----------------------------------------------------------------------------------

static bool is_parameter(const struct macro *macro, struct bytes name) {
    for (const struct argument *at = macro != NULL ? macro->parameters : NULL; at != NULL;
         at = at->next)
        if (bytes_equal(at->name, name))
            return true;
    return false;
}

void parse_define(struct script_parser *parser, struct bytes name) {
    if (parser->first_pass && !is_parameter(parser->macro, name))
        names_define(&parser->program->names, name);
}

void parse_use(struct script_parser *parser, struct bytes name, const struct script_position *at) {
    if (parser->first_pass && !is_parameter(parser->macro, name))
        names_use(&parser->program->names, name, at, parser->late > 0);
}

static void report_name(void *context, const struct script_name *name,
                        const struct script_position *where, bool below) {
    struct script_parser *parser = context;
    parser->failed = false;
    parse_fail(parser, where,
               below ? "${%t} gets its value only below this line%s"
                     : "${%t} is given a value nowhere in this script%s",
               name->name, "");
}

bool program_check(struct script_program *program, const struct script_reporter *reporter,
                   void (*visit)(void *context, struct statement *statement), void *context) {
    struct script_parser parser;
    struct statement *statement;
    enum parse_result result;
    parser_init(&parser, program, reporter, true);
    while ((result = parser_next(&parser, &statement)) != PARSE_END)
        if (result == PARSE_STATEMENT && visit != NULL)
            visit(context, statement);
    if (!program->is_part)
        names_check(&program->names, report_name, &parser);
    parser_free(&parser);
    return program->error_count == 0;
}

struct bytes program_metadata(const struct script_program *program, const char *name) {
    for (const struct argument *row = program->metadata; row != NULL; row = row->next)
        if (bytes_equal(row->name, bytes_of_string(name)))
            return row->value->octets;
    return (struct bytes){NULL, 0};
}
