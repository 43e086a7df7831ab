// SPDX-License-Identifier: Apache-2.0
#include "host/content/policy_terms.h"

#include "base/files.h"
#include "services/wire/media/container_file.h"

static bool take(struct policy_terms *terms, const struct object *policy,
                 const struct crypto *crypto, struct failure *failure) {
    struct bytes offers = policy->fields[FIELD_OFFERS];
    terms->unit = (uint16_t)bytes_get_be(offers.data, 2);
    terms->amount = bytes_get_be(offers.data + 2, 8);
    return object_digest(policy, crypto, terms->hash) ||
           fail(failure, EXIT_REFUSED, "cannot take the digest of a policy");
}

bool policy_terms_read(struct policy_terms *terms, const char *path, const char *root,
                       const struct crypto *crypto, struct failure *failure) {
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    if (!files_read(root, octets, sizeof octets, &size))
        return fail_errno(failure, "cannot read %s", root);
    struct front_trust trust = {.crypto = crypto, .root = bytes_of(octets, size)};
    struct container_file *container = container_open(path, &trust, CONTAINER_PART, failure);
    bool done = container != NULL && take(terms, &container->front.policy, crypto, failure);
    container_close(container);
    return done;
}
