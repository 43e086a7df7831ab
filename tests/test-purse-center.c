// SPDX-License-Identifier: Apache-2.0
// The center's objects: issue logs, statements, batches, settlement, refund, acknowledgement; each
// once, in order, for the purse that it names.
#include "tests/objects.h"
#include "tests/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    world_show_center(t.wallet);
    world_show_center(t.till);
    world_introduce(t.wallet, t.till);
}

static void end(void) {
    trio_end(&t);
}

static uint64_t balance(struct world_card *card) {
    return world_balance(card, WORLD_UNIT);
}

// ---- issue logs --------------------------------------------------------------------------------

static uint16_t issue(struct world_card *card, const struct world_issue *terms) {
    uint8_t octets[512];
    return world_send(card, COMMAND_PURSE_ISSUE,
                      world_issue_object(t.world, terms, octets, sizeof octets));
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
        struct world_issue terms = world_issue_for(t.wallet, 10);
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
            world_send(t.wallet, COMMAND_PURSE_ISSUE,
                       sample_assemble(&body, &t.world->center.signer, octets, sizeof octets)),
            SW_BAD_OBJECT);
    end();
}

// T11: an issue log is taken once, in its state, by its purse, from the center.
static void test_issue_attacks(void) {
    uint8_t octets[512];
    struct sample_party other;
    begin();
    struct world_issue terms = world_issue_for(t.wallet, 100);
    struct bytes object = world_issue_object(t.world, &terms, octets, sizeof octets);
    world_show_center(t.floater);
    world_select(t.floater, NULL);
    REFUSED(&t, world_send(t.floater, COMMAND_PURSE_ISSUE, object), SW_WRONG_PARTY);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_ISSUE, object));
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_ISSUE, object), SW_OK); // taken twice
    CU_ASSERT_EQUAL(balance(t.wallet), 3100);
    struct world_issue first = world_issue_for(t.wallet, 5), second = world_issue_for(t.wallet, 7);
    ACCEPTED(issue(t.wallet, &second));
    REFUSED(&t, issue(t.wallet, &first), SW_STALE); // superseded
    REFUSED(&t, world_send(t.wallet, COMMAND_PURSE_ISSUE, object), SW_STALE);
    struct world_issue bad = world_issue_for(t.wallet, 100);
    bad.state++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE);
    bad = world_issue_for(t.wallet, 100);
    bad.revision++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE);
    bad.serial++;
    REFUSED(&t, issue(t.wallet, &bad), SW_STALE); // a new serial begins with its first revision
    bad = world_issue_for(t.wallet, 100);
    bad.allowance++;
    REFUSED(&t, issue(t.wallet, &bad), SW_MISMATCH);
    bad = world_issue_for(t.wallet, 100);
    bad.balance = 3000;
    REFUSED(&t, issue(t.wallet, &bad), SW_LIMIT);
    bad = world_issue_for(t.wallet, UINT64_MAX);
    REFUSED(&t, issue(t.wallet, &bad), SW_OVERFLOW);
    bad = world_issue_for(t.wallet, 100);
    bad.expiry = 20251231;
    REFUSED(&t, issue(t.wallet, &bad), SW_EXPIRED);
    bad = world_issue_for(t.wallet, 100);
    bad.date = 20991231;
    bad.expiry = 20991231;
    REFUSED(&t, issue(t.wallet, &bad), SW_EXPIRED); // dated after its signer's end
    bad = world_issue_for(t.wallet, 100);
    bad.signer = &t.world->purses;
    REFUSED(&t, issue(t.wallet, &bad), SW_BAD_SIGNATURE);
    bad.center = "CENTER2";
    REFUSED(&t, issue(t.wallet, &bad), SW_UNKNOWN_CERTIFICATE);
    world_certify(t.world, &other, "TILL9", ROLE_TILL, &t.world->purses, WORLD_FROM, WORLD_UNTIL);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_EXCHANGE_CERTIFICATES, other.certificate));
    bad.center = "TILL9";
    bad.signer = &other;
    REFUSED(&t, issue(t.wallet, &bad), SW_WRONG_ROLE); // a till as center
    struct world_issue for_till = world_issue_for(t.till, 100);
    for_till.user = "USER1";
    world_select(t.till, NULL);
    REFUSED(&t, issue(t.till, &for_till), SW_WRONG_ROLE);
    end();
}

