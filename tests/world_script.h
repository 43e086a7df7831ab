// SPDX-License-Identifier: Apache-2.0
// Scripts over the cards of a test world: the flows of tests/scripts in process, on whatever medium
// the cards stand.
#ifndef TESTS_WORLD_SCRIPT_H
#define TESTS_WORLD_SCRIPT_H

#include "tests/world.h"

/// Runs a script file; its cards are the world's first three, by their holders. Prints the first
/// failure. False: some case failed, or nothing was sent.
bool world_play(struct world *world, const char *file);

#endif
