// SPDX-License-Identifier: Apache-2.0
// A telephone bill as PDF: what the charge service answered, line by line, in English or Japanese.
#ifndef HOST_SERVICE_BILL_SHEET_H
#define HOST_SERVICE_BILL_SHEET_H

#include "base/sheet/sheet.h"
#include "services/wire/form/form.h"

/// bill: an answer of charge_bill. False: no font of this machine has its signs (EXIT_ABSENT), or
/// no memory; there is nothing to free then.
bool bill_sheet_print(const struct form *bill, bool japanese, struct sheet_pdf *pdf,
                      struct failure *failure);

#endif
