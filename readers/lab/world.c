// SPDX-License-Identifier: Apache-2.0
// Namespaces are made by a short-lived child; this process keeps only their descriptors, so that it
// stays in the normal world itself.
#include "readers/lab/world.h"

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

static const struct {
    const char *word;
    enum world_kind kind;
} words[] = {
    {"best", WORLD_BEST}, {"user", WORLD_USER}, {"root", WORLD_ROOT}, {"place", WORLD_PLACE}};

/// What may be tried, best first. Root keeps its rights over other users' images only outside a
/// user namespace.
static const struct attempt {
    enum world_kind kind;
    bool as_root;
    int flags; // of unshare; mounts are split off later, for pcscd alone
} attempts[] = {
    {WORLD_ROOT, true, CLONE_NEWNET},
    {WORLD_ROOT, true, 0},
    {WORLD_USER, false, CLONE_NEWUSER | CLONE_NEWNET},
    {WORLD_USER, false, CLONE_NEWUSER},
};

bool world_kind_parse(const char *word, enum world_kind *kind) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0) {
            *kind = words[i].kind;
            return true;
        }
    return false;
}

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

static bool take(struct world *world, const struct attempt *attempt, pid_t holder) {
    world->kind = attempt->kind;
    if ((attempt->flags & CLONE_NEWUSER) != 0 && (world->user = open_namespace(holder, "user")) < 0)
        return false;
    if ((attempt->flags & CLONE_NEWNET) != 0 &&
        (world->network = open_namespace(holder, "net")) < 0)
        return false;
    return true;
}

static bool try(struct world *world, const struct attempt *attempt) {
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
        holder > 0 && read(up[0], &octet, 1) == 1 && octet == 1 && take(world, attempt, holder);
    close(up[0]);
    close(down[1]);
    if (holder > 0)
        waitpid(holder, NULL, 0);
    if (!made)
        world_close(world);
    return made;
}

bool world_make(struct world *world, enum world_kind wish, char *error, size_t size) {
    *world = (struct world){.kind = WORLD_PLACE, .user = -1, .network = -1};
    if (wish == WORLD_PLACE)
        return true;
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        if ((wish != WORLD_BEST && wish != attempts[i].kind) ||
            (attempts[i].as_root && geteuid() != 0))
            continue;
        if (try(world, &attempts[i]))
            return true;
    }
    *world = (struct world){.kind = WORLD_PLACE, .user = -1, .network = -1};
    if (wish == WORLD_BEST)
        return true;
    snprintf(error, size,
             "this system allows no %s namespace here; leave --world out or use "
             "--world place",
             wish == WORLD_USER ? "user" : "mount");
    return false;
}

bool world_enter(const struct world *world) {
    if (world->user >= 0 && setns(world->user, CLONE_NEWUSER) != 0)
        return false;
    return world->network < 0 || setns(world->network, CLONE_NEWNET) == 0;
}

static bool exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

bool world_enter_mounts(const struct world *world, const char *directory) {
    if (!world_enter(world))
        return false;
    if (world->kind == WORLD_PLACE)
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

const char *world_text(const struct world *world) {
    bool network = world->network >= 0;
    if (world->kind == WORLD_USER)
        return network ? "user namespace, private network" : "user namespace, shared network";
    if (world->kind == WORLD_ROOT)
        return network ? "mount namespace, private network" : "mount namespace, shared network";
    return "in place, shared network";
}

void world_close(struct world *world) {
    if (world->user >= 0)
        close(world->user);
    if (world->network >= 0)
        close(world->network);
    world->user = world->network = -1;
}
