// SPDX-License-Identifier: Apache-2.0
// What an audit says: findings as they are made, one JSON object a line or a paragraph for people,
// and at the end what was looked at.
#ifndef HOST_AUDIT_FINDINGS_H
#define HOST_AUDIT_FINDINGS_H

#include "base/bytes.h"

#include <stdio.h>

enum { TOLD_MAX = 160 };

/// A text of a finding.
struct told_text {
    char text[TOLD_MAX];
};

/// Something that is not as it must be. Texts are copied; "" is none.
struct finding {
    const char *kind;    // "amount", "missing", "signature", ...: docs/audit.md lists them
    const char *service; // "clearing"
    const char *table;
    struct told_text row; // key of the row, its parts joined by "/"
    const char *field;
    struct told_text expected, found;
    struct told_text object; // digest of the signed object that says so, hexadecimal
};

enum { COUNTED_MAX = 48, KINDS_MAX = 64 };

struct findings {
    FILE *out;
    bool json;
    uint64_t told;
    size_t counted;
    struct {
        const char *service, *what;
        uint64_t count;
    } counts[COUNTED_MAX];
    size_t kinds;
    struct {
        const char *kind;
        uint64_t count;
    } by_kind[KINDS_MAX];
};

/// Prints one. Its texts may come from a database that nobody trusts: control characters are
/// escaped.
void findings_add(struct findings *findings, const struct finding *finding);
/// Adds to what was looked at: "objects", "transfers". Names live as long as the report.
void findings_count(struct findings *findings, const char *service, const char *what,
                    uint64_t count);
/// How much was looked at, and whether it is clean.
void findings_end(const struct findings *findings);

/// A text as printf makes it.
struct told_text told_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Octets in hexadecimal, as many as have room.
struct told_text told_octets(struct bytes octets);
/// The same in capitals: as services write a hash into what they sign or hash.
struct told_text told_hash(struct bytes octets);

#endif
