// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/postgres.h"

#include "tests/kit/daemon.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef POSTGRES_BIN
#define POSTGRES_BIN "/usr/lib/postgresql/15/bin"
#endif

enum { START_MS = 60000, LOOK_MS = 20, ARGUMENTS = 24, URI_SIZE = 2048 };

/// One server. Its data lie somewhere else each time that it is made anew; its socket stays.
struct cluster {
    struct daemon daemon;
    char socket[DAEMON_PATH_MAX + 8], data[DAEMON_PATH_MAX + 16], log[DAEMON_PATH_MAX + 16];
    char uri[URI_SIZE]; // of it alone
    unsigned made;      // how often
};

static struct {
    char directory[DAEMON_PATH_MAX];
    struct cluster clusters[2];
    unsigned leader; // which of them takes writes
    bool paired;
    char uri[URI_SIZE];
} servers;

static struct cluster *leader(void) {
    return &servers.clusters[servers.leader];
}

static struct cluster *follower(void) {
    return &servers.clusters[1 - servers.leader];
}

static void give_up(const char *what) {
    fprintf(stderr, "No PostgreSQL for this suite: %s (%s, logs in %s)\n", what, POSTGRES_BIN,
            servers.directory);
    abort();
}

// ---- programs of the server's user --------------------------------------------------------------

/// argv with what makes root the user postgres in front of it.
static void as_postgres(const char *const *rest, char **argv) {
    static const char *const become[] = {"setpriv",        "--reuid=postgres", "--regid=postgres",
                                         "--clear-groups", "--pdeathsig=KILL", NULL};
    static const char *const stay[] = {"setpriv", "--pdeathsig=KILL", NULL};
    size_t count = 0;
    const char *const *front = geteuid() == 0 ? become : stay;
    for (; *front != NULL; front++)
        argv[count++] = strdup(*front);
    for (; *rest != NULL && count < ARGUMENTS - 1; rest++)
        argv[count++] = strdup(*rest);
    argv[count] = NULL;
}

static void free_all(char **argv) {
    for (; *argv != NULL; argv++)
        free(*argv);
}

static void run(const struct cluster *cluster, const char *const *words, const char *what) {
    char *argv[ARGUMENTS];
    as_postgres(words, argv);
    int code = daemon_run(cluster->log, argv, START_MS);
    free_all(argv);
    if (code != 0)
        give_up(what);
}

// ---- one server --------------------------------------------------------------------------------

static void own(const char *path) {
    const struct passwd *user = getpwnam("postgres");
    if (mkdir(path, 0700) != 0)
        give_up("no directory");
    if (geteuid() == 0 && (user == NULL || chown(path, user->pw_uid, user->pw_gid) != 0))
        give_up("no user postgres");
}

/// An empty directory for its data, and for its socket the first time.
static void make_place(struct cluster *cluster) {
    char letter = (char)('a' + (cluster - servers.clusters));
    snprintf(cluster->data, sizeof cluster->data, "%s/%c.%u", servers.directory, letter,
             cluster->made);
    snprintf(cluster->log, sizeof cluster->log, "%s/%c.log", servers.directory, letter);
    own(cluster->data);
    if (cluster->made++ > 0)
        return;
    snprintf(cluster->socket, sizeof cluster->socket, "%s/%c", servers.directory, letter);
    snprintf(cluster->uri, sizeof cluster->uri, "postgresql:///postgres?host=%s&user=postgres",
             cluster->socket);
    own(cluster->socket);
}

static void make_cluster(struct cluster *cluster) {
    const char *const initdb[] = {POSTGRES_BIN "/initdb",
                                  "-D",
                                  cluster->data,
                                  "-A",
                                  "trust",
                                  "-U",
                                  "postgres",
                                  "--no-sync",
                                  "-E",
                                  "UTF8",
                                  "--locale=C",
                                  NULL};
    make_place(cluster);
    run(cluster, initdb, "initdb failed");
}

static void pause_a_little(int *waited, const char *what) {
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    if ((*waited += LOOK_MS) > START_MS)
        give_up(what);
    nanosleep(&look, NULL);
}

