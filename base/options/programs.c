// SPDX-License-Identifier: Apache-2.0
#include "base/options/programs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MAX = 16384, PATIENCE_MS = 5000 };

static const char prefix_of_all[] = "tessera-";

// ---- where they are ----------------------------------------------------------------------------

static bool own_directory(char *out, size_t capacity) {
    ssize_t size = readlink("/proc/self/exe", out, capacity - 1);
    if (size <= 0)
        return false;
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/// Calls visit for this program's directory and then for each one in PATH, until it answers true.
static bool each_directory(bool (*visit)(const char *directory, void *context), void *context) {
    char own[PATH_MAX];
    if (own_directory(own, sizeof own) && visit(own, context))
        return true;
    const char *path = getenv("PATH");
    char *copy = strdup(path != NULL ? path : ""), *rest = copy, *directory;
    bool found = false;
    while (!found && copy != NULL && (directory = strsep(&rest, ":")) != NULL)
        found = directory[0] != '\0' && visit(directory, context);
    free(copy);
    return found;
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

bool programs_have(const struct programs *programs, const char *name) {
    for (size_t i = 0; i < programs->count; i++)
        if (strcmp(programs->names[i], name) == 0)
            return true;
    return false;
}

static bool gather(const char *directory, void *context) {
    struct programs *programs = context;
    DIR *stream = opendir(directory);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        const char *name = entry->d_name + sizeof prefix_of_all - 1;
        if (strncmp(entry->d_name, prefix_of_all, sizeof prefix_of_all - 1) == 0 &&
            strchr(name, '.') == NULL && strlen(name) < PROGRAM_WORD_MAX &&
            programs->count < PROGRAMS_MAX && !programs_have(programs, name))
            snprintf(programs->names[programs->count++], PROGRAM_WORD_MAX, "%s", name);
    }
    if (stream != NULL)
        closedir(stream);
    return false;
}

void programs_find(struct programs *programs) {
    programs->count = 0;
    each_directory(gather, programs);
    qsort(programs->names, programs->count, sizeof programs->names[0], compare);
}

// ---- becoming one ------------------------------------------------------------------------------

/// A program looked for in one directory after the other.
struct search {
    const char *name; // "tessera-card-new"
    char path[PATH_MAX];
};

static bool look_in(const char *directory, void *context) {
    struct search *search = context;
    int size = snprintf(search->path, sizeof search->path, "%s/%s", directory, search->name);
    return size > 0 && (size_t)size < sizeof search->path && access(search->path, X_OK) == 0;
}

static bool find_program(struct search *search, char file[2 * PROGRAM_WORD_MAX], const char *name) {
    int size = snprintf(file, 2 * PROGRAM_WORD_MAX, "%s%s", prefix_of_all, name);
    search->name = file;
    return size > 0 && size < 2 * PROGRAM_WORD_MAX && strchr(name, '/') == NULL &&
           each_directory(look_in, search);
}

bool program_path(const char *name, char *path, size_t capacity) {
    char file[2 * PROGRAM_WORD_MAX];
    struct search search;
    return find_program(&search, file, name) &&
           snprintf(path, capacity, "%s", search.path) < (int)capacity;
}

void program_become(const char *name, char **arguments) {
    char file[2 * PROGRAM_WORD_MAX], *word = arguments[0];
    struct search search;
    if (!find_program(&search, file, name))
        return;
    arguments[0] = file;
    execv(search.path, arguments);
    arguments[0] = word;
}

// ---- asking them -------------------------------------------------------------------------------

/// A program that was asked, and the pipe of its answer; -1: none.
struct question {
    pid_t process;
    int pipe;
};

static void ask(const char *name, struct question *question) {
    char file[2 * PROGRAM_WORD_MAX], option[] = "--commands";
    struct search search;
    int ends[2];
    posix_spawn_file_actions_t actions;
    *question = (struct question){-1, -1};
    if (!find_program(&search, file, name) || pipe2(ends, O_CLOEXEC) != 0)
        return;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    char *arguments[] = {file, option, NULL};
    question->pipe = ends[0];
    if (posix_spawn(&question->process, search.path, &actions, NULL, arguments, environ) != 0)
        question->process = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
}

/// The whole answer, if it ends well and in time.
static bool hear(const struct question *question, char answer[ANSWER_MAX]) {
    size_t used = 0;
    ssize_t got = 1;
    int status = 0;
    struct pollfd event = {.fd = question->pipe, .events = POLLIN};
    while (got > 0 && used + 1 < ANSWER_MAX && poll(&event, 1, PATIENCE_MS) > 0) {
        got = read(question->pipe, answer + used, ANSWER_MAX - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    answer[used] = '\0';
    close(question->pipe);
    if (question->process < 0)
        return false;
    if (got != 0)
        kill(question->process, SIGKILL);
    return waitpid(question->process, &status, 0) == question->process && status == 0;
}

static bool known(const struct purposes *purposes, const char *words) {
    for (size_t i = 0; i < purposes->count; i++)
        if (strcmp(purposes->rows[i].words, words) == 0)
            return true;
    return false;
}

/// Lines "words<TAB>purpose"; anything else is no answer of ours.
static void take_answer(struct purposes *purposes, char *answer) {
    char *line, *rest = answer;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *tab = strchr(line, '\t');
        if (tab == NULL || purposes->count == PURPOSES_MAX)
            continue;
        *tab = '\0';
        if (strlen(line) >= PROGRAM_WORD_MAX || known(purposes, line))
            continue;
        struct purpose *row = &purposes->rows[purposes->count++];
        snprintf(row->words, sizeof row->words, "%s", line);
        snprintf(row->text, sizeof row->text, "%s", tab + 1);
    }
}

static bool belongs(const char *name, const char *prefix) {
    size_t size = prefix != NULL ? strlen(prefix) : 0;
    return prefix == NULL ||
           (strncmp(name, prefix, size) == 0 && (name[size] == '\0' || name[size] == '-'));
}

void programs_ask(const struct programs *programs, const char *prefix, struct purposes *purposes) {
    static const struct question none = {-1, -1};
    struct question questions[PROGRAMS_MAX];
    char answer[ANSWER_MAX];
    purposes->count = 0;
    for (size_t i = 0; i < programs->count; i++) {
        questions[i] = none;
        if (belongs(programs->names[i], prefix))
            ask(programs->names[i], &questions[i]);
    }
    for (size_t i = 0; i < programs->count; i++)
        if (questions[i].pipe >= 0 && hear(&questions[i], answer))
            take_answer(purposes, answer);
}

void programs_suggest(const struct programs *programs, const char *name,
                      struct suggestion *suggestion) {
    size_t size = strlen(name);
    for (size_t i = 0; i < programs->count; i++)
        if (belongs(programs->names[i], name) && programs->names[i][size] == '-')
            suggest(suggestion, programs->names[i] + size + 1);
}
