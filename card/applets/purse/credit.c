// SPDX-License-Identifier: Apache-2.0
// CREDIT and VOID: the two ends of an open request. Whichever is committed first wins, and the
// other answers with the winner's object. No limit is checked here: the room was reserved when the
// request was signed. docs/purse.md, "Exactly once".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"
#include "card/applets/purse/transfer.h"
#include "card/identity/identity.h"

#include <string.h>

/// Status word of a number that has no record here.
static uint16_t without_record(enum once_state state) {
    return state == ONCE_FORGOTTEN ? SW_ASK_CENTER : SW_NOT_OPEN;
}

/// Stages what both ends have in common: the reserved room and the open sums are free again.
static uint16_t release(struct purse *purse, const struct window_record *record,
                        struct pocket *pocket) {
    if (!pocket_find(purse, record->unit, pocket))
        return SW_MEMORY_FAILURE;
    pocket->open -= record->amount;
    budget_open(purse, record->amount, false);
    return SW_OK;
}

struct credit {
    struct purse *purse;
    struct object log;
    uint8_t terms[SHA256_SIZE], digest[SHA256_SIZE];
    struct once once;
    uint32_t n;
    enum once_state state;
    struct window_record record;
};

static uint16_t open_log(struct credit *credit) {
    struct purse *purse = credit->purse;
    if (!object_decode_as(OBJECT_USAGE_LOG, purse->call->command.data, &credit->log))
        return SW_BAD_OBJECT;
    if (!identity_is(purse->call, credit->log.fields[FIELD_PAYEE]))
        return SW_WRONG_PARTY;
    if (!object_terms_digest(&credit->log, purse->call->crypto, credit->terms) ||
        !object_digest(&credit->log, purse->call->crypto, credit->digest))
        return SW_UNKNOWN;
    credit->n = (uint32_t)object_uint(&credit->log, FIELD_N);
    credit->once = window_at(purse);
    credit->state = once_state(purse->call, &credit->once, credit->n);
    if (credit->state == ONCE_NEVER || credit->state == ONCE_FORGOTTEN)
        return without_record(credit->state);
    window_read(purse, &credit->once, credit->n, &credit->record);
    return SW_OK;
}

/// Is it a log of this very request; once done, the one that did it?
static uint16_t match(const struct credit *credit) {
    const uint8_t *own = credit->state == ONCE_DONE ? credit->digest : credit->terms;
    return memcmp(credit->record.digest, own, SHA256_SIZE) == 0 ? SW_OK : SW_MISMATCH;
}

static uint16_t take(struct credit *credit) {
    struct purse *purse = credit->purse;
    struct pocket pocket;
    if (!object_verify(&credit->log, purse->call->crypto, credit->record.key))
        return SW_BAD_SIGNATURE;
    uint16_t sw = release(purse, &credit->record, &pocket);
    if (sw != SW_OK)
        return sw;
    pocket.loaded += credit->record.amount;
    if ((purse->roles & ROLE_TILL) != 0) {
        pocket.left += credit->record.amount;
        budget_use(purse, credit->record.amount);
    }
    pocket_store(purse, &pocket);
    state_advance(purse);
    once_close(purse->call, &credit->once, credit->n, ONCE_DONE);
    window_set_digest(purse, &credit->once, credit->n, credit->digest);
    memcpy(credit->record.digest, credit->digest, SHA256_SIZE);
    return SW_OK;
}

uint16_t purse_credit(struct purse *purse) {
    struct credit credit = {.purse = purse};
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
    return window_answer_end(purse, credit.n, credit.state, &credit.record);
}

uint16_t purse_void(struct purse *purse) {
    static const struct schema_field FIELDS[] = {{FIELD_N, false}};
    struct object named;
    struct window_record record;
    struct pocket pocket;
    if (!fields_decode(purse->call->command.data, FIELDS, 1, named.fields))
        return SW_WRONG_DATA;
    uint32_t n = (uint32_t)object_uint(&named, FIELD_N);
    struct once once = window_at(purse);
    enum once_state state = once_state(purse->call, &once, n);
    if (state == ONCE_NEVER || state == ONCE_FORGOTTEN)
        return without_record(state);
    window_read(purse, &once, n, &record);
    if (state == ONCE_OPEN) {
        uint16_t sw = release(purse, &record, &pocket);
        if (sw != SW_OK)
            return sw;
        pocket_store(purse, &pocket);
        once_close(purse->call, &once, n, ONCE_VOID);
        state = ONCE_VOID;
    }
    return window_answer_end(purse, n, state, &record);
}
