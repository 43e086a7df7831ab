// SPDX-License-Identifier: Apache-2.0
// Every mistake at every command of a script (mutate.h), and the script's invariants after each.
// The script runs once; before each of its commands the process forks, one child for each mistake,
// so that cards and script stand as they were at that moment. Cards live in the memory of this
// process, or can be made again in a child. A child that crashes or does not end is a violation,
// too.
#ifndef APDU_SCRIPT_TOOLS_CAMPAIGN_H
#define APDU_SCRIPT_TOOLS_CAMPAIGN_H

#include "apdu/script/tools/campaign_state.h"

enum campaign_end {
    CAMPAIGN_HELD,
    CAMPAIGN_VIOLATED,
    CAMPAIGN_UNUSABLE, // the script does not pass as it is, or the system refused; message printed
};

/// Zeroed campaign with the caller's part filled in. Prints violations to out, what failed to err.
enum campaign_end campaign_run(struct campaign *campaign);
/// Figures by kind, and the closing line.
void campaign_print(const struct campaign *campaign);
/// Frees what a run left in it; the caller's part is the caller's.
void campaign_free(struct campaign *campaign);

#endif
