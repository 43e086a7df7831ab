// SPDX-License-Identifier: Apache-2.0
#include "readers/lab/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TREE_MAX = 4096, PATH_SIZE = 4096 };

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool redirect(const struct process *process) {
    if (process->service) {
        int null = open("/dev/null", O_RDONLY);
        if (null < 0 || dup2(null, STDIN_FILENO) < 0)
            return false;
        close(null);
    }
    if (process->log == NULL)
        return true;
    int log = open(process->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        return false;
    close(log);
    return true;
}

static void run_child(const struct process *process, pid_t parent) {
    if (process->service)
        setsid();
    reset_signals();
    if (!redirect(process) || (process->prepare != NULL && !process->prepare(process->context))) {
        fprintf(stderr, "%s: cannot isolate it: %s\n", process->argv[0], strerror(errno));
        _exit(125);
    }
    // after the namespaces, which clear it; the parent may have ended meanwhile
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent && getppid() != 0)
        _exit(125);
    execvp(process->argv[0], process->argv);
    int error = errno;
    fprintf(stderr, "cannot run %s: %s\n", process->argv[0], strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

pid_t process_start(const struct process *process) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_child(process, parent);
    return pid;
}

void process_adopt_orphans(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// Parent of a process, from the fourth field of its stat file; the second may contain anything
/// within parentheses. 0 when it is gone.
static pid_t parent_of(pid_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end != NULL && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

struct entry {
    pid_t pid, parent;
    bool mine;
};

static size_t read_processes(struct entry *entries, size_t capacity) {
    size_t count = 0;
    DIR *proc = opendir("/proc");
    if (proc == NULL)
        return 0;
    for (struct dirent *item = readdir(proc); item != NULL && count < capacity;
         item = readdir(proc)) {
        pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);
        if (pid > 0)
            entries[count++] = (struct entry){.pid = pid, .parent = parent_of(pid)};
    }
    closedir(proc);
    return count;
}

/// Marks the descendants of root; repeated until nothing new is found, since /proc has no order.
static void mark(struct entry *entries, size_t count, pid_t root) {
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < count; i++) {
            bool mine = entries[i].parent == root;
            for (size_t j = 0; j < count && !mine; j++)
                mine = entries[j].mine && entries[j].pid == entries[i].parent;
            grown = grown || (mine && !entries[i].mine);
            entries[i].mine = mine;
        }
    }
}

static bool listed(pid_t pid, const pid_t *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == pid)
            return true;
    return false;
}

size_t process_signal_descendants(int signal, const pid_t *spared, size_t spared_count) {
    struct entry *entries = calloc(TREE_MAX, sizeof *entries);
    size_t sent = 0;
    if (entries == NULL)
        return 0;
    size_t count = read_processes(entries, TREE_MAX);
    mark(entries, count, getpid());
    for (size_t i = 0; i < count; i++)
        if (entries[i].mine && !listed(entries[i].pid, spared, spared_count) &&
            !listed(entries[i].parent, spared, spared_count))
            sent += kill(entries[i].pid, signal) == 0;
    free(entries);
    return sent;
}

static void reap(const pid_t *spared, size_t spared_count) {
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0 &&
           !listed(info.si_pid, spared, spared_count)) {
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Waits for the next child to end, at most so long. SIGCHLD must be blocked.
static void await_child(int milliseconds) {
    sigset_t child;
    struct timespec limit = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigtimedwait(&child, NULL, &limit);
}

void process_end_descendants(unsigned grace_ms, const pid_t *spared, size_t spared_count) {
    int64_t begin = now_ms();
    size_t left = process_signal_descendants(SIGTERM, spared, spared_count);
    for (bool killed = false; left > 0;
         left = process_signal_descendants(0, spared, spared_count)) {
        await_child(20);
        reap(spared, spared_count);
        if (now_ms() - begin > grace_ms + 3000)
            return; // a program with other rights than ours
        if (now_ms() - begin > grace_ms && !killed) {
            killed = true;
            begin = now_ms() - grace_ms - 1;
        }
        if (killed)
            process_signal_descendants(SIGKILL, spared, spared_count);
    }
}

int process_code(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static bool in_list(const char *list, const char *name, char *path, size_t size) {
    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ":");
        snprintf(path, size, "%.*s/%s", (int)length, list, name);
        if (access(path, X_OK) == 0)
            return true;
        list += length + (list[length] == ':');
    }
    return false;
}

/// Where this program stands.
static bool own_directory(char *directory, size_t size) {
    ssize_t length = readlink("/proc/self/exe", directory, size - 1);
    if (length <= 0)
        return false;
    directory[length] = '\0';
    *strrchr(directory, '/') = '\0';
    return true;
}

bool process_find_library(const char *name, char *path, size_t size) {
    static const char *const places[] = {"", "../lib/tessera/"};
    char own[PATH_SIZE];
    if (!own_directory(own, sizeof own))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, size, "%s/%s%s", own, places[i], name);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

bool process_find(const char *name, char *path, size_t size) {
    char own[PATH_SIZE];
    if (own_directory(own, sizeof own) && in_list(own, name, path, size))
        return true;
    return in_list(getenv("PATH"), name, path, size) ||
           in_list("/usr/sbin:/sbin:/usr/local/sbin", name, path, size);
}

static void remove_at(int parent, const char *name) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory == NULL) {
        unlinkat(parent, name, 0);
        return;
    }
    for (struct dirent *item = readdir(directory); item != NULL; item = readdir(directory))
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            remove_at(fd, item->d_name);
    closedir(directory);
    unlinkat(parent, name, AT_REMOVEDIR);
}

void remove_tree(const char *path) {
    remove_at(AT_FDCWD, path);
}

void file_tail(const char *path, char *text, size_t size) {
    text[0] = '\0';
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fseek(file, -(long)(size - 1), SEEK_END) != 0)
        rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    while (text[0] != '\0' && text[strlen(text) - 1] == '\n')
        text[strlen(text) - 1] = '\0';
}
