// SPDX-License-Identifier: Apache-2.0
// Which taps are torn, whatever flow runs over them: the card on the air leaves at octets, and
// either card loses power at its writes. TESSERA_TORN=full multiplies the two.
#ifndef TESTS_TEAR_TORN_H
#define TESTS_TEAR_TORN_H

#include "host/flows/flow.h"
#include "tests/kit/tap/tap_reader.h"

/// Octets and writes of the undisturbed tap.
struct torn_extent {
    size_t octets;
    struct scene_card *cards[2];
    uint32_t writes[2];
};

/// One torn tap, and whatever is to hold after it.
typedef void torn_tap(void *context, const struct tap_fault *fault);

/// The card leaves after every octet.
void torn_removals(const struct torn_extent *extent, torn_tap *tap, void *context);
/// Power goes at every write of either card.
void torn_cuts(const struct torn_extent *extent, torn_tap *tap, void *context);

struct torn_figures {
    size_t taps, open, done, refused, absent, violations;
};

/// A torn tap that came out so.
void torn_count(struct torn_figures *figures, enum flow_status status);
/// Counts a violation; the first few are printed.
void torn_violation(struct torn_figures *figures, const struct tap_fault *fault, const char *what);
/// Prints the figures; a violation fails the test.
void torn_print(const char *name, const struct torn_figures *figures);

#endif
