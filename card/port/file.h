// SPDX-License-Identifier: Apache-2.0
// An image file as NVM port: locked while open, mode 0600, made whole or not at all. Reads come
// from a mirror in RAM and cost no system call; a sync is fdatasync, and after one that failed the
// mirror is what could be read back from the medium. POSIX; layout: docs/image.md.
#ifndef CARD_PORT_FILE_H
#define CARD_PORT_FILE_H

#include "base/failure.h"
#include "card/os/nvm.h"

enum file_status {
    FILE_OK = 0,
    FILE_MISSING,
    FILE_EXISTS,
    FILE_TRUNCATED,     // shorter than its header says, or than any image
    FILE_FOREIGN,       // not a card image
    FILE_DIRECTORY,     // not even a file
    FILE_NEWER,         // an image of a later version
    FILE_OLDER,         // an image of an earlier version, which is not taken over
    FILE_DAMAGED,       // the header's checksum fails
    FILE_NOT_PRIVATE,   // others may read or write it
    FILE_LOCKED,        // another program has it open
    FILE_NO_PERMISSION, // also when it is no regular file
    FILE_FAILED,        // anything else the system refused; see errno
    FILE_STATUS_COUNT
};

struct file_port {
    struct nvm_port nvm; // hand &port->nvm to the card; the port must not move while it is used
    int descriptor;
    uint8_t *mirror;
    bool unsynced; // sync does nothing: survives a crash of the program, not of the machine
};

enum file_mode {
    FILE_DURABLE,
    FILE_UNSYNCED,
    FILE_PRIVATE, // a copy in RAM: the file is read once, neither locked nor written
};

/// Opens and locks an image. Anything but FILE_OK leaves the file untouched and port closed.
enum file_status file_port_open(struct file_port *port, const char *path, enum file_mode mode);
void file_port_close(struct file_port *port);

/// Could an image of this size be written here? Tried and taken back, before something is done that
/// a failure later would waste.
enum file_status file_image_try(const char *path, uint32_t size);

/// Writes a whole image under this path: to a temporary file beside it, synced, then renamed.
/// replace: an image that stands there is replaced if nobody has it open; else FILE_EXISTS.
enum file_status file_image_write(const char *path, struct bytes image, bool replace);

/// What was wrong and what to do, as a sentence after "PATH: ". Never NULL.
const char *file_status_text(enum file_status status);

/// True for FILE_OK; else the failure says of this path what was wrong.
bool file_went(const char *path, enum file_status status, struct failure *failure);

/// Exit code for it, as in docs/man/tessera.1: 0, 1 (damaged), 2 (input) or 5 (locked, no
/// permission).
int file_status_exit(enum file_status status);

#endif
