// SPDX-License-Identifier: Apache-2.0
#include "card/identity/claims.h"

#include <string.h>

// Row: state 1, told 1, sale 16, ticket 16, date 4, subscriber 8, seller size 1, seller 12,
// activator size 1, activator 12, payments 1.
enum {
    ROW_STATE = 0,
    ROW_TOLD = 1,
    ROW_SALE = 2,
    ROW_TICKET = ROW_SALE + TICKET_NAME_SIZE,
    ROW_DATE = ROW_TICKET + TICKET_NAME_SIZE,
    ROW_SUBSCRIBER = ROW_DATE + 4,
    ROW_SELLER = ROW_SUBSCRIBER + CLAIM_SUBSCRIBER_SIZE,
    ROW_ACTIVATOR = ROW_SELLER + 1 + TICKET_ID_MAX,
    ROW_PAYMENTS = ROW_ACTIVATOR + 1 + TICKET_ID_MAX,
    ROW_END,
};
_Static_assert((int)ROW_END <= (int)CLAIM_SIZE, "a claim outgrew its row");

static uint32_t row_at(const struct card_call *call, uint16_t row) {
    return identity_claims_at(identity_roles(call)) + (uint32_t)row * CLAIM_SIZE;
}

bool claims_kept(const struct card_call *call) {
    return identity_get(call, IDENTITY_CLAIMS) != 0;
}

void claims_keep(struct card_call *call) {
    if (identity_claims(identity_roles(call)) > 0)
        identity_set(call, IDENTITY_CLAIMS, 1);
}

static bool claim_at(const struct card_call *call, uint16_t row, struct claim *claim) {
    uint8_t octets[ROW_END];
    card_shared_read(call, row_at(call, row), octets, sizeof octets);
    *claim = (struct claim){.row = row,
                            .state = (enum claim_state)octets[ROW_STATE],
                            .told = octets[ROW_TOLD] != 0,
                            .date = (uint32_t)bytes_get_be(octets + ROW_DATE, 4),
                            .seller_size = octets[ROW_SELLER],
                            .activator_size = octets[ROW_ACTIVATOR],
                            .payments = octets[ROW_PAYMENTS]};
    memcpy(claim->sale, octets + ROW_SALE, sizeof claim->sale);
    memcpy(claim->ticket, octets + ROW_TICKET, sizeof claim->ticket);
    memcpy(claim->subscriber, octets + ROW_SUBSCRIBER, sizeof claim->subscriber);
    memcpy(claim->seller, octets + ROW_SELLER + 1, sizeof claim->seller);
    memcpy(claim->activator, octets + ROW_ACTIVATOR + 1, sizeof claim->activator);
    return claim->state != CLAIM_NONE;
}

static uint16_t rows_of(const struct card_call *call) {
    return claims_kept(call) ? identity_claims(identity_roles(call)) : 0;
}

bool claim_find(const struct card_call *call, const uint8_t sale[TICKET_NAME_SIZE],
                struct claim *claim) {
    uint16_t rows = rows_of(call);
    for (uint16_t row = 0; row < rows; row++)
        if (claim_at(call, row, claim) && memcmp(claim->sale, sale, TICKET_NAME_SIZE) == 0)
            return true;
    return false;
}

bool claim_of_ticket(const struct card_call *call, const uint8_t ticket[TICKET_NAME_SIZE],
                     struct claim *claim) {
    uint16_t rows = rows_of(call);
    for (uint16_t row = 0; row < rows; row++)
        if (claim_at(call, row, claim) && memcmp(claim->ticket, ticket, TICKET_NAME_SIZE) == 0)
            return true;
    return false;
}

bool claim_is_of_another(const struct claim *claim, const uint8_t ticket[TICKET_NAME_SIZE]) {
    return claim->state == CLAIM_DOCKETED && memcmp(claim->ticket, ticket, TICKET_NAME_SIZE) != 0;
}

bool claim_make(const struct card_call *call, const uint8_t sale[TICKET_NAME_SIZE],
                struct claim *claim) {
    uint16_t rows = rows_of(call), best = rows;
    for (uint16_t row = 0; row < rows; row++) {
        bool used = claim_at(call, row, claim);
        bool spoken_for = claim->told && claim->state != CLAIM_DOCKETED;
        if (!used || (spoken_for && best == rows))
            best = row;
        if (!used)
            break;
    }
    *claim = (struct claim){.row = best};
    memcpy(claim->sale, sale, sizeof claim->sale);
    return best < rows;
}

void claim_store(struct card_call *call, const struct claim *claim) {
    uint8_t octets[ROW_END] = {(uint8_t)claim->state, claim->told};
    memcpy(octets + ROW_SALE, claim->sale, sizeof claim->sale);
    memcpy(octets + ROW_TICKET, claim->ticket, sizeof claim->ticket);
    bytes_put_be(octets + ROW_DATE, 4, claim->date);
    memcpy(octets + ROW_SUBSCRIBER, claim->subscriber, sizeof claim->subscriber);
    octets[ROW_SELLER] = claim->seller_size;
    memcpy(octets + ROW_SELLER + 1, claim->seller, sizeof claim->seller);
    octets[ROW_ACTIVATOR] = claim->activator_size;
    memcpy(octets + ROW_ACTIVATOR + 1, claim->activator, sizeof claim->activator);
    octets[ROW_PAYMENTS] = claim->payments;
    card_shared_stage(call, row_at(call, claim->row), octets, sizeof octets);
}

void claim_clear(struct card_call *call, const struct claim *claim) {
    const uint8_t none[ROW_END] = {0};
    card_shared_stage(call, row_at(call, claim->row), none, sizeof none);
}

void claim_end(struct card_call *call, struct claim *claim) {
    if (claim->state != CLAIM_DOCKETED && (claim->state != CLAIM_PAID || claim->payments > 0)) {
        claim_clear(call, claim);
        return;
    }
    claim->state = CLAIM_PAID;
    claim->told = true;
    claim_store(call, claim);
}

// ---- the purse ---------------------------------------------------------------------------------

/// The sale that a payment's reference names. False: it names none.
static bool sale_of(const struct card_call *call, struct bytes reference,
                    uint8_t sale[TICKET_NAME_SIZE]) {
    if (!claims_kept(call) || reference.size < 2 || reference.data[0] != REFERENCE_TICKET)
        return false;
    memset(sale, 0, TICKET_NAME_SIZE);
    memcpy(sale, reference.data + 1, reference.size - 1);
    return true;
}

uint16_t claim_pay(struct card_call *call, struct bytes reference) {
    uint8_t sale[TICKET_NAME_SIZE];
    struct claim claim;
    if (!sale_of(call, reference, sale))
        return SW_OK;
    bool known = claim_find(call, sale, &claim);
    if (known && claim.state == CLAIM_DOCKETED)
        return SW_DOCKETED;
    if (known && claim.state == CLAIM_PAID && claim.payments == 0)
        return SW_PAID; // by its docket
    if (!known && !claim_make(call, sale, &claim))
        return SW_RING_FULL;
    claim.state = CLAIM_PAID;
    claim.payments = (uint8_t)(claim.payments + (claim.payments < UINT8_MAX));
    claim_store(call, &claim);
    return SW_OK;
}

void claim_unpay(struct card_call *call, struct bytes reference) {
    uint8_t sale[TICKET_NAME_SIZE];
    struct claim claim;
    if (!sale_of(call, reference, sale) || !claim_find(call, sale, &claim) || claim.payments == 0)
        return;
    claim.payments--;
    if (claim.payments == 0)
        claim_clear(call, &claim);
    else
        claim_store(call, &claim);
}