static void test_flipped_issue_log(void) {
    uint8_t octets[512];
    size_t accepted = 0, changed = 0;
    begin();
    struct world_issue terms = world_issue_for(t.wallet, 100);
    struct bytes object = world_issue_object(t.world, &terms, octets, sizeof octets);
    struct world_snapshot before = world_save(t.world);
    for (size_t bit = 0; bit < object.size * 8; bit++) {
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += world_send(t.wallet, COMMAND_PURSE_ISSUE, object) == SW_OK;
        changed += !world_unchanged(t.world, &before);
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_EQUAL(changed, 0);
    world_forget(&before);
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_ISSUE, object));
    end();
}

// A first issue transfers something; later ones may renew limits and expiry only.
static void test_renewal(void) {
    t = (struct trio){.world = world_open(3)};
    struct world_profile person = trio_wallet_profile();
    t.wallet = world_add(t.world, "WALLET1", ROLE_WALLET, &person);
    world_show_center(t.wallet);
    struct world_issue terms = world_issue_for(t.wallet, 0);
    REFUSED(&t, issue(t.wallet, &terms), SW_ZERO_AMOUNT);
    ACCEPTED(world_issue(t.wallet, 100));
    terms = world_issue_for(t.wallet, 0);
    terms.single = 50;
    terms.date = 20260105;
    terms.serial = 77; // a new serial, revision 1
    terms.revision = 1;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(world_number(t.wallet, NUMBER_LIMIT_SINGLE), 50);
    CU_ASSERT_EQUAL(world_number(t.wallet, NUMBER_SERIAL), 77);
    CU_ASSERT_EQUAL(world_number(t.wallet, NUMBER_DATE), 20260105);
    CU_ASSERT_EQUAL(balance(t.wallet), 100);
    end();
}

// An issue log of a new unit makes a pocket of its own; the other pockets have no part in it.
static void test_new_unit(void) {
    begin();
    struct world_issue terms = world_issue_for(t.wallet, 70);
    terms.unit = 840;
    REFUSED(&t, issue(t.wallet, &terms), SW_MISMATCH); // the allowance of the yen pocket
    terms.allowance = 70;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(world_balance(t.wallet, 840), 70);
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    CU_ASSERT_EQUAL(world_balance(t.wallet, WORLD_POINTS), 0);
    for (uint16_t unit = 1; unit <= PERSO_UNITS_MAX - 3; unit++) {
        terms = world_issue_for(t.wallet, 1);
        terms.unit = unit;
        terms.allowance = 1;
        ACCEPTED(issue(t.wallet, &terms));
    }
    terms = world_issue_for(t.wallet, 1);
    terms.unit = 100;
    terms.allowance = 1;
    REFUSED(&t, issue(t.wallet, &terms), SW_WRONG_UNIT); // eight pockets and no more
    terms.unit = 5;
    terms.allowance = 2;
    ACCEPTED(issue(t.wallet, &terms));
    CU_ASSERT_EQUAL(world_balance(t.wallet, 5), 2);
    end();
}

static void test_issue_log_expires(void) {
    begin();
    struct world_issue terms = world_issue_for(t.wallet, 1);
    terms.expiry = 20260110;
    ACCEPTED(issue(t.wallet, &terms));
    struct world_payment payment = trio_debited(&t, 5, "NO_1");
    struct object_writer writer;
    uint8_t out[512];
    object_begin(&writer, OBJECT_HOTLIST, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put_date(&writer, FIELD_DATE, 20260111);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put(&writer, FIELD_CERTIFICATES, bytes_of(out, 0));
    object_put(&writer, FIELD_DEVICES, bytes_of(out, 0));
    ACCEPTED(world_send(t.wallet, COMMAND_PURSE_HOTLIST, world_sign(t.world, &writer)));
    ACCEPTED(world_step_credit(&payment));
    ACCEPTED(world_step_ratify(&payment)); // what is under way finishes
    struct world_payment next = world_payment(t.wallet, t.till, 5, "NO_2");
    ACCEPTED(world_step_request(&next));
    REFUSED(&t, world_step_debit(&next), SW_EXPIRED);
    ACCEPTED(world_issue(t.wallet, 0));
    world_introduce(t.wallet, t.till);
    ACCEPTED(world_step_request(&next));
    ACCEPTED(world_step_debit(&next));
    end();
}

// ---- statement ---------------------------------------------------------------------------------

static uint16_t statement(struct world_card *card, const char *purse, struct object *out) {
    struct object_writer writer;
    uint8_t octets[256];
    static const uint8_t challenge[16] = {1, 2, 3};
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, octets, sizeof octets);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    world_send(card, COMMAND_PURSE_STATEMENT, world_sign(t.world, &writer));
    CU_ASSERT(card->sw != SW_OK || object_decode_as(OBJECT_STATEMENT, card->answer, out));
    return card->sw;
}

