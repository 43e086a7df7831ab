// SPDX-License-Identifier: Apache-2.0
// Preloaded into the pcscd of a lab that may have no namespaces: what it looks for below /run/pcscd
// is below $TESSERA_PCSCD_DIRECTORY, the ports of its virtual readers are reached from this machine
// only, and it finds no drivers of the machine's own USB readers. Everything else is as it was.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char shared[] = "/run/pcscd", usb_drivers[] = "/usr/lib/pcsc/drivers";

/// The file that is meant by path: itself, or in own (of PATH_MAX octets) that of the lab.
static const char *meant(const char *path, char *own) {
    const char *directory = getenv("TESSERA_PCSCD_DIRECTORY"), *rest = path + sizeof shared - 1;
    if (directory == NULL || strncmp(path, shared, sizeof shared - 1) != 0 ||
        (*rest != '/' && *rest != '\0'))
        return path;
    int length = snprintf(own, PATH_MAX, "%s%s", directory, rest);
    return length > 0 && length < PATH_MAX ? own : path;
}

int stat(const char *restrict path, struct stat *restrict status) {
    char own[PATH_MAX];
    return fstatat(AT_FDCWD, meant(path, own), status, 0);
}

int mkdir(const char *path, mode_t mode) {
    char own[PATH_MAX];
    return mkdirat(AT_FDCWD, meant(path, own), mode);
}

int chmod(const char *path, mode_t mode) {
    char own[PATH_MAX];
    return fchmodat(AT_FDCWD, meant(path, own), mode, 0);
}

int open(const char *path, int flags, ...) {
    char own[PATH_MAX];
    mode_t mode = 0;
    if ((flags & (O_CREAT | __O_TMPFILE)) != 0) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    return openat(AT_FDCWD, meant(path, own), flags, mode);
}

int remove(const char *path) {
    char own[PATH_MAX];
    path = meant(path, own);
    return unlinkat(AT_FDCWD, path, 0) == 0 ||
                   (errno == EISDIR && unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
               ? 0
               : -1;
}

DIR *opendir(const char *path) {
    if (strcmp(path, usb_drivers) == 0) {
        errno = ENOENT;
        return NULL;
    }
    int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (fd >= 0 && directory == NULL)
        close(fd);
    return directory;
}

/// The driver of the virtual readers listens to everybody.
int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t size) {
    const void *where = address.__sockaddr__;
    struct sockaddr_in own;
    if (size == sizeof own && address.__sockaddr__->sa_family == AF_INET) {
        memcpy(&own, where, sizeof own);
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        where = &own;
    }
    return (int)syscall(SYS_bind, fd, where, size);
}
