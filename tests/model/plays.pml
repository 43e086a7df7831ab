/* SPDX-License-Identifier: Apache-2.0
 *
 * Players ask a store for the key of a ticket. The pipe is the enemy: it keeps every request that
 * they signed and shows it again, for plays and for copies; power goes between the commit and
 * the answer, or before both. Each use costs once, none costs twice, and no key leaves unpaid.
 *
 * The rules are those of docs/tickets.md, "Playing", as card/applets/tickets/play.c has them. Each
 * -D puts back one excluded reading. */

#ifndef KEYS
#define KEYS 3                    /* fresh keys; the last one is a thief's, who asks for anything */
#endif
#ifndef PLAYS
#define PLAYS 2
#endif
#define COPIES 1
#define PLAY 0
#define COPY 1
#define USE(key, action) ((key) * 2 + (action))

#ifdef NO_CHALLENGE
#define ASKS_CHALLENGE false
#else
#define ASKS_CHALLENGE true
#endif
#ifdef REPEAT_COSTS
#define REPEATS false
#else
#define REPEATS true
#endif
#ifdef ANY_ACTION
#define SAME_ACTION false
#else
#define SAME_ACTION true
#endif

/* the store */
byte left_plays = PLAYS, left_copies = COPIES;
byte last_key, last_action;       /* of the last grant; 0 none */

/* an honest player draws a key for one use, and asks again with its newest key only; after another
   player's use it has lost its own, and draws a new key */
byte newest;
byte drawn_for[4];                /* 1 + action */

/* requests that the players signed: for the present challenge, or for an old one */
bool signed_[8], fresh[8];

/* what left the store, and what was taken for it */
bool granted[8];
byte taken[8];

byte k, act, i, spent_plays, spent_copies;

inline tidy() { k = 0; act = 0; i = 0; spent_plays = 0; spent_copies = 0 }

inline invariants() {
    i = 1;
    do
    :: i <= KEYS ->
        spent_plays = spent_plays + taken[USE(i, PLAY)];
        spent_copies = spent_copies + taken[USE(i, COPY)];
        assert(i == KEYS || taken[USE(i, PLAY)] + taken[USE(i, COPY)] <= 1);
        assert(!granted[USE(i, PLAY)] || taken[USE(i, PLAY)] > 0);
        assert(!granted[USE(i, COPY)] || taken[USE(i, COPY)] > 0);
        i++
    :: else -> break
    od;
    assert(spent_plays + left_plays == PLAYS);
    assert(spent_copies + left_copies == COPIES);
    tidy()
}

inline choose() {
    k = 1;
    do
    :: k < KEYS -> k++
    :: true -> break
    od;
    if
    :: act = PLAY
    :: act = COPY
    fi
}

inline new_challenge() {
    i = 0;
    do
    :: i < 8 -> fresh[i] = false; i++
    :: else -> break
    od
}

inline commit() {
    if
    :: act == PLAY -> left_plays--
    :: else -> left_copies--
    fi;
    taken[USE(k, act)]++;
    last_key = k;
    last_action = act;
    new_challenge()
}

inline play() {
    if
    :: REPEATS && last_key == k && (!SAME_ACTION || last_action == act) ->
        if
        :: granted[USE(k, act)] = true
        :: true                   /* the answer was lost */
        fi
    :: else ->
        skip;
        if
        :: (fresh[USE(k, act)] || !ASKS_CHALLENGE) &&
           (act == PLAY && left_plays > 0 || act == COPY && left_copies > 0 && left_plays > 0) ->
#ifdef GRANT_FIRST
            granted[USE(k, act)] = true;
            if
            :: true -> commit()
            :: new_challenge()    /* power went before the commit */
            fi
#else
            if
            :: true -> commit(); granted[USE(k, act)] = true
            :: true -> commit(); new_challenge()      /* power went behind it */
            :: new_challenge()
            fi
#endif
        :: else                   /* refused */
        fi
    fi
}

inline ask() {
    if
    :: k == KEYS ||
       k >= newest && (drawn_for[k] == 0 || drawn_for[k] == 1 + act) &&
       (taken[USE(k, act)] == 0 || last_key == k) ->
        signed_[USE(k, act)] = true;
        fresh[USE(k, act)] = true;
        if
        :: k < KEYS -> newest = k; drawn_for[k] = 1 + act
        :: else
        fi
    :: else
    fi
}

init {
    do
    :: atomic { choose(); ask(); invariants() }
    :: atomic { choose();
                if
                :: signed_[USE(k, act)] -> play()
                :: else
                fi;
                invariants() }
    :: atomic { new_challenge(); tidy() }     /* SELECT, reset */
    od
}
