// SPDX-License-Identifier: Apache-2.0
// A store around another one whose n-th step fails, or whose process dies there: every begin, every
// statement and every commit is a step. For all tests that ask what is left after a crash.
#ifndef SERVICES_CORE_STORE_STORE_FAULT_H
#define SERVICES_CORE_STORE_STORE_FAULT_H

#include "services/core/store/store.h"

enum store_fault_kind {
    STORE_FAULT_FAIL,       // the step fails, nothing of its transaction stays
    STORE_FAULT_LOSE,       // a commit goes through and its answer is lost; other steps fail
    STORE_FAULT_KILL,       // the process dies before the step
    STORE_FAULT_KILL_AFTER, // the process dies after the step: a commit stays
    STORE_FAULTS,
};

struct store_fault {
    struct store store; // hand this on
    struct store *inner;
    enum store_fault_kind kind;
    size_t at;    // the step (from 1) that it happens to; 0: never
    size_t steps; // so far
    bool dead;    // everything answers STORE_LOST until somebody starts again: set it to false
};

/// inner stays the caller's.
void store_fault_init(struct store_fault *fault, struct store *inner);

#endif
