// SPDX-License-Identifier: Apache-2.0
// How far personalization has come: bits of NUMBER_STAGES.
#ifndef CARD_APPLETS_PURSE_STAGES_H
#define CARD_APPLETS_PURSE_STAGES_H

#include "card/applets/purse/layout.h"

enum perso_stage {
    STAGE_PROFILE = 0x01,
    STAGE_KEYS = 0x02,
    STAGE_CERTIFICATE = 0x04,
    STAGE_CLOSED = 0x80, // a purse from now on
};

static inline bool stages_are_closed(const struct card_call *call) {
    return (number_get(call, NUMBER_STAGES) & STAGE_CLOSED) != 0;
}

#endif
