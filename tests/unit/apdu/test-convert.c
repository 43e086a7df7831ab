// SPDX-License-Identifier: Apache-2.0
// Other tools' formats: what their text means, what is refused, and that the octets survive the way
// out and back. That the tools themselves send these octets is shown by e2e-apdu-tools.
#include "apdu/convert/convert.h"
#include "apdu/convert/fresh.h"
#include "apdu/script/run/host.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct buffer out;   // native text
    char messages[1024]; // "LINE:COLUMN severity message"
    struct exporter exporter;
    const struct script_format *to;
};

static void on_report(const struct script_reporter *reporter,
                      const struct script_diagnostic *what) {
    struct reading *reading = reporter->context;
    size_t used = strlen(reading->messages);
    snprintf(reading->messages + used, sizeof reading->messages - used, "%u:%u %s %s\n",
             what->at.line, what->at.column, what->severity == SCRIPT_ERROR ? "error" : "warning",
             what->message);
}

static bool take(struct importer *importer, const struct step *step) {
    struct reading *reading = importer->context;
    bool ok = reading->to->export(&reading->exporter, step);
    reading->exporter.commands += step->kind == STEP_COMMAND;
    return ok;
}

/// What the importers are told beside the text.
static struct {
    uint8_t secure_protocol;
    bool drops_le_zero;
} told;

static bool convert(const char *from, const char *to, const char *text, bool strict,
                    struct reading *reading) {
    struct script_source source = {.text = bytes_of_string(text), .path = "in"};
    struct script_ports ports = host_ports(NULL);
    struct script_reporter reporter = {on_report, reading};
    *reading = (struct reading){.to = script_format_find(to)};
    struct importer importer = {.memory = &host_memory,
                                .source = &source,
                                .ports = &ports,
                                .reporter = &reporter,
                                .strict = strict,
                                .secure_protocol = told.secure_protocol,
                                .drops_le_zero = told.drops_le_zero,
                                .take = take,
                                .context = reading};
    reading->exporter.reporter = &reporter;
    buffer_init(&reading->exporter.out, &host_memory);
    if (reading->to->begin != NULL)
        reading->to->begin(&reading->exporter);
    bool ok = script_format_find(from)->import(&importer) && !importer.failed &&
              !reading->exporter.failed;
    if (reading->to->end != NULL)
        reading->to->end(&reading->exporter);
    return ok;
}

static bool becomes(const char *from, const char *to, const char *text, const char *wanted) {
    struct reading reading;
    bool ok = convert(from, to, text, false, &reading);
    const char *got = buffer_string(&reading.exporter.out);
    bool same = ok && strcmp(got, wanted) == 0;
    if (!same)
        printf("\n%s%s", got, reading.messages);
    buffer_free(&reading.exporter.out);
    return same;
}

static bool refused(const char *from, const char *to, const char *text, const char *message) {
    struct reading reading;
    bool ok = convert(from, to, text, false, &reading);
    bool said = !ok && strstr(reading.messages, message) != NULL;
    if (!said)
        printf("\n%d %s", ok, reading.messages);
    buffer_free(&reading.exporter.out);
    return said;
}

static void scriptor_is_read(void) {
    CU_ASSERT_TRUE(becomes("scriptor", "native", "# hello\n00 A4 04 00\n\n00a40400\nreset\n",
                           "# hello\ntx 00 A4 04 00\ntx 00 A4 04 00\nreset\n"));
    CU_ASSERT_TRUE(
        becomes("scriptor", "native", "00 A4 04 00 02 \\\nAB CD\n", "tx 00 A4 04 00 02 AB CD\n"));
    CU_ASSERT_TRUE(
        becomes("scriptor", "native", "00 A4 04 00\nexit\n00 A4 04 01\n", "tx 00 A4 04 00\n"));
    CU_ASSERT_TRUE(refused("scriptor", "native", "00 A4 04 0\n", "1:1 error odd number"));
    CU_ASSERT_TRUE(refused("scriptor", "native", "00 A4 zz 00\n", "1:7 error \"z\" is no hex"));
    CU_ASSERT_TRUE(
        refused("scriptor", "native", "00 A4 04 00\n  # late\n", "2:1 error scriptor knows"));
    CU_ASSERT_TRUE(refused("scriptor", "native", "00 A4\n", "at least 4 octets"));
    CU_ASSERT_TRUE(refused("scriptor", "native", "00 A4 04 00 \\\n", "continued by nothing"));
}

