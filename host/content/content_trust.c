// SPDX-License-Identifier: Apache-2.0
#include "host/content/content_trust.h"

#include "base/files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool read_certificate(const char *directory, const char *name, uint8_t *octets,
                             struct bytes *certificate, struct failure *failure) {
    char path[PATH_MAX];
    struct certificate parsed;
    size_t size = 0;
    if (!files_path(path, sizeof path, directory, name) ||
        !files_read(path, octets, CERTIFICATE_MAX, &size))
        return fail_errno(failure, "cannot read the certificate %s/%s", directory, name);
    *certificate = bytes_of(octets, size);
    enum certificate_fault fault = certificate_parse(*certificate, &parsed);
    return fault == CERTIFICATE_OK ||
           fail(failure, EXIT_REFUSED, "%s: %s", path, certificate_fault_text(fault));
}

static bool is_listed(void *context, const struct certificate *certificate) {
    return revocations_have_certificate(context, certificate->whole);
}

static bool read_list(struct content_trust *trust, const char *directory, const char *path,
                      struct failure *failure) {
    trust->front.listed = is_listed;
    trust->front.context = &trust->revoked;
    return revocations_open_in(&trust->revoked, path, directory, trust->front.crypto, 0, failure);
}

// ---- opening ---------------------------------------------------------------------------------

bool content_trust_open(struct content_trust *trust, const char *directory, const char *hotlist,
                        const struct crypto *crypto, struct failure *failure) {
    *trust = (struct content_trust){.front = {.crypto = crypto}};
    if (!read_certificate(directory, "root.cvc", trust->root, &trust->front.root, failure))
        return false;
    return hotlist == NULL || read_list(trust, directory, hotlist, failure);
}

void content_trust_free(struct content_trust *trust) {
    revocations_close(&trust->revoked);
}

bool content_sealer_open(struct content_sealer *sealer, const char *directory, uint16_t role,
                         const uint8_t point[P256_COMPRESSED_SIZE], uint32_t today,
                         struct failure *failure) {
    struct certificate own;
    struct pack_party *party = &sealer->party;
    if (!read_certificate(directory, "certificate.cvc", sealer->certificate, &party->certificate,
                          failure) ||
        !read_certificate(directory, "issuer.cvc", sealer->authority, &party->authority, failure))
        return false;
    (void)certificate_parse(party->certificate, &own); // it did parse
    if ((own.roles & role) == 0)
        return fail(failure, EXIT_REFUSED, "%s: this is a %s, and sealing this takes a %s",
                    directory, role_name(own.roles), role_name(role));
    if (memcmp(own.signing_point, point, P256_COMPRESSED_SIZE) != 0)
        return fail(failure, EXIT_REFUSED, "%s: key and certificate do not belong together",
                    directory);
    return (today >= own.from && today <= own.until) ||
           fail(failure, EXIT_REFUSED, "%s: the certificate is valid from %u to %u only", directory,
                own.from, own.until);
}
