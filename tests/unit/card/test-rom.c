// SPDX-License-Identifier: Apache-2.0
// The ROM of Tessera's cards and what the scene is told about it are one list: every applet shows
// an application of the catalogue, in the same order, and handles each of its rows.
#include "apdu/command/catalogue.h"
#include "card/applets.h"
#include "card/os/applet.h"
#include "tests/kit/suite.h"

static void test_rom_is_the_catalogue(void) {
    CU_ASSERT_FATAL(standard_rom.count < application_count); // "os" is no applet
    for (size_t i = 0; i < standard_rom.count; i++)
        CU_ASSERT_PTR_EQUAL(standard_rom.applets[i]->application, applications[i + 1]);
    for (size_t i = standard_rom.count + 1; i < application_count; i++) // what applets share
        CU_ASSERT_EQUAL(applications[i]->command_count, 0);
    CU_ASSERT_STRING_EQUAL(standard_rom.applets[0]->application->name, "isd");
}

static void test_every_row_is_handled(void) {
    for (size_t i = 0; i < standard_rom.count; i++) {
        const struct applet *applet = standard_rom.applets[i];
        for (size_t j = 0; j < applet->application->command_count; j++)
            CU_ASSERT(applet->handlers[j] != NULL);
        CU_ASSERT(applet->select != NULL && applet->persistent_size != NULL);
        CU_ASSERT(applet->deselect_size <= CARD_TRANSIENT_MAX);
        CU_ASSERT(applet->reset_size <= CARD_TRANSIENT_MAX);
    }
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"the ROM holds the applications of the catalogue", test_rom_is_the_catalogue, NULL},
        {"every row of an applet has its handler", test_every_row_is_handled, NULL},
    };
    return suite_main("test-rom", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
