/* SPDX-License-Identifier: Apache-2.0
 *
 * A till, the clearing center and a wallet: sales, refunds of them, batches, their settlement or
 * release, and the window that moves on. The enemy keeps every signed object and presents it to
 * anybody at any time, late or never. Checked after every step: the till's balance is what its
 * open batch reserves, what it carries and what is left of its sales; nothing is made or lost; a
 * sale is paid back no more than was ordered; no receipt finds less than it takes. And from every
 * state honest retries empty the till.
 *
 * The rules are those of docs/protocol.md, "Settlement"; card/applets/purse is the till's side, the
 * center's is the rule for whoever signs. A payment is one step here: transfer.pml takes it apart.
 * Each -D puts back one excluded reading; tests/model/README.md lists them. */

#ifndef SALES
#define SALES 3
#endif
#ifndef WINDOW
#define WINDOW 2          /* rows of the till's window */
#endif
#ifndef REFUNDS
#define REFUNDS 2         /* requests for money back that the wallet ever opens */
#endif
#ifndef BATCHES
#define BATCHES 3
#endif
#define PRICE 2
#define MONEY (SALES * PRICE)

mtype = { unused, open, done, void };

/* the till */
byte till, reserved, carry;
byte base, next, unbatched;                /* window; first number that no batch lists */
mtype state[WINDOW] = unused;
byte left[WINDOW], refunds[WINDOW];        /* of a sale: not paid back yet, how often it was */
bool batch_open;
byte batch;                                /* the one made last */
byte late, late_batched;                   /* ghosts: taken back after its batch, and what of it the
                                              open batch lists */

/* the wallet, and what the center paid out */
byte wallet = MONEY, paid;

/* every batch, and the center's books: one end for each */
byte batches, batch_first[BATCHES], batch_end[BATCHES], batch_sum[BATCHES];
bool settles[BATCHES], releases[BATCHES];
byte center_next;                          /* first number that the center has not settled */

/* every refund: the wallet's number for it, and the till's ring entry */
byte requested, about[REFUNDS], turn[REFUNDS], amount[REFUNDS];
mtype at_wallet[REFUNDS] = unused, at_till[REFUNDS] = unused;   /* open: unratified */

/* the terminal's order on record: so much of this sale, as its first, second, .. refund; and what
 * came of it */
byte ordered[SALES], ordered_turn[SALES], received[SALES];

byte i, j, sum, rounds;

#define ROW(n) ((n) % WINDOW)
#define SALE_OF(x) ROW(about[x])

/* What the till asks of a refund before it debits. */
#ifdef NO_TURN
#define IS_NEXT(x) true
#else
#define IS_NEXT(x) (refunds[SALE_OF(x)] == turn[x])
#endif
#define OF_SALE(x) (state[SALE_OF(x)] == done && left[SALE_OF(x)] >= amount[x] && IS_NEXT(x))
#if defined(NO_SALE)
#define REFUND_STANDS(x) (till >= reserved + amount[x])
#elif defined(NO_RESERVE)
#define REFUND_STANDS(x) (about[x] >= base && OF_SALE(x) && till >= amount[x])
#elif defined(REFUND_BATCHED)
#define REFUND_STANDS(x) (about[x] >= base && OF_SALE(x) && till >= reserved + amount[x])
#else
#define REFUND_STANDS(x) (about[x] >= unbatched && OF_SALE(x))
#endif

inline sum_left(from, to) {
    sum = 0; j = from;
    do
    :: j < to -> sum = sum + (state[ROW(j)] == done -> left[ROW(j)] : 0); j++
    :: else -> break
    od;
    j = 0
}

inline invariants() {
    sum_left(unbatched, next);
    assert(till == reserved + carry + sum);
    assert(carry + late_batched == late);      /* a center can explain what stands by no number */
    sum = wallet + till + paid;
    j = 0;
    do
    :: j < requested ->
        assert(at_wallet[j] != done || at_till[j] == open || at_till[j] == done);
        sum = sum + ((at_till[j] == open || at_till[j] == done) && at_wallet[j] != done
                     -> amount[j] : 0);
        j++
    :: else -> break
    od;
    /* what the center paid for a batch stays in the till until its receipt arrives there */
    assert(sum == MONEY + (batch_open && settles[batch] -> batch_sum[batch] : 0));
    j = 0;
    do
    :: j < SALES -> assert(received[j] <= ordered[j]); j++
    :: else -> break
    od;
    i = 0; j = 0; sum = 0
}

