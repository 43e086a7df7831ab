// SPDX-License-Identifier: Apache-2.0
// The clearing center: knows purses and what arrived for them, issues logs over it, takes what
// tills and floats did, settles, divides by the policies, and asks the bank to pay.
// docs/clearing.md.
#ifndef SERVICES_CLEARING_CLEARING_H
#define SERVICES_CLEARING_CLEARING_H

#include "services/core/service.h"

extern const struct service clearing_service;

#endif
