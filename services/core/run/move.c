// SPDX-License-Identifier: Apache-2.0
#include "services/core/run/move.h"

#include "base/files.h"
#include "base/heap.h"
#include "base/must.h"
#include "services/core/books/journal_check.h"
#include "services/core/store/store_copy.h"
#include "services/core/store/store_postgres.h"
#include "services/core/store/store_sqlite.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOT, TABLES, OURS, MOVE_SQL };

static const struct statement sql[] = {
    [ROOT] = {"SELECT value FROM about WHERE name = 'root'", "", "t"},
    [TABLES] = {"SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()", "",
                "i"},
    [OURS] = {"SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
              " AND tablename = 'about'",
              "", "i"},
};
must_cover(sql, MOVE_SQL);

struct moving {
    struct service_move *move;
    struct store *from, *to;
    char file[PATH_MAX], root[2 * SHA256_SIZE + 1];
    int64_t tables, ours; // there
};

static bool run_read(struct store *store, transaction_fn *fn, struct moving *moving,
                     struct failure *failure) {
    struct arena arena;
    arena_init(&arena, &host_memory);
    enum store_result result = store_read(store, &arena, fn, moving, failure);
    arena_free(&arena);
    return result == STORE_DONE;
}

/// Its tables are those of this program; older ones are brought up to date.
static bool brings_up_to_date(const struct moving *moving, struct store *store,
                              struct failure *failure) {
    const struct service_context context = {
        .service = moving->move->service, .memory = &host_memory, .store = store};
    const struct store_owner owner = {.service = moving->move->service->name,
                                      .root = moving->root,
                                      .program = "tessera " TESSERA_VERSION,
                                      .crypto = moving->move->crypto,
                                      .now_ms = moving->move->now_ms};
    return service_migrate(&context, &owner, failure);
}

// ---- the file -----------------------------------------------------------------------------------

static bool read_root(struct session *session, void *context) {
    struct moving *moving = context;
    struct value row[1];
    if (sql_run(session, &sql[ROOT], NULL, row) == STORE_ROW)
        snprintf(moving->root, sizeof moving->root, "%s", value_string(&row[0]));
    return true;
}

static bool open_file(struct moving *moving, struct failure *failure) {
    char name[64];
    const struct store_sqlite_options options = {.path = moving->file};
    snprintf(name, sizeof name, "db/%s.sqlite", moving->move->service->name);
    if (!files_path(moving->file, sizeof moving->file, moving->move->state, name))
        return fail_errno(failure, "%s", moving->move->state);
    if (access(moving->file, R_OK | W_OK) != 0)
        return fail_errno(failure, "cannot read the database %s", moving->file);
    moving->from = store_sqlite_open(&options, failure);
    if (moving->from == NULL)
        return false;
    if (!run_read(moving->from, read_root, moving, failure) || moving->root[0] == '\0')
        return fail(failure, EXIT_REFUSED, "%s is no database of a service", moving->file);
    return brings_up_to_date(moving, moving->from, failure);
}

// ---- the schema ---------------------------------------------------------------------------------

static bool count_tables(struct session *session, void *context) {
    struct moving *moving = context;
    struct value row[1] = {0};
    sql_run(session, &sql[TABLES], NULL, row);
    moving->tables = row[0].number;
    sql_run(session, &sql[OURS], NULL, row);
    moving->ours = row[0].number;
    return true;
}

static bool open_schema(struct moving *moving, struct failure *failure) {
    const struct store_postgres_options options = {
        .uri = moving->move->db, .schema = moving->move->service->name, .connections = 1};
    moving->to = store_postgres_open(&options, failure);
    if (moving->to == NULL || !run_read(moving->to, count_tables, moving, failure))
        return false;
    if (moving->tables > 0 && moving->ours == 0)
        return fail(failure, EXIT_REFUSED,
                    "the schema %s there has %" PRId64 " tables of another program",
                    moving->move->service->name, moving->tables);
    return brings_up_to_date(moving, moving->to, failure);
}

// ---- rows ---------------------------------------------------------------------------------------

static bool check_journal(struct session *to, const struct store_copy *copy,
                          struct failure *failure) {
    struct service_move *move = copy->context;
    struct journal_checked checked = journal_check(to, copy->crypto);
    move->seals = (uint64_t)checked.length;
    return checked.whole || to->failed != STORE_DONE ||
           fail(failure, EXIT_REFUSED,
                "its journal is broken behind entry %" PRId64
                "; let tessera audit look at the file",
                checked.length);
}

static bool copy_rows(struct moving *moving, struct failure *failure) {
    struct service_move *move = moving->move;
    struct store_copy copy = {.from = moving->from,
                              .to = moving->to,
                              .memory = &host_memory,
                              .crypto = move->crypto,
                              .check = check_journal,
                              .context = move,
                              .tell = move->tell};
    if (!store_copy_run(&copy, failure))
        return false;
    move->tables = copy.tables;
    move->rows = copy.rows;
    return true;
}

bool service_move_run(struct service_move *move, struct failure *failure) {
    struct moving moving = {.move = move};
    struct failure why = {0};
    bool done = open_file(&moving, &why) && open_schema(&moving, &why) && copy_rows(&moving, &why);
    store_close(moving.from);
    store_close(moving.to);
    return done || fail(failure, why.code, "%s: %s", move->service->name, why.text);
}
