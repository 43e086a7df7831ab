// SPDX-License-Identifier: Apache-2.0
#include "card/port/file.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> // rename
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct file_port *file_of(const struct nvm_port *port) {
    return port->context;
}

static bool write_all(int descriptor, const uint8_t *data, size_t size, off_t offset) {
    while (size > 0) {
        ssize_t written = pwrite(descriptor, data, size, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
        offset += written;
    }
    return true;
}

static bool read_all(int descriptor, uint8_t *out, size_t size, off_t offset) {
    while (size > 0) {
        ssize_t got = pread(descriptor, out, size, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        size -= (size_t)got;
        offset += got;
    }
    return true;
}

static bool in_image(const struct nvm_port *port, uint32_t offset, size_t size) {
    return offset <= port->size && size <= port->size - offset;
}

static bool file_read(const struct nvm_port *port, uint32_t offset, uint8_t *out, size_t size) {
    const struct file_port *file = file_of(port);
    if (!in_image(port, offset, size))
        return false;
    memcpy(out, file->mirror + offset, size);
    return true;
}

static bool file_write(const struct nvm_port *port, uint32_t offset, const uint8_t *data,
                       size_t size) {
    const struct file_port *file = file_of(port);
    if (!in_image(port, offset, size))
        return false;
    if (file->descriptor >= 0 && !write_all(file->descriptor, data, size, (off_t)offset))
        return false;
    memcpy(file->mirror + offset, data, size);
    return true;
}

/// After a sync that failed the system may hold octets that the medium does not: they are
/// forgotten, and the mirror becomes what the medium has. What cannot be read back is not believed.
static void read_back(struct file_port *file) {
    bool forgotten = posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0;
    if (!forgotten || !read_all(file->descriptor, file->mirror, file->nvm.size, 0))
        memset(file->mirror, 0, file->nvm.size);
}

static bool file_sync(const struct nvm_port *port) {
    struct file_port *file = file_of(port);
    if (file->unsynced || fdatasync(file->descriptor) == 0)
        return true;
    read_back(file);
    return false;
}

static enum file_status status_of_errno(int error) {
    switch (error) {
    case ENOENT:
        return FILE_MISSING;
    case EEXIST:
        return FILE_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return FILE_NO_PERMISSION;
    case EISDIR:
        return FILE_DIRECTORY;
    case EWOULDBLOCK:
        return FILE_LOCKED;
    default:
        return FILE_FAILED;
    }
}

/// What is too short for a header: the beginning of an image, or something else.
static enum file_status examine_short(int descriptor, size_t size) {
    uint8_t header[NVM_HEADER_SIZE] = {0};
    uint32_t unknown = 0;
    if (!read_all(descriptor, header, size, 0))
        return FILE_FAILED;
    return size > 0 && nvm_probe(header, &unknown) == NVM_FOREIGN ? FILE_FOREIGN : FILE_TRUNCATED;
}

/// Size and header of an open file; on FILE_OK *size is what the header says.
static enum file_status examine(int descriptor, uint32_t *size) {
    static const enum file_status of_nvm[] = {
        [NVM_OK] = FILE_OK,       [NVM_FOREIGN] = FILE_FOREIGN, [NVM_NEWER] = FILE_NEWER,
        [NVM_OLDER] = FILE_OLDER, [NVM_DAMAGED] = FILE_DAMAGED, [NVM_PORT_FAILED] = FILE_FAILED};
    must_cover(of_nvm, NVM_STATUS_COUNT);
    struct stat info;
    uint8_t header[NVM_HEADER_SIZE];
    if (fstat(descriptor, &info) != 0)
        return FILE_FAILED;
    if (info.st_nlink == 0)
        return FILE_LOCKED; // replaced between open and lock
    if (!S_ISREG(info.st_mode))
        return S_ISDIR(info.st_mode) ? FILE_DIRECTORY : FILE_FOREIGN;
    if (info.st_size < NVM_HEADER_SIZE)
        return examine_short(descriptor, (size_t)info.st_size);
    if (!read_all(descriptor, header, sizeof header, 0))
        return FILE_FAILED;
    enum file_status status = of_nvm[nvm_probe(header, size)];
    if (status == FILE_OK && info.st_size != (off_t)*size)
        return info.st_size < (off_t)*size ? FILE_TRUNCATED : FILE_DAMAGED;
    return status == FILE_OK && (info.st_mode & 077) != 0 ? FILE_NOT_PRIVATE : status;
}

static enum file_status map_mirror(struct file_port *port) {
    void *mirror =
        mmap(NULL, port->nvm.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mirror == MAP_FAILED)
        return FILE_FAILED;
    port->mirror = mirror;
    return read_all(port->descriptor, port->mirror, port->nvm.size, 0) ? FILE_OK : FILE_FAILED;
}

enum file_status file_port_open(struct file_port *port, const char *path, enum file_mode mode) {
    int access = mode == FILE_PRIVATE ? O_RDONLY : O_RDWR;
    *port = (struct file_port){
        .nvm = {.read = file_read, .write = file_write, .sync = file_sync, .context = port},
        .descriptor = open(path, access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
        .unsynced = mode != FILE_DURABLE};
    if (port->descriptor < 0)
        return status_of_errno(errno);
    enum file_status status = FILE_OK;
    if (mode != FILE_PRIVATE && flock(port->descriptor, LOCK_EX | LOCK_NB) != 0)
        status = status_of_errno(errno);
    if (status == FILE_OK)
        status = examine(port->descriptor, &port->nvm.size);
    if (status == FILE_OK)
        status = map_mirror(port);
    if (status != FILE_OK)
        file_port_close(port);
    else if (mode == FILE_PRIVATE) {
        close(port->descriptor);
        port->descriptor = -1;
    }
    return status;
}

void file_port_close(struct file_port *port) {
    if (port->mirror != NULL) {
        bytes_erase(port->mirror, port->nvm.size);
        munmap(port->mirror, port->nvm.size);
        port->mirror = NULL;
    }
    if (port->descriptor >= 0)
        close(port->descriptor);
    port->descriptor = -1;
}

// ---- whole images ------------------------------------------------------------------------------

/// Makes the rename itself durable.
static bool sync_directory(const char *path) {
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    memcpy(directory, path, size);
    memcpy(directory + size, ".", 2);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool done = fsync(descriptor) == 0;
    close(descriptor);
    return done;
}

/// Holds the lock of an image that is about to be replaced; -1 when there is none or it may not be.
static int lock_existing(const char *path, bool replace, enum file_status *status) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    *status = FILE_OK;
    if (descriptor < 0) {
        *status = errno == ENOENT ? FILE_OK : status_of_errno(errno);
        return -1;
    }
    if (!replace)
        *status = FILE_EXISTS;
    else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        *status = status_of_errno(errno);
    if (*status == FILE_OK)
        return descriptor;
    close(descriptor);
    return -1;
}

static enum file_status write_temporary(char *temporary, struct bytes image) {
    int descriptor = mkostemp(temporary, O_CLOEXEC); // mode 0600
    if (descriptor < 0)
        return status_of_errno(errno);
    bool done = write_all(descriptor, image.data, image.size, 0) && fsync(descriptor) == 0;
    done = close(descriptor) == 0 && done;
    if (!done)
        unlink(temporary);
    return done ? FILE_OK : FILE_FAILED;
}

/// A name beside the image, for mkostemp. False: too long.
static bool name_temporary(char temporary[PATH_MAX], const char *path) {
    static const char suffix[] = ".XXXXXX";
    size_t size = strlen(path);
    if (size + sizeof suffix > PATH_MAX)
        return false;
    memcpy(temporary, path, size);
    memcpy(temporary + size, suffix, sizeof suffix);
    return true;
}

enum file_status file_image_try(const char *path, uint32_t size) {
    char temporary[PATH_MAX];
    struct stat info;
    if (lstat(path, &info) == 0)
        return S_ISDIR(info.st_mode) ? FILE_DIRECTORY : FILE_EXISTS;
    int descriptor = name_temporary(temporary, path) ? mkostemp(temporary, O_CLOEXEC) : -1;
    if (descriptor < 0)
        return status_of_errno(errno);
    int error = posix_fallocate(descriptor, 0, size);
    close(descriptor);
    unlink(temporary);
    return error == 0 ? FILE_OK : FILE_FAILED;
}

enum file_status file_image_write(const char *path, struct bytes image, bool replace) {
    char temporary[PATH_MAX];
    enum file_status status;
    if (!name_temporary(temporary, path))
        return FILE_FAILED;
    int held = lock_existing(path, replace, &status);
    if (status == FILE_OK)
        status = write_temporary(temporary, image);
    if (status != FILE_OK)
        goto done;
    // link refuses to replace what appeared meanwhile, rename does not
    bool placed = replace ? rename(temporary, path) == 0 : link(temporary, path) == 0;
    if (!placed)
        status = status_of_errno(errno);
    if (!placed || !replace)
        unlink(temporary);
    if (placed && !sync_directory(path))
        status = FILE_FAILED;
done:
    if (held >= 0)
        close(held);
    return status;
}

// ---- words -------------------------------------------------------------------------------------

static const struct {
    int exit;
    const char *text;
} words[] = {
    [FILE_OK] = {0, "is a card image"},
    [FILE_MISSING] = {2, "no such file; make a card with `tessera card new`"},
    [FILE_EXISTS] = {1, "exists already; choose another name or remove it first"},
    [FILE_TRUNCATED] = {2, "is a truncated card image; restore it from a snapshot"},
    [FILE_FOREIGN] = {2, "is not a card image (it does not begin with TSRACARD)"},
    [FILE_DIRECTORY] = {2, "is a directory; name the card image in it"},
    [FILE_NEWER] = {2, "is a card image of a later version; use a newer tessera"},
    [FILE_OLDER] = {2,
                    "is a card image of an earlier format, which this version does not take over; "
                    "redeem what it holds with the tessera that made it, then make a new card"},
    [FILE_DAMAGED] = {1, "has a damaged header; restore it from a snapshot"},
    [FILE_NOT_PRIVATE] = {5, "may be read or written by others, and keys and PINs are in it; "
                             "run chmod 600 on it"},
    [FILE_LOCKED] = {5, "is locked: another program has this card open; end it first"},
    [FILE_NO_PERMISSION] = {5, "no permission to read and write it; run as its owner"},
    [FILE_FAILED] = {1, "could not be read or written"},
};
must_cover(words, FILE_STATUS_COUNT);

const char *file_status_text(enum file_status status) {
    return words[status].text;
}

int file_status_exit(enum file_status status) {
    return words[status].exit;
}

bool file_went(const char *path, enum file_status status, struct failure *failure) {
    if (status == FILE_MISSING)
        return fail(failure, EXIT_USAGE, "%s: its directory does not exist; make it first", path);
    return status == FILE_OK || fail(failure, (enum exit_code)file_status_exit(status), "%s: %s",
                                     path, file_status_text(status));
}
