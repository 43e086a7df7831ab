// SPDX-License-Identifier: Apache-2.0
#include "host/media/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, KEY_SIZE = 32 };

struct spool {
    const struct crypto *crypto;
    int descriptor;
    uint8_t key[KEY_SIZE];
    uint64_t size;  // octets in all
    uint64_t piece; // that is filled, or was read last
    size_t used;    // octets in it; of a piece that is read: how many are taken
    uint8_t octets[PIECE + GCM_TAG_SIZE];
};

static void nonce_of(uint64_t piece, uint8_t nonce[GCM_NONCE_SIZE]) {
    bytes_put_be(nonce, 4, 0);
    bytes_put_be(nonce + 4, 8, piece);
}

/// A file that nobody can find: without a name from the start where the directory can, else
/// without one at once.
static int nameless(const char *directory) {
    char path[PATH_MAX];
    int descriptor = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (descriptor >= 0)
        return descriptor;
    int size = snprintf(path, sizeof path, "%s/.spool-XXXXXX", directory);
    if (size < 0 || (size_t)size >= sizeof path)
        return -1;
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0)
        unlink(path);
    return descriptor;
}

struct spool *spool_open(const char *directory, const struct crypto *crypto,
                         struct failure *failure) {
    struct spool *spool = calloc(1, sizeof *spool);
    if (spool == NULL) {
        fail(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    spool->crypto = crypto;
    spool->descriptor = nameless(directory);
    if (spool->descriptor < 0)
        fail_errno(failure, "cannot write in %s", directory);
    else if (!crypto->ops->random(crypto, spool->key, sizeof spool->key))
        fail(failure, EXIT_REFUSED, "the random generator failed");
    else
        return spool;
    spool_close(spool);
    return NULL;
}

void spool_close(struct spool *spool) {
    if (spool == NULL)
        return;
    if (spool->descriptor >= 0)
        close(spool->descriptor);
    bytes_erase(spool, sizeof *spool);
    free(spool);
}

// ---- writing -----------------------------------------------------------------------------------

/// Whole pieces and, at the end, a shorter one.
static bool put_piece(struct spool *spool, struct failure *failure) {
    uint8_t nonce[GCM_NONCE_SIZE];
    size_t size = spool->used + GCM_TAG_SIZE, done = 0;
    nonce_of(spool->piece, nonce);
    if (!spool->crypto->ops->aes_gcm_seal(spool->crypto, BYTES_OF(spool->key), nonce,
                                          bytes_of(NULL, 0), bytes_of(spool->octets, spool->used),
                                          spool->octets, spool->octets + spool->used))
        return fail(failure, EXIT_REFUSED, "AES-GCM failed");
    while (done < size) {
        ssize_t put = write(spool->descriptor, spool->octets + done, size - done);
        if (put < 0 && errno != EINTR)
            return fail_errno(failure, "cannot keep what was converted");
        done += put > 0 ? (size_t)put : 0;
    }
    spool->piece++;
    spool->used = 0;
    return true;
}

bool spool_write(struct spool *spool, struct bytes octets, struct failure *failure) {
    spool->size += octets.size;
    while (octets.size > 0) {
        size_t part = PIECE - spool->used < octets.size ? PIECE - spool->used : octets.size;
        memcpy(spool->octets + spool->used, octets.data, part);
        spool->used += part;
        octets = bytes_of(octets.data + part, octets.size - part);
        if (spool->used == PIECE && !put_piece(spool, failure))
            return false;
    }
    return true;
}

bool spool_turn(struct spool *spool, uint64_t *size, struct failure *failure) {
    if (spool->used > 0 && !put_piece(spool, failure))
        return false;
    if (lseek(spool->descriptor, 0, SEEK_SET) != 0)
        return fail_errno(failure, "cannot read what was converted");
    spool->piece = 0;
    spool->used = PIECE;
    *size = spool->size;
    return true;
}

// ---- reading -----------------------------------------------------------------------------------

static bool get_piece(struct spool *spool, struct failure *failure) {
    uint8_t nonce[GCM_NONCE_SIZE];
    uint64_t left = spool->size - spool->piece * PIECE;
    size_t content = left < PIECE ? (size_t)left : PIECE, done = 0;
    nonce_of(spool->piece, nonce);
    while (done < content + GCM_TAG_SIZE) {
        ssize_t got = read(spool->descriptor, spool->octets + done, content + GCM_TAG_SIZE - done);
        if (got == 0 || (got < 0 && errno != EINTR))
            return fail_errno(failure, "cannot read what was converted");
        done += got > 0 ? (size_t)got : 0;
    }
    spool->piece++;
    spool->used = 0;
    return spool->crypto->ops->aes_gcm_open(spool->crypto, BYTES_OF(spool->key), nonce,
                                            bytes_of(NULL, 0), bytes_of(spool->octets, content),
                                            spool->octets, spool->octets + content) ||
           fail(failure, EXIT_REFUSED, "what was converted has changed on the disk");
}

bool spool_read(struct spool *spool, uint8_t *out, size_t size, struct failure *failure) {
    while (size > 0) {
        if (spool->used == PIECE && !get_piece(spool, failure))
            return false;
        size_t part = PIECE - spool->used < size ? PIECE - spool->used : size;
        memcpy(out, spool->octets + spool->used, part);
        spool->used += part;
        out += part;
        size -= part;
    }
    return true;
}
