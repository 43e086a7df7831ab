/* SPDX-License-Identifier: Apache-2.0
 *
 * Tickets move between stores without a center: one ticket, a seller that delivers it, two stores.
 * The pipe is the enemy: whatever was ever signed is shown to anybody at any time, in any order, any
 * number of times; every command is one commit, so that a loss of power is a command that never came
 * or whose answer was lost. After every step there is exactly one copy, and its plays are those that
 * were sold less those that were played.
 *
 * The rules are those of docs/tickets.md, "Lanes", as card/applets/tickets has them. Each -D puts
 * back one excluded reading. */

#ifndef NUMBERS
#define NUMBERS 2                 /* that each store hands out */
#endif
#ifndef PLAYS
#define PLAYS 1
#endif

/* what the excluded readings change in a guard */
#ifdef TWO_OPEN
#define KEEPS_ONE false
#else
#define KEEPS_ONE true
#endif
#ifdef IMPORT_VOID
#define TAKES_VOID true
#else
#define TAKES_VOID false
#endif
#ifdef FORGET_VOID
#define VOID_PINS false
#else
#define VOID_PINS true
#endif
#ifdef ANY_RECEIPT
#define THIS_NUMBER false
#else
#define THIS_NUMBER true
#endif

#define SELLER 2
#define WAY(from, to) ((from) * 2 + (to))
#define ON(from, to, n) (WAY(from, to) * (NUMBERS + 1) + (n))
#define WAYS 6
#define MARKS (WAYS * (NUMBERS + 1))

/* the ticket */
bool live[3];
byte plays[3], played;

/* destinations: the next number; per source a lane */
byte next[2];
bool has_lane[WAYS], void_since[WAYS];
byte last_done[WAYS];
byte opened[WAYS];                /* one number, or with TWO_OPEN the newest */
bool is_open[MARKS];

/* sources: what is on its way, one ticket to each destination */
byte out_n[WAYS], out_plays[WAYS];

/* everything ever signed */
byte request[MARKS];              /* 1 + last done, as it says */
bool fresh[MARKS];                /* for the source's present challenge */
byte moved[MARKS];                /* 1 + plays */
bool receipt[MARKS], cancelled[MARKS];

/* what really happened; no rule reads it */
bool arrived[MARKS];

byte a, b, k, i, copies, sum;

inline tidy() { a = 0; b = 0; k = 0; i = 0; copies = 0; sum = 0 }

inline invariants() {
    copies = live[0] + live[1] + live[2];
    sum = played;
    i = 0;
    do
    :: i < 3 -> sum = sum + (live[i] -> plays[i] : 0); i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < WAYS ->
        if
        :: out_n[i] != 0 && !arrived[i * (NUMBERS + 1) + out_n[i]] ->
            copies++;
            sum = sum + out_plays[i]
        :: else
        fi;
        i++
    :: else -> break
    od;
    assert(copies == 1);
    assert(sum == PLAYS);
    tidy()
}

inline choose_way() {
    if
    :: a = 0; b = 1
    :: a = 1; b = 0
    :: a = SELLER; b = 0
    :: a = SELLER; b = 1
    fi
}

inline choose_number() {
    k = 1;
    do
    :: k < NUMBERS -> k++
    :: true -> break
    od
}

/* The source's challenge dies: no request that was signed for it counts any more. */
inline spend(from) {
    i = 0;
    do
    :: i < 2 * (NUMBERS + 1) -> fresh[from * 2 * (NUMBERS + 1) + i] = false; i++
    :: else -> break
    od
}

/* ---- the destination ---- */

inline accept() {
    if
    :: KEEPS_ONE && opened[WAY(a, b)] != 0 -> k = opened[WAY(a, b)]
    :: (!KEEPS_ONE || opened[WAY(a, b)] == 0) && next[b] <= NUMBERS ->
        k = next[b];
        next[b]++;
        if
        :: !has_lane[WAY(a, b)] ->
            has_lane[WAY(a, b)] = true;
            void_since[WAY(a, b)] = false;
#ifdef ZERO_LANE
            last_done[WAY(a, b)] = 0
#else
            last_done[WAY(a, b)] = k - 1
#endif
        :: else
        fi;
        opened[WAY(a, b)] = k;
        is_open[ON(a, b, k)] = true
    :: else
    fi;
    if
    :: k != 0 -> request[ON(a, b, k)] = 1 + last_done[WAY(a, b)]; fresh[ON(a, b, k)] = true
    :: else
    fi
}

