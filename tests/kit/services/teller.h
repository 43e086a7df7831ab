// SPDX-License-Identifier: Apache-2.0
// A toy service that asks another one (the counter) before it decides: the first request stores
// the payment as asked for, the answer that comes back decides it.
#ifndef TESTS_KIT_SERVICES_TELLER_H
#define TESTS_KIT_SERVICES_TELLER_H

#include "services/core/service.h"

extern const struct service teller_service;
extern const struct endpoint teller_pay;
extern const struct problem_word teller_refused;

/// Payments, then the outbox without its times.
extern const struct statement teller_dump[2];

#endif
