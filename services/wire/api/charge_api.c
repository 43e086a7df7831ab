// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/charge_api.h"

#include "services/wire/api/docket_rows.h"

// ---- shapes ------------------------------------------------------------------------------------

#define PHONE_ROW                                                                                  \
    { .name = NAME_PHONE, .kind = FORM_ID, .min = 1, .max = 20 }
#define MONTH_ROW(field, mark)                                                                     \
    { .name = (field), .kind = FORM_ID, .min = 7, .max = 7, .marks = (mark) }
#define TEXT_ROW                                                                                   \
    { .name = NAME_TEXT, .kind = FORM_TEXT, .min = 1, .max = 64 }
#define TARIFF_ROW                                                                                 \
    { .name = NAME_TARIFF, .kind = FORM_ID, .min = 1, .max = 16 }
/// Prices are far from what 64 bits hold, so that no product of them wraps.
#define PRICE_ROW(field)                                                                           \
    { .name = (field), .kind = FORM_UINT, .max = 1000000000 }
#define COUNT_ROW(field)                                                                           \
    { .name = (field), .kind = FORM_UINT, .min = 1, .max = 1000000 }

static const struct shape_row settings_rows[] = {
    {.name = NAME_ACCOUNT, .kind = FORM_ID, .min = 1, .max = 32},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_ZONE, .kind = FORM_ID, .min = 6, .max = 6},
    {.name = NAME_REGISTRY, .kind = FORM_FLAG},
};
static const struct shape shape_settings = SHAPE_OF(settings_rows);

static const struct shape_row monthly_rows[] = {
    TEXT_ROW, {.name = NAME_AMOUNT, .kind = FORM_UINT, .min = 1, .max = 1000000000}};
static const struct shape shape_monthly = SHAPE_OF(monthly_rows);
static const struct shape_row tariff_rows[] = {
    TARIFF_ROW,
    MONTH_ROW(NAME_FIRST_MONTH, 0),
    MONTH_ROW(NAME_LAST_MONTH, FORM_OPTIONAL),
    PRICE_ROW(NAME_BASIC),
    COUNT_ROW(NAME_CALL_SECONDS),
    PRICE_ROW(NAME_CALL_AMOUNT),
    COUNT_ROW(NAME_PACKET_COUNT),
    PRICE_ROW(NAME_PACKET_AMOUNT),
};
static const struct shape shape_tariff = SHAPE_OF(tariff_rows);
static const struct shape_row subscriber_rows[] = {
    PHONE_ROW,
    {.name = NAME_MAIL, .kind = FORM_ID, .min = 3, .max = 64},
    {.name = NAME_TRM, .kind = FORM_ID, .min = 1, .max = 12},
    TARIFF_ROW,
    {.name = NAME_SERVICES, .kind = FORM_LIST, .max = 16, .inner = &shape_monthly},
    {.name = NAME_SEPARATE, .kind = FORM_FLAG, .marks = FORM_OPTIONAL},
};
static const struct shape shape_subscriber = SHAPE_OF(subscriber_rows);
static const struct shape_row payee_rows[] = {
    {.name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_ACCOUNT, .kind = FORM_ID, .min = 1, .max = 32},
};
static const struct shape shape_payee = SHAPE_OF(payee_rows);

static const struct shape_row item_rows[] = {
    {.name = NAME_N, .kind = FORM_UINT, .min = 1},
    PHONE_ROW,
    {.name = NAME_TIME, .kind = FORM_UINT, .max = 100000000000000},
    {.name = NAME_SECONDS, .kind = FORM_UINT, .max = 1000000, .marks = FORM_OPTIONAL},
    {.name = NAME_SENT, .kind = FORM_UINT, .max = 1000000000, .marks = FORM_OPTIONAL},
    {.name = NAME_RECEIVED, .kind = FORM_UINT, .max = 1000000000, .marks = FORM_OPTIONAL},
};
static const struct shape shape_item = SHAPE_OF(item_rows);
static const struct shape_row usage_rows[] = {
    {.name = NAME_ITEMS, .kind = FORM_LIST, .min = 1, .max = 100, .inner = &shape_item}};
