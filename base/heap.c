// SPDX-License-Identifier: Apache-2.0
#include "base/heap.h"

#include <stdlib.h>

static void *heap_resize(const struct script_memory *memory, void *old, size_t size) {
    (void)memory;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

const struct script_memory host_memory = {heap_resize, NULL};
