// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/sale_memory.h"

static enum journal_answer find(struct journal *journal, struct bytes reference,
                                struct sale_record *out) {
    const struct sale_memory *memory = journal->context;
    if (!memory->filled ||
        !bytes_equal(reference, bytes_of(memory->record.reference, memory->record.reference_size)))
        return JOURNAL_NONE;
    *out = memory->record;
    return JOURNAL_FOUND;
}

static bool save(struct journal *journal, const struct sale_record *record) {
    struct sale_memory *memory = journal->context;
    memory->record = *record;
    memory->filled = true;
    return true;
}

void sale_memory_init(struct sale_memory *memory) {
    *memory = (struct sale_memory){.journal = {find, save, memory}};
}
