// SPDX-License-Identifier: Apache-2.0
// The center's objects: issue logs, statements, refund, acknowledgement; each once, in order, for
// the purse that it names. A till's: test-purse-till.
#include "tests/kit/clearing.h"
#include "tests/kit/hotlists.h"
#include "tests/kit/objects.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    scene_show_center(t.wallet);
    scene_show_center(t.till);
    scene_introduce(t.wallet, t.till);
}

static void end(void) {
    trio_end(&t);
}

static uint64_t balance(struct scene_card *card) {
    return scene_balance(card, SCENE_UNIT);
}

// ---- issue logs --------------------------------------------------------------------------------

static uint16_t issue(struct scene_card *card, const struct scene_issue *terms) {
    uint8_t octets[512];
    return scene_send(card, COMMAND_PURSE_ISSUE,
                      scene_issue_object(t.scene, terms, octets, sizeof octets));
}

// S09: device id, user id, or both; neither is refused, and so is another's.
static void test_ids(void) {
    static const struct {
        const char *device, *user;
        uint16_t sw;
    } ROWS[] = {
        {"DEV1", NULL, SW_OK},
        {NULL, "USER1", SW_OK},
        {"DEV1", "USER1", SW_OK},
        {"DEV2", "USER1", SW_WRONG_PARTY},
        {"DEV1", "USER2", SW_WRONG_PARTY},
        {"DEV2", NULL, SW_WRONG_PARTY},
        {NULL, "USER2", SW_WRONG_PARTY},
    };
    begin();
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct scene_issue terms = scene_issue_for(t.wallet, 10);
        terms.device = ROWS[i].device;
        terms.user = ROWS[i].user;
        if (ROWS[i].sw != SW_OK) {
            REFUSED(&t, issue(t.wallet, &terms), ROWS[i].sw);
            continue;
        }
        ACCEPTED(issue(t.wallet, &terms));
    }
    CU_ASSERT_EQUAL(balance(t.wallet), 3030);
    end();
}

// Neither id: no lawful writer makes it; signed by the center all the same, it is refused.
static void test_neither_id(void) {
    static struct sample_body body;
    uint8_t octets[512];
    begin();
    sample_fill(&body, OBJECT_ISSUE_LOG, SAMPLE_TYPICAL);
    size_t kept = 0;
    for (size_t i = 0; i < body.count; i++)
        if (body.items[i].tag != 0x96 && body.items[i].tag != 0x97)
            body.items[kept++] = body.items[i];
    CU_ASSERT_EQUAL(kept, body.count - 2);
    body.count = kept;
    REFUSED(&t,
            scene_send(t.wallet, COMMAND_PURSE_ISSUE,
                       sample_assemble(&body, &t.scene->center.signer, octets, sizeof octets)),
            SW_BAD_OBJECT);
    end();
}

