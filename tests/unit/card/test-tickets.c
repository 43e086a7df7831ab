// SPDX-License-Identifier: Apache-2.0
// The ticket store: delivery by a seller, moves between stores, lists of devices, reading. What an
// enemy tries: tests/attack/test-ticket-attacks.c.
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair.h"

#include <string.h>

static struct fair *fair;
static struct scene_card *phone, *home;
static struct fair_ticket ticket;
static struct ticket_left left;

static void begin(void) {
    fair = fair_open(1);
    phone = fair_phone(fair, "ANNA", 4);
    home = fair_home(fair, "HOME", 4);
}

static void end(void) {
    fair_close(fair);
}

static void with_ticket(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    fair_befriend(phone, home);
}

static bool is_here(struct scene_card *card) {
    return fair_left(card, ticket.name, &left);
}

// ---- delivery ----------------------------------------------------------------------------------

static void deliver(void) {
    struct fair_object request, delivery, receipt;
    struct fair_sale sale = fair_three_plays("ANNA");
    begin();
    fair_make(fair, &sale, &ticket);
    CU_ASSERT_FALSE(is_here(phone));
    CU_ASSERT_EQUAL_FATAL(fair_ask(fair, phone, &request), SW_OK);
    fair_wrap(fair, &ticket, &request, &delivery);
    CU_ASSERT_EQUAL_FATAL(fair_send(phone, COMMAND_TICKETS_IMPORT, fair_bytes(&delivery)), SW_OK);
    receipt.size = phone->answer.size;
    memcpy(receipt.octets, phone->answer.data, receipt.size);
    CU_ASSERT_TRUE_FATAL(is_here(phone));
    CU_ASSERT_EQUAL(left.plays, 3);
    CU_ASSERT_EQUAL(left.generation, 1);
    CU_ASSERT_EQUAL(left.flags, 0);
    // told again, it is the same receipt and no second ticket
    CU_ASSERT_EQUAL(fair_send(phone, COMMAND_TICKETS_IMPORT, fair_bytes(&delivery)), SW_OK);
    CU_ASSERT_EQUAL(fair_count(phone), 1);
    end();
}

static void one_number(void) {
    struct fair_object first, again;
    struct object a, b;
    begin();
    CU_ASSERT_EQUAL(fair_ask(fair, phone, &first), SW_OK);
    CU_ASSERT_EQUAL(fair_ask(fair, phone, &again), SW_OK);
    CU_ASSERT_TRUE_FATAL(object_decode(fair_bytes(&first), &a));
    CU_ASSERT_TRUE_FATAL(object_decode(fair_bytes(&again), &b));
    CU_ASSERT_EQUAL(object_uint(&a, FIELD_N), object_uint(&b, FIELD_N));
    end();
}

/// A ticket may count plays or not, allow copies or not, have a first and a last day, or be nothing
/// but a key.
static void rights(void) {
    struct fair_sale sale = {.buyer = "ANNA", .number = "NO_2", .content = "ID_2", .open = true};
    begin();
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.flags, LEFT_UNLIMITED);
    CU_ASSERT_EQUAL(left.copies, 0);
    sale = fair_three_plays("ANNA");
    sale.copies = 2;
    sale.first_day = 20260110;
    sale.last_day = 20260120;
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.plays, 3);
    CU_ASSERT_EQUAL(left.copies, 2);
    sale.copies = TICKET_COPIES_UNLIMITED;
    sale.open = false;
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.copies, TICKET_COPIES_UNLIMITED);
    CU_ASSERT_EQUAL(left.flags, LEFT_SEALED);
    CU_ASSERT_EQUAL(fair_count(phone), 3);
    end();
}

/// Keys of every length, under both algorithms, for one content or for many under one key id.
static void keys(void) {
    static const char *const TEXTS[] = {
        "K", "0123456789ABCDEF0123456789ABCDEF",
        "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"};
    struct fair_sale sale = {.buyer = "ANNA", .number = "NO_3", .key_id = "KEY_7", .open = true};
    begin();
    fair_befriend(phone, home);
    for (size_t i = 0; i < 3; i++) {
        sale.key = TEXTS[i];
        sale.algorithm = i == 1 ? HPKE_AES_256 : HPKE_AES_128;
        fair_sell(fair, phone, &sale, &ticket);
        CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
        CU_ASSERT_TRUE(is_here(home));
    }
    end();
}

