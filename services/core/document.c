// SPDX-License-Identifier: Apache-2.0
#include "services/core/document.h"

#include "base/must.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 256 };

/// "wallet, till", or "everybody".
static const char *roles_text(uint32_t roles, char text[TEXT_SIZE]) {
    text[0] = '\0';
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t role = roles & UINT32_C(1) << bit;
        const char *name = role == ROLE_SCREEN ? "the local screen" : role_name(role);
        size_t used = strlen(text);
        if (role != 0)
            snprintf(text + used, TEXT_SIZE - used, "%s%s", used > 0 ? ", " : "", name);
    }
    return text[0] != '\0' ? text : "everybody";
}

static const char *owner_text(const struct endpoint *row, char text[TEXT_SIZE]) {
    static const char *const owners[] = {
        [OWNER_ANY] = "–",
        [OWNER_SENDER] = "`%s` is the sender",
        [OWNER_ENTERPRISE] = "`%s` is the sender's enterprise",
        [OWNER_STORED] = "the sender's `%s`",
    };
    must_cover(owners, OWNERS);
    const char *owner = owners[row->owner];
    const char *at = strstr(owner, "%s");
    if (at == NULL)
        return owner;
    snprintf(text, TEXT_SIZE, "%.*s%s%s", (int)(at - owner), owner, form_names[row->owner_field],
             at + 2);
    return text;
}

/// "1 to 12 octets", "from 0", or nothing.
static const char *limits_text(const struct shape_row *field, char text[TEXT_SIZE]) {
    bool counted = field->kind != FORM_UINT;
    const char *what = !counted ? "" : field->kind == FORM_LIST ? " entries" : " octets";
    text[0] = '\0';
    if (field->kind == FORM_AMOUNT || field->kind == FORM_OBJECT)
        return text;
    if (field->max != 0)
        snprintf(text, TEXT_SIZE, "%" PRIu64 " to %" PRIu64 "%s", field->min, field->max, what);
    else if (field->min != 0)
        snprintf(text, TEXT_SIZE, "from %" PRIu64 "%s", field->min, what);
    return text;
}

// ---- for people ------------------------------------------------------------------------------

static void put_rows(const struct endpoint *row, const struct shape *shape, const char *indent,
                     struct buffer *out) {
    char text[TEXT_SIZE];
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_row *field = &shape->rows[i];
        limits_text(field, text);
        buffer_format(out, "%s- `%s`: %s%s%s%s%s%s\n", indent, form_names[field->name],
                      form_kind_name(field->kind), text[0] != '\0' ? ", " : "", text,
                      row != NULL && endpoint_in_path(row, field->name) ? ", in the path" : "",
                      (field->marks & FORM_OPTIONAL) != 0 ? ", optional" : "",
                      (field->marks & FORM_SECRET) != 0 ? ", secret" : "");
        if (field->inner != NULL && indent[0] == '\0')
            put_rows(NULL, field->inner, "  ", out);
        else if (field->inner != NULL)
            put_rows(NULL, field->inner, "    ", out);
    }
}

static void put_side(const char *heading, const struct endpoint *row, const struct shape *shape,
                     const char *media, struct buffer *out) {
    buffer_format(out, "\n%s%s%s:%s\n\n", heading, media != NULL ? ", " : "",
                  media != NULL ? media : "",
                  shape->count == 0 && media == NULL ? " no fields" : "");
    put_rows(row, shape, "", out);
}

static void put_refusals(const struct endpoint *row, struct buffer *out) {
    if (row->refusals == NULL || row->refusals[0] == NULL)
        return;
    buffer_text(out, "\nRefusals of its own:\n\n");
    for (size_t i = 0; row->refusals[i] != NULL; i++)
        buffer_format(out, "- `%s` (%u): %s\n", row->refusals[i]->word, row->refusals[i]->status,
                      row->refusals[i]->title);
}

