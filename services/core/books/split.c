// SPDX-License-Identifier: Apache-2.0
#include "services/core/books/split.h"

__extension__ typedef unsigned __int128 uint128;

static bool sum_of(const uint64_t *shares, size_t count, uint64_t *sum) {
    *sum = 0;
    for (size_t i = 0; i < count; i++)
        if (__builtin_add_overflow(*sum, shares[i], sum) || *sum > INT64_MAX)
            return false;
    return *sum > 0;
}

/// The first of the largest remainders, which is then used up.
static size_t largest(uint64_t *remainders, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (remainders[i] > remainders[best])
            best = i;
    remainders[best] = 0;
    return best;
}

bool split_amount(uint64_t amount, const uint64_t *shares, size_t count, uint64_t *parts) {
    uint64_t remainders[SPLIT_PARTIES_MAX], sum, left = amount;
    if (count == 0 || count > SPLIT_PARTIES_MAX || amount > INT64_MAX ||
        !sum_of(shares, count, &sum))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint128 product = (uint128)amount * shares[i];
        parts[i] = (uint64_t)(product / sum);
        remainders[i] = (uint64_t)(product % sum);
        left -= parts[i];
    }
    for (; left > 0; left--)
        parts[largest(remainders, count)]++;
    return true;
}
