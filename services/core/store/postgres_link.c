// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/postgres_link.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SHOWN = 60, NAME_SIZE = 24, PUT_MAX = 128 };

/// Types of the catalogue pg_type that never change.
enum { TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT4 = 23, TYPE_TEXT = 25 };

// ---- what went wrong -------------------------------------------------------------------------

static const struct {
    const char *state; // of SQLSTATE, leading characters
    enum store_result result;
} states[] = {
    {"40001", STORE_CONFLICT}, // serialization failure
    {"40P01", STORE_CONFLICT}, // deadlock
    {"55P03", STORE_CONFLICT}, // lock not available in time
    {"42P06", STORE_CONFLICT}, // schema made meanwhile
    {"42P07", STORE_CONFLICT}, // table made meanwhile
    {"23505", STORE_UNIQUE},   {"08", STORE_LOST},
    {"57P0", STORE_LOST},      {"25006", STORE_READONLY}, // a replica
    {"53100", STORE_FULL},
};

static enum store_result result_of(PGconn *connection, const PGresult *result) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (PQstatus(connection) != CONNECTION_OK || result == NULL || state == NULL)
        return STORE_LOST;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strncmp(state, states[i].state, strlen(states[i].state)) == 0)
            return states[i].result;
    return STORE_BROKEN;
}