static void strict_scriptor_keeps_its_mistakes(void) {
    struct reading reading;
    CU_ASSERT_TRUE(
        convert("scriptor", "native", "00 A4 04 00\n# exit here\n00 A4 04 01\n", true, &reading));
    CU_ASSERT_STRING_EQUAL(buffer_string(&reading.exporter.out), "tx 00 A4 04 00\n");
    buffer_free(&reading.exporter.out);
    CU_ASSERT_FALSE(convert("scriptor", "native", "00 A4 04 00\r\n", true, &reading));
    buffer_free(&reading.exporter.out);
    CU_ASSERT_TRUE(convert("scriptor", "native", "00 A4 04 00\r\n", false, &reading));
    buffer_free(&reading.exporter.out);
    CU_ASSERT_FALSE(convert("scriptor", "native", "00  A4 04 00\n", true, &reading));
    CU_ASSERT_PTR_NOT_NULL(strstr(reading.messages, "scriptor dies on this line"));
    buffer_free(&reading.exporter.out);
}

static void scr_is_read(void) {
    CU_ASSERT_TRUE(becomes("scr", "native",
                           "// a comment\npowerup;\n0x00 0xA4 0x04 0x00 0x02 0xAB 205 0x7F;\n"
                           "0x00 0xB0 0 0\n 0x00 0x10;\noutput off;\n  // more\npowerdown;\n",
                           "# a comment\ncold-reset\ntx 00 A4 04 00 02 AB CD 7F\n"
                           "tx 00 B0 00 00 10\n# more\n# powerdown\n"));
    CU_ASSERT_TRUE(becomes("scr", "native",
                           "powerup; // now\n0X00 0XA4 4 0 0 // select\n 0x7F; // end\n"
                           "echo \"a; // b\"; delay 20 ;powerdown; //\n",
                           "cold-reset\n# now\n# select\ntx 00 A4 04 00 7F\n# end\n"
                           "echo \"a; // b\"\ndelay 20ms\n# powerdown\n"));
    CU_ASSERT_TRUE(becomes("native", "scr", "tx 00 A4 04 00 02 AB CD 7F\ntx 00 B0 00 00 10\n",
                           "powerup;\n0x00 0xA4 0x04 0x00 0x02 0xAB 0xCD 0x7F;\n"
                           "0x00 0xB0 0x00 0x00 0x00 0x10;\npowerdown;\n"));
}

/// As it is written, unless somebody says that the tool at hand leaves it out.
static void an_le_of_zero_is_sent(void) {
    static const char text[] = "0x00 0xB0 0 0 0 0x00;\n0 164 4 0 1 9 0;\n";
    struct reading reading;
    CU_ASSERT_TRUE(becomes("scr", "native", text, "tx 00 B0 00 00 00\ntx 00 A4 04 00 01 09 00\n"));
    CU_ASSERT_TRUE(convert("scr", "native", text, false, &reading));
    CU_ASSERT_STRING_EQUAL(reading.messages,
                           "1:1 warning an Le of 00 is sent (as many octets as there are); "
                           "jCardSim sends none: --le-zero none does as it does\n");
    buffer_free(&reading.exporter.out);
    told.drops_le_zero = true;
    CU_ASSERT_TRUE(becomes("scr", "native", text, "tx 00 B0 00 00\ntx 00 A4 04 00 01 09\n"));
    told.drops_le_zero = false;
}

