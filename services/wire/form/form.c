// SPDX-License-Identifier: Apache-2.0
#include "services/wire/form/form.h"
#include "services/wire/form/form_private.h"

#include <string.h>

const struct shape shape_none = {NULL, 0, false};

static const struct shape_row certificate_row[] = {
    {.name = NAME_CERTIFICATE, .kind = FORM_CERTIFICATE}};
static const struct shape shape_certificate = SHAPE_BARE(certificate_row);

enum { CHAIN_MAX = 12, ATTACHED_MAX = 64 * 1024 };

static const struct shape_row envelope_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT},
    {.name = NAME_CERTIFICATES,
     .kind = FORM_LIST,
     .min = 1,
     .max = CHAIN_MAX,
     .inner = &shape_certificate},
    {.name = NAME_ATTACHED,
     .kind = FORM_OCTETS,
     .min = 1,
     .max = ATTACHED_MAX,
     .marks = FORM_OPTIONAL},
};
const struct shape shape_envelope = SHAPE_OF(envelope_rows);

void form_init(struct form *form, const struct shape *shape, struct arena *arena) {
    *form = (struct form){.shape = shape, .arena = arena};
    if (shape->count > 0)
        form->values = arena_take(arena, shape->count * sizeof *form->values);
    form->misuse = shape->count > 0 && form->values == NULL;
}

static size_t row_of(const struct form *form, enum name name) {
    size_t i = 0;
    while (i < form->shape->count && form->shape->rows[i].name != name)
        i++;
    return form->values == NULL ? form->shape->count : i;
}

struct form_value *form_value_of(struct form *form, enum name name) {
    if (form == NULL)
        return NULL;
    size_t i = row_of(form, name);
    if (i < form->shape->count)
        return &form->values[i];
    form->misuse = true;
    return NULL;
}

/// NULL when the field is absent, or the shape lacks it.
static const struct form_value *present(const struct form *form, enum name name) {
    size_t i = row_of(form, name);
    return i < form->shape->count && form->values[i].present ? &form->values[i] : NULL;
}

bool form_has(const struct form *form, enum name name) {
    return present(form, name) != NULL;
}

uint64_t form_uint(const struct form *form, enum name name) {
    const struct form_value *value = present(form, name);
    return value == NULL ? 0 : value->number;
}

int64_t form_int(const struct form *form, enum name name) {
    return (int64_t)form_uint(form, name);
}

const char *form_text(const struct form *form, enum name name) {
    return (const char *)form_octets(form, name).data;
}

struct bytes form_octets(const struct form *form, enum name name) {
    const struct form_value *value = present(form, name);
    return value == NULL ? (struct bytes){NULL, 0} : value->octets;
}

const struct object *form_object(const struct form *form, enum name name) {
    const struct form_value *value = present(form, name);
    return value == NULL ? NULL : value->object;
}

const struct certificate *form_certificate(const struct form *form, enum name name) {
    const struct form_value *value = present(form, name);
    return value == NULL ? NULL : value->certificate;
}

struct form *form_list(const struct form *form, enum name name, size_t *count) {
    const struct form_value *value = present(form, name);
    *count = value == NULL ? 0 : value->count;
    return value == NULL ? NULL : value->forms;
}

struct form *form_inner(const struct form *form, enum name name) {
    size_t count;
    return form_list(form, name, &count);
}

// ---- setting ---------------------------------------------------------------------------------

void form_set_uint(struct form *form, enum name name, uint64_t number) {
    struct form_value *value = form_value_of(form, name);
    if (value == NULL)
        return;
    value->number = number;
    value->present = true;
}

/// A copy with a zero behind it, which is not counted.
static struct bytes terminated(struct form *form, struct bytes octets) {
    uint8_t *copy = arena_take(form->arena, octets.size + 1);
    if (copy == NULL) {
        form->misuse = true;
        return (struct bytes){NULL, 0};
    }
    if (octets.size > 0)
        memcpy(copy, octets.data, octets.size);
    return bytes_of(copy, octets.size);
}

void form_set_octets(struct form *form, enum name name, struct bytes octets) {
    struct form_value *value = form_value_of(form, name);
    if (value == NULL)
        return;
    value->octets = terminated(form, octets);
    value->present = value->octets.data != NULL;
}

void form_set_text(struct form *form, enum name name, const char *text) {
    form_set_octets(form, name, bytes_of_string(text));
}

static bool grow(struct form *form, struct form_value *value) {
    size_t capacity = value->capacity == 0 ? 4 : 2 * value->capacity;
    struct form *forms = arena_take(form->arena, capacity * sizeof *forms);
    if (forms == NULL)
        return false;
    if (value->count > 0)
        memcpy(forms, value->forms, value->count * sizeof *forms);
    value->forms = forms;
    value->capacity = capacity;
    return true;
}

struct form *form_add(struct form *form, enum name name) {
    struct form_value *value = form_value_of(form, name);
    if (value == NULL)
        return NULL;
    if (value->count == value->capacity && !grow(form, value)) {
        form->misuse = true;
        return NULL;
    }
    struct form *added = &value->forms[value->count++];
    form_init(added, form->shape->rows[row_of(form, name)].inner, form->arena);
    value->present = true;
    return added;
}

/// The one name of a bare inner shape.
static enum name bare_name(const struct form *form) {
    return form == NULL || form->shape->count == 0 ? NAME_COUNT : form->shape->rows[0].name;
}

void form_add_text(struct form *form, enum name name, const char *text) {
    struct form *added = form_add(form, name);
    form_set_text(added, bare_name(added), text);
}

void form_add_octets(struct form *form, enum name name, struct bytes octets) {
    struct form *added = form_add(form, name);
    form_set_octets(added, bare_name(added), octets);
}