static void test_statement(void) {
    struct object said = {0};
    begin();
    struct world_payment open = trio_debited(&t, 200, "NO_1");
    struct world_snapshot before = world_save(t.world);
    ACCEPTED(statement(t.wallet, "WALLET1", &said));
    CU_ASSERT(world_unchanged(t.world, &before));
    world_forget(&before);
    CU_ASSERT(object_verify(&said, t.world->crypto, t.wallet->signing_point));
    CU_ASSERT_EQUAL(object_uint(&said, FIELD_STATE_NUMBER), world_number(t.wallet, NUMBER_STATE));
    CU_ASSERT_EQUAL(object_uint(&said, FIELD_COUNTER), 2);
    CU_ASSERT_EQUAL(said.fields[FIELD_COUNTERS].size, 4);
    CU_ASSERT_EQUAL(bytes_get_be(said.fields[FIELD_COUNTERS].data, 4), 1);
    const uint8_t *pocket = said.fields[FIELD_POCKETS].data;
    CU_ASSERT_EQUAL(bytes_get_be(pocket, 2), WORLD_UNIT);
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 2, 8), 2800);  // balance
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 10, 8), 3000); // issued
    CU_ASSERT_EQUAL(bytes_get_be(pocket + 34, 8), 200);  // spent
    REFUSED(&t, statement(t.wallet, "TILL1", &said), SW_WRONG_PARTY);
    ACCEPTED(world_step_credit(&open));
    ACCEPTED(world_step_ratify(&open));
    ACCEPTED(statement(t.wallet, "WALLET1", &said));
    CU_ASSERT_EQUAL(said.fields[FIELD_COUNTERS].size, 0);
    end();
}

// ---- batch, settlement, acknowledgement --------------------------------------------------------

static uint16_t batch(uint32_t first, uint32_t last, struct object *out) {
    uint8_t data[32];
    struct tlv_writer writer = tlv_writer_over(data, sizeof data);
    tlv_put_uint(&writer, 0x9F28, first);
    tlv_put_uint(&writer, 0x9F29, last);
    world_send(t.till, COMMAND_PURSE_BATCH, tlv_writer_bytes(&writer));
    CU_ASSERT(t.till->sw != SW_OK || object_decode_as(OBJECT_BATCH, t.till->answer, out));
    return t.till->sw;
}

static uint16_t settle(const char *purse, uint32_t first, uint32_t last, uint64_t sum) {
    struct object_writer writer;
    uint8_t out[512], sums[10], hash[SHA256_SIZE] = {1};
    object_begin(&writer, OBJECT_SETTLEMENT_RECEIPT, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    object_put_uint(&writer, FIELD_FIRST_N, first);
    object_put_uint(&writer, FIELD_LAST_N, last);
    bytes_put_be(sums, 2, WORLD_UNIT);
    bytes_put_be(sums + 2, 8, sum);
    object_put(&writer, FIELD_SUMS, BYTES_OF(sums));
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(hash));
    return world_send(t.till, COMMAND_PURSE_SETTLE, world_sign(t.world, &writer));
}

struct ack {
    const char *purse;
    uint32_t version, base, counter;
    uint64_t count, sum;
};

