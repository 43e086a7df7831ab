// SPDX-License-Identifier: Apache-2.0
// The ledger over every engine: the source's figures, entries that are one however often they come,
// entries that must be refused, pending ones to their one end, floors under many hands, folds that
// change no balance; and splits.
#include "services/core/books/split.h"
#include "tests/kit/services/books.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static void is(struct shop *shop, const char *account, const char *balance) {
    char out[64];
    CU_ASSERT_STRING_EQUAL(books_balance(shop, account, out), balance);
    if (strcmp(out, balance) != 0)
        printf("\n    %s is %s, not %s", account, out, balance);
}

static void enters(struct shop *shop, enum books_kind kind, const char *id, const char *of,
                   const char *lines, enum ledger_result wanted) {
    enum ledger_result result = books_enter(shop, kind, id, of, lines);
    CU_ASSERT_EQUAL(result, wanted);
    if (result != wanted)
        printf("\n    %s: %s, not %s", id, ledger_result_word(result), ledger_result_word(wanted));
}

static void posts(struct shop *shop, const char *id, const char *lines) {
    enters(shop, BOOKS_POST, id, NULL, lines, LEDGER_DONE);
}

// ---- the source's figures ----------------------------------------------------------------------

static void check_figures(struct shop *shop) {
    books_open(shop, "BANK d, WAIT:alice c 0, OPEN:alice c 0, PURSE:alice c, PURSE:till c,"
                     "PAYABLE:provider c, PAYABLE:seller c, PAYABLE:label c, ORDERED:provider c");
    posts(shop, "notice-1", "BANK +3000, WAIT:alice -3000");
    posts(shop, "issue-1", "WAIT:alice +3000, OPEN:alice -3000");
    posts(shop, "taken-1", "OPEN:alice +3000, PURSE:alice -3000");
    posts(shop, "pay-1", "PURSE:alice +1000, PURSE:till -1000");
    is(shop, "PURSE:alice", "2000/0");
    posts(shop, "batch-1",
          "PURSE:till +1000, PAYABLE:provider -500, PAYABLE:seller -300,"
          "PAYABLE:label -200");
    posts(shop, "order-1", "PAYABLE:provider +500, ORDERED:provider -500");
    posts(shop, "paid-1", "ORDERED:provider +500, BANK -500");
    posts(shop, "notice-2", "BANK +1500, WAIT:alice -1500");
    posts(shop, "issue-2", "WAIT:alice +1500, OPEN:alice -1500");
    posts(shop, "taken-2", "OPEN:alice +1500, PURSE:alice -1500");
    for (unsigned round = 0; round < 2; round++) {
        is(shop, "BANK", "4000/0");
        is(shop, "WAIT:alice", "0/0");
        is(shop, "OPEN:alice", "0/0");
        is(shop, "PURSE:alice", "3500/0");
        is(shop, "PURSE:till", "0/0");
        is(shop, "PAYABLE:provider", "0/0");
        is(shop, "PAYABLE:seller", "300/0");
        is(shop, "PAYABLE:label", "200/0");
        is(shop, "ORDERED:provider", "0/0");
        CU_ASSERT_EQUAL(books_fold(shop), round == 0 ? 14 : 0);
    }
    posts(shop, "pay-2", "PURSE:alice +100, PURSE:till -100");
    is(shop, "PURSE:alice", "3400/0"); // fold and what came after it
    is(shop, "NOBODY", "none");
}

static void the_sources_figures_stand_in_the_books(void) {
    shop_on_every_engine(&counter_service, check_figures);
}

// ---- what is refused ---------------------------------------------------------------------------

