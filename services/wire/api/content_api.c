// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/content_api.h"

// ---- shapes ------------------------------------------------------------------------------------

#define ID_ROW                                                                                     \
    { .name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 16 }
#define TEXT_ROW(field, most)                                                                      \
    { .name = (field), .kind = FORM_TEXT, .max = (most), .marks = FORM_OPTIONAL }

static const struct shape_row id_rows[] = {ID_ROW};
static const struct shape shape_id = SHAPE_OF(id_rows);

static const struct shape_row offer_rows[] = {
    {.name = NAME_NUMBER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_PLAYS, .kind = FORM_UINT, .max = 65535, .marks = FORM_OPTIONAL},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
};
static const struct shape shape_offer = SHAPE_OF(offer_rows);

static const struct shape_row page_rows[] = {
    ID_ROW,
    {.name = NAME_TITLE, .kind = FORM_TEXT, .min = 1, .max = 200},
    TEXT_ROW(NAME_SUBTITLE, 200),
    TEXT_ROW(NAME_PERFORMERS, 400),
    TEXT_ROW(NAME_CREATOR, 200),
    TEXT_ROW(NAME_COMMENT, 2000),
    {.name = NAME_OFFERS, .kind = FORM_LIST, .max = 100, .inner = &shape_offer},
};
static const struct shape shape_page = SHAPE_OF(page_rows);
static const struct shape_row after_rows[] = {
    {.name = NAME_AFTER, .kind = FORM_ID, .min = 1, .max = 16, .marks = FORM_OPTIONAL}};
static const struct shape shape_after = SHAPE_OF(after_rows);
static const struct shape_row list_rows[] = {
    {.name = NAME_CONTENTS, .kind = FORM_LIST, .max = 100, .inner = &shape_page}};
static const struct shape shape_list = SHAPE_OF(list_rows);

static const struct shape_row content_rows[] = {
    ID_ROW,
    {.name = NAME_PROVIDER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_HASH, .kind = FORM_OCTETS, .min = 32, .max = 32},
    {.name = NAME_SIZE, .kind = FORM_UINT},
    {.name = NAME_ALGORITHM, .kind = FORM_UINT, .min = 1, .max = 3},
    {.name = NAME_POLICY, .kind = FORM_OBJECT, .min = OBJECT_POLICY},
};
static const struct shape shape_content = SHAPE_OF(content_rows);

static const struct shape_row upload_rows[] = {
    ID_ROW,
    {.name = NAME_HASH, .kind = FORM_OCTETS, .min = 32, .max = 32},
    {.name = NAME_SIZE, .kind = FORM_UINT, .min = 1, .max = UINT64_C(1) << 40},
    {.name = NAME_TITLE, .kind = FORM_TEXT, .min = 1, .max = 200},
    TEXT_ROW(NAME_SUBTITLE, 200),
    TEXT_ROW(NAME_PERFORMERS, 400),
    TEXT_ROW(NAME_CREATOR, 200),
    TEXT_ROW(NAME_COMMENT, 2000),
};
static const struct shape shape_upload = SHAPE_OF(upload_rows);
static const struct shape_row at_rows[] = {
    ID_ROW,
    {.name = NAME_OFFSET, .kind = FORM_UINT, .max = UINT64_C(1) << 40},
};
static const struct shape shape_at = SHAPE_OF(at_rows);
static const struct shape_row end_rows[] = {
    ID_ROW,
    {.name = NAME_HASH, .kind = FORM_OCTETS, .min = 32, .max = 32},
};
static const struct shape shape_end = SHAPE_OF(end_rows);

static const struct shape_row set_offer_rows[] = {
    ID_ROW,
    {.name = NAME_NUMBER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_PLAYS, .kind = FORM_UINT, .max = 65535, .marks = FORM_OPTIONAL},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
};
static const struct shape shape_set_offer = SHAPE_OF(set_offer_rows);