static void full(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    struct fair_object request;
    begin();
    for (size_t i = 0; i < 4; i++)
        fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_ask(fair, phone, &request), SW_NO_SPACE);
    CU_ASSERT_EQUAL(fair_count(phone), 4);
    // an open number keeps its place
    struct fair_ticket other;
    uint8_t name[3 + TICKET_NAME_SIZE] = {0x9F, 0x40, TICKET_NAME_SIZE};
    memcpy(name + 3, ticket.name, TICKET_NAME_SIZE);
    CU_ASSERT_EQUAL(fair_forget(phone, TICKETS_FORGET_TICKET, BYTES_OF(name)), SW_OK);
    CU_ASSERT_EQUAL(fair_ask(fair, phone, &request), SW_OK);
    fair_befriend(phone, home);
    sale.buyer = "HOME";
    fair_sell(fair, home, &sale, &other);
    struct fair_move move = fair_move(home, phone, &other);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_NO_SPACE);
    end();
}

// ---- moves -------------------------------------------------------------------------------------

static void transfer(void) {
    with_ticket();
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_FALSE(is_here(home));
    // reading selected the phone anew: the challenge is gone, the number is the same
    uint32_t n = move.n;
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_BAD_CHALLENGE);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(move.n, n);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_complete(&move), SW_OK);
    CU_ASSERT_FALSE(is_here(phone));
    CU_ASSERT_TRUE(is_here(home));
    CU_ASSERT_EQUAL(left.generation, 2);
    CU_ASSERT_EQUAL(left.plays, 3);
    // and back again, in its next generation
    CU_ASSERT_EQUAL(fair_transfer(home, phone, &ticket), SW_OK);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.generation, 3);
    end();
}

/// What SELECT tells before a ticket moves: who asks, and no ticket but the one on offer.
static void offer(void) {
    struct tlv item, own;
    uint8_t name[3 + TICKET_NAME_SIZE] = {0x9F, 0x40, TICKET_NAME_SIZE};
    with_ticket();
    memcpy(name + 3, ticket.name, TICKET_NAME_SIZE);
    for (unsigned round = 0; round < 3; round++) {
        CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
        CU_ASSERT_TRUE_FATAL(tlv_find(phone->answer, TICKETS_TAG_FCI, &item) &&
                             tlv_find(item.value, TICKETS_TAG_PROPRIETARY, &own));
        CU_ASSERT_TRUE(tlv_find(own.value, field_specs[FIELD_PAYER].tag, &item) &&
                       bytes_equal(item.value, bytes_of_string("ANNA")));
        bool offered = tlv_find(own.value, TICKETS_TAG_OFFERED, &item);
        CU_ASSERT_EQUAL(offered, round == 1);
        CU_ASSERT_TRUE(phone->answer.size <= 90);
        if (round == 0)
            CU_ASSERT_EQUAL(fair_send(phone, COMMAND_TICKETS_OFFER, BYTES_OF(name)), SW_OK);
        if (round == 1)
            scene_reset(phone);
    }
    end();
}

static void cancel(void) {
    with_ticket();
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_cancel(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_take_cancel(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK); // the cancel that won
    CU_ASSERT_FALSE(is_here(home));
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.generation, 1);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_TRUE(is_here(home));
    end();
}

/// The receipt is lost; the next move to the same home settles the first in the same tap.
static void settle(void) {
    struct fair_ticket second;
    struct fair_sale sale = fair_three_plays("ANNA");
    with_ticket();
    fair_sell(fair, phone, &sale, &second);
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &second), SW_OK);
    CU_ASSERT_FALSE(is_here(phone));
    CU_ASSERT_EQUAL(fair_count(phone), 0);
    CU_ASSERT_EQUAL(fair_count(home), 2);
    end();
}

