// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/clearing_api.h"

#include "services/wire/api/clearing_rows.h"

enum {
    PURSE_HOSTS = ROLE_WALLET | ROLE_TILL | ROLE_FLOAT | ROLE_SELLER | ROLE_STORE,
    CHAIN = 3,
    STATEMENT_BODY = 12 * 1024,
    BATCH_BODY = 16 * 1024,
    LOGS_BODY = 160 * 1024,
    EVIDENCE_BODY = 32 * 1024,
};

// ---- shapes ------------------------------------------------------------------------------------

static const struct shape_row certificate_rows[] = {
    {.name = NAME_CERTIFICATE, .kind = FORM_CERTIFICATE}};
static const struct shape shape_certificate = SHAPE_BARE(certificate_rows);
#define CHAIN_ROW                                                                                  \
    {                                                                                              \
        .name = NAME_CERTIFICATES, .kind = FORM_LIST, .min = CHAIN, .max = CHAIN,                  \
        .inner = &shape_certificate                                                                \
    }

static const struct shape_row center_rows[] = {CHAIN_ROW};
static const struct shape shape_center = SHAPE_OF(center_rows);

/// Absent limits are the center's own.
static const struct shape_row new_purse_rows[] = {
    CHAIN_ROW,
    OPTIONAL_ID_ROW(NAME_HOST),
    OPTIONAL_ID_ROW(NAME_USER),
    OPTIONAL_ID_ROW(NAME_DEVICE),
    LIMIT_ROW(NAME_LIMIT_BALANCE, 0),
    LIMIT_ROW(NAME_LIMIT_SINGLE, 0),
    LIMIT_ROW(NAME_NO_PIN_SINGLE, 0),
    LIMIT_ROW(NAME_NO_PIN_SUM, 0),
    LIMIT_ROW(NAME_NO_PIN_COUNT, UINT16_MAX),
    LIMIT_ROW(NAME_OFFLINE_COUNT, UINT32_MAX),
    LIMIT_ROW(NAME_OFFLINE_SUM, 0),
};
static const struct shape shape_new_purse = SHAPE_OF(new_purse_rows);
static const struct shape_row purse_rows[] = {PURSE_ROW};
static const struct shape shape_purse = SHAPE_OF(purse_rows);

static const struct shape_row party_rows[] = {ID_ROW(NAME_PARTY, HOLDER_MAX),
                                              ID_ROW(NAME_ACCOUNT, 64)};
static const struct shape shape_party = SHAPE_OF(party_rows);

static const struct shape_row policy_rows[] = {
    {.name = NAME_POLICY, .kind = FORM_SHAPE, .inner = &shape_envelope}};
static const struct shape shape_policy = SHAPE_OF(policy_rows);
static const struct shape_row hash_rows[] = {
    {.name = NAME_HASH, .kind = FORM_OCTETS, .min = 32, .max = 32}};
static const struct shape shape_hash = SHAPE_OF(hash_rows);

static const struct shape_row incoming_rows[] = {
    ID_ROW(NAME_TRANSFER, 64), PURSE_ROW, {.name = NAME_AMOUNT, .kind = FORM_AMOUNT}, UNIT_ROW};
static const struct shape shape_incoming = SHAPE_OF(incoming_rows);
static const struct shape_row transfer_rows[] = {ID_ROW(NAME_TRANSFER, 64)};
static const struct shape shape_transfer = SHAPE_OF(transfer_rows);

/// amount: minor units of money that one of the unit is worth.
static const struct shape_row scheme_rows[] = {UNIT_ROW,
                                               ID_ROW(NAME_PARTY, HOLDER_MAX),
                                               {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
                                               {.name = NAME_MONEY, .kind = FORM_UNIT}};
static const struct shape shape_scheme = SHAPE_OF(scheme_rows);

static const struct shape_row challenge_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_STATEMENT_CHALLENGE}};
static const struct shape shape_challenge = SHAPE_OF(challenge_rows);