static const struct shape_row key_rows[] = {
    ID_ROW,
    {.name = NAME_FINGERPRINT, .kind = FORM_OCTETS, .min = 16, .max = 16},
    {.name = NAME_WRAPPED_KEY, .kind = FORM_OCTETS, .min = 51, .max = 114, .marks = FORM_SECRET},
};
static const struct shape shape_key = SHAPE_OF(key_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word content_unknown = {"unknown-content", 404, "There is no such content"};
const struct problem_word content_taken = {"content-taken", 409, "The content's id is in use"};
const struct problem_word content_offset = {"upload-offset", 409,
                                            "The upload goes on at another place"};
const struct problem_word content_refused = {"container", 422, "The container is not good"};
const struct problem_word content_range = {"range", 416, "The container has no such range"};
const struct problem_word content_enterprise = {"wrong-enterprise", 403,
                                                "The policy names another enterprise"};
const struct problem_word content_key_taken = {"key-taken", 409, "The key is another content's"};

static const struct problem_word *const unknown_only[] = {&content_unknown, NULL};
static const struct problem_word *const container_refusals[] = {&content_unknown, &content_range,
                                                                NULL};
static const struct problem_word *const upload_refusals[] = {&content_taken, NULL};
static const struct problem_word *const put_refusals[] = {&content_offset, NULL};
static const struct problem_word *const end_refusals[] = {&content_taken, &content_refused,
                                                          &content_offset, NULL};
static const struct problem_word *const offer_refusals[] = {&content_unknown, &content_enterprise,
                                                            NULL};
static const struct problem_word *const key_refusals[] = {&content_unknown, &content_key_taken,
                                                          NULL};

// ---- rows --------------------------------------------------------------------------------------

enum { FETCHERS = ROLE_STORE | ROLE_WALLET | ROLE_PLAYER | ROLE_CONVERTER };

const struct endpoint content_list = {
    .name = "content.list",
    .method = "GET",
    .path = "/catalogue",
    .request = &shape_after,
    .answer = &shape_list,
    .title = "contents by id, a hundred behind \"after\", with offers; HTML by Accept",
    .clause = "P 0076",
    .behaviours = "P1-49"};
const struct endpoint content_page = {.name = "content.page",
                                      .method = "GET",
                                      .path = "/catalogue/{id}",
                                      .request = &shape_id,
                                      .answer = &shape_page,
                                      .refusals = unknown_only,
                                      .title = "one content with its offers; HTML by Accept",
                                      .clause = "P 0076",
                                      .behaviours = "P1-49"};
const struct endpoint content_read = {.name = "content.read",
                                      .method = "GET",
                                      .path = "/v1/contents/{id}",
                                      .request = &shape_id,
                                      .answer = &shape_content,
                                      .refusals = unknown_only,
                                      .title = "what is stored under an id",
                                      .clause = "P 0025-0026",
                                      .behaviours = "P1-02 P1-04 G1"};
const struct endpoint content_container = {.name = "content.container",
                                           .method = "GET",
                                           .path = "/v1/contents/{id}/container",
                                           .roles = FETCHERS,
                                           .request = &shape_id,
                                           .answer = &shape_none,
                                           .answer_media = "application/octet-stream",
                                           .refusals = container_refusals,
                                           .title = "the container: Range, If-Range, ETag",
                                           .clause = "P 0026",
                                           .behaviours = "P1-01 P1-04 P1-05 P1-50 W16 G2"};
const struct endpoint content_upload = {.name = "content.upload",
                                        .method = "POST",
                                        .path = "/v1/uploads",
                                        .roles = ROLE_PROVIDER,
                                        .key = KEY_NEEDED,
                                        .body_max = 16384,
                                        .request = &shape_upload,
                                        .answer = &shape_at,
                                        .refusals = upload_refusals,
                                        .title = "begin to bring a container",
                                        .clause = "P 0025",
                                        .behaviours = "P1-01 P1-02"};
const struct endpoint content_upload_read = {.name = "content.upload.read",
                                             .method = "GET",
                                             .path = "/v1/uploads/{id}",
                                             .roles = ROLE_PROVIDER,
                                             .owner = OWNER_STORED,
                                             .owner_field = NAME_ID,
                                             .request = &shape_id,
                                             .answer = &shape_at,
                                             .title = "where an upload goes on"};
const struct endpoint content_upload_put = {.name = "content.upload.put",
                                            .method = "PUT",
                                            .path = "/v1/uploads/{id}/{offset}",
                                            .roles = ROLE_PROVIDER,
                                            .owner = OWNER_STORED,
                                            .owner_field = NAME_ID,
                                            .key = KEY_NEEDED,
                                            .body_max = CONTENT_PIECE_MAX,
                                            .time_max_ms = 60000,
                                            .request = &shape_at,
                                            .request_media = "application/octet-stream",
                                            .answer = &shape_at,
                                            .refusals = put_refusals,
                                            .title = "the next octets of an upload"};
const struct endpoint content_upload_end = {.name = "content.upload.end",
                                            .method = "POST",
                                            .path = "/v1/uploads/{id}/end",
                                            .roles = ROLE_PROVIDER,
                                            .owner = OWNER_STORED,
                                            .owner_field = NAME_ID,
                                            .key = KEY_NEEDED,
                                            .body_max = 200,
                                            .time_max_ms = 60000,
                                            .request = &shape_end,
                                            .answer = &shape_content,
                                            .refusals = end_refusals,
                                            .title = "judge what was brought, and open it",
                                            .clause = "P 0025",
                                            .behaviours = "P1-01 P1-02 S07a S07b"};
const struct endpoint content_offer = {.name = "content.offer",
                                       .method = "PUT",
                                       .path = "/v1/contents/{id}/offers/{number}",
                                       .roles = ROLE_SELLER,
                                       .owner = OWNER_ENTERPRISE,
                                       .owner_field = NAME_ENTERPRISE,
                                       .key = KEY_NEEDED,
                                       .body_max = 300,
                                       .request = &shape_set_offer,
                                       .answer = &shape_offer,
                                       .refusals = offer_refusals,
                                       .title = "name an offer on the content's page",
                                       .clause = "P 0076",
                                       .behaviours = "P1-49"};
const struct endpoint content_key = {.name = "content.key",
                                     .method = "POST",
                                     .path = "/v1/contents/{id}/keys",
                                     .roles = ROLE_PROVIDER,
                                     .owner = OWNER_STORED,
                                     .owner_field = NAME_ID,
                                     .key = KEY_NEEDED,
                                     .body_max = 500,
                                     .request = &shape_key,
                                     .answer = &shape_id,
                                     .refusals = key_refusals,
                                     .title = "pass the key, sealed, to the licence service",
                                     .clause = "P 0026 0029",
                                     .behaviours = "P1-03 P1-08"};

static const struct endpoint *const endpoints[] = {
    &content_list,   &content_page,        &content_read,       &content_container,
    &content_upload, &content_upload_read, &content_upload_put, &content_upload_end,
    &content_offer,  &content_key};
const struct api content_api = {"content", endpoints, sizeof endpoints / sizeof endpoints[0]};