static void check_refused(struct shop *shop) {
    static const struct {
        const char *lines;
        enum ledger_result result;
    } cases[] = {
        {"", LEDGER_UNBALANCED},
        {"A +5", LEDGER_UNBALANCED},
        {"A +5, B -4", LEDGER_UNBALANCED},
        {"A +0, B +0", LEDGER_UNBALANCED},
        {"A +5, B -5 F001", LEDGER_UNBALANCED},
        {"A +5 F001, B -5 F001", LEDGER_UNIT},
        {"A +5, X -5", LEDGER_ACCOUNT},
        {"A +9223372036854775807, B -9223372036854775807", LEDGER_DONE},
        {"A +9223372036854775807, A +1, B -5", LEDGER_OVERFLOW},
        {"A -9223372036854775808, B +5", LEDGER_OVERFLOW},
        {"USER +1, B -1", LEDGER_FLOOR},
        {"USER -5, B +5", LEDGER_DONE},
        {"USER +3, USER +3, B -6", LEDGER_FLOOR},
        {"USER +3, USER -1, B -2", LEDGER_DONE},
        {"USER +4, B -4", LEDGER_FLOOR},
        {"USER -9223372036854775807, B +9223372036854775807", LEDGER_OVERFLOW},
    };
    books_open(shop, "A d, B c, USER c 0");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%zu", i);
        enters(shop, BOOKS_POST, id, NULL, cases[i].lines, cases[i].result);
    }
    is(shop, "USER", "3/0");
    // what was refused left nothing
    static const struct statement lines = {"SELECT count(*) FROM posting", "", "i"};
    char dump[32];
    shop_dump(shop, &lines, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, "7\n");
}

static void what_does_not_balance_is_refused_by_name(void) {
    shop_on_every_engine(&counter_service, check_refused);
}

static void check_again(struct shop *shop) {
    books_open(shop, "A d, B c, C c");
    posts(shop, "t1", "A +5, B -5");
    enters(shop, BOOKS_POST, "t1", NULL, "A +5, B -5", LEDGER_AGAIN);
    enters(shop, BOOKS_POST, "t1", NULL, "A +5, C -5", LEDGER_TWIN);
    enters(shop, BOOKS_POST, "t1", NULL, "A +6, B -6", LEDGER_TWIN);
    enters(shop, BOOKS_HOLD, "t1", NULL, "A +5, B -5", LEDGER_TWIN);
    is(shop, "A", "5/0");
    is(shop, "C", "0/0");
    // every entry is noted for the journal once
    static const struct statement noted = {"SELECT count(*) FROM unsealed", "", "i"};
    char dump[32];
    shop_dump(shop, &noted, 1, dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, "1\n");
}

static void an_entry_is_one_however_often_it_comes(void) {
    shop_on_every_engine(&counter_service, check_again);
}

static void check_beyond(struct shop *shop) {
    books_open(shop, "A d, B c, C c");
    posts(shop, "t1", "A +9223372036854775807, B -9223372036854775807");
    posts(shop, "t2", "A +1, B -1");
    posts(shop, "t3", "A +1, C -1");
    is(shop, "A", "none"); // no number of 64 bits
    is(shop, "C", "1/0");
    books_fold(shop);
    is(shop, "A", "none");
    is(shop, "C", "1/0");
    posts(shop, "t4", "A -2, C +2");
    is(shop, "A", "9223372036854775807/0");
    is(shop, "C", "-1/0");
}

/// The folding of what sums beyond 64 bits waits; nobody else's does.
static void sums_beyond_64_bits_are_no_balance(void) {
    shop_on_every_engine(&counter_service, check_beyond);
}

// ---- pending -----------------------------------------------------------------------------------

