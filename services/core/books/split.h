// SPDX-License-Identifier: Apache-2.0
// Splitting an amount by shares: every party gets the floor of its part, what is left goes one by
// one to the largest remainders, ties in the order of the list. Parts always sum to the amount.
#ifndef SERVICES_CORE_SPLIT_H
#define SERVICES_CORE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPLIT_PARTIES_MAX = 64 };

/// Any amount up to 2^63-1 by any shares, at least one of them above 0; parts holds count amounts.
/// False: no party, more than SPLIT_PARTIES_MAX, no amount (or above 2^63-1), shares that sum to
/// nothing or beyond 2^63-1.
bool split_amount(uint64_t amount, const uint64_t *shares, size_t count, uint64_t *parts);

#endif
