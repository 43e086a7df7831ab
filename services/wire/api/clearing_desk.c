// SPDX-License-Identifier: Apache-2.0
// The operator's desk of the clearing center: lost cards, the hotlist, what may be seen, what a
// person decides.
#include "services/wire/api/clearing_api.h"

#include "services/wire/api/clearing_rows.h"

// ---- shapes ------------------------------------------------------------------------------------

static const struct shape_row lost_rows[] = {PURSE_ROW, UNIT_ROW};
static const struct shape shape_lost = SHAPE_OF(lost_rows);
static const struct shape_row due_rows[] = {ID_ROW(NAME_OUTCOME, 16),
                                            {.name = NAME_DATE, .kind = FORM_DATE},
                                            {.name = NAME_BALANCE, .kind = FORM_UINT}};
static const struct shape shape_due = SHAPE_OF(due_rows);

static const struct shape_row audience_rows[] = {ID_ROW(NAME_AUDIENCE, 16)};
static const struct shape shape_audience = SHAPE_OF(audience_rows);
static const struct shape_row revoke_rows[] = {
    {.name = NAME_CERTIFICATE, .kind = FORM_CERTIFICATE}};
static const struct shape shape_revoke = SHAPE_OF(revoke_rows);
static const struct shape_row id_rows[] = {ID_ROW(NAME_ID, HOLDER_MAX)};
static const struct shape shape_id = SHAPE_OF(id_rows);

#define LANGUAGE_ROW                                                                               \
    { .name = NAME_LANGUAGE, .kind = FORM_ID, .min = 2, .max = 2, .marks = FORM_OPTIONAL }
static const struct shape_row page_rows[] = {LANGUAGE_ROW};
static const struct shape shape_page = SHAPE_OF(page_rows);
/// after, n: of the last line of the page before.
static const struct shape_row list_rows[] = {
    ID_ROW(NAME_WORD, 32),
    {.name = NAME_AFTER, .kind = FORM_ID, .min = 1, .max = 96, .marks = FORM_OPTIONAL},
    {.name = NAME_N, .kind = FORM_UINT, .max = UINT32_MAX, .marks = FORM_OPTIONAL},
    LANGUAGE_ROW};
static const struct shape shape_list = SHAPE_OF(list_rows);

static const struct shape_row count_rows[] = {ID_ROW(NAME_WORD, 32),
                                              {.name = NAME_N, .kind = FORM_UINT}};
static const struct shape shape_count = SHAPE_OF(count_rows);
/// below: so much under 0.
static const struct shape_row balance_rows[] = {
    ID_ROW(NAME_WORD, 16),
    UNIT_ROW,
    {.name = NAME_BALANCE, .kind = FORM_UINT},
    {.name = NAME_BELOW, .kind = FORM_UINT, .marks = FORM_OPTIONAL}};
static const struct shape shape_balance = SHAPE_OF(balance_rows);
static const struct shape_row status_rows[] = {
    {.name = NAME_COUNTS, .kind = FORM_LIST, .max = 32, .inner = &shape_count},
    {.name = NAME_BALANCES, .kind = FORM_LIST, .max = 512, .inner = &shape_balance}};
static const struct shape shape_status = SHAPE_OF(status_rows);

static const struct shape_row trace_rows[] = {
    ID_ROW(NAME_PAYER, HOLDER_PURSE_MAX),
    {.name = NAME_COUNTER, .kind = FORM_UINT, .max = UINT32_MAX}};
