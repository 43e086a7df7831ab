/* SPDX-License-Identifier: Apache-2.0
 *
 * The sale of a sealed ticket is billed by the telephone company on a docket, or paid by the purse,
 * never both. The ticket moves to another holder and back; its buyer's card has one row for the
 * sale, which may be needed for another sale; the company decides once and its answer is told at any
 * time, any number of times. A till asks for money only while it knows of no bill.
 *
 * The rules are those of docs/tickets.md, "Docket or payment", as card/identity/claims.c and
 * card/applets/tickets/settle.c have them. Each -D puts back one excluded reading. */

mtype = { none, docketed, paid, refused };

#ifdef PAY_DOCKETED
#define DOCKET_BARS false
#else
#define DOCKET_BARS true
#endif
#ifdef DOCKET_PAID
#define PAYMENT_BARS false
#else
#define PAYMENT_BARS true
#endif
#ifdef NO_MARK
#define MARKS false
#else
#define MARKS true
#endif
#ifdef REUSE_UNANSWERED
#define ANSWERED_FIRST false
#else
#define ANSWERED_FIRST true
#endif
#ifdef REUSE_UNTOLD
#define TOLD_FIRST false
#else
#define TOLD_FIRST true
#endif
#ifdef ANY_HOLDER
#define BUYER_ONLY false
#else
#define BUYER_ONLY true
#endif

/* the buyer's card: the row of this sale */
mtype row = none;
bool told;                        /* the ticket itself says that it is claimed */

/* the ticket */
bool delivered, with_buyer, open_, marked;

/* dockets out: the buyer's, and with ANY_HOLDER the other holder's */
bool docket, other_docket;

/* the company: once */
bool decided, billed, other_billed;

byte payments;

inline invariants() {
    assert(payments <= 1);
    assert(!(billed && payments > 0));
    assert(!(billed && other_billed) && !(other_billed && payments > 0))
}

inline mark() {
    if
    :: row != none && !open_ -> marked = MARKS; told = true
    :: else
    fi
}

inline deliver() {
    if
    :: !delivered -> delivered = true; with_buyer = true; mark()
    :: else
    fi
}

inline move() {
    if
    :: delivered && with_buyer -> mark(); with_buyer = false
    :: delivered && !with_buyer -> with_buyer = true; mark()
    :: else
    fi
}

inline ask_docket() {
    if
    :: delivered && with_buyer && !open_ ->
        if
        :: row == docketed -> docket = true
        :: row == paid && PAYMENT_BARS
        :: row == refused
        :: (row == none || row == paid && !PAYMENT_BARS) && !marked ->
            row = docketed;
            docket = true;
            told = true;
            marked = MARKS
        :: else
        fi
    :: delivered && !with_buyer && !open_ && !BUYER_ONLY && !marked -> other_docket = true
    :: else
    fi
}

inline decide() {
    if
    :: docket && !decided ->
        decided = true;
        if
        :: billed = true
        :: true                   /* refused */
        fi
    :: other_docket -> other_billed = true; other_docket = false
    :: else
    fi
}

/* ACTIVATE, wherever the ticket is; the buyer's card hears of it, too. */
inline answer() {
    if
    :: decided && billed ->
        open_ = true;
        if
        :: row == docketed -> row = none; told = false
        :: else
        fi
    :: decided && !billed ->
        if
        :: row == docketed -> row = refused
        :: else
        fi
    :: else
    fi
}

inline debit() {
    if
    :: payments == 0 && !billed && !open_ && (row != docketed || !DOCKET_BARS) ->
        row = paid;
        told = told && marked;
        payments++
    :: else
    fi
}

inline void_payment() {
    if
    :: payments > 0 ->
        payments--;
        if
        :: row == paid -> row = none; told = false
        :: else
        fi
    :: else
    fi
}

/* Another sale needs the row. */
inline reuse() {
    if
    :: row != none && (row != docketed || !ANSWERED_FIRST) && (told || !TOLD_FIRST) ->
        row = none;
        told = false
    :: else
    fi
}

init {
    do
    :: atomic { true -> deliver(); invariants() }
    :: atomic { true -> move(); invariants() }
    :: atomic { true -> ask_docket(); invariants() }
    :: atomic { true -> decide(); invariants() }
    :: atomic { true -> answer(); invariants() }
    :: atomic { true -> debit(); invariants() }
    :: atomic { true -> void_payment(); invariants() }
    :: atomic { true -> reuse(); invariants() }
    od
}
