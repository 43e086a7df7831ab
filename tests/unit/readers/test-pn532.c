// SPDX-License-Identifier: Apache-2.0
// The software PN532: frames, the command table, searching, exchanges, target mode, as libnfc uses
// them.
#include <stdio.h>
#include <string.h>

#include "tests/kit/scene/radio.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

// ---- frames ---------------------------------------------------------------------------------

static enum pn532_frame_kind feed(struct pn532_parser *parser, const uint8_t *wire, size_t size) {
    enum pn532_frame_kind last = PN532_NOTHING;
    for (size_t i = 0; i < size; i++) {
        enum pn532_frame_kind kind = pn532_parser_take(parser, wire[i]);
        if (kind != PN532_NOTHING)
            last = kind;
    }
    return last;
}

static void test_every_frame_size_returns(void) {
    uint8_t payload[PN532_PAYLOAD_MAX], wire[PN532_FRAME_MAX];
    struct pn532_parser parser;
    pn532_parser_reset(&parser);
    for (size_t size = 1; size <= PN532_PAYLOAD_MAX; size++) {
        for (size_t i = 0; i < size; i++)
            payload[i] = (uint8_t)(i * 7 + size);
        size_t length = pn532_frame_write(bytes_of(payload, size), wire);
        CU_ASSERT(length == size + (size > 255 ? 10U : 7U));
        CU_ASSERT(feed(&parser, wire, length) == PN532_DATA);
        CU_ASSERT(parser.size == size && memcmp(parser.payload, payload, size) == 0);
    }
}