/// Sent, never arrived, cancelled by the home without the phone: the next request tells it.
static void settle_back(void) {
    with_ticket();
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_cancel(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_TRUE(is_here(home));
    CU_ASSERT_FALSE(is_here(phone));
    end();
}

static void many_receptions(void) {
    with_ticket();
    for (unsigned i = 0; i < 300; i++) {
        bool there = i % 2 == 0;
        CU_ASSERT_EQUAL_FATAL(fair_transfer(there ? phone : home, there ? home : phone, &ticket),
                              SW_OK);
    }
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_EQUAL(left.generation, 301);
    end();
}

// ---- lists -------------------------------------------------------------------------------------

enum { PHONES = 3, HOMES = 3 };
static const char *const TIDS[PHONES] = {"TID_01", "TID_02", "TID_03"};
static const char *const SIDS[HOMES] = {"SID_01", "SID_02", "SID_03"};
// Whom each machine's user entered: rows are phones, columns homes.
static const bool PHONE_LISTS[PHONES][HOMES] = {{1, 1, 1}, {0, 1, 0}, {0, 0, 1}};
static const bool HOME_LISTS[HOMES][PHONES] = {{1, 0, 0}, {1, 1, 0}, {1, 1, 1}};

/// One pair: 0 moved, 1 refused by the home, 2 by the phone; what is refused changes nothing.
static int try_pair(struct scene_card *from, struct scene_card *to) {
    struct fair_sale sale = fair_three_plays(from->holder);
    fair_sell(fair, from, &sale, &ticket);
    struct fair_move move = fair_move(from, to, &ticket);
    int outcome = 0;
    if (fair_step_accept(&move) == SW_NOT_LISTED_HERE)
        outcome = 1;
    else if (fair_step_surrender(&move) == SW_NOT_LISTED_HERE)
        outcome = 2;
    else
        CU_ASSERT_TRUE(fair_step_import(&move) == SW_OK && fair_step_complete(&move) == SW_OK);
    CU_ASSERT_EQUAL(is_here(from), outcome != 0);
    CU_ASSERT_EQUAL(is_here(to), outcome == 0);
    return outcome;
}

static void nine_pairs(void) {
    static const char *const SAID[] = {"moves", "refused by the home server at ACCEPT",
                                       "refused by the phone at SURRENDER"};
    static const int EXPECTED[PHONES][HOMES] = {{0, 0, 0}, {1, 0, 2}, {1, 1, 0}};
    struct scene_card *phones[PHONES], *homes[HOMES];
    int moved = 0;
    fair = fair_open(9);
    for (size_t i = 0; i < PHONES; i++)
        phones[i] = fair_phone(fair, TIDS[i], 8);
    for (size_t i = 0; i < HOMES; i++)
        homes[i] = fair_home(fair, SIDS[i], 8);
    for (size_t p = 0; p < PHONES; p++)
        for (size_t h = 0; h < HOMES; h++) {
            fair_meet(phones[p], homes[h]);
            if (PHONE_LISTS[p][h])
                CU_ASSERT_EQUAL(fair_device(phones[p], TICKETS_DEVICE_ADD, SIDS[h]), SW_OK);
            if (HOME_LISTS[h][p])
                CU_ASSERT_EQUAL(fair_device(homes[h], TICKETS_DEVICE_ADD, TIDS[p]), SW_OK);
        }
    for (size_t p = 0; p < PHONES; p++)
        for (size_t h = 0; h < HOMES; h++) {
            int outcome = try_pair(phones[p], homes[h]);
            printf("  %s to %s: %s\n", TIDS[p], SIDS[h], SAID[outcome]);
            CU_ASSERT_EQUAL(outcome, EXPECTED[p][h]);
            moved += outcome == 0;
        }
    CU_ASSERT_EQUAL(moved, 5);
    end();
}

/// Ids may be a serial, a telephone number or an address on a network.
static void ids(void) {
    struct fair_sale sale = fair_three_plays("09012345678");
    fair = fair_open(4);
    phone = fair_phone(fair, "09012345678", 4);
    home = fair_home(fair, "192.168.0.17", 4);
    fair_befriend(phone, home);
    fair_sell(fair, phone, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_TRUE(is_here(home));
    end();
}

static uint16_t set_device(uint8_t p1, const char *id) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, field_specs[FIELD_HOLDER].tag, bytes_of_string(id));
    return fair_send_p1(phone, COMMAND_TICKETS_SET_DEVICE, p1, tlv_writer_bytes(&out));
}

static void devices(void) {
    with_ticket();
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, "OTHER"), SW_PIN_REQUIRED);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_REMOVE, "HOME"), SW_PIN_REQUIRED);
    CU_ASSERT_EQUAL(fair_send(phone, COMMAND_TICKETS_VERIFY, bytes_of_string("9999")), 0x63C2);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, "OTHER"), SW_PIN_REQUIRED);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_ADD, "OTHER"), SW_OK);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_ADD, "THIRTEEN-LONG"), SW_WRONG_DATA);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_ADD, "ANNA"), SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_REMOVE, "NOBODY"), SW_NOT_LISTED_HERE);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_REMOVE, "HOME"), SW_OK);
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_NOT_LISTED_HERE);
    CU_ASSERT_TRUE(is_here(phone));
    // over the air no list is edited, and no try of the PIN is spent
    phone->interface = CARD_CONTACTLESS;
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_send(phone, COMMAND_TICKETS_VERIFY, bytes_of_string("9999")),
                    SW_INTERFACE);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, "HOME"), SW_INTERFACE);
    phone->interface = CARD_CONTACT;
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_send(phone, COMMAND_TICKETS_VERIFY, bytes_of(NULL, 0)), 0x63C3);
    CU_ASSERT_EQUAL(fair_device(phone, TICKETS_DEVICE_ADD, "HOME"), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    end();
}

