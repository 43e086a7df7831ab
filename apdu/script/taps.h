// SPDX-License-Identifier: Apache-2.0
// Taps that write files: recordings (dump.h) and coverage of the catalogue.
#ifndef APDU_SCRIPT_TAPS_H
#define APDU_SCRIPT_TAPS_H

#include "apdu/script/session.h"

/// Every exchange into a dump. NULL: errno.
struct script_tap *record_tap_open(const char *path);

/// Appends a line "COMMAND<TAB>SW" for every catalogue command and status word met, each pair once
/// a run. NULL: errno.
struct script_tap *coverage_tap_open(const char *path);

/// Explains every exchange on out while it happens. several: lines name the card. Signatures are
/// checked when crypto is given. NULL: memory is out.
struct script_tap *trace_tap_open(FILE *out, bool colour, bool several,
                                  const struct crypto *crypto);

#endif
