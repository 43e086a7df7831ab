/* SPDX-License-Identifier: Apache-2.0
 *
 * One payer, PAYEES payees, and an enemy as the pipe: whatever was ever signed may be presented to
 * anybody at any time, any number of times, and the payer may lose its power between any two steps.
 * Checked after every step: no value made, none lost. And from every state that can be reached at
 * all, an honest terminal that simply retries brings every payment to its end.
 *
 * The rules are those of docs/protocol.md, "Moving value"; card/applets/purse is the code.
 * Each -D below puts back one excluded reading of the rules; tests/model/README.md lists them. */

#ifndef PAYEES
#define PAYEES 2
#endif
#ifndef NUMBERS
#define NUMBERS 2         /* payee counters n = 0 .. NUMBERS-1 */
#endif
#ifndef WINDOW
#define WINDOW 1          /* unacknowledged numbers a payee may have */
#endif
#ifndef CHALLENGES
#define CHALLENGES 3      /* SELECTs of the payer that draw a challenge */
#endif
#ifndef MONEY
#define MONEY 2           /* in the purse at the start */
#endif
#define ALL (PAYEES * NUMBERS)
#define AT(p, n) ((p) * NUMBERS + (n))

mtype = { unused, open, done, void };                /* a payee's number, two bits in the window */
mtype = { vacant, unratified, ratified, voided };     /* an entry of the payer's ring */

/* payer: balance, challenge in RAM (0: none), usage counter, ring */
byte balance = MONEY;
byte challenge, drawn, counter;
mtype ring[ALL] = vacant;
byte entry_counter[ALL];

/* payees: next number, base of the window, outcome of every number, balances */
byte next_n[PAYEES], base[PAYEES], till[PAYEES];
mtype outcome[ALL] = unused;
byte credited_counter[ALL];      /* which of the payer's logs was credited, +1; ghost */

/* the enemy's collection */
byte requests[ALL];              /* bit c: a request for challenge c was signed */
bool logs[ALL], receipts[ALL], voids[ALL];
byte log_counter[ALL];           /* latest log for this number */

byte p, n, c, i, sum;

/* Is the value of entry i on its way: debited, neither credited nor given back? */
#define UNDER_WAY(i) (ring[i] == unratified && \
                      !(outcome[i] == done && credited_counter[i] == entry_counter[i] + 1))

inline invariants() {
    sum = balance;
    i = 0;
    do
    :: i < ALL ->
        if
        :: UNDER_WAY(i) ->
            sum++;
            /* somebody can still end it: the payee while open, the void once there is one; what
             * the center acknowledged is closed, and the center hands out the void it recorded */
            assert(outcome[i] == open && i % NUMBERS >= base[i / NUMBERS] ||
                   outcome[i] == void && voids[i])
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < PAYEES -> sum = sum + till[i]; i++
    :: else -> break
    od;
    assert(sum == MONEY);
    p = 0; n = 0; c = 0; i = 0; sum = 0
}

inline any_payee()  { select_below(p, PAYEES) }
inline any_number() { select_below(p, PAYEES); select_below(n, NUMBERS) }
inline select_below(x, limit) {
    x = 0;
    do
    :: x < limit - 1 -> x++
    :: true -> break
    od
}

/* at most one unratified log a payee (T4) */
inline count_unratified(payee) {
    sum = 0; i = 0;
    do
    :: i < NUMBERS -> sum = sum + (ring[AT(payee, i)] == unratified -> 1 : 0); i++
    :: else -> break
    od
}

inline forget(x) {
    if
#ifdef OVERWRITE_UNRATIFIED
    :: ring[x] != vacant -> ring[x] = vacant
#else
    :: ring[x] == ratified || ring[x] == voided -> ring[x] = vacant
#endif
    :: else
    fi
}

/* The new entry may take the place of any closed one: that stands for a ring of every size. */
inline payer_debits(x) {
    if
    :: select_below(i, ALL); forget(i)
    :: true
    fi;
    balance--;
    entry_counter[x] = counter;
    counter++;
    ring[x] = unratified;
    logs[x] = true;
    log_counter[x] = entry_counter[x];
#ifndef KEEP_CHALLENGE
    challenge = 0
#endif
}

inline do_debit(x) {
    if
#ifndef NO_RING_LOOKUP
    :: ring[x] != vacant -> skip            /* the stored log, or "voided": nothing changes */
    :: ring[x] == vacant && challenge != 0 && (requests[x] & (1 << challenge)) ->
#else
    :: challenge != 0 && (requests[x] & (1 << challenge)) ->
#endif
        count_unratified(p);
        if
        :: balance > 0 && sum == 0 ->
#ifdef LOG_BEFORE_COMMIT
            logs[x] = true; log_counter[x] = counter;
            if
            :: payer_debits(x)
            :: challenge = 0               /* the power went: log out, nothing committed */
            fi
#else
            payer_debits(x)
#endif
        :: else
        fi
    :: else
    fi
}

