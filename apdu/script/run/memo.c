// SPDX-License-Identifier: Apache-2.0
// Global variables carried from one run to the next.
#include "apdu/script/language/evaluate.h"

static struct variable *take(const struct script_memory *memory, struct bytes name) {
    struct variable *variable = memory->resize(memory, NULL, sizeof *variable);
    if (variable == NULL)
        return NULL;
    *variable = (struct variable){.name = name};
    buffer_init(&variable->octets, memory);
    return variable;
}

static bool copy_value(struct variable *to, const struct variable *from) {
    to->kind = from->kind;
    to->number = from->number;
    to->secret = from->secret;
    to->unknown = from->unknown;
    buffer_clear(&to->octets);
    buffer_put(&to->octets, buffer_bytes(&from->octets));
    return !to->octets.failed;
}

bool memo_keep(struct script_memo *memo, const struct evaluation *evaluation) {
    memo_free(memo);
    for (size_t i = 0; i < VARIABLE_BUCKETS; i++)
        for (const struct variable *at = evaluation->globals[i]; at != NULL; at = at->next) {
            struct variable *copy = take(memo->memory, at->name);
            if (copy == NULL)
                return false;
            copy->next = memo->first;
            memo->first = copy;
            if (!copy_value(copy, at))
                return false;
        }
    return true;
}

bool memo_give(const struct script_memo *memo, struct evaluation *evaluation) {
    for (const struct variable *at = memo->first; at != NULL; at = at->next) {
        struct variable *variable = variable_for(evaluation, at->name);
        if (variable == NULL || !copy_value(variable, at))
            return false;
    }
    return true;
}

void memo_free(struct script_memo *memo) {
    while (memo->first != NULL) {
        struct variable *next = memo->first->next;
        buffer_free(&memo->first->octets);
        memo->memory->resize(memo->memory, memo->first, 0);
        memo->first = next;
    }
}
