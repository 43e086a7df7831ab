// SPDX-License-Identifier: Apache-2.0
// What every fuzz target includes. A target is one file tests/fuzz/fuzz-NAME.c that defines
// LLVMFuzzerTestOneInput; its corpus is tests/corpus/NAME/. The input stands in memory of exactly
// its size. A broken post-condition ends the process with its text and place.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
