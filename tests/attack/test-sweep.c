// SPDX-License-Identifier: Apache-2.0
// The header sweep: all 65 536 pairs of CLA and INS, with boundary P1 P2, Lc and Le, over every
// interface, answer what the catalogue says. The oracle below is written from ISO/IEC 7816-4 5.4
// and the rows of the catalogue alone; it knows nothing of the dispatcher.
#include "apdu/command/applets/os_commands.h"
#include "apdu/command/catalogue.h"
#include "apdu/command/purse.h"
#include "card/applets.h"
#include "card/card.h"
#include "tests/kit/scene/scene.h"
#include "tests/kit/suite.h"
#include "tests/kit/tickets/fair.h"
#include "tests/tear/medium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 3 + 2100 + 2, COMPLAINTS_MAX = 10 };

/// One card in one selection over one interface.
struct fixture {
    const char *applet;
    const uint8_t *aid;
    size_t aid_size;
    enum card_interface interface;
    uint8_t *image;
    struct medium *medium;
    struct card *card;
    bool usable; // some command of the applet may change the card: 9000 is no surprise
    size_t sent, refused, accepted, complaints;
};

static struct crypto *crypto;

/// What follows the four header octets: its octets and what ISO 7816-4 5.2 reads in them.
struct body {
    const char *name;
    bool lawful;
    uint8_t iso_case; // 1..4
    size_t lc;
    uint8_t head[3];
    size_t head_size;
    uint8_t tail[2];
    size_t tail_size;
};

// ---- oracle ------------------------------------------------------------------------------------

enum verdict_kind { EXACTLY, ANY_DOCUMENTED };

struct verdict {
    enum verdict_kind kind;
    uint16_t sw;
    const struct catalogue_command *row;
};

static bool row_of(const struct catalogue_command *row, const char *applet) {
    return strcmp(row->applet, "os") == 0 || strcmp(row->applet, applet) == 0;
}

/// The row of this header, or in *miss how near the nearest came.
static const struct catalogue_command *nearest(const char *applet, const uint8_t header[4],
                                               uint8_t cla, uint16_t *miss) {
    *miss = SW_CLA_NOT_SUPPORTED;
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        if (!row_of(row, applet) || row->cla != cla)
            continue;
        if (*miss == SW_CLA_NOT_SUPPORTED)
            *miss = SW_INS_NOT_SUPPORTED;
        if (row->ins != header[1])
            continue;
        *miss = SW_WRONG_P1P2;
        if ((header[2] & row->p1_mask) == row->p1 && (header[3] & row->p2_mask) == row->p2)
            return row;
    }
    return NULL;
}

static struct verdict exactly(uint16_t sw) {
    return (struct verdict){.kind = EXACTLY, .sw = sw};
}

/// A row was found; the piece is the last or only one.
static struct verdict judge_row(const struct catalogue_command *row, const struct body *body,
                                enum card_interface interface) {
    if ((row->cases >> body->iso_case & 1) == 0)
        return exactly(SW_WRONG_LENGTH);
    if (body->lc > 0 && (body->lc < row->lc_min || body->lc > row->lc_max))
        return exactly(SW_WRONG_LENGTH);
    if ((row->interfaces >> interface & 1) == 0)
        return exactly(SW_INTERFACE);
    return (struct verdict){.kind = ANY_DOCUMENTED, .row = row};
}

static struct verdict judge_chained(const struct catalogue_command *row, const struct body *body,
                                    enum card_interface interface) {
    if (row == &os_commands[COMMAND_GET_RESPONSE]) // one command, no chain: the bit changes nothing
        return judge_row(row, body, interface);
    if (row->lc_max <= 255)
        return exactly(SW_CHAINING_NOT_SUPPORTED);
    if (body->lc == 0)
        return exactly(SW_WRONG_LENGTH);
    if ((row->interfaces >> interface & 1) == 0)
        return exactly(SW_INTERFACE);
    return exactly(body->lc <= CARD_COMMAND_MAX ? SW_OK : SW_WRONG_LENGTH);
}

static struct verdict judge(const struct fixture *fixture, const uint8_t header[4],
                            const struct body *body) {
    uint8_t cla = header[0];
    uint16_t miss;
    const struct catalogue_command *row;
    if (!body->lawful)
        return exactly(SW_WRONG_LENGTH);
    if (cla == 0xFF) {
        row = nearest(fixture->applet, header, cla, &miss);
        return row == NULL ? exactly(miss) : judge_row(row, body, fixture->interface);
    }
    if (cla >> 6 == 1)
        return exactly(SW_CHANNEL_NOT_SUPPORTED);
    if ((cla & 0x60) != 0)
        return exactly(SW_CLA_NOT_SUPPORTED);
    if ((cla & 0x03) != 0)
        return exactly(SW_CHANNEL_NOT_SUPPORTED);
    row = nearest(fixture->applet, header, cla & 0xEF, &miss);
    if (row == NULL) // no channel is open that could unwrap a protected command
        return exactly((cla & 0x0C) != 0 ? SW_SECURE_MESSAGING_NOT_SUPPORTED : miss);
    return (cla & 0x10) != 0 ? judge_chained(row, body, fixture->interface)
                             : judge_row(row, body, fixture->interface);
}

