// SPDX-License-Identifier: Apache-2.0
// The store over every engine: one SQL text meaning the same, transactions that are undone whole,
// kinds of values that engines would not agree on.
#include "services/core/books/journal.h"
#include "services/core/books/ledger.h"
#include "services/core/keeper/lease.h"
#include "services/core/keeper/outbox.h"
#include "services/core/tables.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/table.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- statements --------------------------------------------------------------------------------

enum { GET, RENAME, ALL, TOUCH_ALL, SUM, CHILD, ADD, RAISE };

static const struct statement sql[] = {
    [GET] = {"SELECT n, note, raw FROM thing WHERE id = $1", "t", "iTB"},
    // $2 stands in front of $1
    [RENAME] = {"UPDATE thing SET note = $2 WHERE id = $1 RETURNING n", "tt", "i"},
    [ALL] = {"SELECT id FROM thing ORDER BY id", "", "t"},
    [TOUCH_ALL] = {"UPDATE thing SET n = n + 1 RETURNING n", "", "i"},
    [SUM] = {"SELECT CAST(SUM(n) AS BIGINT) FROM thing", "", "I"},
    [CHILD] = {"INSERT INTO child(thing) VALUES($1)", "t", ""},
    [ADD] = {"INSERT INTO thing(id, n) VALUES($1, $2) ON CONFLICT DO NOTHING", "ti", ""},
    [RAISE] = {"UPDATE thing SET n = n + 1 WHERE n >= $1", "i", ""},
};

struct step {
    enum store_result result; // of what the step looked at
    struct value row[3];
    char seen[64];
};

static enum store_result run(struct shop *shop, transaction_fn *fn, struct step *step,
                             struct failure *failure) {
    struct arena arena;
    arena_init(&arena, &host_memory);
    *step = (struct step){0};
    enum store_result result = store_write(shop->store, &arena, fn, step, failure);
    arena_free(&arena);
    return result;
}

