// SPDX-License-Identifier: Apache-2.0
// A pipe that breaks where a test says: links over the cards of a scene, that share one count of
// commands. At the chosen one the command or its answer is lost, and that link stays broken until
// the next tap. Nothing is delivered twice or late here.
#ifndef TESTS_KIT_SCENE_LOSSY_H
#define TESTS_KIT_SCENE_LOSSY_H

#include "apdu/command/link.h"
#include "tests/kit/scene/scene.h"

enum lossy_kind { LOSSY_COMMAND, LOSSY_ANSWER };

/// One break, shared by all links of a test.
struct lossy_plan {
    unsigned sent; // commands since lossy_arm
    unsigned breaks_at;
    enum lossy_kind kind;
    bool broke;
};

struct lossy_link {
    struct link link;
    struct link *inner;
    struct lossy_plan *plan;
    bool down;
};

/// A link over a card. Close it with link_close(&lossy->link).
void lossy_over(struct lossy_link *lossy, struct scene_card *card, enum card_interface interface,
                struct lossy_plan *plan);

/// Breaks at the at-th command from now (0: the next one).
void lossy_arm(struct lossy_plan *plan, unsigned at, enum lossy_kind kind);
/// No break from now on.
void lossy_disarm(struct lossy_plan *plan);

/// The cards come together again: links up, cards powered on anew.
void lossy_mend(struct lossy_link *lossy, struct scene_card *card);

#endif
