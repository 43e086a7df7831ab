// SPDX-License-Identifier: Apache-2.0
// What the files of forms share; nobody else includes it. form.c holds fields by name, form_value.c
// the kinds, form_read.c and form_write.c the two directions of JSON.
#ifndef SERVICES_WIRE_FORM_FORM_PRIVATE_H
#define SERVICES_WIRE_FORM_FORM_PRIVATE_H

#include "services/wire/form/form_names.h"
#include "services/wire/form/problem.h"

struct form;       // form.h
struct form_value; // form.h
struct shape_row;  // form.h

enum { FORM_DEPTH_MAX = 16 };

/// A kind of field: how its values look.
struct form_kind_row {
    const char *name;  // "TEXT"
    const char *looks; // "an integer", for sentences
    /// The value that a text shows. False: it shows none. NULL: the kind has no text form.
    bool (*parse)(struct arena *arena, const struct shape_row *row, struct bytes text,
                  struct form_value *value);
    /// Text of a value, terminated, in the arena; NULL out of memory.
    const char *(*print)(struct arena *arena, const struct form_value *value);
    bool number; // travels as a JSON number
};

extern const struct form_kind_row form_kinds[];

/// The value of a name; NULL (and misuse) when the shape has none.
struct form_value *form_value_of(struct form *form, enum name name);

/// The sentence about a wrong value: "amount is -5; it must be ...". Secret values are not shown.
bool form_blame(struct problem *problem, const char *path, const struct shape_row *row,
                const char *shown);

/// Is every field there that must be? path: as in form_from_json.
bool form_is_complete(const struct form *form, const char *path, struct problem *problem);

/// Text of a field that is no list, flag or shape, as it stands in a path; "" when absent.
const char *form_show(const struct form *form, enum name name);

#endif
