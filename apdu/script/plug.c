// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/plug.h"

#include <string.h>

static enum link_status absent(struct link *link) {
    strncpy(link->error, "the card was removed; insert it", sizeof link->error - 1);
    return LINK_NO_CARD;
}

static enum link_status keep_error(struct plug *plug, enum link_status status) {
    if (status != LINK_OK)
        memcpy(plug->link.error, plug->inner->error, sizeof plug->link.error);
    return status;
}

static enum link_status plug_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                      size_t capacity, size_t *answer_size) {
    struct plug *plug = (struct plug *)link;
    if (plug->removed)
        return absent(link);
    return keep_error(plug, link_transmit(plug->inner, command, answer, capacity, answer_size));
}

static enum link_status plug_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *atr_size) {
    struct plug *plug = (struct plug *)link;
    if (plug->removed)
        return absent(link);
    return keep_error(plug, link_reset(plug->inner, kind, atr, capacity, atr_size));
}

static void plug_close(struct link *link) {
    (void)link;
}

static enum link_status plug_remove(const struct script_control *control) {
    struct plug *plug = control->context;
    plug->removed = true;
    return LINK_OK;
}

static enum link_status plug_insert(const struct script_control *control) {
    struct plug *plug = control->context;
    uint8_t atr[64];
    size_t size = 0;
    plug->removed = false;
    return keep_error(plug, link_reset(plug->inner, LINK_RESET_COLD, atr, sizeof atr, &size));
}

static const struct link_ops plug_ops = {plug_transmit, plug_reset, plug_close};

void plug_init(struct plug *plug, struct link *inner) {
    *plug = (struct plug){.inner = inner};
    plug->link = *inner;
    plug->link.ops = &plug_ops;
    plug->control = (struct script_control){NULL, plug_insert, plug_remove, plug};
}
