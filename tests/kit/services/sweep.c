// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/services/sweep.h"

#include "base/base64url.h"
#include "base/heap.h"
#include "tests/kit/certificates.h"
#include "tests/kit/objects.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_TEXT = 4096, TARGET_SIZE = 1024 };

struct sweep {
    struct shop *shop;
    const struct endpoint *row;
    size_t asked;
};

// ---- lawful values -----------------------------------------------------------------------------

static json_t *octets_sample(struct bytes octets) {
    static char text[BASE64URL_SIZE(SAMPLE_OBJECT_MAX)];
    return base64url_encode(octets, text, sizeof text) ? json_string(text) : NULL;
}

static json_t *object_sample(const struct crypto *crypto, enum object_type type) {
    static uint8_t octets[SAMPLE_OBJECT_MAX];
    struct signer signer;
    struct signer_scalar scalar;
    sample_signer(crypto, &signer, &scalar);
    return octets_sample(sample_object(type != 0 ? type : OBJECT_USAGE_LOG, SAMPLE_TYPICAL, &signer,
                                       octets, sizeof octets));
}

static json_t *certificate_sample(const struct crypto *crypto) {
    static struct sample_party party;
    sample_certify(&party, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL);
    return octets_sample(party.certificate);
}

/// So many letters: of a text, or of octets (which are twice as many digits of zeros).
static json_t *letters(size_t count, char letter) {
    char *text = malloc(count + 1);
    memset(text, letter, count);
    text[count] = '\0';
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *zeros(size_t count) {
    uint8_t *octets = calloc(count + 1, 1);
    char *text = malloc(BASE64URL_SIZE(count));
    base64url_encode(bytes_of(octets, count), text, BASE64URL_SIZE(count));
    json_t *json = json_string(text);
    free(octets);
    free(text);
    return json;
}

static json_t *list_sample(const struct crypto *crypto, const struct shape_row *field,
                           size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, sweep_sample(crypto, field->inner));
    return list;
}

/// A value of that size or number, where the kind has one.
static json_t *value_of(const struct crypto *crypto, const struct shape_row *field, uint64_t size) {
    switch (field->kind) {
    case FORM_TEXT:
    case FORM_ID:
        return letters(size, 'A');
    case FORM_UINT:
    case FORM_AMOUNT:
        return json_integer((json_int_t)size);
    case FORM_UNIT:
        return json_string("JPY");
    case FORM_DATE:
        return json_string("2026-01-15");
    case FORM_FLAG:
        return json_true();
    case FORM_OCTETS:
        return zeros(size);
    case FORM_OBJECT:
        return object_sample(crypto, (enum object_type)field->min);
    case FORM_CERTIFICATE:
        return certificate_sample(crypto);
    case FORM_LIST:
        return list_sample(crypto, field, size);
    case FORM_SHAPE:
        return sweep_sample(crypto, field->inner);
    case FORM_KIND_COUNT:
        break;
    }
    return NULL;
}

static uint64_t least(const struct shape_row *field) {
    bool some = field->kind == FORM_ID || field->kind == FORM_AMOUNT;
    return field->min == 0 && some ? 1 : field->min;
}

json_t *sweep_sample(const struct crypto *crypto, const struct shape *shape) {
    if (shape->bare)
        return value_of(crypto, shape->rows, least(shape->rows));
    json_t *json = json_object();
    for (size_t i = 0; i < shape->count; i++)
        json_object_set_new(json, form_names[shape->rows[i].name],
                            value_of(crypto, &shape->rows[i], least(&shape->rows[i])));
    return json;
}

// ---- asking ------------------------------------------------------------------------------------

static bool has_body(const struct endpoint *row) {
    return strcmp(row->method, "GET") != 0 && strcmp(row->method, "DELETE") != 0;
}

