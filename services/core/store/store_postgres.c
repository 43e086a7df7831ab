// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/store_postgres.h"

#include "services/core/store/postgres_link.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 16, CONNECTIONS_MAX = 64 };

struct pooled {
    struct postgres_link link; // no connection: to be opened
    bool busy;
};

struct store_postgres {
    struct store store;
    char *uri, *schema;
    pthread_mutex_t lock; // what stands below
    pthread_cond_t wake;
    struct pooled pool[CONNECTIONS_MAX];
    size_t count;
};

/// A connection that nobody has, open ones first.
static struct pooled *free_one(struct store_postgres *postgres) {
    struct pooled *found = NULL;
    for (size_t i = 0; i < postgres->count; i++)
        if (!postgres->pool[i].busy && (found == NULL || postgres->pool[i].link.connection != NULL))
            found = &postgres->pool[i];
    return found;
}

static struct pooled *take(struct store_postgres *postgres) {
    struct pooled *taken;
    pthread_mutex_lock(&postgres->lock);
    while ((taken = free_one(postgres)) == NULL)
        pthread_cond_wait(&postgres->wake, &postgres->lock);
    taken->busy = true;
    pthread_mutex_unlock(&postgres->lock);
    return taken;
}

/// When one connection has ended, or sits on a replica, the others that nobody has will as well:
/// all are opened anew by who needs them.
static void give(struct store_postgres *postgres, struct pooled *taken, enum store_result result) {
    bool moved = result == STORE_LOST || result == STORE_READONLY;
    pthread_mutex_lock(&postgres->lock);
    taken->busy = false;
    for (size_t i = 0; moved && i < postgres->count; i++)
        if (!postgres->pool[i].busy)
            postgres_link_close(&postgres->pool[i].link);
    pthread_cond_signal(&postgres->wake);
    pthread_mutex_unlock(&postgres->lock);
}

static bool is_open(struct store_postgres *postgres, struct pooled *taken,
                    struct failure *failure) {
    return taken->link.connection != NULL ||
           postgres_link_open(&taken->link, postgres->uri, postgres->schema, failure);
}

/// Begin, fn, commit or roll back, over one connection.
static enum store_result run(struct postgres_link *link, const char *begin, struct arena *arena,
                             transaction_fn *fn, void *context, struct failure *failure) {
    struct session session;
    struct failure ignored;
    enum store_result result = postgres_link_exec(link, begin, failure);
    if (result != STORE_DONE)
        return result;
    postgres_session_init(&session, link, arena);
    bool wanted = fn(&session, context);
    result = session_end(&session, wanted, failure);
    if (result == STORE_DONE)
        return postgres_link_exec(link, "COMMIT", failure);
    if (result != STORE_LOST)
        postgres_link_exec(link, "ROLLBACK", &ignored);
    return result;
}

static enum store_result run_pooled(struct store *store, const char *begin, struct arena *arena,
                                    transaction_fn *fn, void *context, struct failure *failure) {
    struct store_postgres *postgres = store->context;
    struct pooled *taken = take(postgres);
    enum store_result result = STORE_BROKEN;
    if (is_open(postgres, taken, failure))
        result = run(&taken->link, begin, arena, fn, context, failure);
    give(postgres, taken, result);
    return result;
}

static enum store_result postgres_write(struct store *store, struct arena *arena,
                                        transaction_fn *fn, void *context,
                                        struct failure *failure) {
    enum store_result result =
        run_pooled(store, "BEGIN ISOLATION LEVEL SERIALIZABLE", arena, fn, context, failure);
    if (result == STORE_DONE) {
        atomic_fetch_add(&store->figures.commits, 1);
        atomic_fetch_add(&store->figures.grouped, 1);
    } else if (result != STORE_STOPPED && result != STORE_CONFLICT) {
        atomic_fetch_add(&store->figures.failures, 1);
    }
    return result;
}

static enum store_result postgres_read(struct store *store, struct arena *arena, transaction_fn *fn,
                                       void *context, struct failure *failure) {
    return run_pooled(store, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", arena, fn, context,
                      failure);
}

static void postgres_close(struct store *store) {
    struct store_postgres *postgres = store->context;
    for (size_t i = 0; i < postgres->count; i++)
        postgres_link_close(&postgres->pool[i].link);
    pthread_cond_destroy(&postgres->wake);
    pthread_mutex_destroy(&postgres->lock);
    free(postgres->uri);
    free(postgres->schema);
    free(postgres);
}

static const struct store_ops postgres_ops = {postgres_write, postgres_read,
                                              postgres_session_script, NULL, postgres_close};

// foreign keys on young tables make thousands of false conflicts between serializable transactions
static const struct store_dialect postgres_dialect = {"postgresql", "BIGINT", "TEXT COLLATE \"C\"",
                                                      "BYTEA",      "",       false};

struct store *store_postgres_open(const struct store_postgres_options *options,
                                  struct failure *failure) {
    struct store_postgres *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL) {
        fail(failure, EXIT_REFUSED, "Out of memory");
        return NULL;
    }
    postgres->store =
        (struct store){.ops = &postgres_ops, .dialect = &postgres_dialect, .context = postgres};
    postgres->uri = strdup(options->uri);
    postgres->schema = strdup(options->schema);
    postgres->count = options->connections == 0                ? CONNECTIONS
                      : options->connections < CONNECTIONS_MAX ? options->connections
                                                               : CONNECTIONS_MAX;
    pthread_mutex_init(&postgres->lock, NULL);
    pthread_cond_init(&postgres->wake, NULL);
    if (postgres->uri != NULL && postgres->schema != NULL &&
        is_open(postgres, &postgres->pool[0], failure))
        return &postgres->store;
    postgres_close(&postgres->store);
    return NULL;
}
