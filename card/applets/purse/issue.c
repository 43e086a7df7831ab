// SPDX-License-Identifier: Apache-2.0
// ISSUE: the center's issue log, the only thing that creates value in a purse. It is for one purse
// in one state: whatever changed a balance since the center looked makes it stale. docs/purse.md,
// "Issue logs".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/trust/center.h"
#include "card/identity/peers.h"

struct issue {
    struct purse *purse;
    struct order center;
    const struct object *log;
    struct pocket pocket;
    uint64_t transfer;
};

static uint16_t check_role(const struct issue *issue) {
    return (issue->purse->roles & (ROLE_WALLET | ROLE_FLOAT)) != 0 ? SW_OK : SW_WRONG_ROLE;
}

static uint16_t check_ids(const struct issue *issue) {
    const struct object *log = issue->log;
    if (object_has(log, FIELD_DEVICE) &&
        !text_equals(issue->purse, TEXT_DEVICE, log->fields[FIELD_DEVICE]))
        return SW_WRONG_PARTY;
    if (object_has(log, FIELD_USER) &&
        !text_equals(issue->purse, TEXT_USER, log->fields[FIELD_USER]))
        return SW_WRONG_PARTY;
    return SW_OK;
}

/// For the present state, and the next revision of the present serial or the first of another.
static uint16_t check_order(const struct issue *issue) {
    const struct purse *purse = issue->purse;
    if (object_uint(issue->log, FIELD_STATE_NUMBER) != number_get(purse, NUMBER_STATE))
        return SW_STALE;
    uint64_t serial = object_uint(issue->log, FIELD_SERIAL);
    uint64_t revision = object_uint(issue->log, FIELD_REVISION);
    bool same = serial == number_get(purse, NUMBER_SERIAL);
    uint64_t expected = same ? number_get(purse, NUMBER_REVISION) + 1 : 1;
    return serial != 0 && revision == expected ? SW_OK : SW_STALE;
}

static uint16_t check_dates(const struct issue *issue) {
    uint32_t expiry = object_date(issue->log, FIELD_EXPIRY);
    return expiry < clock_today(issue->purse->call) || expiry < object_date(issue->log, FIELD_DATE)
               ? SW_EXPIRED
               : SW_OK;
}

/// A transfer of 0 is a renewal of limits and expiry: only after a first issue.
static uint16_t check_amounts(struct issue *issue) {
    struct pocket *pocket = &issue->pocket;
    uint16_t unit = object_unit(issue->log);
    *pocket = (struct pocket){.unit = unit};
    issue->transfer = object_uint(issue->log, FIELD_TRANSFER);
    if (issue->transfer == 0 && number_get(issue->purse, NUMBER_SERIAL) == 0)
        return SW_ZERO_AMOUNT;
    pocket_find(issue->purse, unit, pocket);
    if (!pocket_has_room(pocket, issue->transfer))
        return SW_OVERFLOW;
    uint64_t balance = pocket_balance(pocket) + issue->transfer;
    if (object_uint(issue->log, FIELD_ALLOWANCE) != balance)
        return SW_MISMATCH;
    bool limited = object_has(issue->log, FIELD_LIMIT_BALANCE);
    return limited && balance + pocket->open > object_uint(issue->log, FIELD_LIMIT_BALANCE)
               ? SW_LIMIT
               : SW_OK;
}

static void replace_limits(struct issue *issue) {
    static const struct {
        enum field field;
        enum number number;
        uint64_t absent;
    } LIMITS[] = {
        {FIELD_LIMIT_BALANCE, NUMBER_LIMIT_BALANCE, UNLIMITED},
        {FIELD_LIMIT_SINGLE, NUMBER_LIMIT_SINGLE, UNLIMITED},
        {FIELD_NO_PIN_SINGLE, NUMBER_NO_PIN_SINGLE, 0},
        {FIELD_NO_PIN_SUM, NUMBER_NO_PIN_SUM, 0},
        {FIELD_NO_PIN_COUNT, NUMBER_NO_PIN_COUNT, 0},
    };
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++)
        number_set(issue->purse, LIMITS[i].number,
                   object_has(issue->log, LIMITS[i].field)
                       ? object_uint(issue->log, LIMITS[i].field)
                       : LIMITS[i].absent);
    if (object_has(issue->log, FIELD_OFFLINE_COUNT) && object_has(issue->log, FIELD_OFFLINE_SUM))
        budget_refill(issue->purse, object_uint(issue->log, FIELD_OFFLINE_COUNT),
                      object_uint(issue->log, FIELD_OFFLINE_SUM));
}

static uint16_t take(struct issue *issue) {
    struct purse *purse = issue->purse;
    struct pocket *pocket = &issue->pocket;
    if (!pocket_find(purse, pocket->unit, pocket) && !pocket_create(purse, pocket->unit, pocket))
        return SW_WRONG_UNIT;
    pocket->issued += issue->transfer;
    pocket_store(purse, pocket);
    state_advance(purse);
    number_set(purse, NUMBER_SERIAL, object_uint(issue->log, FIELD_SERIAL));
    number_set(purse, NUMBER_REVISION, object_uint(issue->log, FIELD_REVISION));
    number_set(purse, NUMBER_ISSUE_EXPIRY, object_date(issue->log, FIELD_EXPIRY));
    replace_limits(issue);
    clock_raise(purse->call, object_date(issue->log, FIELD_DATE));
    center_taken(purse, TAKEN_ISSUE, &issue->center);
    return SW_OK;
}

uint16_t purse_issue(struct purse *purse) {
    struct issue issue = {.purse = purse};
    uint16_t sw =
        center_open(purse, OBJECT_ISSUE_LOG, TAKEN_ISSUE, purse->call->command.data, &issue.center);
    if (sw != SW_OK || issue.center.repeated)
        return sw;
    issue.log = &issue.center.object;
    sw = check_role(&issue);
    if (sw == SW_OK)
        sw = own_check(purse->call);
    if (sw == SW_OK)
        sw = check_ids(&issue);
    if (sw == SW_OK)
        sw = check_order(&issue);
    if (sw == SW_OK)
        sw = state_room(purse);
    if (sw == SW_OK)
        sw = check_dates(&issue);
    if (sw == SW_OK)
        sw = check_amounts(&issue);
    return sw == SW_OK ? take(&issue) : sw;
}
