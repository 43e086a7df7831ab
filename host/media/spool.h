// SPDX-License-Identifier: Apache-2.0
// Octets on their way that have to lie on a disk for a while because their number must be known
// before they can be sealed: a file without a name, encrypted under a key that never leaves this
// process. Written to the end, then read from the beginning.
#ifndef HOST_MEDIA_SPOOL_H
#define HOST_MEDIA_SPOOL_H

#include "apdu/crypto/crypto.h"
#include "base/failure.h"

struct spool;

/// directory: where there is room for all of it. NULL with a failure.
struct spool *spool_open(const char *directory, const struct crypto *crypto,
                         struct failure *failure);
/// Erases the key; NULL is nothing.
void spool_close(struct spool *spool);

/// Appends any number of octets, sealed as whole pieces fill up. False: the disk took no more, and
/// the spool is only to be closed.
bool spool_write(struct spool *spool, struct bytes octets, struct failure *failure);
/// No more is written; reading begins. How many octets there are.
bool spool_turn(struct spool *spool, uint64_t *size, struct failure *failure);
/// The next octets, exactly so many.
bool spool_read(struct spool *spool, uint8_t *out, size_t size, struct failure *failure);

#endif
