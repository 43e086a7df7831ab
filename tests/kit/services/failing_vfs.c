// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/failing_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/// A file of ours, the real one behind it.
struct failing_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static enum disk_fault armed;
static size_t left;
static bool struck;

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct failing_file *)(void *)file)->real;
}

static bool fails(enum disk_fault fault) {
    bool full = armed == DISK_FULL && fault == DISK_WRITE;
    if ((armed != fault && !full) || left == 0)
        return false;
    if (left > 1) {
        left--;
        return false;
    }
    struck = true;
    left = full; // a full disk stays full
    return true;
}

static int disk_close(sqlite3_file *file) {
    sqlite3_file *real = real_of(file);
    int code = real->pMethods->xClose(real);
    free(real);
    return code;
}

static int disk_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset) {
    return fails(DISK_READ) ? SQLITE_IOERR_READ
                            : real_of(file)->pMethods->xRead(real_of(file), out, size, offset);
}

static int disk_write(sqlite3_file *file, const void *in, int size, sqlite3_int64 offset) {
    if (fails(DISK_WRITE))
        return armed == DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return real_of(file)->pMethods->xWrite(real_of(file), in, size, offset);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int disk_sync(sqlite3_file *file, int flags) {
    return fails(DISK_SYNC) ? SQLITE_IOERR_FSYNC
                            : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int disk_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int disk_reserved(sqlite3_file *file, int *out) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int disk_control(sqlite3_file *file, int operation, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int disk_sector(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int disk_traits(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int disk_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void disk_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int disk_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *out, int flags,
                     int *out_flags) {
    struct failing_file *file = (struct failing_file *)(void *)out;
    (void)vfs;
    memset(file, 0, sizeof *file);
    file->real = calloc(1, (size_t)real_vfs->szOsFile);
    if (file->real == NULL)
        return SQLITE_NOMEM;
    int code = real_vfs->xOpen(real_vfs, name, file->real, flags, out_flags);
    if (code == SQLITE_OK)
        file->base.pMethods = &methods;
    else
        free(file->real);
    return code;
}

const char *failing_vfs(void) {
    static sqlite3_vfs vfs;
    if (real_vfs == NULL) {
        real_vfs = sqlite3_vfs_find(NULL);
        vfs = *real_vfs;
        vfs.zName = "failing";
        vfs.szOsFile = sizeof(struct failing_file);
        vfs.pNext = NULL;
        vfs.xOpen = disk_open;
        sqlite3_vfs_register(&vfs, 0);
    }
    return "failing";
}

void failing_vfs_arm(enum disk_fault fault, size_t n) {
    armed = fault;
    left = n;
    struck = false;
}

bool failing_vfs_struck(void) {
    return struck;
}
