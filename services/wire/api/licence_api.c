// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/licence_api.h"

// ---- shapes ------------------------------------------------------------------------------------

#define NUMBER_ROW                                                                                 \
    { .name = NAME_NUMBER, .kind = FORM_ID, .min = 1, .max = 16 }
#define CONTENT_ROW                                                                                \
    { .name = NAME_CONTENT, .kind = FORM_ID, .min = 1, .max = 16 }
#define ENTERPRISE_ROW                                                                             \
    { .name = NAME_ENTERPRISE, .kind = FORM_ID, .min = 1, .max = 16 }
#define MAIL_ROW                                                                                   \
    { .name = NAME_MAIL, .kind = FORM_ID, .min = 3, .max = 64 }
#define INSTANCE_ROW                                                                               \
    {                                                                                              \
        .name = NAME_INSTANCE, .kind = FORM_ID, .min = LICENCE_INSTANCE_SIZE,                      \
        .max = LICENCE_INSTANCE_SIZE                                                               \
    }

static const struct shape_row recipient_rows[] = {
    {.name = NAME_KEM_KEY, .kind = FORM_OCTETS, .min = 33, .max = 33}};
static const struct shape shape_recipient = SHAPE_OF(recipient_rows);

static const struct shape_row key_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 16},
    {.name = NAME_FINGERPRINT, .kind = FORM_OCTETS, .min = 16, .max = 16},
    {.name = NAME_WRAPPED_KEY, .kind = FORM_OCTETS, .min = 51, .max = 114, .marks = FORM_SECRET},
};
static const struct shape shape_key = SHAPE_OF(key_rows);
static const struct shape_row id_rows[] = {{.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 16}};
static const struct shape shape_id = SHAPE_OF(id_rows);

/// What a right says; plays absent is any number, copies absent is none.
#define RIGHT_ROWS                                                                                 \
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT}, {.name = NAME_UNIT, .kind = FORM_UNIT},            \
        {.name = NAME_PLAYS, .kind = FORM_UINT, .min = 1, .max = 65535, .marks = FORM_OPTIONAL},   \
        {.name = NAME_COPIES, .kind = FORM_UINT, .max = 255, .marks = FORM_OPTIONAL},              \
        {.name = NAME_FIRST_DAY, .kind = FORM_DATE, .marks = FORM_OPTIONAL},                       \
        {.name = NAME_LAST_DAY, .kind = FORM_DATE, .marks = FORM_OPTIONAL}, {                      \
        .name = NAME_ACTIONS, .kind = FORM_UINT, .min = 1, .max = ACTIONS_ALL,                     \
        .marks = FORM_OPTIONAL                                                                     \
    }

static const struct shape_row right_rows[] = {
    ENTERPRISE_ROW,
    CONTENT_ROW,
    RIGHT_ROWS,
    {.name = NAME_POLICY, .kind = FORM_OBJECT, .min = OBJECT_POLICY},
    {.name = NAME_SEALED, .kind = FORM_FLAG, .marks = FORM_OPTIONAL},
    {.name = NAME_ACTIVATOR, .kind = FORM_ID, .min = 1, .max = 12, .marks = FORM_OPTIONAL},
    {.name = NAME_NUMBER, .kind = FORM_ID, .min = 1, .max = 16, .marks = FORM_OPTIONAL},
};
static const struct shape shape_right = SHAPE_OF(right_rows);
static const struct shape_row number_rows[] = {NUMBER_ROW};
static const struct shape shape_number = SHAPE_OF(number_rows);

static const struct shape_row offer_rows[] = {NUMBER_ROW, ENTERPRISE_ROW, RIGHT_ROWS};
static const struct shape shape_offer = SHAPE_OF(offer_rows);
static const struct shape_row content_rows[] = {CONTENT_ROW};
static const struct shape shape_content = SHAPE_OF(content_rows);
static const struct shape_row offers_rows[] = {
    {.name = NAME_OFFERS, .kind = FORM_LIST, .max = 1000, .inner = &shape_offer}};
static const struct shape shape_offers = SHAPE_OF(offers_rows);

static const struct shape_row certificate_rows[] = {
    {.name = NAME_CERTIFICATE, .kind = FORM_CERTIFICATE}};
