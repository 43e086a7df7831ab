// SPDX-License-Identifier: Apache-2.0
// The batch: one row a card, from CSV (RFC 4180, UTF-8, a header line) or JSON (an array of
// objects). Columns: id (needed), enterprise, device, user. Every fault is named by file, line and
// column, and nothing is personalized while there is one.
#ifndef PERSONALIZATION_BATCH_H
#define PERSONALIZATION_BATCH_H

#include "apdu/certificate.h"
#include "services/wire/failure.h"

#include <stdio.h>

enum batch_column { COLUMN_ID, COLUMN_ENTERPRISE, COLUMN_DEVICE, COLUMN_USER, COLUMN_COUNT };

struct batch_row {
    unsigned long line;
    char fields[COLUMN_COUNT][HOLDER_MAX + 1]; // empty: not given
};

extern const char *const batch_columns[COLUMN_COUNT];

/// Calls take for every row of a batch, in order. With keep_going faulty rows are told on
/// complaints and left out (*faulty counts them); without it the first one is the failure. Memory:
/// one id a row.
bool batch_read(const char *path, bool keep_going, FILE *complaints, size_t *faulty,
                bool (*take)(void *context, const struct batch_row *row, struct failure *failure),
                void *context, struct failure *failure);

#endif
