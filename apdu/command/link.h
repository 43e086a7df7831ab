// SPDX-License-Identifier: Apache-2.0
// The pipe: one interface over which every host program reaches a card, whatever carries it
// (in process, PC/SC, libnfc, a byte stream, a recording). What is sent is what arrives: a link
// neither chains nor fetches nor rewrites; exchange.h does that for callers who ask for it.
#ifndef APDU_COMMAND_LINK_H
#define APDU_COMMAND_LINK_H

#include "base/bytes.h"

enum link_status {
    LINK_OK = 0,
    LINK_NO_CARD,  // no reader or no card answers: nothing was sent (exit code 3)
    LINK_BROKEN,   // the pipe failed after something may have been sent: outcome open (exit code 4)
    LINK_TOO_LONG, // the command or the answer does not fit this pipe; nothing was sent
    LINK_LOCKED,   // someone else holds the card, or no permission (exit code 5)
    LINK_UNSUPPORTED, // this pipe cannot do what was asked (power cut over PC/SC)
    LINK_BAD_INPUT,   // no such kind of link, or an image that cannot be used (exit code 2)
    LINK_TWO_CARDS,   // more than one card answers: nothing was sent (exit code 3)
    LINK_FOREIGN,     // a card that no APDU can be sent to: nothing was sent (exit code 3)
    LINK_STATUS_COUNT,
};

enum link_reset {
    LINK_RESET_WARM, // RST line: power stays
    LINK_RESET_COLD, // power off and on
};

struct link;

struct link_ops {
    /// Sends one command APDU, receives one answer with its status word at the end.
    enum link_status (*transmit)(struct link *link, struct bytes command, uint8_t *answer,
                                 size_t capacity, size_t *answer_size);
    /// Resets the card and gives its ATR (or a substitute built from the ATS); atr may be NULL.
    enum link_status (*reset)(struct link *link, enum link_reset kind, uint8_t *atr,
                              size_t capacity, size_t *atr_size);
    /// Frees the link. Always succeeds.
    void (*close)(struct link *link);
};

struct link {
    const struct link_ops *ops;
    char name[128];  // what the user wrote: "pcsc:Tessera 00 00"
    char error[256]; // sentence about the last failure: what, where, what to do
    bool contactless;
    size_t command_max; // longest command and answer the pipe carries, in octets
    size_t answer_max;
};

static inline enum link_status link_transmit(struct link *link, struct bytes command,
                                             uint8_t *answer, size_t capacity,
                                             size_t *answer_size) {
    return link->ops->transmit(link, command, answer, capacity, answer_size);
}

static inline enum link_status link_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                          size_t capacity, size_t *atr_size) {
    return link->ops->reset(link, kind, atr, capacity, atr_size);
}

static inline void link_close(struct link *link) {
    if (link != NULL)
        link->ops->close(link);
}

#endif