inline select_below(limit) {
    i = 0;
    do
    :: i + 1 < limit -> i++
    :: true -> break
    od
}

/* ---- sales --------------------------------------------------------------------------------- */

inline sell() {
    state[ROW(next)] = open; left[ROW(next)] = 0; refunds[ROW(next)] = 0;
    next++
}

inline credit() {
    if
    :: i >= base && state[ROW(i)] == open ->
        state[ROW(i)] = done; left[ROW(i)] = PRICE;
        wallet = wallet - PRICE; till = till + PRICE
    :: else
    fi
}

inline void_sale() {
    if
    :: i >= base && state[ROW(i)] == open -> state[ROW(i)] = void
    :: else
    fi
}

/* ---- refunds ------------------------------------------------------------------------------- */

/* The operator orders one refund of a sale, in part or whole; the terminal asks the till how often
 * this sale was refunded and writes that down. */
inline order_refund() {
    if
    :: i >= base && state[ROW(i)] == done && ordered[i] == 0 ->
        ordered_turn[i] = refunds[ROW(i)];
        if
        :: ordered[i] = 1
        :: ordered[i] = PRICE
        fi
    :: else
    fi
}

/* The wallet keeps an open number for it; a terminal that forgot everything gets a new one. */
inline request_refund() {
    j = 0;
    do
    :: j < requested && !(about[j] == i && at_wallet[j] == open) -> j++
    :: else -> break
    od;
    if
    :: ordered[i] > 0 && j == requested ->
        about[j] = i; turn[j] = ordered_turn[i]; amount[j] = ordered[i];
        at_wallet[j] = open;
        requested++
    :: else
    fi
}

inline debit_refund(x) {
    sum = 0; j = 0;
    do
    :: j < requested -> sum = sum + (at_till[j] == open -> 1 : 0); j++
    :: else -> break
    od;
    if
    :: at_till[x] == unused && at_wallet[x] == open && sum == 0 && REFUND_STANDS(x) ->
#if !defined(NO_SALE) && !defined(LEFT_LATER)
        left[SALE_OF(x)] = left[SALE_OF(x)] - amount[x];
        refunds[SALE_OF(x)]++;
#endif
        at_till[x] = open;
        till = till - amount[x]
    :: else
    fi
}

inline credit_refund(x) {
    if
    :: at_wallet[x] == open && (at_till[x] == open || at_till[x] == done) ->
        at_wallet[x] = done;
        wallet = wallet + amount[x];
        received[about[x]] = received[about[x]] + amount[x]
    :: else
    fi
}

inline ratify(x) {
    if
    :: at_till[x] == open && at_wallet[x] == done -> at_till[x] = done
#ifdef ACKNOWLEDGE_UNPROVEN
    :: at_till[x] == open -> at_till[x] = done
#endif
    :: else
    fi
}

inline take_void(x) {
    if
    :: at_till[x] == open && at_wallet[x] == void ->
        at_till[x] = void;
        till = till + amount[x];
        if
#ifdef RESTORE_BY_ROW
        :: true ->
#else
        :: about[x] >= unbatched ->
#endif
            left[SALE_OF(x)] = left[SALE_OF(x)] + amount[x];
            refunds[SALE_OF(x)]--
#ifdef NO_CARRY
        :: else
#else
        :: else -> carry = carry + amount[x]; late = late + amount[x]
#endif
        fi
    :: else
    fi
}

/* ---- batches ------------------------------------------------------------------------------- */

/* The next one in order, up to the first open number. While one is open it is answered again. */
inline make_batch() {
    sum = 0; j = unbatched;
    do
    :: j < next && state[ROW(j)] != open ->
#ifdef GROSS_SUMS
        sum = sum + (state[ROW(j)] == done -> PRICE : 0);
#else
        sum = sum + (state[ROW(j)] == done -> left[ROW(j)] : 0);
#endif
        j++
    :: else -> break
    od;
    if
    :: !batch_open && batches < BATCHES && (j > unbatched || carry > 0) ->
        batch = batches;
        batch_first[batch] = unbatched; batch_end[batch] = j; batch_sum[batch] = sum + carry;
        reserved = sum + carry;
        late_batched = carry;
        carry = 0;
        unbatched = j;
        batch_open = true;
        batches++
    :: else
    fi
}

inline move_base(to) {
    do
    :: base < to ->
        state[ROW(base)] = unused; left[ROW(base)] = 0; refunds[ROW(base)] = 0;
        base++
    :: else -> break
    od
}