static void full_list(void) {
    char id[TICKET_ID_MAX + 1];
    begin();
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_verify(phone), SW_OK);
    for (unsigned i = 0; i < 32; i++) {
        snprintf(id, sizeof id, "D%u", i);
        CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, id), SW_OK);
    }
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, "D32"), SW_NO_SPACE);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_REMOVE, "D7"), SW_OK);
    CU_ASSERT_EQUAL(set_device(TICKETS_DEVICE_ADD, "D32"), SW_OK);
    end();
}

/// The device is deleted between ACCEPT and IMPORT: its number ends in the same commit.
static void delisted_meanwhile(void) {
    with_ticket();
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_device(home, TICKETS_DEVICE_REMOVE, "ANNA"), SW_OK);
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK); // answers the cancel
    CU_ASSERT_EQUAL(fair_step_take_cancel(&move), SW_OK);
    CU_ASSERT_TRUE(is_here(phone));
    CU_ASSERT_FALSE(is_here(home));
    end();
}

// ---- apparatus ---------------------------------------------------------------------------------

static void named(void) {
    struct fair_sale sale = fair_three_plays("ANNA");
    struct scene_card *bert, *other;
    begin();
    bert = fair_phone(fair, "BERT", 4);
    other = fair_home(fair, "OTHER", 4);
    fair_befriend(phone, home);
    fair_befriend(phone, other);
    fair_befriend(phone, bert);
    fair_befriend(bert, other);
    sale.named[0] = "HOME";
    sale.named[1] = "HOME2";
    fair_sell(fair, phone, &sale, &ticket);
    struct fair_move move = fair_move(phone, other, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_NOT_NAMED);
    CU_ASSERT_TRUE(is_here(phone));
    // a detour through another phone does not change that
    CU_ASSERT_EQUAL(fair_transfer(phone, bert, &ticket), SW_OK);
    move = fair_move(bert, other, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_NOT_NAMED);
    CU_ASSERT_EQUAL(fair_transfer(bert, phone, &ticket), SW_OK);
    CU_ASSERT_EQUAL(fair_transfer(phone, home, &ticket), SW_OK);
    CU_ASSERT_TRUE(is_here(home));
    // a home that a seller delivers to declines what does not name it
    sale.buyer = "OTHER";
    fair_make(fair, &sale, &ticket);
    CU_ASSERT_EQUAL(fair_deliver(fair, other, &ticket), SW_NOT_NAMED);
    CU_ASSERT_FALSE(is_here(other));
    end();
}

// ---- what stays --------------------------------------------------------------------------------

static void power(void) {
    with_ticket();
    struct fair_move move = fair_move(phone, home, &ticket);
    CU_ASSERT_EQUAL(fair_step_accept(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK);
    scene_power(phone);
    scene_power(home);
    CU_ASSERT_EQUAL(fair_select(home, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_select(phone, NULL), SW_OK);
    CU_ASSERT_EQUAL(fair_step_surrender(&move), SW_OK); // the same octets again
    CU_ASSERT_EQUAL(fair_step_import(&move), SW_OK);
    CU_ASSERT_EQUAL(fair_step_complete(&move), SW_OK);
    CU_ASSERT_TRUE(is_here(home));
    end();
}

static const struct suite_test tests[] = {
    {"a seller delivers a ticket, once however often it is told", deliver, NULL},
    {"one partner has one open number", one_number, NULL},
    {"plays, copies, days: each is there or not", rights, "P1-10 P1-11 P1-12 P1-13 M02a M02b"},
    {"keys of 1 to 64 octets, under one id for many contents, by two algorithms", keys,
     "M14a M14b M15a M15c"},
    {"a full store says so before anything is sent", full, NULL},
    {"a ticket moves to the home server and back", transfer, "P1-46 P4-21"},
    {"SELECT names the phone and holds no ticket", offer, "P4-17"},
    {"a cancelled number gives the ticket back", cancel, "P4-22"},
    {"a lost receipt is settled by the next move", settle, NULL},
    {"a lost cancel, too", settle_back, NULL},
    {"three hundred receptions without any center", many_receptions, NULL},
    {"nine pairs of phone and home server", nine_pairs,
     "W15 G8 G9 P4-18 P4-19 P4-20 P4-24 P4-30 P4-31 P4-32 P4-33 P4-34 P4-35 P4-36 P4-37 P4-38"},
    {"ids: a serial, a telephone number, an address", ids, "P4-23"},
    {"devices are entered and deleted with the PIN, never over the air", devices, "M25a M25b M25c"},
    {"a full list of devices", full_list, NULL},
    {"a device deleted with a move under way", delisted_meanwhile, NULL},
    {"apparatus that a ticket names, and other apparatus", named, "G11 M21a M21b M21c"},
    {"a move goes on after a loss of power on both sides", power, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-tickets", tests, sizeof tests / sizeof tests[0], argc, argv);
}
