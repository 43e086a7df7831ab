// SPDX-License-Identifier: Apache-2.0
// Steps that an issuer or a holder takes at one card, recorded once, then cut everywhere
// (tests/tear/tear.h). What a cut leaves must look exactly as before or exactly as after the step;
// must open to an old or a new key set; must have gained no try and forgotten no failure; must take
// the step again and then look as if nothing had happened; and must keep nothing of a secret that
// went.
#ifndef TESTS_TEAR_STEPS_H
#define TESTS_TEAR_STEPS_H

#include "tests/kit/drawn.h"
#include "tests/kit/scene/issuer.h"
#include "tests/tear/tear.h"

/// One command with what it takes to get there: selection, channel or proof. All of it is cut.
struct step {
    const char *name;
    uint16_t (*act)(struct issuer *host);
    uint16_t sw;    // when it begins from the state before
    uint16_t again; // when the cut left the state after; 0: the same. 6A88: something was deleted
};

struct steps {
    const char *name;
    void (*before)(struct issuer *host); // what is not cut; may be NULL
    const struct step *list;
    size_t count;
    bool whole; // one step of very many commands: after a cut it is begun anew and must end
};

/// Takes the steps on a blank card whose asymmetric keys come from keys; prints and returns the
/// figures. misplace: as if every sync came one write late, and nothing is printed. Aborts when a
/// step answers something else without any cut.
struct tear_figures steps_cut(const struct steps *steps, struct drawn *keys, bool misplace);

#endif
