// SPDX-License-Identifier: Apache-2.0
// What a card holds: selection, memory classes, transactions, instances and their installation,
// personalization and removal, life cycles, power cuts.
#include "card/applets/isd/isd.h"
#include "tests/kit/probe.h"

// ---- selection and memory ----------------------------------------------------------------------

static void test_selection(void) {
    fresh();
    EXPECT("00A4040008" ISD_AID, FCI_ISD "9000"); // without Le
    EXPECT("00A40400", FCI_ISD "9000");           // without a name
    EXPECT("00A4040000", FCI_ISD "9000");
    EXPECT("00A4040C08" ISD_AID, "9000");                      // without an answer
    EXPECT("00A4040006F050524F424500", "8407" ONE_AID "9000"); // by the first octets
    EXPECT("00A4040206F050524F424500", "8407" TWO_AID "9000"); // the next that matches
    EXPECT("00A4040206F050524F424500", "6A82");
    EXPECT("803A000000", "000000A00000009000"); // the old one stays
    EXPECT("00A4040008" ONE_AID "0000", "6A82");
    EXPECT("00A40400111111111111111111111111111111111111", "6700");
    EXPECT("00A4000000", "6A86");
    EXPECT("00A4040100", "6A86");
    EXPECT("803A000000", "000000A00000009000");
    EXPECT("8038000001EE", "9000"); // makes its select refuse
    EXPECT(SELECT_TWO, "6985");
    EXPECT("803A000000", "6D00"); // then the security domain is selected
    EXPECT("80CA9F7F02", "9F7F612B");
}

static void test_memory_classes(void) {
    fresh();
    EXPECT("803800000155", "9000");
    EXPECT("803A000000", "550055A00000009000");
    EXPECT("00A4040002FFFF", "6A82");
    EXPECT("803A000000", "550055A00000009000"); // a failed SELECT clears nothing
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    CU_ASSERT_EQUAL(deselects, 1); // selecting itself leaves itself
    EXPECT("803A000000", "000055A00000009000");
    INTERNAL(SELECT_ONE, "8407" ONE_AID "9000");
    INTERNAL("803600000A77010203040506070809", "9000");
    INTERNAL(SELECT_TWO, "8407" TWO_AID "9000");
    INTERNAL("803A000000", "000000A00000029000"); // each instance has its own
    INTERNAL("803600000A88010203040506070809", "9000");
    INTERNAL(SELECT_ONE, "8407" ONE_AID "9000");
    INTERNAL("803A000000", "007755A00000029000");
    card_reset(&one.card);
    INTERNAL("803A000000", "6D00");
    INTERNAL(SELECT_ONE, "8407" ONE_AID "9000");
    INTERNAL("803A000000", "000055A00000029000");
    INTERNAL(SELECT_TWO, "8407" TWO_AID "9000");
    INTERNAL("803A000000", "000000A00000029000");
}

static void test_power_off_erases(void) {
    static const uint8_t zeros[sizeof(struct card)];
    char hex[600];
    fresh();
    piece(hex, "90320000", 1, 200);
    EXPECT(hex, "9000");
    EXPECT("80320000", "61C8"); // a chain may end without data
    piece(hex, "90320000", 1, 200);
    EXPECT(hex, "9000");
    CU_ASSERT_NOT_EQUAL(memcmp(one.card.command, zeros, 200), 0);
    card_reset(&one.card);
    CU_ASSERT_EQUAL(memcmp(one.card.command, zeros, sizeof one.card.command), 0);
    CU_ASSERT_EQUAL(memcmp(one.card.answer, zeros, sizeof one.card.answer), 0);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("80CA000502", "01026103");
    CU_ASSERT_NOT_EQUAL(memcmp(one.card.answer, zeros, 5), 0);
    EXPECT("00C0000000", "0304059000");
    CU_ASSERT_EQUAL(memcmp(one.card.answer, zeros, sizeof one.card.answer), 0);
    card_power_off(&one.card);
    CU_ASSERT_EQUAL(memcmp(&one.card, zeros, sizeof one.card), 0);
    EXPECT(SELECT_ONE, "6581"); // no power
}