static void check_pending(struct shop *shop) {
    books_open(shop, "BANK d, USER c 0, SELLER c");
    posts(shop, "in", "BANK +1000, USER -1000");
    enters(shop, BOOKS_HOLD, "p1", NULL, "USER +700, SELLER -700", LEDGER_DONE);
    is(shop, "USER", "1000/-700");
    is(shop, "SELLER", "0/700");
    // what is held back cannot be spent
    enters(shop, BOOKS_POST, "t1", NULL, "USER +301, SELLER -301", LEDGER_FLOOR);
    enters(shop, BOOKS_HOLD, "p2", NULL, "USER +301, SELLER -301", LEDGER_FLOOR);
    enters(shop, BOOKS_POST, "t2", NULL, "USER +300, SELLER -300", LEDGER_DONE);
    // the end: less than was held
    enters(shop, BOOKS_END, "e1", "p1", "USER +600, SELLER -600", LEDGER_DONE);
    is(shop, "USER", "100/0");
    is(shop, "SELLER", "900/0");
    enters(shop, BOOKS_END, "e1", "p1", "USER +600, SELLER -600", LEDGER_AGAIN);
    enters(shop, BOOKS_END, "e2", "p1", "USER +50, SELLER -50", LEDGER_ENDED);
    enters(shop, BOOKS_END, "e3", "p1", "", LEDGER_ENDED);
    enters(shop, BOOKS_END, "e4", "nothing", "", LEDGER_PENDING);
    enters(shop, BOOKS_END, "e5", "t2", "", LEDGER_PENDING);
    enters(shop, BOOKS_HOLD, "p3", NULL, "USER +100, SELLER -100", LEDGER_DONE);
    enters(shop, BOOKS_END, "v3", "p3", "", LEDGER_DONE);
    enters(shop, BOOKS_END, "v3", "p3", "", LEDGER_AGAIN);
    enters(shop, BOOKS_END, "e6", "p3", "USER +100, SELLER -100", LEDGER_ENDED);
    is(shop, "USER", "100/0");
    // more than was held, and more than there is
    enters(shop, BOOKS_HOLD, "p4", NULL, "USER +100, SELLER -100", LEDGER_DONE);
    enters(shop, BOOKS_END, "e7", "p4", "USER +101, SELLER -101", LEDGER_FLOOR);
    is(shop, "USER", "100/-100");
    enters(shop, BOOKS_END, "e8", "p4", "USER +100, SELLER -100", LEDGER_DONE);
    is(shop, "USER", "0/0");
    is(shop, "SELLER", "1000/0");
}

static void what_is_pending_has_one_end(void) {
    shop_on_every_engine(&counter_service, check_pending);
}

// ---- many hands --------------------------------------------------------------------------------

enum { HANDS = 6, PAYMENTS = 20 };

struct hand {
    struct shop shop;
    pthread_t thread;
    unsigned number, paid;
};

/// Pays 1 of one user's 60 again and again, and 1 of its own to the hot seller.
static void *pay(void *context) {
    struct hand *hand = context;
    hand->shop.crypto = crypto_openssl_new_seeded(hand->number);
    for (unsigned i = 0; i < PAYMENTS; i++) {
        char id[32];
        snprintf(id, sizeof id, "h%u.%u", hand->number, i);
        hand->paid +=
            books_enter(&hand->shop, BOOKS_POST, id, NULL, "USER +1, SELLER -1") == LEDGER_DONE;
        snprintf(id, sizeof id, "s%u.%u", hand->number, i);
        CU_ASSERT_EQUAL(books_enter(&hand->shop, BOOKS_POST, id, NULL, "BANK +1, SELLER -1"),
                        LEDGER_DONE);
    }
    crypto_openssl_free(hand->shop.crypto);
    return NULL;
}

static void check_hands(struct shop *shop) {
    struct hand hands[HANDS];
    unsigned paid = 0;
    char seller[32];
    books_open(shop, "BANK d, USER c 0, SELLER c");
    posts(shop, "in", "BANK +60, USER -60");
    for (unsigned i = 0; i < HANDS; i++) {
        hands[i] = (struct hand){.shop = *shop, .number = i};
        pthread_create(&hands[i].thread, NULL, pay, &hands[i]);
    }
    for (unsigned i = 0; i < HANDS; i++) {
        pthread_join(hands[i].thread, NULL);
        paid += hands[i].paid;
    }
    CU_ASSERT_EQUAL(paid, 60);
    is(shop, "USER", "0/0");
    snprintf(seller, sizeof seller, "%u/0", 60 + HANDS * PAYMENTS);
    is(shop, "SELLER", seller);
    CU_ASSERT_EQUAL(books_fold(shop) > 0, true);
    is(shop, "SELLER", seller);
}

static void a_floor_holds_under_many_hands(void) {
    shop_on_every_engine(&counter_service, check_hands);
}

// ---- equal books -------------------------------------------------------------------------------

