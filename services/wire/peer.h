// SPDX-License-Identifier: Apache-2.0
// Who is at the other end: what a TLS certificate says, judged at each request.
#ifndef SERVICES_WIRE_PEER_H
#define SERVICES_WIRE_PEER_H

#include "apdu/object/certificate.h"
#include "services/wire/form/problem.h"

struct peer {
    uint32_t roles;                   // 0: no certificate, or one with a fault
    char id[HOLDER_MAX + 1];          // "" likewise
    char enterprise[HOLDER_MAX + 1];  // "": none
    const struct problem_word *fault; // why a shown certificate does not count; NULL: it does
};

#endif
