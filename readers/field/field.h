// SPDX-License-Identifier: Apache-2.0
// The air between readers and cards: who lies on whose antenna, which frames reach whom and when,
// and what goes wrong on the way. One queue of events under one clock that the caller moves, real
// or virtual; everything random comes from one seed. Pure: no I/O.
// Chips are software PN532s; cards are any application that answers APDUs.
#ifndef READERS_FIELD_FIELD_H
#define READERS_FIELD_FIELD_H

#include "readers/field/picc.h"
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

enum field_trace_kind { FIELD_TRACE_ON, FIELD_TRACE_OFF, FIELD_TRACE_DOWN, FIELD_TRACE_UP };

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
struct field_seat {
    struct picc *picc; // NULL: free
    int at;            // chip on whose antenna it lies, or FIELD_NOWHERE
    int reader;        // chip that spoke to it last
    uint64_t turn;     // counts commands, so that timers of old ones are recognised
};

enum field_leave {
    LEAVE_NEVER,
    LEAVE_OCTETS, // behind leave_after octets
    LEAVE_BEFORE, // behind leave_frame frames
    LEAVE_DURING, // in the middle of the frame behind them
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
    struct field_seat seats[FIELD_SEATS_MAX]; // chips first, then cards
    struct field_event events[FIELD_EVENTS_MAX];
    unsigned event_count;
};

/// Starts an empty field at time 0. The struct is large: static or allocated by the caller.
void field_init(struct rf_field *field, const struct field_ports *ports, uint64_t seed);

/// Adds a chip; returns its index, or -1 when the field is full or the name is taken.
int field_add_chip(struct rf_field *field, const char *name);

/// Adds a card that lies nowhere yet: a type 4 card with a fixed 7-octet UID made from its name.
/// Returns its index or -1 as above.
int field_add_card(struct rf_field *field, const char *name, const struct field_app *app);

/// Takes the card out of the field's memory; its application is powered off.
void field_drop_card(struct rf_field *field, int card);

int field_find_chip(const struct rf_field *field, const char *name);
int field_find_card(const struct rf_field *field, const char *name);

/// Lays a card, or a chip that will play one, on a chip's antenna, or away (FIELD_NOWHERE).
void field_place_card(struct rf_field *field, int card, int chip);
void field_place_chip(struct rf_field *field, int chip, int at);

/// Octets that a host wrote to its chip; hang-up of that host.
void field_host(struct rf_field *field, unsigned chip, struct bytes octets);
void field_hang_up(struct rf_field *field, unsigned chip);

/// Moves the clock to now_ns and lets everything due happen.
void field_advance(struct rf_field *field, uint64_t now_ns);

/// When the next event is due; false when nothing will happen by itself.
bool field_next(const struct rf_field *field, uint64_t *at_ns);

/// The next number from the field's seed.
uint64_t field_random(struct rf_field *field);

// ---- for the parts of this room ----
void field_schedule(struct rf_field *field, uint64_t at,
                    void (*run)(struct rf_field *field, unsigned index, uint64_t number),
                    unsigned index, uint64_t number);
void field_refresh(struct rf_field *field);
void field_to_host(void *chip, struct bytes wire, bool acknowledge);

#endif