static bool documented(const struct catalogue_command *row, uint16_t sw) {
    if (sw == SW_OK || sw >> 8 == 0x61 || sw == SW_LIFE_CYCLE || sw == SW_INTERFACE)
        return true; // a list may be for the wire only
    if (row == &os_commands[COMMAND_GET_RESPONSE])
        return sw == SW_CONDITIONS;
    for (size_t i = 0; i < row->refusal_count; i++)
        if (row->refusals[i] == sw ||
            (row->refusals[i] == SW_TRIES_LEFT && (sw & 0xFFF0) == 0x63C0))
            return true;
    return false;
}

// ---- sending -----------------------------------------------------------------------------------

static uint16_t send(struct fixture *fixture, struct bytes command) {
    uint8_t answer[258];
    size_t size = card_transmit(fixture->card, fixture->interface, command, answer, sizeof answer);
    return size < 2 ? 0 : (uint16_t)bytes_get_be(answer + size - 2, 2);
}

static bool select_applet(struct fixture *fixture) {
    uint8_t command[5 + 16] = {0x00, 0xA4, 0x04, 0x00, (uint8_t)fixture->aid_size};
    if (fixture->aid_size > 0)
        memcpy(command + 5, fixture->aid, fixture->aid_size);
    return send(fixture, bytes_of(command, fixture->aid_size == 0 ? 4 : 5 + fixture->aid_size)) ==
           SW_OK;
}

static void complain(struct fixture *fixture, const uint8_t header[4], const struct body *body,
                     uint16_t sw, const char *expected, uint16_t expected_sw) {
    if (fixture->complaints++ < COMPLAINTS_MAX)
        fprintf(stderr, "%s over %d: %02X %02X %02X %02X, %s: %04X, expected %s %04X\n",
                fixture->applet, (int)fixture->interface, header[0], header[1], header[2],
                header[3], body->name, sw, expected, expected_sw);
}

/// May a command that answers this have written?
static bool may_write(uint16_t sw) {
    return sw == SW_OK || sw >> 8 == 0x61 || sw >> 8 == 0x63 || sw == SW_PIN_BLOCKED;
}

static void try_one(struct fixture *fixture, const uint8_t header[4], const struct body *body) {
    static uint8_t command[4 + BODY_MAX];
    size_t size = 4;
    memcpy(command, header, 4);
    memcpy(command + size, body->head, body->head_size);
    size += body->head_size;
    memset(command + size, 0, body->lc);
    size += body->lc;
    memcpy(command + size, body->tail, body->tail_size);
    size += body->tail_size;
    size_t events = fixture->medium->event_count;
    struct verdict verdict = judge(fixture, header, body);
    uint16_t sw = send(fixture, bytes_of(command, size));
    fixture->sent++;
    if (verdict.kind == EXACTLY && sw != verdict.sw)
        complain(fixture, header, body, sw, "exactly", verdict.sw);
    else if (verdict.kind == ANY_DOCUMENTED && !documented(verdict.row, sw))
        complain(fixture, header, body, sw, "a documented answer of", verdict.row->ins);
    if (!may_write(sw) && fixture->medium->event_count != events)
        complain(fixture, header, body, sw, "no write with", sw);
    if (sw == SW_OK || sw >> 8 == 0x61)
        fixture->accepted++;
    else
        fixture->refused++;
    if (verdict.kind == ANY_DOCUMENTED || sw == SW_OK)
        select_applet(fixture); // it may have opened a chain, selected, or left an answer
}

// ---- the boundary cases ------------------------------------------------------------------------

static struct body with_data(const char *name, size_t lc, bool le, bool extended) {
    struct body body = {.name = name, .lawful = true, .iso_case = le ? 4 : 3, .lc = lc};
    extended = extended || lc > 255;
    body.head_size = extended ? 3 : 1;
    bytes_put_be(body.head, body.head_size, lc);
    body.tail_size = !le ? 0 : extended ? 2 : 1;
    return body;
}

static const struct body CASE_ONE = {.name = "case 1", .lawful = true, .iso_case = 1};
static const struct body LE_ALL = {
    .name = "Le 00", .lawful = true, .iso_case = 2, .head = {0x00}, .head_size = 1};