static const struct shape shape_trace = SHAPE_OF(trace_rows);
/// settled-sum: so much of it was paid out or waits for a person; word: why it does.
static const struct shape_row traced_rows[] = {
    ID_ROW(NAME_PAYEE, HOLDER_PURSE_MAX),
    {.name = NAME_N, .kind = FORM_UINT},
    ID_ROW(NAME_STATE, 16),
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_REFUNDED, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
    {.name = NAME_SETTLED_SUM, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
    {.name = NAME_BATCH_NUMBER, .kind = FORM_UINT, .marks = FORM_OPTIONAL},
    {.name = NAME_WORD, .kind = FORM_ID, .min = 1, .max = 32, .marks = FORM_OPTIONAL},
    {.name = NAME_USAGE, .kind = FORM_OBJECT, .min = OBJECT_USAGE_LOG, .marks = FORM_OPTIONAL},
    {.name = NAME_END, .kind = FORM_OBJECT, .marks = FORM_OPTIONAL}};
static const struct shape shape_traced = SHAPE_OF(traced_rows);

static const struct shape_row after_rows[] = {
    {.name = NAME_AFTER, .kind = FORM_ID, .min = 1, .max = 64, .marks = FORM_OPTIONAL}};
static const struct shape shape_after = SHAPE_OF(after_rows);
static const struct shape_row payout_rows[] = {ID_ROW(NAME_ID, 64),
                                               ID_ROW(NAME_CAUSE, 64),
                                               ID_ROW(NAME_PARTY, HOLDER_MAX),
                                               UNIT_ROW,
                                               {.name = NAME_BALANCE, .kind = FORM_UINT},
                                               ID_ROW(NAME_STATE, 16)};
static const struct shape shape_payout = SHAPE_OF(payout_rows);
static const struct shape_row payouts_rows[] = {
    {.name = NAME_PAYOUTS, .kind = FORM_LIST, .max = 100, .inner = &shape_payout}};
static const struct shape shape_payouts = SHAPE_OF(payouts_rows);

static const struct shape_row suspended_rows[] = {
    ID_ROW(NAME_PAYEE, HOLDER_PURSE_MAX),
    {.name = NAME_N, .kind = FORM_UINT},
    {.name = NAME_BATCH_NUMBER, .kind = FORM_UINT},
    UNIT_ROW,
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    ID_ROW(NAME_WORD, 32),
    {.name = NAME_PAYER, .kind = FORM_ID, .min = 1, .max = 16, .marks = FORM_OPTIONAL}};
static const struct shape shape_suspended = SHAPE_OF(suspended_rows);
static const struct shape_row suspense_rows[] = {
    {.name = NAME_SUSPENSE, .kind = FORM_LIST, .max = 100, .inner = &shape_suspended}};
static const struct shape shape_suspense = SHAPE_OF(suspense_rows);
static const struct shape_row decide_rows[] = {
    ID_ROW(NAME_PAYEE, HOLDER_PURSE_MAX),
    {.name = NAME_N, .kind = FORM_UINT, .max = UINT32_MAX},
    {.name = NAME_BATCH_NUMBER, .kind = FORM_UINT, .max = UINT32_MAX},
    UNIT_ROW,
    ID_ROW(NAME_OUTCOME, 16)};
static const struct shape shape_decide = SHAPE_OF(decide_rows);
static const struct shape_row decided_rows[] = {ID_ROW(NAME_OUTCOME, 16)};
static const struct shape shape_decided = SHAPE_OF(decided_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word clearing_no_list = {"no-list", 404, "There is no such list"};
const struct problem_word clearing_decision = {"decision", 422, "There is no such decision"};
const struct problem_word clearing_unknown_log = {"unknown-log", 404, "There is no such log here"};

static const struct problem_word *const lost_refusals[] = {&clearing_unknown_purse, NULL};
static const struct problem_word *const hotlist_refusals[] = {&clearing_no_list, NULL};
static const struct problem_word *const revoke_refusals[] = {&clearing_certificate, NULL};
static const struct problem_word *const trace_refusals[] = {&clearing_unknown_log, NULL};
static const struct problem_word *const list_refusals[] = {&clearing_no_list, NULL};
static const struct problem_word *const decide_refusals[] = {
    &clearing_unknown_log, &clearing_unknown_purse, &clearing_decision, &clearing_overflow, NULL};

// ---- rows --------------------------------------------------------------------------------------

const struct endpoint clearing_lost = {
    .name = "clearing.lost",
    .method = "POST",
    .path = "/v1/purses/{purse}/refunds",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 200,
    .request = &shape_lost,
    .answer = &shape_due,
    .refusals = lost_refusals,
    .title = "a card is lost: listed now, paid when nobody can pay with it"};
const struct endpoint clearing_hotlist = {.name = "clearing.hotlist",
                                          .method = "GET",
                                          .path = "/v1/hotlist/{audience}",
                                          .roles = ROLE_NONE,
                                          .request = &shape_audience,
                                          .answer = &shape_none,
                                          .refusals = hotlist_refusals,
                                          .answer_media = "application/octet-stream",
                                          .title = "the hotlist for wallets, machines or hosts"};
const struct endpoint clearing_revoke = {.name = "clearing.revoke",
                                         .method = "POST",
                                         .path = "/v1/revocations",
                                         .roles = ROLE_OPERATOR,
                                         .key = KEY_NEEDED,
                                         .body_max = 1000,
                                         .request = &shape_revoke,
                                         .answer = &shape_id,
                                         .refusals = revoke_refusals,
                                         .title = "what the authority revoked goes on the hotlist"};
const struct endpoint clearing_status = {.name = "clearing.status",
                                         .method = "GET",
                                         .path = "/v1/status",
                                         .roles = ROLE_OPERATOR | ROLE_AUDITOR,
                                         .request = &shape_none,
                                         .answer = &shape_status,
                                         .title = "how much there is of everything"};
const struct endpoint clearing_trace = {.name = "clearing.trace",
                                        .method = "GET",
                                        .path = "/v1/trace/{payer}/{counter}",
                                        .roles = ROLE_OPERATOR | ROLE_AUDITOR,
                                        .request = &shape_trace,
                                        .answer = &shape_traced,
                                        .refusals = trace_refusals,
                                        .title = "one payment from its log to its payout"};
const struct endpoint clearing_payouts = {.name = "clearing.payouts",
                                          .method = "GET",
                                          .path = "/v1/payouts",
                                          .roles = ROLE_OPERATOR | ROLE_AUDITOR,
                                          .request = &shape_after,
                                          .answer = &shape_payouts,
                                          .title = "what was ordered of the bank"};
const struct endpoint clearing_suspense = {.name = "clearing.suspense",
                                           .method = "GET",
                                           .path = "/v1/suspense",
                                           .roles = ROLE_OPERATOR | ROLE_AUDITOR,
                                           .request = &shape_none,
                                           .answer = &shape_suspense,
                                           .title = "what waits for a person"};
const struct endpoint clearing_decide = {
    .name = "clearing.decide",
    .method = "POST",
    .path = "/v1/suspense/{payee}",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 400,
    .request = &shape_decide,
    .answer = &shape_decided,
    .refusals = decide_refusals,
    .title = "a person decides what waits: pay, return or write-off"};
const struct endpoint clearing_page = {
    .name = "clearing.page",
    .method = "GET",
    .path = "/operator",
    .roles = ROLE_OPERATOR | ROLE_AUDITOR,
    .request = &shape_page,
    .answer = &shape_none,
    .answer_media = "text/html; charset=utf-8",
    .title = "the operator's page: what there is, what waits, what needs a person"};
const struct endpoint clearing_page_list = {
    .name = "clearing.page.list",
    .method = "GET",
    .path = "/operator/{word}",
    .roles = ROLE_OPERATOR | ROLE_AUDITOR,
    .request = &shape_list,
    .answer = &shape_none,
    .answer_media = "text/html; charset=utf-8",
    .refusals = list_refusals,
    .title = "the objects behind a number of the operator's page, a hundred behind \"after\""};
