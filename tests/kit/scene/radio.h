// SPDX-License-Identifier: Apache-2.0
// A field under a virtual clock with a host at every chip: commands go in, answers come out, time
// jumps from event to event. Also a link over such a chip, so that whole flows run over the air
// inside one process.
#ifndef TESTS_KIT_SCENE_RADIO_H
#define TESTS_KIT_SCENE_RADIO_H

#include "apdu/command/link.h"
#include "readers/field/field.h"

enum { RADIO_OUT_MAX = 8192 };

struct radio {
    struct rf_field field;
    struct {
        uint8_t data[RADIO_OUT_MAX]; // everything the host received and did not take
        size_t size;
    } hosts[FIELD_CHIPS_MAX];
    uint64_t limit_ns; // how long radio_command waits for an answer
    size_t frames;
    // Told every frame and field change, when set.
    void (*tracer)(void *context, uint64_t now_ns, unsigned chip, enum field_trace_kind kind,
                   const struct rf_frame *frame);
    void *tracer_context;
};

struct radio *radio_new(uint64_t seed);
void radio_free(struct radio *radio);

/// Adds a chip and wakes it up as libnfc does.
unsigned radio_chip(struct radio *radio, const char *name);

/// Lays a new built-in card on a chip; returns its index.
int radio_card(struct radio *radio, const char *kind, unsigned chip);

/// Sends a frame with this command (D4 is put before it) and waits for acknowledge and answer.
/// Writes the answer's payload behind D5. Returns its size, or -1: none before the limit, -2: an
/// error frame, -3: something malformed.
int radio_command(struct radio *radio, unsigned chip, struct bytes command, uint8_t *answer,
                  size_t capacity);

/// As above with a command in hex; the answer is expected to be exactly this hex ("-" no answer,
/// "error" the error frame). Prints both when not.
bool radio_is(struct radio *radio, unsigned chip, const char *command, const char *answer);

/// Sends a command and does not wait.
void radio_post(struct radio *radio, unsigned chip, const char *command);

/// Waits for the answer to what was posted.
int radio_wait(struct radio *radio, unsigned chip, uint8_t *answer, size_t capacity);
bool radio_got(struct radio *radio, unsigned chip, const char *answer);

/// Lets everything happen that happens within this time.
void radio_run(struct radio *radio, uint64_t ns);

/// A link through this chip to whatever lies on it; reset turns the field off and on and selects.
/// Its memory lives until link_close.
struct link *radio_link(struct radio *radio, unsigned chip);

#endif
