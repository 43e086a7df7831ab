// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/telco/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Which pairs have met: of the lower switch's value and the higher one's.
struct met {
    bool pair[PAIRS_SWITCHES][PAIRS_VALUES][PAIRS_SWITCHES][PAIRS_VALUES];
};

static const struct pairs_rule *rule_of(const struct pairs *pairs, size_t a, size_t x, size_t b,
                                        size_t y) {
    for (size_t i = 0; i < pairs->rule_count; i++) {
        const struct pairs_rule *rule = &pairs->rules[i];
        if ((rule->a == a && rule->x == x && rule->b == b && rule->y == y) ||
            (rule->a == b && rule->x == y && rule->b == a && rule->y == x))
            return rule;
    }
    return NULL;
}

static bool allowed(const struct pairs *pairs, const struct pairs_row *row) {
    for (size_t i = 0; i < pairs->rule_count; i++) {
        const struct pairs_rule *rule = &pairs->rules[i];
        if (row->value[rule->a] == rule->x && row->value[rule->b] == rule->y)
            return false;
    }
    return true;
}

/// The next one, as an odometer counts. False: that was the last.
static bool next(const struct pairs *pairs, struct pairs_row *row) {
    for (size_t i = pairs->switch_count; i-- > 0;) {
        if (pairs->switches[i].values[++row->value[i]] != NULL)
            return true;
        row->value[i] = 0;
    }
    return false;
}

static size_t new_pairs(const struct pairs *pairs, const struct pairs_row *row,
                        const struct met *met) {
    size_t count = 0;
    for (size_t a = 0; a < pairs->switch_count; a++)
        for (size_t b = a + 1; b < pairs->switch_count; b++)
            count += !met->pair[a][row->value[a]][b][row->value[b]];
    return count;
}

static void meet(const struct pairs *pairs, const struct pairs_row *row, struct met *met) {
    for (size_t a = 0; a < pairs->switch_count; a++)
        for (size_t b = a + 1; b < pairs->switch_count; b++)
            met->pair[a][row->value[a]][b][row->value[b]] = true;
}

/// The first of the rows with the most new pairs; how many those are.
static size_t best_row(const struct pairs *pairs, const struct met *met, struct pairs_row *best) {
    struct pairs_row row = {{0}};
    size_t most = 0;
    do {
        size_t count = allowed(pairs, &row) ? new_pairs(pairs, &row, met) : 0;
        if (count > most) {
            most = count;
            *best = row;
        }
    } while (next(pairs, &row));
    return most;
}

size_t pairs_cover(const struct pairs *pairs, struct pairs_row *out) {
    struct met met = {0};
    size_t count = 0;
    while (count < PAIRS_ROWS && best_row(pairs, &met, &out[count]) > 0)
        meet(pairs, &out[count++], &met);
    return count;
}

static size_t missing_between(const struct pairs *pairs, const struct met *met, size_t a,
                              size_t b) {
    const struct pairs_switch *first = &pairs->switches[a], *second = &pairs->switches[b];
    size_t missing = 0;
    for (size_t x = 0; first->values[x] != NULL; x++)
        for (size_t y = 0; second->values[y] != NULL; y++) {
            if (met->pair[a][x][b][y] || rule_of(pairs, a, x, b, y) != NULL)
                continue;
            printf("\n    never together: %s %s, %s %s", first->name, first->values[x],
                   second->name, second->values[y]);
            missing++;
        }
    return missing;
}

size_t pairs_missing(const struct pairs *pairs, const struct pairs_row *rows, size_t count) {
    struct met met = {0};
    size_t missing = 0;
    for (size_t i = 0; i < count; i++)
        meet(pairs, &rows[i], &met);
    for (size_t a = 0; a < pairs->switch_count; a++)
        for (size_t b = a + 1; b < pairs->switch_count; b++)
            missing += missing_between(pairs, &met, a, b);
    return missing;
}

void pairs_print(const struct pairs *pairs, const struct pairs_row *row) {
    for (size_t i = 0; i < pairs->switch_count; i++)
        printf("%s%s", i > 0 ? " | " : "\n    ", pairs->switches[i].values[row->value[i]]);
}

void pairs_print_rules(const struct pairs *pairs) {
    for (size_t i = 0; i < pairs->rule_count; i++) {
        const struct pairs_rule *rule = &pairs->rules[i];
        printf("\n    not: %s, %s: %s", pairs->switches[rule->a].values[rule->x],
               pairs->switches[rule->b].values[rule->y], rule->reason);
    }
}