/// What could not be checked against a tool that can be had is refused, with its line.
static void scr_refuses_what_nobody_checked(void) {
    static const char *const directives[] = {"contactless",
                                             "contacted",
                                             "extended on",
                                             "open 1",
                                             "close 1",
                                             "select //aid/A000000062/03010C0101",
                                             "send 0x00 to //aid/A000000062/03010C0101 on 1"};
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "powerup;\n%s;\n", directives[i]);
        CU_ASSERT_TRUE(refused("scr", "native", text, "2:1 error what apdutool does for"));
    }
    CU_ASSERT_TRUE(refused("scr", "native", "#define HEAD 0x80 0x10\nHEAD;\n",
                           "1:1 error what apdutool does for \"#define\""));
    CU_ASSERT_TRUE(refused("scr", "native", "delay soon;\n", "delay wants milliseconds"));
    CU_ASSERT_TRUE(refused("scr", "native", "echo \"a\n b\";\n", "goes over lines"));
    CU_ASSERT_TRUE(
        refused("scr", "native", "0x00 0xA4 0x04 0x00 0x02 0xAB 0x7F;\n", "Lc octets of data"));
    CU_ASSERT_TRUE(refused("scr", "native", "0x00 0xA4 0x04 0x00 0x00 0x7F\n", "not closed by ;"));
    CU_ASSERT_TRUE(refused("scr", "native", "frobnicate;\n", "\"frobnicate\" is neither"));
    CU_ASSERT_TRUE(refused("scr", "native", "0x00 256 0 0 0 1;\n", "\"256\" is neither"));
    CU_ASSERT_TRUE(refused("native", "scr", "tx 00 A4 04 00\n", "an Le of 1 to 255"));
    CU_ASSERT_TRUE(refused("native", "scr", "tx 00 B0 00 00 00\n", "an Le of 1 to 255"));
    CU_ASSERT_TRUE(refused("native", "scr", "delay 5ms\ntx 00 B0 00 00 10\n", "delay"));
    CU_ASSERT_TRUE(
        refused("native", "scr", "auto le on\ntx 00 B0 00 00 10\n", "neither fetches answers"));
}

static void gpshell_is_read(void) {
    CU_ASSERT_TRUE(
        becomes("gpshell", "native",
                "mode_211\nenable_trace\nestablish_context\ncard_connect -reader \"A b\"\n"
                "select -AID A000000003000000\nsend_apdu -sc 0 -APDU 80CA006600\n"
                "print in between, \"as it is\" ${X}\n"
                "send_apdu_nostop -sc 0,-APDU 80ca006700 // comment\ncard_disconnect\n"
                "card_connect -readerNumber 1 -protocol 1\n"
                "send_apdu -APDU 80CA0066 # no Le\nexit\nselect -AID 00\n",
                "cold-reset\nauto response on\ntx 00 A4 04 00 08 A0 00 00 00 03 00 00 00\n"
                "  sw 9000|6283\ntx 80 CA 00 66 00\n"
                "echo \"in between, \\\"as it is\\\" ${X}\"\ntx 80 CA 00 67 00\n"
                "reset\ntx 80 CA 00 66\n"));
    CU_ASSERT_TRUE(
        becomes("native", "gpshell", "tx 00 A4 04 00\n",
                "mode_211\nestablish_context\ncard_connect\n"
                "send_apdu_nostop -sc 0 -APDU 00A40400\ncard_disconnect\nrelease_context\n"));
    CU_ASSERT_TRUE(refused("native", "gpshell", "auto le on\ntx 00 A4 04 00\n", "over T=1"));
}

static void gpshell_takes_variables(void) {
    CU_ASSERT_EQUAL(setenv("TESSERA_TEST_AID", "A000000003", 1), 0);
    CU_ASSERT_EQUAL(setenv("TESSERA_TEST_EMPTY", "", 1), 0);
    CU_ASSERT_TRUE(becomes("gpshell", "native",
                           "${TESSERA_TEST_EMPTY}\nselect -AID ${TESSERA_TEST_AID}01\n",
                           "auto response on\ntx 00 A4 04 00 06 A0 00 00 00 03 01\n"
                           "  sw 9000|6283\n"));
    CU_ASSERT_EQUAL(setenv("TESSERA_TEST_AID", "A0 00", 1), 0);
    CU_ASSERT_TRUE(
        refused("gpshell", "native", "select -AID ${TESSERA_TEST_AID}\n", "cannot be one word"));
}

#define KEY "404142434445464748494A4B4C4D4E4F"

