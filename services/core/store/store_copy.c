// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/store_copy.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_AT_A_TIME = 128, FETCHED = 500, NAME_SIZE = 64 };

/// What tables there are, and their columns: asked of SQLite, whose answer is as the migrations
/// say.
static const struct statement tables_sql = {
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    " ORDER BY name",
    "", "t"};
static const struct statement columns_sql = {
    "SELECT name, type FROM pragma_table_info($1) ORDER BY cid", "t", "tt"};

/// A sum of the digests of rows, which their order does not change.
struct sum {
    uint64_t rows;
    uint64_t words[SHA256_SIZE / 8];
};

struct table {
    char name[NAME_SIZE], letters[STORE_COLUMNS_MAX + 1], in[STORE_COLUMNS_MAX + 1];
    size_t width;
    struct statement select, insert, count, fetch;
    const char *declare, *close;
    struct table *next;
};

struct copying {
    struct store_copy *copy;
    struct session *to; // the transaction that writes
    struct arena texts; // statements, which engines know by their addresses
    struct table *first, **last;
    struct failure *failure;
    bool refused;
};

static bool refuse(struct copying *copying, const char *table, const char *why) {
    copying->refused = true;
    return fail(copying->failure, EXIT_REFUSED, "The table %s %s", table, why);
}

// ---- tables -------------------------------------------------------------------------------------

static const char *text_of(struct copying *copying, struct buffer *buffer) {
    const char *text = buffer_string(buffer);
    char *kept = arena_take(&copying->texts, strlen(text) + 1);
    if (kept != NULL)
        memcpy(kept, text, strlen(text));
    buffer_clear(buffer);
    return kept;
}

struct describing {
    struct table *table;
    struct buffer columns, parameters;
    bool wide;
};

static bool take_column(void *context, const struct value *row) {
    struct describing *describing = context;
    struct table *table = describing->table;
    const char *gap = table->width > 0 ? ", " : "";
    describing->wide = table->width == STORE_COLUMNS_MAX;
    if (describing->wide)
        return false;
    table->letters[table->width] = strcmp(value_string(&row[1]), "INTEGER") == 0 ? 'I'
                                   : strcmp(value_string(&row[1]), "BLOB") == 0  ? 'B'
                                                                                 : 'T';
    buffer_format(&describing->columns, "%s\"%s\"", gap, value_string(&row[0]));
    buffer_format(&describing->parameters, "%s$%z", gap, ++table->width);
    return true;
}

static void write_texts(struct copying *copying, struct describing *describing) {
    struct table *table = describing->table;
    const char *columns = buffer_string(&describing->columns);
    struct buffer text;
    buffer_init(&text, copying->copy->memory);
    buffer_format(&text, "SELECT %s FROM \"%s\"", columns, table->name);
    table->select = (struct statement){text_of(copying, &text), "", table->letters};
    buffer_format(&text, "INSERT INTO \"%s\"(%s) VALUES(%s)", table->name, columns,
                  buffer_string(&describing->parameters));
    table->insert = (struct statement){text_of(copying, &text), table->in, ""};
    buffer_format(&text, "SELECT count(*) FROM \"%s\"", table->name);
    table->count = (struct statement){text_of(copying, &text), "", "i"};
    buffer_format(&text, "DECLARE \"c_%s\" NO SCROLL CURSOR FOR SELECT %s FROM \"%s\"", table->name,
                  columns, table->name);
    table->declare = text_of(copying, &text);
    buffer_format(&text, "FETCH %u FROM \"c_%s\"", (unsigned)FETCHED, table->name);
    table->fetch = (struct statement){text_of(copying, &text), "", table->letters};
    buffer_format(&text, "CLOSE \"c_%s\"", table->name);
    table->close = text_of(copying, &text);
    buffer_free(&text);
}

static bool take_table(void *context, const struct value *row) {
    struct copying *copying = context;
    struct table *table = arena_take(&copying->texts, sizeof *table);
    if (table == NULL)
        return false;
    snprintf(table->name, sizeof table->name, "%s", value_string(&row[0]));
    *copying->last = table;
    copying->last = &table->next;
    return true;
}

static void describe(struct copying *copying, struct session *from, struct table *table) {
    struct describing describing = {.table = table};
    buffer_init(&describing.columns, copying->copy->memory);
    buffer_init(&describing.parameters, copying->copy->memory);
    sql_each(from, &columns_sql, IN(value_text(table->name)), take_column, &describing);
    if (describing.wide)
        refuse(copying, table->name, "has too many columns");
    for (size_t i = 0; i < table->width; i++)
        table->in[i] = table->letters[i];
    write_texts(copying, &describing);
    buffer_free(&describing.columns);
    buffer_free(&describing.parameters);
}

static bool find_tables(struct session *from, void *context) {
    struct copying *copying = context;
    copying->first = NULL; // it may be run again
    copying->last = &copying->first;
    sql_each(from, &tables_sql, NULL, take_table, copying);
    for (struct table *table = copying->first; table != NULL; table = table->next)
        describe(copying, from, table);
    return !copying->refused && !copying->texts.failed;
}

// ---- sums ---------------------------------------------------------------------------------------

