// SPDX-License-Identifier: Apache-2.0
// The registry of enterprises that are trusted with proxy settlement, as its clients see it
// (docs/registry.md).
#ifndef SERVICES_WIRE_API_REGISTRY_API_H
#define SERVICES_WIRE_API_REGISTRY_API_H

#include "services/wire/form/endpoint.h"

extern const struct api registry_api;
extern const struct endpoint registry_inquiry, registry_refusals, registry_add, registry_remove;

extern const struct problem_word registry_address_taken;

#endif
