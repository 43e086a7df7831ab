// SPDX-License-Identifier: Apache-2.0
// The guard: the process that the user started. It passes signals on, gives the keeper's exit code
// back, and takes the lab down should the keeper be killed. The keeper does the same for the guard:
// it sees the pipe between them close.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readers/control.h"
#include "readers/lab/lab.h"
#include "readers/lab/process.h"

enum { STOP_MS = 5000, STOP_SECONDS = 15 };

static const int passed_on[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};

/// Waits for the keeper. A signal from the terminal reaches the command by itself; one from another
/// process ends the lab.
static int await_keeper(pid_t keeper) {
    sigset_t set;
    siginfo_t info;
    int status;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&set, passed_on[i]);
    for (;;) {
        if (waitpid(keeper, &status, WNOHANG) == keeper)
            return status;
        if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD && info.si_code <= 0)
            kill(keeper, SIGTERM);
    }
}

static void block_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&set, passed_on[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/// Held by the guard until it ends, so that lab stop knows when everything is gone.
static int lock_directory(const char *directory) {
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX | LOCK_NB);
    return fd;
}

/// From now on nobody reads our standard error.
static void redirect_messages(const struct lab *lab) {
    char path[LAB_PATH_MAX];
    lab_file(lab->directory, path, "lab.log");
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0) {
        dup2(log, STDERR_FILENO);
        close(log);
    }
}

static int guard_run(struct lab *lab, int ready) {
    int life[2];
    if (pipe2(life, O_CLOEXEC) != 0)
        return LAB_EXIT_FAILED;
    block_signals();
    process_adopt_orphans();
    pid_t keeper = fork();
    if (keeper == 0) {
        close(life[1]);
        _exit(keeper_run(lab, life[0], ready));
    }
    close(life[0]);
    if (ready >= 0) {
        close(ready);
        redirect_messages(lab);
    }
    int lock = lock_directory(lab->directory);
    int status = keeper > 0 ? await_keeper(keeper) : 0;
    if (keeper < 0 || WIFSIGNALED(status)) {
        fprintf(stderr, "tessera lab: the lab's keeper was killed; cleaning up\n");
        status = LAB_EXIT_FAILED << 8;
    }
    process_end_descendants(LAB_GRACE_MS, NULL, 0);
    remove_tree(lab->directory);
    if (lock >= 0)
        close(lock);
    return process_code(status);
}

int lab_run(const struct lab_options *options) {
    static struct lab lab;
    lab.options = options;
    if (!lab_directory_make(&lab)) {
        fprintf(stderr, "tessera lab: %s\n", lab.error);
        return LAB_EXIT_FAILED;
    }
    return guard_run(&lab, -1);
}

/// Becomes a session of its own without the caller's terminal and standard output. Standard error
/// stays until the lab is up, for its messages.
static void detach(void) {
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(LAB_EXIT_FAILED);
    close(null);
}

/// Copies the export lines; false when the lab ended without any.
static bool copy_lines(int from, FILE *out) {
    char block[4096];
    size_t copied = 0;
    for (ssize_t n = read(from, block, sizeof block); n > 0; n = read(from, block, sizeof block))
        copied += fwrite(block, 1, (size_t)n, out);
    fflush(out);
    return copied > 0;
}

int lab_start(const struct lab_options *options, FILE *out) {
    static struct lab lab;
    int ready[2];
    lab.options = options;
    if (!lab_directory_make(&lab) || pipe2(ready, O_CLOEXEC) != 0) {
        fprintf(stderr, "tessera lab: %s\n", lab.error);
        return LAB_EXIT_FAILED;
    }
    pid_t guard = fork();
    if (guard == 0) {
        close(ready[0]);
        detach();
        _exit(guard_run(&lab, ready[1]));
    }
    close(ready[1]);
    return guard > 0 && copy_lines(ready[0], out) ? 0 : LAB_EXIT_FAILED;
}

/// Is this the directory of a running lab that was started (not run)? Asks it.
static bool is_started(const char *directory) {
    char path[LAB_PATH_MAX], reply[CONTROL_LINE_MAX];
    struct stat status;
    lab_file(directory, path, "lab");
    return lstat(directory, &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid() &&
           control_ask(path, "status", STOP_MS, reply, sizeof reply) &&
           strstr(reply, "ok started") == reply;
}

/// Looks for started labs of this user in one place; returns how many, the last one in found.
static size_t search(const char *parent, char *found, size_t size) {
    char path[LAB_PATH_MAX + 256];
    size_t count = 0;
    DIR *directory = opendir(parent);
    if (directory == NULL)
        return 0;
    for (struct dirent *item = readdir(directory); item != NULL; item = readdir(directory)) {
        snprintf(path, sizeof path, "%.96s/%s", parent, item->d_name);
        if (strncmp(item->d_name, "tessera-lab-", 12) != 0 || strlen(path) >= size ||
            !is_started(path))
            continue;
        snprintf(found, size, "%s", path);
        count++;
    }
    closedir(directory);
    return count;
}

/// 0 with the directory in found; else the exit code, after a message.
static int find_started(char *found, size_t size) {
    const char *parent = getenv("TMPDIR");
    size_t count = search("/tmp", found, size);
    if (parent != NULL && strcmp(parent, "/tmp") != 0)
        count += search(parent, found, size);
    if (count == 1)
        return 0;
    if (count == 0)
        fprintf(stderr, "tessera lab: no lab is started; start one with: eval \"$(tessera lab "
                        "start --card IMAGE)\"\n");
    else
        fprintf(stderr,
                "tessera lab: %zu labs are started; name one: tessera lab stop DIRECTORY "
                "(its TESSERA_LAB_DIR)\n",
                count);
    return count == 0 ? 3 : 2;
}

int lab_find(char *found, size_t size) {
    const char *directory = getenv("TESSERA_LAB_DIR");
    if (directory == NULL)
        return find_started(found, size);
    snprintf(found, size, "%s", directory);
    return 0;
}

int lab_stop(const char *directory) {
    char found[LAB_PATH_MAX], path[LAB_PATH_MAX], reply[CONTROL_LINE_MAX];
    if (directory == NULL) {
        int code = lab_find(found, sizeof found);
        if (code != 0)
            return code;
        directory = found;
    }
    int lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lab_file(directory, path, "lab");
    if (lock < 0 || !control_ask(path, "stop", STOP_MS, reply, sizeof reply)) {
        fprintf(stderr, "tessera lab: no lab runs in %s\n", directory);
        return 3;
    }
    alarm(STOP_SECONDS);
    flock(lock, LOCK_EX); // the guard lets go when everything is gone
    return 0;
}
