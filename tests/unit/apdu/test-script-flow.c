// SPDX-License-Identifier: Apache-2.0
// What a script does with its values: names that have none, and blocks that run or not. The rows of
// tables are shown by e2e-apdu.
#include "tests/kit/script/script_run.h"

/// A name that is nowhere given a value, or only below, is told before anything is sent.
static void undefined_names_are_found_first(void) {
    static const struct {
        const char *script, *message;
    } rows[] = {
        {"tx 00 A4 04 00 02 AB CD 00\ntx ${TYPO}\n", "2:4 ${TYPO} is given a value nowhere"},
        {"tx 00 A4 04 00 02 AB CD 00\necho ${X}\nlet X = 01\n",
         "2:6 ${X} gets its value only below"},
        {"macro m(A) { echo ${A} ${B} }\nm(01)\n", "1:24 ${B} is given a value nowhere"},
        {"macro m(A) { echo ${A} }\nm(01)\necho ${A}\n", "3:6 ${A} is given a value nowhere"},
        {"cleanup { echo ${X} }\n", "1:16 ${X} is given a value nowhere"},
        {"tx 00\nexpect ${X} = 01\n", "2:8 ${X} is given a value nowhere"},
        {"tx 00\ntlv 84 of ${X} exists\n", "2:11 ${X} is given a value nowhere"},
        {"repeat ${N} { echo ${I} }\n", "1:8 ${N} is given a value nowhere"},
    };
    static const char *const fine[] = {
        "macro m() { echo ${LATER} }\nlet LATER = 01\nm()\n",
        "macro m() { let SET = 01 }\nm()\necho ${SET}\n",
        "cleanup { echo ${END} }\nlet END = 01\n",
        "repeat 2 as I { if ${I} in 1 { echo ${BEFORE} }\nlet BEFORE = 02 }\n",
        "test \"a\" { let IN_A = 01 }\ntest \"b\" { echo ${IN_A} }\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome out = run_with(rows[i].script, fci, false);
        CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_ERROR);
        CU_ASSERT_STRING_EQUAL(out.sent, "");
        CU_ASSERT_PTR_NOT_NULL(strstr(out.messages, rows[i].message));
        if (strstr(out.messages, rows[i].message) == NULL)
            printf("\n%zu: %s", i, out.messages);
    }
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        CU_ASSERT_EQUAL(run_with(fine[i], fci, false).result.outcome, OUTCOME_PASSED);
}

static bool echoes(const char *script, const char *wanted) {
    struct outcome out = run_with(script, fci, false);
    bool same = out.result.outcome == OUTCOME_PASSED && strcmp(out.echoed, wanted) == 0;
    if (!same)
        printf("\n%s%s", out.echoed, out.messages);
    return same;
}

#define ASK "tx 00 A4 04 00 02 AB CD 00\n"

static void conditions_choose(void) {
    CU_ASSERT_TRUE(echoes(ASK "if sw 9000 { echo \"yes\" } else { echo \"no\" }\n", "yes\n"));
    CU_ASSERT_TRUE(echoes(ASK "if sw 6Axx { echo \"yes\" } else { echo \"no\" }\n", "no\n"));
    CU_ASSERT_TRUE(echoes(ASK "if sw 6Axx {\n echo \"yes\"\n}\necho \"on\"\n", "on\n"));
    CU_ASSERT_TRUE(echoes(ASK
                          "if tlv 6F/84 = AB CD { echo \"a\" }\nif tlv 6F/50 exists { echo \"b\" "
                          "}\nif length > 3 { echo \"c\" }\nif data 00 * { echo \"d\" }\n",
                          "a\nc\n"));
    CU_ASSERT_TRUE(echoes("let N = number(2)\n"
                          "if ${N} in 1 { echo \"one\" } else if ${N} in 2..3 { echo \"few\" }"
                          " else { echo \"many\" }\n",
                          "few\n"));
    CU_ASSERT_TRUE(echoes("repeat 4 as I { if ${I} < 2 { echo \"low\" } else { if ${I} > 2 { echo "
                          "\"high\" } } }\n",
                          "low\nlow\nhigh\n"));
    struct outcome out = run_with(ASK "if sw 6A82 { fail \"never\" }\n", fci, false);
    CU_ASSERT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    CU_ASSERT_EQUAL(out.result.checks, 0); // a condition expects nothing
    CU_ASSERT_STRING_EQUAL(out.messages, "");
    out =
        run_with("if sw 9000 { echo \"never\" } else { echo \"nothing was asked\" }\n", fci, false);
    CU_ASSERT_STRING_EQUAL(out.echoed, "nothing was asked\n");
    out = run_with(ASK "if sw 9000 { tx 00 }\n", fci, false); // what fails in it fails
    CU_ASSERT_NOT_EQUAL(out.result.outcome, OUTCOME_PASSED);
    out = run_with(ASK "if sw 6A82 { echo \"a\" } else { echo \"b\" }\n"
                       "if 01 = 02 { echo \"c\" } else { echo \"d\" }\n",
                   fci, true);
    CU_ASSERT_STRING_EQUAL(out.echoed, "a\nb\nd\n"); // a dry run shows what an answer would decide
    CU_ASSERT_TRUE(refused("if capture X = data { }\n", "1:4 a condition compares"));
    CU_ASSERT_TRUE(refused("if { }\n", "1:4"));
    CU_ASSERT_TRUE(refused("if sw 9000\n", "2:1 expected \"{\""));
    CU_ASSERT_TRUE(refused("else { }\n", "1:1 unknown directive"));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"undefined names are found before anything is sent", undefined_names_are_found_first,
         NULL},
        {"if and else choose", conditions_choose, NULL},
    };
    return suite_main("test-script-flow", tests, sizeof tests / sizeof tests[0], argc, argv);
}
