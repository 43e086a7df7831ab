// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/audit_postgres.h"

#include "base/buffer.h"
#include "base/heap.h"
#include "services/core/service.h"
#include "services/core/store/store_postgres.h"
#include "tests/kit/house/house.h"
#include "tests/kit/services/postgres.h"

#include <CUnit/CUnit.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

const char *audit_postgres_url(const char *service) {
    static char url[512];
    snprintf(url, sizeof url, "%s#%s", postgres_uri(), service);
    return url;
}

void audit_postgres_make(const struct service *service) {
    struct failure failure = {0};
    const struct store_postgres_options options = {
        .uri = postgres_uri(), .schema = service->name, .connections = 1};
    struct store *store = store_postgres_open(&options, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    struct service_context context = {.service = service, .memory = &host_memory, .store = store};
    const struct store_owner owner = {.service = service->name,
                                      .root = "AB12",
                                      .program = "tessera test",
                                      .crypto = house.crypto,
                                      .now_ms = 1};
    bool made = service_migrate(&context, &owner, &failure);
    if (!made)
        printf("\n    %s", failure.text);
    CU_ASSERT_TRUE_FATAL(made);
    store_close(store);
}

// ---- rows --------------------------------------------------------------------------------------

static void put_value(struct buffer *out, sqlite3_stmt *row, int column) {
    char *quoted;
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        buffer_text(out, "NULL");
        break;
    case SQLITE_BLOB:
        buffer_format(
            out, "'\\x%H'",
            bytes_of(sqlite3_column_blob(row, column), (size_t)sqlite3_column_bytes(row, column)));
        break;
    default:
        quoted = sqlite3_mprintf("%Q", sqlite3_column_text(row, column));
        buffer_text(out, quoted);
        sqlite3_free(quoted);
    }
}

static void put_table(struct buffer *out, sqlite3 *db, const char *table) {
    char sql[96];
    sqlite3_stmt *rows = NULL;
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
    buffer_format(out, "DELETE FROM %s;", table);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        buffer_format(out, "INSERT INTO %s VALUES", table);
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            buffer_text(out, i == 0 ? "(" : ",");
            put_value(out, rows, i);
        }
        buffer_text(out, ");");
    }
    sqlite3_finalize(rows);
}

static void put_tables(struct buffer *out, const char *path) {
    sqlite3 *db = NULL;
    sqlite3_stmt *tables = NULL;
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(
        sqlite3_prepare_v2(db,
                           "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE"
                           " 'sqlite_%' ORDER BY name",
                           -1, &tables, NULL),
        SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        put_table(out, db, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    sqlite3_close(db);
}

void audit_postgres_fill(const struct audit_world *world, const char *service) {
    struct buffer sql;
    PGconn *connection = PQconnectdb(postgres_uri());
    buffer_init(&sql, &host_memory);
    buffer_format(&sql, "SET search_path = %s; SET client_min_messages = error;", service);
    put_tables(&sql, audit_world_path(world, service, true));
    PGresult *result = PQexec(connection, buffer_string(&sql));
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        printf("\n    %s", PQerrorMessage(connection));
    CU_ASSERT_EQUAL(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(connection);
    buffer_free(&sql);
}