static const struct shape shape_certificate = SHAPE_BARE(certificate_rows);
/// An offer with whoever sells it: root, authority, seller.
static const struct shape_row offered_rows[] = {
    NUMBER_ROW,
    ENTERPRISE_ROW,
    RIGHT_ROWS,
    CONTENT_ROW,
    {.name = NAME_CERTIFICATES, .kind = FORM_LIST, .min = 3, .max = 3, .inner = &shape_certificate},
};
static const struct shape shape_offered = SHAPE_OF(offered_rows);

static const struct shape_row named_rows[] = {
    {.name = NAME_ID, .kind = FORM_ID, .min = 1, .max = 12}};
static const struct shape shape_named = SHAPE_BARE(named_rows);
#define NAMED_ROW                                                                                  \
    {                                                                                              \
        .name = NAME_NAMED, .kind = FORM_LIST, .max = 5, .marks = FORM_OPTIONAL,                   \
        .inner = &shape_named                                                                      \
    }

static const struct shape_row sale_rows[] = {
    NUMBER_ROW,
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    MAIL_ROW,
    {.name = NAME_RECEPTION, .kind = FORM_SHAPE, .inner = &shape_envelope},
    NAMED_ROW,
    {.name = NAME_INSTANCE,
     .kind = FORM_ID,
     .min = LICENCE_INSTANCE_SIZE,
     .max = LICENCE_INSTANCE_SIZE,
     .marks = FORM_OPTIONAL},
    {.name = NAME_RECEIPT, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_envelope},
};
static const struct shape shape_sale = SHAPE_OF(sale_rows);
static const struct shape_row sold_rows[] = {
    INSTANCE_ROW,
    ENTERPRISE_ROW,
    {.name = NAME_TICKET, .kind = FORM_OBJECT, .min = OBJECT_TICKET_HEADER},
    {.name = NAME_STATE, .kind = FORM_OBJECT, .min = OBJECT_TICKET_STATE},
};
static const struct shape shape_sold = SHAPE_OF(sold_rows);
static const struct shape_row instance_rows[] = {INSTANCE_ROW};
static const struct shape shape_instance = SHAPE_OF(instance_rows);

static const struct shape_row order_rows[] = {
    ENTERPRISE_ROW,
    NUMBER_ROW,
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    {.name = NAME_PAYER, .kind = FORM_ID, .min = 1, .max = 12},
};
static const struct shape shape_order = SHAPE_OF(order_rows);
static const struct shape_row ordered_rows[] = {
    INSTANCE_ROW,
    {.name = NAME_REFERENCE, .kind = FORM_OCTETS, .min = 17, .max = 17},
};
static const struct shape shape_ordered = SHAPE_OF(ordered_rows);
static const struct shape_row payment_rows[] = {
    INSTANCE_ROW,
    {.name = NAME_RECEIPT, .kind = FORM_SHAPE, .inner = &shape_envelope},
    {.name = NAME_RECEPTION, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_envelope},
    NAMED_ROW,
};
static const struct shape shape_payment = SHAPE_OF(payment_rows);
static const struct shape_row paid_rows[] = {
    INSTANCE_ROW,
    ENTERPRISE_ROW,
    {.name = NAME_TICKET, .kind = FORM_OBJECT, .min = OBJECT_TICKET_HEADER, .marks = FORM_OPTIONAL},
    {.name = NAME_STATE, .kind = FORM_OBJECT, .min = OBJECT_TICKET_STATE, .marks = FORM_OPTIONAL},
};
static const struct shape shape_paid = SHAPE_OF(paid_rows);

static const struct shape_row cancellation_rows[] = {
    ENTERPRISE_ROW,
    {.name = NAME_RECEIPT, .kind = FORM_SHAPE, .inner = &shape_envelope},
};
static const struct shape shape_cancellation = SHAPE_OF(cancellation_rows);
static const struct shape_row cancelled_rows[] = {
    {.name = NAME_N, .kind = FORM_UINT, .min = 1, .max = UINT32_MAX}};
static const struct shape shape_cancelled = SHAPE_OF(cancelled_rows);

