// SPDX-License-Identifier: Apache-2.0
// The folder in which an end entity without a card gets what an authority made for it: keys in PEM
// (0600), certificates as CVC and X.509, and the chain up to the root.
#ifndef PERSONALIZATION_AUTHORITY_FILES_FOLDER_H
#define PERSONALIZATION_AUTHORITY_FILES_FOLDER_H

#include "personalization/authority/authority.h"

/// Makes the folder, mode 0700. EXIT_REFUSED when there is one already.
bool ca_folder_make(const char *directory, struct failure *failure);

/// Writes certificate.pem and root.pem, where there is a card-verifiable one certificate.cvc, and,
/// where the role has an authority for such ones, issuer.cvc, root.cvc and center.cvc, the center
/// whose hotlists count. None of them may exist.
bool ca_folder_certificates(const struct ca *ca, const char *directory,
                            const struct ca_answer *answer, struct failure *failure);

/// Writes key.pem and, where there is one, kem-key.pem, mode 0600.
bool ca_folder_keys(const char *directory, const struct ca_keys *keys, struct failure *failure);

/// Issues keys to the request and writes all of it into a new folder. What could not be written
/// nobody has: its certificate is revoked then, and the id is free again.
bool ca_folder_issue(struct ca *ca, const struct ca_request *request, const char *directory,
                     struct ca_answer *answer, struct failure *failure);

/// Writes into a folder what the authority's own center signs with, where its key is in a file:
/// key.pem, certificate.cvc, issuer.cvc and root.cvc. None of them may exist.
bool ca_folder_center(const struct ca *ca, const char *directory, struct failure *failure);

#endif
