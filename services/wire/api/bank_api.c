// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/bank_api.h"

#include "services/wire/api/docket_rows.h"

// ---- shapes ------------------------------------------------------------------------------------

#define ACCOUNT_ROW(field)                                                                         \
    { .name = (field), .kind = FORM_ID, .min = 1, .max = 32 }
#define CLIENT_ID_ROW                                                                              \
    { .name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 64 }
#define TRANSFER_ROW                                                                               \
    { .name = NAME_TRANSFER, .kind = FORM_ID, .min = BANK_TRANSFER_SIZE, .max = BANK_TRANSFER_SIZE }

static const struct shape_row open_rows[] = {
    ACCOUNT_ROW(NAME_ACCOUNT),
    {.name = NAME_OWNER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 16, .marks = FORM_OPTIONAL},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_NOTIFY, .kind = FORM_ID, .min = 1, .max = 16, .marks = FORM_OPTIONAL},
    {.name = NAME_COVERED, .kind = FORM_FLAG, .marks = FORM_OPTIONAL},
};
static const struct shape shape_open = SHAPE_OF(open_rows);
static const struct shape_row account_rows[] = {ACCOUNT_ROW(NAME_ACCOUNT)};
static const struct shape shape_account = SHAPE_OF(account_rows);

static const struct shape_row balance_rows[] = {
    ACCOUNT_ROW(NAME_ACCOUNT),
    {.name = NAME_OWNER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_BALANCE, .kind = FORM_UINT},
    {.name = NAME_OVERDRAWN, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
};
static const struct shape shape_balance = SHAPE_OF(balance_rows);

static const struct shape_row after_rows[] = {
    ACCOUNT_ROW(NAME_ACCOUNT),
    {.name = NAME_AFTER, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
};
static const struct shape shape_after = SHAPE_OF(after_rows);
static const struct shape_row line_rows[] = {
    {.name = NAME_INDEX, .kind = FORM_UINT},
    TRANSFER_ROW,
    {.name = NAME_ACCOUNT, .kind = FORM_ID, .min = 1, .max = 40},
    {.name = NAME_CREDIT, .kind = FORM_FLAG},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_DATE, .kind = FORM_DATE},
    {.name = NAME_PAYER, .kind = FORM_ID, .min = 1, .max = 64, .marks = FORM_OPTIONAL},
};
static const struct shape shape_line = SHAPE_OF(line_rows);
static const struct shape_row lines_rows[] = {
    {.name = NAME_LINES, .kind = FORM_LIST, .max = 100, .inner = &shape_line}};
static const struct shape shape_lines = SHAPE_OF(lines_rows);

/// Which sale is paid: the fields that the seller finds it by, all of them or none.
static const struct shape_row sale_rows[] = {
    {.name = NAME_DATE, .kind = FORM_DATE},
    {.name = NAME_NUMBER, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_MAIL, .kind = FORM_ID, .min = 3, .max = 64},
    {.name = NAME_INSTANCE, .kind = FORM_ID, .min = 16, .max = 16, .marks = FORM_OPTIONAL},
};
static const struct shape shape_sale = SHAPE_OF(sale_rows);

static const struct shape_row transfer_rows[] = {
    CLIENT_ID_ROW,
    ACCOUNT_ROW(NAME_FROM),
    ACCOUNT_ROW(NAME_TO),
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_SALE, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_sale},
    {.name = NAME_PAYER, .kind = FORM_ID, .min = 1, .max = 64, .marks = FORM_OPTIONAL},
};
static const struct shape shape_transfer = SHAPE_OF(transfer_rows);

static const struct shape_row payment_rows[] = {
    CLIENT_ID_ROW,
    ACCOUNT_ROW(NAME_TO),
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_PAYER, .kind = FORM_ID, .min = 1, .max = 64, .marks = FORM_OPTIONAL},
};
static const struct shape shape_payment = SHAPE_OF(payment_rows);

static const struct shape_row booked_rows[] = {TRANSFER_ROW,
                                               {.name = NAME_DATE, .kind = FORM_DATE}};
static const struct shape shape_booked = SHAPE_OF(booked_rows);

