/* SPDX-License-Identifier: Apache-2.0
 *
 * A deposit machine: cash in escrow, a float (payer) inside the machine, a wallet (payee) that may
 * leave at any time. The machine may stop at any step and starts again from what it wrote down; a
 * DEBIT that it had sent to its float may still arrive later. Checked after every step: cash and
 * electronic value add up. And from every state, a machine that starts again and a user who comes
 * back bring it to one of two ends: cash kept and value loaded, or cash back and nothing loaded.
 *
 * The rules are those of docs/protocol.md, T5, T6 and T7; host/flows/deposit.c is the machine.
 * Each -D below puts back one excluded reading; tests/model/README.md lists them. */

#ifndef CHALLENGES
#define CHALLENGES 3
#endif
#define FLOAT 2           /* value in the float at the start */
#define LIMIT 2           /* what the wallet may hold */

mtype = { pocket, escrow, stacked, back };           /* where the user's note is */
mtype = { idle, accepted, returning, stacking, closed };     /* the machine's durable record */
mtype = { unused, open, done, void };                /* the wallet's number for this deposit */
mtype = { vacant, unratified, ratified, voided };    /* the float's ring entry for it */

mtype note = pocket, record = idle, outcome = unused, ring = vacant;
byte floating = FLOAT, wallet = 1;
byte challenge, drawn;           /* the float's, in RAM */
byte requests;                   /* bit c: the wallet signed a request for challenge c */
bool queued[CHALLENGES + 1];     /* a DEBIT with that request is on its way to the float */
bool log_made, receipt, void_made;
bool paid_back_twice;            /* ghost */
bool seen_none;                  /* the machine saw: no log in the ring after the last SELECT */
byte other;                      /* value that another deposit brought into the wallet meanwhile */
byte c;

#define LOADED (outcome == done -> 1 : 0)
#define UNDER_WAY (ring == unratified && outcome != done -> 1 : 0)

/* room in the wallet is reserved by its open request, and CREDIT asks no more (T6) */
#ifdef LIMIT_AT_CREDIT
#define ROOM_AT_REQUEST true
#define ROOM_AT_CREDIT (wallet < LIMIT)
#define RESERVED 0
#else
#define ROOM_AT_REQUEST (wallet < LIMIT)
#define ROOM_AT_CREDIT true
#define RESERVED (outcome == open -> 1 : 0)
#endif

inline select_challenge() {
    c = 0;
    do
    :: c < CHALLENGES -> c++
    :: true -> break
    od
}

inline invariants() {
    assert(!paid_back_twice);
    /* value: what left the float is in the wallet or on its way */
    assert(floating + LOADED + UNDER_WAY == FLOAT);
    /* value that is loaded has its note, and a note given back has loaded nothing */
    assert(outcome != done || note == escrow || note == stacked);
    assert(note != back || (outcome != done && ring != unratified));
    /* a note is kept only for value loaded */
    assert(note != stacked || outcome == done);
    assert(wallet <= LIMIT);
    c = 0
}

inline do_debit(x) {                                 /* the float gets a DEBIT, perhaps late */
    queued[x] = false;
    if
    :: ring == vacant && challenge == x && x != 0 ->
        floating--;
        ring = unratified;
        log_made = true;
        challenge = 0
    :: else                                          /* stored log, or refused */
    fi
}

inline do_request(x) {
    if
    :: outcome == unused && ROOM_AT_REQUEST -> outcome = open; requests = requests | (1 << x)
    :: outcome == open -> requests = requests | (1 << x)
    :: else
    fi
}

inline do_credit() {
    if
    :: log_made && outcome == open && ROOM_AT_CREDIT -> outcome = done; wallet++; receipt = true
    :: else
    fi
}

inline do_other_deposit() {
    if
    :: wallet + RESERVED < LIMIT -> wallet++; other++
    :: else
    fi
}

inline give_back() {
    paid_back_twice = (note == back);
    note = back
}