static const struct shape shape_usage = SHAPE_OF(usage_rows);
static const struct shape_row outcome_rows[] = {
    {.name = NAME_N, .kind = FORM_UINT},
    {.name = NAME_OUTCOME, .kind = FORM_ID, .min = 1, .max = 20}};
static const struct shape shape_outcome = SHAPE_OF(outcome_rows);
/// after: everything up to this number is here.
static const struct shape_row used_rows[] = {
    {.name = NAME_ITEMS, .kind = FORM_LIST, .max = 100, .inner = &shape_outcome},
    {.name = NAME_AFTER, .kind = FORM_UINT}};
static const struct shape shape_used = SHAPE_OF(used_rows);

static const struct shape_row sale_rows[] = {SALE_ROW};
static const struct shape shape_sale = SHAPE_OF(sale_rows);

static const struct shape_row purchase_rows[] = {
    {.name = NAME_REQUEST, .kind = FORM_SHAPE, .inner = &shape_envelope},
    {.name = NAME_MAIL, .kind = FORM_ID, .min = 3, .max = 64},
    TEXT_ROW,
};
static const struct shape shape_purchase = SHAPE_OF(purchase_rows);

static const struct shape_row line_rows[] = {
    {.name = NAME_KIND, .kind = FORM_ID, .min = 1, .max = 16},
    TEXT_ROW,
    {.name = NAME_DATE, .kind = FORM_DATE, .marks = FORM_OPTIONAL},
    {.name = NAME_QUANTITY, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
};
static const struct shape shape_line = SHAPE_OF(line_rows);
static const struct shape_row part_rows[] = {
    {.name = NAME_PART, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_TOTAL, .kind = FORM_UINT},
    {.name = NAME_LINES, .kind = FORM_LIST, .max = 100000, .inner = &shape_line},
};
static const struct shape shape_part = SHAPE_OF(part_rows);
static const struct shape_row bill_rows[] = {
    PHONE_ROW,
    MONTH_ROW(NAME_MONTH, 0),
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_BILLS, .kind = FORM_LIST, .max = 2, .inner = &shape_part},
};
static const struct shape shape_bill = SHAPE_OF(bill_rows);
static const struct shape_row asked_rows[] = {
    PHONE_ROW,
    MONTH_ROW(NAME_MONTH, 0),
    {.name = NAME_LANGUAGE, .kind = FORM_ID, .min = 2, .max = 2, .marks = FORM_OPTIONAL},
};
static const struct shape shape_asked = SHAPE_OF(asked_rows);

static const struct shape_row deposits_rows[] = {
    {.name = NAME_ACCOUNT, .kind = FORM_ID, .min = 1, .max = 32}};
static const struct shape shape_deposits = SHAPE_OF(deposits_rows);
static const struct shape_row password_rows[] = {
    PHONE_ROW,
    {.name = NAME_PASSWORD, .kind = FORM_TEXT, .min = 8, .max = 64, .marks = FORM_SECRET}};
static const struct shape shape_password = SHAPE_OF(password_rows);
/// id: the phone's own; said again it is the same deposit.
static const struct shape_row deposit_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 16, .max = 32},
    {.name = NAME_PASSWORD, .kind = FORM_TEXT, .min = 1, .max = 64, .marks = FORM_SECRET},
    {.name = NAME_AMOUNT, .kind = FORM_UINT, .min = 1, .max = 1000000000},
};
static const struct shape shape_deposit = SHAPE_OF(deposit_rows);
static const struct shape_row deposited_rows[] = {
    {.name = NAME_OUTCOME, .kind = FORM_ID, .min = 1, .max = 20}};
static const struct shape shape_deposited = SHAPE_OF(deposited_rows);

