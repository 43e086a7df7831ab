// SPDX-License-Identifier: Apache-2.0
// JSON to forms. Depth is judged before the parser sees the octets; the parser refuses what is no
// UTF-8, doubled names and numbers beyond 64 bits; the rows refuse the rest by name.
#include "services/wire/form/form.h"
#include "services/wire/form/form_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = sizeof((struct problem *)0)->field };

static bool read_value(struct form *form, size_t i, json_t *json, const char *path,
                       struct problem *problem);

static bool blame_json(struct problem *problem, const char *path, const struct shape_row *row,
                       json_t *json) {
    char *shown = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    form_blame(problem, path, row, shown);
    free(shown);
    return false;
}

static bool read_parsed(struct form *form, const struct shape_row *row, struct bytes text,
                        struct form_value *value) {
    struct form_value parsed = {.present = true};
    if (form_kinds[row->kind].parse == NULL ||
        !form_kinds[row->kind].parse(form->arena, row, text, &parsed))
        return false;
    *value = parsed;
    return true;
}

static bool read_number(struct form *form, const struct shape_row *row, json_t *json,
                        struct form_value *value) {
    char text[24];
    if (!json_is_integer(json) || json_integer_value(json) < 0)
        return false;
    snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    return read_parsed(form, row, bytes_of_string(text), value);
}

static bool read_inner(struct form *form, const struct shape_row *row, size_t count,
                       struct form_value *value) {
    struct form *forms = arena_take(form->arena, (count + 1) * sizeof *forms);
    if (forms == NULL)
        return false;
    *value = (struct form_value){.present = true, .forms = forms, .count = count};
    for (size_t k = 0; k < count; k++)
        form_init(&forms[k], row->inner, form->arena);
    return true;
}

static bool read_list(struct form *form, size_t i, json_t *json, const char *path,
                      struct problem *problem) {
    const struct shape_row *row = &form->shape->rows[i];
    size_t count = json_array_size(json);
    if (count < row->min || (row->max != 0 && count > row->max)) {
        char shown[48];
        snprintf(shown, sizeof shown, "a list of %zu", count);
        return form_blame(problem, path, row, shown);
    }
    if (!read_inner(form, row, count, &form->values[i]))
        return problem_set(problem, &problem_busy, "Out of memory");
    for (size_t k = 0; k < count; k++) {
        char below[PATH_SIZE];
        snprintf(below, sizeof below, "%s/%zu", path, k);
        if (!form_from_json(&form->values[i].forms[k], json_array_get(json, k), below, problem))
            return false;
    }
    return true;
}

static bool read_value(struct form *form, size_t i, json_t *json, const char *path,
                       struct problem *problem) {
    const struct shape_row *row = &form->shape->rows[i];
    struct form_value *value = &form->values[i];
    bool ok = false;
    if (row->kind == FORM_LIST && json_is_array(json))
        return read_list(form, i, json, path, problem);
    if (row->kind == FORM_SHAPE && json_is_object(json) && read_inner(form, row, 1, value))
        return form_from_json(value->forms, json, path, problem);
    if (row->kind == FORM_FLAG && json_is_boolean(json)) {
        *value = (struct form_value){.present = true, .number = json_is_true(json)};
        ok = true;
    } else if (form_kinds[row->kind].number) {
        ok = read_number(form, row, json, value);
    } else if (json_is_string(json)) {
        ok = read_parsed(form, row, bytes_of(json_string_value(json), json_string_length(json)),
                         value);
    }
    if (!ok && form->arena->failed)
        return problem_set(problem, &problem_busy, "Out of memory");
    return ok || blame_json(problem, path, row, json);
}

static size_t row_named(const struct shape *shape, const char *name) {
    size_t i = 0;
    while (i < shape->count && strcmp(form_names[shape->rows[i].name], name) != 0)
        i++;
    return i;
}

static bool read_member(struct form *form, const char *name, json_t *json, const char *path,
                        struct problem *problem) {
    char below[PATH_SIZE];
    size_t i = row_named(form->shape, name);
    snprintf(below, sizeof below, "%s/%s", path, name);
    if (i < form->shape->count && !form->values[i].present)
        return read_value(form, i, json, below, problem);
    problem_set(problem, &problem_shape,
                i < form->shape->count ? "%.80s stands in the path already; leave it out"
                                       : "%.80s is no field of this request",
                name);
    snprintf(problem->field, sizeof problem->field, "%s", below);
    return false;
}

bool form_is_complete(const struct form *form, const char *path, struct problem *problem) {
    for (size_t i = 0; i < form->shape->count; i++) {
        const struct shape_row *row = &form->shape->rows[i];
        if (form->values[i].present || (row->marks & FORM_OPTIONAL) != 0)
            continue;
        problem_set(problem, &problem_shape, "%s is missing", form_names[row->name]);
        snprintf(problem->field, sizeof problem->field, "%s/%s", path, form_names[row->name]);
        return false;
    }
    return true;
}

bool form_from_json(struct form *form, json_t *json, const char *path, struct problem *problem) {
    if (form->misuse)
        return problem_set(problem, &problem_busy, "Out of memory");
    if (form->shape->bare)
        return read_value(form, 0, json, path, problem);
    if (!json_is_object(json)) {
        problem_set(problem, &problem_shape, "A JSON object is wanted here");
        snprintf(problem->field, sizeof problem->field, "%s", path);
        return false;
    }
    for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at))
        if (!read_member(form, json_object_iter_key(at), json_object_iter_value(at), path, problem))
            return false;
    return form_is_complete(form, path, problem);
}

/// Brackets outside of strings, one in another.
static bool is_shallow(struct bytes octets) {
    size_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < octets.size; i++) {
        char c = (char)octets.data[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == '{' || c == '['))
            depth++;
        else if (!inside && (c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > FORM_DEPTH_MAX)
            return false;
    }
    return true;
}

bool form_from_octets(struct form *form, struct bytes octets, struct problem *problem) {
    json_error_t error;
    if (!is_shallow(octets))
        return problem_set(problem, &problem_shape, "The JSON nests deeper than %d levels",
                           FORM_DEPTH_MAX);
    json_t *json = json_loadb(octets.size > 0 ? (const char *)octets.data : "", octets.size,
                              JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        // "near ..." would show what may be a secret
        char *shown = strstr(error.text, " near ");
        if (shown != NULL)
            *shown = '\0';
        return problem_set(problem, &problem_shape, "No JSON at line %d column %d: %.120s",
                           error.line, error.column, error.text);
    }
    bool ok = form_from_json(form, json, "", problem);
    json_decref(json);
    return ok;
}

bool form_from_text(struct form *form, enum name name, const char *text, struct problem *problem) {
    char path[PATH_SIZE];
    struct form_value *value = form_value_of(form, name);
    if (value == NULL)
        return problem_set(problem, &problem_busy, "Out of memory");
    const struct shape_row *row = &form->shape->rows[value - form->values];
    snprintf(path, sizeof path, "/%s", form_names[name]);
    return read_parsed(form, row, bytes_of_string(text), value) ||
           form_blame(problem, path, row, text);
}
