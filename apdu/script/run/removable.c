// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/run/removable.h"

#include <string.h>

static enum link_status absent(struct link *link) {
    strncpy(link->error, "the card was removed; insert it", sizeof link->error - 1);
    return LINK_NO_CARD;
}

static enum link_status keep_error(struct removable *removable, enum link_status status) {
    if (status != LINK_OK)
        memcpy(removable->link.error, removable->inner->error, sizeof removable->link.error);
    return status;
}

static enum link_status removable_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                           size_t capacity, size_t *answer_size) {
    struct removable *removable = (struct removable *)link;
    if (removable->removed)
        return absent(link);
    return keep_error(removable,
                      link_transmit(removable->inner, command, answer, capacity, answer_size));
}

static enum link_status removable_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                        size_t capacity, size_t *atr_size) {
    struct removable *removable = (struct removable *)link;
    if (removable->removed)
        return absent(link);
    return keep_error(removable, link_reset(removable->inner, kind, atr, capacity, atr_size));
}

static void removable_close(struct link *link) {
    (void)link;
}

static enum link_status removable_remove(const struct script_control *control) {
    struct removable *removable = control->context;
    removable->removed = true;
    return LINK_OK;
}

static enum link_status removable_insert(const struct script_control *control) {
    struct removable *removable = control->context;
    uint8_t atr[64];
    size_t size = 0;
    removable->removed = false;
    return keep_error(removable,
                      link_reset(removable->inner, LINK_RESET_COLD, atr, sizeof atr, &size));
}

static const struct link_ops removable_ops = {removable_transmit, removable_reset, removable_close};

void removable_init(struct removable *removable, struct link *inner) {
    *removable = (struct removable){.inner = inner};
    removable->link = *inner;
    removable->link.ops = &removable_ops;
    removable->control =
        (struct script_control){NULL, removable_insert, removable_remove, removable};
}
