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

enum { START_MS = 60000, LOOK_MS = 20, ARGUMENTS = 24 };

static struct server {
    struct daemon daemon;
    char directory[DAEMON_PATH_MAX], data[DAEMON_PATH_MAX + 8], log[DAEMON_PATH_MAX + 8];
    char uri[DAEMON_PATH_MAX + 64];
} server;

static void give_up(const char *what) {
    fprintf(stderr, "No PostgreSQL for this suite: %s (%s, log %s)\n", what, POSTGRES_BIN,
            server.log);
    abort();
}

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

static void make_place(void) {
    const struct passwd *user = getpwnam("postgres");
    if (!daemon_directory(server.directory))
        give_up("no temporary directory");
    snprintf(server.data, sizeof server.data, "%s/data", server.directory);
    snprintf(server.log, sizeof server.log, "%s/log", server.directory);
    snprintf(server.uri, sizeof server.uri, "postgresql:///postgres?host=%s&user=postgres",
             server.data);
    if (mkdir(server.data, 0700) != 0 || chmod(server.directory, 0755) != 0)
        give_up("no data directory");
    if (geteuid() == 0 && (user == NULL || chown(server.data, user->pw_uid, user->pw_gid) != 0))
        give_up("no user postgres");
}

static void make_cluster(void) {
    char *argv[ARGUMENTS];
    const char *const initdb[] = {POSTGRES_BIN "/initdb",
                                  "-D",
                                  server.data,
                                  "-A",
                                  "trust",
                                  "-U",
                                  "postgres",
                                  "--no-sync",
                                  "-E",
                                  "UTF8",
                                  "--locale=C",
                                  NULL};
    as_postgres(initdb, argv);
    int code = daemon_run(server.log, argv, START_MS);
    free_all(argv);
    if (code != 0)
        give_up("initdb failed");
}

static void await(void) {
    struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    for (int waited = 0; PQping(server.uri) != PQPING_OK; waited += LOOK_MS) {
        if (waited > START_MS)
            give_up("the server does not answer");
        nanosleep(&look, NULL);
    }
}

/// fsync is off: what survives a crash of the machine is not what these suites look at.
static void start(void) {
    char *argv[ARGUMENTS];
    const char *const postgres[] = {
        POSTGRES_BIN "/postgres", "-D", server.data, "-k", server.data,          "-c",
        "listen_addresses=",      "-c", "fsync=off", "-c", "max_connections=64", NULL};
    as_postgres(postgres, argv);
    bool ok = daemon_start(&server.daemon, server.log, argv);
    free_all(argv);
    if (!ok)
        give_up("the server does not start");
    await();
}

static void stop(void) {
    daemon_end(&server.daemon, SIGQUIT, START_MS);
    daemon_remove_directory(server.directory);
}

const char *postgres_uri(void) {
    if (server.daemon.pid == 0) {
        make_place();
        make_cluster();
        start();
        atexit(stop);
    }
    return server.uri;
}

void postgres_crash(void) {
    daemon_end(&server.daemon, SIGQUIT, START_MS);
    start();
}
