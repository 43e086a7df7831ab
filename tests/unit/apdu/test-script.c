// SPDX-License-Identifier: Apache-2.0
// The script language against a card that is a recording: what is sent, what is accepted, what is
// refused and where. Everything runs in memory.
#include "tests/kit/script/script_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool passes(const char *script) {
    char dump[TEXT_MAX], whole[TEXT_MAX];
    snprintf(dump, sizeof dump, "%s", fci);
    snprintf(whole, sizeof whole, "tx 00 A4 04 00 02 AB CD 00\n%s", script);
    struct outcome out = run_with(whole, dump, false);
    if (out.result.outcome != OUTCOME_PASSED)
        printf("\n%s", out.messages);
    return out.result.outcome == OUTCOME_PASSED;
}

/// Fails on an expectation (not as a script error) with this text in the message.
static bool fails(const char *script, const char *message) {
    char whole[TEXT_MAX];
    snprintf(whole, sizeof whole, "tx 00 A4 04 00 02 AB CD 00\n%s", script);
    struct outcome out = run_with(whole, fci, false);
    bool ok = out.result.outcome == OUTCOME_FAILED && strstr(out.messages, message) != NULL;
    if (!ok)
        printf("\n%d: %s", (int)out.result.outcome, out.messages);
    return ok;
}

/// What a value becomes on the wire.
static bool sends(const char *values, const char *hex) {
    char script[TEXT_MAX], expected[TEXT_MAX];
    snprintf(script, sizeof script, "%s\n", values);
    snprintf(expected, sizeof expected, "%s\n", hex);
    struct outcome out = run_with(script, "", true);
    bool ok = out.result.outcome == OUTCOME_PASSED && strcmp(out.sent, expected) == 0;
    if (!ok)
        printf("\n%s%s", out.sent, out.messages);
    return ok;
}

// ---- values ----------------------------------------------------------------------------------

static void values_become_octets(void) {
    CU_ASSERT_TRUE(sends("tx 00A4 04 00", "00A40400"));
    CU_ASSERT_TRUE(sends("tx \"A\\x42\\n\\\"\\\\\"", "41420A225C"));
    CU_ASSERT_TRUE(sends("tx u8(255) u16(1) u24(0x010203) u32(500) u64(1)",
                         "FF0001010203000001F40000000000000001"));
    CU_ASSERT_TRUE(sends("tx le16(1) le32(2) le64(3)", "0100020000000300000000000000"));
    CU_ASSERT_TRUE(sends("tx bcd(20261231) bcd(5, 4)", "2026123100000005"));
    CU_ASSERT_TRUE(
        sends("let A = AB CD\ntx 00 A4 04 00 len(${A}) ${A} lv(${A})", "00A4040002ABCD02ABCD"));
    CU_ASSERT_TRUE(sends("tx slice(tlv(6F, tlv(84, 01 02) tlv(5F37, fill(00, 130))), 0, 12)",
                         "6F818A840201025F37818200"));
    CU_ASSERT_TRUE(sends("tx 00 A4 00 slice(\"\", 0) slice(\"\", 0, 0) 01", "00A40001"));
    CU_ASSERT_TRUE(sends("tx slice(01 02 03 04, 1, 2) pad(01, 3) pad(01, 3, 00) xor(F0 0F, FF FF)",
                         "020301FFFF0100000FF0"));
    CU_ASSERT_TRUE(sends("tx hex(\"00:a4 04\") lc(AA BB)", "00A40402AABB"));
    CU_ASSERT_TRUE(sends("let n = number(2 + 3 * 4)\ntx u8(${n}) u8(len(AA BB CC) - 1)", "1402"));
    CU_ASSERT_TRUE(sends("let n = int(01 00)\ntx u16(${n} + 1)", "0101"));
}

static void random_repeats_by_its_seed(void) {
    struct outcome a = run_with("tx random(8)\ntx random(8)", "", true);
    struct outcome b = run_with("tx random(8)\ntx random(8)", "", true);
    CU_ASSERT_STRING_EQUAL(a.sent, b.sent);
    CU_ASSERT_NOT_EQUAL(memcmp(a.sent, a.sent + 17, 16), 0);
}

