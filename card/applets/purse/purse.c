// SPDX-License-Identifier: Apache-2.0
// The purse application: its row in ROM, what SELECT answers, and its first state. Flows, rules and
// layout: docs/purse.md.
#include "apdu/purse.h"

#include "card/applets/purse/commands.h"
#include "card/applets/purse/consent.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/ring.h"
#include "card/applets/purse/stages.h"
#include "card/applets/purse/window.h"

extern const struct applet purse_applet;

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
    number_set(call, NUMBER_ROLES, roles_of(parameters));
    number_set(call, NUMBER_COUNTER, 1);
    number_set(call, NUMBER_STATE, 1);
    number_set(call, NUMBER_SETTLED, 1);
    once_init(call, geometry(call).window_at, 1);
    return SW_OK;
}

// ---- SELECT ------------------------------------------------------------------------------------

static void put_last(struct card_call *call) {
    uint64_t last = number_get(call, NUMBER_LAST_SLOT);
    struct ring_proof proof;
    uint8_t value[1 + 8];
    if (last == 0)
        return;
    ring_proof(call, (uint16_t)(last - 1), &proof);
    value[0] = (uint8_t)ring_at(call, (uint16_t)(last - 1)).state;
    for (size_t i = 1; i < sizeof value; i++)
        value[i] = proof.digest[i - 1];
    tlv_put(&call->answer, PURSE_TAG_LAST, BYTES_OF(value));
}

static void put_balances(struct card_call *call) {
    if (!session_may_read(call))
        return;
    size_t mark = tlv_begin(&call->answer, PURSE_TAG_BALANCES);
    balances_put(call, &call->answer);
    tlv_end(&call->answer, mark);
}

static void put_state(struct card_call *call) {
    const struct session *session = session_of(call);
    uint8_t holder[HOLDER_MAX], digest[CERTIFICATE_DIGEST_SIZE];
    card_read(call, CERTIFICATE_DIGEST_AT, digest, sizeof digest);
    tlv_put(&call->answer, field_specs[FIELD_PAYER].tag, text_get(call, TEXT_HOLDER, holder));
    tlv_put(&call->answer, PURSE_TAG_CERTIFICATE_DIGEST, BYTES_OF(digest));
    tlv_put(&call->answer, field_specs[FIELD_CHALLENGE].tag, BYTES_OF(session->challenge));
    tlv_put_uint(&call->answer, field_specs[FIELD_COUNTER].tag, number_get(call, NUMBER_COUNTER));
    tlv_put_uint(&call->answer, PURSE_TAG_UNRATIFIED, number_get(call, NUMBER_UNRATIFIED));
    put_last(call);
    put_balances(call);
}

static uint16_t select(struct card_call *call) {
    struct session *session = session_of(call);
    bool closed = stages_are_closed(call);
    if (closed && !card_random(call, session->challenge, sizeof session->challenge))
        return SW_UNKNOWN;
    session->challenge_live = closed;
    size_t fci = tlv_begin(&call->answer, PURSE_TAG_FCI);
    tlv_put(&call->answer, PURSE_TAG_AID, bytes_of(call->instance->aid, call->instance->aid_size));
    size_t own = tlv_begin(&call->answer, PURSE_TAG_PROPRIETARY);
    if (closed)
        put_state(call);
    tlv_end(&call->answer, own);
    tlv_end(&call->answer, fci);
    return SW_OK;
}

/// Secrets that the crypto implementation may have cached go with the instance.
static void uninstall(struct card_call *call) {
    static const uint32_t SCALARS[] = {SIGNING_SCALAR_AT, KEM_SCALAR_AT};
    uint8_t scalar[P256_SCALAR_SIZE];
    for (size_t i = 0; i < sizeof SCALARS / sizeof SCALARS[0]; i++) {
        card_read(call, SCALARS[i], scalar, sizeof scalar);
        call->crypto->ops->forget(call->crypto, scalar);
    }
    bytes_erase(scalar, sizeof scalar);
}

// ---- commands ----------------------------------------------------------------------------------

// Before personalization is closed there is no purse, only data to read for personalization.
#define WHEN_CLOSED(name)                                                                          \
    static uint16_t closed_##name(struct card_call *call) {                                        \
        return stages_are_closed(call) ? purse_##name(call) : SW_LIFE_CYCLE;                       \
    }
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
    X(REFUND, refund)                                                                              \
    X(HOTLIST, hotlist)                                                                            \
    X(ACKNOWLEDGE, acknowledge)                                                                    \
    X(RESET_TIME, reset_time)                                                                      \
    X(ARM, arm)                                                                                    \
    X(SET_OPTIONS, set_options)                                                                    \
    X(GET_LOG, get_log)                                                                            \
    X(VERIFY, verify)                                                                              \
    X(CHANGE_PIN, change_pin)                                                                      \
    X(RESET_RETRY, reset_retry)
#define GUARD(id, name) WHEN_CLOSED(name)
COMMANDS(GUARD)
#undef GUARD

#define ROW(id, name) {COMMAND_PURSE_##id, closed_##name},
static const struct applet_command commands[] = {
    COMMANDS(ROW){COMMAND_PURSE_GET_DATA, purse_get_data},
};
#undef ROW

const struct applet purse_applet = {
    .name = "purse",
    .aid = AID_PURSE,
    .aid_size = AID_TESSERA_SIZE,
    .deselect_size = sizeof(struct session),
    .reset_size = sizeof(struct armed),
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .persistent_size = persistent_size,
    .install = install,
    .select = select,
    .store_data = purse_store_data,
    .uninstall = uninstall,
};
