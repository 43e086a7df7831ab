// SPDX-License-Identifier: Apache-2.0
// The registry's signed list of enterprises that are refused proxy settlement, as a phone reads it:
// whom it names is paid by the purse at once; of all others the telephone company is asked.
#ifndef HOST_SERVICE_REFUSALS_H
#define HOST_SERVICE_REFUSALS_H

#include "host/service/service_client.h"

/// Is the enterprise on a registry's list of today? A list that has run out, or is signed by nobody
/// below this root, names nobody. False with a failure: there is no answer.
bool refusals_ask(struct service_client *registry, struct bytes root, uint32_t today,
                  const char *enterprise, bool *refused, struct failure *failure);

#endif
