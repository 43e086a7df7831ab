// SPDX-License-Identifier: Apache-2.0
// Notices: when a sale has been paid for, whoever keeps the seller's sales is told so until it has
// decided. It gets what it finds the sale by and what it checks: amount, unit, whose account the
// money came to.
#include "services/bank/bank_private.h"

#include "services/core/keeper/outbox.h"
#include "services/wire/api/licence_api.h"

void bank_notify(struct call *call, struct session *session, const struct booking *booking,
                 const struct bank_account_row *to) {
    const struct bank_sale *sale = &booking->sale;
    struct form notice;
    form_init(&notice, licence_settlement.request, call->arena);
    form_set_text(&notice, NAME_TRANSFER, booking->id);
    form_set_uint(&notice, NAME_DATE, sale->date);
    form_set_text(&notice, NAME_NUMBER, sale->number);
    form_set_text(&notice, NAME_MAIL, sale->mail);
    if (sale->instance != NULL)
        form_set_text(&notice, NAME_INSTANCE, sale->instance);
    form_set_uint(&notice, NAME_AMOUNT, (uint64_t)booking->amount);
    form_set_uint(&notice, NAME_UNIT, booking->unit);
    form_set_text(&notice, NAME_ENTERPRISE, to->enterprise != NULL ? to->enterprise : to->owner);
    form_set_uint(&notice, NAME_SETTLED, call->today);
    outbox_put(session, booking->id, to->notify, &licence_settlement, &notice, call->now_ms);
}

bool bank_notice_reply(struct call *call, struct session *session) {
    sql_run(
        session, &bank_sql[NOTICE_END],
        IN(value_text(call->key), value_int(call->refused == NULL ? NOTICE_TAKEN : NOTICE_REFUSED)),
        NULL);
    return true;
}