static void test_joined_data_is_erased(void) {
    static const uint8_t zeros[CARD_COMMAND_MAX];
    char hex[600];
    fresh();
    piece(hex, "90320000", 1, 200);
    EXPECT(hex, "9000");
    piece(hex, "80320000", 1, 20);
    EXPECT(hex, "61DC");
    CU_ASSERT_EQUAL(memcmp(one.card.command, zeros, sizeof zeros), 0);
}

// ---- transactions ------------------------------------------------------------------------------

static void test_commit_and_abort(void) {
    char hex[600];
    fresh();
    EXPECT("0020008004119000FF", "9000");
    EXPECT("803A000000", "000000110000009000");
    EXPECT("0020008004226A80FF", "6A80");
    EXPECT("00200080042263C2FF", "63C2");
    EXPECT("0020008004226200FF", "6200");
    EXPECT("803A000000", "000000110000009000"); // only 9000 commits
    EXPECT(borrow(hex, COMMAND_PURSE_CHANGE_PIN, "336985"), "6985");
    EXPECT("803A000000", "000000113300009000"); // what the handler committed itself stays
    power(&one);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000000113300009000");
}

/// What an applet must not do mutes the card: nothing of the command stays, nothing is answered but
/// 6F00 over any interface, nothing is written; a reset ends it.
static void test_trespass(void) {
    static uint8_t before[NVM_IMAGE_SIZE];
    char hex[600], data[3];
    fresh();
    memcpy(before, one.image, sizeof before);
    for (unsigned way = 1; way <= 4; way++) {
        snprintf(data, sizeof data, "%02X", way);
        EXPECT(borrow(hex, COMMAND_PURSE_RESET_RETRY, data), "6F00");
        EXPECT("803A000000", "6F00");
        EXPECT("00C0000000", "6F00");
        AIR(SELECT_ISD, "6F00");
        INTERNAL(INSTALL("F050524F424503"), "6F00");
        if (way % 2 == 0)
            power(&one);
        else
            card_reset(&one.card);
        CU_ASSERT(memcmp(before, one.image, sizeof before) == 0);
        EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
        EXPECT("803A000000", "000000A00000009000");
    }
    EXPECT(borrow(hex, COMMAND_PURSE_RESET_RETRY, "05"), "6F00"); // an answer without end: no harm
    EXPECT("803A000000", "000000A00000009000");
    EXPECT(borrow(hex, COMMAND_PURSE_RESET_RETRY, "06"), "9000");
    EXPECT("803A000000", "000000770000009000");
}

/// So does a session that says what no command made it say.
static void test_spoiled_session(void) {
    static const uint8_t nobody[] = {CARD_INSTANCES_MAX - 1, CARD_INSTANCES_MAX, 0xFF};
    for (size_t i = 0; i < sizeof nobody; i++) {
        fresh();
        INTERNAL(SELECT_ISD, FCI_ISD "9000");
        ((struct isd_session *)one.card.on_deselect)->target = nobody[i];
        INTERNAL("80E208000400010142", "6F00");
        INTERNAL(SELECT_ISD, "6F00");
        card_reset(&one.card);
        INTERNAL(SELECT_ISD, FCI_ISD "9000");
    }
}

/// So does a way out of an applet that trespasses: nobody is selected behind it.
static void test_trespass_on_leaving(void) {
    fresh();
    leave_badly = true;
    EXPECT(SELECT_TWO, "6F00");
    EXPECT(SELECT_ONE, "6F00");
    leave_badly = false;
    card_reset(&one.card);
    EXPECT("80CA00E000", "E012C00401FF8810C00402FF8810C00403FF88109000");
    EXPECT(SELECT_TWO, "8407" TWO_AID "9000");
}

