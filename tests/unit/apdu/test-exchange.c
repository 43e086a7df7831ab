// SPDX-License-Identifier: Apache-2.0
// exchange() against a small card on the other end of a link: it joins chained pieces, answers the
// joined data reversed, and gives the answer at once, in portions behind 61xx, or after 6Cxx.
#include "apdu/command/exchange.h"
#include "apdu/octets/status.h"
#include "tests/kit/suite.h"

#include <string.h>

struct card {
    struct link link;
    uint8_t data[4096]; // joined so far
    size_t size;
    size_t portion; // answer octets at a time; 0: all
    size_t sent;
    bool wants_le;        // answers 6Cxx unless Le is exact
    uint16_t refuse_part; // status word for a chained piece, or 0
    unsigned apdus, longest;
};

static size_t answer(uint8_t *out, const uint8_t *data, size_t size, uint16_t sw) {
    if (size > 0)
        memcpy(out, data, size);
    bytes_put_be(out + size, 2, sw);
    return size + 2;
}

static size_t next_portion(struct card *card, uint8_t *out) {
    uint8_t reversed[sizeof card->data];
    for (size_t i = 0; i < card->size; i++)
        reversed[i] = card->data[card->size - 1 - i];
    size_t left = card->size - card->sent;
    size_t size = card->portion != 0 && left > card->portion ? card->portion : left;
    left -= size;
    card->sent += size;
    uint16_t waiting = left > 255 ? SW_MORE_DATA : (uint16_t)(SW_MORE_DATA + left);
    return answer(out, reversed + card->sent - size, size, left > 0 ? waiting : SW_OK);
}

static size_t handle(struct card *card, const struct apdu_command *command, uint8_t *out) {
    if (command->ins == 0xC0)
        return next_portion(card, out);
    if (card->wants_le && command->data.size == 0 && command->le != 5)
        return answer(out, NULL, 0, SW_WRONG_LE + 5);
    if (command->data.size > 0)
        memcpy(card->data + card->size, command->data.data, command->data.size);
    card->size += command->data.size;
    if (command->cla & APDU_CLA_CHAINING)
        return answer(out, NULL, 0, card->refuse_part != 0 ? card->refuse_part : SW_OK);
    return next_portion(card, out);
}

static enum link_status transmit(struct link *link, struct bytes wire, uint8_t *out,
                                 size_t capacity, size_t *size) {
    struct card *card = (struct card *)link;
    struct apdu_command command;
    uint8_t whole[5000];
    card->apdus++;
    if (wire.size > card->longest)
        card->longest = (unsigned)wire.size;
    CU_ASSERT(apdu_command_parse(wire, &command));
    *size = handle(card, &command, whole);
    if (*size > capacity)
        return LINK_TOO_LONG;
    memcpy(out, whole, *size);
    return LINK_OK;
}

static const struct link_ops OPS = {.transmit = transmit};

static struct card card_over(size_t command_max, size_t answer_max) {
    return (struct card){
        .link = {.ops = &OPS, .command_max = command_max, .answer_max = answer_max}};
}

static uint8_t pattern[2048];

static void check_echo(struct card *card, size_t size, unsigned apdus) {
    uint8_t buffer[3000];
    struct apdu_response response;
    struct exchange_count count = {0, 0};
    struct apdu_command command = {
        .cla = 0x80, .ins = 0x14, .data = bytes_of(pattern, size), .le = 256};
    CU_ASSERT_EQUAL(exchange(&card->link, &command, buffer, sizeof buffer, &response, &count),
                    LINK_OK);
    CU_ASSERT_EQUAL(response.sw, SW_OK);
    CU_ASSERT_EQUAL_FATAL(response.data.size, size);
    for (size_t i = 0; i < size; i++)
        CU_ASSERT_EQUAL(response.data.data[i], pattern[size - 1 - i]);
    CU_ASSERT_EQUAL(count.apdus, apdus);
    CU_ASSERT_EQUAL(card->apdus, apdus);
    CU_ASSERT(card->longest <= card->link.command_max);
}

static void test_at_once(void) {
    struct card card = card_over(APDU_EXTENDED_COMMAND_MAX, APDU_EXTENDED_RESPONSE_MAX);
    check_echo(&card, 255, 1);
    card = card_over(APDU_EXTENDED_COMMAND_MAX, APDU_EXTENDED_RESPONSE_MAX);
    check_echo(&card, 2000, 1);
}

static void test_chaining_at_boundaries(void) {
    static const struct {
        size_t command_max, size;
        unsigned pieces;
    } ROWS[] = {{262, 255, 1}, {262, 256, 2}, {262, 510, 2},  {262, 511, 3},
                {261, 255, 1}, {260, 255, 2}, {262, 2048, 9}, {16, 10, 1},
                {16, 11, 2},   {16, 255, 26}, {7, 3, 3},      {300, 256, 1}};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct card card = card_over(ROWS[i].command_max, APDU_EXTENDED_RESPONSE_MAX);
        check_echo(&card, ROWS[i].size, ROWS[i].pieces);
    }
}

