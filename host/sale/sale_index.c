// SPDX-License-Identifier: Apache-2.0
#include "host/sale/sale_index.h"

#include <stdlib.h>

enum { CAPACITY_LEAST = 64 };

static struct bytes reference_of(const struct sale_place *place) {
    return bytes_of(place->reference, place->reference_size);
}

/// FNV-1a.
static uint64_t hash(struct bytes reference) {
    uint64_t value = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < reference.size; i++)
        value = (value ^ reference.data[i]) * UINT64_C(1099511628211);
    return value;
}

/// The slot that holds the reference, or the free one where it belongs.
static uint32_t *slot_of(const struct sale_index *index, struct bytes reference) {
    size_t at = hash(reference) & (index->slot_count - 1);
    while (index->slots[at] != 0 &&
           !bytes_equal(reference_of(&index->places[index->slots[at] - 1]), reference))
        at = (at + 1) & (index->slot_count - 1);
    return &index->slots[at];
}

struct sale_place *sale_index_find(const struct sale_index *index, struct bytes reference) {
    if (index->slot_count == 0)
        return NULL;
    uint32_t slot = *slot_of(index, reference);
    return slot != 0 ? &index->places[slot - 1] : NULL;
}

/// Twice as many places, and four times as many slots as places.
static bool grow(struct sale_index *index) {
    size_t capacity = index->capacity > 0 ? 2 * index->capacity : CAPACITY_LEAST;
    struct sale_place *places = realloc(index->places, capacity * sizeof *places);
    if (places == NULL)
        return false;
    index->places = places;
    uint32_t *slots = calloc(4 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    free(index->slots);
    index->capacity = capacity;
    index->slots = slots;
    index->slot_count = 4 * capacity;
    for (size_t i = 0; i < index->count; i++)
        *slot_of(index, reference_of(&places[i])) = (uint32_t)i + 1;
    return true;
}

bool sale_index_put(struct sale_index *index, const struct sale_place *place) {
    struct sale_place *known = sale_index_find(index, reference_of(place));
    if (known != NULL) {
        *known = *place;
        return true;
    }
    if (index->count == index->capacity && !grow(index))
        return false;
    index->places[index->count++] = *place;
    *slot_of(index, reference_of(place)) = (uint32_t)index->count;
    return true;
}

void sale_index_free(struct sale_index *index) {
    free(index->places);
    free(index->slots);
    *index = (struct sale_index){0};
}