/// Power goes during a command: silence until power-on, then old or new state.
static void test_power_cut(void) {
    fresh();
    memory_port_cut(&one.port, 0, 10);
    EXPECT("0020008004449000FF", "6581");
    EXPECT("803A000000", "6581");
    memory_port_power(&one.port);
    EXPECT("803A000000", "6581"); // not before power-on
    power(&one);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000000A00000009000");
    memory_port_cut(&one.port, 1, 0);
    EXPECT("0020008004449000FF", "6581");
    power(&one);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000000440000009000");
}

static void test_two_cards(void) {
    static struct fixture two;
    fresh();
    make(&two);
    EXPECT("803800000155", "9000");
    CU_ASSERT_EQUAL(strcmp(transmit(&two, CARD_CONTACT, SELECT_ONE), "6A82"), 0);
    EXPECT("803A000000", "550055A00000009000");
    CU_ASSERT_NOT_EQUAL(memcmp(one.card.uid, two.card.uid, 4), 0);
    card_power_off(&two.card);
    EXPECT("803A000000", "550055A00000009000");
}

static void test_uid(void) {
    char first[32];
    fresh();
    snprintf(first, sizeof first, "%s", transmit(&one, CARD_CONTACT, "FFCA000000"));
    CU_ASSERT_EQUAL(strlen(first), 12);
    CU_ASSERT_EQUAL(strncmp(first, "08", 2), 0);
    EXPECT("FFCA000000", first);
    AIR("FFCA000000", first);
    EXPECT("FFCA010000", "6A86");
    power(&one);
    CU_ASSERT_NOT_EQUAL(strcmp(transmit(&one, CARD_CONTACT, "FFCA000000"), first), 0);
}

static void test_atr(void) {
    uint8_t atr[CARD_ATR_MAX], check = 0;
    size_t size = card_atr(CARD_CONTACT, atr);
    CU_ASSERT_EQUAL(size, 4 + 2 + (atr[1] & 0x0Fu) + 1); // TS T0 TD1 TD2, TA3 TB3, T1.., TCK
    CU_ASSERT_EQUAL(atr[0], 0x3B);
    CU_ASSERT_EQUAL(atr[2] & 0x0F, 1); // T=1 is offered first
    for (size_t i = 1; i < size; i++)
        check ^= atr[i];
    CU_ASSERT_EQUAL(check, 0);
}

// Clients take a card for a contactless one by exactly this form, libnfc's driver for PC/SC readers
// among them.
static void test_contactless_atr(void) {
    uint8_t atr[CARD_ATR_MAX], contact[CARD_ATR_MAX], check = 0;
    size_t size = card_atr(CARD_CONTACTLESS, atr), historical = size - 5;
    CU_ASSERT_EQUAL(atr[0], 0x3B);
    CU_ASSERT_EQUAL(atr[1], 0x80 | historical);
    CU_ASSERT_EQUAL(atr[2], 0x80);
    CU_ASSERT_EQUAL(atr[3], 0x01);
    for (size_t i = 1; i < size; i++)
        check ^= atr[i];
    CU_ASSERT_EQUAL(check, 0);
    CU_ASSERT_EQUAL(card_atr(CARD_CONTACT, contact), size + 2);
    CU_ASSERT_EQUAL(memcmp(contact + 6, atr + 4, historical), 0); // the same card
}

// ---- the factory -------------------------------------------------------------------------

