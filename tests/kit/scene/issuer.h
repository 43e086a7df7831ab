// SPDX-License-Identifier: Apache-2.0
// An issuer's host at one card of a scene, over its contacts: a link that the scene watches, the
// key sets that the issuer knows, and the commands of security domain, PIV and NDEF as one call
// each.
#ifndef TESTS_KIT_SCENE_ISSUER_H
#define TESTS_KIT_SCENE_ISSUER_H

#include "apdu/command/applets/piv_commands.h"
#include "personalization/channel/gp_session.h"
#include "tests/kit/scene/scene.h"

/// Key sets that the issuer has, published one first; two of them under one version.
enum issuer_set { SET_PUBLISHED, SET_A, SET_B, SET_B_AGAIN, SET_C, ISSUER_SETS };

enum { FULL_LEVEL = 0x33 };

struct issuer {
    struct link link; // first member
    struct scene_card *card;
    struct gp_session session;
    unsigned undocumented; // status words that the catalogue does not know for their command
    // somebody on the wire: so many answers pass, then one bit of the next is changed, or the
    // answer ends after so many octets; SIZE_MAX: nobody
    size_t honest_answers, wrong_bit, cut_to;
};

/// AIDs of the applets in ROM.
struct bytes issuer_aid(const char *applet);

struct issuer *issuer_at(struct scene_card *card);
void issuer_leave(struct issuer *issuer);

uint8_t issuer_version(enum issuer_set set);
struct scp03_keys issuer_keys(enum issuer_set set);
/// The set of the card's version; for gp_open.
bool issuer_give_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                      const char **reason);

/// Opens a channel with this set. A wrong one spends no attempt of the card.
enum gp_status issuer_open_with(struct issuer *issuer, enum issuer_set set, uint8_t level);
/// Opens a channel of the full level with whatever set the card has.
enum gp_status issuer_open(struct issuer *issuer);

/// Inside an open channel; the status word.
uint16_t issuer_put(struct issuer *issuer, uint8_t old, enum issuer_set set);
uint16_t issuer_install(struct issuer *issuer, const char *applet, struct bytes parameters);
uint16_t issuer_delete(struct issuer *issuer, const char *applet);
/// INSTALL [for personalization], then one STORE DATA. applet NULL: the security domain itself.
uint16_t issuer_store(struct issuer *issuer, const char *applet, uint16_t dgi, struct bytes value);
/// SET STATUS: p1 80 the card, 40 an applet's instance.
uint16_t issuer_set_status(struct issuer *issuer, uint8_t p1, uint8_t state, const char *applet);
/// Any command in the channel.
uint16_t issuer_secure(struct issuer *issuer, uint8_t ins, uint8_t p1, uint8_t p2,
                       struct bytes data);

/// Plain commands: the whole answer stands in issuer->session.answer.
uint16_t issuer_send(struct issuer *issuer, const struct catalogue_command *row, uint8_t p1,
                     uint8_t p2, struct bytes data);
uint16_t issuer_select(struct issuer *issuer, const char *applet);
/// Octets as they are, in hexadecimal.
uint16_t issuer_raw(struct issuer *issuer, const char *hex);

// ---- PIV -------------------------------------------------------------------------------------

/// DGI value of the management key that issuer_prove proves.
struct bytes issuer_manager(void);
/// Selects PIV and proves the management key.
uint16_t issuer_prove(struct issuer *issuer);
/// PUT DATA of an object with size octets of content, chained when it is long.
uint16_t issuer_put_object(struct issuer *issuer, uint32_t tag, uint8_t fill, size_t size);
uint16_t issuer_get_object(struct issuer *issuer, uint32_t tag);
uint16_t issuer_generate(struct issuer *issuer, uint8_t reference, uint8_t algorithm);
/// PINs travel padded with FF.
uint16_t issuer_verify(struct issuer *issuer, const char *pin);
uint16_t issuer_pair(struct issuer *issuer, enum piv_command id, const char *first,
                     const char *second);
/// Signs a digest of 32 octets with a P-256 key.
uint16_t issuer_sign(struct issuer *issuer, uint8_t reference);

#endif
