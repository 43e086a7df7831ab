// SPDX-License-Identifier: Apache-2.0
// Observers that write files: recordings (dump.h) and coverage of the catalogue; and lists of
// observers.
#ifndef APDU_SCRIPT_TOOLS_OBSERVERS_H
#define APDU_SCRIPT_TOOLS_OBSERVERS_H

#include "apdu/script/run/session.h"
#include "base/failure.h"

/// Every exchange into a dump. NULL: errno.
struct script_observer *record_observer_open(const char *path);

/// Appends a line "COMMAND<TAB>SW" for every catalogue command and status word met, each pair once
/// a run. NULL: errno.
struct script_observer *coverage_observer_open(const char *path, const struct catalogue_own *own);

/// Explains every exchange on out while it happens. several: lines name the card. Signatures are
/// checked when crypto is given. NULL: memory is out.
struct script_observer *trace_observer_open(FILE *out, bool colour, bool several,
                                            const struct crypto *crypto);

/// Makes such an observer explain by somebody else's commands, too.
void trace_observer_know(struct script_observer *trace, const struct catalogue_own *own);

/// Likewise at the end of a file of mode 0600. NULL: errno.
struct script_observer *trace_observer_open_file(const char *path, bool several,
                                                 const struct crypto *crypto);

/// Puts an observer ahead of a list. NULL, with its errno: the failure says that name cannot be
/// written.
bool observers_add(struct script_observer **observers, const char *name,
                   struct script_observer *observer, struct failure *failure);

/// Closes all of them. False: something could not be written; errno.
bool observers_close(struct script_observer *observers);

#endif
