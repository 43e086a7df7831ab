// SPDX-License-Identifier: Apache-2.0
// Memory for tests: counts what is taken, fails the n-th time, tells what was not given back.
#ifndef TESTS_KIT_SERVICES_COUNTED_H
#define TESTS_KIT_SERVICES_COUNTED_H

#include "base/buffer.h"

struct counted {
    struct script_memory memory;
    size_t taken;   // how often
    size_t fail_at; // this one and all after it fail; 0: none
    size_t blocks;  // not given back yet
};

void counted_init(struct counted *counted, size_t fail_at);

#endif
