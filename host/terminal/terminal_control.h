// SPDX-License-Identifier: Apache-2.0
// How commands reach a terminal that runs: one JSON object a line over a local socket in its state
// directory, which only its owner may enter, and one line back. The same acts as its screen's.
#ifndef HOST_TERMINAL_TERMINAL_CONTROL_H
#define HOST_TERMINAL_TERMINAL_CONTROL_H

#include "base/failure.h"

#include <jansson.h>

enum { TERMINAL_LINE_MAX = 65536 };

/// Listens at DIRECTORY/control; the directory is locked by the caller. -1 with a failure.
int terminal_control_listen(const char *directory, struct failure *failure);

/// Who asks, when the listening socket is readable; new reference. *reply is where the answer goes,
/// sooner or later. NULL: nobody who says something in time.
json_t *terminal_control_take(int listening, int *reply);

/// Answers and hangs up; answer is taken over, reply may be -1.
void terminal_control_answer(int reply, json_t *answer);

/// {"code": 1, "error": "..."}.
json_t *terminal_control_failure(const struct failure *failure);

/// Asks the terminal of this directory; question is taken over. Where the answer has a "code" that
/// is not 0, failure says what its "error" says. NULL: no terminal runs there (EXIT_ABSENT), or it
/// ended meanwhile (EXIT_OPEN).
json_t *terminal_control_ask(const char *directory, json_t *question, struct failure *failure);

#endif
