// SPDX-License-Identifier: Apache-2.0
// A pseudo-terminal that programs open as if a chip's serial line were behind it. The path that
// they get is a symbolic link to the terminal.
#ifndef READERS_FIELD_PTY_H
#define READERS_FIELD_PTY_H

#include "base/bytes.h"

enum { PTY_PATH_MAX = 256, PTY_OUT_MAX = 4096 };

struct pty {
    int master; // -1: closed
    char path[PTY_PATH_MAX];
    bool hung_up; // nobody has the other end open
    size_t out_size;
    uint8_t out[PTY_OUT_MAX]; // gathered, so that one write carries acknowledge and answer
};

/// Makes the terminal raw, then the link at path (replacing a dead link). False: errno tells why.
bool pty_open(struct pty *pty, const char *path);

/// Keeps octets for pty_flush; what does not fit is lost, as on a serial line nobody reads.
void pty_put(struct pty *pty, struct bytes octets);
/// Writes what is kept; what a full terminal does not take is lost, as on a serial line.
void pty_flush(struct pty *pty);

/// Removes the link.
void pty_close(struct pty *pty);

#endif
