// SPDX-License-Identifier: Apache-2.0
// PIN letters: a card's PIN and PUK, sealed for the printer's certificate as CMS enveloped data
// (RFC 5652). In clear they exist only in the memory of the run that drew them.
#ifndef PERSONALIZATION_LETTER_H
#define PERSONALIZATION_LETTER_H

#include "services/wire/failure.h"

struct letter_printer;

/// Reads the printer's X.509 certificate (PEM). NULL with a failure.
struct letter_printer *letter_printer_open(const char *path, struct failure *failure);
void letter_printer_close(struct letter_printer *printer);

/// Writes directory/letters/ID.cms (DER), replacing an older one of a run that did not
/// finish. ID as files_name spells it.
bool letter_write(const struct letter_printer *printer, const char *directory, const char *id,
                  const char *pin, const char *puk, struct failure *failure);

#endif
