/* SPDX-License-Identifier: Apache-2.0
 *
 * How the center judges the batches of an honest till whose host hands in logs in any order and as
 * late as it likes: two sales of 2, a refund of 1 of each, one of which the wallet gives back before
 * or after the batch, a batch and the next one. Checked after every step: the till is never taken
 * for a copy, and no money of it waits for an explanation. And from every state a host that hands in
 * all that it has brings both batches to settle exactly what the till took.
 *
 * The rules are those of docs/clearing.md, "Batches"; the code is services/clearing/batch.c. Each -D
 * puts back one excluded reading. */

/* the till: what it did, and what of it was before batch 1 and batch 2 */
bool refund1, void1, sale2, refund2;
bool made1, refund1_in1, void1_in1, refund2_in1, sale2_in1;
bool made2, void1_in2, sale2_in2, refund2_in2;
byte reserved1, reserved2;

/* the center: logs that are here, batches that are settled, what it paid */
bool here_sale1, here_refund1, here_void1, here_sale2, here_refund2;
bool settled1, settled2, listed;
byte paid, suspense;

byte spent, voids, due;

inline invariants() {
    assert(!listed);
    assert(suspense == 0)
}

#ifdef JUDGE_AS_OF_NOW
#define COUNTED(here, before) (here)
#else
#define COUNTED(here, before) (here && before)
#endif

/* What the logs prove of all numbers up to the last one, less what is paid. */
inline prove(with_sale2) {
    due = 2 - (here_refund1 && !here_void1);
    if
    :: with_sale2 -> due = due + 2 - here_refund2
    :: else
    fi;
    due = due - paid
}

inline settle(reserved, settled) {
#ifndef NO_LATE_VOID
    if
    :: due > reserved && here_void1 -> due = due - 1        /* the next batch carries it */
    :: else
    fi;
#endif
    if
    :: due > reserved -> listed = true
    :: else ->
        suspense = suspense + reserved - due;
        paid = paid + reserved;
        settled = true
    fi
}

inline judge(said_spent, said_voids, with_sale2, reserved, settled) {
    if
    :: said_spent > spent -> skip                            /* refund-missing */
#ifndef NO_VOID_MISSING
    :: said_spent <= spent && said_voids > voids -> skip     /* void-missing */
    :: said_spent < spent && said_voids <= voids -> listed = true
    :: said_spent == spent && said_voids <= voids ->
#else
    :: said_spent < spent -> listed = true
    :: said_spent == spent ->
#endif
        prove(with_sale2);
        settle(reserved, settled)
    fi
}

inline judge1() {
    spent = 0; voids = 0;
    if
    :: made1 && !settled1 && here_sale1 && (!sale2_in1 || here_sale2) ->
        spent = COUNTED(here_refund1, refund1_in1) + COUNTED(here_refund2, refund2_in1);
        voids = here_void1;
        judge(refund1_in1 + refund2_in1, void1_in1, sale2_in1, reserved1, settled1)
    :: else
    fi
}

inline judge2() {
    spent = 0; voids = 0;
    if
    :: made2 && !settled2 && (!sale2_in2 || here_sale2) ->
        spent = here_refund1 + COUNTED(here_refund2, refund2_in2);
        voids = here_void1;
        judge(refund1 + refund2_in2, void1_in2, sale2_in2, reserved2, settled2)
    :: else
    fi
}

inline make1() {
    refund1_in1 = refund1; void1_in1 = void1; sale2_in1 = sale2; refund2_in1 = refund2;
    reserved1 = 2 - (refund1 && !void1);
    if
    :: sale2 -> reserved1 = reserved1 + 2 - refund2
    :: else
    fi;
    made1 = true
}

inline make2() {
    void1_in2 = void1; sale2_in2 = sale2; refund2_in2 = refund2;
    reserved2 = (void1 && !void1_in1);                       /* the carry */
    if
    :: sale2 && !sale2_in1 -> reserved2 = reserved2 + 2 - refund2
    :: else
    fi;
    made2 = true
}

/* The host hands in all that it has, and the till makes its batches. */
inline recover() {
    here_sale1 = true; here_refund1 = refund1; here_void1 = void1;
    here_sale2 = sale2; here_refund2 = refund2;
    if
    :: !made1 -> make1()
    :: else
    fi;
    judge1();
    if
    :: !made2 -> make2()
    :: else
    fi;
    judge2();
    assert(settled1 && settled2);
    invariants();
    if
    :: void1 == void1_in2 && sale2 == sale2_in2 && refund2 == refund2_in2 ->
        assert(paid == 2 - (refund1 && !void1) + 2 * sale2 - refund2)
    :: else
    fi
}

init {
    do
    :: atomic { !refund1 && !made1 -> refund1 = true }
    :: atomic { refund1 && !void1 -> void1 = true }
    :: atomic { !sale2 -> sale2 = true }
    :: atomic { sale2 && !refund2 && !(made1 && sale2_in1) && !(made2 && sale2_in2) -> refund2 = true }
    :: atomic { !made1 -> make1() }
    :: atomic { settled1 && !made2 -> make2() }
    :: atomic { !here_sale1 -> here_sale1 = true }
    :: atomic { refund1 && here_sale1 && !here_refund1 -> here_refund1 = true }
    :: atomic { void1 && here_sale1 && !here_void1 -> here_refund1 = true; here_void1 = true }
    :: atomic { sale2 && !here_sale2 -> here_sale2 = true }
    :: atomic { refund2 && here_sale2 && !here_refund2 -> here_refund2 = true }
    :: atomic { judge1(); invariants() }
    :: atomic { judge2(); invariants() }
    :: atomic { recover(); break }
    od
}
