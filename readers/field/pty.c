// SPDX-License-Identifier: Apache-2.0
// Pseudo-terminals of pty(7). No descriptor of the other end stays open here, so that a hang-up of
// the last program is seen.
#include "readers/field/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// Echo and line discipline go before anybody knows the path.
static bool make_raw(int master) {
    struct termios mode;
    if (tcgetattr(master, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    return tcsetattr(master, TCSANOW, &mode) == 0;
}

/// A link that is there was left by a killed field: its terminal may be somebody else's by now.
static bool link_to(const char *terminal, const char *path) {
    char old[PTY_PATH_MAX];
    if (symlink(terminal, path) == 0)
        return true;
    return errno == EEXIST && readlink(path, old, sizeof old) > 0 && unlink(path) == 0 &&
           symlink(terminal, path) == 0;
}

bool pty_open(struct pty *pty, const char *path) {
    char terminal[PTY_PATH_MAX];
    pty->out_size = 0;
    pty->hung_up = false;
    pty->path[0] = '\0';
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (pty->master < 0)
        return false;
    if (grantpt(pty->master) != 0 || unlockpt(pty->master) != 0 || !make_raw(pty->master) ||
        ptsname_r(pty->master, terminal, sizeof terminal) != 0 || !link_to(terminal, path)) {
        int reason = errno;
        pty_close(pty);
        errno = reason;
        return false;
    }
    snprintf(pty->path, sizeof pty->path, "%s", path);
    return true;
}

void pty_put(struct pty *pty, struct bytes octets) {
    size_t room = sizeof pty->out - pty->out_size;
    size_t size = octets.size < room ? octets.size : room;
    memcpy(pty->out + pty->out_size, octets.data, size);
    pty->out_size += size;
}

void pty_flush(struct pty *pty) {
    if (pty->out_size == 0)
        return;
    ssize_t written = write(pty->master, pty->out, pty->out_size);
    (void)written; // a full terminal loses octets, as a serial line does
    pty->out_size = 0;
}

void pty_close(struct pty *pty) {
    if (pty->path[0] != '\0')
        unlink(pty->path);
    if (pty->master >= 0)
        close(pty->master);
    pty->master = -1;
    pty->path[0] = '\0';
}
