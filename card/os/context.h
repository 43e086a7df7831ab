// SPDX-License-Identifier: Apache-2.0
// The whole state of one card, and what the files of card/os share. Applets see it only through
// applet.h; whoever embeds a card allocates it and looks no further than card.h.
#ifndef CARD_OS_CONTEXT_H
#define CARD_OS_CONTEXT_H

#include "card/os/applet.h"

enum {
    CARD_RESET_MEMORY = 1024,  // clear-on-reset memory of all instances together
    CARD_DEFAULT_INSTANCE = 0, // the security domain: selected when nobody chose
};

/// Secure messaging as the security domain provides it. The dispatcher calls it for commands whose
/// class byte asks for it; without a channel they answer 6882.
struct secure_channel {
    /// Checks call->command (its class byte as received) and puts its plain form there. data is the
    /// writable place of the command data within the card. SW_OK, or the refusal, which ends the
    /// channel.
    uint16_t (*unwrap)(struct card_call *call, uint8_t *data);
    /// Protects call->answer for this status word. False ends the channel.
    bool (*wrap)(struct card_call *call, uint16_t sw);
};

/// Joined pieces of a command chain.
struct card_chain {
    bool open;
    uint8_t header[4]; // without the chaining bit
    size_t size;       // in card->command
};

/// What is left of an answer, for GET RESPONSE.
struct card_waiting {
    size_t at, end; // within card->answer
    uint16_t sw;    // to give with the last part; 0 when nothing waits
};

struct card {
    struct card_ports ports;
    struct nvm nvm;
    bool powered;
    bool directory_changed; // RAM copy below is ahead of what is committed
    uint8_t uid[4];
    enum card_life_cycle life_cycle;
    uint8_t serial[8];
    struct applet_instance instances[CARD_INSTANCES_MAX]; // size 0: free; applet NULL: not in ROM
    uint16_t reset_at[CARD_INSTANCES_MAX];                // their part of on_reset
    uint16_t reset_used;
    size_t selected;
    enum card_interface interface; // of the last command
    uint32_t commands;             // received since power came; the pieces of a chain are one
    struct card_chain chain;
    struct card_waiting waiting;
    const struct secure_channel *secure; // NULL: no channel open
    uint8_t secure_level;
    _Alignas(8) uint8_t on_deselect[CARD_TRANSIENT_MAX];
    _Alignas(8) uint8_t on_reset[CARD_RESET_MEMORY];
    uint8_t command[CARD_COMMAND_MAX];
    uint8_t answer[CARD_ANSWER_MAX];
};

// ---- calls (memory.c) --------------------------------------------------------------------------

/// A call to an instance, without command and with an empty answer.
struct card_call card_call_to(struct card *card, enum card_interface interface, size_t instance);

/// A call to another instance on behalf of this one: same command and transaction; its
/// clear-on-deselect memory is NULL, since it is not selected.
struct card_call card_call_inside(const struct card_call *call, size_t instance);

/// Runs a handler in its transaction: commits after SW_OK, aborts otherwise.
uint16_t card_run(struct card_call *call, card_handler *handle);

// ---- selection (select.c) ----------------------------------------------------------------------

/// SELECT by name. The old selection stays unless an instance was found.
uint16_t select_by_name(struct card_call *call);

/// Leaves the selected instance: its deselect, then its volatile memory; ends secure messaging.
/// The security domain is selected afterwards.
void select_none(struct card *card, enum card_interface interface);

// ---- directory (directory.c) -------------------------------------------------------------------

/// Commits the directory of a fresh image: OP_READY, the first applet of ROM as the default
/// instance in zeroed memory.
bool directory_format(struct nvm *nvm, const struct card_rom *rom, const uint8_t serial[8]);

/// Reads the directory into RAM and gives every instance its clear-on-reset memory. False: an
/// impossible entry or a failed port.
bool directory_load(struct card *card);

/// Reads it again after a transaction was aborted.
void directory_reload(struct card *card);

/// Is the directory recorded in this image possible? Reads without recovery; for card_check.
bool directory_check(const struct card_ports *ports);

/// Stages a new instance in zeroed memory, and before it what it shares with others if it is the
/// first of them, and runs their install. SW_EXISTS, SW_NO_SPACE,
/// SW_NOT_FOUND when the applet is not in ROM, or what its install answers.
uint16_t directory_install(struct card_call *call, struct bytes applet_aid, struct bytes aid,
                           struct bytes parameters);

/// Removes an instance and erases its memory, and what it shared when it was the last to do so.
/// Commits on its own, since a cut in between must leave neither a half instance nor octets of it.
/// Not for the default instance (SW_CONDITIONS).
uint16_t directory_remove(struct card_call *call, struct bytes aid);

/// Index of the instance with exactly this AID; CARD_INSTANCES_MAX when there is none.
size_t directory_find(const struct card *card, struct bytes aid);

/// Row of the memory that an applet shares with others; NULL when it shares none, or it is gone.
const struct applet_instance *directory_shared(const struct card *card,
                                               const struct applet *applet);

/// Is this no application, but memory that applications share? Nobody selects, lists or deletes it.
bool directory_is_shared(const struct applet_instance *instance);

/// Stages an instance's life cycle.
void directory_set_life_cycle(struct card_call *call, size_t instance, uint8_t state);

/// Octets of the image in use: its own structures and all instances.
size_t directory_used(const struct card *card);

#endif
