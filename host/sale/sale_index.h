// SPDX-License-Identifier: Apache-2.0
// Where the newest record of each sale lies in a store's file, found by reference.
#ifndef HOST_SALE_SALE_INDEX_H
#define HOST_SALE_SALE_INDEX_H

#include "host/sale/sale_step.h"

struct sale_place {
    uint8_t reference[PURSE_REFERENCE_MAX];
    uint8_t reference_size;
    uint8_t due; // enum sale_due
    uint32_t size;
    uint64_t offset;
};

/// All zero: empty.
struct sale_index {
    struct sale_place *places; // in the order in which their sales began
    size_t count, capacity;
    uint32_t *slots; // 1 + position in places; 0: free
    size_t slot_count;
};

/// The place of a reference; NULL: there is none.
struct sale_place *sale_index_find(const struct sale_index *index, struct bytes reference);

/// Puts a place in, or in place of the one of its reference. False: no memory.
bool sale_index_put(struct sale_index *index, const struct sale_place *place);

/// Gives back both tables; the index is empty, and may be used again.
void sale_index_free(struct sale_index *index);

#endif