/// Text of a value in a path or query.
static void show(const json_t *value, char *out, size_t capacity) {
    if (json_is_integer(value))
        snprintf(out, capacity, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(out, capacity, "%s", json_is_string(value) ? json_string_value(value) : "");
}

/// Path with its fields (which leave the JSON), and for GET and DELETE the rest as a query.
static void make_target(const struct endpoint *row, json_t *json, char out[TARGET_SIZE]) {
    char text[TARGET_SIZE], mark = '?', *end = out;
    for (const char *at = row->path; *at != '\0'; at++) {
        if (*at != '{') {
            *end++ = *at;
            continue;
        }
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}"), at + 1);
        show(json_object_get(json, name), text, sizeof text);
        json_object_del(json, name);
        end += sprintf(end, "%.200s", text);
        at += strlen(name) + 1;
    }
    *end = '\0';
    if (has_body(row))
        return;
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value) {
        show(value, text, sizeof text);
        end += sprintf(end, "%c%s=%.200s", mark, name, text);
        mark = '&';
    }
}

static struct told ask_text(struct sweep *sweep, const struct peer *peer, const char *target,
                            const char *body, bool keyed) {
    char key[32];
    snprintf(key, sizeof key, "sweep.%zu", ++sweep->asked);
    return shop_ask(sweep->shop, peer, sweep->row->method, target, keyed ? key : NULL,
                    has_body(sweep->row) ? body : NULL);
}

/// Asks with this JSON, which is given up.
static struct told ask(struct sweep *sweep, const struct peer *peer, json_t *json, bool keyed) {
    char target[TARGET_SIZE];
    make_target(sweep->row, json, target);
    char *body = json_object_size(json) > 0 ? json_dumps(json, 0) : NULL;
    struct told told = ask_text(sweep, peer, target, body, keyed);
    free(body);
    json_decref(json);
    return told;
}

static json_t *sample(const struct sweep *sweep) {
    json_t *json = sweep_sample(sweep->shop->crypto, sweep->row->request);
    const struct endpoint *row = sweep->row;
    if (row->owner == OWNER_SENDER || row->owner == OWNER_ENTERPRISE)
        json_object_set_new(json, form_names[row->owner_field], json_string("A"));
    return json;
}

static void is(const struct sweep *sweep, const struct told *told, unsigned status,
               const char *part, const char *what) {
    bool right = told->status == status && strstr(told->body, part) != NULL;
    CU_ASSERT_TRUE(right);
    if (!right)
        printf("\n    %s, %s: %u %.300s", sweep->row->name, what, told->status, told->body);
}

// ---- what a row must be like -------------------------------------------------------------------

static bool has_field(const struct shape *shape, enum name name) {
    for (size_t i = 0; i < shape->count; i++)
        if (shape->rows[i].name == name)
            return true;
    return false;
}

static void check_shape(const struct shape *shape) {
    for (size_t i = 0; i < shape->count; i++) {
        bool nests = shape->rows[i].kind == FORM_LIST || shape->rows[i].kind == FORM_SHAPE;
        CU_ASSERT_EQUAL(nests, shape->rows[i].inner != NULL);
        CU_ASSERT_TRUE(shape->rows[i].max == 0 || shape->rows[i].min <= shape->rows[i].max ||
                       shape->rows[i].kind == FORM_OBJECT);
        for (size_t k = 0; k < i; k++)
            CU_ASSERT_NOT_EQUAL(shape->rows[k].name, shape->rows[i].name);
        if (nests)
            check_shape(shape->rows[i].inner);
    }
}

static void check_path(const struct endpoint *row) {
    size_t fields = 0, found = 0;
    for (const char *at = row->path; (at = strchr(at, '{')) != NULL; at++)
        fields++;
    for (size_t i = 0; i < row->request->count; i++)
        if (endpoint_in_path(row, row->request->rows[i].name)) {
            found++;
            CU_ASSERT_TRUE(row->request->rows[i].kind < FORM_FLAG);
            CU_ASSERT_EQUAL(row->request->rows[i].marks & FORM_OPTIONAL, 0);
        }
    CU_ASSERT_EQUAL(fields, found);
    CU_ASSERT_TRUE(fields <= 2);
}

