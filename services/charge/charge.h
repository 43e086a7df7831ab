// SPDX-License-Identifier: Apache-2.0
// The charge service of a telephone company: who its subscribers are and what they used, what it
// settles for them by proxy, and their bills (docs/charge.md).
#ifndef SERVICES_CHARGE_CHARGE_H
#define SERVICES_CHARGE_CHARGE_H

#include "services/core/service.h"

extern const struct service charge_service;

#endif