/// Ids in the table, one behind the other.
static void holds(struct shop *shop, const char *ids) {
    char dump[256];
    shop_dump(shop, &sql[ALL], 1, dump, sizeof dump);
    for (char *at = dump; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
    CU_ASSERT_STRING_EQUAL(dump, ids);
}

// ---- one text, one meaning ---------------------------------------------------------------------

static bool write_values(struct session *session, void *context) {
    struct step *step = context;
    sql_run(session, &table_put_row,
            IN(value_text("a"), value_int(INT64_MIN), value_text("caf\xC3\xA9"),
               value_octets(bytes_of("\0\1", 2))),
            NULL);
    sql_run(
        session, &table_put_row,
        IN(value_text("b"), value_int(INT64_MAX), value_text(NULL), value_octets(bytes_of("", 0))),
        NULL);
    sql_run(session, &sql[RENAME], IN(value_text("b"), value_text("second")), step->row);
    CU_ASSERT_EQUAL(step->row[0].number, INT64_MAX);
    CU_ASSERT_EQUAL(sql_run(session, &sql[GET], IN(value_text("a")), step->row), STORE_ROW);
    CU_ASSERT_EQUAL(step->row[0].number, INT64_MIN);
    CU_ASSERT_STRING_EQUAL(value_string(&step->row[1]), "caf\xC3\xA9");
    CU_ASSERT_TRUE(bytes_equal(step->row[2].octets, bytes_of("\0\1", 2)));
    CU_ASSERT_EQUAL(sql_run(session, &sql[GET], IN(value_text("b")), step->row), STORE_ROW);
    CU_ASSERT_STRING_EQUAL(value_string(&step->row[1]), "second");
    CU_ASSERT_EQUAL(step->row[2].kind, VALUE_OCTETS);
    CU_ASSERT_EQUAL(step->row[2].octets.size, 0);
    step->result = sql_run(session, &sql[GET], IN(value_text("c")), step->row);
    return true;
}

static void check_values(struct shop *shop) {
    struct step step;
    struct failure failure;
    CU_ASSERT_EQUAL(run(shop, write_values, &step, &failure), STORE_DONE);
    CU_ASSERT_EQUAL(step.result, STORE_NONE);
    holds(shop, "a b ");
}

static void values_come_back_as_they_went(void) {
    shop_on_every_engine(&table_service, check_values);
}

static bool change_or_not(struct session *session, void *context) {
    struct step *step = context;
    const struct value *a = IN(value_text("a"), value_int(1));
    CU_ASSERT_EQUAL(sql_change(session, &sql[ADD], a), STORE_ROW);
    CU_ASSERT_EQUAL(sql_change(session, &sql[ADD], a), STORE_NONE);
    CU_ASSERT_EQUAL(sql_run(session, &sql[GET], a, step->row), STORE_ROW);
    CU_ASSERT_EQUAL(sql_change(session, &sql[ADD], IN(value_text("b"), value_int(1))), STORE_ROW);
    CU_ASSERT_EQUAL(sql_change(session, &sql[RAISE], IN(value_int(1))), STORE_ROW);
    CU_ASSERT_EQUAL(session->changed, 2);
    CU_ASSERT_EQUAL(sql_change(session, &sql[RAISE], IN(value_int(3))), STORE_NONE);
    return true;
}

static void check_changes(struct shop *shop) {
    struct step step;
    struct failure failure;
    CU_ASSERT_EQUAL(run(shop, change_or_not, &step, &failure), STORE_DONE);
    holds(shop, "a b ");
}

static void a_change_says_whether_it_found_something(void) {
    shop_on_every_engine(&table_service, check_changes);
}

static bool stop_early(void *context, const struct value *row) {
    (void)row;
    ++*(unsigned *)context;
    return false;
}

static bool leave_in_the_middle(struct session *session, void *context) {
    unsigned seen = 0;
    (void)context;
    table_put(session, "a", 1);
    table_put(session, "b", 2);
    sql_each(session, &sql[TOUCH_ALL], NULL, stop_early, &seen);
    CU_ASSERT_EQUAL(seen, 1);
    return true;
}

static void check_middle(struct shop *shop) {
    static const struct statement numbers = {"SELECT n FROM thing ORDER BY id", "", "i"};
    struct step step;
    struct failure failure;
    char dump[64];
    CU_ASSERT_EQUAL(run(shop, leave_in_the_middle, &step, &failure), STORE_DONE);
    shop_dump(shop, &numbers, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, "2\n3\n");
}

static void an_answer_left_in_the_middle_does_not_hold_the_commit(void) {
    shop_on_every_engine(&table_service, check_middle);
}

static const struct statement wrong[] = {
    {"SELECT n FROM thing WHERE id = $1", "i", "i"},          // given a text
    {"SELECT n, note FROM thing ORDER BY id", "", "it"},      // note may be NULL
    {"SELECT id FROM thing ORDER BY id", "", "i"},            // a text
    {"SELECT id FROM thing ORDER BY id", "", "tt"},           // one column
    {"SELECT id FROM nothing", "", "t"},                      //
    {"INSERT INTO thing(id, n) VALUES($1, NULL)", "t", ""},   // NOT NULL
    {"UPDATE thing SET n = 9223372036854775807 + n", "", ""}, // beyond 64 bits
};

static bool run_wrong(struct session *session, void *context) {
    struct step *step = context;
    size_t i = (size_t)step->row[0].number;
    table_put(session, "a", 1);
    sql_run(session, &wrong[i], IN(value_text("x")), step->row + 1);
    CU_ASSERT_EQUAL(session->failed, STORE_BROKEN);
    // from here on nothing is done any more
    CU_ASSERT_EQUAL(table_put(session, "b", 1), STORE_BROKEN);
    return true;
}

static void check_wrong(struct shop *shop) {
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct arena arena;
        struct failure failure = {0};
        struct step step = {.row = {value_int((int64_t)i)}};
        arena_init(&arena, &host_memory);
        CU_ASSERT_EQUAL(store_write(shop->store, &arena, run_wrong, &step, &failure), STORE_BROKEN);
        CU_ASSERT_NOT_EQUAL(failure.text[0], '\0');
        arena_free(&arena);
    }
    holds(shop, "");
}

static void statements_of_other_kinds_than_their_rows_are_refused(void) {
    shop_on_every_engine(&table_service, check_wrong);
}

static bool collide(struct session *session, void *context) {
    struct step *step = context;
    table_put(session, "a", 1);
    step->result = table_put(session, "a", 2);
    table_put(session, "b", 3);
    return true;
}

static bool put_one(struct session *session, void *context) {
    (void)context;
    table_put(session, "c", 1);
    return true;
}

static bool stop(struct session *session, void *context) {
    (void)context;
    table_put(session, "d", 1);
    return false;
}

static void check_undo(struct shop *shop) {
    struct step step;
    struct failure failure = {0};
    CU_ASSERT_EQUAL(run(shop, collide, &step, &failure), STORE_UNIQUE);
    CU_ASSERT_EQUAL(step.result, STORE_UNIQUE);
    holds(shop, "");
    CU_ASSERT_EQUAL(run(shop, stop, &step, &failure), STORE_STOPPED);
    holds(shop, "");
    CU_ASSERT_EQUAL(run(shop, put_one, &step, &failure), STORE_DONE);
    holds(shop, "c ");
}

static void a_transaction_is_done_whole_or_not_at_all(void) {
    shop_on_every_engine(&table_service, check_undo);
}

static bool write_in_a_read(struct session *session, void *context) {
    struct step *step = context;
    step->result = table_put(session, "a", 1);
    return true;
}

static void check_reads(struct shop *shop) {
    struct arena arena;
    struct failure failure;
    struct step step;
    arena_init(&arena, &host_memory);
    CU_ASSERT_EQUAL(store_read(shop->store, &arena, write_in_a_read, &step, &failure),
                    STORE_READONLY);
    CU_ASSERT_EQUAL(step.result, STORE_READONLY);
    holds(shop, "");
    CU_ASSERT_EQUAL(run(shop, put_one, &step, &failure), STORE_DONE);
    arena_free(&arena);
}