// T11: an issue log is taken once, in its state, by its purse, from the center.
static void test_issue_attacks(void) {
    uint8_t octets[512];
    struct sample_party other;
    begin();
    struct scene_issue terms = scene_issue_for(t.wallet, 100);
    struct bytes object = scene_issue_object(t.scene, &terms, octets, sizeof octets);
    scene_show_center(t.floater);
    scene_select(t.floater, NULL);
    REFUSED(&t, scene_send(t.floater, COMMAND_PURSE_ISSUE, object), SW_WRONG_PARTY);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE, object));
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_ISSUE, object), SW_OK); // taken twice
    CU_ASSERT_EQUAL(balance(t.wallet), 3100);
    struct scene_issue first = scene_issue_for(t.wallet, 5), second = scene_issue_for(t.wallet, 7);
    ACCEPTED(issue(t.wallet, &second));
    REFUSED(&t, issue(t.wallet, &first), SW_STALE); // superseded
    REFUSED(&t, scene_send(t.wallet, COMMAND_PURSE_ISSUE, object), SW_STALE);
    struct scene_issue bad = scene_issue_for(t.wallet, 100);
    bad.state++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE);
    bad = scene_issue_for(t.wallet, 100);
    bad.revision++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE);
    bad.serial++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE); // a new serial begins with its first revision
    bad = scene_issue_for(t.wallet, 100);
    bad.allowance++;
    REFUSED(&t, issue(t.wallet, &bad), SW_MISMATCH);
    bad = scene_issue_for(t.wallet, 100);
    bad.balance = 3000;
    REFUSED(&t, issue(t.wallet, &bad), SW_LIMIT);
    bad = scene_issue_for(t.wallet, UINT64_MAX);
    REFUSED(&t, issue(t.wallet, &bad), SW_OVERFLOW);
    bad = scene_issue_for(t.wallet, (uint64_t)INT64_MAX - 2999); // one more than fits with a sign
    REFUSED(&t, issue(t.wallet, &bad), SW_OVERFLOW);
    bad = scene_issue_for(t.wallet, 100);
    bad.expiry = 20251231;
    REFUSED(&t, issue(t.wallet, &bad), SW_EXPIRED);
    bad = scene_issue_for(t.wallet, 100);
    bad.date = 20991231;
    bad.expiry = 20991231;
    REFUSED(&t, issue(t.wallet, &bad), SW_EXPIRED); // dated after its signer's end
    bad = scene_issue_for(t.wallet, 100);
    bad.signer = &t.scene->purses;
    REFUSED(&t, issue(t.wallet, &bad), SW_BAD_SIGNATURE);
    bad.center = "CENTER2";
    REFUSED(&t, issue(t.wallet, &bad), SW_WRONG_CENTER);
    scene_certify(t.scene, &other, "TILL9", ROLE_TILL, &t.scene->purses, SCENE_FROM, SCENE_UNTIL);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, other.certificate));
    bad.center = "TILL9";
    bad.signer = &other;
    REFUSED(&t, issue(t.wallet, &bad), SW_WRONG_CENTER); // a till as center
    struct scene_issue for_till = scene_issue_for(t.till, 100);
    for_till.user = "USER1";
    scene_select(t.till, NULL);
    REFUSED(&t, issue(t.till, &for_till), SW_WRONG_ROLE);
    end();
}

static void test_flipped_issue_log(void) {
    uint8_t octets[512];
    size_t accepted = 0, changed = 0;
    begin();
    struct scene_issue terms = scene_issue_for(t.wallet, 100);
    struct bytes object = scene_issue_object(t.scene, &terms, octets, sizeof octets);
    struct scene_snapshot before = scene_save(t.scene);
    for (size_t bit = 0; bit < object.size * 8; bit++) {
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += scene_send(t.wallet, COMMAND_PURSE_ISSUE, object) == SW_OK;
        changed += !scene_unchanged(t.scene, &before);
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_EQUAL(changed, 0);
    scene_forget(&before);
    ACCEPTED(scene_send(t.wallet, COMMAND_PURSE_ISSUE, object));
    end();
}

// A first issue transfers something; later ones may renew limits and expiry only.
static void test_renewal(void) {
    t = (struct trio){.scene = scene_open(3)};
    struct scene_profile person = trio_wallet_profile();
    t.wallet = scene_add(t.scene, "WALLET1", ROLE_WALLET, &person);
    scene_show_center(t.wallet);
    struct scene_issue terms = scene_issue_for(t.wallet, 0);
    REFUSED(&t, issue(t.wallet, &terms), SW_ZERO_AMOUNT);
    ACCEPTED(scene_issue(t.wallet, 100));
    terms = scene_issue_for(t.wallet, 0);
    terms.single = 50;
    terms.date = 20260105;
    terms.serial = 77; // a new serial, revision 1
    terms.revision = 1;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_LIMIT_SINGLE), 50);
    CU_ASSERT_EQUAL(scene_number(t.wallet, NUMBER_SERIAL), 77);
    struct card_call call = scene_call(t.wallet);
    CU_ASSERT_EQUAL(clock_today(&call), 20260105);
    CU_ASSERT_EQUAL(balance(t.wallet), 100);
    end();
}

// An issue log of a new unit makes a pocket of its own; the other pockets have no part in it.
static void test_new_unit(void) {
    begin();
    struct scene_issue terms = scene_issue_for(t.wallet, 70);
    terms.unit = 840;
    REFUSED(&t, issue(t.wallet, &terms), SW_MISMATCH); // the allowance of the yen pocket
    terms.allowance = 70;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, 840), 70);
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    CU_ASSERT_EQUAL(scene_balance(t.wallet, SCENE_POINTS), 0);
    for (uint16_t unit = 1; unit <= PERSO_UNITS_MAX - 3; unit++) {
        terms = scene_issue_for(t.wallet, 1);
        terms.unit = unit;
        terms.allowance = 1;
        ACCEPTED(issue(t.wallet, &terms));
    }
    terms = scene_issue_for(t.wallet, 1);
    terms.unit = 100;
    terms.allowance = 1;
    REFUSED(&t, issue(t.wallet, &terms), SW_WRONG_UNIT); // eight pockets and no more
    terms.unit = 5;
    terms.allowance = 2;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(scene_balance(t.wallet, 5), 2);
    end();
}

