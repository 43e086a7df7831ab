/* SPDX-License-Identifier: Apache-2.0
 *
 * A store's image is copied: two cards under one name hold the same ticket, and both send it to one
 * honest home, which plays it and gives it on to an honest friend who gives it back. The home takes a
 * ticket in each generation once, so that of two twins that meet it lets one pass.
 *
 * The rules are those of docs/tickets.md, "Copied images", as card/applets/tickets/import.c and
 * state/seen.c have them. Each -D puts back one excluded reading. */

#define PLAYS 2
#define LAST 6                    /* generations that are looked at */

#ifdef NO_GENERATION
#define LATER true
#else
#define LATER (generation > seen[1])
#endif
/* twins 0 and 1, as they were copied */
bool twin_has[2] = true;
byte twin_generation = 1;

/* the home 1 and its friend 0: what is there, in which generation, and the latest one seen */
bool here[2];
byte at[2], seen[2], plays[2];
byte played, taken;               /* taken: tickets that the home took from the twins */

byte t, generation;

inline invariants() {
    assert(played + plays[0] + plays[1] <= PLAYS);
    assert(taken <= 1);
    t = 0; generation = 0
}

inline send() {
    generation = twin_generation + 1;
    if
    :: twin_has[t] ->
        twin_has[t] = false;
        if
        :: LATER && !here[1] ->
            here[1] = true; at[1] = generation; plays[1] = plays[1] + PLAYS;
            if
            :: seen[1] < generation -> seen[1] = generation
            :: else
            fi;
            taken++
        :: else                   /* stale: the evidence of two states */
        fi
    :: else
    fi
}

inline give(from, to) {
    generation = at[from] + 1;
    if
    :: here[from] && generation <= LAST && generation > seen[to] ->
        here[from] = false; here[to] = true;
        at[to] = generation; seen[to] = generation;
        plays[to] = plays[from]; plays[from] = 0
    :: else
    fi
}

init {
    do
    :: atomic { if :: t = 0 :: t = 1 fi; send(); invariants() }
    :: atomic { give(1, 0); invariants() }
    :: atomic { give(0, 1); invariants() }
    :: atomic { if
                :: here[1] && plays[1] > 0 -> plays[1]--; played++
                :: else
                fi;
                invariants() }
    od
}
