// SPDX-License-Identifier: Apache-2.0
// The radio field: several cards, removal at any octet, time, errors on purpose, one seed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/control.h"
#include "readers/field/apps.h"
#include "readers/field/fault.h"
#include "readers/field/orders.h"
#include "tests/kit/scene/radio.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

static void set_uid(struct radio *radio, int card, const uint8_t *uid, size_t size) {
    CU_ASSERT(picc_set_uid(&radio->field.cards[card].picc, bytes_of(uid, size)));
}

static bool found_uid(const uint8_t *answer, int size, const uint8_t *uid, size_t uid_size) {
    return size > 6 + (int)uid_size && answer[1] == 1 && answer[6] == uid_size &&
           memcmp(answer + 7, uid, uid_size) == 0;
}

// ---- several cards --------------------------------------------------------------------------

// Both cards are found one after the other, the bit 1 before the bit 0, then nobody is left.
static bool both_found(const uint8_t *a, const uint8_t *b, size_t size) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t first[64], second[64];
    set_uid(radio, radio_card(radio, "echo", chip), a, size);
    set_uid(radio, radio_card(radio, "stranger", chip), b, size);
    bool good = radio_is(radio, chip, "320500FF00", "33");
    radio_post(radio, chip, "4A0100");
    int got = radio_wait(radio, chip, first, sizeof first);
    good = good && (found_uid(first, got, a, size) || found_uid(first, got, b, size));
    good = good && radio_is(radio, chip, "44 01", "45 00"); // it halts
    radio_post(radio, chip, "4A0100");
    got = radio_wait(radio, chip, second, sizeof second);
    good = good && (found_uid(second, got, a, size) || found_uid(second, got, b, size)) &&
           memcmp(first + 7, second + 7, size) != 0;
    good =
        good && radio_is(radio, chip, "44 01", "45 00") && radio_is(radio, chip, "4A0100", "4B00");
    radio_free(radio);
    return good;
}

static void test_anticollision_at_every_bit(void) {
    static const uint8_t base[10] = {0x04, 0x5A, 0xC3, 0x96, 0x69, 0x3C, 0xA5, 0x0F, 0xF1, 0x5E};
    static const size_t sizes[] = {4, 7, 10};
    unsigned failed = 0;
    for (size_t s = 0; s < 3; s++)
        for (size_t bit = 0; bit < sizes[s] * 8; bit++) {
            uint8_t other[10];
            memcpy(other, base, sizeof other);
            other[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            failed += !both_found(base, other, sizes[s]);
        }
    CU_ASSERT(failed == 0);
}

static void test_many_cards(void) {
    struct radio *radio = radio_new(3);
    unsigned chip = radio_chip(radio, "kiosk"), found = 0;
    uint8_t answer[64];
    for (unsigned i = 0; i < FIELD_CARDS_MAX; i++) {
        uint8_t uid[4];
        bytes_put_be(uid, 4, field_random(&radio->field) & 0x7FFFFFFF);
        set_uid(radio, radio_card(radio, "echo", chip), uid, sizeof uid);
    }
    CU_ASSERT(radio_is(radio, chip, "320500FF00", "33"));
    for (;;) {
        radio_post(radio, chip, "4A0100");
        if (radio_wait(radio, chip, answer, sizeof answer) <= 2)
            break;
        CU_ASSERT(radio_is(radio, chip, "40 01 00B0", "41 00 00B0 9000"));
        CU_ASSERT(radio_is(radio, chip, "44 01", "45 00"));
        found++;
    }
    CU_ASSERT(found == FIELD_CARDS_MAX);
    CU_ASSERT(field_add_builtin(&radio->field, "one too many", "echo") == -1);
    radio_free(radio);
}

static void test_halted_cards_by_request_or_wake_up(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t answer[64];
    radio_card(radio, "echo", chip);
    CU_ASSERT(radio_is(radio, chip, "320500FF00", "33"));
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    CU_ASSERT(radio_is(radio, chip, "44 01", "45 00"));
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B00"));
    radio->field.chips[chip].chip.wake_halted = true;
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    radio_free(radio);
}

static void test_random_uid_at_every_power_up(void) {
    struct radio *radio = radio_new(5);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t before[64] = {0}, answer[64];
    int card = radio_card(radio, "echo", chip);
    radio->field.cards[card].random_uid = true;
    for (unsigned i = 0; i < 5; i++) {
        radio_post(radio, chip, "4A0100");
        int size = radio_wait(radio, chip, answer, sizeof answer);
        CU_ASSERT(size > 11 && answer[6] == 4 && answer[7] == 0x08);
        CU_ASSERT(memcmp(answer + 7, before + 7, 4) != 0);
        memcpy(before, answer, sizeof before);
        CU_ASSERT(radio_is(radio, chip, "320100", "33"));
    }
    radio_free(radio);
}

static void test_cards_are_seen_by_their_reader_alone(void) {
    struct radio *radio = radio_new(1);
    unsigned a = radio_chip(radio, "a"), b = radio_chip(radio, "b");
    uint8_t answer[64];
    int card = radio_card(radio, "echo", a);
    CU_ASSERT(radio_is(radio, b, "320500FF00", "33"));
    CU_ASSERT(radio_is(radio, b, "4A0100", "4B00"));
    radio_post(radio, a, "4A0100");
    CU_ASSERT(radio_wait(radio, a, answer, sizeof answer) > 2);
    field_place_card(&radio->field, card, (int)b);
    CU_ASSERT(radio_is(radio, a, "40 01 00B0", "41 01"));
    radio_post(radio, b, "4A0100");
    CU_ASSERT(radio_wait(radio, b, answer, sizeof answer) > 2);
    radio_free(radio);
}

static void test_foreign_card(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "foreign", chip);
    set_uid(radio, card, (const uint8_t *)"\x01\x02\x03\x04", 4);
    CU_ASSERT(radio_is(radio, chip, "4A0100", "4B01 01 0004 08 04 01020304"));
    CU_ASSERT(radio_is(radio, chip, "40 01 00A40400", "41 01"));
    radio_free(radio);
}