static const struct shape_row activation_rows[] = {
    INSTANCE_ROW,
    {.name = NAME_RECEIPT, .kind = FORM_SHAPE, .marks = FORM_OPTIONAL, .inner = &shape_envelope},
};
static const struct shape shape_activation = SHAPE_OF(activation_rows);
static const struct shape_row activated_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_SETTLEMENT_ANSWER}};
static const struct shape shape_activated = SHAPE_OF(activated_rows);

static const struct shape_row notice_rows[] = {
    {.name = NAME_TRANSFER, .kind = FORM_ID, .min = 1, .max = 64},
    {.name = NAME_DATE, .kind = FORM_DATE},
    NUMBER_ROW,
    MAIL_ROW,
    {.name = NAME_INSTANCE,
     .kind = FORM_ID,
     .min = LICENCE_INSTANCE_SIZE,
     .max = LICENCE_INSTANCE_SIZE,
     .marks = FORM_OPTIONAL},
    {.name = NAME_AMOUNT, .kind = FORM_AMOUNT},
    {.name = NAME_UNIT, .kind = FORM_UNIT},
    ENTERPRISE_ROW,
    {.name = NAME_SETTLED, .kind = FORM_DATE, .marks = FORM_OPTIONAL},
};
static const struct shape shape_notice = SHAPE_OF(notice_rows);
static const struct shape_row settled_rows[] = {{.name = NAME_SETTLED, .kind = FORM_DATE}};
static const struct shape shape_settled = SHAPE_OF(settled_rows);

static const struct shape_row conversion_rows[] = {
    {.name = NAME_CONTAINER, .kind = FORM_OBJECT, .min = OBJECT_CONTAINER},
    {.name = NAME_CERTIFICATES, .kind = FORM_LIST, .min = 3, .max = 3, .inner = &shape_certificate},
};
static const struct shape shape_conversion = SHAPE_OF(conversion_rows);
static const struct shape_row granted_rows[] = {
    {.name = NAME_OBJECT, .kind = FORM_OBJECT, .min = OBJECT_CONVERT_GRANT},
    {.name = NAME_CERTIFICATES, .kind = FORM_LIST, .min = 3, .max = 3, .inner = &shape_certificate},
};
static const struct shape shape_granted = SHAPE_OF(granted_rows);

// ---- refusals ----------------------------------------------------------------------------------

const struct problem_word licence_key_taken = {"key-taken", 409, "The content has another key"};
const struct problem_word licence_bad_key = {"bad-key", 422, "The key was not sealed for us"};
const struct problem_word licence_unmatched = {"unmatched", 409, "There is no key for the content"};
const struct problem_word licence_number_taken = {"number-taken", 409, "The number is in use"};
const struct problem_word licence_unknown_offer = {"unknown-offer", 404, "There is no such offer"};
const struct problem_word licence_charge = {"charge", 409, "The amount is not the ticket's charge"};
const struct problem_word licence_receipt = {"receipt", 422, "The receipt pays for nothing here"};
const struct problem_word licence_receipt_used = {"receipt-used", 409,
                                                  "The receipt has paid for another sale"};
const struct problem_word licence_reception = {"reception", 422,
                                               "The reception request is not good"};
const struct problem_word licence_unsettled = {"unsettled", 409, "The sale is not paid for"};
const struct problem_word licence_no_match = {"no-match", 404, "Nothing waits for this payment"};

const struct problem_word licence_converter = {"converter", 422, "The converter is not good"};

static const struct problem_word *const key_refusals[] = {&licence_key_taken, &licence_bad_key,
                                                          NULL};
static const struct problem_word *const right_refusals[] = {&licence_unmatched,
                                                            &licence_number_taken, NULL};
static const struct problem_word *const offer_refusals[] = {&licence_unknown_offer, NULL};
static const struct problem_word *const sale_refusals[] = {&licence_unknown_offer,
                                                           &licence_charge,
                                                           &licence_receipt,
                                                           &licence_receipt_used,
                                                           &licence_reception,
                                                           &licence_unsettled,
                                                           NULL};
static const struct problem_word *const order_refusals[] = {&licence_unknown_offer, &licence_charge,
                                                            NULL};