static void add_row(const struct store_copy *copy, const struct table *table,
                    const struct value *row, struct sum *sum) {
    uint8_t digest[SHA256_SIZE], number[8];
    struct buffer text;
    buffer_init(&text, copy->memory);
    for (size_t i = 0; i < table->width; i++) {
        bytes_put_be(number, 8,
                     row[i].kind == VALUE_INT ? (uint64_t)row[i].number : row[i].octets.size);
        buffer_put_octet(&text, (uint8_t)row[i].kind);
        buffer_put(&text, BYTES_OF(number));
        if (row[i].kind == VALUE_TEXT || row[i].kind == VALUE_OCTETS)
            buffer_put(&text, row[i].octets);
    }
    copy->crypto->ops->sha256(copy->crypto, buffer_bytes(&text), digest);
    for (size_t i = 0; i < sizeof sum->words / sizeof sum->words[0]; i++)
        sum->words[i] += bytes_get_be(digest + 8 * i, 8);
    sum->rows++;
    buffer_free(&text);
}

// ---- rows ---------------------------------------------------------------------------------------

/// Rows on their way, a handful at a time.
struct batch {
    struct copying *copying;
    const struct table *table;
    struct arena octets;
    struct value values[ROWS_AT_A_TIME * STORE_COLUMNS_MAX];
    size_t count;
    struct sum sum;
};

static bool flush(struct batch *batch) {
    sql_put(batch->copying->to, &batch->table->insert, batch->values, batch->count);
    batch->count = 0;
    arena_reset(&batch->octets);
    return batch->copying->to->failed == STORE_DONE;
}

static bool take_row(void *context, const struct value *row) {
    struct batch *batch = context;
    size_t width = batch->table->width;
    struct value *into = batch->values + batch->count * width;
    for (size_t i = 0; i < width; i++)
        into[i] = value_keep(&batch->octets, &row[i]);
    if (batch->octets.failed) {
        sql_fail(batch->copying->to, STORE_BROKEN, "Out of memory for rows");
        return false;
    }
    add_row(batch->copying->copy, batch->table, row, &batch->sum);
    return ++batch->count < ROWS_AT_A_TIME || flush(batch);
}

static bool read_rows(struct session *from, void *context) {
    struct batch *batch = context;
    sql_each(from, &batch->table->select, NULL, take_row, batch);
    return flush(batch);
}

static bool add_arrived(void *context, const struct value *row) {
    struct batch *batch = context;
    add_row(batch->copying->copy, batch->table, row, &batch->sum);
    return true;
}

/// What has arrived, read by a cursor.
static struct sum sum_arrived(struct copying *copying, const struct table *table) {
    struct batch arrived = {.copying = copying, .table = table};
    uint64_t before;
    sql_script(copying->to, copying->copy->to, table->declare);
    do {
        before = arrived.sum.rows;
        sql_each(copying->to, &table->fetch, NULL, add_arrived, &arrived);
    } while (arrived.sum.rows - before == FETCHED && copying->to->failed == STORE_DONE);
    sql_script(copying->to, copying->copy->to, table->close);
    return arrived.sum;
}

/// How a database tells of itself is there already, from its migrations.
static bool is_of_its_own(const struct table *table) {
    return strcmp(table->name, "about") == 0 || strcmp(table->name, "schema_version") == 0;
}

static bool copy_table(struct copying *copying, const struct table *table, struct batch *batch) {
    struct store_copy *copy = copying->copy;
    struct value count[1] = {0};
    if (sql_run(copying->to, &table->count, NULL, count) == STORE_ROW && count[0].number != 0)
        return refuse(copying, table->name,
                      "has rows there already: only an empty database is filled");
    batch->table = table;
    batch->count = 0;
    batch->sum = (struct sum){0};
    arena_init(&batch->octets, copy->memory);
    enum store_result result =
        store_read(copy->from, copying->to->arena, read_rows, batch, copying->failure);
    arena_free(&batch->octets);
    if (copying->to->failed != STORE_DONE)
        return false; // the session says it
    if (result != STORE_DONE) {
        copying->refused = true; // the failure says it
        return false;
    }
    struct sum arrived = sum_arrived(copying, table);
    if (copying->to->failed == STORE_DONE && memcmp(&arrived, &batch->sum, sizeof arrived) != 0)
        return refuse(copying, table->name, "holds something else than it was given");
    copy->tables++;
    copy->rows += arrived.rows;
    if (copy->tell != NULL)
        copy->tell(table->name, arrived.rows);
    return true;
}

static bool copy_all(struct session *to, void *context) {
    struct copying *copying = context;
    struct store_copy *copy = copying->copy;
    struct batch *batch = arena_take(to->arena, sizeof *batch);
    if (batch == NULL)
        return refuse(copying, "of all", "finds no memory");
    copying->to = to;
    copying->refused = false;
    copy->tables = copy->rows = 0;
    batch->copying = copying;
    for (const struct table *table = copying->first; table != NULL; table = table->next)
        if (!is_of_its_own(table) && !copy_table(copying, table, batch))
            return false;
    if (copy->check == NULL || copy->check(to, copy, copying->failure))
        return true;
    copying->refused = true;
    return false;
}

bool store_copy_run(struct store_copy *copy, struct failure *failure) {
    struct arena arena;
    struct copying copying = {.copy = copy, .failure = failure};
    struct failure why = {0};
    arena_init(&arena, copy->memory);
    arena_init(&copying.texts, copy->memory);
    enum store_result result = store_read(copy->from, &arena, find_tables, &copying, &why);
    if (result == STORE_DONE)
        result = store_write(copy->to, &arena, copy_all, &copying, &why);
    if (result != STORE_DONE && !copying.refused)
        *failure = why;
    if (result == STORE_DONE && copying.refused)
        result = STORE_STOPPED;
    arena_free(&copying.texts);
    arena_free(&arena);
    return result == STORE_DONE;
}