static void test_install(void) {
    make(&one);
    EXPECT(INSTALL(ONE_AID), "6982"); // only over the internal interface
    AIR(INSTALL(ONE_AID), "941C");
    INTERNAL("80E60C001500"
             "07" ONE_AID "07" ONE_AID "01000000"
             "00",
             "009000"); // with Le
    INTERNAL(INSTALL(ONE_AID), "6A89");
    INTERNAL("80E60C001500"
             "07F050524F424509"
             "07" TWO_AID "01000000",
             "6A82");
    INTERNAL("80E60C001200"
             "07" ONE_AID "04"
             "F0505252"
             "01000000",
             "6A80"); // name too short
    INTERNAL("80E60C001900"
             "07" ONE_AID "07" TWO_AID "0100"
             "04C902FFFF"
             "00",
             "6A84");
    INTERNAL("80E60C001900"
             "07" ONE_AID "07" TWO_AID "0100"
             "04C9020000"
             "00",
             "6A80");
    INTERNAL("80E60C001400"
             "07" ONE_AID "07" TWO_AID "010000",
             "6A80"); // cut short
    INTERNAL("80E602001500"
             "07" ONE_AID "07" TWO_AID "01000000",
             "6A86");
    INTERNAL(SELECT_TWO, "6A82"); // none of them left a trace
    INTERNAL(SELECT_ISD, FCI_ISD "9000");
    INTERNAL("80E60C001500"
             "07" ONE_AID "07" TWO_AID "01000000",
             "9000"); // twice from one applet
    INTERNAL(SELECT_TWO, "8407" TWO_AID "9000");
    power(&one);
    CU_ASSERT_EQUAL(card_check(&one.ports), CARD_OK);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000000A00000009000");
}

#define PERSONALIZE(aid)                                                                           \
    "80E620000D"                                                                                   \
    "00"                                                                                           \
    "00"                                                                                           \
    "07" aid "00"                                                                                  \
    "00"                                                                                           \
    "00"

static void test_store_data(void) {
    fresh();
    INTERNAL("80E28800040FFF0101", "6A88"); // to the security domain itself
    INTERNAL(PERSONALIZE("F050524F424509"), "6A82");
    INTERNAL(PERSONALIZE(ONE_AID), "9000");
    INTERNAL("80E2080104"
             "00000111",
             "6A86"); // block 1 before block 0
    INTERNAL("80E2080008"
             "00000111"
             "00020122",
             "9000");
    INTERNAL("80E2080008"
             "00000133"
             "00020144",
             "6A86"); // block 0 again
    INTERNAL("80E2080108"
             "00000133"
             "00090144",
             "6A88"); // the second one is refused:
    INTERNAL("80E2080107"
             "000001330009FF",
             "6A80");
    INTERNAL("80E2080106"
             "0003FF000155",
             "9000"); // neither took effect; long form
    INTERNAL("80E2680204"
             "00000111",
             "6A86"); // encrypted
    INTERNAL("80E2880203"
             "0FFF00",
             "9000");
    INTERNAL("80E2880003"
             "0FFF00",
             "6A88"); // the sequence has ended
    CU_ASSERT_EQUAL(one.card.instances[1].life_cycle, APPLET_PERSONALIZED);
    EXPECT(SELECT_ONE, "8407" ONE_AID "9000");
    EXPECT("803A000000", "000011A02255009000");
    power(&one);
    CU_ASSERT_EQUAL(one.card.instances[1].life_cycle, APPLET_PERSONALIZED);
    CU_ASSERT_EQUAL(one.card.instances[2].life_cycle, APPLET_SELECTABLE);
}

static void test_life_cycle(void) {
    fresh();
    INTERNAL("80E2880004"
             "00010101",
             "6A80"); // not a state to go to
    INTERNAL("80E2880004"
             "0001010F",
             "941F"); // everybody knows its keys
    INTERNAL("80E2880004"
             "00010107",
             "9000");
    INTERNAL("80E2880004"
             "00010107",
             "6982"); // the factory is closed
    INTERNAL(INSTALL(ONE_AID), "6982");
    INTERNAL(PERSONALIZE(ONE_AID), "6982");
    power(&one);
    struct card_report report;
    card_report(&one.card, &report);
    CU_ASSERT_EQUAL(report.life_cycle, CARD_INITIALIZED);
    CU_ASSERT_EQUAL(report.instance_count, 3);
    CU_ASSERT_EQUAL(memcmp(report.serial, serial, 8), 0);
    CU_ASSERT_EQUAL(report.nvm_size, sizeof one.image);
    CU_ASSERT(report.nvm_used > 12288 && report.nvm_used < 16384);
    CU_ASSERT(report.commits > 3);
}

