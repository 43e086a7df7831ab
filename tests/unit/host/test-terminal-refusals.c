// SPDX-License-Identifier: Apache-2.0
// Cards that a whole kiosk, deposit machine or vending machine does not take, which no shop can
// make to order: one that ran out, one that its issuer blocked, one whose ring of open payments is
// full, a purse of another kind. Each has its own sentence in both languages, and no purse changes.
#include "card/applets/purse/state/layout.h"
#include "card/card.h"
#include "card/os/context.h"
#include "host/terminal/words.h"
#include "tests/kit/sale/stand.h"
#include "tests/kit/scene/forger.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

enum { AMOUNT = 1000, LAST_DAY = 20260110, LATER = 20260115 };

static struct stand s;

static struct scene_card *own_card(void) {
    return s.kind == STAND_DEPOSIT ? s.trio.floater : s.trio.till;
}

// ---- what is wrong with it ----------------------------------------------------------------------

/// The machine's purse learns from an authority that it is later than the wallet's certificate
/// says.
static void wallet_ran_out(void) {
    static struct sample_party later;
    struct scene *scene = s.trio.scene;
    scene_certify(scene, &later, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &scene->root, LATER,
                  SCENE_LONG);
    scene_select(own_card(), NULL);
    ACCEPTED(scene_send(own_card(), COMMAND_PURSE_EXCHANGE_CERTIFICATES, later.certificate));
}

/// GlobalPlatform's SET STATUS, as an issuer sends it.
static void wallet_is_blocked(void) {
    struct card *card = s.trio.wallet->card;
    struct card_call call = card_call_to(card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    nvm_begin(&card->nvm);
    card_set_life_cycle(&call, CARD_LOCKED);
    CU_ASSERT(nvm_commit(&card->nvm));
}

/// A shop of this number has it debit 1, and never gives a receipt.
static void leave_open(unsigned number) {
    struct sample_party shop;
    struct scene_object request;
    struct scene_selected selected;
    char name[13];
    snprintf(name, sizeof name, "P%u", number);
    scene_certify(s.trio.scene, &shop, name, ROLE_TILL, &s.trio.scene->purses, SCENE_FROM,
                  SCENE_UNTIL);
    scene_select(s.trio.wallet, &selected);
    scene_send(s.trio.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, shop.certificate);
    struct forged terms = forged_terms(shop.holder, 1, s.trio.wallet, &selected, 1);
    forge_request(&shop, &terms, &request);
    ACCEPTED(scene_send(s.trio.wallet, COMMAND_PURSE_DEBIT, scene_bytes(&request)));
}

static void ring_is_full(void) {
    for (unsigned i = 0; i < RING_SMALL; i++)
        leave_open(i);
}

/// Not a wallet, but what stands in a machine of the other kind.
static void is_no_wallet(void) {
    link_close(&s.wallet_link.link);
    lossy_over(&s.wallet_link, s.kind == STAND_DEPOSIT ? s.trio.till : s.trio.floater,
               CARD_CONTACTLESS, &s.plan);
}

static void has_too_little(void) {
    s.amount = 50 * AMOUNT;
}

static const struct row {
    const char *name;
    void (*spoil)(void);
    const char *keys[STAND_KIND_COUNT]; // NULL: it makes no difference there
} rows[] = {
    {"expired", wallet_ran_out, {"expired", "expired", "expired"}},
    {"blocked", wallet_is_blocked, {"blocked", "blocked", "blocked"}},
    {"full ring", ring_is_full, {"card-full", NULL, "card-full"}},
    {"no wallet", is_no_wallet, {"other-enterprise", "foreign-card", "other-enterprise"}},
    {"too little", has_too_little, {"insufficient", NULL, "insufficient"}},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

// ---- each at each -------------------------------------------------------------------------------

/// Nobody was served, and cash that was put in is back.
static bool nothing_was_handed_out(void) {
    return stand_number(&s, "motor", "turns") == 0 && stand_receipts(&s) == 0 &&
           stand_number(&s, "cash", "stacked") == 0 && stand_number(&s, "cash", "escrow") == 0;
}

static bool is_open_or_void(void) {
    enum sale_state state = stand_state(&s);
    return state == 0 || state == SALE_BEGUN || state == SALE_VOID || state == SALE_RETURNED;
}

static void meet(const struct row *row, enum stand_kind kind) {
    struct scene_profile person = trio_wallet_profile();
    person.until = LAST_DAY;
    stand_begin_with(&s, kind, false, &person);
    s.amount = s.cash = AMOUNT;
    row->spoil();
    uint64_t wallet = stand_balance(&s), own = scene_balance(own_card(), SCENE_UNIT);
    CU_ASSERT_FATAL(stand_start(&s));
    stand_order(&s);
    stand_serve(&s, 2);
    if (strcmp(s.say, row->keys[kind]) != 0)
        fprintf(stderr, "%s at %d: says %s, not %s\n", row->name, kind, s.say, row->keys[kind]);
    CU_ASSERT_STRING_EQUAL(s.say, row->keys[kind]);
    CU_ASSERT_EQUAL(stand_balance(&s), wallet);
    CU_ASSERT_EQUAL(scene_balance(own_card(), SCENE_UNIT), own);
    CU_ASSERT(nothing_was_handed_out() && is_open_or_void());
    stand_afresh(&s); // whom forged shops were paid is in no scene
    stand_end(&s);
}

static void meet_all(enum stand_kind kind) {
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].keys[kind] != NULL)
            meet(&rows[i], kind);
}

static void test_at_a_kiosk(void) {
    meet_all(STAND_KIOSK);
}

static void test_at_a_deposit_machine(void) {
    meet_all(STAND_DEPOSIT);
}

static void test_at_a_vending_machine(void) {
    meet_all(STAND_VEND);
}

/// Of all sentences that refuse, no two are alike in either language.
static void test_each_sentence_is_its_own(void) {
    static const char *const keys[] = {
        "two-cards",    "foreign-card", "other-issuer", "other-enterprise", "blocked",
        "hotlisted",    "expired",      "slow-card",    "card-full",        "machine-full",
        "insufficient", "limit",        "pin-required", "declined",         "tap-again",
        "no-network",   "busy-card",    "other-card",   "wrong-amount",     "no-card"};
    enum { KEYS = sizeof keys / sizeof keys[0] };
    for (int language = 0; language < LANGUAGE_COUNT; language++)
        for (size_t i = 0; i < KEYS; i++) {
            const char *text = words_text(keys[i], (enum language)language);
            CU_ASSERT(text != keys[i]);
            for (size_t k = 0; k < i; k++)
                CU_ASSERT_STRING_NOT_EQUAL(text, words_text(keys[k], (enum language)language));
        }
}

static const struct suite_test tests[] = {
    {"at a kiosk", test_at_a_kiosk, NULL},
    {"at a deposit machine", test_at_a_deposit_machine, NULL},
    {"at a vending machine", test_at_a_vending_machine, NULL},
    {"no two refusals read alike", test_each_sentence_is_its_own, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-terminal-refusals", tests, sizeof tests / sizeof tests[0], argc, argv);
}
