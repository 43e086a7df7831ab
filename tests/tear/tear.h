// SPDX-License-Identifier: Apache-2.0
// Exhaustive power cuts over a test scene. A scenario runs once with every card on a recording
// medium; then every cut of every command is looked at without running it again: each write torn at
// each octet, writes since the last sync lost in many subsets, the recovery itself cut again.
// What must hold stands at tear_cut.
#ifndef TESTS_TEAR_TEAR_H
#define TESTS_TEAR_TEAR_H

#include "tests/kit/scene/scene.h"

struct tear;

/// Puts every card of the scene on a recording medium and powers it on anew.
struct tear *tear_begin(struct scene *scene);
/// Ends recording; the cards stand on their memory again, as the scenario left them. Frees all.
void tear_end(struct tear *tear);

/// Commands answered so far: their numbers begin with 0.
size_t tear_steps(const struct tear *tear);

/// What to do after a cut in the command of this number: every card is powered on as the cut left
/// it, and nobody got the answer of the cut command. NULL when every promise holds, else a
/// sentence.
typedef const char *tear_tap(struct scene *scene, size_t step);

enum { TEAR_LOOK_SIZE = 32 };
/// Digest of everything that can be seen of the scene's cards, which are powered on; may send
/// commands. Cards that write outside the journal need it: octets that nothing refers to may be any
/// there. Without one, every octet counts.
typedef void tear_look(struct scene *scene, uint8_t look[TEAR_LOOK_SIZE]);
void tear_look_by(struct tear *tear, tear_look *look);

struct tear_figures {
    size_t commands;   // whose writes were cut
    size_t points;     // write and octet, or sync, at which power went
    size_t cuts;       // points times the subsets of unsynced writes that survive
    size_t recut;      // cuts within the recovery after a cut
    size_t states;     // distinct recovered states
    size_t looks;      // images whose octets were neither old nor new, judged by what can be seen
    size_t taps;       // next taps, one after each of them
    size_t violations; // the first ones are printed to stderr, unless quiet
    bool quiet;
};

/// Looks at every cut of what was recorded and adds up the figures:
/// recovery succeeds; it gives exactly the state before or exactly the state after the commit under
/// way; what was answered is durable; the next commit on the recovered image is sound; a recovery
/// that is cut recovers; and the tap is content with every distinct state.
void tear_cut(struct tear *tear, tear_tap *tap, struct tear_figures *figures);

/// Prints the figures of one flow in a line "tear NAME: ...", and adds them to a total.
void tear_tell(const char *name, const struct tear_figures *figures, struct tear_figures *total);

/// For the test of this test: pretends that each sync came one write later.
void tear_misplace_syncs(struct tear *tear);

#endif
