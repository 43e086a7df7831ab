// SPDX-License-Identifier: Apache-2.0
// Exhaustive power cuts. A scenario runs once over links whose cards stand on recording media; then
// every cut of every command is looked at: each write torn at each octet, writes since the last
// sync lost in many subsets, the cut recovery itself cut again. What must hold is in tear_cut.
#ifndef TESTS_TEAR_H
#define TESTS_TEAR_H

#include "apdu/link.h"
#include "card/card.h"

enum { TEAR_CARDS_MAX = 6 };

struct tear;

struct tear *tear_new(void);
void tear_free(struct tear *tear);

/// Adds a card on a copy of this image and powers it on. The link lives as long as tear and is not
/// closed by the caller.
struct link *tear_add(struct tear *tear, const char *name, const uint8_t *image, uint32_t size,
                      const struct crypto *crypto);
/// By which interface the card's commands come from now on.
void tear_interface(struct link *link, enum card_interface interface);
/// The image as it stands, size octets.
const uint8_t *tear_image(const struct link *link, uint32_t *size);

/// What to do with the cards after a cut: all of them come powered on, with no answer of the cut
/// command. Returns NULL when every promise holds, else a sentence.
typedef const char *(*tear_tap)(void *context, struct link *links[TEAR_CARDS_MAX]);

struct tear_figures {
    size_t commands;   // that wrote anything
    size_t points;     // write and octet, or sync, at which power went
    size_t cuts;       // points times the subsets of unsynced writes that survive
    size_t recut;      // cuts within the recovery after a cut
    size_t states;     // distinct recovered states, over all commands
    size_t taps;       // next taps after these
    size_t violations; // each is printed to stderr
};

/// Looks at every cut of the recorded scenario and adds up the figures:
/// recovery succeeds; it gives exactly the state before or exactly the state after the commit under
/// way; what was answered is durable; the next commit on the recovered image is sound; a recovery
/// that is cut recovers; and the tap is content with every distinct state.
void tear_cut(struct tear *tear, tear_tap tap, void *context, struct tear_figures *figures);

/// For the test of this test: pretends that the medium had synced one write later each time.
void tear_misplace_syncs(struct tear *tear);

#endif
