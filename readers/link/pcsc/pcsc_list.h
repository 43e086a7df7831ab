// SPDX-License-Identifier: Apache-2.0
// The readers of a PC/SC service and what is in them, without connecting to any card.
#ifndef READERS_LINK_PCSC_PCSC_LIST_H
#define READERS_LINK_PCSC_PCSC_LIST_H

#include "readers/link/link_kind.h"

enum { PCSC_LIST_MAX = 16, PCSC_LIST_NAME_MAX = 128, PCSC_LIST_ATR_MAX = 33 };

enum pcsc_state { PCSC_EMPTY, PCSC_CARD, PCSC_IN_USE, PCSC_MUTE, PCSC_STATE_COUNT };

struct pcsc_listed {
    char name[PCSC_LIST_NAME_MAX];
    enum pcsc_state state;
    uint8_t atr[PCSC_LIST_ATR_MAX];
    size_t atr_size;
};

/// All readers, as many as fit. wait: not before one of them has a card; a reader may come, too.
/// False: *failure says why (no service, no reader).
bool pcsc_list(struct pcsc_listed readers[PCSC_LIST_MAX], size_t *count, bool wait,
               struct link_failure *failure);

#endif