static const struct body LE_ONE = {
    .name = "Le 01", .lawful = true, .iso_case = 2, .head = {0x01}, .head_size = 1};
static const struct body LE_EXTENDED = {
    .name = "extended Le", .lawful = true, .iso_case = 2, .head = {0, 0xFF, 0xFF}, .head_size = 3};
static const struct body LC_WITHOUT_DATA = {
    .name = "Lc 05, no data", .head = {0x05, 0x01}, .head_size = 2};
static const struct body LC_ZERO = {.name = "Lc 00 and Le", .head = {0x00, 0x00}, .head_size = 2};
static const struct body EXTENDED_LC_ZERO = {
    .name = "extended Lc 0", .head = {0, 0, 0}, .head_size = 3, .tail = {0, 0}, .tail_size = 2};
static const struct body EXTENDED_CUT = {.name = "extended Lc 9, no data",
                                         .head = {0, 0, 9},
                                         .head_size = 3,
                                         .tail = {1},
                                         .tail_size = 1};

/// Headers that no row describes: a few bodies show that the header alone decides.
static void try_unknown(struct fixture *fixture, const uint8_t header[4]) {
    struct body one = with_data("Lc 01", 1, false, false);
    try_one(fixture, header, &CASE_ONE);
    try_one(fixture, header, &LE_ALL);
    try_one(fixture, header, &one);
    try_one(fixture, header, &LC_WITHOUT_DATA);
}

/// A row: every case, short and extended, and the lengths around its limits.
static void try_row(struct fixture *fixture, const struct catalogue_command *row,
                    const uint8_t header[4]) {
    const size_t lengths[] = {1,           row->lc_min - 1u,
                              row->lc_min, row->lc_min + 1u,
                              255,         row->lc_max - 1u,
                              row->lc_max, row->lc_max + 1u,
                              256,         2049};
    const struct body *const fixed[] = {&CASE_ONE,         &LE_ALL,          &LE_ONE,
                                        &LE_EXTENDED,      &LC_WITHOUT_DATA, &LC_ZERO,
                                        &EXTENDED_LC_ZERO, &EXTENDED_CUT};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        try_one(fixture, header, fixed[i]);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        if (lengths[i] == 0 || lengths[i] > 2100)
            continue;
        for (unsigned form = 0; form < 4; form++) {
            struct body body = with_data("boundary Lc", lengths[i], form & 1, form & 2);
            try_one(fixture, header, &body);
        }
    }
}

static void try_header(struct fixture *fixture, const uint8_t header[4]) {
    uint16_t miss;
    const struct catalogue_command *row =
        nearest(fixture->applet, header, header[0] == 0xFF ? 0xFF : header[0] & 0xEF, &miss);
    if (row != NULL)
        try_row(fixture, row, header);
    else
        try_unknown(fixture, header);
}

/// P1 P2: all clear, all set, and what each row of this instruction wants, with one bit wrong.
static void try_pair(struct fixture *fixture, uint8_t cla, uint8_t ins) {
    uint8_t header[4] = {cla, ins, 0x00, 0x00};
    try_header(fixture, header);
    header[2] = header[3] = 0xFF;
    try_header(fixture, header);
    for (size_t i = 0; i < catalogue_size(); i++) {
        const struct catalogue_command *row = catalogue_at(i);
        if (row->ins != ins || !row_of(row, fixture->applet) || (row->cla & 0xEF) != (cla & 0xEF))
            continue;
        for (unsigned bit = 0; bit <= 8; bit++) {
            header[2] = (uint8_t)(row->p1 ^ (row->p1_mask & (bit < 8 ? 1u << bit : 0)));
            header[3] = row->p2;
            try_header(fixture, header);
            header[2] = row->p1;
            header[3] = (uint8_t)(row->p2 ^ (row->p2_mask & (bit < 8 ? 1u << bit : 0)));
            try_header(fixture, header);
        }
    }
}

static void sweep(struct fixture *fixture) {
    CU_ASSERT_FATAL(select_applet(fixture));
    for (unsigned pair = 0; pair < 0x10000; pair++)
        try_pair(fixture, (uint8_t)(pair >> 8), (uint8_t)pair);
    printf("sweep of %s over interface %d: %zu commands, %zu refused, %zu accepted, %zu wrong\n",
           fixture->applet, (int)fixture->interface, fixture->sent, fixture->refused,
           fixture->accepted, fixture->complaints);
    CU_ASSERT_EQUAL(fixture->complaints, 0);
    CU_ASSERT(fixture->sent > 65536 * 8);
}

