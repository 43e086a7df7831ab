// SPDX-License-Identifier: Apache-2.0
// The ticket store's commands, one handler each; the table that names them is in tickets.c. What
// each takes and answers: apdu/command/applets/tickets_commands.c; the rules: docs/tickets.md.
#ifndef CARD_APPLETS_TICKETS_COMMANDS_H
#define CARD_APPLETS_TICKETS_COMMANDS_H

#include "card/applets/tickets/state/tickets.h"

/// accept.c, import.c: the destination
uint16_t tickets_accept(struct tickets *tickets);
uint16_t tickets_cancel(struct tickets *tickets);
uint16_t tickets_import(struct tickets *tickets);

/// surrender.c, transit.c: the source
uint16_t tickets_surrender(struct tickets *tickets);
uint16_t tickets_complete(struct tickets *tickets);
uint16_t tickets_take_cancel(struct tickets *tickets);

/// settle.c: how a sale is settled
uint16_t tickets_activate(struct tickets *tickets);
uint16_t tickets_docket(struct tickets *tickets);

/// play.c, prove.c: use
uint16_t tickets_play(struct tickets *tickets);
uint16_t tickets_prove(struct tickets *tickets);

/// owner.c: PIN, lists, what is given up
uint16_t tickets_offer_one(struct tickets *tickets);
uint16_t tickets_set_device(struct tickets *tickets);
uint16_t tickets_forget(struct tickets *tickets);
uint16_t tickets_set_options(struct tickets *tickets);
uint16_t tickets_verify(struct tickets *tickets);
uint16_t tickets_change_pin(struct tickets *tickets);
uint16_t tickets_reset_retry(struct tickets *tickets);

/// list.c, data.c: reading
uint16_t tickets_list(struct tickets *tickets);
uint16_t tickets_read(struct tickets *tickets);
uint16_t tickets_get_data(struct tickets *tickets);

/// STORE DATA, personalize.c
uint16_t tickets_store_data(struct card_call *call, uint16_t dgi, struct bytes data);

#endif