static const struct shape_row told_rows[] = {PURSE_ROW, STATEMENT_ROW};
static const struct shape shape_told = SHAPE_OF(told_rows);
static const struct shape_row issue_rows[] = {PURSE_ROW, STATEMENT_ROW, UNIT_ROW};
static const struct shape shape_issue = SHAPE_OF(issue_rows);
static const struct shape_row issued_rows[] = {PURSE_ROW, UNIT_ROW};
static const struct shape shape_issued = SHAPE_OF(issued_rows);
static const struct shape_row log_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_ISSUE_LOG}};
static const struct shape shape_log = SHAPE_OF(log_rows);

static const struct shape_row log_item_rows[] = {
    {.name = NAME_USAGE, .kind = FORM_OBJECT, .min = OBJECT_USAGE_LOG, .marks = FORM_OPTIONAL},
    {.name = NAME_END, .kind = FORM_OBJECT, .marks = FORM_OPTIONAL},
};
static const struct shape shape_log_item = SHAPE_OF(log_item_rows);
static const struct shape_row logs_rows[] = {
    PURSE_ROW,
    {.name = NAME_CERTIFICATES,
     .kind = FORM_LIST,
     .min = 2,
     .max = 256,
     .inner = &shape_certificate},
    {.name = NAME_LOGS,
     .kind = FORM_LIST,
     .min = 1,
     .max = CLEARING_LOGS_MOST,
     .inner = &shape_log_item},
};
static const struct shape shape_logs = SHAPE_OF(logs_rows);
static const struct shape_row log_outcome_rows[] = {
    ID_ROW(NAME_OUTCOME, 16),
    {.name = NAME_WORD, .kind = FORM_ID, .min = 1, .max = 32, .marks = FORM_OPTIONAL},
};
static const struct shape shape_log_outcome = SHAPE_OF(log_outcome_rows);
static const struct shape_row log_outcomes_rows[] = {
    {.name = NAME_LOGS, .kind = FORM_LIST, .max = CLEARING_LOGS_MOST, .inner = &shape_log_outcome}};
static const struct shape shape_log_outcomes = SHAPE_OF(log_outcomes_rows);

/// Objects that the center itself signed.
static const struct shape_row shown_rows[] = {{.name = NAME_OBJECT, .kind = FORM_OBJECT}};
static const struct shape shape_shown = SHAPE_OF(shown_rows);
static const struct shape_row evidence_rows[] = {
    PURSE_ROW,
    {.name = NAME_CERTIFICATES,
     .kind = FORM_LIST,
     .min = 2,
     .max = 16,
     .inner = &shape_certificate},
    {.name = NAME_EVIDENCE,
     .kind = FORM_LIST,
     .min = 1,
     .max = CLEARING_EVIDENCE_MOST,
     .inner = &shape_shown},
};
static const struct shape shape_evidence = SHAPE_OF(evidence_rows);
static const struct shape_row evidence_outcome_rows[] = {{.name = NAME_EVIDENCE,
                                                          .kind = FORM_LIST,
                                                          .max = CLEARING_EVIDENCE_MOST,
                                                          .inner = &shape_log_outcome}};
static const struct shape shape_evidence_outcomes = SHAPE_OF(evidence_outcome_rows);
static const struct shape_row restored_rows[] = {{.name = NAME_DATE, .kind = FORM_DATE}};
static const struct shape shape_restored = SHAPE_OF(restored_rows);

static const struct shape_row batch_rows[] = {
    PURSE_ROW,
    {.name = NAME_BATCH, .kind = FORM_SHAPE, .inner = &shape_envelope},
    {.name = NAME_STATEMENT, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_envelope},
};
static const struct shape shape_batch = SHAPE_OF(batch_rows);
static const struct shape_row missing_rows[] = {{.name = NAME_N, .kind = FORM_UINT}};
static const struct shape shape_missing = SHAPE_BARE(missing_rows);
/// object: where the outcome is settled or released.
static const struct shape_row batch_end_rows[] = {
    ID_ROW(NAME_OUTCOME, 16),
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .marks = FORM_OPTIONAL},
    {.name = NAME_MISSING,
     .kind = FORM_LIST,
     .max = 64,
     .marks = FORM_OPTIONAL,
     .inner = &shape_missing},
};
static const struct shape shape_batch_end = SHAPE_OF(batch_end_rows);

