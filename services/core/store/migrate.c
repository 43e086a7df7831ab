// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/migrate.h"
#include "base/must.h"

#include <ctype.h>
#include <string.h>

/// Before every other table: what has been applied, and whose database this is.
static const char first_tables[] =
    "CREATE TABLE IF NOT EXISTS about(name @TEXT NOT NULL PRIMARY KEY, value @TEXT NOT NULL) @END;"
    "CREATE TABLE IF NOT EXISTS schema_version(service @TEXT NOT NULL, version @INT NOT NULL,"
    " digest @BLOB NOT NULL, program @TEXT NOT NULL, applied_ms @INT NOT NULL,"
    " PRIMARY KEY(service, version)) @END;";

enum { ABOUT_FIND, ABOUT_PUT, VERSION_LIST, VERSION_PUT, STATEMENT_COUNT };

static const struct statement sql[] = {
    [ABOUT_FIND] = {"SELECT value FROM about WHERE name = $1", "t", "t"},
    [ABOUT_PUT] = {"INSERT INTO about(name, value) VALUES($1, $2)", "tt", ""},
    [VERSION_LIST] = {"SELECT version, digest, program FROM schema_version WHERE service = $1"
                      " ORDER BY version",
                      "t", "ibt"},
    [VERSION_PUT] = {"INSERT INTO schema_version(service, version, digest, program, applied_ms)"
                     " VALUES($1, $2, $3, $4, $5)",
                     "tibti", ""},
};
must_cover(sql, STATEMENT_COUNT);

// ---- words -----------------------------------------------------------------------------------

/// Octets of "@REF table(column)" up to its end.
static size_t reference_size(const char *at) {
    const char *end = strchr(at, ')');
    return end == NULL ? strlen(at) : (size_t)(end - at) + 1;
}

static const char *word_for(const struct store_dialect *dialect, struct bytes word) {
    const struct {
        const char *name, *text;
    } words[] = {{"@INT", dialect->integer},
                 {"@TEXT", dialect->text},
                 {"@BLOB", dialect->blob},
                 {"@END", dialect->end},
                 {"@REF", "REFERENCES"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (bytes_equal(bytes_of_string(words[i].name), word))
            return words[i].text;
    return NULL;
}

void migration_write(const struct store_dialect *dialect, const char *text, struct buffer *out) {
    while (*text != '\0') {
        size_t size = 1;
        while (*text == '@' && isupper((unsigned char)text[size]))
            size++;
        const char *word = word_for(dialect, bytes_of(text, size));
        if (word != NULL && strncmp(text, "@REF", 4) == 0 && !dialect->references)
            size = reference_size(text);
        else if (word != NULL)
            buffer_text(out, word);
        else
            buffer_put(out, bytes_of(text, size));
        text += size;
    }
}

static enum store_result apply(struct session *session, struct store *store, const char *text) {
    struct buffer out;
    buffer_init(&out, session->arena->memory);
    migration_write(store->dialect, text, &out);
    enum store_result result = sql_script(session, store, buffer_string(&out));
    buffer_free(&out);
    return result;
}

// ---- the steps -------------------------------------------------------------------------------

struct migrating {
    struct store *store;
    const struct store_owner *owner;
    const char *part;
    const struct migration *rows;
    size_t count;
    size_t applied;          // rows that the database has
    struct failure *failure; // what is refused
    bool refused;
};

static bool refuse(struct migrating *migrating, const char *why, const char *program) {
    fail(migrating->failure, EXIT_REFUSED, "The database of %s %s%s", migrating->owner->service,
         why, program);
    migrating->refused = true;
    return false;
}

/// The value under a name is this one, or becomes it in a new database.
static bool claim(struct session *session, struct migrating *migrating, const char *name,
                  const char *value, const char *otherwise) {
    struct value row[1];
    if (sql_run(session, &sql[ABOUT_FIND], IN(value_text(name)), row) == STORE_ROW)
        return strcmp(value_string(&row[0]), value) == 0 ||
               refuse(migrating, otherwise, value_string(&row[0]));
    sql_run(session, &sql[ABOUT_PUT], IN(value_text(name), value_text(value)), NULL);
    migrating->store->is_new = session->failed == STORE_DONE;
    return true;
}

static bool begin_tables(struct session *session, void *context) {
    struct migrating *migrating = context;
    apply(session, migrating->store, first_tables);
    return claim(session, migrating, "service", migrating->owner->service,
                 "belongs to another service: ") &&
           claim(session, migrating, "root", migrating->owner->root,
                 "belongs to another authority, whose root is ");
}

static bool digest_of(const struct migrating *migrating, const struct migration *row,
                      uint8_t digest[SHA256_SIZE]) {
    const struct crypto *crypto = migrating->owner->crypto;
    return crypto->ops->sha256(crypto, bytes_of_string(row->sql), digest);
}

static bool compare_row(void *context, const struct value *row) {
    struct migrating *migrating = context;
    uint8_t digest[SHA256_SIZE];
    if (migrating->applied == migrating->count)
        return refuse(migrating, "is newer than this program; use ", value_string(&row[2]));
    const struct migration *mine = &migrating->rows[migrating->applied++];
    if (row[0].number != (int64_t)mine->version || !digest_of(migrating, mine, digest) ||
        !bytes_equal(row[1].octets, BYTES_OF(digest)))
        return refuse(migrating, "was made by other tables than this program's; it was ",
                      value_string(&row[2]));
    return true;
}

static bool compare(struct session *session, void *context) {
    struct migrating *migrating = context;
    migrating->applied = 0;
    sql_each(session, &sql[VERSION_LIST], IN(value_text(migrating->part)), compare_row, migrating);
    return true;
}

static bool apply_next(struct session *session, void *context) {
    struct migrating *migrating = context;
    const struct store_owner *owner = migrating->owner;
    const struct migration *row = &migrating->rows[migrating->applied];
    uint8_t digest[SHA256_SIZE];
    if (!digest_of(migrating, row, digest))
        return false;
    if (row->only == NULL || strcmp(row->only, migrating->store->dialect->name) == 0)
        apply(session, migrating->store, row->sql);
    sql_run(session, &sql[VERSION_PUT],
            IN(value_text(migrating->part), value_int(row->version), value_octets(BYTES_OF(digest)),
               value_text(owner->program), value_int((int64_t)owner->now_ms)),
            NULL);
    return true;
}

static bool run_step(struct migrating *migrating, struct arena *arena, transaction_fn *step) {
    enum store_result result =
        store_write(migrating->store, arena, step, migrating, migrating->failure);
    if (result == STORE_STOPPED && !migrating->refused)
        fail(migrating->failure, EXIT_REFUSED, "The tables of %s have no digest",
             migrating->owner->service);
    return result == STORE_DONE && !migrating->refused;
}

bool store_migrate(struct store *store, const struct store_owner *owner,
                   const struct script_memory *memory, const char *part,
                   const struct migration *rows, size_t count, struct failure *failure) {
    struct migrating migrating = {store, owner, part, rows, count, 0, failure, false};
    struct arena arena;
    arena_init(&arena, memory);
    bool ok = run_step(&migrating, &arena, begin_tables) && run_step(&migrating, &arena, compare);
    while (ok && migrating.applied < count) {
        ok = run_step(&migrating, &arena, apply_next);
        migrating.applied++;
    }
    arena_free(&arena);
    return ok;
}
