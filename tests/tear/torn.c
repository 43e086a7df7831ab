// SPDX-License-Identifier: Apache-2.0
#include "tests/tear/torn.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/kit/suite.h"

// ---- what is torn -----------------------------------------------------------------------------

void torn_removals(const struct torn_extent *extent, torn_tap *tap, void *context) {
    for (uint32_t octet = 0; octet <= extent->octets; octet++) {
        struct tap_fault fault = {.leave_after = octet};
        tap(context, &fault);
    }
}

// Nothing of the write, one octet, half, all but one; tests/tear/test-tear.c has every octet.
static const uint32_t portions[] = {0, 1, 16, 64};

static void cut_all(const struct torn_extent *extent, uint32_t octet, torn_tap *tap,
                    void *context) {
    for (size_t card = 0; card < 2; card++)
        for (uint32_t write = 0; write < extent->writes[card]; write++)
            for (size_t i = 0; i < sizeof portions / sizeof portions[0]; i++) {
                struct tap_fault fault = {.leave_after = octet,
                                          .cut = extent->cards[card],
                                          .write = write,
                                          .octets = portions[i]};
                tap(context, &fault);
            }
}

void torn_cuts(const struct torn_extent *extent, torn_tap *tap, void *context) {
    const char *full = getenv("TESSERA_TORN");
    cut_all(extent, TAP_NEVER, tap, context);
    for (uint32_t octet = 0; full != NULL && octet <= extent->octets; octet++)
        cut_all(extent, octet, tap, context);
}

// ---- figures ----------------------------------------------------------------------------------

void torn_count(struct torn_figures *figures, enum flow_status status) {
    figures->taps++;
    figures->open += status == FLOW_OPEN;
    figures->done += status == FLOW_DONE;
    figures->refused += status == FLOW_REFUSED || status == FLOW_FAILED;
    figures->absent += status == FLOW_ABSENT;
}

void torn_violation(struct torn_figures *figures, const struct tap_fault *fault, const char *what) {
    if (figures->violations++ < 5)
        fprintf(stderr, "octet %u, %s write %u octets %u: %s\n", fault->leave_after,
                fault->cut != NULL ? fault->cut->holder : "no", fault->write, fault->octets, what);
}

void torn_print(const char *name, const struct torn_figures *figures) {
    printf("torn taps: %s: %zu taps, %zu open, %zu done, %zu absent, %zu refused, %zu violations\n",
           name, figures->taps, figures->open, figures->done, figures->absent, figures->refused,
           figures->violations);
    CU_ASSERT(figures->violations == 0);
}
