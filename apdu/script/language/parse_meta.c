// SPDX-License-Identifier: Apache-2.0
// Lines "#! name value": what a script says about itself.
#include "apdu/script/language/parse_internal.h"

static struct bytes trim(struct bytes text) {
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] <= ' ')
        text.size--;
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        text = bytes_of(text.data + 1, text.size - 2);
    return text;
}

/// "#! timeout 30s" bounds the run; the other names are for whoever starts it.
static bool take_timeout(struct script_parser *parser, const struct argument *row) {
    uint64_t *timeout = &parser->program->timeout;
    struct bytes text = row->value->octets;
    if (!bytes_equal(row->name, bytes_of_string("timeout")))
        return true;
    if (parse_duration_text(text, timeout) && *timeout > 0)
        return true;
    parse_fail(parser, &row->at, "a timeout is a time such as 30s, not \"%t\"", text, "");
    return false;
}

/// "#! name value". A first line "#!/usr/bin/.." is for the shell.
bool parse_meta(struct script_parser *parser, struct statement *out) {
    struct bytes text = trim(parser->token.text);
    parse_advance(parser);
    out->kind = STATEMENT_META;
    if (!parser->first_pass || text.size == 0 || text.data[0] == '/')
        return true;
    size_t name = 0;
    while (name < text.size && text.data[name] > ' ')
        name++;
    struct arena *keep = &parser->program->keep;
    struct argument *row = arena_take(keep, sizeof *row);
    struct expr *value = arena_take(keep, sizeof *value);
    if (row == NULL || value == NULL)
        return false;
    *value = (struct expr){.kind = EXPR_TEXT, .at = out->at};
    value->octets = trim(bytes_of(text.data + name, text.size - name));
    *row = (struct argument){bytes_of(text.data, name), out->at, value, bytes_of(NULL, 0),
                             parser->program->metadata};
    parser->program->metadata = row;
    return take_timeout(parser, row);
}
