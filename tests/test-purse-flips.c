// SPDX-License-Identifier: Apache-2.0
// Every single flipped bit of every object that the center signs for a purse: refused, and no image
// changes; the object itself is taken afterwards, so that nothing else was wrong with it.
#include "tests/trio.h"

#include <stdio.h>
#include <string.h>

static struct trio t;

/// One object of the center, and the card and command it is for.
struct sent {
    struct world_card *card;
    enum command_id command;
    uint8_t octets[512];
    struct bytes object;
};

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(world_pay(t.wallet, t.till, 100, "NO_1"));
    world_show_center(t.wallet);
    world_show_center(t.till);
}

static struct object_writer start(struct sent *sent, enum object_type type) {
    struct object_writer writer;
    object_begin(&writer, type, sent->octets, sizeof sent->octets);
    return writer;
}

static void put_center(struct object_writer *writer, const struct sent *sent) {
    object_put(writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put(writer, FIELD_PURSE, bytes_of_string(sent->card->holder));
    object_put_date(writer, FIELD_DATE, 20260102);
}

static void make_settlement(struct sent *sent) {
    static const uint8_t sums[10] = {0x01, 0x88, 0, 0, 0, 0, 0, 0, 0, 100}, hash[SHA256_SIZE];
    sent->card = t.till;
    sent->command = COMMAND_PURSE_SETTLE;
    struct object_writer writer = start(sent, OBJECT_SETTLEMENT_RECEIPT);
    put_center(&writer, sent);
    object_put_uint(&writer, FIELD_FIRST_N, 1);
    object_put_uint(&writer, FIELD_LAST_N, 1);
    object_put(&writer, FIELD_SUMS, BYTES_OF(sums));
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(hash));
    sent->object = world_sign(t.world, &writer);
}

static void make_refund(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_REFUND;
    struct object_writer writer = start(sent, OBJECT_REFUND);
    object_put_uint(&writer, FIELD_AMOUNT, 5);
    object_put_unit(&writer, WORLD_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER, world_number(t.wallet, NUMBER_STATE));
    put_center(&writer, sent);
    sent->object = world_sign(t.world, &writer);
}

static void make_acknowledgement(struct sent *sent) {
    static const uint8_t counters[4] = {0, 0, 0, 1};
    sent->card = t.till;
    sent->command = COMMAND_PURSE_ACKNOWLEDGE;
    struct object_writer writer = start(sent, OBJECT_ACKNOWLEDGEMENT);
    put_center(&writer, sent);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put_uint(&writer, FIELD_OFFLINE_COUNT, 9);
    object_put_uint(&writer, FIELD_OFFLINE_SUM, 999);
    object_put_uint(&writer, FIELD_BASE, 2);
    object_put(&writer, FIELD_COUNTERS, BYTES_OF(counters));
    sent->object = world_sign(t.world, &writer);
}

static void make_hotlist(struct sent *sent) {
    static const uint8_t digests[16] = {7}, devices[16] = "STOLEN";
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_HOTLIST;
    struct object_writer writer = start(sent, OBJECT_HOTLIST);
    object_put(&writer, FIELD_CENTER, bytes_of_string(t.world->center.holder));
    object_put_date(&writer, FIELD_DATE, 20260102);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put(&writer, FIELD_CERTIFICATES, BYTES_OF(digests));
    object_put(&writer, FIELD_DEVICES, BYTES_OF(devices));
    sent->object = world_sign(t.world, &writer);
}

static void make_time_reset(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_RESET_TIME;
    struct object_writer writer = start(sent, OBJECT_TIME_RESET);
    put_center(&writer, sent);
    object_put_uint(&writer, FIELD_VERSION, 1);
    sent->object = world_sign(t.world, &writer);
}

static void make_statement_challenge(struct sent *sent) {
    static const uint8_t challenge[16] = {3};
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_STATEMENT;
    struct object_writer writer = start(sent, OBJECT_STATEMENT_CHALLENGE);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    put_center(&writer, sent);
    sent->object = world_sign(t.world, &writer);
}

static void flip_all(struct sent *sent) {
    size_t accepted = 0, changed = 0;
    struct world_snapshot before = world_save(t.world);
    for (size_t bit = 0; bit < sent->object.size * 8; bit++) {
        sent->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += world_send(sent->card, sent->command, sent->object) == SW_OK;
        changed += !world_unchanged(t.world, &before);
        sent->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    world_forget(&before);
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_EQUAL(changed, 0);
    ACCEPTED(world_send(sent->card, sent->command, sent->object));
}

static void flip_one_kind(void (*make)(struct sent *sent)) {
    static struct sent sent;
    begin();
    make(&sent);
    flip_all(&sent);
    trio_end(&t);
}

static void test_settlement(void) {
    flip_one_kind(make_settlement);
}

static void test_refund(void) {
    flip_one_kind(make_refund);
}

static void test_acknowledgement(void) {
    flip_one_kind(make_acknowledgement);
}

static void test_hotlist(void) {
    flip_one_kind(make_hotlist);
}

static void test_time_reset(void) {
    flip_one_kind(make_time_reset);
}

static void test_statement_challenge(void) {
    flip_one_kind(make_statement_challenge);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"any flipped bit of a settlement receipt", test_settlement, NULL},
        {"any flipped bit of a refund", test_refund, NULL},
        {"any flipped bit of an acknowledgement", test_acknowledgement, NULL},
        {"any flipped bit of a hotlist", test_hotlist, NULL},
        {"any flipped bit of a time reset", test_time_reset, NULL},
        {"any flipped bit of a statement challenge", test_statement_challenge, NULL},
    };
    return suite_main("test-purse-flips", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