/* The machine starts again, asks the float, asks the wallet, and finishes. */
inline recover() {
    if
    :: record == returning -> note = back; record = closed
    :: record == stacking -> note = stacked; record = closed
    :: record == accepted ->
        c = 0;
        do
        :: c <= CHALLENGES -> queued[c] = false; c++ /* power off ended what was on its way */
        :: else -> break
        od;
        challenge = 0;
        if
        :: ring == unratified && outcome == open ->
#ifdef LIMIT_AT_CREDIT
            assert(wallet < LIMIT);                  /* a log that nobody may take, stuck for ever */
#endif
            outcome = done; wallet++; ring = ratified; note = stacked
        :: ring == unratified && outcome == void -> ring = voided; floating++; note = back
        :: ring == unratified && outcome == done -> ring = ratified; note = stacked
        :: ring == ratified -> note = stacked
        :: ring == voided -> note = back
        :: ring == vacant -> note = back
        :: else -> assert(false)
        fi;
        record = closed
    :: else
    fi;
    assert(note == pocket && outcome != done && floating == FLOAT ||
           note == back && outcome != done && floating == FLOAT ||
           note == stacked && outcome == done && floating == FLOAT - 1);
    assert(wallet == 1 + other + LOADED)
}

init {
    do
    :: atomic {                                      /* the note goes into escrow */
        note == pocket && record == idle -> note = escrow; record = accepted; invariants() }
    :: atomic {                                      /* float: SELECT; the machine reads the ring */
        drawn < CHALLENGES && record == accepted ->
        drawn++; challenge = drawn; seen_none = (ring == vacant); invariants() }
    :: atomic {                                      /* machine stops: forgets all but its record */
        challenge != 0 || seen_none -> seen_none = false;
        if
        :: challenge = 0                             /* the float lost its power too */
        :: true
        fi;
        invariants() }
    :: atomic { record == accepted && challenge != 0 -> do_request(challenge); invariants() }
    :: atomic {                                      /* the machine sends a DEBIT */
        select_challenge();
        if
        :: record == accepted && c != 0 && (requests & (1 << c)) ->
            queued[c] = true; seen_none = false
        :: else
        fi;
        invariants() }
    :: atomic {                                      /* it arrives */
        select_challenge();
        if
        :: queued[c] -> do_debit(c)
        :: else
        fi;
        invariants() }
    :: atomic { true -> do_credit(); invariants() }
    :: atomic {                                      /* the user cancels on the wallet's side */
        outcome == open -> outcome = void; void_made = true; invariants() }
    :: atomic { true -> do_other_deposit(); invariants() }
    :: atomic { receipt && ring == unratified -> ring = ratified; invariants() }
    :: atomic {                                      /* the float takes the wallet's void */
        void_made && ring == unratified -> ring = voided; floating++; challenge = 0; invariants() }

    /* stack: only with the wallet's receive log in hand */
#ifdef STACK_ON_DEBIT
    :: atomic { record == accepted && log_made -> record = stacking; invariants() }
#else
    :: atomic { record == accepted && receipt -> record = stacking; invariants() }
#endif
    :: atomic { record == stacking -> note = stacked; record = closed; invariants() }

    /* give back: only when the float cannot pay for this number any more */
#ifdef RETURN_ON_SILENCE
    :: atomic { record == accepted && !receipt -> record = returning; invariants() }
#endif
#ifdef RETURN_WITHOUT_SELECT
    :: atomic { record == accepted && ring == vacant -> record = returning; invariants() }
#else
    :: atomic { record == accepted && seen_none -> record = returning; invariants() }
#endif
#ifdef RETURN_ON_UNTAKEN_VOID
    :: atomic { record == accepted && void_made -> record = returning; invariants() }
#else
    :: atomic { record == accepted && ring == voided -> record = returning; invariants() }
#endif
#ifdef RETURN_NOT_DURABLE
    :: atomic { record == returning -> give_back();
        if
        :: record = closed
        :: record = accepted                         /* stopped; wrote nothing down before */
        fi;
        invariants() }
#else
    :: atomic { record == returning -> give_back(); record = closed; invariants() }
#endif
    :: atomic { true -> recover(); break }
    od
}