static void fixture_open(struct fixture *fixture, const uint8_t *image, uint32_t size) {
    fixture->image = calloc(1, size);
    fixture->card = calloc(1, card_context_size());
    CU_ASSERT_FATAL(fixture->image != NULL && fixture->card != NULL);
    if (image != NULL)
        memcpy(fixture->image, image, size);
    fixture->medium = medium_over(fixture->image, size);
    struct card_ports ports = {&fixture->medium->nvm, crypto, &standard_rom};
    if (image == NULL) {
        static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        CU_ASSERT_EQUAL_FATAL(card_format(&ports, serial), CARD_OK);
    }
    CU_ASSERT_EQUAL_FATAL(card_power_on(fixture->card, &ports), CARD_OK);
}

static void fixture_close(struct fixture *fixture) {
    card_power_off(fixture->card);
    free(fixture->card);
    medium_free(fixture->medium);
    free(fixture->image);
}

static void sweep_application(struct scene_card *card, const char *applet) {
    const struct application *application = catalogue_application(applet);
    for (int interface = CARD_CONTACT; interface <= CARD_INTERNAL; interface++) {
        struct fixture fixture = {.applet = applet,
                                  .aid = application->aid,
                                  .aid_size = application->aid_size,
                                  .interface = (enum card_interface)interface};
        fixture_open(&fixture, card->image, card->size);
        sweep(&fixture);
        memcpy(card->image, fixture.image, card->size);
        fixture_close(&fixture);
        scene_power(card);
    }
}

/// Nothing that a sweep can say moves money, a counter or a state.
static void test_personalized(void) {
    struct scene *scene = scene_open(65536);
    struct scene_profile profile = {.user = "USER1",
                                    .offline_count = 9,
                                    .offline_sum = 9000,
                                    .no_pin_single = 5000,
                                    .no_pin_sum = 5000,
                                    .no_pin_count = 5,
                                    .pin = "1234"};
    struct scene_card *wallet = scene_add(scene, "WALLET1", ROLE_WALLET, &profile);
    struct scene_card *till = scene_add(scene, "TILL1", ROLE_TILL, &profile);
    CU_ASSERT_EQUAL_FATAL(scene_issue(wallet, 3000), SW_OK);
    CU_ASSERT_EQUAL_FATAL(scene_pay(wallet, till, 1000, "NO_1"), SW_OK);
    uint64_t state = scene_number(wallet, NUMBER_STATE),
             counter = scene_number(wallet, NUMBER_COUNTER);
    crypto = scene->crypto;
    sweep_application(wallet, "purse");
    sweep_application(till, "purse");
    CU_ASSERT(scene_audit(scene));
    CU_ASSERT_EQUAL(scene_balance(wallet, SCENE_UNIT), 2000);
    CU_ASSERT_EQUAL(scene_balance(till, SCENE_UNIT), 1000);
    CU_ASSERT_EQUAL(scene_number(wallet, NUMBER_STATE), state);
    CU_ASSERT_EQUAL(scene_number(wallet, NUMBER_COUNTER), counter);
    CU_ASSERT_EQUAL(scene_pay(wallet, till, 500, "NO_2"), SW_OK);
    scene_close(scene);
}

/// Nor a ticket, a lane or a play: a phone and a home server with one ticket each.
static void test_stores(void) {
    struct fair *fair = fair_open(65537);
    struct scene_card *cards[] = {fair_phone(fair, "ANNA", 4), fair_home(fair, "HOME", 4)};
    struct fair_ticket tickets[2];
    struct ticket_left left;
    crypto = fair->scene->crypto;
    fair_befriend(cards[0], cards[1]);
    for (size_t i = 0; i < 2; i++) {
        struct fair_sale sale = fair_three_plays(cards[i]->holder);
        fair_sell(fair, cards[i], &sale, &tickets[i]);
        sweep_application(cards[i], "tickets");
    }
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(fair_left(cards[i], tickets[i].name, &left));
        CU_ASSERT_EQUAL(left.plays, 3);
        CU_ASSERT_EQUAL(fair_count(cards[i]), 1);
    }
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL(fair_transfer(cards[i], cards[1 - i], &tickets[i]), SW_OK);
    fair_close(fair);
}

static void test_blank(void) {
    crypto = crypto_openssl_new_seeded(7);
    for (int interface = CARD_CONTACT; interface <= CARD_INTERNAL; interface++) {
        struct fixture fixture = {.applet = "isd", .interface = (enum card_interface)interface};
        fixture_open(&fixture, NULL, NVM_IMAGE_SIZE);
        sweep(&fixture);
        fixture_close(&fixture);
    }
    crypto_openssl_free(crypto);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"all CLA and INS on a blank card", test_blank, NULL},
        {"all CLA and INS on a wallet and a till", test_personalized, "P2-23 G7"},
        {"all CLA and INS on a phone's and a home server's ticket store", test_stores, NULL},
    };
    return suite_main("test-sweep", tests, sizeof tests / sizeof *tests, argc, argv);
}
