// SPDX-License-Identifier: Apache-2.0
// What a script needs of its command line: the cards that it names, and the keys of its secure
// channels. Looked for when the script is read, so that nothing is sent where one is missing.
#ifndef APDU_SCRIPT_RUN_NEEDS_H
#define APDU_SCRIPT_RUN_NEEDS_H

#include "apdu/script/language/parse.h"
#include "apdu/script/run/run.h"

struct script_needs {
    // the caller's
    const struct script_reporter *reporter;
    const struct script_memory *memory; // of messages
    const char *cards[SCRIPT_CARDS_MAX];
    size_t card_count;
    const struct script_keys *keys; // NULL: there are none
    bool keyless;                   // nothing is sent: keys are not looked for
    // found
    size_t missing;
};

/// Reads a program once (program_check) and reports each card and key that is named and not there.
/// Macros that nothing that runs calls, be it
/// through other macros, need nothing. False: the script has errors, or something is missing.
bool needs_check(struct script_needs *needs, struct script_program *program);

#endif
