// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/registry_api.h"

// ---- shapes ------------------------------------------------------------------------------------

#define ENTERPRISE_ROW                                                                             \
    { .name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 16 }
#define ADDRESS_ROW                                                                                \
    { .name = NAME_ADDRESS, .kind = FORM_ID, .min = 1, .max = 64, .marks = FORM_OPTIONAL }
#define VERSION_ROW                                                                                \
    { .name = NAME_VERSION, .kind = FORM_UINT, .min = 0, .max = UINT32_MAX }

/// An enterprise id may be a network address, too, where it is short enough to stand in tickets.
static const struct shape_row inquiry_rows[] = {
    ENTERPRISE_ROW,
    {.name = NAME_CHALLENGE, .kind = FORM_OCTETS, .min = 16, .max = 16},
};
static const struct shape shape_inquiry = SHAPE_OF(inquiry_rows);
static const struct shape_row answer_rows[] = {
    {.name = NAME_TRUSTED, .kind = FORM_FLAG},
    VERSION_ROW,
    {.name = NAME_OBJECT, .kind = FORM_SHAPE, .inner = &shape_envelope},
};
static const struct shape shape_answer = SHAPE_OF(answer_rows);

static const struct shape_row list_rows[] = {
    VERSION_ROW, {.name = NAME_OBJECT, .kind = FORM_SHAPE, .inner = &shape_envelope}};
static const struct shape shape_list = SHAPE_OF(list_rows);

static const struct shape_row add_rows[] = {ENTERPRISE_ROW, ADDRESS_ROW};
static const struct shape shape_add = SHAPE_OF(add_rows);
static const struct shape_row remove_rows[] = {ENTERPRISE_ROW};
static const struct shape shape_remove = SHAPE_OF(remove_rows);
static const struct shape_row version_rows[] = {VERSION_ROW};
static const struct shape shape_version = SHAPE_OF(version_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word registry_address_taken = {"address-taken", 409,
                                                    "The address is another enterprise's"};
static const struct problem_word *const add_refusals[] = {&registry_address_taken, NULL};

// ---- rows --------------------------------------------------------------------------------------

const struct endpoint registry_inquiry = {
    .name = "registry.inquiry",
    .method = "POST",
    .path = "/v1/inquiries",
    .roles = ROLE_TELCO | ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 300,
    .request = &shape_inquiry,
    .answer = &shape_answer,
    .title = "is this enterprise trusted? The answer is signed for the challenge",
    .clause = "P 0162-0167",
    .behaviours = "W11 P4-04 P4-05 P4-06 P4-09 G13 G14 M18b M19"};
const struct endpoint registry_refusals = {
    .name = "registry.refusals",
    .method = "GET",
    .path = "/v1/refusals",
    .roles = ROLE_WALLET | ROLE_TELCO | ROLE_TILL | ROLE_OPERATOR,
    .request = &shape_none,
    .answer = &shape_list,
    .title = "enterprises that are refused, as a signed list",
    .clause = "P 0286",
    .behaviours = "M22a"};
const struct endpoint registry_add = {.name = "registry.add",
                                      .method = "PUT",
                                      .path = "/v1/enterprises/{enterprise}",
                                      .roles = ROLE_OPERATOR,
                                      .key = KEY_NEEDED,
                                      .body_max = 200,
                                      .request = &shape_add,
                                      .answer = &shape_version,
                                      .refusals = add_refusals,
                                      .title = "trust an enterprise, and perhaps an address",
                                      .clause = "P 0162",
                                      .behaviours = "W11"};
const struct endpoint registry_remove = {.name = "registry.remove",
                                         .method = "DELETE",
                                         .path = "/v1/enterprises/{enterprise}",
                                         .roles = ROLE_OPERATOR,
                                         .key = KEY_NEEDED,
                                         .request = &shape_remove,
                                         .answer = &shape_version,
                                         .title = "refuse an enterprise from now on",
                                         .clause = "P 0162",
                                         .behaviours = "P4-10"};

static const struct endpoint *const endpoints[] = {&registry_inquiry, &registry_refusals,
                                                   &registry_add, &registry_remove};
const struct api registry_api = {"registry", endpoints, sizeof endpoints / sizeof endpoints[0]};
