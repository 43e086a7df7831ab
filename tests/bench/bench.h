// SPDX-License-Identifier: Apache-2.0
// Figures of make bench: a clock, medians, and the one line that every figure is printed as:
// name, value, unit, goal, ok or short (or - without a goal), separated by tabs.
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

/// Microseconds of a clock that only rises.
double bench_now_us(void);

/// Sorts values and gives the middle one.
double bench_median(double *values, size_t count);

/// A figure that should be at most so much; a goal below 0 is none.
void bench_print(const char *name, double value, const char *unit, double at_most);

/// Runs work as the one test of a suite, since the suites' kit asserts; says on standard error when
/// an assertion failed. Returns whether none did.
bool bench_with_kit(const char *name, void (*work)(void));

#endif
