// SPDX-License-Identifier: Apache-2.0
// Hotlists that come in parts: whole or not at all, up to their room, and found to the last mark.
// What an unfaithful carrier does with the parts changes nothing that is in force.
#include "tests/kit/hotlists.h"
#include "tests/kit/scene/forger.h"
#include "tests/kit/scene/trio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trio t;
static enum card_interface interface; // of the carrier

static void begin(void) {
    t = trio_begin(NULL, NULL, NULL);
    t.wallet->interface = t.till->interface = interface;
    scene_show_center(t.wallet);
    scene_show_center(t.till);
}

static void end(void) {
    t.wallet->interface = t.till->interface = CARD_CONTACT;
    trio_end(&t);
}

static uint16_t announce(struct scene_card *card, struct scene_hotlist *list) {
    uint8_t out[HOTLIST_OBJECT_ROOM];
    return scene_send(card, COMMAND_PURSE_HOTLIST, scene_hotlist_object(t.scene, list, out));
}

static uint16_t send_part(struct scene_card *card, const struct scene_hotlist *list,
                          uint16_t number) {
    return scene_send_p1p2(card, COMMAND_PURSE_HOTLIST_PART, number,
                           marks_part(scene_hotlist_marks(list), number));
}

static uint32_t version_of(struct scene_card *card) {
    struct card_call call = scene_call(card);
    return (uint32_t)identity_get(&call, IDENTITY_HOTLIST_VERSION);
}

/// Would the till ask this wallet for money?
static uint16_t ask(const char *holder, const char *sale) {
    struct scene_payment payment = scene_payment(t.wallet, t.till, 10, sale);
    struct scene_object request;
    scene_select(t.wallet, NULL);
    payment.terms.payer = holder;
    return scene_request(t.till, &payment.terms, &request);
}

/// Wallets that the till has met: the first and last of a long list, and one that is not on it.
static void meet_wallets(const char *const names[3]) {
    struct sample_party wallet;
    scene_select(t.till, NULL);
    for (size_t i = 0; i < 3; i++) {
        scene_certify(t.scene, &wallet, names[i], ROLE_WALLET, &t.scene->purses, SCENE_FROM,
                      SCENE_LONG);
        ACCEPTED(scene_send(t.till, COMMAND_PURSE_EXCHANGE_CERTIFICATES, wallet.certificate));
    }
}

// A till takes 4096 wallets, each with its certificate and its name, and finds them all.
static void test_large_list(void) {
    static const char *const NAMES[] = {"LOST1", "LOST2", "HONEST"};
    begin();
    meet_wallets(NAMES);
    struct scene_hotlist *list = scene_hotlist(1, 20260110);
    scene_list_strangers(list, MARKS_OF_MACHINE - 2);
    scene_list_holder(list, t.scene, t.scene->purses.holder, "LOST1");
    scene_list_holder(list, t.scene, t.scene->purses.holder, "LOST2");
    ACCEPTED(announce(t.till, list));
    size_t parts = (MARKS_OF_MACHINE + MARKS_A_PART - 1) / MARKS_A_PART;
    for (uint16_t i = 0; i < parts; i++) {
        CU_ASSERT_EQUAL(version_of(t.till), 0);
        CU_ASSERT_EQUAL(ask("LOST1", "EARLY"), SW_OK); // not in force yet
        ACCEPTED(send_part(t.till, list, i));
    }
    CU_ASSERT_EQUAL(version_of(t.till), 1);
    CU_ASSERT_EQUAL(ask("LOST1", "LATE"), SW_HOTLISTED);
    CU_ASSERT_EQUAL(ask("LOST2", "LATE"), SW_HOTLISTED);
    CU_ASSERT_EQUAL(ask("HONEST", "LATE"), SW_OK);
    scene_power(t.till);
    scene_select(t.till, NULL);
    CU_ASSERT_EQUAL(ask("LOST2", "LATER"), SW_HOTLISTED);
    scene_list_strangers(list, 1);
    list->version = 2;
    REFUSED(&t, announce(t.till, list), SW_NO_SPACE);
    free(list);
    end();
}

static void test_room_of_a_wallet(void) {
    begin();
    struct scene_hotlist *list = scene_hotlist(1, 20260110);
    scene_list_strangers(list, MARKS_OF_WALLET);
    ACCEPTED(announce(t.wallet, list));
    ACCEPTED(send_part(t.wallet, list, 0));
    CU_ASSERT_EQUAL(version_of(t.wallet), 1);
    scene_list_holder(list, t.scene, t.scene->purses.holder, "TILL1");
    list->version = 2;
    REFUSED(&t, announce(t.wallet, list), SW_NO_SPACE);
    free(list);
    end();
}