static const struct problem_word *const payment_refusals[] = {&licence_unknown_offer,
                                                              &licence_charge,
                                                              &licence_receipt,
                                                              &licence_receipt_used,
                                                              &licence_reception,
                                                              &licence_unsettled,
                                                              NULL};
static const struct problem_word *const activation_refusals[] = {
    &licence_unsettled, &licence_receipt, &licence_receipt_used, NULL};
static const struct problem_word *const cancellation_refusals[] = {&licence_receipt,
                                                                   &licence_receipt_used, NULL};
static const struct problem_word *const conversion_refusals[] = {&licence_unmatched,
                                                                 &licence_converter, NULL};
static const struct problem_word *const notice_refusals[] = {&licence_no_match, NULL};

// ---- rows --------------------------------------------------------------------------------------

const struct endpoint licence_recipient = {.name = "licence.recipient",
                                           .method = "GET",
                                           .path = "/v1/recipient",
                                           .request = &shape_none,
                                           .answer = &shape_recipient,
                                           .title = "for whom keys of contents are sealed",
                                           .clause = "P 0029"};
const struct endpoint licence_key = {.name = "licence.key",
                                     .method = "POST",
                                     .path = "/v1/keys",
                                     .roles = ROLE_PROVIDER,
                                     .key = KEY_NEEDED,
                                     .body_max = 500,
                                     .request = &shape_key,
                                     .answer = &shape_id,
                                     .refusals = key_refusals,
                                     .title = "take a content's key, sealed for us",
                                     .clause = "P 0029",
                                     .behaviours = "P1-03 P1-08 P1-14"};
const struct endpoint licence_right = {.name = "licence.right",
                                       .method = "POST",
                                       .path = "/v1/rights",
                                       .roles = ROLE_SELLER,
                                       .owner = OWNER_ENTERPRISE,
                                       .owner_field = NAME_ENTERPRISE,
                                       .key = KEY_NEEDED,
                                       .body_max = 2000,
                                       .request = &shape_right,
                                       .answer = &shape_number,
                                       .refusals = right_refusals,
                                       .title = "make an offer: a right and its charge",
                                       .clause = "P 0031-0034",
                                       .behaviours = "P1-09 P1-10 P1-11 P1-12 P1-13 P1-14 P1-15 "
                                                     "P1-16 P1-17"};
const struct endpoint licence_offers = {.name = "licence.offers",
                                        .method = "GET",
                                        .path = "/v1/offers",
                                        .request = &shape_content,
                                        .answer = &shape_offers,
                                        .title = "what is offered of a content",
                                        .clause = "P 0153",
                                        .behaviours = "P4-01 P4-02"};
const struct endpoint licence_offer = {.name = "licence.offer",
                                       .method = "GET",
                                       .path = "/v1/offers/{number}",
                                       .request = &shape_number,
                                       .answer = &shape_offered,
                                       .refusals = offer_refusals,
                                       .title = "what a number costs, and who sells it",
                                       .clause = "P 0093 0153",
                                       .behaviours = "P2-03 P4-01 P4-02"};
const struct endpoint licence_sale = {.name = "licence.sale",
                                      .method = "POST",
                                      .path = "/v1/offers/{number}/sales",
                                      .roles = ROLE_WALLET,
                                      .key = KEY_NEEDED,
                                      .body_max = 8192,
                                      .request = &shape_sale,
                                      .answer = &shape_sold,
                                      .refusals = sale_refusals,
                                      .title = "order a ticket, or take the one that was paid",
                                      .clause = "P 0035-0037 0122 0154",
                                      .behaviours = "P1-19 P1-20 P2-03 P2-08 P2-09 P2-10 P2-11 "
                                                    "P4-03 M21a"};
const struct endpoint licence_sale_read = {.name = "licence.sale.read",
                                           .method = "GET",
                                           .path = "/v1/sales/{instance}",
                                           .roles = ROLE_WALLET,
                                           .owner = OWNER_STORED,
                                           .owner_field = NAME_INSTANCE,
                                           .request = &shape_instance,
                                           .answer = &shape_sold,
                                           .title = "the same ticket again",
                                           .behaviours = "P2-11 M09a"};
