// SPDX-License-Identifier: Apache-2.0
// What lets a debit happen besides money: the owner's consent (small payments without PIN up to
// three limits; above them one verified PIN, or one tap armed from inside the phone) and the
// offline budget. Also the volatile state of a session. docs/purse.md, "Consent and budgets".
#ifndef CARD_APPLETS_PURSE_STATE_CONSENT_H
#define CARD_APPLETS_PURSE_STATE_CONSENT_H

#include "card/applets/purse/state/purse.h"

enum { CHALLENGE_SIZE = 16 };

/// Clear-on-deselect memory.
struct session {
    uint8_t challenge[CHALLENGE_SIZE];
    bool challenge_live;
    bool pin_for_debit; // a PIN was verified and no debit used it yet
    bool may_read;      // a PIN was verified in this session
};

/// Clear-on-reset memory: the tap that the owner prepared.
struct armed {
    bool ready;
    uint8_t payee_size;
    uint8_t payee[HOLDER_PURSE_MAX];
    uint16_t unit;
    uint64_t amount;
};

static inline struct session *session_of(const struct card_call *call) {
    return call->on_deselect;
}

static inline struct armed *armed_of(const struct card_call *call) {
    return call->on_reset;
}

/// Destroys the challenge: it served its one change of state.
void session_spend_challenge(struct purse *purse);
/// May balances and closed logs be read: free reading, or PIN in this session?
bool session_may_read(const struct purse *purse);
/// May totals be told to whoever asks? Machines have no secrets from their terminals; a wallet has
/// none where it may be read.
bool session_tells_totals(const struct purse *purse);

/// SW_OK, or SW_PIN_REQUIRED. Changes nothing. Tills and floats need no consent.
uint16_t consent_check(const struct purse *purse, struct bytes payee, uint64_t amount,
                       uint16_t unit);
/// Takes the consent that consent_check found: stages the sums without PIN, spends PIN and armed
/// tap.
void consent_use(struct purse *purse, struct bytes payee, uint64_t amount, uint16_t unit);

/// Does one more payment of this amount fit the offline budget, own open requests included?
uint16_t budget_check(const struct purse *purse, uint64_t amount);
void budget_use(struct purse *purse, uint64_t amount);
/// Stages a new budget that nothing was used of.
void budget_refill(struct purse *purse, uint64_t count, uint64_t sum);
/// A till's own request was opened (true) or closed: stages the open sums.
void budget_open(struct purse *purse, uint64_t amount, bool opened);

#endif