static void test_issue_log_expires(void) {
    begin();
    struct scene_issue terms = scene_issue_for(t.wallet, 1);
    terms.expiry = 20260110;
    ACCEPTED(issue(t.wallet, &terms));
    struct scene_payment payment = trio_debited(&t, 5, "NO_1");
    ACCEPTED(scene_give_hotlist(t.wallet, scene_hotlist(1, 20260111)));
    ACCEPTED(scene_step_credit(&payment));
    ACCEPTED(scene_step_ratify(&payment)); // what is under way finishes
    struct scene_payment next = scene_payment(t.wallet, t.till, 5, "NO_2");
    ACCEPTED(scene_step_request(&next));
    REFUSED(&t, scene_step_debit(&next), SW_EXPIRED);
    ACCEPTED(scene_issue(t.wallet, 0));
    scene_introduce(t.wallet, t.till);
    ACCEPTED(scene_step_request(&next));
    ACCEPTED(scene_step_debit(&next));
    end();
}

// ---- statement ---------------------------------------------------------------------------------

static uint16_t statement(struct scene_card *card, const char *purse, struct object *out) {
    struct object_writer writer;
    uint8_t octets[256];
    static const uint8_t challenge[16] = {1, 2, 3};
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, octets, sizeof octets);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    scene_send(card, COMMAND_PURSE_STATEMENT, scene_sign(t.scene, &writer));
    CU_ASSERT(card->sw != SW_OK || object_decode_as(OBJECT_STATEMENT, card->answer, out));
    return card->sw;
}

static void test_statement(void) {
    struct object said = {0};
    begin();
    struct scene_payment open = trio_debited(&t, 200, "NO_1");
    struct scene_snapshot before = scene_save(t.scene);
    ACCEPTED(statement(t.wallet, "WALLET1", &said));
    CU_ASSERT(scene_unchanged(t.scene, &before));
    scene_forget(&before);
    CU_ASSERT(object_verify(&said, t.scene->crypto, t.wallet->signing_point));
    CU_ASSERT_EQUAL(object_uint(&said, FIELD_STATE_NUMBER), scene_number(t.wallet, NUMBER_STATE));
    CU_ASSERT_EQUAL(object_uint(&said, FIELD_COUNTER), 2);
    CU_ASSERT_EQUAL(said.fields[FIELD_COUNTERS].size, 4);
    CU_ASSERT_EQUAL(bytes_get_be(said.fields[FIELD_COUNTERS].data, 4), 1);
    const uint8_t *pocket = said.fields[FIELD_POCKETS].data;
    CU_ASSERT_EQUAL(bytes_get_be(pocket, 2), SCENE_UNIT);
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 2, 8), 2800);  // balance
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 10, 8), 3000); // issued
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 34, 8), 200);  // spent
    REFUSED(&t, statement(t.wallet, "TILL1", &said), SW_WRONG_PARTY);
    ACCEPTED(scene_step_credit(&open));
    ACCEPTED(scene_step_ratify(&open));
    ACCEPTED(statement(t.wallet, "WALLET1", &said));
    CU_ASSERT_EQUAL(said.fields[FIELD_COUNTERS].size, 0);
    end();
}

// ---- acknowledgement ---------------------------------------------------------------------------

/// Deposits 1 and 3 of 100 and 300, 2 voided, 4 open.
static void four_deposits(void) {
    scene_introduce(t.floater, t.wallet);
    ACCEPTED(scene_pay(t.floater, t.wallet, 100, "NO_1"));
    struct scene_payment gone = scene_payment(t.floater, t.wallet, 200, "NO_2");
    ACCEPTED(scene_step_request(&gone));
    ACCEPTED(scene_step_void(&gone));
    ACCEPTED(scene_pay(t.floater, t.wallet, 300, "NO_3"));
    struct scene_payment open = scene_payment(t.floater, t.wallet, 400, "NO_4");
    ACCEPTED(scene_step_request(&open));
    scene_show_center(t.wallet);
}

