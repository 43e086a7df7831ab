// SPDX-License-Identifier: Apache-2.0
// Taking something from elsewhere exactly once: numbered openings that end done or void, whichever
// is committed first, in a window that never slides by itself. Payments, deposits and ticket
// deliveries all use this one machine; what an opening is about stands in a record that the caller
// defines. docs/purse.md, "Exactly once".
#ifndef CARD_APPLETS_ONCE_H
#define CARD_APPLETS_ONCE_H

#include "card/os/applet.h"

enum once_state {
    ONCE_NEVER = 0, // not handed out yet
    ONCE_OPEN = 1,
    ONCE_DONE = 2,
    ONCE_VOID = 3,
    ONCE_FORGOTTEN = 4, // below base: the center has it
};

enum { ONCE_HEADER_SIZE = 8 };

/// Where the machine stands in the instance's memory. Load it with once_at before each use.
struct once {
    uint32_t offset;      // ONCE_HEADER_SIZE + slots * (1 + record_size) octets
    uint16_t slots;       // openings that the window holds
    uint16_t record_size; // octets of the caller's record
    uint32_t base;        // first n still remembered
    uint32_t next;        // n of the next opening
};

/// The machine at this offset, with base and next as they are stored.
struct once once_at(const struct card_call *call, uint32_t offset, uint16_t slots,
                    uint16_t record_size);
/// Octets of memory that so many slots take.
uint32_t once_size(uint16_t slots, uint16_t record_size);

/// Stages an empty window that begins with this n.
void once_init(struct card_call *call, uint32_t offset, uint32_t first);

/// What became of an opening.
enum once_state once_state(const struct card_call *call, const struct once *once, uint32_t n);

/// SW_WINDOW_FULL, SW_COUNTER_END one window before the last number, or SW_OK.
uint16_t once_room(const struct once *once);

/// Stages the opening of once->next with its record; once_room must have said yes.
void once_open(struct card_call *call, struct once *once, const void *record);

/// Stages the end of an open n: ONCE_DONE or ONCE_VOID.
void once_close(struct card_call *call, const struct once *once, uint32_t n, enum once_state end);

/// Offset of the record of a remembered n, for card_read and card_stage.
uint32_t once_record(const struct once *once, uint32_t n);

/// First open n among first..last, none below the base; false when none of them is open.
bool once_next_open(const struct card_call *call, const struct once *once, uint32_t first,
                    uint32_t last, uint32_t *n);

/// Stages a new base. The caller has made sure that nothing below it is open.
void once_forget(struct card_call *call, struct once *once, uint32_t base);

#endif
