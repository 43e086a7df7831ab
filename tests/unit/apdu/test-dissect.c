// SPDX-License-Identifier: Apache-2.0
// The dissector: names, fields, chains, secrets, status words; and that nothing a card says can
// command the terminal. Signatures and certificates are shown by e2e-apdu over a real payment.
#include "apdu/dissect/dissect.h"
#include "apdu/dissect/waterfall.h"
#include "apdu/script/run/host.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <string.h>

static struct dissector dissector;

static void begin(bool colour) {
    dissector_init(&dissector, &host_memory, NULL, colour);
}

/// Explains one exchange given in hex and returns the text, which lives until the next call.
static const char *explain_as(const char *command, const char *answer, bool secret) {
    uint8_t octets[2][600];
    struct dissect_exchange exchange = {.card_name = "card", .secret = secret};
    exchange.command = bytes_of(octets[0], from_hex(command, octets[0], sizeof octets[0]));
    exchange.answer = bytes_of(octets[1], from_hex(answer, octets[1], sizeof octets[1]));
    buffer_clear(&dissector.out.text);
    dissect_exchange(&dissector, &exchange);
    return buffer_string(&dissector.out.text);
}

static const char *explain(const char *command, const char *answer) {
    return explain_as(command, answer, false);
}

static bool says(const char *text, const char *wanted) {
    bool found = strstr(text, wanted) != NULL;
    if (!found)
        printf("\nno \"%s\" in\n%s", wanted, text);
    return found;
}

static const char select_purse[] = "00A4040009F0544553534552410100";
static const char fci[] = "6F178409F05445535345524101A50A8305414C494345C101009000";

static void commands_and_fields_are_named(void) {
    begin(false);
    const char *text = explain(select_purse, fci);
    CU_ASSERT_TRUE(says(text, "SELECT (os.select)"));
    CU_ASSERT_TRUE(says(text, "9000 done, 25 octets"));
    CU_ASSERT_TRUE(says(text, "84 application identifier"));
    CU_ASSERT_TRUE(says(text, "83 payer ALICE"));
    text = explain("8012000004860203E8", "9402");
    CU_ASSERT_TRUE(says(text, "REQUEST (purse.request)"));
    CU_ASSERT_TRUE(says(text, "86 amount 1000"));
    CU_ASSERT_TRUE(says(text, "9402 above a limit of the issue log or of the purse [limit]"));
    dissector_free(&dissector);
}

static void what_is_selected_is_remembered(void) {
    begin(false);
    CU_ASSERT_TRUE(says(explain("8014000000", "6D00"), "unknown command"));
    CU_ASSERT_TRUE(says(explain("84823300100011223344556677889900112233445566", "6985"),
                        "EXTERNAL AUTHENTICATE (isd.external-authenticate)"));
    CU_ASSERT_TRUE(says(explain("84F28002024F00", "6882"), "GET STATUS (isd.get-status)"));
    explain(select_purse, fci);
    CU_ASSERT_TRUE(says(explain("8014000000", "6700"), "DEBIT (purse.debit)"));
    dissect_event(&dissector, 0, "card", "reset", bytes_of(NULL, 0));
    CU_ASSERT_TRUE(says(explain("8014000000", "6D00"), "unknown command"));
    explain("00A4040005A000000099", "9000");
    CU_ASSERT_TRUE(says(explain("8014000000", "6D00"), "unknown command"));
    CU_ASSERT_TRUE(
        says(explain("00A4040009F0544553534552410100", "6A82"), "file or application not found"));
    dissector_free(&dissector);
}

