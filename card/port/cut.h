// SPDX-License-Identifier: Apache-2.0
// A medium whose power can be cut: it passes everything to the medium below until the write that
// was asked for, lets only some octets of it through and is dead from then on. Power cut tests of
// the running card (card run --control) and of links in process use it. Freestanding.
#ifndef CARD_PORT_CUT_H
#define CARD_PORT_CUT_H

#include "card/os/nvm.h"

struct nvm_cut {
    struct nvm_port port; // hand this one to the card
    const struct nvm_port *medium;
    uint64_t writes; // that reached the medium since nvm_cut_init, the cut one not counted
    uint64_t left;   // writes before the cut, while armed
    size_t octets;   // of the cut write that still reach the medium
    bool armed;
    bool dark;                     // power is gone: everything fails
    void (*synced)(void *context); // after every sync that took place; NULL: nobody asks
    void *context;
};

/// The cut port refers to itself and to medium: neither may move or end before it.
void nvm_cut_init(struct nvm_cut *cut, const struct nvm_port *medium);

/// Power goes at the write after so many more, of which the first octets still arrive.
void nvm_cut_arm(struct nvm_cut *cut, uint64_t writes, size_t octets);

/// Power goes now; nothing is armed any more.
void nvm_cut_fail(struct nvm_cut *cut);

/// Power is back; nothing is armed.
void nvm_cut_restore(struct nvm_cut *cut);

#endif
