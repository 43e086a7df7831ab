// SPDX-License-Identifier: Apache-2.0
#include "host/audit/copies/replica.h"

#include <stdio.h>
#include <string.h>

static bool is_postgres(const char *url) {
    return strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
}

static bool open_schema(struct replica *replica, const char *url, struct failure *failure) {
    char uri[1024];
    const char *schema = strrchr(url, '#');
    if (schema == NULL || schema[1] == '\0' || (size_t)(schema - url) >= sizeof uri)
        return fail(failure, EXIT_USAGE, "%s: say which service, as in postgresql://HOST/DB#bank",
                    url);
    snprintf(uri, sizeof uri, "%.*s", (int)(schema - url), url);
    return replica_open_postgres(replica, uri, schema + 1, failure);
}

static bool take_text(void *context, const struct cell *row) {
    struct replica *replica = context;
    snprintf(replica->service, sizeof replica->service, "%s", row[0].text);
    return false;
}

bool replica_open(struct replica *replica, const char *url, struct failure *failure) {
    *replica = (struct replica){.url = url};
    bool open = is_postgres(url)
                    ? open_schema(replica, url, failure)
                    : replica_open_sqlite(replica, strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url,
                                          failure);
    if (!open)
        return false;
    if (replica_have(replica, "about"))
        replica_each(replica, "SELECT value FROM about WHERE name = 'service'", NULL, 0, take_text,
                     replica);
    if (replica->service[0] != '\0')
        return true;
    return fail(failure, EXIT_USAGE, "%s is no database of a service%s%s", url,
                replica->broken.code != EXIT_DONE ? ": " : "", replica->broken.text);
}

void replica_close(struct replica *replica) {
    if (replica->handle != NULL)
        replica->ops->close(replica);
    replica->handle = NULL;
}

void replica_each(struct replica *replica, const char *sql, const struct cell *in, size_t count,
                  replica_row *row, void *context) {
    if (replica->broken.code == EXIT_DONE)
        replica->ops->each(replica, sql, in, count, row, context);
}

static bool take_number(void *context, const struct cell *row) {
    *(int64_t *)context = row[0].number;
    return false;
}

int64_t replica_number(struct replica *replica, const char *sql) {
    int64_t number = 0;
    replica_each(replica, sql, NULL, 0, take_number, &number);
    return number;
}

bool replica_have(struct replica *replica, const char *table) {
    struct replica asked = *replica; // an absent table is no reason to end
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT 1 FROM %s LIMIT 1", table);
    replica_number(&asked, sql);
    return asked.broken.code == EXIT_DONE;
}
