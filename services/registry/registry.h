// SPDX-License-Identifier: Apache-2.0
// The registry: which enterprises are trusted with proxy settlement, by id or network address, in
// signed answers and a signed list of those that are not (docs/registry.md).
#ifndef SERVICES_REGISTRY_REGISTRY_H
#define SERVICES_REGISTRY_REGISTRY_H

#include "services/core/service.h"

extern const struct service registry_service;

#endif