/// Octets that its library makes, but of nothing that is secret or new.
static void gpshell_commands_of_fixed_octets(void) {
    static const char *const rows[][2] = {
        {"get_data -identifier 9F7F", "tx 80 CA 9F 7F 00\n  sw 9000\n"},
        {"get_data -identifier 66 -noStop", "tx 80 CA 00 66 00\n"},
        {"get_card_recognition_data", "tx 80 CA 00 66 00\n  sw 9000\n"},
        {"get_secure_channel_protocol_details", "tx 80 CA 00 66 00\n  sw 9000\n"},
        {"get_key_information_templates", "tx 80 CA 00 E0 00\n  sw 9000\n"},
        {"get_key_information_templates -keyTemplate 1", "tx 80 CA 01 E0 00\n  sw 9000\n"},
        {"get_extended_card_resources_information", "tx 80 CA FF 21 00\n  sw 9000\n"},
        {"get_status -element e0", "tx 80 F2 E0 02 02 4F 00 00\n  sw 9000\n"},
        {"get_status -element 40 -format 0", "tx 80 F2 40 00 02 4F 00 00\n  sw 9000\n"},
        {"delete -AID D0D1D2D3D4", "tx 80 E4 00 00 07 4F 05 D0 D1 D2 D3 D4 00\n"},
        {"delete_key -keyver 2", "tx 80 E4 00 80 03 D2 01 02 00\n"},
        {"delete_key -keyver 2 -keyind 1", "tx 80 E4 00 80 06 D0 01 01 D2 01 02 00\n"},
        {"delete_key -keyver 0 -keyind 1", "tx 80 E4 00 80 03 D0 01 01 00\n"},
        {"install_for_personalization -AID D0D1D2D3D4",
         "tx 80 E6 20 00 0B 00 00 05 D0 D1 D2 D3 D4 00 00 00 00\n  sw 9000\n"},
        {"store_data -data F100 -dataFormat 0x10", "tx 80 E2 90 00 02 F1 00\n  sw 9000\n"},
        {"store_data -data F100 -responseDataExpected 1",
         "tx 80 E2 83 00 02 F1 00 00\n  sw 9000\n"},
        {"select -noStop -AID A000000003", "tx 00 A4 04 00 05 A0 00 00 00 03\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128], wanted[160];
        snprintf(text, sizeof text, "mode_211\n%s\n", rows[i][0]);
        snprintf(wanted, sizeof wanted, "auto response on\n%s", rows[i][1]);
        CU_ASSERT_TRUE(becomes("gpshell", "native", text, wanted));
    }
}

/// open_sc opens a block that select, a new open_sc, a disconnection and the end close.
static void gpshell_channels_become_within(void) {
    CU_ASSERT_TRUE(
        becomes("gpshell", "native",
                "mode_211\nopen_sc -security 51 -keyver 1 -scp 3 -scpimpl 96 -enc_key " KEY
                " -mac_key " KEY "\nget_status -element 80\n"
                "send_apdu -sc 1 -APDU 80CA006600\nselect -AID A000000003\n"
                "get_data -identifier 66\nopen_sc -security 1 -scp 2 -scpimpl 0x15\n"
                "send_apdu -sc 1 -APDU 80CA006600\ncard_disconnect\n",
                "auto response on\n"
                "within scp03 kv=01 level=33 keys=" KEY KEY KEY " {\n"
                "tx 80 F2 80 02 02 4F 00 00\n  sw 9000\ntx 80 CA 00 66 00\n}\n"
                "tx 00 A4 04 00 05 A0 00 00 00 03\n  sw 9000|6283\n"
                "tx 80 CA 00 66 00\n  sw 9000\n"
                "within scp02 kv=00 level=01 keys=" KEY KEY KEY " {\n"
                "tx 80 CA 00 66 00\n}\n"));
    told.secure_protocol = 2;
    CU_ASSERT_TRUE(becomes("gpshell", "native", "open_sc -security 1 -key " KEY "\n",
                           "auto response on\n"
                           "within scp02 kv=00 level=01 keys=" KEY KEY KEY " {\n}\n"));
    told.secure_protocol = 0;
    CU_ASSERT_TRUE(refused("gpshell", "native", "open_sc -security 1 -key " KEY "\n",
                           "1:1 error open_sc opens SCP01 here"));
    CU_ASSERT_TRUE(becomes("gpshell", "native", "mode_211\nopen_sc -key " KEY " -scp 3\n",
                           "auto response on\ntx 80 CA 00 66 00\n  sw 9000\n"
                           "within scp03 kv=00 level=00 keys=" KEY KEY KEY " {\n}\n"));
    CU_ASSERT_TRUE(refused("gpshell", "native",
                           "mode_211\nopen_sc -security 1 -key " KEY
                           " -scp 3\nsend_apdu -APDU 80CA006600\nget_data -identifier 66\n",
                           "4:1 error the channel was left"));
    CU_ASSERT_TRUE(refused("gpshell", "gpshell", "mode_211\nopen_sc -key " KEY " -scp 3\n",
                           "only the native language"));
}

static void gpshell_refuses_what_its_library_makes(void) {
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"open_sc -security 3 -key 40", "16, 24 or 32 octets"},
        {"open_sc -security 3", "wants -key"},
        {"open_sc -key " KEY " -keyDerivation visa2", "derived from what the card answers (visa2)"},
        {"open_sc -key " KEY " -scp 1", "SCP 1: only"},
        {"open_sc -key " KEY " -keyind 1", "not one key"},
        {"open_sc -key " KEY " -security 300", "no number of one octet"},
        {"get_status -element e", "no octet of two"},
        {"get_data", "no octet of two"},
        {"delete_key", "wants -keyver"},
        {"put_sc_key -keyver 1", "made inside GPShell's"},
        {"SELECT -AID A000000003", "made inside GPShell's"}, // the tool knows lower case only
        {"send_apdu -sc 1 -APDU 80CA006600", "no channel is open"},
        {"send_apdu -sc 2 -APDU 80CA006600", "-sc 2 is neither"},
        {"send_apdu -apdu 80CA006600", "the option \"-apdu\" is not known"},
        {"send_apdu -APDU 80CA006600 //glued", "the option \"//glued\" is not known"},
        {"send_apdu -APDU", "-APDU has no value"},
        {"send_apdu -APDU 80:CA:00:66:00", "without colons"},
        {"send_apdu -APDU 80CA0066zz", "\"z\" is no hex digit"},
        {"send_apdu -APDU \"80CA006600\"", "quotes are only known"},
        {"select", "select wants -AID"},
        {"select -AID A0000000030000000000000000000000AA", "longer than GPShell keeps"},
        {"select -AID ${TESSERA_NOT_SET}", "TESSERA_NOT_SET is not set"},
        {"select -AID ${PATH", "${ is not closed"},
        {"card_connect -protocol 0", "over T=0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128], message[128];
        snprintf(text, sizeof text, "mode_211\n%s\n", rows[i].line);
        snprintf(message, sizeof message, "2:");
        CU_ASSERT_TRUE(refused("gpshell", "native", text, message));
        CU_ASSERT_TRUE(refused("gpshell", "native", text, rows[i].message));
    }
}

