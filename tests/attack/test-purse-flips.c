// SPDX-License-Identifier: Apache-2.0
// Every single flipped bit of every object that the center signs for a purse, and the same object
// signed for another card: refused, and no image changes; the object itself is taken afterwards, so
// that nothing else was wrong with it.
#include "tests/kit/clearing.h"
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trio t;

/// One object of the center, and the card and command it is for.
struct sent {
    struct scene_card *card;
    enum purse_command command;
    const char *purse; // that it names; NULL: the card's own
    uint8_t octets[512];
    struct bytes object;
};

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    ACCEPTED(scene_pay(t.wallet, t.till, 100, "NO_1"));
    scene_show_center(t.wallet);
    scene_show_center(t.till);
}

static struct object_writer start(struct sent *sent, enum object_type type) {
    struct object_writer writer;
    object_begin(&writer, type, sent->octets, sizeof sent->octets);
    return writer;
}

static const char *named(const struct sent *sent) {
    return sent->purse != NULL ? sent->purse : sent->card->holder;
}

static void put_center(struct object_writer *writer, const struct sent *sent) {
    object_put(writer, FIELD_CENTER, bytes_of_string(t.scene->center.holder));
    object_put(writer, FIELD_PURSE, bytes_of_string(named(sent)));
    object_put_date(writer, FIELD_DATE, 20260102);
}

static void make_settlement(struct sent *sent) {
    static struct clearing clearing;
    sent->card = t.till;
    sent->command = COMMAND_PURSE_SETTLE;
    ACCEPTED(clearing_batch(t.till, &clearing));
    clearing.purse = named(sent);
    sent->object = clearing_receipt(t.scene, &clearing, sent->octets);
}

static void make_release(struct sent *sent) {
    static struct clearing clearing;
    sent->card = t.till;
    sent->command = COMMAND_PURSE_RELEASE;
    ACCEPTED(clearing_batch(t.till, &clearing));
    clearing.purse = named(sent);
    sent->object = clearing_release(t.scene, &clearing, sent->octets);
}

static void make_issue_log(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_ISSUE;
    struct scene_issue issue = scene_issue_for(t.wallet, 500);
    issue.purse = named(sent);
    sent->object = scene_issue_object(t.scene, &issue, sent->octets, sizeof sent->octets);
}

static void make_refund(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_REFUND;
    struct object_writer writer = start(sent, OBJECT_REFUND);
    object_put_uint(&writer, FIELD_AMOUNT, 5);
    object_put_unit(&writer, SCENE_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER, scene_number(t.wallet, NUMBER_STATE));
    put_center(&writer, sent);
    sent->object = scene_sign(t.scene, &writer);
}

static void make_acknowledgement(struct sent *sent) {
    static const uint8_t counters[4] = {0, 0, 0, 1};
    sent->card = t.till;
    sent->command = COMMAND_PURSE_ACKNOWLEDGE;
    ACCEPTED(clearing_close(t.till)); // a till forgets what is settled
    struct object_writer writer = start(sent, OBJECT_ACKNOWLEDGEMENT);
    put_center(&writer, sent);
    object_put_uint(&writer, FIELD_VERSION, 1);
    object_put_uint(&writer, FIELD_OFFLINE_COUNT, 9);
    object_put_uint(&writer, FIELD_OFFLINE_SUM, 999);
    object_put_uint(&writer, FIELD_BASE, 2);
    object_put(&writer, FIELD_COUNTERS, BYTES_OF(counters));
    sent->object = scene_sign(t.scene, &writer);
}

static void make_hotlist(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_HOTLIST;
    struct scene_hotlist *list = scene_hotlist(1, 20260102);
    scene_list_holder(list, t.scene, t.scene->purses.holder, "STOLEN");
    sent->object = scene_hotlist_object(t.scene, list, sent->octets);
    free(list);
}

static void make_time_reset(struct sent *sent) {
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_RESET_TIME;
    struct object_writer writer = start(sent, OBJECT_TIME_RESET);
    put_center(&writer, sent);
    object_put_uint(&writer, FIELD_VERSION, 1);
    sent->object = scene_sign(t.scene, &writer);
}

static void make_statement_challenge(struct sent *sent) {
    static const uint8_t challenge[16] = {3};
    sent->card = t.wallet;
    sent->command = COMMAND_PURSE_STATEMENT;
    struct object_writer writer = start(sent, OBJECT_STATEMENT_CHALLENGE);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(challenge));
    put_center(&writer, sent);
    sent->object = scene_sign(t.scene, &writer);
}

static void flip_all(struct sent *sent) {
    size_t accepted = 0, changed = 0;
    struct scene_snapshot before = scene_save(t.scene);
    for (size_t bit = 0; bit < sent->object.size * 8; bit++) {
        sent->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        accepted += scene_send(sent->card, sent->command, sent->object) == SW_OK;
        changed += !scene_unchanged(t.scene, &before);
        sent->octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    scene_forget(&before);
    CU_ASSERT_EQUAL(accepted, 0);
    CU_ASSERT_EQUAL(changed, 0);
    ACCEPTED(scene_send(sent->card, sent->command, sent->object));
}

static void flip_one_kind(void (*make)(struct sent *sent)) {
    static struct sent sent;
    begin();
    sent.purse = NULL;
    make(&sent);
    flip_all(&sent);
    trio_end(&t);
}

static void test_settlement(void) {
    flip_one_kind(make_settlement);
}

static void test_release(void) {
    flip_one_kind(make_release);
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

/// Right in all but the name of the card.
static void name_another(void (*make)(struct sent *sent)) {
    static struct sent sent;
    begin();
    sent.purse = t.floater->holder;
    make(&sent);
    REFUSED(&t, scene_send(sent.card, sent.command, sent.object), SW_WRONG_PARTY);
    trio_end(&t);
    begin();
    sent.purse = NULL;
    make(&sent);
    ACCEPTED(scene_send(sent.card, sent.command, sent.object));
    trio_end(&t);
}

static void test_another_card(void) {
    static void (*const kinds[])(struct sent * sent) = {
        make_issue_log,  make_settlement,         make_release, make_refund, make_acknowledgement,
        make_time_reset, make_statement_challenge};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        name_another(kinds[i]);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"a center's object replayed to another card", test_another_card, "S05b"},
        {"any flipped bit of a settlement receipt", test_settlement, NULL},
        {"any flipped bit of a release", test_release, NULL},
        {"any flipped bit of a refund", test_refund, NULL},
        {"any flipped bit of an acknowledgement", test_acknowledgement, NULL},
        {"any flipped bit of a hotlist", test_hotlist, NULL},
        {"any flipped bit of a time reset", test_time_reset, NULL},
        {"any flipped bit of a statement challenge", test_statement_challenge, NULL},
    };
    return suite_main("test-purse-flips", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