static uint16_t acknowledge(struct world_card *card, const struct ack *ack) {
    struct object_writer writer;
    uint8_t out[512], counter[4];
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(&writer, FIELD_PURSE,
               bytes_of_string(ack->purse != NULL ? ack->purse : card->holder));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    object_put_uint(&writer, FIELD_VERSION, ack->version);
    if (ack->count != 0) {
        object_put_uint(&writer, FIELD_OFFLINE_COUNT, ack->count);
        object_put_uint(&writer, FIELD_OFFLINE_SUM, ack->sum);
    }
    if (ack->base != 0)
        object_put_uint(&writer, FIELD_BASE, ack->base);
    bytes_put_be(counter, 4, ack->counter);
    if (ack->counter != 0)
        object_put(&writer, FIELD_COUNTERS, BYTES_OF(counter));
    return world_send(card, COMMAND_PURSE_ACKNOWLEDGE, world_sign(t.world, &writer));
}

/// Sales 1 and 3 paid with 100 and 300, 2 voided, 4 open.
static void four_sales(void) {
    ACCEPTED(world_pay(t.wallet, t.till, 100, "NO_1"));
    struct world_payment gone = trio_requested(&t, 200, "NO_2");
    ACCEPTED(world_step_void(&gone));
    ACCEPTED(world_pay(t.wallet, t.till, 300, "NO_3"));
    trio_requested(&t, 400, "NO_4");
}

static void test_batch(void) {
    struct object said = {0};
    begin();
    four_sales();
    struct world_snapshot before = world_save(t.world);
    ACCEPTED(batch(1, 3, &said));
    CU_ASSERT(world_unchanged(t.world, &before));
    world_forget(&before);
    CU_ASSERT(object_verify(&said, t.world->crypto, t.till->signing_point));
    CU_ASSERT_EQUAL(said.fields[FIELD_OUTCOMES].size, 1);
    CU_ASSERT_EQUAL(said.fields[FIELD_OUTCOMES].data[0], 0xA0); // paid, void, paid
    CU_ASSERT_EQUAL(said.fields[FIELD_SUMS].size, 10);
    CU_ASSERT_EQUAL(bytes_get_be(said.fields[FIELD_SUMS].data + 2, 8), 400);
    REFUSED(&t, batch(1, 4, &said), SW_STILL_OPEN);
    REFUSED(&t, batch(1, 5, &said), SW_NOT_OPEN);
    REFUSED(&t, batch(3, 1, &said), SW_WRONG_DATA);
    ACCEPTED(batch(2, 2, &said));
    CU_ASSERT_EQUAL(said.fields[FIELD_SUMS].size, 0);
    end();
}

static void test_settlement(void) {
    struct object said = {0};
    begin();
    four_sales();
    REFUSED(&t, settle("WALLET1", 1, 3, 400), SW_WRONG_PARTY);
    REFUSED(&t, settle("TILL1", 2, 3, 300), SW_WRONG_COUNTER);
    REFUSED(&t, settle("TILL1", 1, 4, 400), SW_STILL_OPEN);
    REFUSED(&t, settle("TILL1", 1, 9, 400), SW_NOT_OPEN);
    REFUSED(&t, settle("TILL1", 1, 3, 401), SW_INSUFFICIENT);
    ACCEPTED(settle("TILL1", 1, 2, 100));
    CU_ASSERT_EQUAL(balance(t.till), 300);
    REFUSED(&t, settle("TILL1", 1, 2, 100), SW_OK); // the very same receipt
    CU_ASSERT_EQUAL(balance(t.till), 300);
    REFUSED(&t, settle("TILL1", 1, 3, 300), SW_STALE); // overlaps what is settled
    ACCEPTED(settle("TILL1", 3, 3, 300));
    CU_ASSERT_EQUAL(balance(t.till), 0);
    t.till = t.wallet; // a wallet settles nothing
    REFUSED(&t, settle("WALLET1", 1, 1, 1), SW_WRONG_ROLE);
    t.till = t.world->cards[1];
    ACCEPTED(batch(1, 3, &said)); // the list stays until it is acknowledged
    end();
}