/// Flips each bit from LEN to DCS of the frame around a payload: how many frames are taken?
static unsigned wrong_frames_taken(struct bytes payload) {
    uint8_t wire[PN532_FRAME_MAX];
    size_t size = pn532_frame_write(payload, wire);
    unsigned taken = 0;
    for (size_t bit = 24; bit < (size - 1) * 8; bit++) {
        struct pn532_parser parser;
        pn532_parser_reset(&parser);
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        taken += feed(&parser, wire, size) == PN532_DATA;
        wire[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    return taken;
}

static void test_every_wrong_bit_is_seen(void) {
    static const uint8_t payload[] = {0xD4, 0x40, 0x01, 0x00, 0xFF, 0xA5};
    CU_ASSERT_EQUAL(wrong_frames_taken(BYTES_OF(payload)), 0);
}

/// A wrong length alone spoils nothing that would be seen later: more octets than it says follow.
static void test_extended_lengths_are_checked(void) {
    uint8_t payload[PN532_PAYLOAD_MAX] = {0xD4, 0x40}, wire[PN532_FRAME_MAX];
    struct pn532_parser parser;
    CU_ASSERT_EQUAL(wrong_frames_taken(bytes_of(payload, 260)), 0);
    for (unsigned check = 0; check < 0x100; check++) {
        size_t size = pn532_frame_write(bytes_of(payload, 260), wire);
        bool right = check == wire[7]; // 00 00 FF FF FF LENM LENL LCS
        wire[7] = (uint8_t)check;
        pn532_parser_reset(&parser);
        CU_ASSERT_EQUAL(feed(&parser, wire, size) == PN532_DATA, right);
    }
}

static void test_noise_is_skipped(void) {
    static const uint8_t noise[] = {0x55, 0x55, 0x00, 0x00, 0x00, 0xFF, 0x03, 0xFD,
                                    0xD4, 0x14, 0x01, 0x18, 0x00, 0x00, 0x00, 0xFF,
                                    0x02, 0xFE, 0xD4, 0x02, 0x2A, 0x00};
    struct pn532_parser parser;
    pn532_parser_reset(&parser);
    // the first frame has a wrong data checksum; the second is in order
    CU_ASSERT(feed(&parser, noise, 12) == PN532_BAD_CHECKSUM);
    CU_ASSERT(feed(&parser, noise + 12, sizeof noise - 12) == PN532_DATA);
    CU_ASSERT(parser.size == 2 && parser.payload[1] == 0x02);
}

// ---- the chip itself ------------------------------------------------------------------------

static void test_chip_commands(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    CU_ASSERT(radio_is(radio, chip, "1401", "15"));
    CU_ASSERT(radio_is(radio, chip, "02", "0332010607"));
    CU_ASSERT(radio_is(radio, chip, "00 00 6C69626E6663", "01 00 6C69626E6663"));
    CU_ASSERT(radio_is(radio, chip, "0001", "0100"));
    CU_ASSERT(radio_is(radio, chip, "0663026303", "078080"));
    CU_ASSERT(radio_is(radio, chip, "08 6302 00 633D 07", "09"));
    CU_ASSERT(radio_is(radio, chip, "06 6302 633D", "07 00 07"));
    CU_ASSERT(radio_is(radio, chip, "1214", "13"));
    CU_ASSERT(radio_is(radio, chip, "1000", "11")); // SetSerialBaudRate: 9600 bit/s
    CU_ASSERT(radio_is(radio, chip, "1008", "11")); // 1.288 Mbit/s
    CU_ASSERT(radio_is(radio, chip, "1009", "error"));
    CU_ASSERT(radio_is(radio, chip, "10", "error"));
    CU_ASSERT(radio_is(radio, chip, "320101", "33"));
    CU_ASSERT(radio_is(radio, chip, "04", "05 00 01 00 80"));
    CU_ASSERT(radio_is(radio, chip, "5601", "5701"));
    CU_ASSERT(radio_is(radio, chip, "99", "error"));
    CU_ASSERT(radio_is(radio, chip, "4A", "error"));
    CU_ASSERT(radio_is(radio, chip, "16F0", "1700"));
    radio_free(radio);
}

static void test_nack_repeats_the_answer(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    CU_ASSERT(radio_is(radio, chip, "02", "0332010607"));
    uint8_t first[32];
    size_t size = radio->hosts[chip].size - 6;
    memcpy(first, radio->hosts[chip].data + 6, size);
    radio->hosts[chip].size = 0;
    field_host(&radio->field, chip, BYTES_OF(pn532_nack));
    CU_ASSERT(radio->hosts[chip].size == size);
    CU_ASSERT(memcmp(radio->hosts[chip].data, first, size) == 0);
    radio_free(radio);
}

static void test_hang_up_is_a_power_cycle(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t answer[64];
    radio_card(radio, "echo", chip);
    CU_ASSERT(radio_is(radio, chip, "08 6302 00", "09"));
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    CU_ASSERT(radio->field.cards[0].picc.state == PICC_PROTOCOL);
    field_hang_up(&radio->field, chip);
    CU_ASSERT(radio->field.cards[0].picc.state == PICC_OFF);
    CU_ASSERT(radio_is(radio, chip, "06 6302", "07 80"));
    CU_ASSERT(radio_is(radio, chip, "40 01 00", "41 27"));
    radio_free(radio);
}

// ---- initiator ------------------------------------------------------------------------------

static void set_uid(struct radio *radio, int card, const char *hex) {
    uint8_t uid[PICC_UID_MAX];
    size_t size = from_hex(hex, uid, sizeof uid);
    CU_ASSERT(picc_set_uid(&radio->field.cards[card].picc, bytes_of(uid, size)));
}

static void test_list_finds_every_uid_size(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    set_uid(radio, card, "01020304");
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B01 01 0004 20 04 01020304 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "320100", "33"));
    set_uid(radio, card, "04112233445566");
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B01 01 0044 20 07 04112233445566 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "320100", "33"));
    set_uid(radio, card, "04112233445566778899");
    CU_ASSERT(
        radio_is(radio, chip, "4A0100", "4B01 01 0084 20 0A 04112233445566778899 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "0405", "05 00 01 01 01 00 00 10 80"));
    radio_free(radio);
}

// What makes an octet the cascade tag is the SAK behind it, not its value.
static void test_cascade_by_sak(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    struct picc *picc = &radio->field.cards[card].picc;
    set_uid(radio, card, "04112288445566");
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B01 01 0044 20 07 04112288445566 0578777000"));
    CU_ASSERT_FALSE(picc_set_uid(picc, bytes_of("\x88\x01\x02\x03", 4)));
    CU_ASSERT_FALSE(picc_set_uid(picc, bytes_of("\x01\x02\x03\x04\x05", 5)));
    CU_ASSERT_EQUAL(picc->uid_size, 7); // as it was
    radio_free(radio);
}

// One card is selected, and it is target 1.
static void test_other_targets_are_not_there(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    radio_card(radio, "echo", chip);
    CU_ASSERT(radio_is(radio, chip, "40 01 00A4", "41 27"));
    radio_post(radio, chip, "4A0100");
    uint8_t answer[64];
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    CU_ASSERT(radio_is(radio, chip, "40 02 00A4", "41 27"));
    CU_ASSERT(radio_is(radio, chip, "40 00 00A4", "41 27"));
    CU_ASSERT(radio_is(radio, chip, "54 02", "55 27"));
    CU_ASSERT(radio_is(radio, chip, "4E 02 01 01", "4F 27"));
    CU_ASSERT(radio_is(radio, chip, "54 01", "55 00"));
    radio_free(radio);
}

static void test_list_without_card(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    CU_ASSERT(radio_is(radio, chip, "320500FF02", "33"));
    uint64_t start = radio->field.now;
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B00"));
    CU_ASSERT(radio->field.now - start == 2 * (uint64_t)PN532_POLL_NS); // three tries
    CU_ASSERT(radio_is(radio, chip, "4A0103", "4B00"));                 // type B
    CU_ASSERT(radio_is(radio, chip, "320500FFFF", "33"));
    radio_post(radio, chip, "4A0100"); // for ever: found when it comes
    CU_ASSERT(radio_got(radio, chip, "-"));
    set_uid(radio, radio_card(radio, "echo", chip), "01020304");
    CU_ASSERT(radio_got(radio, chip, "4B01 01 0004 20 04 01020304 0578777000"));
    radio_free(radio);
}

static void test_list_by_uid(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    set_uid(radio, radio_card(radio, "echo", chip), "01020304");
    set_uid(radio, radio_card(radio, "echo", chip), "04112233445566");
    CU_ASSERT(radio_is(radio, chip, "320500FF00", "33"));
    CU_ASSERT(radio_is(radio, chip, "4A0100 01020304", "4B01 01 0004 20 04 01020304 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "320100", "33"));
    // the two ATQA collide: what both say is what is heard of them
    CU_ASSERT(radio_is(radio, chip, "4A0100 8804112233445566",
                       "4B01 01 0004 20 07 04112233445566 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "320100", "33"));
    CU_ASSERT(radio_is(radio, chip, "4A0100 01020305", "4B00"));
    radio_free(radio);
}

static void test_auto_poll(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    CU_ASSERT(radio_is(radio, chip, "60 01 01 00", "6100"));
    set_uid(radio, radio_card(radio, "echo", chip), "01020304");
    CU_ASSERT(radio_is(radio, chip, "60 14 02 20 10 03 11 12 04",
                       "6101 20 0E 01 0004 20 04 01020304 0578777000"));
    radio_free(radio);
}

// Every APDU size passes in both directions, whatever the card's frame size.
static void exchange_all_sizes(unsigned fsci) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    radio->field.cards[card].picc.ats[1] = (uint8_t)(0x70 | fsci);
    uint8_t command[PN532_PAYLOAD_MAX] = {0x4A, 0x01, 0x00}, answer[PN532_PAYLOAD_MAX];
    CU_ASSERT(radio_command(radio, chip, bytes_of(command, 3), answer, sizeof answer) > 2);
    unsigned wrong = 0;
    for (size_t size = 1; size <= PN532_DATA_MAX - 2; size++) {
        command[0] = 0x40;
        command[1] = 0x01;
        for (size_t i = 0; i < size; i++)
            command[2 + i] = (uint8_t)(i + size);
        command[3] = 0x00;
        int got = radio_command(radio, chip, bytes_of(command, size + 2), answer, sizeof answer);
        wrong += got != (int)size + 4 || answer[1] != 0 ||
                 memcmp(answer + 2, command + 2, size) != 0 || answer[2 + size] != 0x90;
    }
    CU_ASSERT(wrong == 0);
    radio_free(radio);
}

static void test_every_apdu_size_passes(void) {
    exchange_all_sizes(8);
    exchange_all_sizes(5);
    exchange_all_sizes(0);
}

static void test_more_in_both_directions(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t command[PN532_PAYLOAD_MAX] = {0x40, 0x41}, answer[PN532_PAYLOAD_MAX];
    radio_card(radio, "echo", chip);
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    memset(command + 2, 0x11, 200);
    CU_ASSERT(radio_command(radio, chip, bytes_of(command, 202), answer, sizeof answer) == 2);
    command[1] = 0x01;
    // 400 octets and a status word come back in two parts
    CU_ASSERT(radio_command(radio, chip, bytes_of(command, 202), answer, sizeof answer) ==
              2 + PN532_DATA_MAX);
    CU_ASSERT(answer[1] == PN532_MORE);
    CU_ASSERT(radio_command(radio, chip, bytes_of(command, 2), answer, sizeof answer) ==
              2 + 402 - PN532_DATA_MAX);
    CU_ASSERT(answer[1] == PN532_OK && answer[2 + 402 - PN532_DATA_MAX - 2] == 0x90);
    radio_free(radio);
}

static void test_raw_anticollision(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    set_uid(radio, radio_card(radio, "echo", chip), "01020304");
    CU_ASSERT(radio_is(radio, chip, "42 26", "43 01")); // no field yet
    CU_ASSERT(radio_is(radio, chip, "320101", "33"));
    CU_ASSERT(radio_is(radio, chip, "08 6302 00 6303 00 633D 07", "09"));
    CU_ASSERT(radio_is(radio, chip, "42 26", "43 00 0400"));
    CU_ASSERT(radio_is(radio, chip, "08 633D 00", "09"));
    CU_ASSERT(radio_is(radio, chip, "42 9320", "43 00 0102030404"));
    CU_ASSERT(radio_is(radio, chip, "08 6302 80 6303 80", "09"));
    CU_ASSERT(radio_is(radio, chip, "42 93700102030404", "43 00 20"));
    CU_ASSERT(radio_is(radio, chip, "42 E080", "43 00 0578777000"));
    CU_ASSERT(radio_is(radio, chip, "42 0200A40400", "43 00 029000"));
    CU_ASSERT(radio_is(radio, chip, "42 B2", "43 00 029000")); // R(NAK): the same again
    CU_ASSERT(radio_is(radio, chip, "42 B3", "43 00 A2"));     // R(NAK) of the other number
    CU_ASSERT(radio_is(radio, chip, "42 C2", "43 00 C2"));     // S(DESELECT)
    CU_ASSERT(radio_is(radio, chip, "42 B3", "43 01"));
    radio_free(radio);
}

static void test_bit_rate_by_pps(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    radio->field.chips[chip].chip.rate = 424;
    uint8_t answer[64];
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    CU_ASSERT(radio->field.cards[card].picc.rate == 424);
    CU_ASSERT(radio->field.chips[chip].chip.rate_now == 424);
    CU_ASSERT(radio_is(radio, chip, "40 01 00A40400", "41 00 9000"));
    CU_ASSERT(radio_is(radio, chip, "4E 01 00 00", "4F 01")); // too late: blocks were exchanged
    CU_ASSERT(radio_is(radio, chip, "44 01", "45 00"));
    radio_free(radio);
}

// ---- abort ----------------------------------------------------------------------------------

static void test_abort_drops_the_late_answer(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    uint8_t answer[64];
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    radio->field.cards[card].delay_ns = 200000000;
    for (unsigned by_ack = 0; by_ack < 2; by_ack++) {
        radio_post(radio, chip, "40 01 00 11");
        radio_run(radio, 20000000);
        CU_ASSERT(radio->hosts[chip].size == 6); // only the acknowledge
        if (by_ack)
            field_host(&radio->field, chip, BYTES_OF(pn532_ack));
        // the card is still computing: the next exchange must not get that answer
        CU_ASSERT(radio_is(radio, chip, "40 01 00 22", "41 00 0022 9000"));
    }
    radio_free(radio);
}

static void test_abort_of_an_endless_search(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    radio_post(radio, chip, "4A0100");
    radio_run(radio, 100000000);
    field_host(&radio->field, chip, BYTES_OF(pn532_ack));
    radio->hosts[chip].size = 0;
    radio_card(radio, "echo", chip);
    radio_run(radio, 100000000);
    CU_ASSERT(radio->hosts[chip].size == 0);
    CU_ASSERT(radio_is(radio, chip, "02", "0332010607"));
    radio_free(radio);
}

// ---- target ---------------------------------------------------------------------------------

static const char target_init[] = "8C 05 0400 00B00B 20 000000000000000000000000000000000000 "
                                  "00000000000000000000 00 00";

struct pair {
    struct radio *radio;
    unsigned kiosk, phone;
};

static struct pair pair_new(void) {
    struct pair pair = {radio_new(1), 0, 0};
    pair.kiosk = radio_chip(pair.radio, "kiosk");
    pair.phone = radio_chip(pair.radio, "phone");
    field_place_chip(&pair.radio->field, (int)pair.phone, (int)pair.kiosk);
    CU_ASSERT(radio_is(pair.radio, pair.phone, "1230", "13"));
    return pair;
}

static void activate(struct pair pair) {
    radio_post(pair.radio, pair.phone, target_init);
    CU_ASSERT(radio_is(pair.radio, pair.kiosk, "4A0100", "4B01 01 0004 20 04 0800B00B 0575339203"));
    CU_ASSERT(radio_got(pair.radio, pair.phone, "8D 08 E080"));
}

static void test_target_answers(void) {
    struct pair pair = pair_new();
    activate(pair);
    for (unsigned i = 0; i < 3; i++) {
        radio_post(pair.radio, pair.kiosk, "40 01 00A4040000");
        CU_ASSERT(radio_is(pair.radio, pair.phone, "86", "87 00 00A4040000"));
        CU_ASSERT(radio_is(pair.radio, pair.phone, "8E 6A82", "8F 00"));
        CU_ASSERT(radio_got(pair.radio, pair.kiosk, "41 00 6A82"));
        radio_post(pair.radio, pair.phone, "86"); // this time it waits first
        radio_post(pair.radio, pair.kiosk, "40 01 00B0");
        CU_ASSERT(radio_got(pair.radio, pair.phone, "87 00 00B0"));
        CU_ASSERT(radio_is(pair.radio, pair.phone, "8E 9000", "8F 00"));
        CU_ASSERT(radio_got(pair.radio, pair.kiosk, "41 00 9000"));
    }
    radio_free(pair.radio);
}

// A program behind the target may take longer than the frame waiting time: the chip asks for more.
static void test_target_may_be_slow(void) {
    struct pair pair = pair_new();
    activate(pair);
    radio_post(pair.radio, pair.phone, "86");
    radio_post(pair.radio, pair.kiosk, "40 01 00B0");
    radio_run(pair.radio, 900000000);
    CU_ASSERT(radio_got(pair.radio, pair.phone, "87 00 00B0"));
    CU_ASSERT(radio_is(pair.radio, pair.phone, "8E 9000", "8F 00"));
    CU_ASSERT(radio_got(pair.radio, pair.kiosk, "41 00 9000"));
    radio_free(pair.radio);
}

static void released_by(const char *order) {
    struct pair pair = pair_new();
    activate(pair);
    radio_post(pair.radio, pair.phone, "86");
    if (order != NULL)
        radio_post(pair.radio, pair.kiosk, order);
    else
        field_hang_up(&pair.radio->field, pair.kiosk);
    CU_ASSERT(radio_got(pair.radio, pair.phone, "87 29"));
    CU_ASSERT(radio_is(pair.radio, pair.phone, "8E 9000", "8F 29"));
    activate(pair); // and a new tap works
    radio_free(pair.radio);
}

static void test_target_is_released(void) {
    released_by("320100");
    released_by("44 01");
    released_by("52 00");
    released_by(NULL);
}

static void test_target_taken_away(void) {
    struct pair pair = pair_new();
    activate(pair);
    radio_post(pair.radio, pair.kiosk, "40 01 00B0");
    CU_ASSERT(radio_is(pair.radio, pair.phone, "86", "87 00 00B0"));
    field_place_chip(&pair.radio->field, (int)pair.phone, FIELD_NOWHERE);
    CU_ASSERT(radio_is(pair.radio, pair.phone, "8E 9000", "8F 29"));
    CU_ASSERT(radio_got(pair.radio, pair.kiosk, "41 01"));
    radio_free(pair.radio);
}

static void test_target_wrong_context(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "phone");
    CU_ASSERT(radio_is(radio, chip, "86", "87 27"));
    CU_ASSERT(radio_is(radio, chip, "8E 9000", "8F 27"));
    CU_ASSERT(radio_is(radio, chip, "8C 05", "error"));
    radio_post(radio, chip, target_init);
    CU_ASSERT(radio_got(radio, chip, "-"));
    CU_ASSERT(radio_is(radio, chip, "8A", "8B 00 00"));
    radio_free(radio);
}

// Without the PICC bit the host sees the frames behind SELECT itself.
static void test_raw_target(void) {
    struct pair pair = pair_new();
    CU_ASSERT(radio_is(pair.radio, pair.phone, "1210", "13"));
    CU_ASSERT(radio_is(pair.radio, pair.kiosk, "1204", "13")); // no RATS by itself
    radio_post(pair.radio, pair.phone, target_init);
    CU_ASSERT(radio_is(pair.radio, pair.kiosk, "4A0100", "4B01 01 0004 20 04 0800B00B"));
    radio_post(pair.radio, pair.kiosk, "42 E080");
    CU_ASSERT(radio_got(pair.radio, pair.phone, "8D 00 E080"));
    CU_ASSERT(radio_is(pair.radio, pair.phone, "90 0575339203", "91 00"));
    CU_ASSERT(radio_got(pair.radio, pair.kiosk, "43 00 0575339203"));
    radio_post(pair.radio, pair.phone, "88");
    radio_post(pair.radio, pair.kiosk, "42 0200A4");
    CU_ASSERT(radio_got(pair.radio, pair.phone, "89 00 0200A4"));
    radio_free(pair.radio);
}

static const struct suite_test tests[] = {
    {"frames of every size return", test_every_frame_size_returns, NULL},
    {"a wrong bit in a frame is seen", test_every_wrong_bit_is_seen, NULL},
    {"lengths of extended frames are checked", test_extended_lengths_are_checked, NULL},
    {"noise and broken frames are skipped", test_noise_is_skipped, NULL},
    {"commands of the chip", test_chip_commands, NULL},
    {"NACK repeats the answer", test_nack_repeats_the_answer, NULL},
    {"hang-up is a power cycle", test_hang_up_is_a_power_cycle, NULL},
    {"cards of every UID size are found", test_list_finds_every_uid_size, NULL},
    {"search without card, and for ever", test_list_without_card, NULL},
    {"search for one UID", test_list_by_uid, NULL},
    {"auto poll", test_auto_poll, NULL},
    {"APDUs of every size pass", test_every_apdu_size_passes, NULL},
    {"longer APDUs in parts", test_more_in_both_directions, NULL},
    {"raw anticollision and blocks", test_raw_anticollision, NULL},
    {"bit rate by PPS", test_bit_rate_by_pps, NULL},
    {"an aborted exchange leaves no answer behind", test_abort_drops_the_late_answer, NULL},
    {"an endless search can be aborted", test_abort_of_an_endless_search, NULL},
    {"a target answers", test_target_answers, NULL},
    {"a cascade is what SAK says", test_cascade_by_sak, NULL},
    {"targets that are not there", test_other_targets_are_not_there, NULL},
    {"a target may be slow", test_target_may_be_slow, NULL},
    {"a target is released", test_target_is_released, NULL},
    {"a target is taken away", test_target_taken_away, NULL},
    {"a target out of turn", test_target_wrong_context, NULL},
    {"a raw target", test_raw_target, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-pn532", tests, sizeof tests / sizeof tests[0], argc, argv);
}
