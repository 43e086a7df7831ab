// SPDX-License-Identifier: Apache-2.0
// One card of a script run: its link, wrapped so that it can be pulled and put back, on a copy of
// its image in RAM where asked for, and its control (power cuts in process, or over the control
// socket of card run and lab).
#ifndef READERS_LINK_SLOT_H
#define READERS_LINK_SLOT_H

#include "apdu/script/run/host.h"
#include "apdu/script/run/needs.h"
#include "apdu/script/run/removable.h"
#include "base/options/options.h"
#include "readers/link/link_open.h"

struct slot_argument {
    const char *name, *link;
};

/// The cards of a command line.
struct slot_arguments {
    struct slot_argument cards[SCRIPT_CARDS_MAX];
    size_t count;
};

/// What programs are told of cards and keys: first member of their arguments.
struct slot_command {
    struct slot_arguments cards;
    struct host_keys keys;
};

/// Takers of --link LINK, whose card scripts call "card", --card NAME=LINK and --keys NAME=FILE.
option_taker slot_take_link, slot_take_card, slot_take_keys;

/// Adds the LINK of a card that scripts call "card".
bool slot_add_link(struct slot_arguments *arguments, const char *link, struct failure *failure);

/// The keys for a script's options; NULL: none were named.
const struct script_keys *slot_keys(const struct slot_command *command);

/// What a script may need of the command line (needs.h).
struct script_needs slot_needs(const struct slot_command *command);

struct slot {
    struct removable removable;
    struct link *link;
    char control_socket[128];
    struct script_control control;
};

struct slot_options {
    bool fresh; // emu: work on a copy in RAM
    bool seeded;
    uint64_t seed;
};

/// Opens the card with this number (from 0) of a command line. Zeroed slot in. False: failure says
/// why; slot_close is due all the same.
bool slot_open(struct slot *slot, const struct slot_argument *card, size_t number,
               const struct slot_options *options, struct link_failure *failure);
/// Ends the card's side; its image is whole and unlocked afterwards.
void slot_close(struct slot *slot);

/// The card as the runner wants it.
struct script_card slot_card(struct slot *slot, const struct slot_argument *card);

/// All cards of a command line, as the runner wants them. Stays where it is while it is open.
struct slots {
    struct slot slots[SCRIPT_CARDS_MAX];
    struct script_card cards[SCRIPT_CARDS_MAX];
    size_t count;
};

/// Opens every card; options NULL: none, they only have their names. Zeroed slots in. False:
/// failure says why; slots_close is due all the same.
bool slots_open(struct slots *slots, const struct slot_arguments *arguments,
                const struct slot_options *options, struct link_failure *failure);
void slots_close(struct slots *slots);

#endif
