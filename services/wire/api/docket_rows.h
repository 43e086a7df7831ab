// SPDX-License-Identifier: Apache-2.0
// Dockets as whoever settles them takes and answers them: a telephone company, or the bank of a
// card with a debit function.
#ifndef SERVICES_WIRE_API_DOCKET_ROWS_H
#define SERVICES_WIRE_API_DOCKET_ROWS_H

#include "services/wire/form/endpoint.h"

enum { DOCKET_SALE_SIZE = 32 }; // hexadecimal digits that name a sale

#define SALE_ROW                                                                                   \
    { .name = NAME_SALE, .kind = FORM_ID, .min = DOCKET_SALE_SIZE, .max = DOCKET_SALE_SIZE }

/// {docket, header}: what the buyer's card signed, and the ticket's header, each with its chain.
extern const struct shape shape_docket;
/// {sale, outcome}, and once it is decided {object, certificates}.
extern const struct shape shape_decided;

extern const struct problem_word docket_bad, docket_mismatch;
/// Both; NULL ends.
extern const struct problem_word *const docket_refusals[];

#endif
