// SPDX-License-Identifier: Apache-2.0
#include "services/wire/form/endpoint.h"

#include "services/wire/form/form_private.h"

#include <stdlib.h>
#include <string.h>

enum { SEGMENT_MAX = 256 };

/// A piece of a path or a query.
static struct bytes piece(const char *begin, const char *stops) {
    return bytes_of(begin, strcspn(begin, stops));
}

static bool is_field(struct bytes segment) {
    return segment.size > 2 && segment.data[0] == '{';
}

/// The name between the brackets; NAME_COUNT when no field is called so.
static enum name field_named(struct bytes text) {
    size_t i = 0;
    while (i < NAME_COUNT && !bytes_equal(bytes_of_string(form_names[i]), text))
        i++;
    return (enum name)i;
}

/// Walks a template and a path side by side; each field's text goes to the visitor (or nowhere).
static bool walk(const char *template, const char *path,
                 bool (*visit)(void *context, enum name name, struct bytes text), void *context) {
    while (*template == '/' && *path == '/') {
        struct bytes want = piece(++template, "/"), have = piece(++path, "/?");
        template += want.size;
        path += have.size;
        if (!is_field(want)) {
            if (!bytes_equal(want, have))
                return false;
            continue;
        }
        enum name name = field_named(bytes_of(want.data + 1, want.size - 2));
        if (have.size == 0 || (visit != NULL && !visit(context, name, have)))
            return false;
    }
    return *template == '\0' && (*path == '\0' || *path == '?');
}

static void allow_also(char *allow, size_t capacity, const char *method) {
    size_t used = strlen(allow);
    if (used + strlen(method) + 3 <= capacity) {
        strcpy(allow + used, used == 0 ? "" : ", ");
        strcat(allow, method);
    }
}

