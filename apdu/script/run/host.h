// SPDX-License-Identifier: Apache-2.0
// The ports of scripts on a POSIX host: memory from the heap, files mapped read-only, environment,
// monotonic clock, key files for secure channels. The one place in this room that opens files for
// scripts.
#ifndef APDU_SCRIPT_RUN_HOST_H
#define APDU_SCRIPT_RUN_HOST_H

#include "apdu/script/run/run.h"
#include "base/heap.h"
#include "base/interrupt.h"

/// Names are looked for beside the file that uses them; "-" is standard input.
extern const struct script_files host_files;

/// Ports over the above; crypto may be NULL. Its context, NULL at first, may be a struct interrupt:
/// a signal then ends scripts early.
struct script_ports host_ports(const struct crypto *crypto);

enum { HOST_KEYS_MAX = 16 };

/// "--keys NAME=FILE": the file has lines "enc HEX", "mac HEX", "dek HEX", or one line of hex that
/// is all three keys; or it is a private P-256 key, in PEM (PKCS#8) or as a line of 64 hex digits.
struct host_keys {
    struct {
        const char *name; // up to '='
        size_t name_size;
        const char *path;
    } rows[HOST_KEYS_MAX];
    size_t count;
    struct script_keys keys;
};

/// False: too many, or no '=' in it.
bool host_keys_add(struct host_keys *keys, const char *argument);
/// Secret material of one file. False: error says why.
bool host_keys_read(const char *path, struct scp03_keys *out, const char **error);
/// The private key of one file. False: it has none.
bool host_keys_scalar(const char *path, uint8_t out[P256_SCALAR_SIZE]);

#endif
