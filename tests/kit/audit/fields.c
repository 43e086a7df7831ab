// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/fields.h"

#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 8192, SQL_SIZE = 2048, TRIES = 50 };

static uint64_t draw(uint64_t *seed, uint64_t below) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static sqlite3 *open_at(const struct audit_world *world, const char *service, bool copy) {
    sqlite3 *db = NULL;
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(audit_world_path(world, service, copy), &db), SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF;"
                 "PRAGMA ignore_check_constraints=ON",
                 NULL, NULL, NULL);
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql) {
    sqlite3_stmt *rows = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK)
        printf("\n    %s: %s", sql, sqlite3_errmsg(db));
    CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
    return rows;
}

static int64_t count_rows(sqlite3 *db, const char *table) {
    char sql[SQL_SIZE];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM \"%s\"", table);
    sqlite3_stmt *rows = ask(db, sql);
    sqlite3_step(rows);
    int64_t count = sqlite3_column_int64(rows, 0);
    sqlite3_finalize(rows);
    return count;
}

// ---- which there are ---------------------------------------------------------------------------

void fields_each(const struct audit_world *world, void (*see)(const struct column *column)) {
    for (size_t i = 0; i < world->count; i++) {
        struct column column = {.rows = 0};
        sqlite3 *db = open_at(world, world->services[i], false);
        sqlite3_stmt *rows = ask(db, "SELECT t.name, c.name, c.cid FROM sqlite_master t,"
                                     " pragma_table_info(t.name) c WHERE t.type = 'table'"
                                     " ORDER BY t.name, c.cid");
        snprintf(column.service, sizeof column.service, "%s", world->services[i]);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            snprintf(column.table, sizeof column.table, "%s", sqlite3_column_text(rows, 0));
            snprintf(column.name, sizeof column.name, "%s", sqlite3_column_text(rows, 1));
            column.at = sqlite3_column_int(rows, 2);
            column.rows = count_rows(db, column.table);
            see(&column);
        }
        sqlite3_finalize(rows);
        sqlite3_close(db);
    }
}

// ---- another value -----------------------------------------------------------------------------

static void bind_number(sqlite3_stmt *change, sqlite3_int64 old, uint64_t *seed) {
    const sqlite3_int64 others[] = {old + 1, old - 1, old == 0 ? 7 : 0,
                                    (sqlite3_int64)draw(seed, (uint64_t)1 << 40)};
    sqlite3_bind_int64(change, 1, others[draw(seed, 4)]);
}

/// A sign or octet that differs; of what is empty, one.
static void bind_octets(sqlite3_stmt *change, sqlite3_stmt *row, uint64_t *seed) {
    char value[VALUE_MAX] = "x";
    bool text = sqlite3_column_type(row, 0) == SQLITE_TEXT;
    const void *old = sqlite3_column_blob(row, 0);
    size_t size = (size_t)sqlite3_column_bytes(row, 0);
    CU_ASSERT_TRUE_FATAL(size < sizeof value);
    if (size > 0)
        memcpy(value, old, size);
    size_t at = size > 0 ? (size_t)draw(seed, size) : 0;
    if (size == 0)
        size = 1;
    else if (text)
        value[at] = (char)(value[at] == 'x' ? 'y' : 'x');
    else
        value[at] = (char)(value[at] ^ 1 << draw(seed, 8));
    if (text)
        sqlite3_bind_text(change, 1, value, (int)size, SQLITE_TRANSIENT);
    else
        sqlite3_bind_blob(change, 1, value, (int)size, SQLITE_TRANSIENT);
}

/// What stands where nothing did, by the kind of its column.
static void bind_something(sqlite3_stmt *change, const char *type) {
    if (strcmp(type, "INTEGER") == 0)
        sqlite3_bind_int64(change, 1, 1);
    else if (strcmp(type, "TEXT") == 0)
        sqlite3_bind_text(change, 1, "x", 1, SQLITE_STATIC);
    else
        sqlite3_bind_blob(change, 1, "x", 1, SQLITE_STATIC);
}

/// Row: the value, its column's kind, may it be nothing.
static void bind_other(sqlite3_stmt *change, sqlite3_stmt *row, uint64_t *seed) {
    bool may_miss = sqlite3_column_int(row, 2) == 0;
    if (sqlite3_column_type(row, 0) == SQLITE_NULL)
        bind_something(change, (const char *)sqlite3_column_text(row, 1));
    else if (may_miss && draw(seed, 4) == 0)
        sqlite3_bind_null(change, 1);
    else if (sqlite3_column_type(row, 0) == SQLITE_INTEGER)
        bind_number(change, sqlite3_column_int64(row, 0), seed);
    else
        bind_octets(change, row, seed);
}

