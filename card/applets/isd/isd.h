// SPDX-License-Identifier: Apache-2.0
// The issuer security domain (GlobalPlatform Card Specification 2.3): what its files share. It
// guards the card's content and keys behind SCP03 (Amendment D); the layout of its persistent
// memory, its volatile session, and the guard that every managing command passes stand here.
#ifndef CARD_APPLETS_ISD_ISD_H
#define CARD_APPLETS_ISD_ISD_H

#include "apdu/command/perso_card.h"
#include "apdu/crypto/scp03.h"
#include "card/os/context.h"

enum {
    ISD_KEY_SETS = 3,
    ISD_KEY_SET_SIZE = 8 + 3 * SCP03_KEY_MAX, // version, size, written, block, sequence (4), keys
    ISD_SEQUENCES_A_BLOCK = 23,               // of sequence numbers, as a power of two
    ISD_INITIAL_VERSION = 0xFF,               // of the published test key that a blank card has
    ISD_KEY_TYPE_AES = 0x88,
    ISD_OPTION_I = SCP03_RENC | SCP03_RMAC | SCP03_PSEUDO_RANDOM, // 70, unless set otherwise
    ISD_LEVEL_FULL = SCP03_LEVEL_CMAC | SCP03_LEVEL_CENC | SCP03_LEVEL_RMAC | SCP03_LEVEL_RENC,
};

// Persistent memory.
enum isd_layout {
    ISD_AT_FAILURES = 0, // failed authentications since the last good one (2)
    ISD_AT_I = 2,        // parameter i of SCP03, inverted (1); 0: ISD_OPTION_I
    ISD_AT_KEY_SETS = 16,
    ISD_SIZE = ISD_AT_KEY_SETS + ISD_KEY_SETS * ISD_KEY_SET_SIZE,
};

/// One key set in RAM; secret, its reader erases it.
struct isd_key_set {
    uint8_t version;   // 0: none
    bool initial;      // the published test key
    uint8_t block;     // of sequence numbers, up to which they are quick
    uint32_t sequence; // of the last session; none comes twice on a card
    struct scp03_keys keys;
};

/// Cleared on deselect.
struct isd_session {
    struct scp03 channel;
    bool pending;   // INITIALIZE UPDATE went well; EXTERNAL AUTHENTICATE must follow
    bool open;      // authenticated
    uint8_t slot;   // of the key set in use
    uint8_t target; // instance that STORE DATA goes to, plus one; 0: none
    uint8_t next_block;
};

/// The channel, in memory that is cleared with the reset.
struct isd_session *isd_session(const struct card_call *call);

/// Is this the factory: the internal interface of a card in OP_READY?
bool isd_at_factory(const struct card_call *call);

/// May this call manage the card? Over a channel of at least this level, or at the factory.
/// A plain command while a channel is open ends it.
uint16_t isd_require(struct card_call *call, uint8_t level);
/// The same for changes of content, keys or data, which a locked card refuses with SW_CONDITIONS
/// (GlobalPlatform 5.1.1.4): only SET STATUS opens it again.
uint16_t isd_require_content(struct card_call *call, uint8_t level);

/// A key set as it is stored; the reader erases it (keys.c).
void isd_read_key_set(const struct card_call *call, size_t slot, struct isd_key_set *set);
/// Stages a key set into its slot.
void isd_stage_key_set(struct card_call *call, size_t slot, const struct isd_key_set *set);
/// Slot of a version (0: the first set there is); ISD_KEY_SETS if none.
size_t isd_find_key_set(const struct card_call *call, uint8_t version);
/// Does any set, under whatever version, have the published key?
bool isd_has_published_keys(const struct card_call *call);
/// PUT KEY: a new set, or another in the place of one (GlobalPlatform 11.8).
uint16_t isd_put_key(struct card_call *call);

/// The parameter i of SCP03 that this card speaks (Amendment D table 5-1; channel.c).
uint8_t isd_option_i(const struct card_call *call);
/// The handlers that open a channel.
uint16_t isd_initialize_update(struct card_call *call);
uint16_t isd_external_authenticate(struct card_call *call);
/// Ends the channel and erases its keys; none open is nothing to do.
void isd_close_channel(struct card_call *call);

/// GET DATA of the card (GlobalPlatform 11.3; data.c).
uint16_t isd_get_data(struct card_call *call);

/// The handlers of content (GlobalPlatform 11.5, 11.2, 11.11; content.c).
uint16_t isd_install(struct card_call *call);
uint16_t isd_delete(struct card_call *call);
uint16_t isd_store_data(struct card_call *call);

/// GET STATUS and SET STATUS (GlobalPlatform 11.4, 11.10; status.c).
uint16_t isd_get_status(struct card_call *call);
uint16_t isd_set_status(struct card_call *call);

extern const struct applet isd_applet;

#endif
