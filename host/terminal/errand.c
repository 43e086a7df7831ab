// SPDX-License-Identifier: Apache-2.0
#include "host/terminal/errand.h"

#include "base/options/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OUT, ERR, SECRET, PIPES };

void errand_word(struct errand_words *words, const char *word) {
    if (words->count < ERRAND_WORDS_MAX)
        words->words[words->count++] = word;
}

void errand_option(struct errand_words *words, const char *option, const char *value) {
    if (value == NULL)
        return;
    errand_word(words, option);
    errand_word(words, value);
}

bool errand_is_word(const char *text) {
    return text[0] != '\0' && text[0] != '-';
}

// ---- starting ----------------------------------------------------------------------------------

static void close_all(int pipes[PIPES][2]) {
    for (size_t i = 0; i < PIPES; i++)
        for (size_t end = 0; end < 2; end++)
            if (pipes[i][end] >= 0)
                close(pipes[i][end]);
}

/// High descriptors, so that none stands where the child's are put.
static bool make_pipe(int ends[2]) {
    int made[2];
    if (pipe2(made, O_CLOEXEC) != 0)
        return false;
    for (size_t i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, 16);
        close(made[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0;
}

static int spawn(struct errand *errand, const char *path, char *const *arguments,
                 int pipes[PIPES][2]) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, pipes[OUT][1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, pipes[ERR][1], STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, pipes[SECRET][0], ERRAND_SECRET_FD);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int code = posix_spawn(&errand->process, path, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static bool write_secret(int to, const char *secret) {
    size_t size = secret != NULL ? strlen(secret) : 0;
    return size == 0 || (write(to, secret, size) == (ssize_t)size && write(to, "\n", 1) == 1);
}

bool errand_start(struct errand *errand, const char *program, const struct errand_words *words,
                  const char *secret, struct failure *failure) {
    char path[PATH_MAX], *arguments[ERRAND_WORDS_MAX + 2];
    int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    size_t count = 0;
    if (!program_path(program, path, sizeof path))
        return fail(failure, EXIT_ABSENT, "there is no program tessera-%s", program);
    arguments[count++] = path;
    for (size_t i = 0; i < words->count; i++)
        arguments[count++] = (char *)(uintptr_t)words->words[i];
    arguments[count] = NULL;
    *errand = (struct errand){.out = -1, .err = -1};
    bool ready = make_pipe(pipes[OUT]) && make_pipe(pipes[ERR]) && make_pipe(pipes[SECRET]) &&
                 write_secret(pipes[SECRET][1], secret);
    int code = ready ? spawn(errand, path, arguments, pipes) : errno;
    if (code == 0) {
        errand->out = pipes[OUT][0];
        errand->err = pipes[ERR][0];
        pipes[OUT][0] = pipes[ERR][0] = -1;
        (void)fcntl(errand->out, F_SETFL, O_NONBLOCK);
        (void)fcntl(errand->err, F_SETFL, O_NONBLOCK);
    } else
        errand->process = 0;
    close_all(pipes);
    return code == 0 || fail(failure, EXIT_REFUSED, "cannot start %s: %s", path, strerror(code));
}

bool errand_runs(const struct errand *errand) {
    return errand->process > 0;
}

/// Until nothing is there; closed at its end. What does not fit is read and let go.
static void drain(int *from, char *into, size_t most, size_t *size) {
    char octets[4096];
    ssize_t got;
    while (*from >= 0 && (got = read(*from, octets, sizeof octets)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return;
        size_t taken = (size_t)got < most - *size ? (size_t)got : most - *size;
        memcpy(into + *size, octets, taken);
        *size += taken;
        into[*size] = '\0';
    }
    if (*from >= 0)
        close(*from);
    *from = -1;
}

static void bury(struct errand *errand) {
    int status = 0;
    while (waitpid(errand->process, &status, 0) < 0 && errno == EINTR)
        ;
    errand->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_OPEN;
    errand->process = 0;
}

bool errand_read(struct errand *errand) {
    drain(&errand->out, errand->text, ERRAND_TEXT_MAX, &errand->text_size);
    drain(&errand->err, errand->said, ERRAND_SAID_MAX, &errand->said_size);
    if (errand->out >= 0 || errand->err >= 0)
        return false;
    bury(errand);
    return true;
}

json_t *errand_lines(const struct errand *errand) {
    json_t *rows = json_array();
    for (const char *at = errand->text; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        json_t *row = json_loadb(at, size, 0, NULL);
        if (row != NULL)
            json_array_append_new(rows, row);
        at += size + (at[size] == '\n');
    }
    return rows;
}

const char *errand_sentence(const struct errand *errand) {
    const char *line = strstr(errand->said, "tessera "), *colon;
    if (line == NULL)
        return errand->said;
    colon = strstr(line, ": ");
    return colon != NULL ? colon + 2 : line;
}

void errand_stop(struct errand *errand) {
    if (!errand_runs(errand))
        return;
    kill(errand->process, SIGTERM);
    bury(errand);
    if (errand->out >= 0)
        close(errand->out);
    if (errand->err >= 0)
        close(errand->err);
    errand->out = errand->err = -1;
}
