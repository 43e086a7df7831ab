// SPDX-License-Identifier: Apache-2.0
#include "tests/tear/subset.h"

#include <stdint.h>

enum {
    EXHAUSTIVE_PENDING = 5, // up to here every subset of unsynced writes
    MANY_PENDING = 40,      // from here on only a few
    RANDOM_SUBSETS = 16,
};

bool subset_keeps(size_t subset, size_t i, size_t count) {
    if (subset < 2)
        return subset == 0;
    if (count <= EXHAUSTIVE_PENDING)
        return (subset - 1) >> i & 1;
    size_t kind = count > MANY_PENDING ? 3 : (subset - 2) / count, which = (subset - 2) % count;
    if (kind < 3)
        return kind == 0 ? i != which : kind == 1 ? i == which : i < which;
    uint64_t word = (subset * 0x9E3779B97F4A7C15u) ^ (i * 0xC2B2AE3D27D4EB4Fu);
    return (word ^ word >> 29) * 0xBF58476D1CE4E5B9u >> 63;
}

size_t subset_count(size_t count) {
    if (count == 0)
        return 1;
    if (count <= EXHAUSTIVE_PENDING)
        return (size_t)1 << count;
    return 2 + RANDOM_SUBSETS + (count > MANY_PENDING ? 0 : 3 * count);
}