static void put_endpoint(const struct endpoint *row, struct buffer *out) {
    char roles[TEXT_SIZE], owner[TEXT_SIZE], free[TEXT_SIZE];
    buffer_format(out, "\n### %s\n\n`%s %s`: %s.\n\n", row->name, row->method, row->path,
                  row->title);
    buffer_format(out, "Who: %s. Whose: %s", roles_text(row->roles, roles), owner_text(row, owner));
    if (row->owner_free != 0)
        buffer_format(out, " (but for %s)", roles_text(row->owner_free, free));
    buffer_format(out, ". %s", row->key == KEY_NEEDED ? "Key: needed. " : "");
    if (row->body_max > 0)
        buffer_format(out, "Body: at most %u octets.", row->body_max);
    buffer_text(out, "\n");
    put_side("Request", row, row->request, row->request_media, out);
    put_side("Answer", NULL, row->answer, row->answer_media, out);
    put_refusals(row, out);
}

void document_markdown(const struct api *api, struct buffer *out) {
    char text[TEXT_SIZE];
    buffer_format(out, "## %s\n\n| endpoint | method and path | who | key |\n|---|---|---|---|\n",
                  api->service);
    for (size_t i = 0; i < api->count; i++)
        buffer_format(out, "| %s | `%s %s` | %s | %s |\n", api->endpoints[i]->name,
                      api->endpoints[i]->method, api->endpoints[i]->path,
                      roles_text(api->endpoints[i]->roles, text),
                      api->endpoints[i]->key == KEY_NEEDED ? "K" : "–");
    for (size_t i = 0; i < api->count; i++)
        put_endpoint(api->endpoints[i], out);
    buffer_text(out, "\n");
}

// ---- for programs ----------------------------------------------------------------------------

static json_t *shape_schema(const struct shape *shape, const struct endpoint *row);

static json_t *text_schema(const struct shape_row *field) {
    json_t *json = json_pack("{s:s}", "type", "string");
    if (field->kind == FORM_DATE)
        json_object_set_new(json, "format", json_string("date"));
    if (field->kind == FORM_TEXT || field->kind == FORM_ID) {
        json_object_set_new(json, "minLength", json_integer((json_int_t)(field->min > 0)));
        if (field->max != 0)
            json_object_set_new(json, "maxLength", json_integer((json_int_t)field->max));
    }
    if (field->kind == FORM_ID)
        json_object_set_new(json, "pattern", json_string("^[!-~]+$"));
    if (field->kind >= FORM_OCTETS)
        json_object_set_new(json, "pattern", json_string("^[A-Za-z0-9_-]*$"));
    return json;
}

static json_t *number_schema(const struct shape_row *field) {
    bool amount = field->kind == FORM_AMOUNT;
    uint64_t most = amount || field->max == 0 ? INT64_MAX : field->max;
    return json_pack("{s:s, s:s, s:I, s:I}", "type", "integer", "format", "int64", "minimum",
                     (json_int_t)(amount ? 1 : field->min), "maximum", (json_int_t)most);
}

static json_t *field_schema(const struct shape_row *field) {
    switch (field->kind) {
    case FORM_UINT:
    case FORM_AMOUNT:
        return number_schema(field);
    case FORM_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case FORM_SHAPE:
        return shape_schema(field->inner, NULL);
    case FORM_LIST: {
        json_t *json = json_pack("{s:s, s:I, s:o}", "type", "array", "minItems",
                                 (json_int_t)field->min, "items", shape_schema(field->inner, NULL));
        if (field->max != 0)
            json_object_set_new(json, "maxItems", json_integer((json_int_t)field->max));
        return json;
    }
    default:
        return text_schema(field);
    }
}

/// The schema of a shape, without what stands in the path of row (NULL: everything).
static json_t *shape_schema(const struct shape *shape, const struct endpoint *row) {
    if (shape->bare)
        return field_schema(&shape->rows[0]);
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_row *field = &shape->rows[i];
        if (row != NULL && endpoint_in_path(row, field->name))
            continue;
        json_object_set_new(properties, form_names[field->name], field_schema(field));
        if ((field->marks & FORM_OPTIONAL) == 0)
            json_array_append_new(required, json_string(form_names[field->name]));
    }
    json_t *json = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                             "additionalProperties", 0);
    if (json_array_size(required) > 0)
        json_object_set(json, "required", required);
    json_decref(required);
    return json;
}

static json_t *content(const char *media, json_t *schema) {
    return json_pack("{s:{s:o}}", media, "schema", schema);
}

/// Octets of a media type of their own.
static json_t *octets_content(const char *media) {
    return content(media, json_pack("{s:s, s:s}", "type", "string", "format", "binary"));
}