static void opensc_is_read(void) {
    CU_ASSERT_TRUE(
        becomes("opensc-tool", "native",
                "opensc-tool -c default -s 00:A4:04:00 --send-apdu '00 B0 00 00 10' \\\n"
                "  --reset -r 0 -s 00B0000011\n00 B0 00 00\n-s 00B0000012\n",
                "tx 00 A4 04 00\nauto response on\nauto le on\ntx 00 B0 00 00 10\n"
                "tx 00 B0 00 00 11\ncold-reset\nauto response off\nauto le off\ntx 00 B0 00 00\n"
                "auto response on\nauto le on\ntx 00 B0 00 00 12\n"));
    CU_ASSERT_TRUE(becomes("opensc-explorer", "native",
                           "# c\napdu 00 A4 04 00 02 \"AB\" 00\nap 00B0000010\nquit\napdu 00\n",
                           "# c\nauto response on\nauto le on\ntx 00 A4 04 00 02 41 42 00\n"
                           "tx 00 B0 00 00 10\n"));
    CU_ASSERT_TRUE(becomes("native", "opensc-tool", "tx 00 A4 04 00\ntx 00 B0 00 00 10\n",
                           "opensc-tool -c default -s 00:A4:04:00 -s 00:B0:00:00:10\n"));
}

static void opensc_refuses_what_depends_on_it(void) {
    CU_ASSERT_TRUE(refused("opensc-explorer", "native", "\ncd 3F00\n",
                           "2:1 error what \"cd\" sends depends on OpenSC's driver"));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "\nopensc-tool -s 00B0000010\n",
                           "2:1 error without -c default"));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "opensc-tool -c piv -s 00B0000010\n",
                           "1:1 error without -c default"));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "opensc-tool -c default -n -s 00B0000010\n",
                           "1:24 error what opensc-tool does for \"-n\""));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "opensc-tool -c default -s00B0000010\n",
                           "1:24 error what opensc-tool does for \"-s00B0000010\""));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "opensc-tool -c default -s\n",
                           "1:24 error -s has no command"));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "-s 00D60000000001AA\n",
                           "1:4 error opensc-tool does not send extended lengths"));
    CU_ASSERT_TRUE(refused("opensc-tool", "native", "00A4040005AB\n",
                           "1:1 error opensc-tool does not send this"));
    CU_ASSERT_TRUE(refused("opensc-explorer", "native", "apdu 00A4040005AB\n",
                           "1:1 error opensc-explorer does not send this"));
    CU_ASSERT_TRUE(refused("native", "opensc-tool", "reset\n", "after one reset"));
    CU_ASSERT_TRUE(
        refused("native", "opensc-tool", "tx 00 D6 00 00 00 00 01 AA\n", "no extended lengths"));
    CU_ASSERT_TRUE(refused("native", "opensc-explorer", "tx 00 A4 04 00 05 AB\n", "no wrong ones"));
}

