// SPDX-License-Identifier: Apache-2.0
// Renewing: the next certificate for the keys that a holder's latest one names. Nobody shows the
// keys again; the authority takes them from its own copy, whose digest stands in the register.
#include "base/files.h"
#include "personalization/authority/authority_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool read_in_issued(const struct ca *ca, uint64_t serial, const char *suffix, uint8_t *out,
                           size_t capacity, size_t *size, struct failure *failure) {
    char path[PATH_MAX];
    int used =
        snprintf(path, sizeof path, "%s/issued/%" PRIu64 ".%s", ca->directory, serial, suffix);
    if (used > 0 && (size_t)used < sizeof path && files_read(path, out, capacity, size))
        return true;
    return fail_errno(failure, "cannot read %s", path);
}

/// Keys and hosts of an entry, from the copies in directory/issued.
struct renewed {
    struct ca_answer old; // its octets as they were
    struct certificate certificate;
    struct x509_hosts hosts;
    uint8_t point[P256_COMPRESSED_SIZE]; // where there is X.509 only
    struct evidence_keys keys;
};

static bool take_keys(struct renewed *renewed) {
    const struct ca_answer *old = &renewed->old;
    if (!x509_read_hosts(old->x509, old->x509_size, &renewed->hosts))
        return false;
    if (old->certificate_size == 0) {
        renewed->keys = (struct evidence_keys){renewed->point, NULL};
        return x509_read_point(old->x509, old->x509_size, renewed->point);
    }
    if (certificate_parse(bytes_of(old->certificate, old->certificate_size),
                          &renewed->certificate) != CERTIFICATE_OK)
        return false;
    renewed->keys =
        (struct evidence_keys){renewed->certificate.signing_point, renewed->certificate.kem_point};
    return true;
}

static bool read_copy(const struct ca *ca, const struct register_entry *entry,
                      struct renewed *renewed, struct failure *failure) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    struct ca_answer *old = &renewed->old;
    bool both = (entry->roles & ROLE_NETWORK) == 0;
    if ((both && !read_in_issued(ca, entry->serial, "cvc", old->certificate,
                                 sizeof old->certificate, &old->certificate_size, failure)) ||
        !read_in_issued(ca, entry->serial, "pem", (uint8_t *)old->x509, sizeof old->x509,
                        &old->x509_size, failure))
        return false;
    return (certificate_digest(ca->hierarchy.crypto, authority_kept(old), digest) &&
            memcmp(digest, entry->digest, sizeof digest) == 0 && take_keys(renewed)) ||
           fail(failure, EXIT_REFUSED,
                "%s/issued/%" PRIu64 ".%s is not the certificate that the register has under "
                "serial %" PRIu64 "; restore it from its backup",
                ca->directory, entry->serial, both ? "cvc" : "pem", entry->serial);
}

bool ca_renew(struct ca *ca, const char *id, struct ca_answer *answer, struct failure *failure) {
    struct renewed renewed = {0};
    const struct register_entry *found = register_latest(&ca->issued, id);
    if (found == NULL)
        return fail(failure, EXIT_REFUSED, "no certificate of '%s' in %s; %s/issued.tsv lists all",
                    id, ca->directory, ca->directory);
    if ((found->roles & ROLE_ISSUING) != 0)
        return fail(failure, EXIT_REFUSED,
                    "%s is an authority: it stands until %" PRIu32 ", make its successor by "
                    "'tessera ca authority'",
                    id, found->until);
    if (ca_revoked_on(ca, found) != 0)
        return fail(failure, EXIT_REFUSED,
                    "the certificate of %s (serial %" PRIu64 ") was revoked on %" PRIu32
                    "; revoked keys are not renewed, issue new ones",
                    id, found->serial, ca_revoked_on(ca, found));
    struct register_entry entry = *found; // the register grows, and moves, below
    struct ca_request request = {.id = entry.holder,
                                 .roles = entry.roles,
                                 .enterprise = entry.enterprise,
                                 .assurance = entry.assurance,
                                 .hosts = &renewed.hosts};
    return read_copy(ca, &entry, &renewed, failure) &&
           authority_certify(ca, &request, &renewed.keys, answer, failure);
}
