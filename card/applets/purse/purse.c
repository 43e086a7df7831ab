// SPDX-License-Identifier: Apache-2.0
// The purse application: its row in ROM, what SELECT answers, and its first state. Flows, rules and
// layout: docs/purse.md.
#include "apdu/command/purse.h"
#include "apdu/command/applets/purse_commands.h"

#include "base/must.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/stages.h"
#include "card/applets/purse/state/consent.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/ring.h"
#include "card/applets/purse/state/window.h"
#include "card/identity/personalize.h"

/// Roles out of the install parameters; 0 when they are none that a purse can have.
static uint16_t roles_of(struct bytes parameters) {
    if (parameters.size != PERSO_INSTALL_SIZE)
        return 0;
    uint16_t roles = (uint16_t)bytes_get_be(parameters.data, 2);
    switch (roles) {
    case ROLE_WALLET:
    case ROLE_WALLET | ROLE_STORE:
    case ROLE_TILL:
    case ROLE_FLOAT:
        return roles;
    default:
        return 0;
    }
}

static uint32_t persistent_size(struct bytes parameters) {
    uint16_t roles = roles_of(parameters);
    return roles == 0 ? 0 : geometry_of(roles).size;
}

static uint16_t install(struct card_call *call, struct bytes parameters) {
    struct purse purse;
    purse_open(&purse, call);
    if (roles_of(parameters) != purse.roles)
        return SW_WRONG_DATA; // the card has an identity of other roles
    uint16_t sw = identity_first(call, IDENTITY_PURSE);
    if (sw != SW_OK)
        return sw;
    number_set(&purse, NUMBER_COUNTER, 1);
    number_set(&purse, NUMBER_STATE, 1);
    number_set(&purse, NUMBER_BATCHED, 1);
    once_init(call, purse.tables.window_at, 1);
    purse_stage(&purse);
    return SW_OK;
}

// ---- SELECT ------------------------------------------------------------------------------------

static void put_last(struct purse *purse) {
    uint64_t last = number_get(purse, NUMBER_LAST_SLOT);
    struct ring_proof proof;
    uint8_t value[1 + 8];
    if (last == 0)
        return;
    ring_proof(purse, (uint16_t)(last - 1), &proof);
    value[0] = (uint8_t)ring_at(purse, (uint16_t)(last - 1)).state;
    for (size_t i = 1; i < sizeof value; i++)
        value[i] = proof.digest[i - 1];
    tlv_put(&purse->call->answer, PURSE_TAG_LAST, BYTES_OF(value));
}

static void put_balances(struct purse *purse) {
    if (!session_may_read(purse))
        return;
    size_t mark = tlv_begin(&purse->call->answer, PURSE_TAG_BALANCES);
    balances_put(purse, &purse->call->answer);
    tlv_end(&purse->call->answer, mark);
}

static void put_state(struct purse *purse) {
    struct card_call *call = purse->call;
    const struct session *session = session_of(call);
    uint8_t holder[HOLDER_MAX], digest[CERTIFICATE_DIGEST_SIZE], roles[2];
    card_shared_read(call, CERTIFICATE_DIGEST_AT, digest, sizeof digest);
    tlv_put(&call->answer, field_specs[FIELD_PAYER].tag,
            identity_text(call, IDENTITY_HOLDER, holder));
    tlv_put(&call->answer, PURSE_TAG_CERTIFICATE_DIGEST, BYTES_OF(digest));
    tlv_put(&call->answer, field_specs[FIELD_CHALLENGE].tag, BYTES_OF(session->challenge));
    tlv_put_uint(&call->answer, field_specs[FIELD_COUNTER].tag, number_get(purse, NUMBER_COUNTER));
    tlv_put_uint(&call->answer, PURSE_TAG_UNRATIFIED, number_get(purse, NUMBER_UNRATIFIED));
    put_last(purse);
    put_balances(purse);
    bytes_put_be(roles, sizeof roles, purse->roles);
    tlv_put(&call->answer, field_specs[FIELD_ROLES].tag, BYTES_OF(roles));
}

