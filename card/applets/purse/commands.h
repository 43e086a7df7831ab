// SPDX-License-Identifier: Apache-2.0
// The purse's commands, one handler each; the table that names them is in purse.c. What each takes
// and answers: apdu/command/catalogue.h; the rules: docs/purse.md.
#ifndef CARD_APPLETS_PURSE_COMMANDS_H
#define CARD_APPLETS_PURSE_COMMANDS_H

#include "card/applets/purse/state/purse.h"

/// request.c, credit.c: the payee
uint16_t purse_request(struct purse *purse);
uint16_t purse_credit(struct purse *purse);
uint16_t purse_void(struct purse *purse);

/// debit.c, ratify.c: the payer
uint16_t purse_debit(struct purse *purse);
uint16_t purse_ratify(struct purse *purse);
uint16_t purse_take_void(struct purse *purse);

/// issue.c, statement.c, batch.c, settle.c, refund.c, acknowledge.c: what the center sees and says
uint16_t purse_issue(struct purse *purse);
uint16_t purse_statement(struct purse *purse);
uint16_t purse_batch(struct purse *purse);
uint16_t purse_settle(struct purse *purse);
uint16_t purse_release(struct purse *purse);
uint16_t purse_refund(struct purse *purse);
uint16_t purse_hotlist(struct purse *purse);
uint16_t purse_hotlist_part(struct purse *purse);
uint16_t purse_acknowledge(struct purse *purse);
uint16_t purse_reset_time(struct purse *purse);

/// owner.c: the owner
uint16_t purse_verify(struct purse *purse);
uint16_t purse_change_pin(struct purse *purse);
uint16_t purse_reset_retry(struct purse *purse);
uint16_t purse_arm(struct purse *purse);
uint16_t purse_set_options(struct purse *purse);

/// data.c: reading, and the exchange of certificates
uint16_t purse_exchange_certificates(struct purse *purse);
uint16_t purse_get_log(struct purse *purse);
uint16_t purse_get_sale(struct purse *purse);
uint16_t purse_get_data(struct purse *purse);

/// personalize.c: STORE DATA, before there is a purse
uint16_t purse_store_data(struct card_call *call, uint16_t dgi, struct bytes data);

#endif