// ---- removal --------------------------------------------------------------------------------

// One tap of two commands; the card may vanish on the way. True when both answers came.
static bool tap(struct radio *radio, unsigned chip) {
    struct link *link = radio_link(radio, chip);
    uint8_t command[200] = {0x00, 0xB0}, answer[300];
    size_t size = 0;
    bool good = link_reset(link, LINK_RESET_COLD, NULL, 0, NULL) == LINK_OK;
    for (unsigned i = 0; good && i < 2; i++)
        good = link_transmit(link, BYTES_OF(command), answer, sizeof answer, &size) == LINK_OK &&
               size == sizeof command + 2;
    link_close(link);
    return good;
}

static void removal_everywhere(unsigned fsci) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk"), cut = 0, done = 0;
    int card = radio_card(radio, "echo", chip);
    radio->field.cards[card].picc.ats[1] = (uint8_t)(0x70 | fsci);
    CU_ASSERT(tap(radio, chip));
    size_t total = (size_t)radio->field.octets;
    for (size_t octets = 0; octets <= total; octets++) {
        field_place_card(&radio->field, card, (int)chip);
        radio->field.cards[card].leaving = LEAVE_OCTETS;
        radio->field.cards[card].leave_after = octets;
        bool good = tap(radio, chip);
        bool left = radio->field.places[FIELD_CHIPS_MAX + card].at == FIELD_NOWHERE;
        CU_ASSERT(good != left);
        cut += left;
        done += good;
        field_place_card(&radio->field, card, (int)chip);
        CU_ASSERT(tap(radio, chip)); // and the chip is as good as before
    }
    CU_ASSERT(cut == total && done == 1);
    radio_free(radio);
}

static void test_removal_at_every_octet(void) {
    removal_everywhere(8);
    removal_everywhere(2);
}

// ---- time -----------------------------------------------------------------------------------

static void test_air_time(void) {
    struct rf_frame frame = {.size = 1, .last_bits = 7};
    // REQA: 7 bits between start and end of frame, 9.44 us each
    CU_ASSERT(rf_air_ns(&frame, 106) == 9 * 128 * UINT64_C(1000000000) / 13560000);
    CU_ASSERT(rf_air_octets_ns(256, 106) / 1000 == 21767);
    CU_ASSERT(rf_air_octets_ns(256, 848) / 1000 == 2720);
}

static uint64_t time_of_tap(unsigned rate) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    radio_card(radio, "echo", chip);
    radio->field.timed = true;
    radio->field.chips[chip].chip.rate = rate;
    uint64_t start = radio->field.now;
    CU_ASSERT(tap(radio, chip));
    uint64_t took = radio->field.now - start;
    radio_free(radio);
    return took;
}

static void test_timed_field(void) {
    uint64_t slow = time_of_tap(106), fast = time_of_tap(848);
    // 800 octets of APDU at 85 us each, and what is around them
    CU_ASSERT(slow > 68000000 && slow < 80000000);
    CU_ASSERT(fast < slow / 4);
}

