// SPDX-License-Identifier: Apache-2.0
// The purse's commands, one handler each; the table that names them is in purse.c. What each takes
// and answers: apdu/catalogue.h; the rules: docs/purse.md.
#ifndef CARD_APPLETS_PURSE_COMMANDS_H
#define CARD_APPLETS_PURSE_COMMANDS_H

#include "card/os/applet.h"

// request.c, credit.c: the payee
uint16_t purse_request(struct card_call *call);
uint16_t purse_credit(struct card_call *call);
uint16_t purse_void(struct card_call *call);

// debit.c, ratify.c: the payer
uint16_t purse_debit(struct card_call *call);
uint16_t purse_ratify(struct card_call *call);
uint16_t purse_take_void(struct card_call *call);

// issue.c, settle.c, acknowledge.c: the center's objects
uint16_t purse_issue(struct card_call *call);
uint16_t purse_statement(struct card_call *call);
uint16_t purse_batch(struct card_call *call);
uint16_t purse_settle(struct card_call *call);
uint16_t purse_refund(struct card_call *call);
uint16_t purse_hotlist(struct card_call *call);
/// The same for a hotlist that came otherwise: personalization.
uint16_t purse_take_hotlist(struct card_call *call, struct bytes in);
uint16_t purse_acknowledge(struct card_call *call);
uint16_t purse_reset_time(struct card_call *call);

// owner.c: the owner
uint16_t purse_verify(struct card_call *call);
uint16_t purse_change_pin(struct card_call *call);
uint16_t purse_reset_retry(struct card_call *call);
uint16_t purse_arm(struct card_call *call);
uint16_t purse_set_options(struct card_call *call);

// data.c: reading, and the exchange of certificates
uint16_t purse_exchange_certificates(struct card_call *call);
uint16_t purse_get_log(struct card_call *call);
uint16_t purse_get_data(struct card_call *call);

// personalize.c: STORE DATA
uint16_t purse_store_data(struct card_call *call, uint16_t dgi, struct bytes data);

#endif
