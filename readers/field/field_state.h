// SPDX-License-Identifier: Apache-2.0
// The air between readers and cards as one struct: chips, cards, their places, what is under way,
// the queue of events and the clock. What it does: field.h.
#ifndef READERS_FIELD_FIELD_STATE_H
#define READERS_FIELD_FIELD_STATE_H

#include "readers/iso14443/picc.h"
#include "readers/pn532/chip.h"

enum {
    FIELD_CHIPS_MAX = 8,
    FIELD_CARDS_MAX = 16,
    FIELD_SEATS_MAX = FIELD_CHIPS_MAX + FIELD_CARDS_MAX,
    FIELD_NAME_MAX = 256,
    FIELD_EVENTS_MAX = 128,
    FIELD_FAULTS_MAX = 16,
    FIELD_LINE_MAX = 8, // portions on their way to one host
    FIELD_NOWHERE = -1,
};

/// A card's application. transmit answers one APDU, 2..capacity octets; 0 means that it is mute.
struct field_app {
    void *context;
    void (*power)(void *context, bool on);
    size_t (*transmit)(void *context, struct bytes command, uint8_t *answer, size_t capacity);
};

enum field_trace_kind {
    FIELD_TRACE_ON,
    FIELD_TRACE_OFF,
    FIELD_TRACE_DOWN,
    FIELD_TRACE_UP,
    FIELD_TRACE_COUNT,
};

/// What the field tells its owner.
struct field_ports {
    void *context;
    /// Octets for a chip's host, in the portions and at the moment the host shall see them.
    void (*to_host)(void *context, unsigned chip, struct bytes octets);
    /// Every frame when it ends, and every field change; frame is NULL for the latter. May be NULL.
    void (*trace)(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                  const struct rf_frame *frame);
};

/// Things that go wrong on purpose; fault.c has their names and says what each does.
struct field_fault {
    const struct field_fault_kind *kind; // NULL: free
    unsigned after, count;               // opportunities to let pass, then to spoil
    unsigned value;
};

/// Whatever can lie on an antenna: a card, or a chip that plays one.
struct field_place {
    struct picc *picc; // NULL: free
    int at;            // chip on whose antenna it lies, or FIELD_NOWHERE
    int reader;        // chip that spoke to it last
    uint64_t turn;     // counts commands, so that timers of old ones are recognised
};

enum field_leave {
    LEAVE_NEVER,
    LEAVE_OCTETS, // after leave_after octets
    LEAVE_BEFORE, // after leave_frame frames
    LEAVE_DURING, // in the middle of the frame after them
};

struct field_card {
    char name[FIELD_NAME_MAX];
    struct picc picc;
    struct field_app app;
    bool random_uid;          // a new one at every power-up, as phones do
    bool endless;             // asks for more time for ever
    uint64_t delay_ns;        // a card's computing time for each command
    enum field_leave leaving; // how it vanishes by itself
    size_t leave_after;       // octets that still pass
    unsigned leave_frame;     // frames that still pass, either way
};

struct field_line { // the wire from a chip to its host
    struct {
        uint64_t due;
        size_t size;
        uint8_t data[PN532_FRAME_MAX];
    } queue[FIELD_LINE_MAX];
    unsigned count;
    uint64_t free_at;
    unsigned baud; // 0: no time at all
};

struct field_chip {
    char name[FIELD_NAME_MAX];
    struct pn532 chip;
    uint64_t exchange, timer; // numbers of those under way
    bool waiting;             // an exchange is under way
    bool answered;            // its answer is on the air
    struct rf_frame down, up;
    enum rf_outcome outcome;
    bool listening;
    struct field_line line;
    struct field_fault faults[FIELD_FAULTS_MAX];
    struct rf_field *field;
    unsigned index;
};

struct field_event {
    uint64_t at, order, number;
    void (*run)(struct rf_field *field, unsigned index, uint64_t number);
    unsigned index;
};

struct rf_field {
    struct field_ports ports;
    uint64_t now, order, random;
    bool timed;      // frames take the time they take on real air
    unsigned noise;  // spoiled frames in a thousand
    uint64_t octets; // that crossed the air since field_init
    unsigned chip_count;
    struct field_chip chips[FIELD_CHIPS_MAX];
    struct field_card cards[FIELD_CARDS_MAX];
    struct field_place places[FIELD_SEATS_MAX]; // chips first, then cards
    struct field_event events[FIELD_EVENTS_MAX];
    unsigned event_count;
};

#endif