/* The end of a number that is closed: made again from the lane. */
inline tell_end() {
    if
    :: !has_lane[WAY(a, b)] || k <= last_done[WAY(a, b)] -> receipt[ON(a, b, k)] = true
    :: else -> cancelled[ON(a, b, k)] = true
    fi
}

inline close_number() {
    is_open[ON(a, b, k)] = false;
    if
    :: opened[WAY(a, b)] == k -> opened[WAY(a, b)] = 0
    :: else
    fi
}

inline import() {
    if
    :: is_open[ON(a, b, k)] || (TAKES_VOID && has_lane[WAY(a, b)] && k > last_done[WAY(a, b)]) ->
        close_number();
        last_done[WAY(a, b)] = k;
        void_since[WAY(a, b)] = false;
        arrived[ON(a, b, k)] = true;
        assert(!live[b]);
        live[b] = true;
        plays[b] = moved[ON(a, b, k)] - 1;
        receipt[ON(a, b, k)] = true
    :: else -> tell_end()
    fi
}

inline cancel() {
    if
    :: is_open[ON(a, b, k)] ->
        close_number();
        void_since[WAY(a, b)] = true;
        cancelled[ON(a, b, k)] = true
#ifdef CANCEL_DONE
    :: !is_open[ON(a, b, k)] -> cancelled[ON(a, b, k)] = true
#else
    :: else -> tell_end()
#endif
    fi
}

inline forget_lane() {
    if
    :: has_lane[WAY(a, b)] && opened[WAY(a, b)] == 0 && !(VOID_PINS && void_since[WAY(a, b)]) ->
        has_lane[WAY(a, b)] = false;
        last_done[WAY(a, b)] = 0;
        void_since[WAY(a, b)] = false
    :: else
    fi
}

/* ---- the source ---- */

inline give_back() {
    assert(!live[a]);
    live[a] = true;
    plays[a] = out_plays[WAY(a, b)];
    out_n[WAY(a, b)] = 0;
    out_plays[WAY(a, b)] = 0
}

inline give_up() {
    out_n[WAY(a, b)] = 0;
    out_plays[WAY(a, b)] = 0
}

/* An older number of this destination is settled by what the request says. */
inline settle(was_fresh) {
    was_fresh = fresh[ON(a, b, k)];
    if
    :: out_n[WAY(a, b)] != 0 && out_n[WAY(a, b)] < k ->
#ifdef SETTLE_DONE
        give_up();
#else
        if
        :: out_n[WAY(a, b)] <= request[ON(a, b, k)] - 1 -> give_up()
        :: else -> give_back()
        fi;
#endif
#ifndef SETTLE_KEEPS
        spend(a);
#endif
    :: else
    fi
}

bool was_fresh;

inline surrender() {
    settle(was_fresh);
    if
    :: out_n[WAY(a, b)] == 0 && live[a] && was_fresh ->
        live[a] = false;
        out_n[WAY(a, b)] = k;
        out_plays[WAY(a, b)] = plays[a];
        moved[ON(a, b, k)] = 1 + plays[a];
        plays[a] = 0;
#ifndef KEEP_CHALLENGE
        spend(a)
#endif
    :: else                       /* the stored octets again, or refused */
    fi;
    was_fresh = false
}

inline complete() {
    spend(a);
    if
    :: out_n[WAY(a, b)] == k || (!THIS_NUMBER && out_n[WAY(a, b)] != 0) -> give_up()
    :: else
    fi
}

inline take_cancel() {
    spend(a);
    if
    :: out_n[WAY(a, b)] == k -> give_back()
    :: else
    fi
}

init {
    atomic { live[SELLER] = true; plays[SELLER] = PLAYS; next[0] = 1; next[1] = 1 }
    do
    :: atomic { choose_way(); accept(); invariants() }
    :: atomic { choose_way(); choose_number();
                if
                :: request[ON(a, b, k)] != 0 -> surrender()
                :: moved[ON(a, b, k)] != 0 && k < next[b] -> import()
                :: request[ON(a, b, k)] != 0 && k < next[b] -> cancel()
                :: receipt[ON(a, b, k)] -> complete()
                :: cancelled[ON(a, b, k)] -> take_cancel()
                :: true
                fi;
                invariants() }
    :: atomic { choose_way(); forget_lane(); invariants() }
    :: atomic { if :: a = 0 :: a = 1 :: a = SELLER fi; spend(a); tidy() }   /* SELECT, reset */
    :: atomic { if :: a = 0 :: a = 1 fi;
                if
                :: live[a] && plays[a] > 0 -> plays[a]--; played++
                :: else
                fi;
                invariants() }
    od
}
