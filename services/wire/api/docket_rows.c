// SPDX-License-Identifier: Apache-2.0
#include "services/wire/api/docket_rows.h"

static const struct shape_row docket_rows[] = {
    {.name = NAME_DOCKET, .kind = FORM_SHAPE, .inner = &shape_envelope},
    {.name = NAME_HEADER, .kind = FORM_SHAPE, .inner = &shape_envelope},
};
const struct shape shape_docket = SHAPE_OF(docket_rows);
/// object is there when it is decided: whoever has it may open the ticket, or pay otherwise.
static const struct shape_row certificate_rows[] = {
    {.name = NAME_CERTIFICATE, .kind = FORM_CERTIFICATE}};
static const struct shape shape_certificate = SHAPE_BARE(certificate_rows);
static const struct shape_row decided_rows[] = {
    SALE_ROW,
    {.name = NAME_OUTCOME, .kind = FORM_ID, .min = 1, .max = 20},
    {.name = NAME_OBJECT,
     .kind = FORM_OBJECT,
     .min = OBJECT_SETTLEMENT_ANSWER,
     .marks = FORM_OPTIONAL},
    {.name = NAME_CERTIFICATES,
     .kind = FORM_LIST,
     .max = 3,
     .marks = FORM_OPTIONAL,
     .inner = &shape_certificate},
};
const struct shape shape_decided = SHAPE_OF(decided_rows);

const struct problem_word docket_bad = {"docket", 422, "The docket is not good"};
const struct problem_word docket_mismatch = {"mismatch", 409, "The sale is another ticket's"};
const struct problem_word *const docket_refusals[] = {&docket_bad, &docket_mismatch, NULL};
