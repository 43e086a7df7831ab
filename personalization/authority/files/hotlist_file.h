// SPDX-License-Identifier: Apache-2.0
// A hotlist as a file.
#ifndef PERSONALIZATION_AUTHORITY_FILES_HOTLIST_FILE_H
#define PERSONALIZATION_AUTHORITY_FILES_HOTLIST_FILE_H

#include "personalization/authority/lists/hotlist.h"

/// Writes a list for this audience in the place of the file at path. Before a program's list stand
/// the certificates that it is verified by, below the root; a card has them.
bool ca_list_write(const struct ca *ca, enum ca_audience audience, const struct ca_list *list,
                   const char *path, struct failure *failure);

#endif
