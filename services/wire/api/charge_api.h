// SPDX-License-Identifier: Apache-2.0
// The charge service of a telephone company, as its clients see it: dockets and purchases of
// subscribers, calls and packets of gateways, bills (docs/charge.md).
#ifndef SERVICES_WIRE_API_CHARGE_API_H
#define SERVICES_WIRE_API_CHARGE_API_H

#include "services/wire/form/endpoint.h"

extern const struct api charge_api;
extern const struct endpoint charge_settings, charge_tariff, charge_subscriber, charge_payee;
extern const struct endpoint charge_usage, charge_docket, charge_docket_read, charge_purchase;
extern const struct endpoint charge_bill, charge_close;
extern const struct endpoint charge_deposits, charge_password, charge_deposit;

extern const struct problem_word charge_taken, charge_overlaps, charge_month, charge_no_bill,
    charge_request_bad, charge_deposit_other;

#endif
