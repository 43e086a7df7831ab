// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/scene/lossy.h"

#include "readers/link/emu.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum link_status lossy_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                       size_t capacity, size_t *answer_size) {
    struct lossy_link *lossy = (struct lossy_link *)link;
    if (lossy->down)
        return LINK_BROKEN;
    bool breaks = lossy->plan->sent++ == lossy->plan->breaks_at;
    if (breaks) {
        lossy->down = lossy->plan->broke = true;
        if (lossy->plan->kind == LOSSY_COMMAND)
            return LINK_BROKEN;
    }
    enum link_status status = link_transmit(lossy->inner, command, answer, capacity, answer_size);
    return breaks ? LINK_BROKEN : status;
}

static enum link_status lossy_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                    size_t capacity, size_t *atr_size) {
    struct lossy_link *lossy = (struct lossy_link *)link;
    return link_reset(lossy->inner, kind, atr, capacity, atr_size);
}

static void lossy_close(struct link *link) {
    struct lossy_link *lossy = (struct lossy_link *)link;
    link_close(lossy->inner);
    lossy->inner = NULL;
}

static const struct link_ops lossy_ops = {lossy_transmit, lossy_reset, lossy_close};

void lossy_over(struct lossy_link *lossy, struct scene_card *card, enum card_interface interface,
                struct lossy_plan *plan) {
    memset(lossy, 0, sizeof *lossy);
    lossy->inner = emu_link_over(card->card, &card->ports, interface, NULL);
    if (lossy->inner == NULL)
        abort();
    lossy->link = *lossy->inner;
    lossy->link.ops = &lossy_ops;
    snprintf(lossy->link.name, sizeof lossy->link.name, "lossy:%.16s", card->holder);
    lossy->plan = plan;
}

void lossy_arm(struct lossy_plan *plan, unsigned at, enum lossy_kind kind) {
    *plan = (struct lossy_plan){.breaks_at = at, .kind = kind};
}

void lossy_disarm(struct lossy_plan *plan) {
    *plan = (struct lossy_plan){.breaks_at = UINT_MAX};
}

void lossy_mend(struct lossy_link *lossy, struct scene_card *card) {
    lossy->down = false;
    scene_power(card);
}
