// SPDX-License-Identifier: Apache-2.0
// One card of a script run: its link, wrapped so that it can be pulled and put back, on a copy of
// its image in RAM where asked for, and its control (power cuts in process, or over the control
// socket of card run and lab).
#ifndef READERS_SEAT_H
#define READERS_SEAT_H

#include "apdu/script/plug.h"
#include "readers/link_open.h"

struct seat_argument {
    const char *name, *link;
};

struct seat {
    struct plug plug;
    struct link *link;
    char control_socket[128];
    struct script_control control;
};

struct seat_options {
    bool fresh; // emu: work on a copy in RAM
    bool seeded;
    uint64_t seed;
};

/// Opens the card with this number (from 0) of a command line. Zeroed seat in. False: failure says
/// why; seat_close is due all the same.
bool seat_open(struct seat *seat, const struct seat_argument *card, size_t number,
               const struct seat_options *options, struct link_failure *failure);
void seat_close(struct seat *seat);

/// The card as the runner wants it.
struct script_card seat_card(struct seat *seat, const struct seat_argument *card);

#endif