/// fsync is off: what survives a crash of the machine is not what these suites look at.
static void start(struct cluster *cluster) {
    char *argv[ARGUMENTS];
    const char *const postgres[] = {
        POSTGRES_BIN "/postgres",  "-D", cluster->data, "-k", cluster->socket,      "-c",
        "listen_addresses=",       "-c", "fsync=off",   "-c", "max_connections=64", "-c",
        "hot_standby_feedback=on", NULL};
    as_postgres(postgres, argv);
    bool ok = daemon_start(&cluster->daemon, cluster->log, argv);
    free_all(argv);
    if (!ok)
        give_up("the server does not start");
    for (int waited = 0; PQping(cluster->uri) != PQPING_OK;)
        pause_a_little(&waited, "the server does not answer");
}

static void stop(void) {
    for (size_t i = 0; i < 2; i++)
        if (servers.clusters[i].daemon.pid != 0)
            daemon_end(&servers.clusters[i].daemon, SIGQUIT, START_MS);
    daemon_remove_directory(servers.directory);
}

const char *postgres_uri(void) {
    if (servers.directory[0] == '\0') {
        if (!daemon_directory(servers.directory) || chmod(servers.directory, 0755) != 0)
            give_up("no temporary directory");
        make_cluster(leader());
        start(leader());
        atexit(stop);
    }
    return servers.paired ? servers.uri : leader()->uri;
}

// ---- a pair -------------------------------------------------------------------------------------

/// The first column of the first row of what a server says.
static bool says(const struct cluster *cluster, const char *sql, const char *wanted) {
    PGconn *connection = PQconnectdb(cluster->uri);
    PGresult *result = PQexec(connection, sql);
    bool same = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0 &&
                strcmp(PQgetvalue(result, 0, 0), wanted) == 0;
    PQclear(result);
    PQfinish(connection);
    return same;
}

static void tell(const struct cluster *cluster, const char *sql) {
    PGconn *connection = PQconnectdb(cluster->uri);
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up(PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}

/// A copy of the leader that follows it; commits wait for it from then on.
static void make_follower(void) {
    const char *const copy[] = {POSTGRES_BIN "/pg_basebackup",
                                "-D",
                                follower()->data,
                                "-d",
                                leader()->uri,
                                "-R",
                                "--checkpoint=fast",
                                "--no-sync",
                                NULL};
    make_place(follower());
    run(follower(), copy, "pg_basebackup failed");
    start(follower());
    for (int waited = 0; !says(
             leader(), "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1");)
        pause_a_little(&waited, "the follower does not follow");
}

/// A path as libpq wants it where a host stands.
static size_t put_host(char *out, size_t capacity, const char *path) {
    size_t at = 0;
    for (; *path != '\0' && at + 4 < capacity; path++)
        at += (size_t)(*path == '/' ? snprintf(out + at, capacity - at, "%%2F")
                                    : snprintf(out + at, capacity - at, "%c", *path));
    return at;
}

void postgres_pair(void) {
    postgres_uri();
    if (servers.paired)
        return;
    tell(leader(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    tell(leader(), "ALTER SYSTEM SET synchronous_commit = remote_apply");
    says(leader(), "SELECT pg_reload_conf()", "t");
    make_follower();
    size_t at = (size_t)snprintf(servers.uri, URI_SIZE, "postgresql://");
    at += put_host(servers.uri + at, URI_SIZE - at, servers.clusters[0].socket);
    at += (size_t)snprintf(servers.uri + at, URI_SIZE - at, ",");
    at += put_host(servers.uri + at, URI_SIZE - at, servers.clusters[1].socket);
    snprintf(servers.uri + at, URI_SIZE - at,
             "/postgres?user=postgres&target_session_attrs=read-write");
    servers.paired = true;
}

const char *postgres_replica_uri(void) {
    return follower()->uri;
}

void postgres_crash(void) {
    daemon_end(&leader()->daemon, SIGQUIT, START_MS);
    if (!servers.paired) {
        start(leader());
        return;
    }
    if (!says(follower(), "SELECT pg_promote(true, 60)", "t"))
        give_up("the follower takes no writes");
    servers.leader = 1 - servers.leader;
    make_follower();
}