static void wrong_values_name_their_place(void) {
    struct outcome out = run_with("let n = number(3)\ntx 00 ${n}", "", true);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "2:7 ${n} is a number"));
    out = run_with("tx 00 ${nowhere}", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "1:7 ${nowhere} is given a value nowhere"));
    out = run_with("tx u8(256)", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "above the largest: 255"));
    out = run_with("tx u8(1 - 2)", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "below 0"));
    out = run_with("tx file(\"no such file\")", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "cannot read \"no such file\""));
    out = run_with("tx env(\"TESSERA_NOT_SET\")", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "TESSERA_NOT_SET is not set"));
}

// ---- expectations ----------------------------------------------------------------------------

static void status_words_match(void) {
    static const char *const good[] = {
        "sw 9000",       "sw 90xx",  "sw 6A82 | 9000", "sw !6F**",       "sw ????",
        "sw 8FFF..9001", "sw SW_OK", "sw 9000|6283",   "sw !6A82 !6F**", "expect sw = 9000"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_TRUE(passes(good[i]));
    CU_ASSERT_TRUE(fails("sw 6A82", "status word is 9000 (done), expected 6A82"));
    CU_ASSERT_TRUE(fails("sw !90xx", "expected !90xx"));
    CU_ASSERT_TRUE(fails("sw 9001..9FFF", "expected 9001..9FFF"));
    CU_ASSERT_TRUE(fails("sw insufficient", "expected 9401"));
    // a range from above, from below, and at its edges
    CU_ASSERT_TRUE(fails("sw 63C0..63CF", "expected 63C0..63CF"));
    CU_ASSERT_TRUE(fails("sw 6A82..8FFF", "expected 6A82..8FFF"));
    CU_ASSERT_TRUE(fails("sw !8FFF..9000", "expected !8FFF..9000"));
    CU_ASSERT_TRUE(passes("sw 8FFF..9000"));
    CU_ASSERT_TRUE(passes("sw 9000..9001"));
    CU_ASSERT_TRUE(passes("sw !6A82..8FFF !9001..9FFF"));
}

static void data_patterns_match(void) {
    static const char *const good[] = {"data 6F0A8402ABCDA5048302000A",
                                       "data 6F ?? 84 02 AB CD *",
                                       "data *",
                                       "data 6? ?A * 00 0A",
                                       "data * A5 *",
                                       "data 60/F0 *",
                                       "data [60..6F] *",
                                       "data[4:2] = AB CD",
                                       "data[10:] = 00 0A",
                                       "data[0] = 6F",
                                       "tlv 6F/84 = AB CD",
                                       "tlv 6F/A5/83 in 10",
                                       "tlv 6F/A5/83 in 1..10",
                                       "tlv 6F/A5/83 < 11",
                                       "tlv 6F/A5/83 >= 10",
                                       "tlv 6F/A5 exists",
                                       "tlv 6F/A6 absent",
                                       "length 12",
                                       "length 1..12",
                                       "time <= 1ms",
                                       "time 0us..5ms",
                                       "data 6F (n:1) *\nexpect ${n} = 0A",
                                       "capture x = tlv 6F/84\nexpect ${x} = AB CD",
                                       "capture l = length\nexpect ${l} in 12"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT_TRUE(passes(good[i]));
    CU_ASSERT_TRUE(fails("data 6F 0A 85 *", "differs at octet 2, which is 84"));
    CU_ASSERT_TRUE(fails("data 6F", "has 12 octets, expected 1"));
    CU_ASSERT_TRUE(fails("data empty", "has 12 octets, expected none"));
    CU_ASSERT_TRUE(fails("data 6F * FF", "data"));
    CU_ASSERT_TRUE(fails("data 70/F0 *", "differs at octet 0"));
    CU_ASSERT_TRUE(fails("tlv 6F/A5/84 exists", "tlv 6F/A5/84 is not in the answer"));
    CU_ASSERT_TRUE(fails("tlv 6F/84 absent", "is there"));
    CU_ASSERT_TRUE(fails("tlv 6F/A5/83 in 11..20", "is 10, expected 11..20"));
    CU_ASSERT_TRUE(fails("data[11:2] = 00 00", "is not in the answer"));
    CU_ASSERT_TRUE(fails("length 13", "length is 12, expected 13"));
    CU_ASSERT_TRUE(fails("time < 1ms", "time is 1000 us, expected at most 999 us"));
}

// ---- flow ------------------------------------------------------------------------------------

static const char four[] = "0001\n9000\n0002\n6A82\n0003\n9000\n0004\n9000\n";

static void cleanup_runs_whatever_happened(void) {
    static const char *const ways[] = {"sw 9000", "fail \"x\"", "tx u8(300)",    "tx 77",
                                       "remove",  "exit",       "nowhere: tx 00"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char script[512];
        snprintf(script, sizeof script,
                 "cleanup { echo \"clean\" }\ntx 00 01\ntx 00 02\n%s\necho \"not reached\"",
                 ways[i]);
        struct outcome out = run_with(script, four, false);
        CU_ASSERT_STRING_EQUAL(out.echoed, "clean\n");
    }
}

static void policies_say_how_far_a_failure_goes(void) {
    struct outcome out =
        run_with("on-fail continue\ntx 00 01\nsw 6A82\ntx 00 02\nsw 6A82\n", four, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    CU_ASSERT_STRING_EQUAL(out.sent, "0001\n0002\n");
    out =
        run_with("test \"a\" { tx 00 01\n sw 6A82\n tx 00 02 }\ntest \"b\" { tx 00 02\n sw 6A82 }",
                 four, false);
    CU_ASSERT_EQUAL(out.result.cases, 2);
    CU_ASSERT_EQUAL(out.result.failed, 1);
    CU_ASSERT_STRING_EQUAL(out.sent, "0001\n0002\n");
    out = run_with("on-fail stop\ntest \"a\" { tx 00 01\n sw 6A82 }\ntest \"b\" { tx 00 02 }", four,
                   false);
    CU_ASSERT_STRING_EQUAL(out.sent, "0001\n");
    CU_ASSERT_EQUAL(out.result.cases, 1);
    out = run_with("test \"a\" { skip \"no reason\" ; tx 00 01 }", four, false);
    CU_ASSERT_EQUAL(out.result.skipped, 1);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_SKIPPED);
}

static void blocks_and_macros_run(void) {
    struct outcome out = run_with("macro twice(a) { tx 00 ${a}\n tx 00 u8(int(${a}) + 1) }\n"
                                  "twice(01)\nrepeat 2 as i { tx 00 u8(${i} + 3) }\n",
                                  four, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    CU_ASSERT_STRING_EQUAL(out.sent, "0001\n0002\n0003\n0004\n");
    out = run_with("macro forever() { forever() }\nforever()\n", four, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "deeper than 64"));
    out = run_with("let a = 01\nmacro m(a) { let a = 02 ; echo ${a} }\nm(05)\necho ${a}\n", four,
                   false);
    CU_ASSERT_STRING_EQUAL(out.echoed, "02\n01\n");
}

static void several_cards_keep_apart(void) {
    static const char dump[] = "0001\n9000\n# CARD: other\n0101\n6A82\n# CARD: card\n0002\n9000\n";
    struct outcome out =
        run_with("tx 00 01\nother: tx 01 01\nsw 6A82\ntx 00 02\nsw 9000\n", dump, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with("card other\ntx 01 01\ncard card\ntx 00 01\n", dump, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with("card third\n", dump, false);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.messages, "there is no card \"third\"; the command line gave card other"));
}

static void bad_answers_are_failures(void) {
    struct outcome out = run_with("tx 00 B0 00 00 01", "00B0000001\n01029000\n", false);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.messages, "1:1 the answer has 2 octets of data, Le announced at most 1"));
    out = run_with("tx 00 01\ntx 55", "0001\n9000\n", false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_BROKEN);
    out = run_with("tx 00 01\ntx 55\nmute\n", "0001\n9000\n", false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with("tx 00 01\nmute\n", "0001\n9000\n", false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
}

static void nothing_is_fetched_unless_asked(void) {
    static const char dump[] = "00A4\n6102\n00C0000002\n01026101\n00C0000001\n039000\n";
    struct outcome out = run_with("tx 00 A4\nsw 6102\n", dump, false);
    CU_ASSERT_STRING_EQUAL(out.sent, "00A4\n");
    out = run_with("auto response on\ntx 00 A4\nsw 9000\ndata 01 02 03\n", dump, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with("auto le on\ntx 00 B0 00 00 00\ndata 01\n",
                   "00B0000000\n6C01\n00B0000001\n019000\n", false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
}

// A card that announces octets and brings none would be asked for ever.
static void fetching_ends_without_progress(void) {
    static const char dump[] = "00A4\n6110\n00C0000010\n6110\n00C0000010\n6110\n";
    struct outcome out = run_with("auto response on\ntx 00 A4\nsw 6110\n", dump, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    CU_ASSERT_STRING_EQUAL(out.sent, "00A4\n00C0000010\n");
    static const char some[] = "00A4\n6102\n00C0000002\n01026101\n00C0000001\n6101\n";
    out = run_with("auto response on\ntx 00 A4\nsw 6101\ndata 01 02\n", some, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
}

// Octet by octet, and too slow for the script's timeout: it ends there.
static void fetching_ends_with_the_timeout(void) {
    char dump[TEXT_MAX] = "00A4\n6101\n", sent[TEXT_MAX];
    for (int i = 0; i < 200; i++)
        append(dump, "%s", "00C0000001\n016101\n");
    struct outcome out =
        run_with("#! timeout 20ms\nauto response on\ntx 00 A4\nsw 6101\n", dump, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    snprintf(sent, sizeof sent, "%s", out.sent);
    CU_ASSERT(strlen(sent) < 60 * strlen("00C0000001\n"));
}

static void catalogue_commands_are_built(void) {
    CU_ASSERT_TRUE(sends("purse.void n=u8(5)", "80180000038201"
                                               "0500"));
    CU_ASSERT_TRUE(sends("purse.arm unit=0392 payee=\"T\" amount=u32(1)", "803600000A810154860101"
                                                                          "87020392"));
    CU_ASSERT_TRUE(sends("purse.get-data p1=00 p2=C3", "80CA00C300"));
    CU_ASSERT_TRUE(sends("purse.verify pin=\"1234\"", "002000800431323334"));
    CU_ASSERT_TRUE(sends("purse.void data=FF cla=00 le=\"\"", "0018000001FF"));
    struct outcome out = run_with("purse.void\n", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "purse.void needs n=.."));
    out = run_with("purse.void n=01 m=02\n", "", true);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "1:17 \"m\" is no field of purse.void"));
}

// ---- what does not parse ---------------------------------------------------------------------

static void mistakes_are_refused_with_their_place(void) {
    CU_ASSERT_TRUE(refused("tx 00\nfrobnicate", "2:1 unknown directive \"frobnicate\""));
    CU_ASSERT_TRUE(refused("tx \"open", "1:4 string is not closed"));
    CU_ASSERT_TRUE(refused("tx 00 A", "1:7 odd number of hex digits in \"A\""));
    CU_ASSERT_TRUE(refused("tx 00 0G", "1:8 \"0G\" is neither hex octets"));
    CU_ASSERT_TRUE(refused("tx", "1:3 expected the octets of a command"));
    CU_ASSERT_TRUE(refused("tx 00\n  sw 90G0", "2:6 \"90G0\" is no status word"));
    CU_ASSERT_TRUE(refused("tx 00\n  data 6", "2:8 odd number of digits"));
    CU_ASSERT_TRUE(refused("tx nofunction(1)", "1:4 there is no function \"nofunction\""));
    CU_ASSERT_TRUE(refused("tx u8(1", "1:8 expected \")\" after the arguments, found the end"));
    CU_ASSERT_TRUE(refused("tx tlv(84848484, 00)", "1:8 tag \"84848484\" must have 1 to 3"));
    CU_ASSERT_TRUE(refused("repeat 3 {\ntx 00\n", "1:10 this { is not closed by }"));
    CU_ASSERT_TRUE(refused("tx 00\n}\n", "2:1 this } closes nothing"));
    CU_ASSERT_TRUE(refused("m(01)", "1:1 no macro \"m\" is defined above"));
    CU_ASSERT_TRUE(
        refused("macro m(a) { }\nm()\n", "2:1 macro \"m\" is called with another number"));
    CU_ASSERT_TRUE(
        refused("os.selct aid=A0",
                "1:1 the catalogue has no command \"os.selct\"; did you mean os.select?"));
    CU_ASSERT_TRUE(refused("purse.fly x=01", "1:1 the catalogue has no command \"purse.fly\""));
    CU_ASSERT_TRUE(refused("include \"no-such-file\"", "1:1 cannot include \"no-such-file\""));
    CU_ASSERT_TRUE(refused("tx 00 $", "1:7 write ${NAME}"));
    CU_ASSERT_TRUE(refused("on-fail maybe", "1:9 expected continue, stop or goto-cleanup"));
    CU_ASSERT_TRUE(refused("test \"a\" { test \"b\" { } }", "1:12 a test stands at top level"));
    CU_ASSERT_TRUE(refused("time < 5 years", "1:8 \"5\" is not a time"));
}

static void every_mistake_is_one_message(void) {
    struct outcome out =
        run_with("tx 0\ntest \"t\" {\n  foo\n  tx 00\n  sw zz\n}\nbar\n", "", false);
    CU_ASSERT_EQUAL(out.errors, 4);
    CU_ASSERT_STRING_EQUAL(out.sent, "");
}

// ---- memory ----------------------------------------------------------------------------------

static size_t held, highest;

static void *counted(const struct script_memory *memory, void *old, size_t size) {
    (void)memory;
    size_t *block = old != NULL ? (size_t *)old - 2 : NULL;
    held -= block != NULL ? *block : 0;
    if (size == 0) {
        free(block);
        return NULL;
    }
    size_t *grown = realloc(block, size + 2 * sizeof *grown);
    if (grown == NULL)
        abort(); // the count would be wrong from here on
    *grown = size;
    held += size;
    highest = held > highest ? held : highest;
    return grown + 2;
}

static void a_million_lines_take_little_memory(void) {
    enum { LINES = 1000000 };
    static const char line[] = "tx 00 A4 04 00 02 AB CD 00 ; sw 9000\n", last[] = "tx 0\n";
    struct script_memory memory = {counted, NULL};
    struct outcome out = {.errors = 0};
    struct script_reporter reporter = {on_report, &out};
    struct script_program program;
    char *text = malloc(LINES * (sizeof line - 1) + sizeof last);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < LINES; i++)
        memcpy(text + i * (sizeof line - 1), line, sizeof line);
    memcpy(text + LINES * (sizeof line - 1), last, sizeof last);
    program_init(&program, &memory, NULL);
    program.main = sources_add(&program.sources, "long.apdu", bytes_of_string(text));
    CU_ASSERT_FALSE(program_check(&program, &reporter, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(out.messages,
                           "1000001:4 odd number of hex digits in \"0\"; write whole octets\n");
    printf(" (highest %zu octets) ", highest);
    CU_ASSERT_TRUE(highest < 64 * 1024);
    program_free(&program);
    CU_ASSERT_EQUAL(held, 0);
    free(text);
}

/// The clock goes on 1 ms at each look, and by what a script waits.
static void timeouts_end_scripts_but_not_their_cleanups(void) {
    struct outcome out = run_with("#! timeout 50ms\n"
                                  "cleanup { echo \"outer\" }\n"
                                  "test \"slow\" {\n"
                                  "  cleanup { echo \"inner\" }\n"
                                  "  echo \"before\"\n"
                                  "  repeat 2 {\n"
                                  "    delay 40ms\n"
                                  "  }\n"
                                  "  echo \"behind\"\n"
                                  "}\n"
                                  "test \"next\" { echo \"next\" }\n",
                                  fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    CU_ASSERT_EQUAL(outcome_exit_code(out.result.outcome), 1);
    CU_ASSERT_EQUAL(out.result.failed, 1);
    CU_ASSERT_STRING_EQUAL(out.echoed, "before\ninner\nouter\n");
    CU_ASSERT_STRING_EQUAL(out.messages, "7:5 the script takes longer than its timeout\n");
    out = run_with("#! timeout 50ms\non-fail continue\nrepeat 100000000 { }\necho \"behind\"\n",
                   fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    CU_ASSERT_STRING_EQUAL(out.echoed, "");
    out =
        run_with("#! timeout 50ms\ncleanup { repeat 100000000 { } }\ncleanup { echo \"second\" }\n"
                 "delay 1s\n",
                 fci, false);
    CU_ASSERT_STRING_EQUAL(out.echoed, "second\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, "2:11 the cleanups take longer"));
}

/// A script that would wait for an hour waits as long as it may.
static void waits_end_with_the_timeout(void) {
    struct outcome out = run_with("#! timeout 50ms\ndelay 3600s\n", fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    CU_ASSERT(out.time >= 50000000 && out.time < 100000000);
    out = run_with("#! timeout 50ms\ncleanup { delay 3600s }\necho \"done\"\n", fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_FAILED);
    CU_ASSERT(out.time < 200000000);
}

static void a_timeout_is_a_time(void) {
    CU_ASSERT_TRUE(
        refused("#! timeout soon\n", "1:3 a timeout is a time such as 30s, not \"soon\""));
    CU_ASSERT_TRUE(refused("#! timeout 0s\n", "1:3 a timeout is a time"));
    CU_ASSERT_TRUE(refused("#! timeout 30\n", "1:3 a timeout is a time"));
    CU_ASSERT_TRUE(refused("#! timeout\n", "1:3 a timeout is a time"));
    CU_ASSERT_TRUE(refused("#! timeout 99999999999999999999s\n", "1:3 a timeout is a time"));
    struct outcome out = run_with("#! timeout 500 ms\necho \"done\"\n", fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with("#! timeout 1ms\nrepeat 100 { delay 1s }\n", fci, true);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED); // nothing waits in a dry run
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"waits end with the timeout", waits_end_with_the_timeout, NULL},
        {"a timeout ends a script, but not its cleanups",
         timeouts_end_scripts_but_not_their_cleanups, NULL},
        {"a timeout is a time", a_timeout_is_a_time, NULL},
        {"values become octets", values_become_octets, NULL},
        {"random values repeat by their seed", random_repeats_by_its_seed, NULL},
        {"wrong values name their place", wrong_values_name_their_place, NULL},
        {"status words match by digit, range, name and negation", status_words_match, NULL},
        {"data patterns match by mask, gap, path and range", data_patterns_match, NULL},
        {"cleanup runs whatever happened", cleanup_runs_whatever_happened, NULL},
        {"policies say how far a failure goes", policies_say_how_far_a_failure_goes, NULL},
        {"blocks and macros run, recursion ends", blocks_and_macros_run, NULL},
        {"several cards keep apart", several_cards_keep_apart, NULL},
        {"bad answers are failures", bad_answers_are_failures, NULL},
        {"nothing is fetched unless asked", nothing_is_fetched_unless_asked, NULL},
        {"fetching ends when nothing comes", fetching_ends_without_progress, NULL},
        {"fetching ends with the timeout", fetching_ends_with_the_timeout, NULL},
        {"catalogue commands are built", catalogue_commands_are_built, NULL},
        {"mistakes are refused with their place", mistakes_are_refused_with_their_place, NULL},
        {"every mistake is one message, nothing is sent", every_mistake_is_one_message, NULL},
        {"a million lines take little memory", a_million_lines_take_little_memory, NULL},
    };
    return suite_main("test-script", tests, sizeof tests / sizeof tests[0], argc, argv);
}
