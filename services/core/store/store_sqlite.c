// SPDX-License-Identifier: Apache-2.0
#include "services/core/store/store_sqlite.h"

#include "base/files.h"
#include "services/core/store/sqlite_link.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_MAX = 256, READERS_MAX = 16, TIDY_PAGES = 4000, PATH_SIZE = 4096 };

/// A caller's transaction, waiting for somebody to lead a group.
struct write_job {
    struct arena *arena;
    transaction_fn *fn;
    void *context;
    bool reads; // may write nothing
    struct failure *failure;
    enum store_result result;
    bool done;
    struct write_job *next;
};

struct reader {
    struct sqlite_link link;
    bool open, busy;
};

struct store_sqlite {
    struct store store;
    char path[PATH_SIZE];
    const char *vfs;
    bool in_memory;
    int lock_file;
    pthread_mutex_t lock; // what stands below
    pthread_cond_t wake;
    struct write_job *first, **last;
    bool led; // somebody runs a group with the writer
    struct sqlite_link writer;
    bool suspect; // a commit failed: open anew before anything is trusted
    bool careful; // one of the last group did not stay
    struct reader readers[READERS_MAX];
    _Atomic int log_pages;
};

static int note_pages(void *context, sqlite3 *db, const char *name, int pages) {
    struct store_sqlite *sqlite = context;
    (void)db, (void)name;
    atomic_store(&sqlite->log_pages, pages);
    return SQLITE_OK;
}

static bool open_writer(struct store_sqlite *sqlite, struct failure *failure) {
    if (!sqlite_link_open(&sqlite->writer, sqlite->path, sqlite->vfs, failure))
        return false;
    sqlite3_wal_hook(sqlite->writer.db, note_pages, sqlite);
    return true;
}

// ---- groups ----------------------------------------------------------------------------------

static void end_job(struct write_job *job, enum store_result result, const char *said) {
    job->result = result;
    if (said != NULL)
        fail(job->failure, EXIT_REFUSED, "%s", said);
}

/// What a job does. False: it has to be undone.
static bool run_job(struct store_sqlite *sqlite, struct write_job *job) {
    struct session session;
    if (job->reads)
        sqlite_link_exec(&sqlite->writer, "PRAGMA query_only=ON");
    sqlite_session_init(&session, &sqlite->writer, job->arena);
    bool wanted = job->fn(&session, job->context);
    if (job->reads)
        sqlite_link_exec(&sqlite->writer, "PRAGMA query_only=OFF");
    job->result = session_end(&session, wanted, job->failure);
    return job->result == STORE_DONE;
}

/// One transaction inside of the group's, undone alone when it fails.
static bool run_in_savepoint(struct store_sqlite *sqlite, struct write_job *job) {
    if (sqlite_link_exec(&sqlite->writer, "SAVEPOINT job") != SQLITE_OK) {
        end_job(job, STORE_CONFLICT, sqlite3_errmsg(sqlite->writer.db));
        return false;
    }
    bool stays = run_job(sqlite, job);
    if (!stays)
        sqlite_link_exec(&sqlite->writer, "ROLLBACK TO job");
    sqlite_link_exec(&sqlite->writer, "RELEASE job");
    return stays;
}

/// All of them as one: a savepoint would have SQLite keep a copy of every page. False: one of them
/// does not stay, so none does.
static bool run_as_one(struct store_sqlite *sqlite, struct write_job *group) {
    bool stay = true;
    for (struct write_job *job = group; job != NULL && stay; job = job->next)
        stay = run_job(sqlite, job);
    if (!stay)
        sqlite_link_exec(&sqlite->writer, "ROLLBACK");
    return stay;
}

