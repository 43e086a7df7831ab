// SPDX-License-Identifier: Apache-2.0
// Renewing: the next certificate for the keys that a holder's latest one names. Nobody shows the
// keys again; the authority takes them from its own copy, whose digest stands in the register.
#include "personalization/authority_private.h"
#include "services/wire/files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// The latest certificate of a holder, whether it has expired or not.
static const struct register_entry *latest(const struct ca *ca, const char *id) {
    for (size_t i = ca->issued.count; i > 0; i--)
        if (strcmp(ca->issued.entries[i - 1].holder, id) == 0)
            return &ca->issued.entries[i - 1];
    return NULL;
}

static bool read_copy(const struct ca *ca, const struct register_entry *entry,
                      uint8_t whole[CERTIFICATE_MAX], struct certificate *certificate,
                      struct failure *failure) {
    char path[PATH_MAX];
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    size_t size = 0;
    int used =
        snprintf(path, sizeof path, "%s/issued/%" PRIu64 ".cvc", ca->directory, entry->serial);
    if (used < 0 || (size_t)used >= sizeof path || !files_read(path, whole, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read %s", path);
    return (certificate_parse(bytes_of(whole, size), certificate) == CERTIFICATE_OK &&
            certificate_digest(ca->hierarchy.crypto, bytes_of(whole, size), digest) &&
            memcmp(digest, entry->digest, sizeof digest) == 0) ||
           fail(failure, EXIT_REFUSED,
                "%s is not the certificate that the register has under serial %" PRIu64
                "; restore it from its backup",
                path, entry->serial);
}

bool ca_renew(struct ca *ca, const char *id, struct ca_answer *answer, struct failure *failure) {
    uint8_t whole[CERTIFICATE_MAX];
    struct certificate certificate;
    const struct register_entry *found = latest(ca, id);
    if (found == NULL)
        return fail(failure, EXIT_REFUSED, "no certificate of '%s' in %s; %s/issued.tsv lists all",
                    id, ca->directory, ca->directory);
    if (found->revoked != 0)
        return fail(failure, EXIT_REFUSED,
                    "the certificate of %s (serial %" PRIu64 ") was revoked on %" PRIu32
                    "; revoked keys are not renewed, issue new ones",
                    id, found->serial, found->revoked);
    struct register_entry entry = *found; // the register grows, and moves, below
    struct ca_request request = {.id = entry.holder,
                                 .roles = entry.roles,
                                 .enterprise = entry.enterprise,
                                 .assurance = entry.assurance};
    if (!read_copy(ca, &entry, whole, &certificate, failure))
        return false;
    struct evidence_keys keys = {certificate.signing_point, certificate.kem_point};
    return authority_certify(ca, &request, &keys, answer, failure);
}