static const char log_text[] = "00000005 winscard.c:1646:SCardTransmit() Send Protocol: T=1\n"
                               "00000004 APDU: 00 A4 04 00 02 AB CD \n"
                               "00000500 SW: 6F 00 90 00 \n"
                               "99999999 \x1b[31mAPDU: 00 B0 00 00 10 \x1b[0m\n";

/// A reset shows as several lines, and only with --debug as all of them.
static const char reset_log[] = "00000022 Card ATR: 3B 80 80 01 01 \n"
                                "00023045 prothandler.c:107:PHSetProtocol() Attempting PTS to T=1\n"
                                "00066001 APDU: 00 B0 00 00 10 \n"
                                "00000205 SW: 6A 82 \n"
                                "00000001 winscard.c:609:SCardReconnect() Reset complete.\n"
                                "00000001 Card ATR: 3B 80 80 01 01 \n"
                                "00001447 prothandler.c:107:PHSetProtocol() Attempting PTS to T=1\n"
                                "00000177 APDU: 00 B0 00 00 11 \n"
                                "00002113 SW: 90 00 \n";

static void traces_are_read(void) {
    CU_ASSERT_TRUE(becomes("pcscd", "native", reset_log,
                           "cold-reset\ntx 00 B0 00 00 10\n  sw 6A82\ncold-reset\n"
                           "tx 00 B0 00 00 11\n  sw 9000\n"));
    CU_ASSERT_TRUE(becomes("dump", "native",
                           "# ATR: 3B80800101\n#\n00A40400\n# 42ms\n9000\n00B0000010\n"
                           "# 7ms card was removed\n00B0000011\n# 1ms\n6A82\n",
                           "tx 00 A4 04 00\n  sw 9000\ntx 00 B0 00 00 10\n  mute\n"
                           "tx 00 B0 00 00 11\n  sw 6A82\n"));
    CU_ASSERT_TRUE(becomes("pcscd", "native", log_text,
                           "tx 00 A4 04 00 02 AB CD\n  sw 9000\n  data 6F 00\n"
                           "tx 00 B0 00 00 10\n  mute\n"));
    CU_ASSERT_TRUE(
        becomes("dump", "native",
                "# ATR: 3B80800101\n# PROTOCOL: T=1\n#\n00A4040002ABCD\n6F009000\n# RESET: warm\n",
                "tx 00 A4 04 00 02 AB CD\n  sw 9000\n  data 6F 00\nreset\n"));
    CU_ASSERT_TRUE(refused("dump", "native", "00A40400\n", "has no answer line"));
    CU_ASSERT_TRUE(refused("dump", "native", "00A40400\n90\n", "two octets of its status word"));
    CU_ASSERT_TRUE(
        becomes("pcscd", "dump", log_text, "00A4040002ABCD\n6F009000\n# SILENT: 00B0000010\n"));
    CU_ASSERT_TRUE(refused("scriptor", "dump", "00 A4 04 00\n", "answer to every command"));
}

static void native_is_expanded(void) {
    CU_ASSERT_TRUE(
        becomes("native", "scriptor",
                "let A = AB CD\nmacro m(x) { tx 00 A4 04 00 lv(${x}) }\nrepeat 2 { m(${A}) }\n",
                "00 A4 04 00 02 AB CD\n00 A4 04 00 02 AB CD\n"));
    CU_ASSERT_TRUE(refused("native", "scriptor",
                           "tx 00 A4 04 00\n capture C = data\ntx 00 01 02 03 ${C}\n",
                           "3:1 error this command needs a value from an earlier answer"));
    CU_ASSERT_TRUE(refused("native", "scriptor", "frob\n", "unknown directive"));
    CU_ASSERT_TRUE(refused("native", "scriptor",
                           "within scp03 keys=fill(00, 16) {\n  tx 80 CA 00 66 00\n}\n",
                           "2:3 error what a secure channel sends is new at each run"));
    CU_ASSERT_TRUE(refused("native", "scriptor", "delay 2ms\ntx 00 A4 04 00\n", "cannot wait"));
    CU_ASSERT_TRUE(refused("native", "scriptor", "auto response on\ntx 00 A4 04 00\n",
                           "2:1 error scriptor neither fetches"));
    CU_ASSERT_TRUE(becomes("native", "native", "auto le on\ndelay 1500us\ntx 00 A4 04 00\n",
                           "delay 2ms\nauto le on\ntx 00 A4 04 00\n"));
}

