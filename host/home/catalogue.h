// SPDX-License-Identifier: Apache-2.0
// What a content service says that there is, all of it: ids, titles, offers. Nothing of it is
// believed when a content is fetched (host/home/library.h).
#ifndef HOST_HOME_CATALOGUE_H
#define HOST_HOME_CATALOGUE_H

#include "host/home/source.h"

#include <stdio.h>

/// One content a line, in the order of ids: an object as the service has it, or id, title and
/// offers for people. False: nobody answers (EXIT_ABSENT), or what came is no catalogue.
bool catalogue_report(const struct source_service *service, FILE *out, bool json,
                      struct failure *failure);

#endif
