// SPDX-License-Identifier: Apache-2.0
// PostgreSQL, a replica as well: one snapshot, read by cursors, so that memory stays flat.
#include "host/audit/copies/replica.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCHED = 1000, SQL_SIZE = 8192, NUMBER_SIZE = 24, PARAMETERS = 8 };
enum { TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT4 = 23, TYPE_TEXT = 25 };

struct postgres_replica {
    PGconn *connection;
    unsigned depth; // cursors that are open
};

static bool went_well(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void say(struct replica *replica, const char *sql) {
    struct postgres_replica *postgres = replica->handle;
    const char *why = PQerrorMessage(postgres->connection);
    failure_set(&replica->broken, EXIT_ABSENT, "%s: %.*s (%.60s)", replica->service,
                (int)strcspn(why, "\n"), why, sql);
}

static bool run(struct replica *replica, const char *sql) {
    struct postgres_replica *postgres = replica->handle;
    PGresult *result = PQexec(postgres->connection, sql);
    bool done = went_well(result);
    if (!done)
        say(replica, sql);
    PQclear(result);
    return done;
}

// ---- rows --------------------------------------------------------------------------------------

/// Binary answers: numbers in network order, octets and text as they are, text terminated by libpq.
static struct cell read_cell(const PGresult *result, int row, int column) {
    const char *data = PQgetvalue(result, row, column);
    size_t size = (size_t)PQgetlength(result, row, column);
    if (PQgetisnull(result, row, column))
        return (struct cell){.kind = CELL_NULL, .text = ""};
    if (PQftype(result, column) == TYPE_BYTEA)
        return cell_octets(bytes_of(data, size));
    if (PQftype(result, column) == TYPE_INT8)
        return cell_int((int64_t)bytes_get_be((const uint8_t *)data, 8));
    if (PQftype(result, column) == TYPE_INT4)
        return cell_int((int32_t)bytes_get_be((const uint8_t *)data, 4));
    return cell_text(data);
}

/// A sum, say, is of a type whose binary form is not read here unless the query casts it.
static bool can_read(struct replica *replica, const PGresult *result, const char *sql) {
    for (int i = 0; i < PQnfields(result); i++) {
        Oid type = PQftype(result, i);
        if (type != TYPE_BYTEA && type != TYPE_INT8 && type != TYPE_INT4 && type != TYPE_TEXT)
            return fail(&replica->broken, EXIT_REFUSED, "%s: column %d is of type %u (%.60s)",
                        replica->service, i + 1, type, sql);
    }
    return true;
}

static bool give_rows(const PGresult *result, replica_row *row, void *context) {
    struct cell cells[REPLICA_COLUMNS_MAX] = {0};
    for (int i = 0; i < PQntuples(result); i++) {
        for (int k = 0; k < PQnfields(result) && k < REPLICA_COLUMNS_MAX; k++)
            cells[k] = read_cell(result, i, k);
        if (!row(context, cells))
            return false;
    }
    return PQntuples(result) == FETCHED;
}

static void fetch(struct replica *replica, const char *name, const char *text, replica_row *row,
                  void *context) {
    struct postgres_replica *postgres = replica->handle;
    char sql[64];
    bool more = true;
    snprintf(sql, sizeof sql, "FETCH %d FROM %s", FETCHED, name);
    while (more) {
        PGresult *result = PQexecParams(postgres->connection, sql, 0, NULL, NULL, NULL, NULL, 1);
        if (!went_well(result))
            say(replica, text);
        more =
            went_well(result) && can_read(replica, result, text) && give_rows(result, row, context);
        PQclear(result);
    }
}

static bool declare(struct replica *replica, const char *name, const char *text,
                    const struct cell *in, size_t count) {
    struct postgres_replica *postgres = replica->handle;
    const char *values[PARAMETERS] = {NULL};
    int sizes[PARAMETERS] = {0}, formats[PARAMETERS] = {0};
    char numbers[PARAMETERS][NUMBER_SIZE], sql[SQL_SIZE];
    for (size_t i = 0; i < count && i < PARAMETERS; i++) {
        snprintf(numbers[i], NUMBER_SIZE, "%lld", (long long)in[i].number);
        values[i] = in[i].kind == CELL_INT    ? numbers[i]
                    : in[i].kind == CELL_TEXT ? in[i].text
                                              : (const char *)in[i].octets.data;
        sizes[i] = (int)in[i].octets.size;
        formats[i] = in[i].kind == CELL_OCTETS;
    }
    snprintf(sql, sizeof sql, "DECLARE %s NO SCROLL CURSOR FOR %s", name, text);
    PGresult *result =
        PQexecParams(postgres->connection, sql, (int)count, NULL, values, sizes, formats, 0);
    bool done = went_well(result);
    if (!done)
        say(replica, text);
    PQclear(result);
    return done;
}

static void postgres_each(struct replica *replica, const char *sql, const struct cell *in,
                          size_t count, replica_row *row, void *context) {
    struct postgres_replica *postgres = replica->handle;
    char name[16], text[32];
    snprintf(name, sizeof name, "c%u", postgres->depth++);
    if (declare(replica, name, sql, in, count))
        fetch(replica, name, sql, row, context);
    snprintf(text, sizeof text, "CLOSE %s", name);
    if (replica->broken.code == EXIT_DONE)
        run(replica, text);
    postgres->depth--;
}

// ---- opening -----------------------------------------------------------------------------------

static void postgres_close(struct replica *replica) {
    struct postgres_replica *postgres = replica->handle;
    PQfinish(postgres->connection);
    free(postgres);
}

static const struct replica_ops postgres_ops = {postgres_each, postgres_close};

static bool enter(struct replica *replica, const char *schema) {
    struct postgres_replica *postgres = replica->handle;
    char sql[256];
    char *quoted = PQescapeIdentifier(postgres->connection, schema, strlen(schema));
    snprintf(sql, sizeof sql, "SET search_path = %s", quoted != NULL ? quoted : "\"\"");
    PQfreemem(quoted);
    return run(replica, "SET client_min_messages = error; SET client_encoding = 'UTF8'") &&
           run(replica, sql) && run(replica, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

bool replica_open_postgres(struct replica *replica, const char *uri, const char *schema,
                           struct failure *failure) {
    struct postgres_replica *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    replica->ops = &postgres_ops;
    replica->handle = postgres;
    postgres->connection = PQconnectdb(uri);
    if (PQstatus(postgres->connection) == CONNECTION_OK && enter(replica, schema))
        return true;
    // libpq says why in one to many lines, and never shows the password
    const char *why = PQerrorMessage(postgres->connection);
    bool barred = strstr(why, "authentication") != NULL || strstr(why, "permission") != NULL;
    return fail(failure, barred ? EXIT_LOCKED : EXIT_ABSENT, "Database server: %.*s",
                (int)strcspn(why, "\n"), why);
}