static bool went_well(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static const char *message_of(PGconn *connection, const PGresult *result) {
    const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return said != NULL ? said : PQerrorMessage(connection);
}

/// The result's failure, as the session's. Clears the result.
static enum store_result said(struct session *session, PGresult *result, const char *text) {
    struct postgres_link *link = session->context;
    sql_fail(session, result_of(link->connection, result), "%s (%.*s)",
             message_of(link->connection, result), TEXT_SHOWN, text);
    PQclear(result);
    return session->failed;
}

static enum store_result broken(struct session *session, const struct statement *statement,
                                const char *what) {
    return sql_fail(session, STORE_BROKEN, "\"%.*s\": %s", TEXT_SHOWN, statement->text, what);
}

// ---- connections -----------------------------------------------------------------------------

static void hear_nothing(void *context, const char *message) {
    (void)context, (void)message;
}

enum store_result postgres_link_exec(struct postgres_link *link, const char *text,
                                     struct failure *failure) {
    PGresult *result = PQexec(link->connection, text);
    enum store_result meaning = STORE_DONE;
    if (!went_well(result)) {
        meaning = result_of(link->connection, result);
        fail(failure, EXIT_REFUSED, "%s (%s)", message_of(link->connection, result), text);
    } else if (strcmp(text, "COMMIT") == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        meaning = STORE_CONFLICT;
        fail(failure, EXIT_REFUSED, "COMMIT answered %s", PQcmdStatus(result));
    }
    PQclear(result);
    return meaning;
}

/// Commits that the server may forget are none.
static bool is_durable(struct postgres_link *link, struct failure *failure) {
    PGresult *result = PQexec(link->connection, "SHOW synchronous_commit");
    bool durable = went_well(result) && strcmp(PQgetvalue(result, 0, 0), "off") != 0;
    PQclear(result);
    return durable || fail(failure, EXIT_REFUSED,
                           "The database server has synchronous_commit=off; set it to on");
}

static bool enter_schema(struct postgres_link *link, const char *schema, struct failure *failure) {
    char text[256];
    char *quoted = PQescapeIdentifier(link->connection, schema, strlen(schema));
    if (quoted == NULL)
        return fail(failure, EXIT_REFUSED, "Schema %s: no such name", schema);
    snprintf(text, sizeof text,
             "SET client_min_messages = error; SET client_encoding = 'UTF8';"
             "SET lock_timeout = '5s'; CREATE SCHEMA IF NOT EXISTS %s; SET search_path = %s",
             quoted, quoted);
    PQfreemem(quoted);
    // two instances that start together may both try to make it
    return postgres_link_exec(link, text, failure) == STORE_DONE ||
           postgres_link_exec(link, text, failure) == STORE_DONE;
}

static bool connects(struct postgres_link *link, const char *uri, struct failure *failure) {
    memset(link, 0, sizeof *link);
    link->connection = PQconnectdb(uri);
    if (PQstatus(link->connection) == CONNECTION_OK)
        return true;
    // libpq says why in one to many lines, and never shows the password
    const char *why = PQerrorMessage(link->connection);
    bool barred = strstr(why, "authentication") != NULL || strstr(why, "permission") != NULL;
    return fail(failure, barred ? EXIT_LOCKED : EXIT_ABSENT, "Database server: %.*s",
                (int)strcspn(why, "\n"), why);
}

bool postgres_link_open(struct postgres_link *link, const char *uri, const char *schema,
                        struct failure *failure) {
    if (connects(link, uri, failure)) {
        PQsetNoticeProcessor(link->connection, hear_nothing, NULL);
        if (is_durable(link, failure) && enter_schema(link, schema, failure))
            return true;
    }
    postgres_link_close(link);
    return false;
}

void postgres_link_close(struct postgres_link *link) {
    PQfinish(link->connection);
    memset(link, 0, sizeof *link);
}

// ---- statements ------------------------------------------------------------------------------

/// Parameters in the wire's binary form.
struct parameters {
    const char *values[STORE_PARAMETERS_MAX];
    int sizes[STORE_PARAMETERS_MAX], formats[STORE_PARAMETERS_MAX];
    uint8_t numbers[STORE_PARAMETERS_MAX][8];
    int count;
};

static void fill(struct parameters *parameters, const struct statement *statement,
                 const struct value *in) {
    parameters->count = (int)strlen(statement->in);
    for (int i = 0; i < parameters->count; i++) {
        struct bytes octets = in[i].octets;
        if (in[i].kind == VALUE_INT) {
            bytes_put_be(parameters->numbers[i], 8, (uint64_t)in[i].number);
            octets = BYTES_OF(parameters->numbers[i]);
        }
        parameters->values[i] = in[i].kind == VALUE_NULL ? NULL : (const char *)octets.data;
        parameters->sizes[i] = (int)octets.size;
        parameters->formats[i] = 1;
    }
}

static Oid type_of(char letter) {
    switch (tolower((unsigned char)letter)) {
    case 'i':
        return TYPE_INT8;
    case 't':
        return TYPE_TEXT;
    default:
        return TYPE_BYTEA;
    }
}

/// The statement's place: its own, or a free one; POSTGRES_STATEMENTS_MAX when there is none.
static size_t place_of(const struct postgres_link *link, const struct statement *statement) {
    size_t at = (uintptr_t)statement->text / sizeof *statement;
    for (size_t i = 0; i < POSTGRES_STATEMENTS_MAX; i++) {
        size_t place = (at + i) & (POSTGRES_STATEMENTS_MAX - 1);
        if (link->prepared[place] == statement->text || link->prepared[place] == NULL)
            return place;
    }
    return POSTGRES_STATEMENTS_MAX;
}

/// Name of the prepared statement. False: the session has failed.
static bool prepare(struct session *session, const struct statement *statement,
                    char name[NAME_SIZE]) {
    struct postgres_link *link = session->context;
    size_t place = place_of(link, statement), count = strlen(statement->in);
    Oid types[STORE_PARAMETERS_MAX];
    if (place == POSTGRES_STATEMENTS_MAX || count > STORE_PARAMETERS_MAX) {
        broken(session, statement, "too many statements or parameters");
        return false;
    }
    snprintf(name, NAME_SIZE, "s%zu", place);
    if (link->prepared[place] != NULL)
        return true;
    for (size_t i = 0; i < count; i++)
        types[i] = type_of(statement->in[i]);
    PGresult *result = PQprepare(link->connection, name, statement->text, (int)count, types);
    if (!went_well(result)) {
        said(session, result, statement->text);
        return false;
    }
    PQclear(result);
    link->prepared[place] = statement->text;
    return true;
}

/// False: the column is of another kind than the statement says.
static bool column(const PGresult *result, int row, int at, char letter, struct value *out) {
    Oid type = PQftype(result, at);
    size_t size = (size_t)PQgetlength(result, row, at);
    const uint8_t *data = (const uint8_t *)PQgetvalue(result, row, at);
    *out = (struct value){.kind = VALUE_NULL};
    if (PQgetisnull(result, row, at))
        return isupper((unsigned char)letter);
    if (type_of(letter) == TYPE_INT8) {
        bool narrow = type == TYPE_INT4 && size == 4;
        if (!narrow && (type != TYPE_INT8 || size != 8))
            return false;
        uint64_t number = bytes_get_be(data, size);
        *out = value_int(narrow ? (int32_t)(uint32_t)number : (int64_t)number);
        return true;
    }
    out->kind = type_of(letter) == TYPE_TEXT ? VALUE_TEXT : VALUE_OCTETS;
    out->octets = bytes_of(data, size);
    return type == type_of(letter);
}

static void take_rows(struct session *session, const struct statement *statement,
                      const PGresult *result, row_fn *each, void *context) {
    struct value row[STORE_COLUMNS_MAX];
    int columns = (int)strlen(statement->out);
    if (PQnfields(result) != columns) {
        broken(session, statement, "has other columns than its row says");
        return;
    }
    for (int i = 0; i < PQntuples(result); i++) {
        for (int k = 0; k < columns; k++)
            if (!column(result, i, k, statement->out[k], &row[k])) {
                broken(session, statement, "answers a column of another kind than its row says");
                return;
            }
        if (each != NULL && !each(context, row))
            return;
    }
}

static enum store_result postgres_run(struct session *session, const struct statement *statement,
                                      const struct value *in, row_fn *each, void *context) {
    struct postgres_link *link = session->context;
    struct parameters parameters;
    char name[NAME_SIZE];
    if (!prepare(session, statement, name))
        return session->failed;
    fill(&parameters, statement, in);
    PGresult *result = PQexecPrepared(link->connection, name, parameters.count, parameters.values,
                                      parameters.sizes, parameters.formats, 1);
    if (!went_well(result))
        return said(session, result, statement->text);
    take_rows(session, statement, result, each, context);
    session->changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return session->failed;
}

/// Takes the answers of one pipeline up to its end; the first failure sticks.
static void end_pipeline(struct session *session, const struct statement *statement) {
    struct postgres_link *link = session->context;
    bool ended = false;
    while (!ended && PQstatus(link->connection) == CONNECTION_OK) {
        PGresult *result = PQgetResult(link->connection);
        if (result == NULL) // behind each statement's answer
            continue;
        ended = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (ended || went_well(result) || session->failed != STORE_DONE)
            PQclear(result);
        else
            said(session, result, statement->text);
    }
    if (!ended && session->failed == STORE_DONE)
        sql_fail(session, STORE_LOST, "%s", PQerrorMessage(link->connection));
}

/// So many rows at a time that neither side's buffers fill up while nobody reads.
static enum store_result postgres_put(struct session *session, const struct statement *statement,
                                      const struct value *rows, size_t count) {
    struct postgres_link *link = session->context;
    size_t width = strlen(statement->in);
    char name[NAME_SIZE];
    if (!prepare(session, statement, name))
        return session->failed;
    for (size_t done = 0; done < count && session->failed == STORE_DONE;) {
        PQenterPipelineMode(link->connection);
        for (size_t i = 0; i < PUT_MAX && done < count; i++, done++) {
            struct parameters parameters;
            fill(&parameters, statement, rows + done * width);
            PQsendQueryPrepared(link->connection, name, parameters.count, parameters.values,
                                parameters.sizes, parameters.formats, 1);
        }
        PQpipelineSync(link->connection);
        end_pipeline(session, statement);
        PQexitPipelineMode(link->connection);
    }
    return session->failed;
}

static const struct session_ops postgres_ops = {postgres_run, postgres_put};

void postgres_session_init(struct session *session, struct postgres_link *link,
                           struct arena *arena) {
    *session = (struct session){.ops = &postgres_ops, .context = link, .arena = arena};
}

enum store_result postgres_session_script(struct session *session, const char *text) {
    struct postgres_link *link = session->context;
    PGresult *result = PQexec(link->connection, text);
    if (!went_well(result))
        return said(session, result, text);
    PQclear(result);
    return STORE_DONE;
}
