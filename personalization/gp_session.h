// SPDX-License-Identifier: Apache-2.0
// A GlobalPlatform session with a card's issuer security domain: SCP03 over any link, and the
// managing commands inside it. Which keys a card has is asked of a callback that knows the card's
// diversification data; the card's cryptogram is checked before the host spends an attempt, so
// wrong keys never count against the card.
#ifndef PERSONALIZATION_GP_SESSION_H
#define PERSONALIZATION_GP_SESSION_H

#include "apdu/exchange.h"
#include "apdu/scp03.h"

enum {
    GP_DIVERSIFICATION_SIZE = 10,
    GP_ANSWER_MAX = 2048,
    GP_HIGHEST = 0xFF, // as a level: all that the card's i allows
};

/// What INITIALIZE UPDATE told about the card.
struct gp_card {
    uint8_t diversification[GP_DIVERSIFICATION_SIZE];
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
    GP_NOT_SCP03,    // the card speaks another protocol
    GP_UNKNOWN_KEYS, // no keys for this card's key set
    GP_WRONG_KEYS,   // its cryptogram does not fit the keys; no attempt was spent
    GP_BAD_ANSWER,   // malformed, or its protection is wrong: the session is over
};

struct gp_session {
    struct link *link;
    bool at_bench; // no channel: a blank card's internal interface takes plain commands
    const struct crypto *crypto;
    struct gp_card card;
    struct scp03 channel;
    uint8_t dek[SCP03_KEY_MAX]; // static key for PUT KEY
    uint8_t dek_size;
    uint8_t block; // of STORE DATA
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

/// The factory bench's session: selects the security domain of a blank card over its internal
/// interface and opens no channel.
enum gp_status gp_open_bench(struct gp_session *session, struct link *link,
                             const struct crypto *crypto);

/// One command inside the session; its plain answer stands in session->answer.
enum gp_status gp_send(struct gp_session *session, const struct apdu_command *command);

/// INSTALL [for install and make selectable] of an applet in ROM.
enum gp_status gp_install(struct gp_session *session, struct bytes applet, struct bytes instance,
                          struct bytes parameters);

/// INSTALL [for personalization]: the blocks that follow go to this instance.
enum gp_status gp_aim(struct gp_session *session, struct bytes instance);
/// The published keys of a blank card (version FF, 40 41 .. 4F three times). A gp_keys.
bool gp_published_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                       const char **reason);
enum { GP_PUBLISHED_VERSION = 0xFF, GP_LEVEL_FULL = 0x33 };

/// STORE DATA of an empty data grouping that answers something: it stands in session->answer.
enum gp_status gp_ask(struct gp_session *session, uint16_t dgi);
/// STORE DATA: one data grouping in one block, of at most 230 octets inside a channel. last ends
/// the sequence.
enum gp_status gp_store(struct gp_session *session, uint16_t dgi, struct bytes data, bool last);
enum gp_status gp_delete(struct gp_session *session, struct bytes instance);
/// PUT KEY: replaces version old (0: adds, or replaces the initial set) by keys under version.
enum gp_status gp_put_keys(struct gp_session *session, uint8_t old, uint8_t version,
                           const struct scp03_keys *keys);
/// SET STATUS of the card (enum card_life_cycle values of GlobalPlatform 5.1.1).
enum gp_status gp_set_card_status(struct gp_session *session, uint8_t state);

/// Erases every key.
void gp_close(struct gp_session *session);

/// A sentence about a status.
const char *gp_status_text(enum gp_status status);

#endif
