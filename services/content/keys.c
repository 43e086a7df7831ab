// SPDX-License-Identifier: Apache-2.0
// What belongs to a content besides its container: offers that a seller names, and the key, which
// passes here sealed for the licence service. No two contents have one key: their fingerprints
// would be the same.
#include "services/content/content_private.h"

#include "services/core/keeper/outbox.h"
#include "services/wire/api/licence_api.h"

#include <stdio.h>
#include <string.h>

enum { OUTBOX_ID_MAX = 32 };

bool content_offer_transact(struct call *call, struct session *session) {
    static const enum name kept[] = {NAME_AMOUNT, NAME_UNIT, NAME_PLAYS};
    struct value row[1] = {0};
    const char *id = form_text(&call->in, NAME_ID);
    if (sql_run(session, &content_sql[OFFER_ENTERPRISE], IN(value_text(id)), row) == STORE_NONE)
        return call_refuse(call, &content_unknown, "There is no content %s", id);
    if (session->failed != STORE_DONE)
        return false;
    if (strcmp(value_string(&row[0]), call->sender->enterprise) != 0)
        return call_refuse(call, &content_enterprise, "The policy of %s names %s, not %s", id,
                           value_string(&row[0]), call->sender->enterprise);
    sql_run(session, &content_sql[OFFER_SET],
            IN(value_text(id), in_text(call, NAME_NUMBER), in_int(call, NAME_PLAYS),
               in_int(call, NAME_AMOUNT), in_int(call, NAME_UNIT)),
            NULL);
    form_set_text(&call->out, NAME_NUMBER, form_text(&call->in, NAME_NUMBER));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (form_has(&call->in, kept[i]))
            form_set_uint(&call->out, kept[i], form_uint(&call->in, kept[i]));
    return true;
}

/// The licence service gets it under an id of its own for each content: once, however often it is
/// handed over.
static void hand_on(struct call *call, struct session *session) {
    char id[OUTBOX_ID_MAX];
    snprintf(id, sizeof id, "key-%s", form_text(&call->in, NAME_ID));
    if (call->context->courier != NULL)
        outbox_put(session, id, "licence", &licence_key, &call->in, call->now_ms);
}

/// Stands this key for another content, or is another one this content's? False as well where the
/// store did not say: then its failure decides.
static bool is_taken(struct call *call, struct session *session, const char *id) {
    struct value row[1] = {0};
    enum store_result found =
        sql_run(session, &content_sql[KEY_READ], IN(in_octets(call, NAME_FINGERPRINT)), row);
    return session->failed == STORE_DONE &&
           (found == STORE_NONE || strcmp(value_string(&row[0]), id) != 0);
}

bool content_key_transact(struct call *call, struct session *session) {
    struct value row[1] = {0};
    const char *id = form_text(&call->in, NAME_ID);
    bool added = sql_run(session, &content_sql[KEY_ADD],
                         IN(value_text(id), in_octets(call, NAME_FINGERPRINT),
                            in_octets(call, NAME_WRAPPED_KEY)),
                         row) == STORE_ROW;
    if (!added && is_taken(call, session, id))
        return call_refuse(call, &content_key_taken,
                           "%s has another key, or this key is another content's", id);
    if (added)
        hand_on(call, session);
    form_set_text(&call->out, NAME_ID, id);
    return true;
}

/// A refusal changes nothing here: the licence service says to its own operator what it has.
bool content_key_reply(struct call *call, struct session *session) {
    (void)call;
    (void)session;
    return true;
}