static const struct shape_row month_rows[] = {MONTH_ROW(NAME_MONTH, 0)};
static const struct shape shape_month = SHAPE_OF(month_rows);
static const struct shape_row closed_rows[] = {
    MONTH_ROW(NAME_MONTH, 0),
    {.name = NAME_CLOSED, .kind = FORM_FLAG},
    {.name = NAME_BILLS, .kind = FORM_UINT},
    {.name = NAME_TOTAL, .kind = FORM_UINT},
};
static const struct shape shape_closed = SHAPE_OF(closed_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word charge_taken = {"subscriber-taken", 409,
                                          "Mail address or card is another subscriber's"};
const struct problem_word charge_overlaps = {"overlaps", 409, "The tariff has another period then"};
const struct problem_word charge_month = {"month", 409, "The month cannot be closed now"};
const struct problem_word charge_no_bill = {"no-bill", 404, "There is no bill"};
const struct problem_word charge_request_bad = {"request", 422, "The goods' request is not good"};

static const struct problem_word *const purchase_refusals[] = {&charge_request_bad,
                                                               &docket_mismatch, NULL};
const struct problem_word charge_deposit_other = {"deposit-reused", 409,
                                                  "The id stands for another deposit"};
static const struct problem_word *const deposit_refusals[] = {&charge_deposit_other, NULL};
static const struct problem_word *const subscriber_refusals[] = {&charge_taken, NULL};
static const struct problem_word *const tariff_refusals[] = {&charge_overlaps, NULL};
static const struct problem_word *const bill_refusals[] = {&charge_no_bill, NULL};
static const struct problem_word *const close_refusals[] = {&charge_month, NULL};

// ---- rows --------------------------------------------------------------------------------------

const struct endpoint charge_settings = {
    .name = "charge.settings",
    .method = "PUT",
    .path = "/v1/settings",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 300,
    .request = &shape_settings,
    .answer = &shape_settings,
    .title = "our account, unit and time zone; whether the registry is asked"};
const struct endpoint charge_tariff = {.name = "charge.tariff",
                                       .method = "PUT",
                                       .path = "/v1/tariffs/{tariff}",
                                       .roles = ROLE_OPERATOR,
                                       .key = KEY_NEEDED,
                                       .body_max = 1000,
                                       .request = &shape_tariff,
                                       .answer = &shape_none,
                                       .refusals = tariff_refusals,
                                       .title = "prices of a period",
                                       .clause = "P 0055",
                                       .behaviours = "P1-33 P1-34 P1-36"};
const struct endpoint charge_subscriber = {.name = "charge.subscriber",
                                           .method = "PUT",
                                           .path = "/v1/subscribers/{phone}",
                                           .roles = ROLE_OPERATOR,
                                           .key = KEY_NEEDED,
                                           .body_max = 4000,
                                           .request = &shape_subscriber,
                                           .answer = &shape_none,
                                           .refusals = subscriber_refusals,
                                           .title = "who has this number, and what for",
                                           .clause = "P 0053 0055",
                                           .behaviours = "P1-35 P1-36 M07"};
const struct endpoint charge_payee = {.name = "charge.payee",
                                      .method = "PUT",
                                      .path = "/v1/payees/{enterprise}",
                                      .roles = ROLE_OPERATOR,
                                      .key = KEY_NEEDED,
                                      .body_max = 200,
                                      .request = &shape_payee,
                                      .answer = &shape_none,
                                      .title = "the account that an enterprise is paid on",
                                      .clause = "P 0048",
                                      .behaviours = "P1-29 M05b"};
const struct endpoint charge_usage = {.name = "charge.usage",
                                      .method = "POST",
                                      .path = "/v1/usage",
                                      .roles = ROLE_GATEWAY,
                                      .key = KEY_NEEDED,
                                      .body_max = 32768,
                                      .request = &shape_usage,
                                      .answer = &shape_used,
                                      .title = "calls and packets under the gateway's own numbers",
                                      .clause = "P 0054",
                                      .behaviours = "P1-32 P1-33 P1-34 W1"};
const struct endpoint charge_docket = {
    .name = "charge.docket",
    .method = "POST",
    .path = "/v1/dockets",
    .roles = ROLE_WALLET,
    .key = KEY_NEEDED,
    .body_max = 8192,
    .request = &shape_docket,
    .answer = &shape_decided,
    .refusals = docket_refusals,
    .title = "settle by proxy what a ticket costs; 202 while the registry is asked",
    .clause = "P 0047-0053 0173-0175",
    .behaviours = "P1-28 P1-29 P1-30 P1-31 P1-35 P1-45 P4-04 P4-07 P4-08 P4-11 W8 W9 W10 G5 G6 "
                  "G14 G15 M05b"};
const struct endpoint charge_docket_read = {.name = "charge.docket.read",
                                            .method = "GET",
                                            .path = "/v1/dockets/{sale}",
                                            .roles = ROLE_WALLET,
                                            .owner = OWNER_STORED,
                                            .owner_field = NAME_SALE,
                                            .request = &shape_sale,
                                            .answer = &shape_decided,
                                            .title = "how a docket was decided"};
const struct endpoint charge_purchase = {.name = "charge.purchase",
                                         .method = "POST",
                                         .path = "/v1/purchases",
                                         .roles = ROLE_WALLET,
                                         .key = KEY_NEEDED,
                                         .body_max = 4096,
                                         .request = &shape_purchase,
                                         .answer = &shape_decided,
                                         .refusals = purchase_refusals,
                                         .title = "settle by proxy what a machine asks for goods",
                                         .clause = "P 0240",
                                         .behaviours = "P5-03 P5-04 P5-05 M03a M04"};
const struct endpoint charge_bill = {.name = "charge.bill",
                                     .method = "GET",
                                     .path = "/v1/bills/{phone}/{month}",
                                     .roles = ROLE_WALLET | ROLE_OPERATOR,
                                     .owner = OWNER_STORED,
                                     .owner_free = ROLE_OPERATOR,
                                     .owner_field = NAME_PHONE,
                                     .request = &shape_asked,
                                     .answer = &shape_bill,
                                     .refusals = bill_refusals,
                                     .title = "a month's bill, line by line; HTML by Accept",
                                     .clause = "P 0056-0058 0063",
                                     .behaviours = "P1-40 P1-41 P5-05 W1 W2 M07"};
const struct endpoint charge_close = {
    .name = "charge.close",
    .method = "POST",
    .path = "/v1/closes/{month}",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 100,
    .request = &shape_month,
    .answer = &shape_closed,
    .refusals = close_refusals,
    .title = "bill a month, some hundred subscribers a request: again until closed is true",
    .clause = "P 0055-0057",
    .behaviours = "P1-36 P1-37 P1-38 P1-39"};

const struct endpoint charge_deposits = {
    .name = "charge.deposits",
    .method = "PUT",
    .path = "/v1/deposit-account",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 100,
    .request = &shape_deposits,
    .answer = &shape_none,
    .title = "the center's account, which online deposits are paid to"};
const struct endpoint charge_password = {.name = "charge.password",
                                         .method = "PUT",
                                         .path = "/v1/passwords/{phone}",
                                         .roles = ROLE_OPERATOR,
                                         .key = KEY_NEEDED,
                                         .body_max = 300,
                                         .request = &shape_password,
                                         .answer = &shape_none,
                                         .title = "a subscriber's password for online deposits"};
const struct endpoint charge_deposit = {
    .name = "charge.deposit",
    .method = "POST",
    .path = "/v1/deposits",
    .roles = ROLE_WALLET,
    .key = KEY_NEEDED,
    .body_max = 300,
    .request = &shape_deposit,
    .answer = &shape_deposited,
    .refusals = deposit_refusals,
    .title =
        "bill an amount and pay it to the center for this card; 202 until the bank has done it",
    .clause = "P 0273-0275",
    .behaviours = "M12a M12b M12c M12d"};

static const struct endpoint *const endpoints[] = {
    &charge_settings, &charge_tariff,      &charge_subscriber, &charge_payee, &charge_usage,
    &charge_docket,   &charge_docket_read, &charge_purchase,   &charge_bill,  &charge_close,
    &charge_deposits, &charge_password,    &charge_deposit};
const struct api charge_api = {"charge", endpoints, sizeof endpoints / sizeof endpoints[0]};