static const struct shape_row acknowledged_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_ACKNOWLEDGEMENT}};
static const struct shape shape_acknowledged = SHAPE_OF(acknowledged_rows);
static const struct shape_row redemption_rows[] = {
    PURSE_ROW, STATEMENT_ROW, {.name = NAME_AMOUNT, .kind = FORM_AMOUNT}, UNIT_ROW};
static const struct shape shape_redemption = SHAPE_OF(redemption_rows);
static const struct shape_row redeemed_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_REFUND}};
static const struct shape shape_redeemed = SHAPE_OF(redeemed_rows);
static const struct shape_row order_rows[] = {
    PURSE_ROW,
    {.name = NAME_N, .kind = FORM_UINT, .min = 1, .max = UINT32_MAX},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT}};
static const struct shape shape_order = SHAPE_OF(order_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word clearing_certificate = {"certificate", 422,
                                                  "A certificate is not good here"};
const struct problem_word clearing_known = {"known", 409, "The name is another card's"};
const struct problem_word clearing_policy_bad = {"policy", 422, "The policy is not its provider's"};
const struct problem_word clearing_unknown_purse = {"unknown-purse", 404,
                                                    "There is no such purse here"};
const struct problem_word clearing_transfer_taken = {"transfer-taken", 409,
                                                     "The transfer arrived with other terms"};
const struct problem_word clearing_statement = {"statement", 422,
                                                "The statement answers no challenge of ours"};
const struct problem_word clearing_no_transfer = {"no-transfer", 409,
                                                  "No transfer waits for this purse"};
const struct problem_word clearing_unit = {"wrong-unit", 409, "The unit is not whose it should be"};
const struct problem_word clearing_scheme_taken = {"scheme-taken", 409,
                                                   "The unit is another scheme's"};
const struct problem_word clearing_rolled_back = {"rolled-back", 409,
                                                  "The purse is behind what it signed before"};
const struct problem_word clearing_books = {"books", 409,
                                            "The purse says another sum than the books"};
const struct problem_word clearing_listed = {"hotlisted", 409, "The purse is on the hotlist"};
const struct problem_word clearing_claim = {"claim", 409, "Loads of this purse are not proven"};
const struct problem_word clearing_overflow = {"overflow", 409, "The sum would pass 2^63-1"};

const struct problem_word clearing_batch_bad = {"batch", 422, "The batch is not good"};
const struct problem_word clearing_ended = {"ended", 409, "The batch has its other end"};

const struct problem_word clearing_withheld = {"withheld", 409, "Logs are missing"};
const struct problem_word clearing_insufficient = {"insufficient", 409, "There is not as much"};

static const struct problem_word *const purse_refusals[] = {&clearing_certificate, &clearing_known,
                                                            NULL};
static const struct problem_word *const policy_refusals[] = {&clearing_policy_bad, NULL};
static const struct problem_word *const incoming_refusals[] = {
    &clearing_unknown_purse, &clearing_transfer_taken, &clearing_unit, &clearing_overflow, NULL};
static const struct problem_word *const scheme_refusals[] = {&clearing_scheme_taken, NULL};
static const struct problem_word *const issue_refusals[] = {
    &clearing_certificate,   &clearing_statement,
    &clearing_no_transfer,   &clearing_rolled_back,
    &clearing_books,         &clearing_listed,
    &clearing_claim,         &clearing_overflow,
    &clearing_unknown_purse, NULL};
static const struct problem_word *const told_refusals[] = {
    &clearing_certificate, &clearing_statement, &clearing_rolled_back,
    &clearing_books,       &clearing_overflow,  NULL};
static const struct problem_word *const unknown_refusals[] = {&clearing_unknown_purse, NULL};
static const struct problem_word *const logs_refusals[] = {&clearing_overflow, NULL};
static const struct problem_word *const batch_refusals[] = {
    &clearing_certificate, &clearing_batch_bad, &clearing_ended,    &clearing_statement,
    &clearing_rolled_back, &clearing_books,     &clearing_overflow, NULL};
static const struct problem_word *const acknowledge_refusals[] = {
    &clearing_certificate, &clearing_statement, &clearing_rolled_back, &clearing_books,
    &clearing_overflow,    &clearing_listed,    &clearing_withheld,    NULL};
static const struct problem_word *const redeem_refusals[] = {
    &clearing_certificate,  &clearing_statement, &clearing_rolled_back,
    &clearing_books,        &clearing_overflow,  &clearing_listed,
    &clearing_insufficient, &clearing_claim,     NULL};
static const struct problem_word *const order_refusals[] = {&clearing_insufficient,
                                                            &clearing_overflow, NULL};
static const struct problem_word *const issued_refusals[] = {&clearing_no_transfer, NULL};

// ---- rows --------------------------------------------------------------------------------------

const struct endpoint clearing_center = {.name = "clearing.center",
                                         .method = "GET",
                                         .path = "/v1/center",
                                         .request = &shape_none,
                                         .answer = &shape_center,
                                         .title = "certificates of who signs here"};
const struct endpoint clearing_purse = {.name = "clearing.purse",
                                        .method = "POST",
                                        .path = "/v1/purses",
                                        .roles = ROLE_OPERATOR,
                                        .key = KEY_NEEDED,
                                        .body_max = 4096,
                                        .request = &shape_new_purse,
                                        .answer = &shape_purse,
                                        .refusals = purse_refusals,
                                        .title =
                                            "make a purse known: whose it is, who speaks for it",
                                        .clause = "S cl.4 9",
                                        .behaviours = "S04a S09"};
const struct endpoint clearing_certificates = {
    .name = "clearing.certificates",
    .method = "GET",
    .path = "/v1/purses/{purse}/certificates",
    .roles = PURSE_HOSTS | ROLE_OPERATOR | ROLE_AUDITOR,
    .request = &shape_purse,
    .answer = &shape_center,
    .refusals = unknown_refusals,
    .title = "certificates of a purse: what verifies what it signs",
    .clause = "S cl.8",
    .behaviours = "S08"};
const struct endpoint clearing_party = {.name = "clearing.party",
                                        .method = "PUT",
                                        .path = "/v1/parties/{party}",
                                        .roles = ROLE_OPERATOR,
                                        .key = KEY_NEEDED,
                                        .body_max = 500,
                                        .request = &shape_party,
                                        .answer = &shape_party,
                                        .title = "the account to which a party is paid"};
const struct endpoint clearing_policy = {.name = "clearing.policy",
                                         .method = "POST",
                                         .path = "/v1/policies",
                                         .roles = ROLE_PROVIDER | ROLE_SELLER | ROLE_OPERATOR,
                                         .key = KEY_NEEDED,
                                         .body_max = 8192,
                                         .request = &shape_policy,
                                         .answer = &shape_hash,
                                         .refusals = policy_refusals,
                                         .title = "make a policy known: prices and shares",
                                         .clause = "S cl.6",
                                         .behaviours = "S06a"};
const struct endpoint clearing_incoming = {.name = "clearing.incoming",
                                           .method = "POST",
                                           .path = "/v1/incoming",
                                           .roles = ROLE_BANK,
                                           .key = KEY_NEEDED,
                                           .body_max = 500,
                                           .request = &shape_incoming,
                                           .answer = &shape_transfer,
                                           .refusals = incoming_refusals,
                                           .title = "a transfer for a purse has arrived",
                                           .clause = "S cl.12",
                                           .behaviours = "S12a S12b"};
const struct endpoint clearing_scheme = {
    .name = "clearing.scheme",
    .method = "POST",
    .path = "/v1/schemes",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 400,
    .request = &shape_scheme,
    .answer = &shape_scheme,
    .refusals = scheme_refusals,
    .title = "a scheme of points, vouchers or coupons: its unit, who redeems it, for how much",
    .behaviours = "M23"};
const struct endpoint clearing_grant = {.name = "clearing.grant",
                                        .method = "POST",
                                        .path = "/v1/grants",
                                        .roles = ROLE_SELLER | ROLE_PROVIDER,
                                        .key = KEY_NEEDED,
                                        .body_max = 500,
                                        .request = &shape_incoming,
                                        .answer = &shape_transfer,
                                        .refusals = incoming_refusals,
                                        .title = "a scheme grants a purse so many of its unit",
                                        .behaviours = "M23"};
const struct endpoint clearing_challenge = {.name = "clearing.challenge",
                                            .method = "POST",
                                            .path = "/v1/purses/{purse}/challenges",
                                            .roles = PURSE_HOSTS,
                                            .owner = OWNER_STORED,
                                            .owner_field = NAME_PURSE,
                                            .key = KEY_NEEDED,
                                            .body_max = 100,
                                            .request = &shape_purse,
                                            .answer = &shape_challenge,
                                            .title = "ask a purse what it holds",
                                            .clause = "S cl.13",
                                            .behaviours = "S13a"};
const struct endpoint clearing_told = {.name = "clearing.told",
                                       .method = "POST",
                                       .path = "/v1/purses/{purse}/statements",
                                       .roles = PURSE_HOSTS,
                                       .owner = OWNER_STORED,
                                       .owner_field = NAME_PURSE,
                                       .key = KEY_NEEDED,
                                       .body_max = STATEMENT_BODY,
                                       .request = &shape_told,
                                       .answer = &shape_purse,
                                       .refusals = told_refusals,
                                       .title = "tell what a purse holds: what was open ends",
                                       .clause = "S cl.4 13",
                                       .behaviours = "S04a S13a"};
const struct endpoint clearing_issue = {.name = "clearing.issue",
                                        .method = "POST",
                                        .path = "/v1/purses/{purse}/issue-logs",
                                        .roles = PURSE_HOSTS,
                                        .owner = OWNER_STORED,
                                        .owner_field = NAME_PURSE,
                                        .key = KEY_NEEDED,
                                        .body_max = STATEMENT_BODY,
                                        .request = &shape_issue,
                                        .answer = &shape_log,
                                        .refusals = issue_refusals,
                                        .title = "an issue log over what was transferred",
                                        .clause = "S cl.1 4 12 13 14",
                                        .behaviours = "S01e S04b S12a S12b S13b S14a S14b"};
const struct endpoint clearing_issued = {.name = "clearing.issued",
                                         .method = "GET",
                                         .path = "/v1/purses/{purse}/issue-logs",
                                         .roles = PURSE_HOSTS,
                                         .owner = OWNER_STORED,
                                         .owner_field = NAME_PURSE,
                                         .request = &shape_issued,
                                         .answer = &shape_log,
                                         .refusals = issued_refusals,
                                         .title = "the newest issue log again"};

const struct endpoint clearing_logs = {.name = "clearing.logs",
                                       .method = "POST",
                                       .path = "/v1/purses/{purse}/logs",
                                       .roles = PURSE_HOSTS,
                                       .owner = OWNER_STORED,
                                       .owner_field = NAME_PURSE,
                                       .key = KEY_NEEDED,
                                       .body_max = LOGS_BODY,
                                       .request = &shape_logs,
                                       .answer = &shape_log_outcomes,
                                       .refusals = logs_refusals,
                                       .title = "hand in what a till or float did",
                                       .clause = "S cl.1 3 8 11",
                                       .behaviours = "S01e S03b S06b S08 S11"};
const struct endpoint clearing_batches = {.name = "clearing.batch",
                                          .method = "POST",
                                          .path = "/v1/purses/{purse}/batches",
                                          .roles = PURSE_HOSTS,
                                          .owner = OWNER_STORED,
                                          .owner_field = NAME_PURSE,
                                          .key = KEY_NEEDED,
                                          .body_max = BATCH_BODY,
                                          .request = &shape_batch,
                                          .answer = &shape_batch_end,
                                          .refusals = batch_refusals,
                                          .title = "settle a till's batch",
                                          .clause = "S cl.1 6",
                                          .behaviours = "S01e S06c S15"};
const struct endpoint clearing_releases = {.name = "clearing.release",
                                           .method = "POST",
                                           .path = "/v1/purses/{purse}/releases",
                                           .roles = PURSE_HOSTS,
                                           .owner = OWNER_STORED,
                                           .owner_field = NAME_PURSE,
                                           .key = KEY_NEEDED,
                                           .body_max = BATCH_BODY,
                                           .request = &shape_batch,
                                           .answer = &shape_batch_end,
                                           .refusals = batch_refusals,
                                           .title = "give a till's batch back"};

const struct endpoint clearing_evidence = {
    .name = "clearing.evidence",
    .method = "POST",
    .path = "/v1/purses/{purse}/evidence",
    .roles = PURSE_HOSTS | ROLE_OPERATOR,
    .owner = OWNER_STORED,
    .owner_free = ROLE_OPERATOR,
    .owner_field = NAME_PURSE,
    .key = KEY_NEEDED,
    .body_max = EVIDENCE_BODY,
    .request = &shape_evidence,
    .answer = &shape_evidence_outcomes,
    .refusals = logs_refusals,
    .title = "what the center signed and, put back from a copy, no longer knows"};
const struct endpoint clearing_restored = {
    .name = "clearing.restored",
    .method = "PUT",
    .path = "/v1/restored",
    .roles = ROLE_OPERATOR,
    .key = KEY_NEEDED,
    .body_max = 100,
    .request = &shape_restored,
    .answer = &shape_restored,
    .title = "until when nobody is listed for what a copy of the books does not know"};

const struct endpoint clearing_acknowledgement = {
    .name = "clearing.acknowledgement",
    .method = "POST",
    .path = "/v1/purses/{purse}/acknowledgements",
    .roles = PURSE_HOSTS,
    .owner = OWNER_STORED,
    .owner_field = NAME_PURSE,
    .key = KEY_NEEDED,
    .body_max = STATEMENT_BODY,
    .request = &shape_told,
    .answer = &shape_acknowledged,
    .refusals = acknowledge_refusals,
    .title = "a fresh offline budget, and room in the window"};
const struct endpoint clearing_redemption = {.name = "clearing.redemption",
                                             .method = "POST",
                                             .path = "/v1/purses/{purse}/redemptions",
                                             .roles = PURSE_HOSTS,
                                             .owner = OWNER_STORED,
                                             .owner_field = NAME_PURSE,
                                             .key = KEY_NEEDED,
                                             .body_max = STATEMENT_BODY,
                                             .request = &shape_redemption,
                                             .answer = &shape_redeemed,
                                             .refusals = redeem_refusals,
                                             .title =
                                                 "value out of a purse, to its user's account"};
const struct endpoint clearing_order = {.name = "clearing.order",
                                        .method = "POST",
                                        .path = "/v1/purses/{purse}/orders",
                                        .roles = PURSE_HOSTS,
                                        .owner = OWNER_STORED,
                                        .owner_field = NAME_PURSE,
                                        .key = KEY_NEEDED,
                                        .body_max = 400,
                                        .request = &shape_order,
                                        .answer = &shape_purse,
                                        .refusals = order_refusals,
                                        .title = "a seller gives a settled sale back"};

static const struct endpoint *const endpoints[] = {
    &clearing_center,     &clearing_purse,    &clearing_certificates, &clearing_party,
    &clearing_policy,     &clearing_incoming, &clearing_scheme,       &clearing_grant,
    &clearing_challenge,  &clearing_told,     &clearing_issue,        &clearing_issued,
    &clearing_logs,       &clearing_batches,  &clearing_releases,     &clearing_acknowledgement,
    &clearing_redemption, &clearing_order,    &clearing_lost,         &clearing_hotlist,
    &clearing_revoke,     &clearing_status,   &clearing_trace,        &clearing_payouts,
    &clearing_suspense,   &clearing_decide,   &clearing_page,         &clearing_page_list,
    &clearing_evidence,   &clearing_restored};
const struct api clearing_api = {"clearing", endpoints, sizeof endpoints / sizeof endpoints[0]};
