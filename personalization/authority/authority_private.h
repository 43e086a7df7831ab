// SPDX-License-Identifier: Apache-2.0
// What the files of the authority share; nobody else includes it.
#ifndef PERSONALIZATION_AUTHORITY_AUTHORITY_PRIVATE_H
#define PERSONALIZATION_AUTHORITY_AUTHORITY_PRIVATE_H

#include "personalization/authority/authority.h"

/// Certifies, registers, keeps copies. Whose keys these are has been settled by the callers:
/// evidence, keys generated here, or a certificate of the same keys.
bool authority_certify(struct ca *ca, const struct ca_request *request,
                       const struct evidence_keys *keys, struct ca_answer *answer,
                       struct failure *failure);

/// What the register's digest is of: the card-verifiable certificate, or the X.509 one where there
/// is no other.
struct bytes authority_kept(const struct ca_answer *answer);

/// Finds the signer of a key (enum member, AUTHORITY_KEY_X509 or a branch's) in the directory or in
/// its token, and holds it against the public key that the directory certifies.
bool authority_read_key(struct ca *ca, int key, struct hierarchy_member *member,
                        const uint8_t certified[P256_COMPRESSED_SIZE], struct failure *failure);

/// Reads the branches of a directory, whose other authorities are there already.
bool authority_read_branches(struct ca *ca, struct failure *failure);

#endif
