// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/sqlite_link.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/// Somebody who has the database for himself, which no service does, is waited for at the opening,
/// and then in each attempt of a write: store_write makes a dozen.
enum { TEXT_SHOWN = 60, OPEN_MS = 5000, BUSY_MS = 400 };

enum store_result sqlite_result(int code) {
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
        return STORE_DONE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_ABORT: // another one of the group took the transaction down
        return STORE_CONFLICT;
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_READONLY:
        return STORE_READONLY;
    default:
        break;
    }
    return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ? STORE_UNIQUE
                                                                                    : STORE_BROKEN;
}

// ---- connections -----------------------------------------------------------------------------

int sqlite_link_exec(struct sqlite_link *link, const char *sql) {
    return sqlite3_exec(link->db, sql, NULL, NULL, NULL);
}

bool sqlite_link_open(struct sqlite_link *link, const char *path, const char *vfs,
                      struct failure *failure) {
    static const char pragmas[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                  "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                                  "PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=0;"
                                  // what a savepoint would undo: else a file a request
                                  "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000;";
    memset(link, 0, sizeof *link);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &link->db, flags, vfs);
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(link->db, 1);
        sqlite3_busy_timeout(link->db, OPEN_MS);
        code = sqlite_link_exec(link, pragmas);
        sqlite3_busy_timeout(link->db, BUSY_MS);
    }
    if (code == SQLITE_OK)
        return true;
    fail(failure, EXIT_REFUSED, "Database %s: %s", path, sqlite3_errmsg(link->db));
    sqlite_link_close(link);
    return false;
}

void sqlite_link_close(struct sqlite_link *link) {
    for (size_t i = 0; i < SQLITE_STATEMENTS_MAX; i++)
        sqlite3_finalize(link->prepared[i].handle);
    sqlite3_close(link->db);
    memset(link, 0, sizeof *link);
}

// ---- statements ------------------------------------------------------------------------------

static enum store_result broken(struct session *session, const struct statement *statement,
                                const char *what) {
    return sql_fail(session, STORE_BROKEN, "\"%.*s\": %s", TEXT_SHOWN, statement->text, what);
}

/// What the engine says, as the session's failure.
static enum store_result said(struct session *session, int code, const char *text) {
    struct sqlite_link *link = session->context;
    return sql_fail(session, sqlite_result(code), "%s (%s)", sqlite3_errmsg(link->db), text);
}

/// Every parameter that the statement declares, and no other.
static bool find_places(struct sqlite_prepared *prepared, const struct statement *statement) {
    size_t count = strlen(statement->in);
    char name[24];
    for (size_t i = 0; i < count && count <= STORE_PARAMETERS_MAX; i++) {
        snprintf(name, sizeof name, "$%zu", i + 1);
        prepared->places[i] = sqlite3_bind_parameter_index(prepared->handle, name);
        if (prepared->places[i] == 0)
            return false;
    }
    return count <= STORE_PARAMETERS_MAX &&
           sqlite3_bind_parameter_count(prepared->handle) == (int)count;
}

/// The statement's place in the table: its own, or a free one; NULL when the table is full.
static struct sqlite_prepared *place_of(struct sqlite_link *link,
                                        const struct statement *statement) {
    size_t at = (uintptr_t)statement->text / sizeof *statement;
    for (size_t i = 0; i < SQLITE_STATEMENTS_MAX; i++) {
        struct sqlite_prepared *place = &link->prepared[(at + i) & (SQLITE_STATEMENTS_MAX - 1)];
        if (place->text == statement->text || place->text == NULL)
            return place;
    }
    return NULL;
}

