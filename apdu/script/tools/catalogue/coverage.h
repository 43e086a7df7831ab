// SPDX-License-Identifier: Apache-2.0
// What runs met of the catalogue: the log that coverage_observer_open (observers.h) writes, one
// line "COMMAND<TAB>SW" each, against the commands and refusals that are documented.
#ifndef APDU_SCRIPT_TOOLS_CATALOGUE_COVERAGE_H
#define APDU_SCRIPT_TOOLS_CATALOGUE_COVERAGE_H

#include "apdu/script/tools/own_file.h"

#include <stdio.h>

/// Prints what the log lacks ("missing"), what it has beyond the catalogue ("undocumented"), and
/// how much was met ("coverage: N of M"); with a catalogue of one's own its commands alone are
/// asked for. True: all was met, and nothing else.
bool coverage_print(struct bytes log, const struct catalogue_own *own, FILE *out);

#endif