static void reading_writes_nothing(void) {
    shop_on_every_engine(&table_service, check_reads);
}

enum { MANY = 300 };

static bool put_many(struct session *session, void *context) {
    struct step *step = context;
    static char ids[MANY][8];
    static struct value rows[MANY * 4];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "%03zu", i);
        rows[4 * i] = value_text(ids[i]);
        rows[4 * i + 1] = value_int((int64_t)i);
    }
    step->result = sql_put(session, &table_put_row, rows, MANY);
    sql_run(session, &sql[SUM], NULL, step->row);
    return true;
}

static void check_many(struct shop *shop) {
    struct step step;
    struct failure failure;
    CU_ASSERT_EQUAL(run(shop, put_many, &step, &failure), STORE_DONE);
    CU_ASSERT_EQUAL(step.row[0].number, MANY * (MANY - 1) / 2);
    CU_ASSERT_EQUAL(run(shop, put_many, &step, &failure), STORE_UNIQUE);
}

static void many_rows_go_in_one_call(void) {
    shop_on_every_engine(&table_service, check_many);
}

static bool put_orphan(struct session *session, void *context) {
    struct step *step = context;
    step->result = sql_run(session, &sql[CHILD], IN(value_text("nobody")), NULL);
    return true;
}

static void check_references(struct shop *shop) {
    struct step step;
    struct failure failure;
    enum store_result result = run(shop, put_orphan, &step, &failure);
    CU_ASSERT_EQUAL(result, shop->engine == ENGINE_POSTGRES ? STORE_DONE : STORE_BROKEN);
}

static void references_stand_where_they_cost_nothing(void) {
    shop_on_every_engine(&table_service, check_references);
}

// ---- every statement there is ------------------------------------------------------------------

struct prepared {
    struct shop *shop;
    const struct statement *statements;
    size_t count;
};

/// PostgreSQL knows the type of every parameter and column; SQLite takes what comes.
static bool prepare_all(struct session *session, void *context) {
    const struct prepared *prepared = context;
    for (size_t i = 0; i < prepared->count && session->failed == STORE_DONE; i++) {
        char text[2048], types[256] = "";
        const struct statement *statement = &prepared->statements[i];
        for (const char *letter = statement->in; *letter != '\0'; letter++) {
            strcat(types, letter == statement->in ? "(" : ", ");
            strcat(types, strchr("iI", *letter)   ? "bigint"
                          : strchr("tT", *letter) ? "text"
                                                  : "bytea");
        }
        snprintf(text, sizeof text, "PREPARE p%zu%s%s AS %s", i, types, types[0] != '\0' ? ")" : "",
                 statement->text);
        sql_script(session, prepared->shop->store, text);
    }
    return true;
}

static void prepares(struct shop *shop, const struct statement *statements, size_t count) {
    struct arena arena;
    struct failure failure = {0};
    struct prepared prepared = {shop, statements, count};
    arena_init(&arena, &host_memory);
    CU_ASSERT_TRUE(count > 0);
    CU_ASSERT_EQUAL(store_write(shop->store, &arena, prepare_all, &prepared, &failure), STORE_DONE);
    if (failure.text[0] != '\0')
        printf("\n    %s", failure.text);
    arena_free(&arena);
}

static void every_statement_is_typed_as_postgresql_has_it(void) {
    struct shop shop;
    shop_open(&shop, &counter_service, ENGINE_POSTGRES);
    prepares(&shop, counter_service.statements, counter_service.statement_count);
    shop_reopen(&shop);
    prepares(&shop, request_sql, request_sql_count);
    shop_reopen(&shop);
    prepares(&shop, outbox_sql, outbox_sql_count);
    shop_reopen(&shop);
    prepares(&shop, journal_sql, journal_sql_count);
    shop_reopen(&shop);
    prepares(&shop, ledger_sql, ledger_sql_count);
    shop_reopen(&shop);
    prepares(&shop, lease_sql, lease_sql_count);
    shop_close(&shop);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"values come back as they went", values_come_back_as_they_went, NULL},
        {"a change says whether it found something", a_change_says_whether_it_found_something,
         NULL},
        {"an answer left in the middle does not hold the commit",
         an_answer_left_in_the_middle_does_not_hold_the_commit, NULL},
        {"statements of other kinds than their rows are refused",
         statements_of_other_kinds_than_their_rows_are_refused, NULL},
        {"a transaction is done whole or not at all", a_transaction_is_done_whole_or_not_at_all,
         NULL},
        {"reading writes nothing", reading_writes_nothing, NULL},
        {"many rows go in one call", many_rows_go_in_one_call, NULL},
        {"references stand where they cost nothing", references_stand_where_they_cost_nothing,
         NULL},
        {"every statement is typed as PostgreSQL has it",
         every_statement_is_typed_as_postgresql_has_it, NULL},
    };
    return suite_main("test-store", tests, sizeof tests / sizeof tests[0], argc, argv);
}