// ---- one change --------------------------------------------------------------------------------

/// "(a, b) = (SELECT a, b FROM t LIMIT 1 OFFSET 3)", of the key's columns.
static void write_place(sqlite3 *db, const struct column *column, int64_t place,
                        char out[SQL_SIZE]) {
    char sql[SQL_SIZE], keys[SQL_SIZE / 4] = "";
    size_t size = 0;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s') WHERE pk > 0 ORDER BY pk",
             column->table);
    sqlite3_stmt *rows = ask(db, sql);
    while (sqlite3_step(rows) == SQLITE_ROW)
        size += (size_t)snprintf(keys + size, sizeof keys - size, "%s\"%s\"", size > 0 ? ", " : "",
                                 sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    snprintf(out, SQL_SIZE, "(%s) = (SELECT %s FROM \"%s\" ORDER BY %s LIMIT 1 OFFSET %" PRId64 ")",
             keys, keys, column->table, keys, place);
}

/// What was done; NULL: the table does not take it.
static const char *run(sqlite3 *db, sqlite3_stmt *change) {
    static char said[VALUE_MAX];
    char *text = sqlite3_expanded_sql(change);
    snprintf(said, sizeof said, "%.400s", text);
    sqlite3_free(text);
    int code = sqlite3_step(change);
    sqlite3_finalize(change);
    sqlite3_close(db);
    return code == SQLITE_DONE ? said : NULL;
}

static const char *spoil_once(const struct audit_world *world, const struct column *column,
                              uint64_t *seed) {
    char place[SQL_SIZE], sql[2 * SQL_SIZE];
    sqlite3 *db = open_at(world, column->service, true);
    write_place(db, column, (int64_t)draw(seed, (uint64_t)column->rows), place);
    snprintf(sql, sizeof sql,
             "SELECT \"%s\", (SELECT type FROM pragma_table_info('%s') WHERE name = '%s'),"
             " (SELECT \"notnull\" FROM pragma_table_info('%s') WHERE name = '%s') FROM \"%s\""
             " WHERE %s",
             column->name, column->table, column->name, column->table, column->name, column->table,
             place);
    sqlite3_stmt *row = ask(db, sql);
    CU_ASSERT_EQUAL(sqlite3_step(row), SQLITE_ROW);
    snprintf(sql, sizeof sql, "UPDATE \"%s\" SET \"%s\" = ?1 WHERE %s", column->table, column->name,
             place);
    sqlite3_stmt *change = ask(db, sql);
    bind_other(change, row, seed);
    sqlite3_finalize(row);
    return run(db, change);
}

const char *fields_spoil(const struct audit_world *world, const struct column *column,
                         uint64_t *seed) {
    const char *done = NULL;
    for (int i = 0; i < TRIES && done == NULL; i++)
        done = spoil_once(world, column, seed);
    CU_ASSERT_PTR_NOT_NULL_FATAL(done);
    return done;
}

const char *fields_drop(const struct audit_world *world, const struct column *table,
                        uint64_t *seed) {
    char place[SQL_SIZE], sql[2 * SQL_SIZE];
    sqlite3 *db = open_at(world, table->service, true);
    write_place(db, table, (int64_t)draw(seed, (uint64_t)table->rows), place);
    snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE %s", table->table, place);
    return run(db, ask(db, sql));
}

const char *fields_add(const struct audit_world *world, const struct column *table,
                       uint64_t *seed) {
    char sql[SQL_SIZE];
    sqlite3 *db = open_at(world, table->service, true);
    (void)seed;
    snprintf(sql, sizeof sql,
             "SELECT GROUP_CONCAT(CASE type WHEN 'INTEGER' THEN '1' WHEN 'TEXT' THEN '''x''' ELSE"
             " 'zeroblob(32)' END) FROM (SELECT type FROM pragma_table_info('%s') ORDER BY cid)",
             table->table);
    sqlite3_stmt *row = ask(db, sql);
    CU_ASSERT_EQUAL(sqlite3_step(row), SQLITE_ROW);
    snprintf(sql, sizeof sql, "INSERT INTO \"%s\" VALUES(%s)", table->table,
             (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return run(db, ask(db, sql));
}
