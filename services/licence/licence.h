// SPDX-License-Identifier: Apache-2.0
// The licence service of a seller: contents' keys, offers, tickets for the cards of its customers,
// and which of them are paid for (docs/licence.md).
#ifndef SERVICES_LICENCE_LICENCE_H
#define SERVICES_LICENCE_LICENCE_H

#include "services/core/service.h"

extern const struct service licence_service;

#endif
