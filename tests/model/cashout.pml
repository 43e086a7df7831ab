/* SPDX-License-Identifier: Apache-2.0
 *
 * Cash out: value goes back to its owner's bank account by a center-signed refund for one state of
 * the purse. Between purse and center stands an enemy who keeps every statement and every refund
 * and presents them when he likes, while the owner goes on paying. Checked after every step: the
 * bank has paid no more than left the purse. And from every state honest rounds bring the bank to
 * pay all that left.
 *
 * The rules are those of docs/protocol.md, "Settlement"; the purse's side is card/applets/purse, the
 * center's is the rule for whoever signs. Each -D puts back one excluded reading. */

#ifndef REFUNDS
#define REFUNDS 3         /* that are ever made */
#endif
#ifndef STATEMENTS
#define STATEMENTS 3
#endif
#define MONEY 3
#define WISHES 2
#define DEBITS 1

/* the purse */
byte balance = MONEY, state, redeemed, spent;

/* the center: what the owner wants out, what it knows to have left, what the bank paid */
byte wanted, acknowledged, paid, asked;
bool is_open;
byte open_refund;

/* everything ever signed */
byte refund_count, refund_state[REFUNDS], refund_amount[REFUNDS];
byte made, told_state[STATEMENTS], told_redeemed[STATEMENTS], told_answers[STATEMENTS];

byte i, rounds;

inline invariants() {
    assert(balance + spent + redeemed == MONEY);
    assert(paid <= redeemed);
    assert(acknowledged <= redeemed);
    i = 0
}

inline select_below(limit) {
    i = 0;
    do
    :: i + 1 < limit -> i++
    :: true -> break
    od
}

/* REFUND: for the present state number only. */
inline purse_refunds(x) {
    if
    :: refund_state[x] == state && balance >= refund_amount[x] ->
        balance = balance - refund_amount[x];
        redeemed = redeemed + refund_amount[x];
        state++
    :: else
    fi
}

#ifdef JUDGE_BY_AMOUNT
#define IS_TAKEN(total) (total >= acknowledged + refund_amount[open_refund])
#else
#define IS_TAKEN(total) (total > acknowledged)
#endif

/* The center reads a statement. The bank is asked for what has left by the purse's own totals. */
inline center_judges(to_state, to_redeemed) {
    if
    :: is_open && IS_TAKEN(to_redeemed) ->
#ifdef JUDGE_BY_AMOUNT
        acknowledged = acknowledged + refund_amount[open_refund];
#else
        acknowledged = to_redeemed;
#endif
#ifndef PAY_AT_SIGNING
        paid = acknowledged;
#endif
        is_open = false
    :: is_open && !IS_TAKEN(to_redeemed) && to_state > refund_state[open_refund] ->    /* dead */
        is_open = false
    :: else
    fi
}

/* One that may still be taken is made anew for the same state number only. */
inline center_refunds(to_state) {
    if
    :: refund_count < REFUNDS && wanted > acknowledged &&
       (!is_open || refund_state[open_refund] == to_state) ->
        refund_state[refund_count] = to_state;
        refund_amount[refund_count] = wanted - acknowledged;
        open_refund = refund_count;
        is_open = true;
        refund_count++
#ifdef PAY_AT_SIGNING
        ; paid = wanted
#endif
    :: else
    fi
}

inline recover() {
    rounds = 0;
    do
    :: rounds < 4 ->
        center_judges(state, redeemed);
        if
        :: !is_open && wanted > acknowledged && balance >= wanted - acknowledged ->
            balance = balance - (wanted - acknowledged);
            redeemed = redeemed + (wanted - acknowledged);
            state++;
            acknowledged = redeemed;
            paid = redeemed
        :: is_open && refund_state[open_refund] == state -> purse_refunds(open_refund)
        :: else
        fi;
        rounds++
    :: else -> break
    od;
    assert(paid == redeemed || balance < wanted - acknowledged);
    invariants()
}

init {
    do
    :: atomic { wanted < WISHES -> wanted++; invariants() }
    :: atomic { balance > 0 && spent < DEBITS ->                           /* DEBIT */
        balance--; spent++; state++; invariants() }
    :: atomic { asked < STATEMENTS -> asked++; invariants() }              /* center: challenge */
    :: atomic { asked > 0 && made < STATEMENTS ->                          /* purse: STATEMENT */
        told_state[made] = state; told_redeemed[made] = redeemed; told_answers[made] = asked;
        made++; invariants() }
    :: atomic { made > 0 ->                                                /* center: any of them */
        select_below(made);
        if
        :: told_answers[i] == asked ->
            center_judges(told_state[i], told_redeemed[i]);
            center_refunds(told_state[i])
        :: else
        fi;
        invariants() }
    :: atomic { refund_count > 0 ->                                        /* purse: any of them */
        select_below(refund_count); purse_refunds(i); invariants() }
    :: atomic { recover(); break }
    od
}