static const struct shape_row ask_rows[] = {TRANSFER_ROW};
static const struct shape shape_ask = SHAPE_OF(ask_rows);
static const struct shape_row told_rows[] = {
    TRANSFER_ROW,
    ACCOUNT_ROW(NAME_FROM),
    ACCOUNT_ROW(NAME_TO),
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_SALE, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_sale},
    {.name = NAME_DATE, .kind = FORM_DATE},
    {.name = NAME_OUTCOME, .kind = FORM_ID, .min = 1, .max = 16},
};
static const struct shape shape_told = SHAPE_OF(told_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word bank_unknown = {"unknown-account", 404, "There is no such account"};
const struct problem_word bank_taken = {"account-taken", 409, "The account's id is in use"};
const struct problem_word bank_unit = {"wrong-unit", 409, "The account is of another unit"};
const struct problem_word bank_funds = {"funds", 409, "The account does not hold as much"};
const struct problem_word bank_twin = {"transfer-reused", 422,
                                       "The id stands for another transfer"};

static const struct problem_word *const open_refusals[] = {&bank_taken, NULL};
static const struct problem_word *const booking_refusals[] = {&bank_unknown, &bank_unit,
                                                              &bank_funds, &bank_twin, NULL};

// ---- rows --------------------------------------------------------------------------------------

enum {
    OWNERS_OF_ACCOUNTS = ROLE_WALLET | ROLE_SELLER | ROLE_CENTER | ROLE_PROVIDER | ROLE_TELCO |
                         ROLE_BANK | ROLE_OPERATOR,
};

const struct endpoint bank_account = {.name = "bank.account",
                                      .method = "PUT",
                                      .path = "/v1/accounts/{account}",
                                      .roles = ROLE_OPERATOR,
                                      .key = KEY_NEEDED,
                                      .body_max = 400,
                                      .request = &shape_open,
                                      .answer = &shape_account,
                                      .refusals = open_refusals,
                                      .title = "open an account"};
const struct endpoint bank_account_read = {.name = "bank.account.read",
                                           .method = "GET",
                                           .path = "/v1/accounts/{account}",
                                           .roles = OWNERS_OF_ACCOUNTS,
                                           .owner = OWNER_STORED,
                                           .owner_free = ROLE_OPERATOR,
                                           .owner_field = NAME_ACCOUNT,
                                           .request = &shape_account,
                                           .answer = &shape_balance,
                                           .title = "what an account holds"};
const struct endpoint bank_statement = {
    .name = "bank.statement",
    .method = "GET",
    .path = "/v1/accounts/{account}/lines",
    .roles = OWNERS_OF_ACCOUNTS,
    .owner = OWNER_STORED,
    .owner_free = ROLE_OPERATOR,
    .owner_field = NAME_ACCOUNT,
    .request = &shape_after,
    .answer = &shape_lines,
    .title = "what was booked behind \"after\", in the order of the journal"};
const struct endpoint bank_payment = {.name = "bank.payment",
                                      .method = "POST",
                                      .path = "/v1/payments",
                                      .roles = ROLE_OPERATOR,
                                      .key = KEY_NEEDED,
                                      .body_max = 400,
                                      .request = &shape_payment,
                                      .answer = &shape_booked,
                                      .refusals = booking_refusals,
                                      .title = "money that came in: cash, or from another bank"};
const struct endpoint bank_transfer = {.name = "bank.transfer",
                                       .method = "POST",
                                       .path = "/v1/transfers",
                                       .roles = ROLE_CENTER | ROLE_TELCO,
                                       .owner = OWNER_STORED,
                                       .owner_field = NAME_FROM,
                                       .key = KEY_NEEDED,
                                       .body_max = 600,
                                       .request = &shape_transfer,
                                       .answer = &shape_booked,
                                       .refusals = booking_refusals,
                                       .title = "move money on the order of its owner",
                                       .clause = "P 0048-0049",
                                       .behaviours = "P1-22 P1-29 P1-30 S01f"};
const struct endpoint bank_transfer_read = {.name = "bank.transfer.read",
                                            .method = "GET",
                                            .path = "/v1/transfers/{transfer}",
                                            .roles = OWNERS_OF_ACCOUNTS,
                                            .owner = OWNER_STORED,
                                            .owner_free = ROLE_OPERATOR,
                                            .owner_field = NAME_TRANSFER,
                                            .request = &shape_ask,
                                            .answer = &shape_told,
                                            .title = "a transfer that one ordered, and its notice",
                                            .behaviours = "P1-30"};

const struct endpoint bank_docket = {.name = "bank.docket",
                                     .method = "POST",
                                     .path = "/v1/dockets",
                                     .roles = ROLE_WALLET,
                                     .key = KEY_NEEDED,
                                     .body_max = 8192,
                                     .request = &shape_docket,
                                     .answer = &shape_decided,
                                     .refusals = docket_refusals,
                                     .title = "pay for a ticket from the account of this card",
                                     .clause = "P 0278",
                                     .behaviours = "M17"};

static const struct endpoint *const endpoints[] = {
    &bank_account,  &bank_account_read,  &bank_statement, &bank_payment,
    &bank_transfer, &bank_transfer_read, &bank_docket};
const struct api bank_api = {"bank", endpoints, sizeof endpoints / sizeof endpoints[0]};
