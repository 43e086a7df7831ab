// SPDX-License-Identifier: Apache-2.0
// A terminal's journal in memory: the last sale only, durable as long as the test.
#ifndef TESTS_KIT_SALE_MEMORY_H
#define TESTS_KIT_SALE_MEMORY_H

#include "host/flows/journal.h"

struct sale_memory {
    struct journal journal; // hand &memory->journal to the flow
    struct sale_record record;
    bool filled;
};

/// Empty. The memory must not move while its journal is used.
void sale_memory_init(struct sale_memory *memory);

#endif
