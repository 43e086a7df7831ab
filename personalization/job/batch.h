// SPDX-License-Identifier: Apache-2.0
// The batch: one row a card, from CSV (RFC 4180, UTF-8, a header line) or JSON (an array of
// objects). Columns: id (needed), enterprise, device, user, and further ones of any name. Every
// fault is named by file, line and column, and nothing is personalized while there is one.
#ifndef PERSONALIZATION_JOB_BATCH_H
#define PERSONALIZATION_JOB_BATCH_H

#include "personalization/cards/card_order.h"

#include <stdio.h>

extern const char *const batch_columns[COLUMN_COUNT];

/// The name of a column: of those that every batch knows, or behind them the further ones.
const char *batch_column(const struct columns *further, size_t column);

/// Calls take for every row of a batch, in order. With keep_going faulty rows are reported on
/// complaints and left out (*faulty counts them); without it the first one is the failure. further:
/// the further columns in the order of the rows' values; those of JSON grow while it is read.
/// Memory: one id a row.
bool batch_read(const char *path, bool keep_going, FILE *complaints, struct columns *further,
                size_t *faulty,
                bool (*take)(void *context, const struct card_row *row, struct failure *failure),
                void *context, struct failure *failure);

#endif
