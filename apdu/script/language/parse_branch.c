// SPDX-License-Identifier: Apache-2.0
// Blocks that run or not, or often: if and else, repeat, and once a row of a table. A table is
// looked at as a whole here, so that nothing is sent before it is known to be in order.
#include "apdu/script/language/parse_internal.h"
#include "apdu/script/language/reading/csv.h"

enum { COLUMNS_MAX = 256 };

// ---- if ----------------------------------------------------------------------------------------

/// "{ .. }" or "if .." behind else, which stands on the line of the } before it.
static bool parse_else(struct script_parser *parser, struct statement *out) {
    if (!parse_take_word(parser, "else"))
        return true;
    struct statement *otherwise = parse_node(parser, sizeof *otherwise);
    if (otherwise == NULL)
        return false;
    otherwise->at = parser->token.at;
    otherwise->kind = STATEMENT_IF;
    if (!parse_take_word(parser, "if")) {
        if (!parse_block(parser, otherwise))
            return false;
        out->otherwise = otherwise->body;
        return true;
    }
    out->otherwise = otherwise;
    return parse_if(parser, otherwise);
}

bool parse_if(struct script_parser *parser, struct statement *out) {
    out->expectations = parse_expectation(parser);
    if (out->expectations == NULL)
        return false;
    if (out->expectations->check == CHECK_CAPTURE) {
        parse_fault(parser, &out->expectations->at,
                    "a condition compares; capture stands behind a command");
        return false;
    }
    return parse_block(parser, out) && parse_else(parser, out);
}

// ---- repeat ------------------------------------------------------------------------------------

bool parse_repeat(struct script_parser *parser, struct statement *out) {
    if ((out->value = parse_number(parser)) == NULL)
        return false;
    if (parse_take_word(parser, "as") &&
        !parse_name(parser, &out->name, "a name: repeat 3 as i { .. }"))
        return false;
    if (out->name.size > 0)
        parse_define(parser, out->name);
    return parse_block(parser, out);
}

// ---- rows --------------------------------------------------------------------------------------

struct table {
    struct script_parser *parser;
    struct statement *out;
    struct csv csv;
    struct buffer cell;
};

static bool is_name(struct bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        if (!letter && !(i > 0 && ((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return text.size > 0;
}

static bool table_fail(const struct table *table, uint32_t line, const char *text,
                       const char *format, struct bytes word) {
    struct script_position at = {table->out->table, text, line, 1};
    parse_fail(table->parser, &at, format, word, "");
    return false;
}

/// The next cell of a line. False: reported.
static bool take_cell(struct table *table, bool *last) {
    uint32_t line = table->csv.line;
    const char *text = table->csv.text;
    buffer_clear(&table->cell);
    return csv_cell(&table->csv, &table->cell, last) ||
           table_fail(table, line, text,
                      "a quote is never closed, or something stands after it%t%s",
                      bytes_of(NULL, 0));
}

/// Each column is a variable within the block.
static bool take_header(struct table *table, size_t *count) {
    struct argument **tail = &table->out->columns;
    uint32_t line = table->csv.line;
    const char *text = table->csv.text;
    for (bool last = false; !last; (*count)++) {
        if (!take_cell(table, &last))
            return false;
        struct argument *column = parse_node(table->parser, sizeof *column);
        if (column == NULL)
            return false;
        column->name = arena_copy(table->parser->arena, buffer_bytes(&table->cell));
        if (!is_name(column->name) || *count == COLUMNS_MAX)
            return table_fail(table, line, text,
                              "column \"%t\": a column is named as a variable is, with letters, "
                              "digits, - and _%s",
                              column->name);
        parse_define(table->parser, column->name);
        *tail = column;
        tail = &column->next;
    }
    return true;
}

static bool take_row(struct table *table, size_t columns) {
    uint32_t line = table->csv.line;
    const char *text = table->csv.text;
    size_t count = 0;
    for (bool last = false; !last; count++)
        if (!take_cell(table, &last))
            return false;
    return count == columns ||
           table_fail(table, line, text,
                      "this row has more or fewer cells than there are columns%t%s",
                      bytes_of(NULL, 0));
}

static bool take_table(struct script_parser *parser, struct statement *out) {
    struct table table = {.parser = parser, .out = out};
    size_t columns = 0;
    csv_init(&table.csv, out->table->text);
    buffer_init(&table.cell, parser->program->keep.memory);
    bool ok = csv_line(&table.csv) ||
              table_fail(&table, 1, table.csv.text, "the first line names the columns%t%s",
                         bytes_of(NULL, 0));
    ok = ok && take_header(&table, &columns);
    while (ok && csv_line(&table.csv))
        ok = take_row(&table, columns);
    buffer_free(&table.cell);
    return ok;
}

bool parse_rows(struct script_parser *parser, struct statement *out) {
    const char *error = "";
    struct script_position at = parser->token.at;
    struct bytes name;
    if (parser->token.kind != TOKEN_STRING) {
        parse_fail_expected(parser, "a file in quotes: rows \"FILE.csv\" { .. }");
        return false;
    }
    if (!parse_string(parser, &name))
        return false;
    const struct script_source *from = parser->levels[parser->level].lexer.source;
    out->table = sources_load(&parser->program->sources, from, name, &error);
    if (out->table == NULL) {
        parse_fail(parser, &at, "cannot read \"%t\": %s", name, error);
        return false;
    }
    if (parse_take_word(parser, "as") &&
        !parse_name(parser, &out->name, "a name: rows \"FILE.csv\" as i { .. }"))
        return false;
    if (out->name.size > 0)
        parse_define(parser, out->name);
    return take_table(parser, out) && parse_block(parser, out);
}