const struct endpoint licence_activation = {.name = "licence.activation",
                                            .method = "POST",
                                            .path = "/v1/sales/{instance}/activation",
                                            .roles = ROLE_WALLET,
                                            .owner = OWNER_STORED,
                                            .owner_field = NAME_INSTANCE,
                                            .key = KEY_NEEDED,
                                            .body_max = 4096,
                                            .request = &shape_activation,
                                            .answer = &shape_activated,
                                            .refusals = activation_refusals,
                                            .title = "unseal a ticket that is paid for",
                                            .behaviours = "M13"};
const struct endpoint licence_settlement = {.name = "licence.settlement",
                                            .method = "POST",
                                            .path = "/v1/settlements",
                                            .roles = ROLE_BANK | ROLE_TELCO,
                                            .key = KEY_NEEDED,
                                            .body_max = 500,
                                            .request = &shape_notice,
                                            .answer = &shape_settled,
                                            .refusals = notice_refusals,
                                            .title = "tell that a sale was paid",
                                            .clause = "P 0038-0040",
                                            .behaviours = "W7 P1-22 P1-23 P1-24 P1-25 P1-26 P1-27"};

const struct endpoint licence_order = {.name = "licence.order",
                                       .method = "POST",
                                       .path = "/v1/orders",
                                       .roles = ROLE_TILL,
                                       .owner = OWNER_ENTERPRISE,
                                       .owner_field = NAME_ENTERPRISE,
                                       .key = KEY_NEEDED,
                                       .body_max = 500,
                                       .request = &shape_order,
                                       .answer = &shape_ordered,
                                       .refusals = order_refusals,
                                       .title = "order a ticket at a kiosk",
                                       .clause = "P 0268-0272",
                                       .behaviours = "M10a M10b M10e P2-02 P2-04"};
const struct endpoint licence_payment = {.name = "licence.payment",
                                         .method = "POST",
                                         .path = "/v1/orders/{instance}/payment",
                                         .roles = ROLE_TILL,
                                         .owner = OWNER_STORED,
                                         .owner_field = NAME_INSTANCE,
                                         .key = KEY_NEEDED,
                                         .body_max = 8192,
                                         .request = &shape_payment,
                                         .answer = &shape_paid,
                                         .refusals = payment_refusals,
                                         .title = "bring an order's receipt, and take its ticket "
                                                  "for a card that is at the kiosk",
                                         .clause = "P 0270-0271",
                                         .behaviours = "M10b M10c M10d M10e"};

const struct endpoint licence_cancellation = {.name = "licence.cancellation",
                                              .method = "POST",
                                              .path = "/v1/cancellations",
                                              .roles = ROLE_TILL,
                                              .owner = OWNER_ENTERPRISE,
                                              .owner_field = NAME_ENTERPRISE,
                                              .key = KEY_NEEDED,
                                              .body_max = 4096,
                                              .request = &shape_cancellation,
                                              .answer = &shape_cancelled,
                                              .refusals = cancellation_refusals,
                                              .title = "a receipt that buys no ticket any more: "
                                                       "its money goes back",
                                              .behaviours = "P2-10"};

const struct endpoint licence_conversion = {.name = "licence.conversion",
                                            .method = "POST",
                                            .path = "/v1/conversions",
                                            .roles = ROLE_STORE | ROLE_CONVERTER,
                                            .key = KEY_NEEDED,
                                            .body_max = 4096,
                                            .request = &shape_conversion,
                                            .answer = &shape_granted,
                                            .refusals = conversion_refusals,
                                            .title =
                                                "let one converter convert one container, once",
                                            .clause = "P 0128",
                                            .behaviours = "P3-03 P3-04"};

static const struct endpoint *const endpoints[] = {
    &licence_recipient,  &licence_key,   &licence_right,     &licence_offers,
    &licence_offer,      &licence_sale,  &licence_sale_read, &licence_activation,
    &licence_settlement, &licence_order, &licence_payment,   &licence_cancellation,
    &licence_conversion};
const struct api licence_api = {"licence", endpoints, sizeof endpoints / sizeof endpoints[0]};
