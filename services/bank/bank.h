// SPDX-License-Identifier: Apache-2.0
// The bank: accounts, in a ledger of double entry; transfers on the order of an account's owner;
// notices to sellers of what was paid for (docs/bank.md).
#ifndef SERVICES_BANK_BANK_H
#define SERVICES_BANK_BANK_H

#include "services/core/service.h"

extern const struct service bank_service;

#endif