/// No command of today locks a card; the state is set from within.
static void set_card_state(enum card_life_cycle state) {
    struct card_call call = card_call_to(&one.card, CARD_INTERNAL, 0);
    nvm_begin(&one.card.nvm);
    card_set_life_cycle(&call, state);
    CU_ASSERT(nvm_commit(&one.card.nvm));
    one.card.directory_changed = false;
}

static void test_locked_and_terminated(void) {
    fresh();
    set_card_state(CARD_LOCKED);
    EXPECT("803A000000", "941D");
    EXPECT(SELECT_TWO, "941D");
    EXPECT(SELECT_ISD, FCI_ISD "6283");
    EXPECT(INSTALL(ONE_AID), "6982"); // reaches the security domain
    set_card_state(CARD_TERMINATED);
    power(&one);
    EXPECT(SELECT_ONE, "941D");
    EXPECT(SELECT_ISD, FCI_ISD "6283");
    EXPECT(INSTALL(ONE_AID), "941D");
    EXPECT("80CA9F7F02", "9F7F612B");
}

static uint16_t remove_one(struct card_call *call) {
    return directory_remove(call, BYTES_OF(((const uint8_t[]){0xF0, 'P', 'R', 'O', 'B', 'E', 1})));
}

static size_t count_octet(uint8_t value) {
    size_t count = 0;
    for (size_t i = nvm_data_begin(); i < sizeof one.image; i++)
        count += one.image[i] == value;
    return count;
}

/// Power goes anywhere in a removal: the instance is there whole, or gone with every octet of it.
static void test_remove_under_cuts(void) {
    static uint8_t image[NVM_IMAGE_SIZE];
    fresh();
    EXPECT("8038000001D7", "9000");
    memcpy(image, one.image, sizeof image);
    bool done = false;
    unsigned there = 0, gone = 0;
    for (uint32_t write = 0; !done; write++)
        for (uint32_t octet = 0, size = 0; octet <= size && !done; octet++) {
            memcpy(one.image, image, sizeof image);
            power(&one);
            memory_port_cut(&one.port, write, octet);
            struct card_call call = card_call_to(&one.card, CARD_INTERNAL, 0);
            done = card_run(&call, remove_one) == SW_OK;
            size = one.port.last_size;
            power(&one);
            CU_ASSERT_EQUAL_FATAL(card_check(&one.ports), CARD_OK);
            bool found = strcmp(transmit(&one, CARD_CONTACT, SELECT_ONE), "6A82") != 0;
            there += found;
            gone += !found;
            CU_ASSERT_EQUAL_FATAL(count_octet(0xD7), found ? 1 : 0);
            CU_ASSERT_FATAL(!done || !found);
        }
    CU_ASSERT(there > 30 && gone > 30);
    INTERNAL(INSTALL(ONE_AID), "9000"); // its place is free again
    CU_ASSERT(uninstalls > 0);
}

// ---- power cuts at the factory -----------------------------------------------------------------

static uint8_t before_cut[NVM_IMAGE_SIZE], after_cut[NVM_IMAGE_SIZE];

static bool data_equals(const uint8_t *image) {
    size_t begin = nvm_data_begin();
    return memcmp(one.image + begin, image + begin, sizeof one.image - begin) == 0;
}

/// Power on, the security domain aiming where the last command of the script needs it.
static void prepare(const char *aim) {
    memcpy(one.image, before_cut, sizeof one.image);
    power(&one);
    if (aim != NULL)
        INTERNAL(aim, "9000");
}