/// Logs as they are posted, with what stands around: the octets come out, and nothing else.
static void logs_are_read(void) {
    static const char *const wanted = "tx 00 A4 04 00 02 AB CD\n  sw 9000\n  data 6F 00\n"
                                      "tx 80 CA 00 66 00\n  sw 6A88\n";
    static const char *const logs[] = {
        "# GlobalPlatformPro v20\nSCardBeginTransaction(\"X\")\n"
        "[DEBUG] A>> T=1 (4+0002) 00A40400 02 ABCD   // select\n"
        "A<< (0002+2) (17ms) 6F00 9000               // fine\n"
        "A>> T=1 (4+0000) 80CA0066 00\nA<< (0000+2) (11ms) 6A88\n",
        "enable_trace\nCommand --> 00A4040002ABCD\nWrapped command --> 00A4040002ABCD\n"
        "Response <-- 6F009000\nUnwrapped response <-- 6F009000\ncommand time: 12 ms\n"
        "Command --> 84CA000000\nWrapped command --> 80CA006600\nResponse <-- 6A88\n",
        "Sending: 00 A4 04 00 02 AB CD \nP:1; T:0x1 [opensc-tool] apdu.c:550: called\n"
        "Outgoing APDU (7 bytes):\n00 A4 04 00 02 AB CD .......\n\n"
        "Incoming APDU (4 bytes):\n6F 00 90 00 o...\n\nReceived (SW1=0x90, SW2=0x00):\n"
        "6F 00 o.\nOutgoing APDU data [    5 bytes] ====\n80 CA 00 66 00 ...f.\n====\n"
        "Incoming APDU data [    2 bytes] ====\n6A 88 j.\n====\n",
        "Sending: 00 A4 04 00 02 AB CD \nReceived (SW1=0x90, SW2=0x00):\n"
        "6F 00                                           o.\n"
        "Sending: 80 CA 00 66 00 \nReceived (SW1=0x6A, SW2=0x88)\n",
        "Using T=1 protocol\n00 A4 04 00 02 AB CD\n> 00 A4 04 00 02 AB CD\n< 6F 00 \n"
        "90 00 : Normal processing.\n> 80 CA 00 66 00\n< 6A 88 : Referenced data not found.\n",
        "-> 00a4040002 abcd\n<- 9000: 6f00\n-> 3 files changed\n-> 80ca006600 \n<- 6a88: \n",
        "=> 00 A4 04 00 02 AB CD\n<= 6F 00 90 00\n>> 80 CA 00 66 00\n<< 6A 88\n",
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        CU_ASSERT_TRUE(becomes("log", "native", logs[i], wanted));
        CU_ASSERT_PTR_EQUAL(script_format_guess(bytes_of_string(logs[i])),
                            script_format_find("log"));
    }
    CU_ASSERT_TRUE(becomes("log", "native",
                           "SCardConnect(\"X\", T=*) -> T=1, 3B00\n> RESET\n< OK: 3B 00 \n"
                           "> 00 A4 04 00\n< 90 00 : fine\n> RESET\n< OK: 3B 00 \n",
                           "cold-reset\ntx 00 A4 04 00\n  sw 9000\nreset\n"));
    CU_ASSERT_TRUE(
        refused("log", "native", "A>> T=1 00A40400 02...\n", "1:1 error this line is cut"));
}