static void check_row(const struct sweep *sweep) {
    const struct endpoint *row = sweep->row;
    const struct service *service = sweep->shop->context.service;
    const struct handler *handler = service_handler(service, row);
    size_t size = strlen(service->name);
    CU_ASSERT_PTR_NOT_NULL_FATAL(handler);
    CU_ASSERT_TRUE(strncmp(row->name, service->name, size) == 0 && row->name[size] == '.');
    // what people type stands at the top
    CU_ASSERT_TRUE(strncmp(row->path, "/v1/", 4) == 0 ||
                   strncmp(row->path, "/catalogue", 10) == 0 ||
                   strncmp(row->path, "/operator", 9) == 0);
    CU_ASSERT_PTR_NOT_NULL(row->title);
    CU_ASSERT_EQUAL(row->key == KEY_NONE, strcmp(row->method, "GET") == 0);
    CU_ASSERT_TRUE(row->key == KEY_NONE || row->roles != ROLE_NONE);
    CU_ASSERT_TRUE(row->answer_media == NULL || row->key == KEY_NONE);
    CU_ASSERT_EQUAL(row->owner == OWNER_STORED, handler->owner != NULL);
    CU_ASSERT_TRUE(row->owner == OWNER_ANY || has_field(row->request, row->owner_field));
    for (size_t i = 0; row->refusals != NULL && row->refusals[i] != NULL; i++)
        CU_ASSERT_TRUE(row->refusals[i]->status >= 400 && row->refusals[i]->status < 500);
    check_path(row);
    check_shape(row->request);
    check_shape(row->answer);
}

// ---- who ---------------------------------------------------------------------------------------

/// The lowest role that may call.
static struct peer lawful_peer(const struct endpoint *row) {
    struct peer peer = {.roles = row->roles & (~row->roles + 1), .id = "A", .enterprise = "A"};
    return peer;
}

static void check_roles(struct sweep *sweep) {
    const struct endpoint *row = sweep->row;
    for (unsigned bit = 0; bit < 20; bit++) {
        struct peer peer = {.roles = UINT32_C(1) << bit, .id = "A", .enterprise = "A"};
        struct told told = ask(sweep, &peer, sample(sweep), true);
        bool barred = row->roles != ROLE_NONE && (row->roles & peer.roles) == 0;
        if (barred)
            is(sweep, &told, 403, "\"word\":\"role\"", "another role");
        else
            CU_ASSERT_TRUE(told.status < 500 && strstr(told.body, "\"word\":\"role\"") == NULL);
    }
    if (row->roles == ROLE_NONE)
        return;
    struct peer nobody = {0}, faulty = {.fault = &problem_certificate_expired};
    struct told told = ask(sweep, &nobody, sample(sweep), true);
    is(sweep, &told, 401, "\"word\":\"certificate-missing\"", "no certificate");
    told = ask(sweep, &faulty, sample(sweep), true);
    is(sweep, &told, 403, "\"word\":\"certificate-expired\"", "an expired certificate");
}

static void check_strangers(struct sweep *sweep) {
    struct peer stranger = lawful_peer(sweep->row);
    strcpy(stranger.id, "STRANGER");
    strcpy(stranger.enterprise, "STRANGER");
    stranger.roles &= ~sweep->row->owner_free;
    if (sweep->row->owner == OWNER_ANY || stranger.roles == 0)
        return;
    struct told told = ask(sweep, &stranger, sample(sweep), true);
    is(sweep, &told, 404, "\"word\":\"owner\"", "a stranger");
}

static void check_key(struct sweep *sweep) {
    struct peer peer = lawful_peer(sweep->row);
    if (sweep->row->key == KEY_NONE)
        return;
    struct told told = ask(sweep, &peer, sample(sweep), false);
    is(sweep, &told, 400, "\"word\":\"key-missing\"", "no key");
}

// ---- what --------------------------------------------------------------------------------------