static struct sqlite_prepared *prepare(struct session *session, const struct statement *statement) {
    struct sqlite_link *link = session->context;
    struct sqlite_prepared *place = place_of(link, statement);
    if (place == NULL) {
        broken(session, statement, "too many statements");
        return NULL;
    }
    if (place->text != NULL)
        return place;
    int code = sqlite3_prepare_v3(link->db, statement->text, -1, SQLITE_PREPARE_PERSISTENT,
                                  &place->handle, NULL);
    if (code != SQLITE_OK) {
        said(session, code, statement->text);
        return NULL;
    }
    place->text = statement->text;
    if (find_places(place, statement) &&
        sqlite3_column_count(place->handle) == (int)strlen(statement->out))
        return place;
    broken(session, statement, "has other parameters or columns than its row says");
    sqlite3_finalize(place->handle);
    *place = (struct sqlite_prepared){0};
    return NULL;
}

static int bind(sqlite3_stmt *handle, int place, const struct value *value) {
    switch (value->kind) {
    case VALUE_INT:
        return sqlite3_bind_int64(handle, place, value->number);
    case VALUE_TEXT:
        return sqlite3_bind_text64(handle, place, (const char *)value->octets.data,
                                   value->octets.size, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_OCTETS:
        return sqlite3_bind_blob64(handle, place, value->octets.data, value->octets.size,
                                   SQLITE_STATIC);
    case VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(handle, place);
}

/// False: the column is of another kind than the statement says.
static bool column(sqlite3_stmt *handle, int at, char letter, struct value *out) {
    int type = sqlite3_column_type(handle, at);
    *out = (struct value){.kind = VALUE_NULL};
    if (type == SQLITE_NULL)
        return isupper((unsigned char)letter);
    switch (tolower((unsigned char)letter)) {
    case 'i':
        *out = value_int(sqlite3_column_int64(handle, at));
        return type == SQLITE_INTEGER;
    case 't':
        *out = value_text((const char *)sqlite3_column_text(handle, at));
        return type == SQLITE_TEXT;
    default:
        out->kind = VALUE_OCTETS;
        out->octets =
            bytes_of(sqlite3_column_blob(handle, at), (size_t)sqlite3_column_bytes(handle, at));
        if (out->octets.data == NULL)
            out->octets.data = (const uint8_t *)""; // no octets, but not NULL
        return type == SQLITE_BLOB;
    }
}

static bool take_row(struct session *session, const struct statement *statement,
                     sqlite3_stmt *handle, row_fn *each, void *context) {
    struct value row[STORE_COLUMNS_MAX];
    for (int i = 0; statement->out[i] != '\0'; i++)
        if (!column(handle, i, statement->out[i], &row[i])) {
            broken(session, statement, "answers a column of another kind than its row says");
            return false;
        }
    return each == NULL || each(context, row);
}

static enum store_result sqlite_run(struct session *session, const struct statement *statement,
                                    const struct value *in, row_fn *each, void *context) {
    struct sqlite_prepared *prepared = prepare(session, statement);
    if (prepared == NULL)
        return session->failed;
    int code = SQLITE_OK;
    for (size_t i = 0; statement->in[i] != '\0' && code == SQLITE_OK; i++)
        code = bind(prepared->handle, prepared->places[i], &in[i]);
    if (code == SQLITE_OK)
        do
            code = sqlite3_step(prepared->handle);
        while (code == SQLITE_ROW && take_row(session, statement, prepared->handle, each, context));
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        said(session, code, statement->text);
    else if (statement->out[0] == '\0')
        session->changed = sqlite3_changes(((struct sqlite_link *)session->context)->db);
    // a statement left in the middle of its rows would keep COMMIT from going through
    sqlite3_reset(prepared->handle);
    sqlite3_clear_bindings(prepared->handle);
    return session->failed;
}

static const struct session_ops sqlite_ops = {sqlite_run, NULL};

void sqlite_session_init(struct session *session, struct sqlite_link *link, struct arena *arena) {
    *session = (struct session){.ops = &sqlite_ops, .context = link, .arena = arena};
}

enum store_result sqlite_session_script(struct session *session, const char *sql) {
    int code = sqlite_link_exec(session->context, sql);
    return code == SQLITE_OK ? STORE_DONE : said(session, code, sql);
}