static uint16_t select(struct card_call *call) {
    struct purse purse;
    struct session *session = session_of(call);
    purse_open(&purse, call);
    bool personalized = purse_is_personalized(&purse);
    if (personalized && !card_random(call, session->challenge, sizeof session->challenge))
        return SW_UNKNOWN;
    session->challenge_live = personalized;
    size_t fci = tlv_begin(&call->answer, PURSE_TAG_FCI);
    tlv_put(&call->answer, PURSE_TAG_AID, bytes_of(call->instance->aid, call->instance->aid_size));
    size_t own = tlv_begin(&call->answer, PURSE_TAG_PROPRIETARY);
    if (personalized)
        put_state(&purse);
    tlv_end(&call->answer, own);
    tlv_end(&call->answer, fci);
    return SW_OK;
}

// ---- commands ----------------------------------------------------------------------------------

// Every command of the purse, by its number and its function: each runs on a purse that is opened
// for it.
#define COMMANDS(X)                                                                                \
    X(EXCHANGE_CERTIFICATES, exchange_certificates)                                                \
    X(REQUEST, request)                                                                            \
    X(DEBIT, debit)                                                                                \
    X(CREDIT, credit)                                                                              \
    X(VOID, void)                                                                                  \
    X(RATIFY, ratify)                                                                              \
    X(TAKE_VOID, take_void)                                                                        \
    X(ISSUE, issue)                                                                                \
    X(STATEMENT, statement)                                                                        \
    X(BATCH, batch)                                                                                \
    X(SETTLE, settle)                                                                              \
    X(RELEASE, release)                                                                            \
    X(REFUND, refund)                                                                              \
    X(HOTLIST, hotlist)                                                                            \
    X(HOTLIST_PART, hotlist_part)                                                                  \
    X(ACKNOWLEDGE, acknowledge)                                                                    \
    X(RESET_TIME, reset_time)                                                                      \
    X(ARM, arm)                                                                                    \
    X(SET_OPTIONS, set_options)                                                                    \
    X(GET_LOG, get_log)                                                                            \
    X(GET_SALE, get_sale)                                                                          \
    X(GET_DATA, get_data)                                                                          \
    X(VERIFY, verify)                                                                              \
    X(CHANGE_PIN, change_pin)                                                                      \
    X(RESET_RETRY, reset_retry)

#define RUN(number, name)                                                                          \
    static uint16_t run_##name(struct card_call *call) {                                           \
        return purse_run(call, purse_##name);                                                      \
    }
COMMANDS(RUN)
#undef RUN

#define HANDLER(number, name) [COMMAND_PURSE_##number] = run_##name,
static card_handler *const handlers[] = {COMMANDS(HANDLER)};
#undef HANDLER

must_cover(handlers, COMMAND_PURSE_COUNT);

/// Value is not erased: what the purse holds, has open or cannot prove yet keeps it on the card. A
/// redemption that the center signed, and ratification, open the way.
static uint16_t may_remove(struct card_call *call) {
    struct purse purse;
    struct pocket pocket = {0};
    purse_open(&purse, call);
    bool value =
        number_get(&purse, NUMBER_UNRATIFIED) > 0 || number_get(&purse, NUMBER_OPEN_COUNT) > 0;
    for (uint32_t unit = 0; pocket_next(&purse, unit, &pocket); unit = pocket.unit + 1U)
        value = value || pocket_balance(&pocket) > 0;
    return value ? SW_HOLDS_VALUE : SW_OK;
}

const struct applet purse_applet = {
    .application = &purse_application,
    .handlers = handlers,
    .life_cycle = APPLET_PERSONALIZED, // until then there are only data to read
    .deselect_size = sizeof(struct session),
    .reset_size = sizeof(struct armed),
    .persistent_size = persistent_size,
    .install = install,
    .select = select,
    .store_data = purse_store_data,
    .may_remove = may_remove,
    .shares = &identity_block,
};
