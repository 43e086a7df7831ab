/* SPDX-License-Identifier: Apache-2.0
 *
 * One purse and the clearing center. Bank transfers arrive; the center turns each into value by an
 * issue log that names the purse's state number, which the center knows from a statement. Between
 * them stands an enemy who keeps every statement and every issue log and presents them when he
 * likes; payments, deposits and voids happen in between. Checked after every step: nothing is
 * issued that did not arrive, no issue log counts twice, the totals explain the balance. An issue
 * log may run out before it is taken; the center makes it anew for the same state number. And from
 * every state one honest round (or a few) brings every transfer into the purse.
 *
 * The rules are those of docs/protocol.md, "Issue logs and settlement"; the purse's side is
 * card/applets/purse. Each -D puts back one excluded reading; tests/model/README.md lists them. */

#ifndef TRANSFERS
#define TRANSFERS 2
#endif
#ifndef LOGS
#define LOGS 3            /* issue logs that are ever made */
#endif
#ifndef STATEMENTS
#define STATEMENTS 3
#endif
#define DEBITS 1
#define LOADS 1

/* the purse */
byte balance, state, issued, loaded, spent;

/* the center: transfers arrived, transfers it knows to be in the purse, the open issue log */
byte arrived, acknowledged, asked;
bool is_open;
byte open_log;

/* everything ever signed */
byte log_count, log_state[LOGS], log_transfer[LOGS], log_allowance[LOGS], log_taken[LOGS];
bool log_ended[LOGS];                    /* its last day passed, or its limit does not fit */
byte made, told_state[STATEMENTS], told_balance[STATEMENTS], told_issued[STATEMENTS];
byte told_answers[STATEMENTS];           /* the center's challenge that it answers */

byte i, rounds;

inline invariants() {
    assert(balance + spent == issued + loaded);
    assert(issued <= arrived);
    assert(acknowledged <= issued);
    i = 0;
    do
    :: i < log_count -> assert(log_taken[i] <= 1); i++
    :: else -> break
    od;
    i = 0
}

inline select_below(limit) {
    i = 0;
    do
    :: i + 1 < limit -> i++
    :: true -> break
    od
}

inline balance_changed() {
#ifdef ONLY_DEBITS_COUNT
    skip
#else
    state++
#endif
}

/* ISSUE: the purse takes an issue log for its present state number only, and only if the center
 * worked from its present balance. */
inline purse_issue(x) {
    if
#ifdef ANY_STATE
    :: true ->
#else
    :: log_state[x] == state && !log_ended[x] && log_allowance[x] == balance + log_transfer[x] ->
#endif
        issued = issued + log_transfer[x];
        balance = balance + log_transfer[x];
        log_taken[x]++
#ifndef ISSUE_KEEPS_STATE
        ; state++
#endif
    :: else
    fi
}

/* Has the open log, or another one for its state number, come into the purse? */
#ifdef REMAKE_ADDS
#define IS_TAKEN(total) (total >= acknowledged + log_transfer[open_log])
#else
#define IS_TAKEN(total) (total > acknowledged)
#endif

/* The center reads a statement: what became of its open issue log? */
inline center_judges(to_state, to_issued) {
    if
    :: is_open && IS_TAKEN(to_issued) ->
#ifdef REMAKE_ADDS
        acknowledged = acknowledged + log_transfer[open_log];
#else
        acknowledged = to_issued;
#endif
        is_open = false
#ifdef REPLACE_AT_ONCE
    :: is_open && !IS_TAKEN(to_issued) -> is_open = false
#else
#ifndef NEVER_REPLACE
    :: is_open && !IS_TAKEN(to_issued) && to_state > log_state[open_log] ->    /* dead */
        is_open = false
#ifdef DEAD_COUNTS_AS_GIVEN
        ; acknowledged = acknowledged + log_transfer[open_log]
#endif
#endif
#endif
    :: else                                  /* may still be taken */
    fi
}

/* A new log; one that may still be taken is made anew only for the same state number, since the
 * purse takes one of them at most. */
#ifdef NO_REMAKE
#define MAY_ISSUE(to_state) (!is_open)
#else
#define MAY_ISSUE(to_state) (!is_open || log_state[open_log] == to_state)
#endif

inline center_issues(to_state, to_balance) {
    if
    :: MAY_ISSUE(to_state) && arrived > acknowledged && log_count < LOGS ->
        log_state[log_count] = to_state;
        log_transfer[log_count] = arrived - acknowledged;
        log_allowance[log_count] = to_balance + arrived - acknowledged;
        open_log = log_count;
        is_open = true;
        log_count++
    :: else
    fi
}

/* A fresh log, taken at once. */
inline bring_all() {
    balance = balance + (arrived - acknowledged);
    issued = issued + (arrived - acknowledged);
    state++
}

/* Honest rounds at the end: statement, judgement, issue log, and once more to acknowledge it. The
 * first may only find the open log dead, and the supply of logs in this model is limited. */
inline recover() {
    rounds = 0;
    do
    :: rounds < 4 ->
        center_judges(state, issued);
        if
        :: is_open && log_state[open_log] == state && !log_ended[open_log] -> purse_issue(open_log)
        :: !is_open && arrived > acknowledged ->
            bring_all();
            acknowledged = arrived
#ifndef NO_REMAKE
        :: is_open && log_state[open_log] == state && log_ended[open_log] -> bring_all()
#endif
        :: else
        fi;
        rounds++
    :: else -> break
    od;
    assert(issued == arrived && acknowledged == arrived);
    assert(balance + spent == issued + loaded)
}

init {
    do
    :: atomic { arrived < TRANSFERS -> arrived++; invariants() }
    :: atomic { balance > 0 && spent < DEBITS ->                           /* DEBIT */
        balance--; spent++; state++; invariants() }
    :: atomic { loaded < LOADS ->                                          /* CREDIT, TAKE VOID */
        balance++; loaded++; balance_changed(); invariants() }
    :: atomic { asked < STATEMENTS -> asked++; invariants() }              /* center: challenge */
    :: atomic { asked > 0 && made < STATEMENTS ->                          /* purse: STATEMENT */
        told_state[made] = state; told_balance[made] = balance; told_issued[made] = issued;
        told_answers[made] = asked; made++; invariants() }
    :: atomic { made > 0 ->                                                /* center: any of them */
        select_below(made);
        if
        :: told_answers[i] == asked ->
            center_judges(told_state[i], told_issued[i]);
            center_issues(told_state[i], told_balance[i])
        :: else
        fi;
        invariants() }
    :: atomic { log_count > 0 ->                                           /* purse: any of them */
        select_below(log_count); purse_issue(i); invariants() }
    :: atomic { log_count > 0 -> select_below(log_count); log_ended[i] = true; invariants() }
    :: atomic { true -> recover(); break }
    od
}