/// Where one does not stay, all are run again, each in a savepoint, and so is the next group: who
/// sends what is refused has nothing done twice. Not SQLITE_OK: nothing can be run.
static int run_jobs(struct store_sqlite *sqlite, struct write_job *group) {
    bool stay = true;
    if (!sqlite->careful || group->next == NULL) {
        if (run_as_one(sqlite, group) || group->next == NULL)
            return SQLITE_OK;
        int code = sqlite_link_exec(&sqlite->writer, "BEGIN IMMEDIATE");
        if (code != SQLITE_OK)
            return code;
    }
    for (struct write_job *job = group; job != NULL; job = job->next)
        stay = run_in_savepoint(sqlite, job) && stay;
    sqlite->careful = !stay;
    return SQLITE_OK;
}

/// Everybody whose transaction would have been durable hears that it may not be.
static void end_group(struct write_job *group, enum store_result result, const char *said) {
    for (struct write_job *job = group; job != NULL; job = job->next)
        if (job->result == STORE_DONE)
            end_job(job, result, said);
}

/// A disk that is full has taken nothing; of any other failed commit nobody knows.
static void end_badly(struct store_sqlite *sqlite, struct write_job *group, int code) {
    char said[160];
    snprintf(said, sizeof said, "Commit: %s", sqlite3_errmsg(sqlite->writer.db));
    sqlite_link_exec(&sqlite->writer, "ROLLBACK");
    atomic_fetch_add(&sqlite->store.figures.failures, 1);
    sqlite->suspect = !sqlite->in_memory;
    end_group(group, (code & 0xFF) == SQLITE_FULL ? STORE_FULL : STORE_LOST, said);
}

static size_t count_of(const struct write_job *group) {
    size_t count = 0;
    for (; group != NULL; group = group->next)
        count++;
    return count;
}

static void run_group(struct store_sqlite *sqlite, struct write_job *group) {
    struct failure failure;
    if (sqlite->suspect) {
        sqlite_link_close(&sqlite->writer);
        sqlite->suspect = !open_writer(sqlite, &failure);
    }
    int code =
        sqlite->suspect ? SQLITE_CANTOPEN : sqlite_link_exec(&sqlite->writer, "BEGIN IMMEDIATE");
    if (code == SQLITE_OK)
        code = run_jobs(sqlite, group);
    if (code != SQLITE_OK) {
        end_group(group, sqlite_result(code),
                  sqlite->suspect ? failure.text : sqlite3_errmsg(sqlite->writer.db));
        return;
    }
    // a full disk or a failed read may have rolled everything back
    if (sqlite3_get_autocommit(sqlite->writer.db)) {
        end_group(group, STORE_CONFLICT, "Another transaction of the group was rolled back");
        return;
    }
    code = sqlite_link_exec(&sqlite->writer, "COMMIT");
    if (code != SQLITE_OK) {
        end_badly(sqlite, group, code);
        return;
    }
    atomic_fetch_add(&sqlite->store.figures.commits, 1);
    atomic_fetch_add(&sqlite->store.figures.grouped, count_of(group));
}

/// The first of those who wait, out of the queue.
static struct write_job *take_group(struct store_sqlite *sqlite) {
    struct write_job *group = sqlite->first, **end = &group;
    for (size_t i = 0; i < GROUP_MAX && *end != NULL; i++)
        end = &(*end)->next;
    sqlite->first = *end;
    if (*end == NULL)
        sqlite->last = &sqlite->first;
    *end = NULL;
    return group;
}

static void lead(struct store_sqlite *sqlite) {
    struct write_job *group = take_group(sqlite);
    sqlite->led = true;
    pthread_mutex_unlock(&sqlite->lock);
    for (struct write_job *job = group; job != NULL; job = job->next)
        job->result = STORE_DONE;
    run_group(sqlite, group);
    pthread_mutex_lock(&sqlite->lock);
    sqlite->led = false;
    for (struct write_job *job = group, *next; job != NULL; job = next) {
        next = job->next; // its owner may go as soon as the lock is free
        job->done = true;
    }
    pthread_cond_broadcast(&sqlite->wake);
}

