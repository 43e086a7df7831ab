// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/table.h"

#include "tests/kit/services/counter.h"

const struct migration table_migrations[2] = {
    {1,
     "CREATE TABLE thing(id @TEXT NOT NULL PRIMARY KEY, n @INT NOT NULL, note @TEXT, raw @BLOB)"
     " @END;"
     "CREATE TABLE child(thing @TEXT NOT NULL @REF thing(id), PRIMARY KEY(thing)) @END;",
     NULL},
    {2, "CREATE TABLE only_here(id @INT NOT NULL PRIMARY KEY)", "postgresql"},
};

const struct service table_service = {
    .name = "table", .api = &counter_api, .migrations = table_migrations, .migration_count = 2};

const struct statement table_put_row = {
    "INSERT INTO thing(id, n, note, raw) VALUES($1, $2, $3, $4)", "tiTB", ""};

enum store_result table_put(struct session *session, const char *id, int64_t n) {
    static const struct value null = {.kind = VALUE_NULL};
    return sql_run(session, &table_put_row, IN(value_text(id), value_int(n), null, null), NULL);
}