inline do_credit(x) {
    if
#ifdef CREDIT_AFTER_VOID
    :: logs[x] && (outcome[x] == open || outcome[x] == void) ->
#else
    :: logs[x] && outcome[x] == open && n >= base[p] ->
#endif
        outcome[x] = done;
        credited_counter[x] = log_counter[x] + 1;
        receipts[x] = true;
        till[p]++
#ifdef FORGET_CREDITED
    :: logs[x] && outcome[x] == done -> till[p]++
#endif
    :: else                                /* the winner's object again, or "ask the center" */
    fi
}

inline do_void(x) {
    if
    :: outcome[x] == open && n >= base[p] -> outcome[x] = void; voids[x] = true
#ifdef VOID_AFTER_CREDIT
    :: outcome[x] == done -> voids[x] = true
#endif
    :: else
    fi
}

inline do_take_void(x) {
    if
    :: voids[x] && ring[x] == unratified ->
#ifndef TAKE_VOID_AGAIN
        ring[x] = voided;
#endif
        balance++;
        challenge = 0
    :: else
    fi
}

inline do_request() {
    if
    /* repeated for the same sale: same number, fresh challenge */
    :: challenge != 0 && outcome[AT(p, n)] == open ->
        requests[AT(p, n)] = requests[AT(p, n)] | (1 << challenge)
#ifdef SLIDING_WINDOW
    :: next_n[p] < NUMBERS ->
        if
        :: next_n[p] - base[p] >= WINDOW -> base[p]++
        :: else
        fi;
#else
    :: next_n[p] < NUMBERS && next_n[p] - base[p] < WINDOW ->
#endif
        n = next_n[p];
        next_n[p]++;
        outcome[AT(p, n)] = open;
        requests[AT(p, n)] = requests[AT(p, n)] | (challenge != 0 -> (1 << challenge) : 0)
    :: else
    fi
}

/* The honest terminal after any trouble: for every unfinished payment void or credit what is still
 * open, then bring the payer the outcome. */
inline recover() {
    n = 0;
    do
    :: n < ALL ->
        if
        :: ring[n] == unratified ->
            if
            :: outcome[n] == open && n % NUMBERS >= base[n / NUMBERS] ->
                outcome[n] = done; till[n / NUMBERS]++;
                credited_counter[n] = entry_counter[n] + 1;
                ring[n] = ratified
            :: outcome[n] == void -> ring[n] = voided; balance++
            :: outcome[n] == done -> ring[n] = ratified
            :: else -> assert(false)       /* money that nobody can reach */
            fi
        :: else
        fi;
        n++
    :: else -> break
    od;
    n = 0;
    do
    :: n < PAYEES -> sum = sum + till[n]; n++
    :: else -> break
    od;
    assert(sum + balance == MONEY)
}

init {
    do
    :: atomic {                                            /* payer: SELECT */
        drawn < CHALLENGES -> drawn++; challenge = drawn; invariants() }
    :: atomic { challenge != 0 -> challenge = 0; invariants() }      /* payer: reset, power cut */
    :: atomic { any_number(); do_request(); invariants() }
    :: atomic { any_number(); do_debit(AT(p, n)); invariants() }
    :: atomic { any_number(); do_credit(AT(p, n)); invariants() }
    :: atomic { any_number(); do_void(AT(p, n)); invariants() }
    :: atomic { any_number();                              /* payer: RATIFY */
        if
        :: receipts[AT(p, n)] && ring[AT(p, n)] == unratified &&
           credited_counter[AT(p, n)] == entry_counter[AT(p, n)] + 1 -> ring[AT(p, n)] = ratified
        :: else
        fi;
        invariants() }
    :: atomic { any_number(); do_take_void(AT(p, n)); invariants() }
#ifdef FORGET_BY_ITSELF
    :: atomic { any_number(); forget(AT(p, n)); invariants() }
#endif
    :: atomic { any_payee();                               /* payee: center acknowledged the list */
        if
#ifdef ACKNOWLEDGE_OPEN
        :: base[p] < next_n[p] -> base[p]++
#else
        :: base[p] < next_n[p] && outcome[AT(p, base[p])] != open -> base[p]++
#endif
        :: else
        fi;
        invariants() }
#ifdef PAYER_TIMEOUT
    :: atomic { any_number();                              /* payer: takes its money back by itself */
        if
        :: ring[AT(p, n)] == unratified -> ring[AT(p, n)] = voided; balance++
        :: else
        fi;
        invariants() }
#endif
#ifdef OPEN_IN_RAM
    :: atomic { any_number();                              /* payee: power cut forgets what is open */
        if
        :: outcome[AT(p, n)] == open -> outcome[AT(p, n)] = unused
        :: else
        fi;
        invariants() }
#endif
    :: atomic { recover(); break }
    od
}
