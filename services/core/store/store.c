// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/store.h"
#include "base/must.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ATTEMPTS = 12, PAUSE_US = 200, TEXT_SHOWN = 60 };

const char *store_result_name(enum store_result result) {
    static const char *const names[] = {
        [STORE_DONE] = "STORE_DONE",         [STORE_ROW] = "STORE_ROW",
        [STORE_NONE] = "STORE_NONE",         [STORE_STOPPED] = "STORE_STOPPED",
        [STORE_CONFLICT] = "STORE_CONFLICT", [STORE_UNIQUE] = "STORE_UNIQUE",
        [STORE_LOST] = "STORE_LOST",         [STORE_FULL] = "STORE_FULL",
        [STORE_READONLY] = "STORE_READONLY", [STORE_BROKEN] = "STORE_BROKEN",
    };
    must_cover(names, STORE_RESULT_COUNT);
    return names[result];
}

struct value value_text(const char *text) {
    if (text == NULL)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_TEXT, .octets = bytes_of_string(text)};
}

struct value value_octets(struct bytes octets) {
    if (octets.data == NULL)
        return (struct value){.kind = VALUE_NULL};
    return (struct value){.kind = VALUE_OCTETS, .octets = octets};
}

struct value value_keep(struct arena *arena, const struct value *value) {
    struct value kept = *value;
    if (value->kind != VALUE_TEXT && value->kind != VALUE_OCTETS)
        return kept;
    uint8_t *copy = arena_take(arena, value->octets.size + 1);
    if (copy != NULL && value->octets.size > 0)
        memcpy(copy, value->octets.data, value->octets.size);
    kept.octets.data = copy;
    return kept;
}

// ---- sessions --------------------------------------------------------------------------------

enum store_result sql_fail(struct session *session, enum store_result result, const char *format,
                           ...) {
    va_list arguments;
    session->failed = result;
    session->failure.code = EXIT_REFUSED;
    va_start(arguments, format);
    vsnprintf(session->failure.text, sizeof session->failure.text, format, arguments);
    va_end(arguments);
    return result;
}

enum store_result session_end(const struct session *session, bool wanted, struct failure *failure) {
    if (session->failed == STORE_DONE)
        return wanted ? STORE_DONE : STORE_STOPPED;
    *failure = session->failure;
    return session->failed;
}

static bool fits(char letter, enum value_kind kind) {
    static const char letters[] = {
        [VALUE_NULL] = 0, [VALUE_INT] = 'i', [VALUE_TEXT] = 't', [VALUE_OCTETS] = 'b'};
    must_cover(letters, VALUE_OCTETS + 1);
    if (kind == VALUE_NULL)
        return isupper((unsigned char)letter);
    return tolower((unsigned char)letter) == letters[kind];
}

/// Are the parameters of the kinds that the statement says? Engines alone would not agree.
static bool are_typed(struct session *session, const struct statement *statement,
                      const struct value *in) {
    for (size_t i = 0; statement->in[i] != '\0'; i++)
        if (!fits(statement->in[i], in[i].kind)) {
            sql_fail(session, STORE_BROKEN, "$%zu of \"%.*s\" is not of kind %c", i + 1, TEXT_SHOWN,
                     statement->text, statement->in[i]);
            return false;
        }
    return true;
}

static bool begins(struct session *session, const struct statement *statement) {
    if (session->failed != STORE_DONE)
        return false;
    if (strncmp(statement->text, "SELECT", 6) != 0)
        session->wrote = true;
    return true;
}

enum store_result sql_each(struct session *session, const struct statement *statement,
                           const struct value *in, row_fn *each, void *context) {
    if (!begins(session, statement) || !are_typed(session, statement, in))
        return session->failed;
    return session->ops->run(session, statement, in, each, context);
}

/// Where the first row goes.
struct first_row {
    struct arena *arena;
    struct value *out;
    size_t columns;
    bool found;
};

static bool take_first(void *context, const struct value *row) {
    struct first_row *first = context;
    for (size_t i = 0; i < first->columns; i++) {
        first->out[i] = value_keep(first->arena, &row[i]);
    }
    first->found = true;
    return false;
}

enum store_result sql_run(struct session *session, const struct statement *statement,
                          const struct value *in, struct value *out) {
    struct first_row first = {session->arena, out, strlen(statement->out), false};
    enum store_result result = sql_each(session, statement, in, take_first, &first);
    if (result != STORE_DONE || first.columns == 0)
        return result;
    if (session->arena->failed)
        return sql_fail(session, STORE_BROKEN, "Out of memory for a row");
    return first.found ? STORE_ROW : STORE_NONE;
}

enum store_result sql_change(struct session *session, const struct statement *statement,
                             const struct value *in) {
    enum store_result result = sql_each(session, statement, in, NULL, NULL);
    if (result != STORE_DONE)
        return result;
    return session->changed > 0 ? STORE_ROW : STORE_NONE;
}

enum store_result sql_put(struct session *session, const struct statement *statement,
                          const struct value *rows, size_t count) {
    size_t width = strlen(statement->in);
    if (count == 0 || !begins(session, statement))
        return session->failed;
    for (size_t i = 0; i < count; i++)
        if (!are_typed(session, statement, rows + i * width))
            return session->failed;
    if (session->ops->put != NULL)
        return session->ops->put(session, statement, rows, count);
    for (size_t i = 0; i < count && session->failed == STORE_DONE; i++)
        session->ops->run(session, statement, rows + i * width, NULL, NULL);
    return session->failed;
}

enum store_result sql_script(struct session *session, struct store *store, const char *sql) {
    if (session->failed != STORE_DONE)
        return session->failed;
    session->wrote = true;
    return store->ops->script(session, sql);
}

// ---- stores ----------------------------------------------------------------------------------

/// Callers that met once should not meet again: the pauses of no two attempts are alike.
static void pause_before(struct store *store, unsigned attempt) {
    uint64_t retries = atomic_fetch_add(&store->figures.retries, 1) + 1;
    uint64_t most = (uint64_t)PAUSE_US << attempt;
    uint64_t us = most / 2 + (retries * 0x9E3779B97F4A7C15 >> 32) * (most / 2) / UINT32_MAX;
    struct timespec pause = {.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
    nanosleep(&pause, NULL);
}

enum store_result store_write(struct store *store, struct arena *arena, transaction_fn *fn,
                              void *context, struct failure *failure) {
    for (unsigned attempt = 1;; attempt++) {
        enum store_result result = store->ops->write(store, arena, fn, context, failure);
        if (result != STORE_CONFLICT || attempt == ATTEMPTS)
            return result;
        pause_before(store, attempt);
    }
}

enum store_result store_read(struct store *store, struct arena *arena, transaction_fn *fn,
                             void *context, struct failure *failure) {
    return store->ops->read(store, arena, fn, context, failure);
}

void store_close(struct store *store) {
    if (store != NULL)
        store->ops->close(store);
}
