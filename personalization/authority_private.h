// SPDX-License-Identifier: Apache-2.0
// What the files of the authority share; nobody else includes it.
#ifndef PERSONALIZATION_AUTHORITY_PRIVATE_H
#define PERSONALIZATION_AUTHORITY_PRIVATE_H

#include "personalization/authority.h"

/// Certifies, registers, keeps copies. Whose keys these are has been settled by the callers:
/// evidence, keys drawn here, or a certificate of the same keys.
bool authority_certify(struct ca *ca, const struct ca_request *request,
                       const struct evidence_keys *keys, struct ca_answer *answer,
                       struct failure *failure);

#endif
