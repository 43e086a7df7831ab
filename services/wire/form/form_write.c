// SPDX-License-Identifier: Apache-2.0
// Forms to JSON, fields in the order of their shape.
#include "services/wire/form/form.h"
#include "services/wire/form/form_private.h"

#include <stdlib.h>

static json_t *list_to_json(const struct form_value *value) {
    json_t *list = json_array();
    for (size_t k = 0; list != NULL && k < value->count; k++)
        if (json_array_append_new(list, form_to_json(&value->forms[k])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *value_to_json(const struct form *form, const struct shape_row *row,
                             const struct form_value *value) {
    if (row->kind == FORM_LIST)
        return list_to_json(value);
    if (row->kind == FORM_SHAPE)
        return form_to_json(value->forms);
    if (row->kind == FORM_FLAG)
        return json_boolean(value->number != 0);
    if (form_kinds[row->kind].number)
        return json_integer((json_int_t)value->number);
    const char *text = form_kinds[row->kind].print(form->arena, value);
    return text == NULL ? NULL : json_string(text);
}

/// May the field stay away, or be an empty list?
static bool may_lack(const struct shape_row *row) {
    return (row->marks & FORM_OPTIONAL) != 0 || (row->kind == FORM_LIST && row->min == 0);
}

json_t *form_to_json(const struct form *form) {
    if (form->misuse)
        return NULL;
    if (form->shape->bare)
        return form->values[0].present ? value_to_json(form, form->shape->rows, form->values)
                                       : NULL;
    json_t *json = json_object();
    for (size_t i = 0; json != NULL && i < form->shape->count; i++) {
        const struct shape_row *row = &form->shape->rows[i];
        bool written = form->values[i].present ||
                       (row->kind == FORM_LIST && (row->marks & FORM_OPTIONAL) == 0);
        bool ok = form->values[i].present || may_lack(row);
        if (ok && written)
            ok = json_object_set_new(json, form_names[row->name],
                                     value_to_json(form, row, &form->values[i])) == 0;
        if (!ok) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

const char *form_show(const struct form *form, enum name name) {
    const char *text = NULL;
    for (size_t i = 0; i < form->shape->count; i++) {
        const struct shape_row *row = &form->shape->rows[i];
        if (row->name == name && form->values[i].present && form_kinds[row->kind].print != NULL)
            text = form_kinds[row->kind].print(form->arena, &form->values[i]);
    }
    return text == NULL ? "" : text;
}

bool form_write(const struct form *form, struct buffer *out) {
    json_t *json = form_to_json(form);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text != NULL)
        buffer_text(out, text);
    free(text);
    json_decref(json);
    return text != NULL && !out->failed;
}