/// Who answers GET answers HEAD: the same without the octets, which the server leaves out.
static bool takes(const struct endpoint *row, const char *method) {
    return strcmp(row->method, method) == 0 ||
           (strcmp(row->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

const struct endpoint *api_find(const struct api *api, const char *method, const char *target,
                                char *allow, size_t capacity, struct problem *problem) {
    allow[0] = '\0';
    for (size_t i = 0; i < api->count; i++) {
        const struct endpoint *row = api->endpoints[i];
        if (!walk(row->path, target, NULL, NULL))
            continue;
        if (takes(row, method))
            return row;
        allow_also(allow, capacity, row->method);
        if (takes(row, "HEAD"))
            allow_also(allow, capacity, "HEAD");
    }
    if (allow[0] == '\0')
        problem_set(problem, &problem_path, "The %s service has no path %.100s", api->service,
                    target);
    else
        problem_set(problem, &problem_method, "%.100s takes %s, not %.10s", target, allow, method);
    return NULL;
}

bool endpoint_in_path(const struct endpoint *row, enum name name) {
    const char *at = row->path;
    while ((at = strchr(at, '{')) != NULL)
        if (field_named(piece(++at, "}")) == name)
            return true;
    return false;
}

// ---- reading ---------------------------------------------------------------------------------

struct reading {
    struct form *form;
    struct problem *problem;
};

/// The octet of two hexadecimal digits; 0 when they are none.
static int escaped(const uint8_t *digits) {
    int high = hex_digit((char)digits[0]), low = hex_digit((char)digits[1]);
    return high < 0 || low < 0 ? 0 : high * 16 + low;
}

/// Percent signs undone, terminated. False: no two digits behind one, a zero, or too long.
static bool decode(struct bytes text, char out[SEGMENT_MAX]) {
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        int octet = text.data[i];
        if (octet == '%') {
            octet = i + 2 < text.size ? escaped(text.data + i + 1) : 0;
            i += 2;
        }
        if (octet == 0 || used + 1 >= SEGMENT_MAX)
            return false;
        out[used++] = (char)octet;
    }
    out[used] = '\0';
    return true;
}

static bool take_text(void *context, enum name name, struct bytes text) {
    struct reading *reading = context;
    char decoded[SEGMENT_MAX];
    if (!decode(text, decoded))
        return problem_set(reading->problem, &problem_shape,
                           "A percent sign in the target hides no octet, or a part is too long");
    return form_from_text(reading->form, name, decoded, reading->problem);
}

static bool read_query(const struct endpoint *row, const char *query, struct reading *reading) {
    while (*query != '\0') {
        struct bytes name = piece(query, "=&");
        query += name.size;
        struct bytes text = piece(*query == '=' ? ++query : query, "&");
        query += text.size;
        query += *query == '&';
        enum name field = field_named(name);
        size_t i = 0;
        while (i < row->request->count && row->request->rows[i].name != field)
            i++;
        if (i == row->request->count || form_has(reading->form, field))
            return problem_set(reading->problem, &problem_shape,
                               i == row->request->count ? "%.*s is no field of this request"
                                                        : "%.*s stands twice in the target",
                               name.size < 80 ? (int)name.size : 80, (const char *)name.data);
        if (!take_text(reading, field, text))
            return false;
    }
    return true;
}

static bool has_body(const struct endpoint *row) {
    return strcmp(row->method, "GET") != 0 && strcmp(row->method, "DELETE") != 0;
}

static bool is_media(const struct request *request, const char *media) {
    size_t size = strlen(media);
    return request->content_type != NULL && strncmp(request->content_type, media, size) == 0 &&
           strchr("; ", request->content_type[size]) != NULL;
}

static bool read_body(const struct endpoint *row, const struct request *request,
                      struct reading *reading) {
    const char *media = row->request_media != NULL ? row->request_media : "application/json";
    if (request->body.size > row->body_max)
        return problem_set(reading->problem, &problem_too_large, "%zu octets; %s takes at most %u",
                           request->body.size, row->name, row->body_max);
    if (!has_body(row))
        return request->body.size == 0 ||
               problem_set(reading->problem, &problem_shape, "%s takes no body", row->method);
    if (request->body.size > 0 && !is_media(request, media))
        return problem_set(reading->problem, &problem_media, "The body is %.40s; %s takes %s",
                           request->content_type != NULL ? request->content_type : "of no type",
                           row->name, media);
    if (row->request_media != NULL)
        return true;
    return form_from_octets(reading->form,
                            request->body.size > 0 ? request->body : bytes_of_string("{}"),
                            reading->problem);
}

bool endpoint_read(const struct endpoint *row, const struct request *request, struct form *form,
                   struct problem *problem) {
    struct reading reading = {form, problem};
    const char *query = strchr(request->target, '?');
    *problem = (struct problem){0};
    if (!walk(row->path, request->target, take_text, &reading)) {
        if (problem->word == NULL)
            problem_set(problem, &problem_path, "%.100s is not %s", request->target, row->path);
        return false;
    }
    if (query != NULL && has_body(row))
        return problem_set(problem, &problem_shape, "%s takes no query", row->name);
    if (query != NULL && !read_query(row, query + 1, &reading))
        return false;
    if (!read_body(row, request, &reading))
        return false;
    return form_is_complete(form, "", problem);
}

// ---- writing ---------------------------------------------------------------------------------

static void put_escaped(struct buffer *out, const char *text) {
    static const char digits[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c) != NULL;
        if (!plain) {
            buffer_put_octet(out, '%');
            buffer_put_octet(out, (uint8_t)digits[c >> 4]);
        }
        buffer_put_octet(out, plain ? c : (uint8_t)digits[c & 15]);
    }
}

static void write_target(const struct endpoint *row, const struct form *form,
                         struct buffer *target) {
    for (const char *at = row->path; *at != '\0';) {
        struct bytes part = piece(at, "/");
        at += part.size;
        if (is_field(part))
            put_escaped(target,
                        form_show(form, field_named(bytes_of(part.data + 1, part.size - 2))));
        else
            buffer_put(target, part);
        if (*at == '/')
            buffer_put_octet(target, (uint8_t)*at++);
    }
}

static void write_query(const struct endpoint *row, const struct form *form,
                        struct buffer *target) {
    char mark = '?';
    for (size_t i = 0; i < row->request->count; i++) {
        enum name name = row->request->rows[i].name;
        if (endpoint_in_path(row, name) || !form_has(form, name))
            continue;
        buffer_put_octet(target, (uint8_t)mark);
        buffer_text(target, form_names[name]);
        buffer_put_octet(target, '=');
        put_escaped(target, form_show(form, name));
        mark = '&';
    }
}

/// The JSON of the form without what stands in the path; empty when nothing is left.
static bool write_body(const struct endpoint *row, json_t *json, struct buffer *body) {
    for (size_t i = 0; i < row->request->count; i++)
        if (endpoint_in_path(row, row->request->rows[i].name))
            json_object_del(json, form_names[row->request->rows[i].name]);
    if (json_object_size(json) == 0)
        return true;
    char *text = json_dumps(json, JSON_COMPACT);
    if (text != NULL)
        buffer_text(body, text);
    free(text);
    return text != NULL;
}

bool endpoint_write(const struct endpoint *row, const struct form *form, struct buffer *target,
                    struct buffer *body) {
    json_t *json = form_to_json(form);
    if (json == NULL)
        return false;
    write_target(row, form, target);
    bool ok = true;
    if (!has_body(row))
        write_query(row, form, target);
    else if (row->request_media == NULL)
        ok = write_body(row, json, body);
    json_decref(json);
    return ok && !target->failed && !body->failed;
}