// A wallet's list, of a higher version, would make a till forget all wallets.
static void test_another_audience(void) {
    begin();
    struct scene_hotlist *list = scene_hotlist(9, 20260110);
    list->roles = ROLE_WALLET | ROLE_STORE;
    REFUSED(&t, announce(t.till, list), SW_WRONG_PARTY);
    ACCEPTED(announce(t.wallet, list));
    list->roles = ROLE_TILL | ROLE_FLOAT;
    list->version = 10;
    REFUSED(&t, announce(t.wallet, list), SW_WRONG_PARTY);
    free(list);
    end();
}

// Parts that are not the list that was signed: the one in force stays.
static void test_spoiled_parts(void) {
    begin();
    struct scene_hotlist *list = scene_hotlist(1, 20260110);
    REFUSED(&t, scene_send_p1p2(t.till, COMMAND_PURSE_HOTLIST_PART, 0, bytes_of(list->marks, 8)),
            SW_CONDITIONS); // no list was announced
    scene_list_strangers(list, 2 * MARKS_A_PART + 2);
    ACCEPTED(announce(t.till, list));
    REFUSED(&t, send_part(t.till, list, 1), SW_WRONG_COUNTER);
    struct bytes first = marks_part(scene_hotlist_marks(list), 0);
    REFUSED(&t,
            scene_send_p1p2(t.till, COMMAND_PURSE_HOTLIST_PART, 0,
                            bytes_of(first.data, first.size - MARK_SIZE)),
            SW_WRONG_DATA); // one is missing
    REFUSED(&t,
            scene_send_p1p2(t.till, COMMAND_PURSE_HOTLIST_PART, 0,
                            bytes_of(first.data, first.size - 1)),
            SW_WRONG_DATA);
    uint8_t swapped[MARKS_PART_MAX];
    memcpy(swapped, first.data + MARK_SIZE, MARK_SIZE);
    memcpy(swapped + MARK_SIZE, first.data, MARK_SIZE);
    memcpy(swapped + 2 * MARK_SIZE, first.data + 2 * MARK_SIZE, first.size - 2 * MARK_SIZE);
    REFUSED(&t, scene_send_p1p2(t.till, COMMAND_PURSE_HOTLIST_PART, 0, BYTES_OF(swapped)),
            SW_WRONG_DATA);
    ACCEPTED(send_part(t.till, list, 0));
    REFUSED(&t, send_part(t.till, list, 0), SW_OK); // again: its answer was lost
    list->marks[MARKS_PART_MAX + 7] ^= 1;           // a stranger's mark in the second part
    ACCEPTED(send_part(t.till, list, 1));
    REFUSED(&t, send_part(t.till, list, 2), SW_MISMATCH);
    CU_ASSERT_EQUAL(version_of(t.till), 0);
    list->marks[MARKS_PART_MAX + 7] ^= 1;
    ACCEPTED(announce(t.till, list)); // anew
    for (uint16_t i = 0; i < 3; i++)
        ACCEPTED(send_part(t.till, list, i));
    CU_ASSERT_EQUAL(version_of(t.till), 1);
    REFUSED(&t, send_part(t.till, list, 2), SW_CONDITIONS);
    free(list);
    end();
}

// One list is announced while another one grows: the later announcement counts.
static void test_another_list_between(void) {
    begin();
    struct scene_hotlist *first = scene_hotlist(1, 20260110), *second = scene_hotlist(2, 20260110);
    scene_list_strangers(first, MARKS_A_PART + 1);
    scene_list_holder(second, t.scene, t.scene->purses.holder, "WALLET1");
    ACCEPTED(announce(t.till, first));
    ACCEPTED(send_part(t.till, first, 0));
    ACCEPTED(announce(t.till, second));
    REFUSED(&t, send_part(t.till, first, 1), SW_WRONG_COUNTER);
    ACCEPTED(send_part(t.till, second, 0));
    CU_ASSERT_EQUAL(version_of(t.till), 2);
    CU_ASSERT_EQUAL(ask("WALLET1", "NO_1"), SW_HOTLISTED);
    REFUSED(&t, announce(t.till, first), SW_STALE);
    free(first);
    free(second);
    end();
}

#define OVER_BOTH(test)                                                                            \
    static void test##_both(void) {                                                                \
        interface = CARD_CONTACT;                                                                  \
        test();                                                                                    \
        interface = CARD_CONTACTLESS;                                                              \
        test();                                                                                    \
    }
OVER_BOTH(test_large_list)
OVER_BOTH(test_room_of_a_wallet)
OVER_BOTH(test_another_audience)
OVER_BOTH(test_spoiled_parts)
OVER_BOTH(test_another_list_between)

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"a till takes and finds 4096 wallets", test_large_list_both, "S08"},
        {"the room of a wallet", test_room_of_a_wallet_both, NULL},
        {"a list for cards of other roles", test_another_audience_both, NULL},
        {"parts that are not what was signed", test_spoiled_parts_both, NULL},
        {"another list between two parts", test_another_list_between_both, NULL},
    };
    return suite_main("test-purse-hotlist", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