static void add_parameter(json_t *parameters, const char *place, const struct shape_row *field) {
    json_array_append_new(parameters,
                          json_pack("{s:s, s:s, s:b, s:o}", "name", form_names[field->name], "in",
                                    place, "required", (field->marks & FORM_OPTIONAL) == 0,
                                    "schema", field_schema(field)));
}

static bool has_body(const struct endpoint *row) {
    return strcmp(row->method, "GET") != 0 && strcmp(row->method, "DELETE") != 0;
}

static json_t *parameters_of(const struct endpoint *row) {
    json_t *parameters = json_array();
    for (size_t i = 0; i < row->request->count; i++) {
        const struct shape_row *field = &row->request->rows[i];
        if (endpoint_in_path(row, field->name))
            add_parameter(parameters, "path", field);
        else if (!has_body(row))
            add_parameter(parameters, "query", field);
    }
    if (row->key == KEY_NEEDED)
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:{s:s, s:s}}", "name", "Idempotency-Key",
                                        "in", "header", "required", 1, "schema", "type", "string",
                                        "pattern", "^[A-Za-z0-9._-]{1,64}$"));
    return parameters;
}

static json_t *responses_of(const struct endpoint *row) {
    json_t *answer = row->answer_media != NULL
                         ? octets_content(row->answer_media)
                         : content("application/json", shape_schema(row->answer, NULL));
    return json_pack("{s:{s:s, s:o}, s:{s:s, s:o}}", "200", "description", "the answer", "content",
                     answer, "default", "description", "a problem", "content",
                     content("application/problem+json",
                             json_pack("{s:s}", "$ref", "#/components/schemas/problem")));
}

static json_t *words_of(const struct endpoint *row) {
    json_t *words = json_array();
    for (size_t i = 0; row->refusals != NULL && row->refusals[i] != NULL; i++)
        json_array_append_new(words, json_string(row->refusals[i]->word));
    return words;
}

static json_t *operation_of(const struct endpoint *row) {
    char roles[TEXT_SIZE];
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "operationId", row->name, "summary", row->title,
                  "parameters", parameters_of(row), "responses", responses_of(row), "x-roles",
                  roles_text(row->roles, roles), "x-refusals", words_of(row));
    if (has_body(row) && row->body_max > 0)
        json_object_set_new(
            json, "requestBody",
            json_pack("{s:o, s:b}", "content",
                      row->request_media != NULL
                          ? octets_content(row->request_media)
                          : content("application/json", shape_schema(row->request, row)),
                      "required", 1));
    return json;
}

static void add_endpoint(json_t *paths, const struct endpoint *row) {
    char method[8] = "";
    json_t *path = json_object_get(paths, row->path);
    for (size_t i = 0; row->method[i] != '\0' && i < sizeof method - 1; i++)
        method[i] = (char)(row->method[i] | 0x20); // lower case
    if (path == NULL) {
        path = json_object();
        json_object_set_new(paths, row->path, path);
    }
    json_object_set_new(path, method, operation_of(row));
}

/// Of every problem document (RFC 9457).
static json_t *problem_schema(void) {
    return json_pack("{s:s, s:[s,s,s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s},"
                     " s:{s:s}}}",
                     "type", "object", "required", "type", "title", "status", "word", "properties",
                     "type", "type", "string", "title", "type", "string", "status", "type",
                     "integer", "detail", "type", "string", "word", "type", "string", "field",
                     "type", "string", "request", "type", "string");
}

json_t *document_openapi(const struct api *const *apis, size_t count, const char *version) {
    json_t *paths = json_object();
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < apis[i]->count; k++)
            add_endpoint(paths, apis[i]->endpoints[k]);
    return json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:{s:o}}}", "openapi", "3.0.3", "info",
                     "title", "Tessera", "version", version, "description",
                     "Mutual TLS: x-roles says whose certificate may call.", "paths", paths,
                     "components", "schemas", "problem", problem_schema());
}

bool document_print_openapi(const struct api *const *apis, size_t count, const char *version) {
    json_t *json = document_openapi(apis, count, version);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    if (text != NULL)
        printf("%s\n", text);
    json_decref(json);
    free(text);
    return text != NULL;
}