static void test_acknowledgement(void) {
    begin();
    four_deposits();
    const struct clearing_ack open = {.version = 1, .base = 5}, never = {.version = 1, .base = 6},
                              other = {.purse = "TILL1", .version = 1, .base = 4},
                              good = {.version = 2, .base = 4}, old = {.version = 1, .base = 4},
                              back = {.version = 3, .base = 3};
    REFUSED(&t, clearing_acknowledge(t.wallet, &open), SW_STILL_OPEN);
    REFUSED(&t, clearing_acknowledge(t.wallet, &never), SW_NOT_OPEN);
    REFUSED(&t, clearing_acknowledge(t.wallet, &other), SW_WRONG_PARTY);
    ACCEPTED(clearing_acknowledge(t.wallet, &good));
    REFUSED(&t, clearing_acknowledge(t.wallet, &good), SW_OK);
    REFUSED(&t, clearing_acknowledge(t.wallet, &old), SW_STALE);
    REFUSED(&t, clearing_acknowledge(t.wallet, &back), SW_STALE);
    REFUSED(&t, scene_step_void(&(struct scene_payment){.payee = t.wallet, .n = 2}), SW_ASK_CENTER);
    end();
}

// A late log below the base is for the center: the payee neither credits nor voids it.
static void test_late_log_below_base(void) {
    begin();
    scene_introduce(t.floater, t.wallet);
    struct scene_payment late = scene_payment(t.floater, t.wallet, 100, "NO_1");
    ACCEPTED(scene_step_request(&late));
    ACCEPTED(scene_step_debit(&late));
    ACCEPTED(scene_step_void(&late));
    scene_show_center(t.wallet);
    ACCEPTED(clearing_acknowledge(t.wallet, &(struct clearing_ack){.version = 1, .base = 2}));
    struct scene_payment again = late;
    REFUSED(&t, scene_step_credit(&again), SW_ASK_CENTER);
    ACCEPTED(scene_step_take_void(&late)); // the void that the center recorded
    CU_ASSERT_EQUAL(balance(t.floater), 50000);
    end();
}

// ---- refund ------------------------------------------------------------------------------------

static void test_refund(void) {
    begin();
    uint64_t state = scene_number(t.wallet, NUMBER_STATE);
    REFUSED(&t, clearing_cash_out(t.wallet, "TILL1", 500, state), SW_WRONG_PARTY);
    REFUSED(&t, clearing_cash_out(t.wallet, "WALLET1", 500, state + 1), SW_STALE);
    REFUSED(&t, clearing_cash_out(t.wallet, "WALLET1", 0, state), SW_ZERO_AMOUNT);
    REFUSED(&t, clearing_cash_out(t.wallet, "WALLET1", 3001, state), SW_INSUFFICIENT);
    ACCEPTED(clearing_cash_out(t.wallet, "WALLET1", 500, state));
    CU_ASSERT_EQUAL(balance(t.wallet), 2500);
    REFUSED(&t, clearing_cash_out(t.wallet, "WALLET1", 500, state), SW_OK); // the very same: once
    REFUSED(&t, clearing_cash_out(t.wallet, "WALLET1", 400, state), SW_STALE);
    CU_ASSERT_EQUAL(balance(t.wallet), 2500);
    struct scene_payment payment = trio_debited(&t, 100, "NO_1");
    struct object log;
    CU_ASSERT(object_decode_as(OBJECT_USAGE_LOG, scene_bytes(&payment.log), &log));
    CU_ASSERT_EQUAL(object_uint(&log, FIELD_REDEEMED), 500); // one log audits the purse
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"issue log for a device, a user or both", test_ids, "S09 S05b"},
        {"issue log for neither is refused", test_neither_id, "S09"},
        {"T11: issue logs: once, in order, from the center", test_issue_attacks, "S01b S05b"},
        {"any flipped bit of an issue log", test_flipped_issue_log, "S05b"},
        {"a renewal without transfer", test_renewal, NULL},
        {"an issue log of a new unit", test_new_unit, NULL},
        {"an issue log expires", test_issue_log_expires, NULL},
        {"a statement tells all and changes nothing", test_statement, NULL},
        {"an acknowledgement moves the base", test_acknowledgement, NULL},
        {"a late log below the base", test_late_log_below_base, NULL},
        {"T11: a refund works once", test_refund, NULL},
    };
    return suite_main("test-purse-center", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
