// SPDX-License-Identifier: Apache-2.0
// Other tools' formats: what their text means, what is refused, and that the octets survive the way
// out and back. That the tools themselves send these octets is shown by e2e-apdu-tools.
#include "apdu/convert/convert.h"
#include "apdu/convert/fresh.h"
#include "apdu/script/host.h"
#include "tests/suite.h"

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

static bool convert(const char *from, const char *to, const char *text, bool strict,
                    struct reading *reading) {
    struct script_source source = {.text = bytes_of_string(text), .path = "in"};
    struct script_world world = host_world(NULL);
    struct script_reporter reporter = {on_report, reading};
    *reading = (struct reading){.to = script_format_find(to)};
    struct importer importer = {.memory = &host_memory,
                                .source = &source,
                                .world = &world,
                                .reporter = &reporter,
                                .strict = strict,
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
    CU_ASSERT_TRUE(becomes("native", "scr", "tx 00 A4 04 00 02 AB CD 7F\ntx 00 B0 00 00 10\n",
                           "powerup;\n0x00 0xA4 0x04 0x00 0x02 0xAB 0xCD 0x7F;\n"
                           "0x00 0xB0 0x00 0x00 0x00 0x10;\npowerdown;\n"));
}

/// What could not be checked against a tool that can be had is refused, with its line.
static void scr_refuses_what_nobody_checked(void) {
    static const char *const directives[] = {"contactless",
                                             "contacted",
                                             "extended on",
                                             "open 1",
                                             "close 1",
                                             "delay 20",
                                             "echo \"hi there\"",
                                             "select //aid/A000000062/03010C0101",
                                             "send 0x00 to //aid/A000000062/03010C0101 on 1"};
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "powerup;\n%s;\n", directives[i]);
        CU_ASSERT_TRUE(refused("scr", "native", text, "2:1 error what apdutool does for"));
    }
    CU_ASSERT_TRUE(refused("scr", "native", "#define HEAD 0x80 0x10\nHEAD;\n",
                           "1:1 error what apdutool does for \"#define\""));
    CU_ASSERT_TRUE(refused("scr", "native", "powerup;\n0x00 0xB0 0 0 0x00 0x00;\n",
                           "2:1 error Le 0: jCardSim sends none"));
    CU_ASSERT_TRUE(
        refused("scr", "native", "powerup; // now\n", "1:10 error a comment behind something"));
    CU_ASSERT_TRUE(refused("scr", "native", "0X00 0xA4 0x04 0x00 0x00 0x7F;\n",
                           "1:1 error \"0X00\" is neither"));
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

static void gpshell_refuses_what_its_library_makes(void) {
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"open_sc -security 3 -key 40", "made inside GPShell's"},
        {"get_status -element e0", "made inside GPShell's"},
        {"SELECT -AID A000000003", "made inside GPShell's"}, // the tool knows lower case only
        {"send_apdu -sc 1 -APDU 80CA006600", "within scp03"},
        {"send_apdu -sc 2 -APDU 80CA006600", "-sc 2 wraps"},
        {"send_apdu -apdu 80CA006600", "the option \"-apdu\" is not known"},
        {"send_apdu -APDU 80CA006600 //glued", "the option \"//glued\" is not known"},
        {"send_apdu -APDU", "-APDU has no value"},
        {"send_apdu -APDU 80:CA:00:66:00", "without colons"},
        {"send_apdu -APDU 80CA0066zz", "\"z\" is no hex digit"},
        {"send_apdu -APDU \"80CA006600\"", "quotes are only known"},
        {"select -sc 0", "the option \"-sc\" is not known"},
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

static void formats_are_guessed(void) {
    static const struct {
        const char *text, *format;
    } rows[] = {{log_text, "pcscd"},
                {"# ATR: 3B00\n", "dump"},
                {"mode_211\nestablish_context\n", "gpshell"},
                {"powerup;\n", "scr"},
                {"opensc-tool -s 00\n", "opensc-tool"},
                {"tx 00 A4\n", "native"}};
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
