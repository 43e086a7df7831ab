// SPDX-License-Identifier: Apache-2.0
// Which writes that no sync has confirmed reach a medium whose power goes: numbered subsets of
// them, all while they are few, a spread of them otherwise.
#ifndef TESTS_TEAR_SUBSET_H
#define TESTS_TEAR_SUBSET_H

#include <stdbool.h>
#include <stddef.h>

/// So many subsets of count unsynced writes are looked at. Subset 0 keeps all, 1 keeps none.
size_t subset_count(size_t count);
/// Does unsynced write i of count survive in this subset?
bool subset_keeps(size_t subset, size_t i, size_t count);

#endif
