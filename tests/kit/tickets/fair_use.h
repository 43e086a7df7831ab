// SPDX-License-Identifier: Apache-2.0
// What becomes of a ticket at a fair: players that ask for its key, phones that prove that they are
// there, dockets, and the answers that settle a sale.
#ifndef TESTS_KIT_TICKETS_FAIR_USE_H
#define TESTS_KIT_TICKETS_FAIR_USE_H

#include "tests/kit/tickets/fair.h"

/// One use of a ticket; what is in it may be changed between the steps.
struct fair_use {
    struct fair *fair;
    struct scene_card *store;
    const struct fair_ticket *ticket;
    const struct sample_party *player;
    const char *content;
    uint8_t action;
    uint32_t date;
    struct sample_party key; // the player's fresh key
    uint8_t challenge[16];
    struct fair_object request, presence, grant;
    struct ticket_left left; // as the grant says
};

/// A play of the ticket by the player on SCENE_FROM, under a key drawn for it.
struct fair_use fair_use(struct fair *fair, struct scene_card *store,
                         const struct fair_ticket *ticket);
/// SELECT, and the player signs its request.
void fair_use_ask(struct fair_use *use);
/// PLAY; a grant must be the store's, and its key the ticket's. The status word.
uint16_t fair_use_play(struct fair_use *use);
/// Both.
uint16_t fair_play(struct fair *fair, struct scene_card *store, const struct fair_ticket *ticket);
/// PROVE at a phone for this use; a 9000 goes with the next PLAY.
uint16_t fair_use_prove(struct fair_use *use, struct scene_card *phone);

/// DOCKET by this subscriber; the status word.
uint16_t fair_docket(struct scene_card *card, const struct fair_ticket *ticket,
                     const char *subscriber);
/// ACTIVATE with an answer of this signer under its own name.
uint16_t fair_settle(struct scene_card *card, const struct sample_party *signer,
                     const uint8_t name[TICKET_NAME_SIZE], bool settled);
/// The purse's reference for a ticket's sale: 17 octets.
void fair_reference(struct fair *fair, const struct fair_ticket *ticket, uint8_t reference[17]);

#endif
