// SPDX-License-Identifier: Apache-2.0
// What an applet is to the card OS: one const struct, in the table that the card is handed.
// The dispatcher looks commands up in the applet's rows, checks class, length, parameters,
// interface and life cycle, opens a transaction, calls the handler, commits when it answers 9000
// and aborts otherwise. A handler reads a parsed command, stages changes and writes the answer; it
// parses no raw length, touches no memory outside the transaction and forms no status word by hand.
#ifndef CARD_OS_APPLET_H
#define CARD_OS_APPLET_H

#include "apdu/command/application.h"
#include "apdu/octets/tlv.h"
#include "card/card.h"

struct applet;

/// One installed applet: its row in the card's directory.
struct applet_instance {
    const struct applet *applet;
    uint32_t base; // its persistent memory within the image
    uint32_t size;
    uint8_t aid[16];
    uint8_t aid_size;
    uint8_t life_cycle; // GlobalPlatform 5.3: INSTALLED 03, SELECTABLE 07, PERSONALIZED 0F, ..
};

enum applet_life_cycle {
    APPLET_INSTALLED = 0x03,
    APPLET_SELECTABLE = 0x07,
    APPLET_PERSONALIZED = 0x0F,
    APPLET_LOCKED = 0x80, // bit, over the state that it goes back to
};

/// One command on its way through the card.
struct card_call {
    struct card *card;
    const struct crypto *crypto;
    const struct applet_instance *instance;
    enum card_interface interface;
    struct apdu_command command;          // chained pieces joined, secure messaging removed
    struct tlv_writer answer;             // data field only
    const struct applet_instance *shared; // memory that its applet shares with others, or NULL
    void *on_deselect;    // applet->deselect_size octets, cleared on deselect; NULL while
                          // the security domain calls install, store_data or uninstall
    void *on_reset;       // applet->reset_size octets, cleared on reset only
    uint8_t secure_level; // of the secure channel the command came through; 0 none
};

/// Returns a status word.
typedef uint16_t card_handler(struct card_call *call);

struct applet {
    const struct application *application; // what it shows: AID, rows of the catalogue
    card_handler *const *handlers;         // one a row, in the order of application->commands
    uint8_t life_cycle; // an instance below it refuses all but the early rows (SW_LIFE_CYCLE)
    /// Memory that this applet and others of the card use together: no application, since it has
    /// no select, but an applet struct all the same. Installed with the first that names it (and
    /// that one's parameters), removed with the last. May be NULL.
    const struct applet *shares;
    uint16_t deselect_size, reset_size; // at most CARD_TRANSIENT_MAX each
    /// Octets of persistent memory for an instance with these install parameters; 0 refuses.
    uint32_t (*persistent_size)(struct bytes install_parameters);
    /// Stages the first state into zeroed memory. May be NULL.
    uint16_t (*install)(struct card_call *call, struct bytes install_parameters);
    /// Writes the FCI. The selection stands even when it answers a warning.
    uint16_t (*select)(struct card_call *call);
    /// Called before its volatile memory is cleared. May be NULL.
    void (*deselect)(struct card_call *call);
    /// Personalization, one data grouping at a time (STORE DATA). The applet itself sets its life
    /// cycle to PERSONALIZED, with the grouping that makes it complete. May be NULL.
    uint16_t (*store_data)(struct card_call *call, uint16_t dgi, struct bytes data);
    /// SW_OK, or why DELETE may not remove this instance now. NULL: nothing speaks against it.
    uint16_t (*may_remove)(struct card_call *call);
    /// Erases secrets beyond the instance's own memory (cached keys) before DELETE. May be NULL.
    void (*uninstall)(struct card_call *call);
};

/// What must hold whatever a terminal sends. Where it does not, the program or its memory is not
/// what it was: nothing more is committed, the command and every one after it are answered with
/// SW_UNKNOWN (6F00) until the card is reset. Returns holds, so that the caller can leave at once.
bool card_must(const struct card_call *call, bool holds);

/// Persistent memory of the calling instance, and below of what its applet shares. Offsets are
/// relative to it; going beyond it breaks a card_must. Reads see what is staged; a failed medium
/// reads as zeros and spoils the transaction.
void card_read(const struct card_call *call, uint32_t offset, void *out, size_t size);
uint64_t card_read_uint(const struct card_call *call, uint32_t offset, size_t size);
void card_stage(struct card_call *call, uint32_t offset, const void *data, size_t size);
void card_stage_uint(struct card_call *call, uint32_t offset, size_t size, uint64_t value);
void card_shared_read(const struct card_call *call, uint32_t offset, void *out, size_t size);
uint64_t card_shared_read_uint(const struct card_call *call, uint32_t offset, size_t size);
void card_shared_stage(struct card_call *call, uint32_t offset, const void *data, size_t size);
void card_shared_stage_uint(struct card_call *call, uint32_t offset, size_t size, uint64_t value);

/// Commits what is staged so far and goes on with a new transaction: for counters that must fall
/// before a comparison. False: power or medium failed; return SW_MEMORY_FAILURE at once.
bool card_commit(struct card_call *call);

/// Life cycle of card and instance; setting stages the change.
enum card_life_cycle card_life_cycle(const struct card_call *call);
void card_set_life_cycle(struct card_call *call, enum card_life_cycle state);
void card_set_instance_life_cycle(struct card_call *call, uint8_t state);

/// Octets from the generator handed in. False: it failed, and so must the command.
bool card_random(const struct card_call *call, uint8_t *out, size_t size);

#endif
