// SPDX-License-Identifier: Apache-2.0
// Namespaces are made by a short-lived child; this process keeps only their descriptors, so that it
// stays on the normal system itself.
#include "readers/lab/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const lab_isolation_words[] = {[ISOLATION_BEST] = "best",
                                           [ISOLATION_USER] = "user",
                                           [ISOLATION_ROOT] = "root",
                                           [ISOLATION_PRELOAD] = "preload",
                                           NULL};

/// What may be tried, best first. Root keeps its rights over other users' images only outside a
/// user namespace.
static const struct attempt {
    enum isolation_kind kind;
    bool as_root;
    int flags; // of unshare; mounts are split off later, for pcscd alone
} attempts[] = {
    {ISOLATION_ROOT, true, CLONE_NEWNET},
    {ISOLATION_ROOT, true, 0},
    {ISOLATION_USER, false, CLONE_NEWUSER | CLONE_NEWNET},
    {ISOLATION_USER, false, CLONE_NEWUSER},
};

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return written;
}

/// Everybody stays who he is: the one user and group of the lab map to themselves.
static bool map_owner(uid_t user, gid_t group) {
    char users[64], groups[64];
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/gid_map", groups);
}

static bool raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up;
}

/// An own view of the mounts, and the proof that mounting is allowed in it.
static bool split_mounts(void) {
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static bool cover(const char *path) {
    return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") == 0;
}

/// In the child: makes the namespaces, says so by one octet, holds them until the parent has them.
static void hold(int flags, int out, int in) {
    uid_t user = geteuid();
    gid_t group = getegid();
    bool made = flags == 0 || unshare(flags) == 0;
    if (made && (flags & CLONE_NEWUSER) != 0)
        made = map_owner(user, group);
    if (made && (flags & CLONE_NEWNET) != 0)
        made = raise_loopback();
    if (made) { // in a grandchild, because the namespaces to hand on are those before the split
        pid_t probe = fork();
        if (probe == 0)
            _exit(split_mounts() && cover("/run") ? 0 : 1);
        int status = 1;
        made = probe > 0 && waitpid(probe, &status, 0) == probe && status == 0;
    }
    char octet = made ? 1 : 0;
    if (write(out, &octet, 1) == 1 && made)
        (void)!read(in, &octet, 1); // ends when the parent closes
    _exit(0);
}

static int open_namespace(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static bool take(struct isolation *isolation, const struct attempt *attempt, pid_t holder) {
    isolation->kind = attempt->kind;
    if ((attempt->flags & CLONE_NEWUSER) != 0 &&
        (isolation->user = open_namespace(holder, "user")) < 0)
        return false;
    if ((attempt->flags & CLONE_NEWNET) != 0 &&
        (isolation->network = open_namespace(holder, "net")) < 0)
        return false;
    return true;
}

static bool try(struct isolation *isolation, const struct attempt *attempt) {
    int up[2], down[2];
    char octet = 0;
    if (pipe2(up, O_CLOEXEC) != 0)
        return false;
    if (pipe2(down, O_CLOEXEC) != 0) {
        close(up[0]);
        close(up[1]);
        return false;
    }
    pid_t holder = fork();
    if (holder == 0) {
        close(down[1]);
        hold(attempt->flags, up[1], down[0]);
    }
    close(up[1]);
    close(down[0]);
    bool made =
        holder > 0 && read(up[0], &octet, 1) == 1 && octet == 1 && take(isolation, attempt, holder);
    close(up[0]);
    close(down[1]);
    if (holder > 0)
        waitpid(holder, NULL, 0);
    if (!made)
        lab_isolation_close(isolation);
    return made;
}

bool lab_isolation_make(struct isolation *isolation, enum isolation_kind wish, char *error,
                        size_t size) {
    *isolation = (struct isolation){.kind = ISOLATION_PRELOAD, .user = -1, .network = -1};
    if (wish == ISOLATION_PRELOAD)
        return true;
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        if ((wish != ISOLATION_BEST && wish != attempts[i].kind) ||
            (attempts[i].as_root && geteuid() != 0))
            continue;
        if (try(isolation, &attempts[i]))
            return true;
    }
    *isolation = (struct isolation){.kind = ISOLATION_PRELOAD, .user = -1, .network = -1};
    if (wish == ISOLATION_BEST)
        return true;
    snprintf(error, size,
             "this system allows no %s namespace here; leave --isolation out or use "
             "--isolation preload",
             wish == ISOLATION_USER ? "user" : "mount");
    return false;
}

bool lab_isolation_enter(const struct isolation *isolation) {
    if (isolation->user >= 0 && setns(isolation->user, CLONE_NEWUSER) != 0)
        return false;
    return isolation->network < 0 || setns(isolation->network, CLONE_NEWNET) == 0;
}

static bool exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

bool lab_isolation_enter_mounts(const struct isolation *isolation, const char *directory) {
    if (!lab_isolation_enter(isolation))
        return false;
    if (isolation->kind == ISOLATION_PRELOAD)
        return true;
    if (!split_mounts())
        return false;
    if (exists("/dev/bus/usb") && !cover("/dev/bus/usb"))
        return false;
    if (exists("/run/pcscd"))
        return cover("/run/pcscd");
    if (strncmp(directory, "/run/", 5) == 0)
        return true; // covering /run would hide the lab itself
    return cover("/run") && mkdir("/run/pcscd", 0755) == 0;
}

const char *lab_isolation_text(const struct isolation *isolation) {
    bool network = isolation->network >= 0;
    if (isolation->kind == ISOLATION_USER)
        return network ? "user namespace, private network" : "user namespace, shared network";
    if (isolation->kind == ISOLATION_ROOT)
        return network ? "mount namespace, private network" : "mount namespace, shared network";
    return "preloaded library, shared network";
}

void lab_isolation_close(struct isolation *isolation) {
    if (isolation->user >= 0)
        close(isolation->user);
    if (isolation->network >= 0)
        close(isolation->network);
    isolation->user = isolation->network = -1;
}
