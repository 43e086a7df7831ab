// SPDX-License-Identifier: Apache-2.0
// The bank, where everybody's accounts are, as its clients see it: transfers on the order of an
// account's owner, payments that come in, statements (docs/bank.md).
#ifndef SERVICES_WIRE_API_BANK_API_H
#define SERVICES_WIRE_API_BANK_API_H

#include "services/wire/form/endpoint.h"

enum { BANK_TRANSFER_SIZE = 32 }; // hexadecimal digits of a transfer's id

extern const struct api bank_api;
extern const struct endpoint bank_account, bank_account_read, bank_statement, bank_payment,
    bank_transfer, bank_transfer_read, bank_docket;

extern const struct problem_word bank_unknown, bank_taken, bank_unit, bank_funds, bank_twin;

#endif
