// SPDX-License-Identifier: Apache-2.0
// A second opinion on what the services keep: every signature, every sum, every sequence, computed
// anew from copies of their databases and from signed objects. Believes nothing but the anchor it
// was given; shares no code with services/. Reads only.
#ifndef HOST_AUDIT_AUDIT_H
#define HOST_AUDIT_AUDIT_H

#include "host/audit/findings.h"
#include "host/audit/state.h"
#include "host/audit/trust.h"

enum { AUDIT_REPLICAS_MAX = 32 };

struct audit {
    struct trust *trust;
    const struct crypto *crypto;
    struct findings *findings;
    const char *objects; // directory of signed objects, or NULL
    const char *cash;    // state directory of a deposit machine, or NULL
    uint64_t now_ms;
    const struct state *since; // NULL: everything is verified
    struct state *reached;     // NULL: nobody wants to know how far the journals go
};

/// Audits the databases together, in any order. Findings go to the report. False: one could not be
/// read; the failure says which and why.
bool audit_run(const struct audit *audit, const char *const *urls, size_t count,
               struct failure *failure);

/// Version of the tables that an audit reads: of a service by its name, or "core", what they all
/// have. 0: it reads none of that name. A database of another version is told and not read.
int64_t audit_tables(const char *part);

#endif
