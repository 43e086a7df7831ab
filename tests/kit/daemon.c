// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/daemon.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool daemon_directory(char path[DAEMON_PATH_MAX]) {
    const char *base = getenv("TMPDIR");
    snprintf(path, DAEMON_PATH_MAX, "%s/tessera-test-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(path) != NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void daemon_remove_directory(const char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void become(const char *log, char *const argv[]) {
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int in = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (out >= 0 && in >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2)
        execvp(argv[0], argv);
    _exit(127);
}

bool daemon_start(struct daemon *daemon, const char *log, char *const argv[]) {
    snprintf(daemon->log, sizeof daemon->log, "%s", log);
    unlink(log);
    fflush(NULL);
    daemon->pid = fork();
    if (daemon->pid == 0)
        become(log, argv);
    return daemon->pid > 0;
}

bool file_contains(const char *path, const char *text) {
    static char content[1 << 16];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t size = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[size] = '\0';
    return strstr(content, text) != NULL;
}

// Waits on a descriptor of the process, so that its end is noticed at once.
static bool ended_within(pid_t pid, int ms) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd event = {.fd = fd, .events = POLLIN};
    bool ended = fd >= 0 && poll(&event, 1, ms) == 1;
    if (fd >= 0)
        close(fd);
    return ended;
}

bool daemon_await(const struct daemon *daemon, const char *text, int ms) {
    long long deadline = now_ms() + ms;
    bool ended = false;
    for (;;) {
        if (file_contains(daemon->log, text))
            return true;
        if (ended || now_ms() >= deadline)
            return false;
        ended = ended_within(daemon->pid, 5);
    }
}

int daemon_end(struct daemon *daemon, int signal, int ms) {
    int status = 0;
    if (daemon->pid <= 0)
        return 0;
    if (signal != 0)
        kill(daemon->pid, signal);
    bool ended = ended_within(daemon->pid, ms);
    if (!ended)
        kill(daemon->pid, SIGKILL);
    waitpid(daemon->pid, &status, 0);
    daemon->pid = 0;
    if (!ended)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int daemon_run(const char *log, char *const argv[], int ms) {
    struct daemon daemon;
    return daemon_start(&daemon, log, argv) ? daemon_end(&daemon, 0, ms) : -1;
}
