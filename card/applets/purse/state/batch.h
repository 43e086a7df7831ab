// SPDX-License-Identifier: Apache-2.0
// A till's batches: what the next one lists, and the last one as it was signed, which stays until
// the center has settled or released it. docs/purse.md, "Settlement".
#ifndef CARD_APPLETS_PURSE_STATE_BATCH_H
#define CARD_APPLETS_PURSE_STATE_BATCH_H

#include "apdu/object/object.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"

enum { BATCH_OBJECT_MAX = 864, BATCH_SUMS_MAX = PERSO_UNITS_MAX * 10 };

/// Numbers of the window with their ends, and what is left of the credited ones, unit by unit.
struct listing {
    uint32_t first, end;                // numbers: first to the one before end
    uint8_t outcomes[WINDOW_LARGE / 8]; // first in the highest bit; 1 credited, 0 void
    size_t count;                       // of pockets, in ascending order of their units
    struct pocket pockets[PERSO_UNITS_MAX];
    uint64_t left[PERSO_UNITS_MAX];
};

/// Lists from first up to limit, or to the first open number before it.
void listing_make(const struct purse *purse, uint32_t first, uint32_t limit,
                  struct listing *listing);

/// Digest of the open batch; false when none is open.
bool batch_digest(const struct purse *purse, uint8_t digest[SHA256_SIZE]);
/// Reads the open batch as it was signed, BATCH_OBJECT_MAX octets at most. Returns its size; 0 when
/// none is open.
size_t batch_object(const struct purse *purse, uint8_t *out);
/// What the open batch takes, in the form of FIELD_SUMS.
struct bytes batch_sums(const struct purse *purse, uint8_t out[BATCH_SUMS_MAX]);
/// Stages a batch as the open one.
void batch_store(struct purse *purse, const uint8_t digest[SHA256_SIZE], struct bytes object);
/// Stages that none is open.
void batch_close(struct purse *purse);

#endif
