// SPDX-License-Identifier: Apache-2.0
// Numbers of tickets: every single wrong sign is located, every swap of neighbours is told.
#include "apdu/object/ticket_number.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>

static const char signs[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void made_and_read(void) {
    char number[TICKET_NUMBER_CODED + 1];
    CU_ASSERT(ticket_number_make("2000", "000042", number));
    CU_ASSERT_STRING_EQUAL(number, "2000-000042-BF");
    CU_ASSERT_EQUAL(ticket_number_read(number).fault, TICKET_NUMBER_GOOD);
    struct ticket_number typed = ticket_number_read("2ooo-OO0042-bf");
    CU_ASSERT_EQUAL(typed.fault, TICKET_NUMBER_GOOD);
    CU_ASSERT_STRING_EQUAL(typed.text, "2000-000042-BF");
    CU_ASSERT_FALSE(ticket_number_make("20O0", "000042", number));
    CU_ASSERT_FALSE(ticket_number_make("2000", "00042", number));
}

static void plain_ones_are_as_they_are(void) {
    CU_ASSERT_EQUAL(ticket_number_read("NO_1").fault, TICKET_NUMBER_GOOD);
    CU_ASSERT_STRING_EQUAL(ticket_number_read("no_1").text, "no_1");
    CU_ASSERT_EQUAL(ticket_number_read("2000-00U042-BF").fault, TICKET_NUMBER_GOOD); // U: no code
    CU_ASSERT_EQUAL(ticket_number_read("").fault, TICKET_NUMBER_NONE);
    CU_ASSERT_EQUAL(ticket_number_read("12345678901234567").fault, TICKET_NUMBER_NONE);
    CU_ASSERT_EQUAL(ticket_number_read("NO 1").fault, TICKET_NUMBER_NONE);
}

/// Both tests go through numbers of this many serials.
enum { SERIALS = 200 };

static void number_of(unsigned serial, char number[TICKET_NUMBER_CODED + 1]) {
    char text[8];
    snprintf(text, sizeof text, "%06u", serial * 4973 % 1000000);
    CU_ASSERT_FATAL(ticket_number_make(serial % 2 == 0 ? "2000" : "ZX7Q", text, number));
}

static void one_wrong_sign_is_located(void) {
    char number[TICKET_NUMBER_CODED + 1];
    unsigned mistakes = 0, found = 0;
    for (unsigned serial = 0; serial < SERIALS; serial++) {
        number_of(serial, number);
        for (size_t at = 0; at < TICKET_NUMBER_CODED; at++)
            for (const char *sign = signs; number[at] != '-' && *sign != '\0'; sign++) {
                char spoilt[TICKET_NUMBER_CODED + 1];
                memcpy(spoilt, number, sizeof spoilt);
                spoilt[at] = *sign;
                if (*sign == number[at])
                    continue;
                struct ticket_number read = ticket_number_read(spoilt);
                mistakes++;
                found += read.fault == TICKET_NUMBER_WRONG && read.at == at;
            }
    }
    CU_ASSERT_EQUAL(mistakes, SERIALS * 12 * 31);
    CU_ASSERT_EQUAL(found, mistakes);
}

static void swapped_neighbours_are_told(void) {
    char number[TICKET_NUMBER_CODED + 1];
    for (unsigned serial = 0; serial < SERIALS; serial++) {
        number_of(serial, number);
        for (size_t at = 0; at + 1 < TICKET_NUMBER_CODED; at++) {
            size_t next = number[at + 1] == '-' ? at + 2 : at + 1;
            char spoilt[TICKET_NUMBER_CODED + 1];
            memcpy(spoilt, number, sizeof spoilt);
            if (number[at] == '-' || number[at] == number[next])
                continue;
            spoilt[at] = number[next];
            spoilt[next] = number[at];
            CU_ASSERT_EQUAL(ticket_number_read(spoilt).fault, TICKET_NUMBER_SWAPPED);
        }
    }
}

static const struct suite_test tests[] = {
    {"made and read", made_and_read, NULL},
    {"plain numbers are as they are", plain_ones_are_as_they_are, NULL},
    {"one wrong sign is located", one_wrong_sign_is_located, NULL},
    {"swapped neighbours are told", swapped_neighbours_are_told, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-ticket-number", tests, sizeof tests / sizeof tests[0], argc, argv);
}
