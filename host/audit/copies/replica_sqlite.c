// SPDX-License-Identifier: Apache-2.0
// Files of SQLite. Opened read-only, and where the service has ended (no log beside the file) as
// one that nobody changes: then SQLite makes no file beside it either. A log that is there is read
// with the index beside it, which is not written.
#include "host/audit/copies/replica.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 1024, STATEMENTS = 16 };

/// Statements that are asked again and again are kept, by the address of their text.
struct sqlite_replica {
    sqlite3 *db;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
        bool busy;
    } kept[STATEMENTS];
    size_t next;
};

static void say(struct replica *replica, const char *sql) {
    struct sqlite_replica *sqlite = replica->handle;
    failure_set(&replica->broken, EXIT_USAGE, "%s: %s (%.60s)", replica->url,
                sqlite3_errmsg(sqlite->db), sql);
}

// ---- statements --------------------------------------------------------------------------------

static sqlite3_stmt *prepare(struct replica *replica, const char *sql, size_t *at) {
    struct sqlite_replica *sqlite = replica->handle;
    for (*at = 0; *at < STATEMENTS; ++*at)
        if (sqlite->kept[*at].sql == sql && !sqlite->kept[*at].busy)
            return sqlite->kept[*at].statement;
    do
        *at = sqlite->next++ % STATEMENTS;
    while (sqlite->kept[*at].busy);
    sqlite3_finalize(sqlite->kept[*at].statement);
    sqlite->kept[*at].statement = NULL;
    sqlite->kept[*at].sql = NULL;
    if (sqlite3_prepare_v2(sqlite->db, sql, -1, &sqlite->kept[*at].statement, NULL) != SQLITE_OK) {
        say(replica, sql);
        return NULL;
    }
    sqlite->kept[*at].sql = sql;
    return sqlite->kept[*at].statement;
}

static void bind(sqlite3_stmt *statement, const struct cell *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char name[24];
        snprintf(name, sizeof name, "$%zu", i + 1);
        int place = sqlite3_bind_parameter_index(statement, name);
        if (in[i].kind == CELL_INT)
            sqlite3_bind_int64(statement, place, in[i].number);
        else if (in[i].kind == CELL_TEXT)
            sqlite3_bind_text(statement, place, in[i].text, -1, SQLITE_STATIC);
        else if (in[i].kind == CELL_OCTETS)
            sqlite3_bind_blob64(statement, place, in[i].octets.data, in[i].octets.size,
                                SQLITE_STATIC);
    }
}

static struct cell read_cell(sqlite3_stmt *statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return cell_int(sqlite3_column_int64(statement, column));
    case SQLITE_TEXT:
        return cell_text((const char *)sqlite3_column_text(statement, column));
    case SQLITE_NULL:
        return (struct cell){.kind = CELL_NULL, .text = ""};
    default:
        break;
    }
    const void *data = sqlite3_column_blob(statement, column);
    return cell_octets(
        bytes_of(data != NULL ? data : "", (size_t)sqlite3_column_bytes(statement, column)));
}

static void sqlite_each(struct replica *replica, const char *sql, const struct cell *in,
                        size_t count, replica_row *row, void *context) {
    struct sqlite_replica *sqlite = replica->handle;
    struct cell cells[REPLICA_COLUMNS_MAX] = {0};
    size_t at = 0;
    int code = SQLITE_ROW;
    sqlite3_stmt *statement = prepare(replica, sql, &at);
    if (statement == NULL)
        return;
    bind(statement, in, count);
    sqlite->kept[at].busy = true;
    while (code == SQLITE_ROW && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement) && i < REPLICA_COLUMNS_MAX; i++)
            cells[i] = read_cell(statement, i);
        if (!row(context, cells))
            code = SQLITE_DONE;
    }
    if (code != SQLITE_DONE)
        say(replica, sql);
    sqlite->kept[at].busy = false;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

// ---- opening -----------------------------------------------------------------------------------

static void sqlite_close(struct replica *replica) {
    struct sqlite_replica *sqlite = replica->handle;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(sqlite->kept[i].statement);
    sqlite3_close(sqlite->db);
    sqlite3_free(sqlite);
}

static const struct replica_ops sqlite_ops = {sqlite_each, sqlite_close};

/// "?" and "#" mean something in a URI of SQLite, "%" too.
static bool write_uri(const char *path, const char *how, char *out, size_t capacity) {
    size_t at = (size_t)snprintf(out, capacity, "file:");
    for (; *path != '\0' && at + 4 < capacity; path++)
        at += (size_t)(strchr("?#%", *path) != NULL
                           ? snprintf(out + at, capacity - at, "%%%02X", (unsigned char)*path)
                           : snprintf(out + at, capacity - at, "%c", *path));
    return *path == '\0' && at + strlen(how) < capacity &&
           snprintf(out + at, capacity - at, "%s", how) > 0;
}

static bool has_log(const char *path) {
    char log[PATH_SIZE];
    struct stat there;
    snprintf(log, sizeof log, "%s-wal", path);
    return stat(log, &there) == 0 && there.st_size > 0;
}

static bool can_read(const char *path, struct failure *failure) {
    char index[PATH_SIZE];
    snprintf(index, sizeof index, "%s-shm", path);
    if (access(path, R_OK) != 0)
        return fail_errno(failure, "cannot read the database %s", path);
    return !has_log(path) || access(index, R_OK) == 0 ||
           fail(failure, EXIT_USAGE,
                "%s has a log (-wal) without its index (-shm); copy all three files, or end the "
                "service before copying",
                path);
}

bool replica_open_sqlite(struct replica *replica, const char *path, struct failure *failure) {
    char uri[PATH_SIZE];
    if (!can_read(path, failure))
        return false;
    if (!write_uri(path, has_log(path) ? "?mode=ro&readonly_shm=1" : "?mode=ro&immutable=1", uri,
                   sizeof uri))
        return fail(failure, EXIT_USAGE, "%s: the path is too long", path);
    struct sqlite_replica *sqlite = sqlite3_malloc(sizeof *sqlite);
    if (sqlite == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    memset(sqlite, 0, sizeof *sqlite);
    replica->ops = &sqlite_ops;
    replica->handle = sqlite;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(uri, &sqlite->db, flags, NULL) == SQLITE_OK &&
        sqlite3_exec(sqlite->db,
                     "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                     "PRAGMA cache_size=-16384; BEGIN",
                     NULL, NULL, NULL) == SQLITE_OK)
        return true;
    return fail(failure, EXIT_USAGE, "%s: %s", path, sqlite3_errmsg(sqlite->db));
}
