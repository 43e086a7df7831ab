// SPDX-License-Identifier: Apache-2.0
// A GlobalPlatform session with a card's issuer security domain: SCP03 over any link, SCP02 where
// it is asked for, and the managing commands inside it. Which keys a card has is asked of a
// callback that knows the card's diversification data; the card's cryptogram is checked before the
// host spends an attempt, so wrong keys never count against the card.
#ifndef PERSONALIZATION_CHANNEL_GP_SESSION_H
#define PERSONALIZATION_CHANNEL_GP_SESSION_H

#include "apdu/command/exchange.h"
#include "apdu/crypto/scp02.h"

enum {
    GP_ANSWER_MAX = 2048,
    GP_HIGHEST = 0xFF, // as a level: all that the card's i allows
};

/// What INITIALIZE UPDATE told about the card.
struct gp_card {
    uint8_t diversification[SCP03_DIVERSIFICATION_SIZE];
    uint8_t version; // of the key set that the card chose
    uint8_t protocol, i;
};

/// Gives the static keys of this card. False: none known; *reason may point to a sentence.
typedef bool (*gp_keys)(void *context, const struct gp_card *card, struct scp03_keys *keys,
                        const char **reason);

enum gp_status {
    GP_OK = 0,
    GP_LINK,         // see link_status and link->error
    GP_REFUSED,      // the card answered an error: see sw
    GP_NOT_SCP03,    // the card speaks another protocol, or a form of it that is not spoken here
    GP_UNKNOWN_KEYS, // no keys for this card's key set
    GP_WRONG_KEYS,   // its cryptogram does not fit the keys; no attempt was spent
    GP_BAD_ANSWER,   // malformed, or its protection is wrong: the session is over
    GP_STATUS_COUNT,
};

enum { GP_BLOCK_MAX = 230 }; // octets of a block inside a channel

struct gp_session {
    struct link *link;
    bool stands;     // opened and not failed since; without it nothing is sent
    bool at_factory; // no channel: a blank card's internal interface takes plain commands
    const struct crypto *crypto;
    struct gp_card card;
    bool may_scp02; // whoever opened it takes either protocol
    struct scp03 channel;
    struct scp02 older;         // where the card's protocol is 02
    uint8_t dek[SCP03_KEY_MAX]; // static key for PUT KEY; of SCP02 the session's
    uint8_t dek_size;
    uint8_t block;              // of STORE DATA
    uint8_t held[GP_BLOCK_MAX]; // groupings that the next block takes along
    size_t held_size;
    enum link_status link_status;
    uint16_t sw;
    const char *reason;
    struct exchange_count count;
    uint8_t answer[GP_ANSWER_MAX]; // data of the last answer, plain
    size_t answer_size;
};

/// Selects the security domain (empty AID: the default one) and opens a channel of this level.
/// version 0 lets the card choose its key set.
enum gp_status gp_open(struct gp_session *session, struct link *link, const struct crypto *crypto,
                       struct bytes aid, uint8_t version, uint8_t level, gp_keys keys,
                       void *context);

/// The same with a card that speaks SCP03 or, in the forms of scp02.h, SCP02: for managing cards of
/// others. What it proves of a card is less (no answer is protected), so nothing is certified by
/// it.
enum gp_status gp_open_any(struct gp_session *session, struct link *link,
                           const struct crypto *crypto, struct bytes aid, uint8_t version,
                           uint8_t level, gp_keys keys, void *context);

/// The factory's session: selects the security domain of a blank card over its internal
/// interface and opens no channel.
enum gp_status gp_open_factory(struct gp_session *session, struct link *link,
                               const struct crypto *crypto);

/// One command inside the session; its plain answer stands in session->answer.
enum gp_status gp_send(struct gp_session *session, const struct apdu_command *command);

/// INSTALL [for install and make selectable] of an applet in ROM.
enum gp_status gp_install(struct gp_session *session, struct bytes applet, struct bytes instance,
                          struct bytes parameters);

/// An installation in full: of another maker's load file, under another AID, with privileges (1 or
/// 3 octets; empty: 00).
struct gp_installation {
    struct bytes file, module, instance, privileges, parameters;
};
/// INSTALL [for install and make selectable] as it says.
enum gp_status gp_install_as(struct gp_session *session, const struct gp_installation *what);

/// INSTALL [for personalization]: the blocks that follow go to this instance.
enum gp_status gp_aim(struct gp_session *session, struct bytes instance);
/// The published keys of a blank card (version FF, 40 41 .. 4F three times). A gp_keys.
bool gp_published_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                       const char **reason);
enum { GP_PUBLISHED_VERSION = 0xFF, GP_LEVEL_FULL = 0x33 };

/// STORE DATA of an empty data grouping that answers something: it stands in session->answer.
enum gp_status gp_ask(struct gp_session *session, uint16_t dgi);
/// Keeps a data grouping for the next gp_store, which sends it along: the card takes the groupings
/// of a block together or not at all. What is kept fits into one block.
void gp_hold(struct gp_session *session, uint16_t dgi, struct bytes data);
/// STORE DATA: one data grouping, of at most GP_BLOCK_MAX octets inside a channel, in one block
/// with those that are kept, or where there is no room in a block behind theirs. last ends the
/// sequence.
enum gp_status gp_store(struct gp_session *session, uint16_t dgi, struct bytes data, bool last);
/// DELETE of an instance, keys and data included.
enum gp_status gp_delete(struct gp_session *session, struct bytes instance);
/// The same of a card that this issuer began and nobody has: an identity with keys, which the card
/// keeps once it is made, is locked first.
enum gp_status gp_take_back(struct gp_session *session, struct bytes instance);
/// GET STATUS: the applications on the card, as it lists them. What the list does not name is
/// absent for certain when the channel has R-MAC: a status word alone proves nothing. GP_REFUSED:
/// there are none, or somebody says so.
struct gp_application {
    uint8_t aid[16];
    uint8_t aid_size;
};
enum { GP_APPLICATIONS_MAX = 16 };
enum gp_status gp_applications(struct gp_session *session,
                               struct gp_application out[GP_APPLICATIONS_MAX], size_t *count);
/// PUT KEY: replaces version old (0: adds, or replaces the initial set) by keys under version.
enum gp_status gp_put_keys(struct gp_session *session, uint8_t old, uint8_t version,
                           const struct scp03_keys *keys);
/// SET STATUS of an application: 80 locks it, 00 unlocks it (11.10).
enum gp_status gp_set_application_status(struct gp_session *session, struct bytes aid,
                                         uint8_t state);
/// SET STATUS of the card (enum card_life_cycle values of GlobalPlatform 5.1.1).
enum gp_status gp_set_card_status(struct gp_session *session, uint8_t state);

/// Erases every key, and what is kept.
void gp_close(struct gp_session *session);

/// A sentence about a status.
const char *gp_status_text(enum gp_status status);

#endif
