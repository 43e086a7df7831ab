// SPDX-License-Identifier: Apache-2.0
// What requests and answers say: typed fields by the rows of a shape, JSON in both directions. One
// shape serves client, service, page and tests. Everything read or set lies in the form's arena.
// Strict: unknown, missing, doubled and mistyped fields are refused by name and JSON pointer.
#ifndef SERVICES_WIRE_FORM_FORM_H
#define SERVICES_WIRE_FORM_FORM_H

#include "apdu/object/certificate.h"
#include "apdu/object/object.h"
#include "services/wire/form/form_names.h"
#include "services/wire/form/problem.h"

#include <jansson.h>

enum form_kind {
    FORM_TEXT,        // UTF-8 of min..max octets, no control character but a new line
    FORM_ID,          // min..max printable ASCII octets, no space
    FORM_UINT,        // min..max; max 0: to 2^63-1
    FORM_AMOUNT,      // 1..2^63-1, minor units
    FORM_UNIT,        // "JPY", "392" or "F001"
    FORM_DATE,        // "2026-12-31"; a number YYYYMMDD here
    FORM_FLAG,        // true or false
    FORM_OCTETS,      // base64url of min..max octets
    FORM_OBJECT,      // base64url of one whole signed object; min: its type, 0: any
    FORM_CERTIFICATE, // base64url of one certificate
    FORM_LIST,        // min..max forms of the inner shape
    FORM_SHAPE,       // one form of the inner shape
    FORM_KIND_COUNT,
};

enum form_marks {
    FORM_OPTIONAL = 1,
    FORM_SECRET = 2, // never in a log, a trace or a problem
};

struct shape;

struct shape_row {
    enum name name;
    enum form_kind kind;
    uint64_t min, max;
    unsigned marks;
    const struct shape *inner; // FORM_LIST, FORM_SHAPE
};

struct shape {
    const struct shape_row *rows;
    size_t count;
    bool bare; // one row, written as its value alone: for lists of texts or objects
};

/// Shape over an array of rows.
#define SHAPE_OF(array)                                                                            \
    { (array), sizeof(array) / sizeof(array)[0], false }
#define SHAPE_BARE(array)                                                                          \
    { (array), 1, true }

/// A shape without fields: `{}`.
extern const struct shape shape_none;
/// A signed object with what verifies it: object, certificates (root's first), attached octets.
extern const struct shape shape_envelope;

struct form;

struct form_value {
    bool present;
    uint64_t number;                       // UINT, AMOUNT, UNIT, DATE, FLAG
    struct bytes octets;                   // TEXT and ID (terminated), OCTETS, whole OBJECT
    const struct object *object;           // OBJECT
    const struct certificate *certificate; // CERTIFICATE
    struct form *forms;                    // LIST, SHAPE
    size_t count, capacity;
};

struct form {
    const struct shape *shape;
    struct form_value *values; // one a row; NULL when memory was out
    struct arena *arena;
    bool misuse; // a name that the shape lacks, or memory out: form_to_json then answers NULL
};

/// An empty form of a shape; its values live in the arena.
void form_init(struct form *form, const struct shape *shape, struct arena *arena);

/// Reads a form. path is the JSON pointer of the value, "" at the top. False: problem says which
/// field. Fields that the caller set before (from a path) must not stand in the JSON.
bool form_from_json(struct form *form, json_t *json, const char *path, struct problem *problem);
/// The same from octets: UTF-8, at most 16 levels deep, no doubled names, nothing after it.
bool form_from_octets(struct form *form, struct bytes octets, struct problem *problem);
/// Sets one field from the text of a path or a query ("392", "NO_1").
bool form_from_text(struct form *form, enum name name, const char *text, struct problem *problem);

/// New reference, fields in the order of the shape, absent ones left out. NULL: misuse, a missing
/// field, or memory.
json_t *form_to_json(const struct form *form);
/// Appends the compact JSON: equal forms give equal octets. False as above.
bool form_write(const struct form *form, struct buffer *out);

/// Is the field there?
bool form_has(const struct form *form, enum name name);
/// 0 when absent.
uint64_t form_uint(const struct form *form, enum name name);
/// A number as the database has it; 0 when absent.
int64_t form_int(const struct form *form, enum name name);
/// Terminated; NULL when absent.
const char *form_text(const struct form *form, enum name name);
/// Octets of the field; data NULL when absent.
struct bytes form_octets(const struct form *form, enum name name);
/// NULL when absent.
const struct object *form_object(const struct form *form, enum name name);
const struct certificate *form_certificate(const struct form *form, enum name name);
/// The forms of a list; a FORM_SHAPE is a list of one. *count 0 and NULL when absent.
struct form *form_list(const struct form *form, enum name name, size_t *count);
/// The one form of a FORM_SHAPE; NULL when absent.
struct form *form_inner(const struct form *form, enum name name);

/// Sets a number. Setting what the shape lacks, or into NULL (what form_add answers when memory is
/// out), sets misuse of the form that is there and does nothing else; so do all that follow.
void form_set_uint(struct form *form, enum name name, uint64_t value);
/// Copied into the arena.
void form_set_text(struct form *form, enum name name, const char *text);
/// Octets, or a whole object or certificate. Copied.
void form_set_octets(struct form *form, enum name name, struct bytes octets);
/// One more form of a list, or the one of a FORM_SHAPE; valid until the next form_add of that list.
/// NULL out of memory. A list that nothing was added to is written as empty.
struct form *form_add(struct form *form, enum name name);
/// One more value of a list of bare texts or octets.
void form_add_text(struct form *form, enum name name, const char *text);
void form_add_octets(struct form *form, enum name name, struct bytes octets);

/// "TEXT", "AMOUNT": the kind for pages and messages.
const char *form_kind_name(enum form_kind kind);

#endif
