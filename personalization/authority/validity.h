// SPDX-License-Identifier: Apache-2.0
// How long a certificate of a role lives. Short-lived roles: docs/protocol.md, Certificates.
#ifndef PERSONALIZATION_AUTHORITY_VALIDITY_H
#define PERSONALIZATION_AUTHORITY_VALIDITY_H

#include "apdu/object/certificate.h"

struct validity {
    uint32_t from, until; // YYYYMMDD, both inclusive
};

/// Validity of a certificate with these roles (ROLE_ROOT and ROLE_ISSUING included) made on today.
struct validity validity_for(uint32_t roles, uint32_t today);

#endif
