// SPDX-License-Identifier: Apache-2.0
// A hotlist for programs as a file, signed by an authority of a test: of any size.
#ifndef TESTS_KIT_SERVICES_HOST_LIST_H
#define TESTS_KIT_SERVICES_HOST_LIST_H

#include "apdu/object/marks.h"
#include "tests/kit/certificates.h"

/// Root, issuing authority of the center, center.
struct host_authority {
    struct sample_party root, centers, center;
};

/// A fresh one whose center has this name; valid on SAMPLE_TODAY.
void host_authority_make(struct host_authority *authority, const struct crypto *crypto,
                         const char *space);
/// Writes the list of these marks, which rise, and the root's certificate. roles: of the cards
/// that it is for, 0 for programs.
void host_list_write(const struct host_authority *authority, const struct crypto *crypto,
                     struct bytes marks, uint16_t roles, const char *path, const char *root);

#endif
