// SPDX-License-Identifier: Apache-2.0
// What a list may be written over: an older one of its kind, and nothing else that has the name.
#ifndef PERSONALIZATION_AUTHORITY_FILES_REPLACE_H
#define PERSONALIZATION_AUTHORITY_FILES_REPLACE_H

#include "base/failure.h"

enum ca_list_kind {
    CA_KIND_HOTLIST, // for cards or for programs
    CA_KIND_CRL,     // X.509 in PEM
};

/// May the list of this kind be written at path? Yes where nothing is, where such a list is, and
/// where a pipe or a device is. Else a failure (2) that asks for another name.
bool ca_may_replace(const char *path, enum ca_list_kind kind, struct failure *failure);

#endif
