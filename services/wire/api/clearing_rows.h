// SPDX-License-Identifier: Apache-2.0
// Rows that the shapes of the clearing center share.
#ifndef SERVICES_WIRE_API_CLEARING_ROWS_H
#define SERVICES_WIRE_API_CLEARING_ROWS_H

#include "services/wire/form/endpoint.h"

#define PURSE_ROW                                                                                  \
    { .name = NAME_PURSE, .kind = FORM_ID, .min = 1, .max = HOLDER_PURSE_MAX }
#define STATEMENT_ROW                                                                              \
    { .name = NAME_STATEMENT, .kind = FORM_SHAPE, .inner = &shape_envelope }
#define UNIT_ROW                                                                                   \
    { .name = NAME_UNIT, .kind = FORM_UNIT }
#define ID_ROW(identifier, most)                                                                   \
    { .name = identifier, .kind = FORM_ID, .min = 1, .max = most }
#define OPTIONAL_ID_ROW(identifier)                                                                \
    { .name = identifier, .kind = FORM_ID, .min = 1, .max = HOLDER_MAX, .marks = FORM_OPTIONAL }
#define LIMIT_ROW(identifier, most)                                                                \
    { .name = identifier, .kind = FORM_UINT, .max = most, .marks = FORM_OPTIONAL }

#endif
