// SPDX-License-Identifier: Apache-2.0
// ISSUE: the center's issue log, the only thing that creates value in a purse. It is for one purse
// in one state: whatever changed a balance since the center looked makes it stale. docs/purse.md,
// "Issue logs".
#include "card/applets/purse/center.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/trust.h"

struct issue {
    struct card_call *call;
    struct center_object center;
    const struct object *log;
    struct pocket pocket;
    uint64_t transfer;
};

static uint16_t check_role(const struct issue *issue) {
    return (purse_roles(issue->call) & (ROLE_WALLET | ROLE_FLOAT)) != 0 ? SW_OK : SW_WRONG_ROLE;
}

static uint16_t check_ids(const struct issue *issue) {
    const struct object *log = issue->log;
    if (object_has(log, FIELD_DEVICE) &&
        !text_equals(issue->call, TEXT_DEVICE, log->fields[FIELD_DEVICE]))
        return SW_WRONG_PARTY;
    if (object_has(log, FIELD_USER) &&
        !text_equals(issue->call, TEXT_USER, log->fields[FIELD_USER]))
        return SW_WRONG_PARTY;
    return SW_OK;
}

/// For the present state, and the next revision of the present serial or the first of another.
static uint16_t check_order(const struct issue *issue) {
    const struct card_call *call = issue->call;
    if (object_uint(issue->log, FIELD_STATE_NUMBER) != number_get(call, NUMBER_STATE))
        return SW_STALE;
    uint64_t serial = object_uint(issue->log, FIELD_SERIAL);
    uint64_t revision = object_uint(issue->log, FIELD_REVISION);
    bool same = serial == number_get(call, NUMBER_SERIAL);
    uint64_t expected = same ? number_get(call, NUMBER_REVISION) + 1 : 1;
    return serial != 0 && revision == expected ? SW_OK : SW_STALE;
}

static uint16_t check_dates(const struct issue *issue) {
    uint32_t expiry = object_date(issue->log, FIELD_EXPIRY);
    return expiry < clock_today(issue->call) || expiry < object_date(issue->log, FIELD_DATE)
               ? SW_EXPIRED
               : SW_OK;
}

/// A transfer of 0 is a renewal of limits and expiry: only after a first issue.
static uint16_t check_amounts(struct issue *issue) {
    struct pocket *pocket = &issue->pocket;
    uint16_t unit = object_unit(issue->log);
    *pocket = (struct pocket){.unit = unit};
    issue->transfer = object_uint(issue->log, FIELD_TRANSFER);
    if (issue->transfer == 0 && number_get(issue->call, NUMBER_SERIAL) == 0)
        return SW_ZERO_AMOUNT;
    pocket_find(issue->call, unit, pocket);
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
        number_set(issue->call, LIMITS[i].number,
                   object_has(issue->log, LIMITS[i].field)
                       ? object_uint(issue->log, LIMITS[i].field)
                       : LIMITS[i].absent);
    if (object_has(issue->log, FIELD_OFFLINE_COUNT) && object_has(issue->log, FIELD_OFFLINE_SUM))
        budget_refill(issue->call, object_uint(issue->log, FIELD_OFFLINE_COUNT),
                      object_uint(issue->log, FIELD_OFFLINE_SUM));
}

static uint16_t take(struct issue *issue) {
    struct card_call *call = issue->call;
    struct pocket *pocket = &issue->pocket;
    if (!pocket_find(call, pocket->unit, pocket) && !pocket_create(call, pocket->unit, pocket))
        return SW_WRONG_UNIT;
    pocket->issued += issue->transfer;
    pocket_store(call, pocket);
    state_advance(call);
    number_set(call, NUMBER_SERIAL, object_uint(issue->log, FIELD_SERIAL));
    number_set(call, NUMBER_REVISION, object_uint(issue->log, FIELD_REVISION));
    number_set(call, NUMBER_ISSUE_EXPIRY, object_date(issue->log, FIELD_EXPIRY));
    replace_limits(issue);
    clock_raise(call, object_date(issue->log, FIELD_DATE));
    center_taken(call, TAKEN_ISSUE, &issue->center);
    return SW_OK;
}

uint16_t purse_issue(struct card_call *call) {
    struct issue issue = {.call = call};
    uint16_t sw =
        center_open(call, OBJECT_ISSUE_LOG, TAKEN_ISSUE, call->command.data, &issue.center);
    if (sw != SW_OK || issue.center.repeated)
        return sw;
    issue.log = &issue.center.object;
    sw = check_role(&issue);
    if (sw == SW_OK)
        sw = own_check(call);
    if (sw == SW_OK)
        sw = check_ids(&issue);
    if (sw == SW_OK)
        sw = check_order(&issue);
    if (sw == SW_OK)
        sw = state_room(call);
    if (sw == SW_OK)
        sw = check_dates(&issue);
    if (sw == SW_OK)
        sw = check_amounts(&issue);
    return sw == SW_OK ? take(&issue) : sw;
}
