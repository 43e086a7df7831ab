// SPDX-License-Identifier: Apache-2.0
#include "card/identity/learn.h"

#include "card/identity/identity.h"
#include "card/identity/peers.h"
#include "card/identity/trust.h"

typedef uint16_t take_authority(struct card_call *call, struct bytes whole, uint8_t *row,
                                bool *changed);

static uint16_t take_by(struct card_call *call, struct bytes whole, take_authority *take) {
    uint8_t row = 0;
    bool changed = false;
    uint16_t sw = take(call, whole, &row, &changed);
    if (sw == SW_OK && changed)
        peers_forget(call, row);
    return sw;
}

uint16_t learn_authority(struct card_call *call, struct bytes whole) {
    return take_by(call, whole, trust_add);
}

uint16_t learn_certificate(struct card_call *call, struct bytes whole) {
    struct certificate certificate;
    uint16_t sw = certificate_fault_sw(certificate_parse(whole, &certificate));
    if (sw != SW_OK)
        return sw;
    if ((certificate.roles & (ROLE_ROOT | ROLE_ISSUING)) != 0)
        return take_by(call, whole, trust_renew);
    if (identity_is(call, certificate.holder) && (certificate.roles & identity_roles(call)) != 0)
        return identity_renew_certificate(call, &certificate);
    return peer_take(call, &certificate, clock_today(call));
}

uint16_t learn_exchange(struct card_call *call) {
    uint16_t sw = learn_certificate(call, call->command.data);
    return sw == SW_OK ? identity_put_certificate(call) : sw;
}
