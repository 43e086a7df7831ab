// SPDX-License-Identifier: Apache-2.0
// Which names a script uses and which it gives values, so that a misspelt one is found before
// anything is sent. What stands in a macro, a cleanup, an invariant or a loop may run later than it
// stands; elsewhere a value has to stand above its use. Freestanding.
#ifndef APDU_SCRIPT_LANGUAGE_TABLES_NAMES_H
#define APDU_SCRIPT_LANGUAGE_TABLES_NAMES_H

#include "apdu/script/language/source.h"

/// One name with what was seen of it so far.
struct script_name {
    struct bytes name;
    bool defined;
    bool used_late, used_early; // at, early: the first such uses
    struct script_position at, early;
    struct script_name *next, *later; // in its bucket; in order of appearance
};

enum { NAME_BUCKETS = 64 };

struct script_names {
    struct arena *arena; // keeps the rows
    struct script_name *buckets[NAME_BUCKETS];
    struct script_name *first, **tail;
};

/// Nothing seen yet; arena must outlive it.
void names_init(struct script_names *names, struct arena *arena);
/// A use. late: it may run after what stands below. The name is copied.
void names_use(struct script_names *names, struct bytes name, const struct script_position *at,
               bool late);
/// A value that is given to the name here.
void names_define(struct script_names *names, struct bytes name);
/// Calls for every name that is used without a value, in order of appearance; where says the first
/// such use, above that values come only below it.
void names_check(const struct script_names *names,
                 void (*report)(void *context, const struct script_name *name,
                                const struct script_position *where, bool below),
                 void *context);

#endif
