// SPDX-License-Identifier: Apache-2.0
// Why something did not happen: a sentence for people and the exit code that goes with it. What was
// wrong, with what value, where, and what to do. Exit codes: docs/man/tessera.1.
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

#include <stdbool.h>

enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1, // refused, failed, or a finding
    EXIT_USAGE = 2,   // arguments, script or input
    EXIT_ABSENT = 3,  // no reader, card or service
    EXIT_OPEN = 4,    // transport broke, outcome open
    EXIT_LOCKED = 5,  // locked, or no permission
};

struct failure {
    enum exit_code code;
    char text[512];
};

/// Fills in code and sentence; failure may be NULL. Callers write fail().
void failure_set(struct failure *failure, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/// The same from errno. Callers write fail_errno().
void failure_set_errno(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline bool failure_false(void) {
    return false;
}

/// fail(failure, code, format, ...) fills in the failure (which may be NULL) and is false, so that
/// callers can write `return fail(failure, EXIT_REFUSED, "...", ...)`; compilers see that it is.
#define fail(...) (failure_set(__VA_ARGS__), failure_false())

/// As fail, with the sentence of errno after a colon and the exit code that errno deserves:
/// 5 for permission, 2 for a path that leads nowhere, else 1.
#define fail_errno(...) (failure_set_errno(__VA_ARGS__), failure_false())

/// What a program ends with that did, or failed to do, what was asked.
static inline int exit_of(bool done, const struct failure *failure) {
    return done ? EXIT_DONE : (int)failure->code;
}

#endif