inline settle(x) {
    if
    :: batch_open && batch == x && settles[x] ->
        assert(till >= batch_sum[x]);
        till = till - batch_sum[x];
        reserved = 0;
        late = late - late_batched; late_batched = 0;
        batch_open = false;
        move_base(batch_end[x])
    :: else
    fi
}

/* Of what was reserved, what its numbers do not hold was carried. */
inline release(x) {
    if
#ifdef RELEASE_ANY
    :: batch_open && releases[x] ->
#else
    :: batch_open && batch == x && releases[x] ->
#endif
        sum_left(base, unbatched);
        carry = carry + (reserved - sum);
        reserved = 0; late_batched = 0;
        unbatched = base;
        batch_open = false
    :: else
    fi
}

/* The center's one transaction over a batch; asked again it hands out what it decided. */
inline decide_settle(x) {
    if
    :: !settles[x] && !releases[x] && batch_first[x] == center_next ->
        settles[x] = true;
        paid = paid + batch_sum[x];
        center_next = batch_end[x]
    :: else
    fi
}

inline decide_release(x) {
    if
    :: !settles[x] && !releases[x] -> releases[x] = true
#ifdef BOTH_ENDS
    :: settles[x] -> releases[x] = true
#endif
    :: else
    fi
}

/* Without a number of its own a batch of equal content is the same object, and has its end. */
inline decide(x, how) {
#ifdef NO_NUMBER
    j = 0;
    do
    :: j < x && !(batch_first[j] == batch_first[x] && batch_end[j] == batch_end[x] &&
                  batch_sum[j] == batch_sum[x]) -> j++
    :: else -> break
    od;
    if
    :: j < x -> settles[x] = settles[j]; releases[x] = releases[j]
    :: else
    fi;
#endif
    if
    :: how -> decide_settle(x)
    :: else -> decide_release(x)
    fi
}

/* An acknowledgement moves a wallet's base; a till's follows SETTLE. */
inline acknowledge() {
#ifdef ACKNOWLEDGE_CLOSED
    if
    :: base < next && state[ROW(base)] != open -> j = base + 1; move_base(j)
    :: else
    fi
#else
#ifdef ACKNOWLEDGE_BATCHED
    if
    :: base < unbatched -> j = base + 1; move_base(j)
    :: else
    fi
#else
    skip
#endif
#endif
}

/* ---- honest retries ------------------------------------------------------------------------ */

inline recover() {
    i = 0;
    do
    :: i < requested ->
        if
        :: at_till[i] == unused && at_wallet[i] == open -> at_wallet[i] = void
        :: at_till[i] == open ->
            credit_refund(i); ratify(i); take_void(i)
        :: else
        fi;
        i++
    :: else -> break
    od;
    rounds = 0;
    do
    :: rounds < 3 ->
        i = base;
        do
        :: i < next -> void_sale(); i++
        :: else -> break
        od;
        make_batch();
        if
        :: batch_open -> decide(batch, true); settle(batch); release(batch)
        :: else
        fi;
        rounds++
    :: else -> break
    od;
    assert(batches == BATCHES || till == 0 && wallet + paid == MONEY)
}

init {
    do
    :: atomic { next < SALES && next - base < WINDOW -> sell(); invariants() }
    :: atomic { next > base -> select_below(next); credit(); invariants() }
    :: atomic { next > base -> select_below(next); void_sale(); invariants() }
    :: atomic { next > base -> select_below(next); order_refund(); invariants() }
    :: atomic { requested < REFUNDS && next > 0 ->
        select_below(next); request_refund(); invariants() }
    :: atomic { requested > 0 -> select_below(requested); debit_refund(i); invariants() }
    :: atomic { requested > 0 -> select_below(requested); credit_refund(i); invariants() }
    :: atomic { requested > 0 ->                                      /* wallet: VOID */
        select_below(requested);
        if
        :: at_wallet[i] == open -> at_wallet[i] = void
        :: else
        fi;
        invariants() }
    :: atomic { requested > 0 -> select_below(requested); ratify(i); invariants() }
    :: atomic { requested > 0 -> select_below(requested); take_void(i); invariants() }
    :: atomic { make_batch(); invariants() }
    :: atomic { batches > 0 -> select_below(batches); decide(i, true); invariants() }
    :: atomic { batches > 0 -> select_below(batches); decide(i, false); invariants() }
    :: atomic { batches > 0 -> select_below(batches); settle(i); invariants() }
    :: atomic { batches > 0 -> select_below(batches); release(i); invariants() }
    :: atomic { acknowledge(); invariants() }
    :: atomic { recover(); break }
    od
}
