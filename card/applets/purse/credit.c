// SPDX-License-Identifier: Apache-2.0
// CREDIT and VOID: the two ends of an open request. Whichever is committed first wins, and the
// other answers with the winner's object. No limit is checked here: the room was reserved when the
// request was signed. docs/purse.md, "Exactly once".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/identity.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/window.h"

#include <string.h>

/// Status word of a number that has no record here.
static uint16_t without_record(enum once_state state) {
    return state == ONCE_FORGOTTEN ? SW_ASK_CENTER : SW_NOT_OPEN;
}

/// Stages what both ends have in common: the reserved room and the open sums are free again.
static uint16_t release(struct card_call *call, const struct window_record *record,
                        struct pocket *pocket) {
    if (!pocket_find(call, record->unit, pocket))
        return SW_MEMORY_FAILURE;
    pocket->open -= record->amount;
    budget_open(call, record->amount, false);
    return SW_OK;
}

struct credit {
    struct card_call *call;
    struct object log;
    uint8_t terms[SHA256_SIZE], digest[SHA256_SIZE];
    struct once once;
    uint32_t n;
    enum once_state state;
    struct window_record record;
};

static uint16_t open_log(struct credit *credit) {
    struct card_call *call = credit->call;
    if (!object_decode_as(OBJECT_USAGE_LOG, call->command.data, &credit->log))
        return SW_BAD_OBJECT;
    if (!text_equals(call, TEXT_HOLDER, credit->log.fields[FIELD_PAYEE]))
        return SW_WRONG_PARTY;
    if (!object_terms_digest(&credit->log, call->crypto, credit->terms) ||
        !object_digest(&credit->log, call->crypto, credit->digest))
        return SW_UNKNOWN;
    credit->n = (uint32_t)object_uint(&credit->log, FIELD_N);
    credit->once = window_at(call);
    credit->state = once_state(call, &credit->once, credit->n);
    if (credit->state == ONCE_NEVER || credit->state == ONCE_FORGOTTEN)
        return without_record(credit->state);
    window_read(call, &credit->once, credit->n, &credit->record);
    return SW_OK;
}

/// Is it a log of this very request; once done, the one that did it?
static uint16_t match(const struct credit *credit) {
    const uint8_t *own = credit->state == ONCE_DONE ? credit->digest : credit->terms;
    return memcmp(credit->record.digest, own, SHA256_SIZE) == 0 ? SW_OK : SW_MISMATCH;
}

static uint16_t take(struct credit *credit) {
    struct card_call *call = credit->call;
    struct pocket pocket;
    if (!object_verify(&credit->log, call->crypto, credit->record.key))
        return SW_BAD_SIGNATURE;
    uint16_t sw = release(call, &credit->record, &pocket);
    if (sw != SW_OK)
        return sw;
    pocket.loaded += credit->record.amount;
    pocket_store(call, &pocket);
    state_advance(call);
    if ((purse_roles(call) & ROLE_TILL) != 0)
        budget_use(call, credit->record.amount);
    once_close(call, &credit->once, credit->n, ONCE_DONE);
    window_set_digest(call, &credit->once, credit->n, credit->digest);
    memcpy(credit->record.digest, credit->digest, SHA256_SIZE);
    return SW_OK;
}

uint16_t purse_credit(struct card_call *call) {
    struct credit credit = {.call = call};
    uint16_t sw = open_log(&credit);
    if (sw == SW_OK)
        sw = match(&credit);
    if (sw != SW_OK)
        return sw;
    if (credit.state == ONCE_OPEN) {
        sw = take(&credit);
        if (sw != SW_OK)
            return sw;
        credit.state = ONCE_DONE;
    }
    return window_answer_end(call, credit.n, credit.state, &credit.record);
}

uint16_t purse_void(struct card_call *call) {
    static const struct schema_field FIELDS[] = {{FIELD_N, false}};
    struct object named;
    struct window_record record;
    struct pocket pocket;
    if (!fields_decode(call->command.data, FIELDS, 1, named.fields))
        return SW_WRONG_DATA;
    uint32_t n = (uint32_t)object_uint(&named, FIELD_N);
    struct once once = window_at(call);
    enum once_state state = once_state(call, &once, n);
    if (state == ONCE_NEVER || state == ONCE_FORGOTTEN)
        return without_record(state);
    window_read(call, &once, n, &record);
    if (state == ONCE_OPEN) {
        uint16_t sw = release(call, &record, &pocket);
        if (sw != SW_OK)
            return sw;
        pocket_store(call, &pocket);
        once_close(call, &once, n, ONCE_VOID);
        state = ONCE_VOID;
    }
    return window_answer_end(call, n, state, &record);
}
