// SPDX-License-Identifier: Apache-2.0
// The steps that payments, deposits and recoveries are made of, each one line of their flow charts
// (docs/protocol.md, "Moving value"; docs/flows.md). A step answers whether the flow goes on; when
// it does not, status, sw and step say why. Terminals only carry: whatever is lost here, the two
// purses settle it at the next meeting.
#ifndef HOST_FLOWS_FLOW_H
#define HOST_FLOWS_FLOW_H

#include "host/flows/journal.h"

struct revocations; // services/wire/revocations.h

enum flow_status {
    FLOW_DONE = 0,
    FLOW_REFUSED, // a purse said no, nothing was moved; sw and by tell
    FLOW_ABSENT,  // no card
    FLOW_OPEN,    // the pipe broke: recover
    FLOW_LOCKED,  // someone else holds a card
    FLOW_FAILED,  // the journal cannot be written, or a card answers nonsense
};

/// What becomes of the note in escrow (T7).
enum flow_cash { CASH_HOLD, CASH_STACK, CASH_RETURN };

struct flow {
    struct purse_client *payer, *payee;
    struct purse_client *customer; // the one of the two across the air
    struct purse_terms terms;
    struct journal *journal;           // NULL: the purses alone remember
    const struct revocations *revoked; // the terminal's hotlist, asked before REQUEST; NULL: none
    const char *pin;                   // of the payer, verified before the debit; NULL: none

    enum flow_status status;
    uint16_t sw;
    const char *by;    // "payer", "payee" or "hotlist"
    const char *step;  // title of the command
    bool settled;      // this sale was paid already, by an earlier tap
    unsigned finished; // unratified entries of earlier taps that were brought to their end
    unsigned voided;   // open requests that were voided
    bool ratified;
    bool met;      // certificates were exchanged in this run
    bool foreign;  // the customer's name is none that the terminal's own authority gives
    bool selected; // both purses were, for this flow: it need not do so first
    uint32_t n;
    bool has_request, has_log, has_receipt;
    struct purse_object request, log, receipt;
    struct sale_record record;
    enum flow_cash cash;
};

/// A flow over two clients that the caller keeps. customer is payer or payee.
void flow_over(struct flow *flow, struct purse_client *payer, struct purse_client *payee,
               struct purse_client *customer);

/// Turns a command's outcome into the flow's: true to go on.
bool flow_went(struct flow *flow, const struct purse_client *client, enum purse_outcome outcome);

// ---- steps, in the order of the charts ---------------------------------------------------------

/// The sale's record: begun durably, or found. A sale that is paid ends the flow, FLOW_DONE, with
/// its stored log and receipt.
bool flow_begin_sale(struct flow *flow);

/// SELECT of both, the terminal's own first, unless they were selected for this flow.
bool flow_select(struct flow *flow);

/// What an earlier tap left unratified between these two: CREDIT again, RATIFY or TAKE VOID. If it
/// was this very sale, the flow is settled and the steps below do nothing.
bool flow_finish_old(struct flow *flow);

/// A recorded number that is no longer open: asks the payee which way it ended.
bool flow_look_up_number(struct flow *flow);

/// On a first meeting, as the terminal's own purse knows it, each side gets the other's
/// certificate. Refused: a customer on the terminal's hotlist.
bool flow_greet(struct flow *flow);

/// REQUEST. A purse that has forgotten the other one gets its certificate first.
bool flow_request(struct flow *flow);

/// The record as of now, durable. A sale that is settled is not requested any more.
bool flow_record(struct flow *flow, enum sale_state state);

/// DEBIT. A refusal voids the open request, so that nothing stays behind.
bool flow_debit(struct flow *flow);

/// CREDIT. Where VOID came first, the payer takes the void.
bool flow_credit(struct flow *flow);

/// RATIFY. Its failure ends nothing: the value is moved, the next tap ratifies.
bool flow_ratify(struct flow *flow);

/// VOID of every request of this payer that is open at the payee.
bool flow_void_open(struct flow *flow);

/// As flow_finish_old, but voids first and credits only what was credited before.
bool flow_void_old(struct flow *flow);

/// Gives each side the other's certificate; one APDU across the air.
bool flow_meet(struct flow *flow);

/// Word for JSON and messages: "done", "refused", "absent", "open", "locked", "failed".
const char *flow_status_word(enum flow_status status);

// ---- flows -------------------------------------------------------------------------------------

/// Wallet pays till, or till pays wallet back.
void payment_run(struct flow *flow);
/// What is to be paid back: of which sale, how much, and as which of its refunds.
struct refund_order {
    uint32_t n;            // of the sale; 0: the newest of this wallet that fits
    const char *reference; // of the sale, without its kind; NULL: whichever
    uint64_t amount;       // 0: all that is left
    uint16_t unit;
    int turn; // 0: its first refund; -1: the next one, as the till says
};
/// Asks the till, which is the payer and selected, and sets the terms: from here on this refund is
/// paid once, whoever forgets what. False: there is no such sale, or a purse said no.
bool refund_order(struct flow *flow, const struct refund_order *order);
/// Float to wallet. Sets flow->cash.
void deposit_run(struct flow *flow);
/// Does the float's ring show a log for this wallet? Without one the cash may go back: CASH_RETURN.
/// A float that does not answer, or one with a log, is CASH_HOLD. Changes nothing but that a
/// request which is under way finds no challenge any more.
enum flow_cash deposit_cash(struct purse_client *floating, const char *wallet);
/// Brings everything between the two to its end: debited value is credited, what was only requested
/// is voided.
void recovery_run(struct flow *flow);
/// Voids what is not yet credited between the two.
void cancel_run(struct flow *flow);

#endif
