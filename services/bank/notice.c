// SPDX-License-Identifier: Apache-2.0
// Notices: when a sale has been paid for, whoever keeps the seller's sales is told so until it has
// decided. It gets what it finds the sale by and what it checks: amount, unit, whose account the
// money came to.
#include "services/bank/bank_private.h"

#include "services/core/keeper/outbox.h"
#include "services/wire/api/licence_api.h"

void bank_notify(struct call *call, struct session *session, const struct booking *booking,
                 const struct bank_account_row *to) {
    const struct form *sale = form_inner(&call->in, NAME_SALE);
    struct form notice;
    form_init(&notice, licence_settlement.request, call->arena);
    form_set_text(&notice, NAME_TRANSFER, booking->id);
    form_set_uint(&notice, NAME_DATE, form_uint(sale, NAME_DATE));
    form_set_text(&notice, NAME_NUMBER, form_text(sale, NAME_NUMBER));
    form_set_text(&notice, NAME_MAIL, form_text(sale, NAME_MAIL));
    if (form_has(sale, NAME_INSTANCE))
        form_set_text(&notice, NAME_INSTANCE, form_text(sale, NAME_INSTANCE));
    form_set_uint(&notice, NAME_AMOUNT, form_uint(&call->in, NAME_AMOUNT));
    form_set_uint(&notice, NAME_UNIT, form_uint(&call->in, NAME_UNIT));
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