static enum store_result run_queued(struct store_sqlite *sqlite, struct write_job *job) {
    pthread_mutex_lock(&sqlite->lock);
    *sqlite->last = job;
    sqlite->last = &job->next;
    while (!job->done)
        if (sqlite->led)
            pthread_cond_wait(&sqlite->wake, &sqlite->lock);
        else
            lead(sqlite);
    pthread_mutex_unlock(&sqlite->lock);
    return job->result;
}

static enum store_result sqlite_write(struct store *store, struct arena *arena, transaction_fn *fn,
                                      void *context, struct failure *failure) {
    struct write_job job = {.arena = arena, .fn = fn, .context = context, .failure = failure};
    return run_queued(store->context, &job);
}

// ---- readers ---------------------------------------------------------------------------------

static struct reader *free_reader(struct store_sqlite *sqlite) {
    struct reader *found = NULL;
    for (size_t i = 0; i < READERS_MAX; i++)
        if (!sqlite->readers[i].busy && (found == NULL || sqlite->readers[i].open))
            found = &sqlite->readers[i];
    return found;
}

static struct reader *take_reader(struct store_sqlite *sqlite) {
    struct reader *reader;
    pthread_mutex_lock(&sqlite->lock);
    while ((reader = free_reader(sqlite)) == NULL)
        pthread_cond_wait(&sqlite->wake, &sqlite->lock);
    reader->busy = true;
    pthread_mutex_unlock(&sqlite->lock);
    return reader;
}

static void give_reader(struct store_sqlite *sqlite, struct reader *reader) {
    pthread_mutex_lock(&sqlite->lock);
    reader->busy = false;
    pthread_cond_broadcast(&sqlite->wake);
    pthread_mutex_unlock(&sqlite->lock);
}

static bool open_reader(struct store_sqlite *sqlite, struct reader *reader,
                        struct failure *failure) {
    if (!reader->open && sqlite_link_open(&reader->link, sqlite->path, sqlite->vfs, failure)) {
        sqlite_link_exec(&reader->link, "PRAGMA query_only=ON");
        reader->open = true;
    }
    return reader->open;
}

static enum store_result read_once(struct reader *reader, struct arena *arena, transaction_fn *fn,
                                   void *context, struct failure *failure) {
    struct session session;
    sqlite_session_init(&session, &reader->link, arena);
    int code = sqlite_link_exec(&reader->link, "BEGIN");
    if (code != SQLITE_OK) {
        fail(failure, EXIT_REFUSED, "%s", sqlite3_errmsg(reader->link.db));
        return sqlite_result(code);
    }
    bool wanted = fn(&session, context);
    sqlite_link_exec(&reader->link, "ROLLBACK");
    return session_end(&session, wanted, failure);
}

static enum store_result sqlite_read(struct store *store, struct arena *arena, transaction_fn *fn,
                                     void *context, struct failure *failure) {
    struct store_sqlite *sqlite = store->context;
    struct write_job job = {
        .arena = arena, .fn = fn, .context = context, .reads = true, .failure = failure};
    if (sqlite->in_memory)
        return run_queued(sqlite, &job);
    struct reader *reader = take_reader(sqlite);
    enum store_result result = open_reader(sqlite, reader, failure)
                                   ? read_once(reader, arena, fn, context, failure)
                                   : STORE_BROKEN;
    give_reader(sqlite, reader);
    return result;
}

// ---- the file --------------------------------------------------------------------------------

