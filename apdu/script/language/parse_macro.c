// SPDX-License-Identifier: Apache-2.0
// Macros: their definition at top level, and their calls. A first pass over the files keeps every
// definition; later passes only find them.
#include "apdu/script/language/parse_internal.h"

static struct macro *find_macro(const struct script_program *program, struct bytes name) {
    for (struct macro *macro = program->macros; macro != NULL; macro = macro->next)
        if (bytes_equal(macro->name, name))
            return macro;
    return NULL;
}

static bool parse_parameters(struct script_parser *parser, struct macro *macro) {
    struct argument **tail = &macro->parameters;
    if (!parse_need_mark(parser, '(', "after the name of a macro"))
        return false;
    while (!token_is_mark(&parser->token, ')')) {
        struct argument *parameter = parse_node(parser, sizeof *parameter);
        if (parameter == NULL || !parse_name(parser, &parameter->name, "the name of a parameter"))
            return false;
        *tail = parameter;
        tail = &parameter->next;
        macro->parameter_count++;
        if (!parse_take_mark(parser, ','))
            break;
    }
    return parse_need_mark(parser, ')', "after the parameters");
}

static bool define_macro(struct script_parser *parser, struct statement *out) {
    struct macro *macro = parse_node(parser, sizeof *macro);
    if (macro == NULL || !parse_name(parser, &macro->name, "the name of the macro"))
        return false;
    macro->at = out->at;
    if (parser->first_pass && find_macro(parser->program, macro->name) != NULL) {
        parse_fail(parser, &out->at, "macro \"%t\" is defined twice", macro->name, "");
        return false;
    }
    if (!parse_parameters(parser, macro))
        return false;
    if (parser->first_pass) { // before its body: a macro may call itself
        macro->next = parser->program->macros;
        parser->program->macros = macro;
    }
    struct statement *body = parse_node(parser, sizeof *body);
    if (body == NULL)
        return false;
    body->kind = STATEMENT_MACRO;
    parser->macro = macro;
    bool ok = parse_block(parser, body);
    parser->macro = NULL;
    macro->body = body->body;
    out->macro = macro;
    out->body = body->body;
    return ok;
}

bool parse_macro(struct script_parser *parser, struct statement *out) {
    if (parser->nesting > 0) {
        parse_fault(parser, &out->at, "a macro is defined at top level");
        return false;
    }
    if (parser->first_pass)
        parser->arena = &parser->program->keep;
    bool ok = define_macro(parser, out);
    parser->arena = &parser->pass;
    return ok;
}

bool parse_macro_call(struct script_parser *parser, struct statement *out) {
    size_t count = 0;
    struct argument **tail = &out->arguments;
    out->kind = STATEMENT_CALL;
    out->macro = find_macro(parser->program, out->name);
    if (out->macro == NULL && !parser->program->is_part) {
        parse_fail(parser, &out->at, "no macro \"%t\" is defined above this line", out->name, "");
        return false;
    }
    if (out->macro != NULL)
        out->macro->used = true;
    parse_advance(parser); // '('
    while (!token_is_mark(&parser->token, ')')) {
        struct argument *argument = parse_node(parser, sizeof *argument);
        if (argument == NULL || (argument->value = parse_octets(parser)) == NULL)
            return false;
        *tail = argument;
        tail = &argument->next;
        count++;
        if (!parse_take_mark(parser, ','))
            break;
    }
    if (!parse_need_mark(parser, ')', "after the arguments"))
        return false;
    if (out->macro != NULL && count != out->macro->parameter_count) {
        parse_fail(parser, &out->at,
                   "macro \"%t\" is called with another number of arguments than "
                   "it has parameters",
                   out->name, "");
        return false;
    }
    return true;
}
