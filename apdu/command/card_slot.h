// SPDX-License-Identifier: Apache-2.0
// Where a terminal finds its cards, one after another: it looks for a card without standing still,
// and takes it as a link when it is there. Behind it is a process of its own
// (readers/reader_process.h) or, in tests, memory.
#ifndef APDU_COMMAND_CARD_SLOT_H
#define APDU_COMMAND_CARD_SLOT_H

#include "apdu/command/link.h"

struct card_slot;

struct card_slot_ops {
    /// Begins to look for a card for so long. False: error says why it cannot.
    bool (*seek)(struct card_slot *slot, unsigned wait_ms);
    /// Becomes readable when take has something to say; -1: nothing is looked for.
    int (*descriptor)(const struct card_slot *slot);
    /// The card that was found, for at most tap_ms from now on (0: as long as one likes). NULL:
    /// *why is no LINK_OK, and error tells. Its close ends the tap; the slot then may seek again.
    struct link *(*take)(struct card_slot *slot, unsigned tap_ms, enum link_status *why);
    /// Looks no longer. A link that was taken is gone.
    void (*stop)(struct card_slot *slot);
    /// Frees the slot.
    void (*close)(struct card_slot *slot);
};

struct card_slot {
    const struct card_slot_ops *ops;
    char error[256]; // sentence about the last failure
};

static inline bool card_slot_seek(struct card_slot *slot, unsigned wait_ms) {
    return slot->ops->seek(slot, wait_ms);
}

static inline int card_slot_descriptor(const struct card_slot *slot) {
    return slot->ops->descriptor(slot);
}

static inline struct link *card_slot_take(struct card_slot *slot, unsigned tap_ms,
                                          enum link_status *why) {
    return slot->ops->take(slot, tap_ms, why);
}

static inline void card_slot_stop(struct card_slot *slot) {
    slot->ops->stop(slot);
}

static inline void card_slot_close(struct card_slot *slot) {
    if (slot != NULL)
        slot->ops->close(slot);
}

#endif