static void refuses(struct sweep *sweep, json_t *json, const char *name, const char *what) {
    struct peer peer = lawful_peer(sweep->row);
    struct told told = ask(sweep, &peer, json, true);
    bool decoded = strstr(told.body, "\"word\":\"object\"") != NULL && told.status == 422;
    if (!decoded)
        is(sweep, &told, 400, "\"word\":\"shape\"", what);
    CU_ASSERT_PTR_NOT_NULL(strstr(told.body, name));
}

static json_t *with(const struct sweep *sweep, const char *name, json_t *value) {
    json_t *json = sample(sweep);
    json_object_set_new(json, name, value);
    return json;
}

/// Sizes and numbers just beyond what the row allows.
static void check_limits(struct sweep *sweep, const struct shape_row *field) {
    const struct crypto *crypto = sweep->shop->crypto;
    const char *name = form_names[field->name];
    bool sized = field->kind == FORM_TEXT || field->kind == FORM_ID || field->kind == FORM_UINT ||
                 field->kind == FORM_OCTETS || field->kind == FORM_LIST;
    if (sized && field->max != 0 && field->max < SAMPLE_TEXT)
        refuses(sweep, with(sweep, name, value_of(crypto, field, field->max + 1)), name,
                "too much");
    // an empty piece of a path is another path
    if (sized && field->min > endpoint_in_path(sweep->row, field->name))
        refuses(sweep, with(sweep, name, value_of(crypto, field, field->min - 1)), name,
                "too little");
}

static void check_doubled(struct sweep *sweep, const char *name) {
    char target[TARGET_SIZE], body[4 * SAMPLE_TEXT];
    json_t *json = sample(sweep);
    struct peer peer = lawful_peer(sweep->row);
    make_target(sweep->row, json, target);
    char *text = json_dumps(json, 0);
    snprintf(body, sizeof body, "{\"%s\":0,%s", name, text + 1);
    struct told told = ask_text(sweep, &peer, target, body, true);
    is(sweep, &told, 400, "\"word\":\"shape\"", "a doubled field");
    free(text);
    json_decref(json);
}

static void check_field(struct sweep *sweep, const struct shape_row *field) {
    const char *name = form_names[field->name];
    bool in_path = endpoint_in_path(sweep->row, field->name);
    json_t *json = sample(sweep);
    json_object_del(json, name);
    if ((field->marks & FORM_OPTIONAL) == 0 && !in_path)
        refuses(sweep, json, name, "a missing field");
    else
        json_decref(json);
    if (!in_path && has_body(sweep->row)) {
        refuses(sweep, with(sweep, name, json_null()), name, "null");
        refuses(sweep, with(sweep, name, json_pack("[[]]")), name, "a wrong kind");
        check_doubled(sweep, name);
    }
    if (has_body(sweep->row) || in_path)
        check_limits(sweep, field);
}

static void check_what(struct sweep *sweep) {
    struct peer peer = lawful_peer(sweep->row);
    struct told told = ask(sweep, &peer, sample(sweep), true);
    CU_ASSERT_TRUE(told.status < 500 && strstr(told.body, "\"word\":\"shape\"") == NULL);
    if (sweep->row->request_media != NULL)
        return;
    for (size_t i = 0; i < sweep->row->request->count; i++)
        check_field(sweep, &sweep->row->request->rows[i]);
    if (has_body(sweep->row) && sweep->row->body_max > 0)
        refuses(sweep, with(sweep, "no-such-field", json_integer(1)), "no-such-field",
                "an unknown field");
}

size_t sweep_service(struct shop *shop) {
    const struct api *api = shop->context.service->api;
    struct sweep sweep = {.shop = shop};
    for (size_t i = 0; i < api->count; i++) {
        sweep.row = api->endpoints[i];
        check_row(&sweep);
        check_roles(&sweep);
        check_strangers(&sweep);
        check_key(&sweep);
        check_what(&sweep);
    }
    return sweep.asked;
}
