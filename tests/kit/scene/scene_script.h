// SPDX-License-Identifier: Apache-2.0
// Scripts over the cards of a test scene: the flows of tests/scripts in process, on whatever medium
// the cards stand.
#ifndef TESTS_KIT_SCENE_SCENE_SCRIPT_H
#define TESTS_KIT_SCENE_SCENE_SCRIPT_H

#include "apdu/script/language/keys.h"
#include "tests/kit/scene/scene.h"

enum { SCRIPT_CARD_NAME_MAX = 32 };

/// A card as a script's head ("#! cards WALLET BLANK,internal") names it.
struct script_head_card {
    char name[SCRIPT_CARD_NAME_MAX];
    bool internal;
};

/// The cards of a script's head. Returns how many; 0 also when there is no such line.
size_t script_head(const char *file, struct script_head_card cards[SCENE_CARDS_MAX]);

/// Runs a script file; its cards are the scene's, by their holders. keys may be NULL. Prints the
/// first failure. False: some case failed, or nothing was sent.
bool scene_play(struct scene *scene, const char *file, const struct script_keys *keys);

#endif
