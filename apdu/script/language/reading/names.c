// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/reading/names.h"

void names_init(struct script_names *names, struct arena *arena) {
    *names = (struct script_names){.arena = arena};
}

/// NULL: memory is out, and the arena says so.
static struct script_name *name_of(struct script_names *names, struct bytes text) {
    uint32_t hash = 2166136261u; // FNV-1a
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ text.data[i]) * 16777619u;
    struct script_name **bucket = &names->buckets[hash % NAME_BUCKETS];
    for (struct script_name *row = *bucket; row != NULL; row = row->next)
        if (bytes_equal(row->name, text))
            return row;
    struct script_name *row = arena_take(names->arena, sizeof *row);
    if (row == NULL)
        return NULL;
    *row = (struct script_name){.name = arena_copy(names->arena, text), .next = *bucket};
    *bucket = row;
    if (names->first == NULL)
        names->first = row;
    else
        *names->tail = row;
    names->tail = &row->later;
    return row;
}

void names_use(struct script_names *names, struct bytes name, const struct script_position *at,
               bool late) {
    struct script_name *row = name_of(names, name);
    if (row == NULL)
        return;
    bool *known = late ? &row->used_late : &row->used_early;
    if (*known || (!late && row->defined))
        return;
    *known = true;
    *(late ? &row->at : &row->early) = *at;
}

void names_define(struct script_names *names, struct bytes name) {
    struct script_name *row = name_of(names, name);
    if (row != NULL)
        row->defined = true;
}

void names_check(const struct script_names *names,
                 void (*report)(void *context, const struct script_name *name,
                                const struct script_position *where, bool below),
                 void *context) {
    for (const struct script_name *row = names->first; row != NULL; row = row->later) {
        if (row->used_early)
            report(context, row, &row->early, row->defined);
        else if (row->used_late && !row->defined)
            report(context, row, &row->at, false);
    }
}