static void both_engines_hold_the_same_books(void) {
    static const struct statement books[] = {
        {"SELECT id, kind, state, of, chain, object, digest FROM transfer ORDER BY id", "",
         "ttiTTbb"},
        {"SELECT transfer, line, account, unit, amount FROM posting ORDER BY transfer, line", "",
         "titii"},
        {"SELECT id, posted, lowering FROM ledger_account ORDER BY id", "", "tii"},
        {"SELECT account, balance FROM fold ORDER BY account", "", "ti"},
        {"SELECT digest FROM unsealed ORDER BY digest", "", "b"},
    };
    static char dumps[ENGINES][16384];
    for (enum engine engine = 0; engine < ENGINES; engine++) {
        struct shop shop;
        shop_open(&shop, &counter_service, engine);
        check_figures(&shop);
        shop_dump(&shop, books, 5, dumps[engine], sizeof dumps[engine]);
        shop_close(&shop);
        CU_ASSERT_STRING_EQUAL(dumps[engine], dumps[0]);
    }
    CU_ASSERT_TRUE(strlen(dumps[0]) > 1000);
}

// ---- splits ------------------------------------------------------------------------------------

static void splits(uint64_t amount, const uint64_t *shares, size_t count, const uint64_t *wanted) {
    uint64_t parts[SPLIT_PARTIES_MAX], sum = 0;
    CU_ASSERT_TRUE(split_amount(amount, shares, count, parts));
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(parts[i], wanted[i]);
        sum += parts[i];
    }
    CU_ASSERT_EQUAL(sum, amount);
}

#define NUMBERS(...) ((const uint64_t[]){__VA_ARGS__})

static void parts_sum_to_the_amount(void) {
    splits(1000, NUMBERS(50, 30, 20), 3, NUMBERS(500, 300, 200));
    splits(1000, NUMBERS(1, 1, 1), 3, NUMBERS(334, 333, 333));
    splits(2, NUMBERS(1, 1, 1), 3, NUMBERS(1, 1, 0));
    splits(1, NUMBERS(0, 1, 3), 3, NUMBERS(0, 0, 1));
    splits(0, NUMBERS(1, 2), 2, NUMBERS(0, 0));
    splits(10, NUMBERS(1, 1, 4), 3, NUMBERS(2, 2, 6)); // 1.67 1.67 6.67: the first two, in order
    splits(INT64_MAX, NUMBERS(1, 1), 2, NUMBERS(INT64_MAX / 2 + 1, INT64_MAX / 2));
    splits(INT64_MAX, NUMBERS(INT64_MAX), 1, NUMBERS(INT64_MAX));
    splits(INT64_MAX, NUMBERS(INT64_MAX - 1, 1), 2, NUMBERS(INT64_MAX - 1, 1));
}

static void splits_of_nothing_are_refused(void) {
    uint64_t parts[SPLIT_PARTIES_MAX + 1], many[SPLIT_PARTIES_MAX + 1] = {1};
    CU_ASSERT_FALSE(split_amount(5, NUMBERS(1), 0, parts));
    CU_ASSERT_FALSE(split_amount(5, NUMBERS(0, 0), 2, parts));
    CU_ASSERT_FALSE(split_amount(5, many, SPLIT_PARTIES_MAX + 1, parts));
    CU_ASSERT_TRUE(split_amount(5, many, SPLIT_PARTIES_MAX, parts));
    CU_ASSERT_FALSE(split_amount(5, NUMBERS(INT64_MAX, 1), 2, parts));
    CU_ASSERT_FALSE(split_amount(5, NUMBERS(UINT64_MAX, 1), 2, parts));
    CU_ASSERT_FALSE(split_amount((uint64_t)INT64_MAX + 1, NUMBERS(1), 1, parts));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"the source's figures stand in the books", the_sources_figures_stand_in_the_books, NULL},
        {"what does not balance is refused by name", what_does_not_balance_is_refused_by_name,
         NULL},
        {"an entry is one however often it comes", an_entry_is_one_however_often_it_comes, NULL},
        {"sums beyond 64 bits are no balance", sums_beyond_64_bits_are_no_balance, NULL},
        {"what is pending has one end", what_is_pending_has_one_end, NULL},
        {"a floor holds under many hands", a_floor_holds_under_many_hands, NULL},
        {"both engines hold the same books", both_engines_hold_the_same_books, NULL},
        {"parts sum to the amount", parts_sum_to_the_amount, NULL},
        {"splits of nothing are refused", splits_of_nothing_are_refused, NULL},
    };
    return suite_main("test-ledger", tests, sizeof tests / sizeof tests[0], argc, argv);
}