static void sqlite_tidy(struct store *store) {
    struct store_sqlite *sqlite = store->context;
    struct failure ignored;
    if (atomic_load(&sqlite->log_pages) < TIDY_PAGES || sqlite->in_memory)
        return;
    struct reader *reader = take_reader(sqlite);
    if (open_reader(sqlite, reader, &ignored))
        sqlite3_wal_checkpoint_v2(reader->link.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    give_reader(sqlite, reader);
}

static void sqlite_close(struct store *store) {
    struct store_sqlite *sqlite = store->context;
    for (size_t i = 0; i < READERS_MAX; i++)
        if (sqlite->readers[i].open)
            sqlite_link_close(&sqlite->readers[i].link);
    if (sqlite->writer.db != NULL) {
        sqlite3_wal_checkpoint_v2(sqlite->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        sqlite_link_close(&sqlite->writer);
    }
    if (sqlite->lock_file >= 0)
        close(sqlite->lock_file);
    pthread_cond_destroy(&sqlite->wake);
    pthread_mutex_destroy(&sqlite->lock);
    free(sqlite);
}

/// One process a file: two writers on one log starve each other.
static bool lock_file(struct store_sqlite *sqlite, struct failure *failure) {
    char path[PATH_SIZE + 8];
    snprintf(path, sizeof path, "%s.lock", sqlite->path);
    sqlite->lock_file = files_lock(path, 0);
    if (sqlite->lock_file >= 0)
        return true;
    return fail(failure, EXIT_LOCKED, "Database %s: another process has it (%s is locked)",
                sqlite->path, path);
}

/// The file is there from now on, for its owner only, before SQLite would make it for everybody.
static bool make_file(const char *path, struct failure *failure) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno(failure, "Database %s", path);
    close(file);
    return true;
}

static int one_number(void *context, int columns, char **texts, char **names) {
    (void)columns, (void)names;
    *(long *)context = texts[0] != NULL ? strtol(texts[0], NULL, 10) : 0;
    return 0;
}

/// A file without tables is taken, one of another program is not.
static bool claim_file(struct store_sqlite *sqlite, struct failure *failure) {
    long application = 0, tables = 0;
    char claim[64];
    sqlite3 *db = sqlite->writer.db;
    sqlite3_exec(db, "PRAGMA application_id", one_number, &application, NULL);
    if (sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", one_number, &tables, NULL) !=
        SQLITE_OK)
        return fail(failure, EXIT_REFUSED, "Database %s: %s", sqlite->path, sqlite3_errmsg(db));
    if (application == STORE_SQLITE_APPLICATION)
        return true;
    if (application != 0 || tables != 0)
        return fail(failure, EXIT_REFUSED, "Database %s belongs to another program; name another",
                    sqlite->path);
    snprintf(claim, sizeof claim, "PRAGMA application_id=%d", STORE_SQLITE_APPLICATION);
    sqlite_link_exec(&sqlite->writer, claim);
    return true;
}

static bool open_file(struct store_sqlite *sqlite, struct failure *failure) {
    if (!sqlite->in_memory && (!lock_file(sqlite, failure) || !make_file(sqlite->path, failure)))
        return false;
    return open_writer(sqlite, failure) && claim_file(sqlite, failure);
}

static const struct store_ops sqlite_store_ops = {sqlite_write, sqlite_read, sqlite_session_script,
                                                  sqlite_tidy, sqlite_close};

static const struct store_dialect sqlite_dialect = {"sqlite", "INTEGER", "TEXT",
                                                    "BLOB",   "STRICT",  true};

struct store *store_sqlite_open(const struct store_sqlite_options *options,
                                struct failure *failure) {
    struct store_sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        fail(failure, EXIT_REFUSED, "Out of memory");
        return NULL;
    }
    sqlite->store =
        (struct store){.ops = &sqlite_store_ops, .dialect = &sqlite_dialect, .context = sqlite};
    snprintf(sqlite->path, sizeof sqlite->path, "%s", options->path);
    sqlite->vfs = options->vfs;
    sqlite->in_memory = strcmp(options->path, ":memory:") == 0;
    sqlite->lock_file = -1;
    sqlite->last = &sqlite->first;
    pthread_mutex_init(&sqlite->lock, NULL);
    pthread_cond_init(&sqlite->wake, NULL);
    if (open_file(sqlite, failure))
        return &sqlite->store;
    sqlite_close(&sqlite->store);
    return NULL;
}