/// Rows of sixteen octets, whose text may look like hex.
static void logs_of_many_rows_are_read(void) {
    CU_ASSERT_TRUE(becomes("log", "native",
                           "Outgoing APDU (18 bytes):\n"
                           "00 A4 04 00 0D 41 42 20 41 42 20 41 42 20 41 42 .....AB AB AB AB\n"
                           "20 41  A\nIncoming APDU (2 bytes):\n90 00 ..\n",
                           "tx 00 A4 04 00 0D 41 42 20 41 42 20 41 42 20 41 42 20 41\n"
                           "  sw 9000\n"));
    CU_ASSERT_TRUE(becomes("log", "native",
                           "Outgoing APDU (22 bytes):\n"
                           "41 42 20 41 42 20 41 42 20 41 42 20 41 42 20 41 AB AB AB AB AB A\n"
                           "20 41 42 20 41 42  AB AB\nIncoming APDU (2 bytes):\n90 00 ..\n",
                           "tx 41 42 20 41 42 20 41 42 20 41 42 20 41 42 20 41 20 41 42 20 41 42\n"
                           "  sw 9000\n"));
    CU_ASSERT_TRUE(becomes("log", "native",
                           "> 00 B0 00 00 12\n< 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F \n"
                           "10 11 90 00 : Normal processing.\n",
                           "tx 00 B0 00 00 12\n  sw 9000\n"
                           "  data 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11\n"));
}

static void formats_are_guessed(void) {
    static const struct {
        const char *text, *format;
    } rows[] = {{log_text, "pcscd"},
                {"# ATR: 3B00\n", "dump"},
                {"# by hand\n00A40400\n9000\n", "dump"},
                {"# by hand\n00 A4 04 00 00\n\n00B0000010\n", "scriptor"},
                {"mode_211\nestablish_context\n", "gpshell"},
                {"# list\nenable_trace\ncard_connect\n", "gpshell"},
                {"powerup;\n", "scr"},
                {"// a kit's own\n\n0x00 0xA4 0x04 0x00 0x00 0x7F;\n", "scr"},
                {"opensc-tool -s 00\n", "opensc-tool"},
                {"apdu 00 A4\n", "opensc-explorer"},
                {"reset\ntx 00 A4\n", "native"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_PTR_EQUAL(script_format_guess(bytes_of_string(rows[i].text)),
                            script_format_find(rows[i].format));
    CU_ASSERT_PTR_NULL(script_format_guess(bytes_of_string("hello")));
}

static bool keep(struct importer *importer, const struct step *step) {
    return fresh_take(importer->context, step);
}

static void fresh_values_become_captures(void) {
    static const char dump[] = "0084000008\n01020304050607089000\n"
                               "0082000008"
                               "0102030405060708\n9000\n";
    struct script_source source = {.text = bytes_of_string(dump), .path = "in"};
    struct fresh fresh;
    struct buffer out;
    struct importer importer = {
        .memory = &host_memory, .source = &source, .take = keep, .context = &fresh};
    fresh_init(&fresh, &host_memory);
    buffer_init(&out, &host_memory);
    CU_ASSERT_TRUE(import_dump(&importer));
    fresh_write(&fresh, &out);
    CU_ASSERT_STRING_EQUAL(buffer_string(&out),
                           "tx 00 84 00 00 08\n  sw 9000\n  length 8\n  capture v1 = data[0:8]\n"
                           "tx 00 82 00 00 08 ${v1}\n  sw 9000\n");
    buffer_free(&out);
    fresh_free(&fresh);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"scriptor scripts are read", scriptor_is_read, NULL},
        {"strict scriptor keeps its mistakes", strict_scriptor_keeps_its_mistakes, NULL},
        {"apdutool scripts are read and written", scr_is_read, NULL},
        {"apdutool: what nobody could check is refused", scr_refuses_what_nobody_checked, NULL},
        {"GPShell scripts are read and written", gpshell_is_read, NULL},
        {"apdutool: an Le of 00 is sent, or none", an_le_of_zero_is_sent, NULL},
        {"GPShell: commands of fixed octets are written out", gpshell_commands_of_fixed_octets,
         NULL},
        {"GPShell: open_sc becomes within", gpshell_channels_become_within, NULL},
        {"logs as people post them are read", logs_are_read, NULL},
        {"logs: rows of sixteen octets", logs_of_many_rows_are_read, NULL},
        {"GPShell: environment variables are one word", gpshell_takes_variables, NULL},
        {"GPShell: what its library makes is refused", gpshell_refuses_what_its_library_makes,
         NULL},
        {"OpenSC lists and scripts are read and written", opensc_is_read, NULL},
        {"OpenSC: what depends on its drivers is refused", opensc_refuses_what_depends_on_it, NULL},
        {"pcscd logs and dumps are read and written", traces_are_read, NULL},
        {"native scripts are expanded", native_is_expanded, NULL},
        {"formats are guessed", formats_are_guessed, NULL},
        {"fresh values become captures", fresh_values_become_captures, NULL},
    };
    return suite_main("test-convert", tests, sizeof tests / sizeof tests[0], argc, argv);
}