// Tags and numbers mean what their application says: ours in ours, interindustry ones elsewhere.
static void foreign_cards_are_not_named_after_ours(void) {
    begin(false);
    const char *text =
        explain("00A4040007A000000003101000", "6F148407A0000000031010A509500456495341870191"
                                              "9000");
    CU_ASSERT_TRUE(says(text, "50 application label 56 49 53 41 \"VISA\""));
    CU_ASSERT_TRUE(says(text, "87 91\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "unit"));
    text = explain("80CA9F3600", "9F360200079404");
    CU_ASSERT_TRUE(says(text, "unknown command"));
    CU_ASSERT_TRUE(says(text, "9404 status word of no known meaning")); // SIM: file not found
    text = explain("00B2010C00", "700C9E0110E103010203C501019F7F0101"
                                 "9000");
    CU_ASSERT_PTR_NULL(strstr(text, "signature"));
    CU_ASSERT_PTR_NULL(strstr(text, "signed body"));
    CU_ASSERT_PTR_NULL(strstr(text, "privileges"));
    CU_ASSERT_TRUE(says(explain("00E2000003010203", "9000"), "APPEND RECORD"));
    dissector_free(&dissector);
}

// Until something is selected, the security domain is only assumed: any card may be there.
static void files_are_not_of_the_security_domain(void) {
    begin(false);
    CU_ASSERT_TRUE(says(explain("80F2000000", "6E00"), "unknown command")); // SIM: STATUS
    CU_ASSERT_TRUE(says(explain("80F24002024F0000", "9000"), "GET STATUS (isd.get-status)"));
    const char *text = explain("00A40004023F0000", "6210820278218302"
                                                   "3F00A5068301718001"
                                                   "019000");
    CU_ASSERT_TRUE(says(text, "83 71\n")); // octets, no dots
    CU_ASSERT_PTR_NULL(strstr(text, "payer"));
    CU_ASSERT_TRUE(says(explain("80F24002024F0000", "9000"), "unknown command"));
    dissect_event(&dissector, 0, "card", "reset", bytes_of(NULL, 0));
    explain("A0A40000023F00", "9F16");
    CU_ASSERT_TRUE(says(explain("80F24002024F0000", "9000"), "unknown command"));
    explain("00A4040008A000000003000000"
            "00",
            "6F00"
            "9000"); // another maker's security domain
    CU_ASSERT_TRUE(says(explain("80F24002024F0000", "9000"), "GET STATUS (isd.get-status)"));
    CU_ASSERT_TRUE(says(explain("80E8000001FF", "9000"), "LOAD"));
    dissector_free(&dissector);
}

// What should be a name and is none is shown octet by octet.
static void octets_are_never_lost(void) {
    begin(false);
    CU_ASSERT_TRUE(says(explain(select_purse, "6F0C"
                                              "8403F05445A50583034101FF"
                                              "9000"),
                        "83 payer 41 01 FF\n"));
    dissector_free(&dissector);
}

// In a proprietary class the bit 10 is part of the class: 90 of DESFire, B0 of older cards.
static void chaining_is_of_interindustry_classes(void) {
    begin(false);
    const char *text = explain_as("B02000000431323334", "9000", true);
    CU_ASSERT_PTR_NULL(strstr(text, "more follows"));
    CU_ASSERT_PTR_NULL(strstr(text, "31 32 33 34"));
    text = explain("00A4040000", "9000");
    CU_ASSERT_PTR_NULL(strstr(text, "31 32 33 34"));
    CU_ASSERT_PTR_NULL(strstr(text, "1234"));
    CU_ASSERT_PTR_NULL(strstr(explain("905A000003010203", "9100"), "more follows"));
    CU_ASSERT_PTR_NULL(strstr(explain("D0CA000003010203", "9000"), "more follows"));
    CU_ASSERT_TRUE(says(explain("10DB3FFF025C00", "9000"), "more follows"));
    CU_ASSERT_TRUE(says(explain("50DB3FFF025C00", "9000"), "more follows")); // class 40 to 7F
    explain(select_purse, fci);
    CU_ASSERT_TRUE(says(explain("9012000004860203E8", "9000"), "more follows")); // one of ours
    dissector_free(&dissector);
}

// A chain keeps one header, ends at a refusal, and is as secret as its pieces.
static void a_chain_is_one_command(void) {
    begin(false);
    explain("00A4040005A000000099", "9000");
    explain("10DA010004DF010231", "9000");
    CU_ASSERT_TRUE(says(explain("00DA01000132", "9000"), "DF01"));
    explain("10DA010004DF010231", "9000");
    CU_ASSERT_PTR_NULL(strstr(explain("00DA020004DF020132", "9000"), "DF01")); // another P1
    explain("10DA010004DF010231", "6985");
    CU_ASSERT_PTR_NULL(strstr(explain("00DA010004DF020132", "9000"), "DF01"));
    explain_as("10DA010004DF010231", "9000", true);
    const char *text = explain("00DA010001AB", "9000");
    CU_ASSERT_PTR_NULL(strstr(text, "DF01"));
    CU_ASSERT_TRUE(says(text, "5 octets of secret data"));
    CU_ASSERT_TRUE(says(explain("00DA010004DF020132", "9000"), "DF02")); // and then it is over
    dissector_free(&dissector);
}

static void secrets_are_never_shown(void) {
    begin(false);
    const char *text = explain("002000800431323334", "63C2");
    CU_ASSERT_PTR_NULL(strstr(text, "31 32"));
    CU_ASSERT_PTR_NULL(strstr(text, "1234"));
    CU_ASSERT_TRUE(says(text, "4 octets of secret data"));
    explain(select_purse, fci);
    text = explain("002000800431323334", "63C2");
    CU_ASSERT_PTR_NULL(strstr(text, "31 32"));
    CU_ASSERT_TRUE(says(text, "VERIFY (purse.verify)"));
    uint8_t octets[16];
    struct dissect_span span = {2, 3};
    struct dissect_exchange exchange = {.card_name = "card", .secrets = &span, .secret_count = 1};
    exchange.command = bytes_of(octets, from_hex("00112233445566", octets, sizeof octets));
    buffer_clear(&dissector.out.text);
    dissect_exchange(&dissector, &exchange);
    CU_ASSERT_TRUE(says(buffer_string(&dissector.out.text), "00 11 ## ## ## 55 66"));
    dissector_free(&dissector);
}

static void pieces_are_joined(void) {
    begin(false);
    explain(select_purse, fci);
    CU_ASSERT_TRUE(says(explain("9030000002E103", "9000"), "more follows"));
    const char *text = explain("80300000038001FF", "9000");
    CU_ASSERT_TRUE(says(text, "E1 signed body"));
    explain("80CA00C200", "6F056102");
    text = explain("00C0000002", "8401AA9000");
    CU_ASSERT_TRUE(says(text, "6F file control information (5)") || says(text, "84 01 AA"));
    dissector_free(&dissector);
}

static void silence_and_short_commands_are_told(void) {
    begin(false);
    CU_ASSERT_TRUE(says(explain("00A40400", ""), "no answer"));
    CU_ASSERT_TRUE(says(explain("00A4", "6700"), "too short to be a command"));
    CU_ASSERT_TRUE(says(explain("00B0000000", "00017E1B5B9000"), "00 01 7E 1B 5B"));
    dissector_free(&dissector);
}

static void cards_cannot_command_the_terminal(void) {
    begin(true);
    const char *text = explain(select_purse, "6F0983071B5B324A1B5D079000");
    for (const char *at = strchr(text, 0x1B); at != NULL; at = strchr(at + 1, 0x1B))
        CU_ASSERT_TRUE(at[1] == '[' && strchr("0123", at[2]) != NULL && strchr(at, 'm') - at < 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\x1b[32m9000"));
    dissector_free(&dissector);
}

static void pictures_are_well_formed(void) {
    struct waterfall waterfall;
    struct buffer out;
    waterfall_init(&waterfall, &host_memory);
    buffer_init(&out, &host_memory);
    waterfall_add(&waterfall, &(struct waterfall_row){.title = "A & <B>",
                                                      .card = bytes_of_string("w\"x"),
                                                      .sw = 0x9000,
                                                      .begin = 10,
                                                      .end = 90});
    waterfall_add(&waterfall, &(struct waterfall_row){.title = "C", .sw = 0});
    waterfall_write(&waterfall, &out);
    const char *text = buffer_string(&out);
    CU_ASSERT_TRUE(says(text, "w&#34;x: A &#38; &#60;B&#62;"));
    CU_ASSERT_TRUE(says(text, "no answer"));
    CU_ASSERT_TRUE(says(text, "</svg>"));
    buffer_free(&out);
    waterfall_free(&waterfall);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"commands and fields are named", commands_and_fields_are_named, NULL},
        {"what is selected is remembered", what_is_selected_is_remembered, NULL},
        {"other cards' tags and commands are not named after ours",
         foreign_cards_are_not_named_after_ours, NULL},
        {"files are not of the security domain", files_are_not_of_the_security_domain, NULL},
        {"octets are never lost", octets_are_never_lost, NULL},
        {"chaining is of interindustry classes", chaining_is_of_interindustry_classes, NULL},
        {"a chain is one command", a_chain_is_one_command, NULL},
        {"secrets are never shown", secrets_are_never_shown, NULL},
        {"pieces of commands and answers are joined", pieces_are_joined, NULL},
        {"silence and short commands are told", silence_and_short_commands_are_told, NULL},
        {"cards cannot command the terminal", cards_cannot_command_the_terminal, NULL},
        {"pictures are well formed", pictures_are_well_formed, NULL},
    };
    return suite_main("test-dissect", tests, sizeof tests / sizeof tests[0], argc, argv);
}
