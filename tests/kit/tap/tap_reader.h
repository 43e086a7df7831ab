// SPDX-License-Identifier: Apache-2.0
// One card of a scene in a radio field on a virtual reader: laid down, taken away, leaving at an
// octet on the air, and losing power at a write; another card in a slot may lose power, too.
#ifndef TESTS_KIT_TAP_READER_H
#define TESTS_KIT_TAP_READER_H

#include "tests/kit/scene/radio.h"
#include "tests/kit/scene/scene.h"

enum { TAP_NEVER = 0x7FFFFFFF };

/// What goes wrong in the next tap.
struct tap_fault {
    uint32_t leave_after;   // octets on the air before the card leaves, or TAP_NEVER
    struct scene_card *cut; // who loses power at its write, or NULL
    uint32_t write, octets; // which write, and how much of it lands
    enum field_leave by;    // LEAVE_BEFORE, LEAVE_DURING: leave_after counts frames, not octets
};

struct tap_reader {
    struct scene_card *laid; // over its contactless interface
    struct radio *radio;
    unsigned chip;
    int card;
    struct link *link;
    struct tap_fault fault;
    uint32_t writes;   // of the card in the last tap
    size_t air_octets; // of the last tap, activation included
};

/// The card is away at first, without faults. The reader must stay where it is until its end.
void tap_reader_begin(struct tap_reader *reader, struct scene_card *card);
/// The card is on again afterwards, for audits.
void tap_reader_end(struct tap_reader *reader);

/// The card is laid down, and leaves and loses power as reader->fault says.
void tap_lay_down(struct tap_reader *reader);
void tap_take_away(struct tap_reader *reader);

/// A link over a card that stands in a slot by its contacts.
struct link *tap_slot(struct scene_card *card);
/// Starts the card of a slot, which loses power as the fault says.
void tap_start_slot(struct scene_card *card, struct link *slot, const struct tap_fault *fault);

#endif
