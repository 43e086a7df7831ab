// SPDX-License-Identifier: Apache-2.0
// A pairwise cover: few rows of switches' values in which every two values of different switches
// meet in some row, but for the pairs that a rule names with its reason.
#ifndef TESTS_KIT_TELCO_PAIRS_H
#define TESTS_KIT_TELCO_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAIRS_SWITCHES = 8, PAIRS_VALUES = 4, PAIRS_ROWS = 64 };

/// A switch and its values; the first NULL ends them.
struct pairs_switch {
    const char *name, *values[PAIRS_VALUES + 1];
};

/// Value x of switch a and value y of switch b exclude each other.
struct pairs_rule {
    uint8_t a, x, b, y;
    const char *reason;
};

struct pairs {
    const struct pairs_switch *switches;
    size_t switch_count;
    const struct pairs_rule *rules;
    size_t rule_count;
};

/// A value of each switch.
struct pairs_row {
    uint8_t value[PAIRS_SWITCHES];
};

/// Rows in the order in which they were chosen, each the first of those with the most new pairs;
/// out has room for PAIRS_ROWS. Returns how many; the same switches give the same rows.
size_t pairs_cover(const struct pairs *pairs, struct pairs_row *out);
/// Pairs that neither meet in a row nor are excluded by a rule; prints each one.
size_t pairs_missing(const struct pairs *pairs, const struct pairs_row *rows, size_t count);
/// One line: the names of a row's values.
void pairs_print(const struct pairs *pairs, const struct pairs_row *row);
/// The rules, a line each, with their reasons.
void pairs_print_rules(const struct pairs *pairs);

#endif
