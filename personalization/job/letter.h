// SPDX-License-Identifier: Apache-2.0
// PIN letters: a card's PIN and PUK, sealed for the printer's certificate as CMS enveloped data
// (RFC 5652). In clear they exist only in the memory of the run that drew them.
#ifndef PERSONALIZATION_JOB_LETTER_H
#define PERSONALIZATION_JOB_LETTER_H

#include "personalization/cards/card_order.h"

/// Octets that a letter may have in clear.
enum { LETTER_TEXT_MAX = 512 + COLUMNS_MAX * (COLUMN_NAME_SIZE + COLUMN_VALUE_SIZE) };

/// The printer's X.509 certificate (PEM); its reader frees it. NULL with a failure.
struct x509_st *letter_certificate(const char *path, struct failure *failure);

struct letter_printer;

/// Reads the printer's X.509 certificate (PEM). NULL with a failure.
struct letter_printer *letter_printer_open(const char *path, struct failure *failure);
/// Frees a printer; NULL is nothing.
void letter_printer_close(struct letter_printer *printer);

/// What one letter tells: the card's secrets, and the row with everything that the batch says.
struct letter {
    const struct card_row *row;
    const struct columns *columns; // of the row's further values
    const char *pin, *puk;
};

/// Writes directory/letters/ID.cms (DER), replacing an older one of a run that did not
/// finish. ID as files_name spells it. Within: "card ID", "PIN N", "PUK N", and a line a column:
/// name, tab, value.
bool letter_write(const struct letter_printer *printer, const char *directory,
                  const struct letter *letter, struct failure *failure);

#endif