static void test_acknowledgement(void) {
    struct object said = {0};
    begin();
    four_sales();
    REFUSED(&t, acknowledge(t.till, &(struct ack){.version = 1, .base = 5}), SW_STILL_OPEN);
    REFUSED(&t, acknowledge(t.till, &(struct ack){.version = 1, .base = 6}), SW_NOT_OPEN);
    REFUSED(&t, acknowledge(t.till, &(struct ack){"WALLET1", 1, 4, 0, 0, 0}), SW_WRONG_PARTY);
    ACCEPTED(acknowledge(t.till, &(struct ack){.version = 2, .base = 4}));
    REFUSED(&t, acknowledge(t.till, &(struct ack){.version = 2, .base = 4}), SW_OK);
    REFUSED(&t, acknowledge(t.till, &(struct ack){.version = 1, .base = 4}), SW_STALE);
    REFUSED(&t, acknowledge(t.till, &(struct ack){.version = 3, .base = 3}), SW_STALE);
    REFUSED(&t, batch(1, 3, &said), SW_ASK_CENTER);
    REFUSED(&t, world_step_void(&(struct world_payment){.payee = t.till, .n = 2}), SW_ASK_CENTER);
    end();
}

// A late log below the base is for the center: the till neither credits nor voids it.
static void test_late_log_below_base(void) {
    begin();
    struct world_payment late = trio_debited(&t, 100, "NO_1");
    ACCEPTED(world_step_void(&late));
    ACCEPTED(acknowledge(t.till, &(struct ack){.version = 1, .base = 2}));
    struct world_payment again = late;
    REFUSED(&t, world_step_credit(&again), SW_ASK_CENTER);
    ACCEPTED(world_step_take_void(&late)); // the void that the center recorded
    CU_ASSERT_EQUAL(balance(t.wallet), 3000);
    end();
}

// T4: the center's acknowledgement ratifies an entry whose receipt never arrived.
static void test_acknowledged_debit(void) {
    begin();
    struct world_payment payment = trio_debited(&t, 100, "NO_1");
    ACCEPTED(world_step_credit(&payment));
    ACCEPTED(acknowledge(t.wallet, &(struct ack){.version = 1, .counter = 1}));
    CU_ASSERT_EQUAL(world_number(t.wallet, NUMBER_UNRATIFIED), 0);
    REFUSED(&t, world_step_ratify(&payment), SW_OK);
    end();
}

// ---- refund ------------------------------------------------------------------------------------

static uint16_t refund(struct world_card *card, const char *purse, uint64_t amount,
                       uint64_t state) {
    struct object_writer writer;
    uint8_t out[256];
    object_begin(&writer, OBJECT_REFUND, out, sizeof out);
    object_put_uint(&writer, FIELD_AMOUNT, amount);
    object_put_unit(&writer, WORLD_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER, state);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, WORLD_FROM);
    return world_send(card, COMMAND_PURSE_REFUND, world_sign(t.world, &writer));
}

static void test_refund(void) {
    begin();
    uint64_t state = world_number(t.wallet, NUMBER_STATE);
    REFUSED(&t, refund(t.wallet, "TILL1", 500, state), SW_WRONG_PARTY);
    REFUSED(&t, refund(t.wallet, "WALLET1", 500, state + 1), SW_STALE);
    REFUSED(&t, refund(t.wallet, "WALLET1", 0, state), SW_ZERO_AMOUNT);
    REFUSED(&t, refund(t.wallet, "WALLET1", 3001, state), SW_INSUFFICIENT);
    ACCEPTED(refund(t.wallet, "WALLET1", 500, state));
    CU_ASSERT_EQUAL(balance(t.wallet), 2500);
    REFUSED(&t, refund(t.wallet, "WALLET1", 500, state), SW_OK); // the very same: once
    REFUSED(&t, refund(t.wallet, "WALLET1", 400, state), SW_STALE);
    CU_ASSERT_EQUAL(balance(t.wallet), 2500);
    struct world_payment payment = trio_debited(&t, 100, "NO_1");
    struct object log;
    CU_ASSERT(object_decode_as(OBJECT_USAGE_LOG, world_bytes(&payment.log), &log));
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
        {"a batch lists credited and void", test_batch, NULL},
        {"T11: settlement, batch after batch, once", test_settlement, NULL},
        {"an acknowledgement moves the base", test_acknowledgement, NULL},
        {"a late log below the base", test_late_log_below_base, NULL},
        {"T4: an acknowledgement ratifies", test_acknowledged_debit, NULL},
        {"T11: a refund works once", test_refund, NULL},
    };
    return suite_main("test-purse-center", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