static void test_serial_line_has_a_pace(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    radio->field.chips[chip].line.baud = 115200;
    uint64_t start = radio->field.now;
    CU_ASSERT(radio_is(radio, chip, "02", "0332010607"));
    // 9 octets there, an acknowledge of 6 and an answer of 13 back
    uint64_t octet = UINT64_C(10000000000) / 115200, took = radio->field.now - start;
    CU_ASSERT(took >= 28 * octet - 1000 && took <= 28 * octet + 1000);
    radio_free(radio);
}

static void test_slow_and_endless_cards(void) {
    struct radio *radio = radio_new(1);
    unsigned chip = radio_chip(radio, "kiosk");
    uint8_t answer[64];
    int card = radio_card(radio, "echo", chip);
    radio->limit_ns = UINT64_C(20000000000);
    radio_post(radio, chip, "4A0100");
    CU_ASSERT(radio_wait(radio, chip, answer, sizeof answer) > 2);
    radio->field.cards[card].delay_ns = UINT64_C(5000000000);
    uint64_t start = radio->field.now;
    CU_ASSERT(radio_is(radio, chip, "40 01 00B0", "41 00 00B0 9000"));
    CU_ASSERT(radio->field.now - start >= UINT64_C(5000000000));
    radio->field.cards[card].endless = true;
    CU_ASSERT(radio_is(radio, chip, "40 01 00B0", "-"));
    radio_free(radio);
}

// ---- errors ---------------------------------------------------------------------------------

// Every single error on the air is repaired, whatever frame it hits.
static void test_every_single_air_error_is_repaired(void) {
    unsigned failed = 0, struck = 0;
    for (size_t k = 0; k < field_fault_kind_count; k++) {
        const struct field_fault_kind *kind = &field_fault_kinds[k];
        if (kind->place != FAULT_DOWN && kind->place != FAULT_UP)
            continue;
        for (unsigned after = 0; after < 12; after++) {
            struct radio *radio = radio_new(after);
            unsigned chip = radio_chip(radio, "kiosk");
            int card = radio_card(radio, "echo", chip);
            radio->field.cards[card].picc.ats[1] = 0x75; // 64 octets: the command is a chain
            CU_ASSERT(field_fault_arm(&radio->field.chips[chip], kind, after, 1, 0));
            bool good = tap(radio, chip);
            if (!good)
                printf("%s at %u\n", kind->name, after);
            failed += !good;
            struck += radio->field.chips[chip].faults[0].kind == NULL;
            radio_free(radio);
        }
    }
    CU_ASSERT(failed == 0 && struck > 50);
}

static void test_faults_are_armed_within_limits(void) {
    struct radio *radio = radio_new(1);
    unsigned index = radio_chip(radio, "kiosk");
    struct field_chip *chip = &radio->field.chips[index];
    const struct field_fault_kind *status = field_fault_find("status");
    CU_ASSERT(!field_fault_arm(chip, status, 0, 1, 0x80));
    CU_ASSERT(!field_fault_arm(chip, status, 0, 1, 0));
    for (unsigned i = 0; i < FIELD_FAULTS_MAX; i++)
        CU_ASSERT(field_fault_arm(chip, status, 0, 1, 0x01));
    CU_ASSERT(!field_fault_arm(chip, status, 0, 1, 0x01));
    CU_ASSERT(field_fault_find("nothing") == NULL);
    radio_free(radio);
}

struct log {
    char text[4096];
    size_t size;
};

static void write_log(void *context, uint64_t now, unsigned chip, enum field_trace_kind kind,
                      const struct rf_frame *frame) {
    struct log *log = context;
    int size =
        snprintf(log->text + log->size, sizeof log->text - log->size, "%llu %u %d %zu %02X\n",
                 (unsigned long long)now, chip, (int)kind, frame != NULL ? frame->size : 0,
                 frame != NULL && frame->size > 0 ? frame->data[frame->size - 1] : 0);
    if (size > 0 && log->size + (size_t)size < sizeof log->text)
        log->size += (size_t)size;
}

static void noisy_run(uint64_t seed, struct log *log) {
    struct radio *radio = radio_new(seed);
    unsigned chip = radio_chip(radio, "kiosk");
    int card = radio_card(radio, "echo", chip);
    log->size = 0;
    radio->field.cards[card].random_uid = true;
    radio->field.noise = 100;
    radio->field.timed = true;
    radio->tracer = write_log;
    radio->tracer_context = log;
    for (unsigned i = 0; i < 5; i++)
        (void)tap(radio, chip);
    radio_free(radio);
}

