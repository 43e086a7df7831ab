// SPDX-License-Identifier: Apache-2.0
// Assertions that stay on in production, outside the card: what money, counters and buffers are
// relied upon to be. Where one does not hold, the program has a mistake, and going on would do harm
// that no message mends. It ends there: standard error says file, line and sentence; nothing is
// flushed, nothing registered to run at the end runs; exit code 1. What may happen without a
// mistake in the program (input, cards, networks, memory) is a failure (base/failure.h), never
// this.
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stddef.h>

/// Ends the program unless the condition holds. sentence: what is so whenever the program is right,
/// a literal without the values, which may be secret.
#define must(condition, sentence)                                                                  \
    ((condition) ? (void)0 : must_fail(__FILE__, __LINE__, #condition, sentence))

/// Does not compile unless the table (an array, not a pointer) has so many rows: one for each value
/// of the enum that it is indexed by.
#define must_cover(table, count)                                                                   \
    _Static_assert(sizeof(table) / sizeof((table)[0]) == (size_t)(count),                          \
                   #table " has a row for each of " #count)

/// What must calls: says it on standard error and ends the program with exit code 1.
_Noreturn void must_fail(const char *file, int line, const char *condition, const char *sentence);

#endif