static void test_get_response(void) {
    struct card card = card_over(262, 262);
    card.portion = 256;
    check_echo(&card, 1000, 4 + 3);
    card = card_over(APDU_EXTENDED_COMMAND_MAX, APDU_EXTENDED_RESPONSE_MAX);
    card.portion = 1;
    check_echo(&card, 40, 40);
}

static void test_extended_answer_over_a_short_link(void) {
    struct card card = card_over(APDU_EXTENDED_COMMAND_MAX, 262);
    struct apdu_command command = {.cla = 0x80, .ins = 0xCA, .le = 65536};
    uint8_t buffer[300];
    struct apdu_response response;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_OK);
    CU_ASSERT_EQUAL(card.longest, 5); // asked in the short form
}

static void test_right_le(void) {
    struct card card = card_over(262, 262);
    struct apdu_command command = {.cla = 0x80, .ins = 0xCA, .le = 256};
    uint8_t buffer[300];
    struct apdu_response response;
    card.wants_le = true;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_OK);
    CU_ASSERT_EQUAL(response.sw, SW_OK);
    CU_ASSERT_EQUAL(card.apdus, 2);
}

static void test_refused_piece_ends_the_chain(void) {
    struct card card = card_over(262, 262);
    struct apdu_command command = {.cla = 0x80, .ins = 0x30, .data = BYTES_OF(pattern), .le = 0};
    uint8_t buffer[300];
    struct apdu_response response;
    card.refuse_part = SW_CHAINING_NOT_SUPPORTED;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_OK);
    CU_ASSERT_EQUAL(response.sw, SW_CHAINING_NOT_SUPPORTED);
    CU_ASSERT_EQUAL(card.apdus, 1);
}

static void test_answer_longer_than_the_buffer(void) {
    struct card card = card_over(APDU_EXTENDED_COMMAND_MAX, APDU_EXTENDED_RESPONSE_MAX);
    struct apdu_command command = {
        .cla = 0x80, .ins = 0x14, .data = bytes_of(pattern, 600), .le = 256};
    uint8_t buffer[400];
    struct apdu_response response;
    card.portion = 256;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_TOO_LONG);
    CU_ASSERT(strlen(card.link.error) > 0);
}

static enum link_status transmit_one_octet(struct link *link, struct bytes wire, uint8_t *out,
                                           size_t capacity, size_t *size) {
    (void)link, (void)wire, (void)capacity;
    out[0] = 0x90;
    *size = 1;
    return LINK_OK;
}

static enum link_status transmit_broken(struct link *link, struct bytes wire, uint8_t *out,
                                        size_t capacity, size_t *size) {
    (void)link, (void)wire, (void)out, (void)capacity, (void)size;
    return LINK_BROKEN;
}

static enum link_status transmit_more_and_more(struct link *link, struct bytes wire, uint8_t *out,
                                               size_t capacity, size_t *size) {
    (void)wire, (void)capacity;
    ((struct card *)link)->apdus++;
    *size = answer(out, NULL, 0, SW_MORE_DATA + 1);
    return LINK_OK;
}

static void test_bad_cards(void) {
    static const struct link_ops ONE = {.transmit = transmit_one_octet};
    static const struct link_ops BROKEN = {.transmit = transmit_broken};
    static const struct link_ops ENDLESS = {.transmit = transmit_more_and_more};
    struct card card = card_over(262, 262);
    struct apdu_command command = {.cla = 0x80, .ins = 0xCA, .le = 256};
    uint8_t buffer[300];
    struct apdu_response response;
    card.link.ops = &ONE;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_BROKEN);
    card.link.ops = &BROKEN;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_BROKEN);
    card.link.ops = &ENDLESS;
    CU_ASSERT_EQUAL(exchange(&card.link, &command, buffer, sizeof buffer, &response, NULL),
                    LINK_OK);
    CU_ASSERT_EQUAL(card.apdus, 2); // gives up when GET RESPONSE brings nothing
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"one APDU where the link carries it", test_at_once, NULL},
        {"chaining at every boundary", test_chaining_at_boundaries, NULL},
        {"GET RESPONSE gathers the whole answer", test_get_response, NULL},
        {"extended answer over a short link", test_extended_answer_over_a_short_link, NULL},
        {"6Cxx is repeated with the right Le", test_right_le, NULL},
        {"a refused piece ends the chain", test_refused_piece_ends_the_chain, NULL},
        {"an answer longer than the buffer is told", test_answer_longer_than_the_buffer, NULL},
        {"cards that break the rules", test_bad_cards, NULL},
    };
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i * 7 + i / 256);
    return suite_main("test-exchange", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
