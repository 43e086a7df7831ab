// SPDX-License-Identifier: Apache-2.0
// Books of a clearing center with as many transfers as are asked for: one wallet pays one till,
// each with its signed logs, rows, entry and seal. For figures of the auditor.
#ifndef TESTS_KIT_AUDIT_CROWD_H
#define TESTS_KIT_AUDIT_CROWD_H

#include "tests/kit/certificates.h"

#include <sqlite3.h>

enum { CROWD_OBJECT_MAX = 512 };

/// Who deals, and the database that is filled.
struct crowd {
    struct crypto *crypto;
    struct sample_party root, purses, centers, center, alice, till;
    struct bytes certificates[3];
    uint8_t by_alice[3 * CERTIFICATE_MAX], by_till[3 * CERTIFICATE_MAX];
    size_t alice_size, till_size;
    sqlite3 *db;
    uint8_t chain[SHA256_SIZE];
    int64_t seq;
};

/// One transfer: the payer's log and the payee's, which lie in octets, and their digests.
struct crowd_deal {
    uint8_t octets[2][CROWD_OBJECT_MAX], digests[2][SHA256_SIZE];
    struct bytes usage, receipt;
};

/// Certifies everybody. Ends the program when it cannot, as the others here do.
void crowd_open(struct crowd *crowd);
void crowd_close(struct crowd *crowd);

/// A center's database with so many transfers, into a new file; the root that it is to be audited
/// under is crowd->root.
void crowd_fill(struct crowd *crowd, int64_t count, const char *path);

/// What both sign of transfer i, from 1, anew each time.
void crowd_deal(struct crowd *crowd, int64_t i, struct crowd_deal *out);

#endif
