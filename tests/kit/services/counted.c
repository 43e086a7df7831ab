// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/counted.h"

#include <stdlib.h>

static void *counted_resize(const struct script_memory *memory, void *old, size_t size) {
    struct counted *counted = memory->context;
    if (size == 0) {
        counted->blocks -= old != NULL;
        free(old);
        return NULL;
    }
    if (++counted->taken >= counted->fail_at && counted->fail_at != 0)
        return NULL;
    counted->blocks += old == NULL;
    return realloc(old, size);
}

void counted_init(struct counted *counted, size_t fail_at) {
    *counted = (struct counted){.memory = {counted_resize, counted}, .fail_at = fail_at};
}
