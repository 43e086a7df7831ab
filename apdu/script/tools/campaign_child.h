// SPDX-License-Identifier: Apache-2.0
// What the processes of a campaign do beside the trunk, and how they tell it. Only campaign*.c
// include it.
#ifndef APDU_SCRIPT_TOOLS_CAMPAIGN_CHILD_H
#define APDU_SCRIPT_TOOLS_CAMPAIGN_CHILD_H

#include <stdnoreturn.h>

#include "apdu/script/tools/campaign_state.h"

/// Behind it on the pipe: text_size octets of text, then the exchange as a script.
struct campaign_verdict {
    bool held;
    uint32_t outcome; // of the script, enum script_outcome
    uint32_t compared;
    uint32_t text_size;
};

/// The body of the script over the wrapped cards. failure may be NULL.
enum script_outcome body_run(struct campaign *campaign, const struct script_listener *listener);
/// Setup blocks of a program, over the wrapped cards.
bool setup_run(struct campaign *campaign, struct script_program *program, struct script_memo *memo);

/// From here on this process only looks what the command does.
void scout_begin(struct campaign *campaign, size_t card);
/// The command was answered: counts its writes and notes the state after it.
void scout_after(struct campaign *campaign, size_t card);
/// Tells what it saw and the command after it.
noreturn void scout_end(struct campaign *campaign, size_t card, struct bytes next);
/// What a scout told on its pipe. False: it is cut.
bool scout_read(struct campaign_scout *scout, const struct buffer *told);

/// From here on this process makes a mistake.
void mutant_begin(struct campaign *campaign, enum mutation_kind kind, size_t parameter);
/// Checks the invariants and tells.
noreturn void mutant_end(struct campaign *campaign, enum script_outcome outcome);
/// Script and invariants without a mistake.
noreturn void clean_run(struct campaign *campaign);

#endif
