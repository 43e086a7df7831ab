// SPDX-License-Identifier: Apache-2.0
// The usage control policy of a content as people write and read it: JSON with the enterprise that
// may sell, what is offered at which price, and who gets which share of the fee (docs/content.md,
// The policy). Signed, it is an object that container, ticket and usage log name by its hash.
#ifndef HOST_CONTENT_POLICY_H
#define HOST_CONTENT_POLICY_H

#include "apdu/object/object.h"
#include "base/failure.h"

#include <jansson.h>
#include <stdio.h>

enum { POLICY_OBJECT_MAX = 640 };

/// Reads a policy and signs it for a content. out: POLICY_OBJECT_MAX octets, in which *policy lies.
bool policy_from_file(const char *path, const char *content, const struct signer *provider,
                      uint8_t *out, struct bytes *policy, struct failure *failure);

/// The policy as it would be written; new reference, NULL out of memory.
json_t *policy_to_json(const struct object *policy);

/// A line an offer and a share.
void policy_print(FILE *out, const struct object *policy);

#endif
