// SPDX-License-Identifier: Apache-2.0
// The figures of cuts, told and added up: tear.h.
#include "tests/tear/tear.h"

#include <stdio.h>

void tear_tell(const char *name, const struct tear_figures *figures, struct tear_figures *total) {
    printf("tear %s: %zu commands, %zu points, %zu cuts, %zu cuts of recoveries, %zu states, %zu "
           "taps, %zu violations\n",
           name, figures->commands, figures->points, figures->cuts, figures->recut, figures->states,
           figures->taps, figures->violations);
    fflush(stdout);
    total->commands += figures->commands;
    total->points += figures->points;
    total->cuts += figures->cuts;
    total->recut += figures->recut;
    total->states += figures->states;
    total->taps += figures->taps;
    total->violations += figures->violations;
}
