// SPDX-License-Identifier: Apache-2.0
// What using a content costs, by the policy in its container: price and unit of the first offer,
// and the hash under which usage logs name the policy.
#ifndef HOST_CONTENT_POLICY_TERMS_H
#define HOST_CONTENT_POLICY_TERMS_H

#include "apdu/object/object.h"
#include "base/failure.h"

struct policy_terms {
    uint64_t amount;
    uint16_t unit;
    uint8_t hash[SHA256_SIZE];
};

/// The container at path is judged by the root whose certificate is the file at root, to its list.
bool policy_terms_read(struct policy_terms *terms, const char *path, const char *root,
                       const struct crypto *crypto, struct failure *failure);

#endif
