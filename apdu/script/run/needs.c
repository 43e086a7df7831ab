// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/needs.h"

static void report(struct script_needs *needs, const struct script_position *at,
                   struct buffer *message) {
    const struct script_diagnostic diagnostic = {SCRIPT_ERROR, "missing", *at,
                                                 buffer_string(message)};
    needs->missing++;
    needs->reporter->report(needs->reporter, &diagnostic);
    buffer_free(message);
}

static void need_card(struct script_needs *needs, struct bytes name,
                      const struct script_position *at) {
    struct buffer message;
    for (size_t i = 0; i < needs->card_count; i++)
        if (bytes_equal(name, bytes_of_string(needs->cards[i])))
            return;
    buffer_init(&message, needs->memory);
    buffer_format(&message, "there is no card \"%t\"; the command line gave", name);
    for (size_t i = 0; i < needs->card_count; i++)
        buffer_format(&message, " %s", needs->cards[i]);
    report(needs, at, &message);
}

static void need_key(struct script_needs *needs, const struct argument *argument) {
    struct scp03_keys keys = {0};
    struct buffer message;
    bool found = needs->keys != NULL && needs->keys->find(needs->keys, argument->reference, &keys);
    bytes_erase(&keys, sizeof keys);
    if (found)
        return;
    buffer_init(&message, needs->memory);
    buffer_format(&message, "there are no keys @%t; say --keys %t=FILE, a file that has them",
                  argument->reference, argument->reference);
    report(needs, &argument->at, &message);
}

static void walk(struct script_needs *needs, const struct statement *first);

static void look(struct script_needs *needs, const struct statement *statement) {
    if (statement->card.size > 0)
        need_card(needs, statement->card, &statement->at);
    if (statement->kind == STATEMENT_CARD)
        need_card(needs, statement->name, &statement->at);
    for (const struct argument *at = statement->arguments; at != NULL; at = at->next)
        if (statement->kind == STATEMENT_WITHIN && at->reference.size > 0 && !needs->keyless)
            need_key(needs, at);
    if (statement->kind == STATEMENT_CALL && statement->macro != NULL &&
        !statement->macro->needed) {
        statement->macro->needed = true;
        walk(needs, statement->macro->body);
    }
    walk(needs, statement->body);
    walk(needs, statement->otherwise);
}

static void walk(struct script_needs *needs, const struct statement *first) {
    for (const struct statement *at = first; at != NULL; at = at->next)
        look(needs, at);
}

/// A macro needs something where it is called from what runs.
static void visit(void *context, struct statement *statement) {
    if (statement->kind != STATEMENT_MACRO)
        look(context, statement);
}

bool needs_check(struct script_needs *needs, struct script_program *program) {
    return program_check(program, needs->reporter, visit, needs) && needs->missing == 0;
}