/// The command under every cut: exactly the old or the new data, and once more it succeeds.
static unsigned cut_command(const char *aim, const char *command) {
    unsigned cuts = 0;
    memcpy(before_cut, one.image, sizeof before_cut);
    prepare(aim);
    INTERNAL(command, "9000");
    memcpy(after_cut, one.image, sizeof after_cut);
    for (uint32_t write = 0;; write++)
        for (uint32_t octet = 0;; octet++) {
            prepare(aim);
            memory_port_cut(&one.port, write, octet);
            const char *answer = transmit(&one, CARD_INTERNAL, command);
            uint32_t size = one.port.last_size;
            if (!one.port.off)
                return cuts;
            CU_ASSERT_STRING_EQUAL_FATAL(answer, "6581");
            power(&one);
            CU_ASSERT_FATAL(data_equals(before_cut) || data_equals(after_cut));
            cuts++;
            if (octet == size)
                break;
        }
}

static void test_factory_under_cuts(void) {
    make(&one);
    unsigned cuts = cut_command(NULL, INSTALL(ONE_AID));
    cuts += cut_command(PERSONALIZE(ONE_AID), "80E2880013"
                                              "000001110001012200020133"
                                              "0FFF00000301"
                                              "44");
    cuts += cut_command(NULL, INSTALL(TWO_AID));
    cuts += cut_command(NULL, "80E288000400010107");
    CU_ASSERT_EQUAL(one.card.life_cycle, CARD_INITIALIZED);
    CU_ASSERT_EQUAL(card_check(&one.ports), CARD_OK);
    CU_ASSERT(cuts > 300);
    printf("%u cuts ", cuts);
}

/// An image from a card with more applets in ROM: what this one does not know stays out of reach
/// and unharmed.
static void test_unknown_applet(void) {
    uint8_t last_of_name = 0x99;
    fresh();
    nvm_begin(&one.card.nvm);
    nvm_stage(&one.card.nvm, nvm_data_begin() + 64 + 48 + 19 + 6, &last_of_name, 1);
    CU_ASSERT(nvm_commit(&one.card.nvm));
    power(&one);
    EXPECT(SELECT_ONE, "6A82");
    EXPECT(SELECT_TWO, "8407" TWO_AID "9000");
    INTERNAL(PERSONALIZE(ONE_AID), "6985");
    INTERNAL(INSTALL(ONE_AID), "6A89"); // its name is taken
    struct card_report report;
    card_report(&one.card, &report);
    CU_ASSERT_EQUAL(report.instance_count, 3);
    CU_ASSERT_STRING_EQUAL(report.instances[1].name, "?");
    struct card_call call = card_call_to(&one.card, CARD_INTERNAL, 0);
    CU_ASSERT_EQUAL(card_run(&call, remove_one), SW_OK);
    INTERNAL(INSTALL(ONE_AID), "9000");
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"selection by whole and partial name", test_selection, NULL},
        {"memory classes", test_memory_classes, NULL},
        {"power off erases everything volatile", test_power_off_erases, NULL},
        {"joined command data is erased", test_joined_data_is_erased, NULL},
        {"commit on 9000 alone", test_commit_and_abort, NULL},
        {"an applet cannot leave its memory", test_trespass, NULL},
        {"nor on its way out", test_trespass_on_leaving, NULL},
        {"a session that nothing made stops the card", test_spoiled_session, NULL},
        {"silent after a power cut", test_power_cut, NULL},
        {"two cards in one process", test_two_cards, NULL},
        {"UID", test_uid, NULL},
        {"ATR", test_atr, NULL},
        {"ATR over contactless", test_contactless_atr, NULL},
        {"INSTALL", test_install, NULL},
        {"STORE DATA", test_store_data, NULL},
        {"life cycle closes the fixture", test_life_cycle, NULL},
        {"locked and terminated cards", test_locked_and_terminated, NULL},
        {"removal under every power cut", test_remove_under_cuts, NULL},
        {"the fixture under every power cut", test_factory_under_cuts, NULL},
        {"an applet that is not in ROM", test_unknown_applet, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    int status = suite_main("test-content", tests, sizeof tests / sizeof *tests, argc, argv);
    crypto_openssl_free(crypto);
    return status;
}
