// SPDX-License-Identifier: Apache-2.0
// How far personalization has come: bits of NUMBER_STAGES.
#ifndef CARD_APPLETS_PURSE_STAGES_H
#define CARD_APPLETS_PURSE_STAGES_H

#include "card/applets/purse/state/purse.h"

enum perso_stage {
    STAGE_PROFILE = 0x01,
    STAGE_PERSONALIZED = 0x80, // a purse from now on
};

static inline bool purse_is_personalized(const struct purse *purse) {
    return (number_get(purse, NUMBER_STAGES) & STAGE_PERSONALIZED) != 0;
}

#endif