static void test_one_seed_one_run(void) {
    static struct log a, b, c;
    noisy_run(7, &a);
    noisy_run(7, &b);
    noisy_run(8, &c);
    CU_ASSERT(a.size > 200 && strcmp(a.text, b.text) == 0);
    CU_ASSERT(strcmp(a.text, c.text) != 0);
}

// ---- orders ---------------------------------------------------------------------------------

static bool obeys(struct field_orders *orders, const char *line, const char *start) {
    char copy[128], reply[CONTROL_LINE_MAX], *words[8] = {""}, *rest = NULL;
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    for (size_t i = 0; i < field_verb_count; i++)
        if (strcmp(field_verbs[i].name, words[0]) == 0)
            field_verbs[i].handle(orders, count, words, reply, sizeof reply);
    if (strncmp(reply, start, strlen(start)) != 0)
        printf("%s: %s\n", line, reply);
    return strncmp(reply, start, strlen(start)) == 0;
}

static void test_orders(void) {
    static const char *const lines[][2] = {
        {"status", "ok kiosk:dark phone:dark"},
        {"tap echo kiosk", "ok"},
        {"tap echo phone", "error card echo lies on reader kiosk already"},
        {"tap phone kiosk", "ok"},
        {"tap kiosk kiosk", "error reader kiosk cannot be tapped on itself"},
        {"tap x kiosk", "error no card \"x\""},
        {"tap echo", "error too few words; write: tap"},
        {"status", "ok kiosk:dark phone:dark@kiosk echo@kiosk"},
        {"uid echo 01020304", "ok"},
        {"uid echo 010203", "error \"010203\" is no UID"},
        {"uid echo 0102030G", "error"},
        {"uid echo random", "ok"},
        {"uid nobody random", "error no card \"nobody\""},
        {"delay echo 100", "ok"},
        {"delay echo -1", "error \"-1\" is no number"},
        {"wtx echo endless", "ok"},
        {"wtx echo sometimes", "error \"sometimes\" is neither endless nor normal"},
        {"leave echo 10", "ok"},
        {"leave echo 3 during", "ok"},
        {"leave echo 3 later", "error \"later\" is neither"},
        {"fault kiosk crc", "ok"},
        {"fault kiosk late", "error too few words"},
        {"fault kiosk late 100 1 2", "ok"},
        {"fault kiosk status 200", "error cannot arm status"},
        {"fault kiosk crc 0 0 0", "error cannot arm crc"},
        {"rate kiosk 424", "ok"},
        {"rate kiosk 500", "error \"500\" is no bit rate"},
        {"baud kiosk 115200", "ok"},
        {"wake kiosk all", "ok"},
        {"time real", "ok"},
        {"time slow", "error \"slow\" is neither real nor ideal"},
        {"noise 10", "ok"},
        {"noise 1001", "error"},
        {"seed 5", "ok"},
        {"untap kiosk", "ok 2 taken away"},
        {"untap kiosk", "error nothing lies on kiosk"},
        {"untap nobody", "error \"nobody\" is neither"},
    };
    struct radio *radio = radio_new(1);
    radio_chip(radio, "kiosk");
    radio_chip(radio, "phone");
    struct field_orders orders = {.field = &radio->field};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        CU_ASSERT(obeys(&orders, lines[i][0], lines[i][1]));
    radio_free(radio);
}

static const struct suite_test tests[] = {
    {"anticollision at every bit of every UID size", test_anticollision_at_every_bit, NULL},
    {"as many cards as fit", test_many_cards, NULL},
    {"halted cards by request or wake-up", test_halted_cards_by_request_or_wake_up, NULL},
    {"a random UID at every power-up", test_random_uid_at_every_power_up, NULL},
    {"cards are seen by their reader alone", test_cards_are_seen_by_their_reader_alone, "P2-25"},
    {"a foreign card", test_foreign_card, NULL},
    {"removal at every octet", test_removal_at_every_octet, "P2-25"},
    {"air time", test_air_time, NULL},
    {"a field with time", test_timed_field, NULL},
    {"a serial line has a pace", test_serial_line_has_a_pace, NULL},
    {"slow and endless cards", test_slow_and_endless_cards, NULL},
    {"single errors on the air are repaired", test_every_single_air_error_is_repaired, NULL},
    {"faults are armed within limits", test_faults_are_armed_within_limits, NULL},
    {"one seed, one run", test_one_seed_one_run, NULL},
    {"orders", test_orders, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-field", tests, sizeof tests / sizeof tests[0], argc, argv);
}
