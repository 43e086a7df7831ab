// SPDX-License-Identifier: Apache-2.0
// The option table of programs: every kind of value, every common mistake with its sentence, help
// and completion.
#include "base/bytes.h"
#include "base/options/options.h"
#include "base/options/options_private.h"
#include "base/options/suggest.h"
#include "tests/kit/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEND = 1, LIST = 2, PIN_MAX = 6, WORDS_MAX = 16, TEXT_MAX = 8192 };

struct arguments {
    const char *link, *file, *out, *address, *image;
    bool loud;
    uint64_t count, octet;
    int mode;
    char pin[PIN_MAX];
    struct option_list keys;
    struct option_words rest;
    struct program_run scene;
    int taken;
};

static bool take_even(void *context, char *value, struct failure *failure) {
    struct arguments *arguments = context;
    arguments->taken += atoi(value);
    return arguments->taken % 2 == 0 || fail(failure, EXIT_USAGE, "--even '%s' is odd", value);
}

static int run_nothing(void *context, struct failure *failure) {
    (void)context, (void)failure;
    return EXIT_DONE;
}

#define AT(member) offsetof(struct arguments, member)
static const char *const modes[] = {"contact", "contactless", "internal", NULL};

static const struct option_row rows[] = {
    {NULL, "LINK", OPTION_LINK, "the card", .at = AT(link), .needed = OPTION_EVERY},
    {NULL, "HEX", OPTION_TEXT, "commands", .at = AT(rest), .many = true, .only = SEND,
     .needed = SEND},
    {NULL, "FILE", OPTION_FILE, "a file", .at = AT(file), .only = LIST},
    {"out", "FILE", OPTION_FILE, "where to", .at = AT(out), .letter = 'o', .only = SEND,
     .needed = SEND},
    {"image", "IMAGE", OPTION_IMAGE, "an image", .at = AT(image)},
    {"loud", NULL, OPTION_FLAG, "tell more", .at = AT(loud), .letter = 'l'},
    {"count", "N", OPTION_NUMBER, "how many", .at = AT(count), .least = 1, .most = 64},
    {"octet", "HEX", OPTION_HEX, "one octet", .at = AT(octet), .most = 0xFF},
    {"mode", "MODE", OPTION_WORD, "which way", .at = AT(mode), .words = modes},
    {"pin-fd", "N", OPTION_SECRET, "the PIN", .at = AT(pin), .most = PIN_MAX},
    {"key", "NAME=FILE", OPTION_TEXT, "a key", .at = AT(keys), .many = true, .most = 2},
    {"live", "HOST:PORT", OPTION_TEXT, "send along", .at = AT(address),
     .otherwise = "127.0.0.1:4729"},
    {"even", "N", OPTION_TAKEN, "an even number", .take = take_even, .many = true},
    OPTION_CLOCK_ROW(AT(scene)),
    OPTION_SEED_ROW(AT(scene)),
};

static const struct action actions[] = {
    {SEND, "send", "send commands", run_nothing, NULL},
    {LIST, "list", "list what is there", run_nothing, NULL},
};

static const struct command probe = {
    .name = "probe",
    .purpose = "a program that does nothing",
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .actions = actions,
    .action_count = 2,
};

static struct arguments arguments;
static struct failure failure;
static const struct action *action;

/// Parses "probe LINE", the line broken at blanks; '' is an empty word.
static bool parse(const char *line) {
    static char copy[256];
    char *argv[WORDS_MAX] = {"tessera-probe"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    arguments = (struct arguments){.mode = -1};
    failure = (struct failure){EXIT_DONE, ""};
    return command_parse(&probe, &arguments, argc, argv, &action, &failure);
}

static void refuse(const char *line, const char *sentence) {
    CU_ASSERT_FALSE(parse(line));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    if (strcmp(failure.text, sentence) != 0)
        printf("\n%s\n  %s\n  %s\n", line, failure.text, sentence);
    CU_ASSERT_STRING_EQUAL(failure.text, sentence);
}

// ---- values ------------------------------------------------------------------------------------

static void values_stand_behind_a_blank_or_an_equals_sign(void) {
    static const char *const lines[] = {
        "list pcsc:0 --loud --count 7 --mode internal --octet 7f --image a.trm",
        "list --loud --count=7 --mode=internal --octet=7F pcsc:0 --image=emu:a.trm",
        "list -l --mode internal --count=7 --image emu:a.trm --octet 7f -- pcsc:0"};
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(parse(lines[i]));
        CU_ASSERT_STRING_EQUAL(arguments.link, "pcsc:0");
        CU_ASSERT(arguments.loud);
        CU_ASSERT_EQUAL(arguments.count, 7);
        CU_ASSERT_EQUAL(arguments.octet, 0x7F);
        CU_ASSERT_EQUAL(arguments.mode, 2);
        CU_ASSERT_STRING_EQUAL(arguments.image, "a.trm");
        CU_ASSERT_PTR_NULL(arguments.file);
        CU_ASSERT_EQUAL(action->bit, LIST);
    }
}

static void operands_keep_their_order_among_options(void) {
    CU_ASSERT_FATAL(parse("send -o - emu:a.trm 00A4 --loud 00B0 -- --out"));
    CU_ASSERT_STRING_EQUAL(arguments.link, "emu:a.trm");
    CU_ASSERT_STRING_EQUAL(arguments.out, "-");
    CU_ASSERT_EQUAL_FATAL(arguments.rest.count, 3);
    CU_ASSERT_STRING_EQUAL(arguments.rest.items[0], "00A4");
    CU_ASSERT_STRING_EQUAL(arguments.rest.items[1], "00B0");
    CU_ASSERT_STRING_EQUAL(arguments.rest.items[2], "--out");
    CU_ASSERT_FATAL(parse("list emu:a.trm -"));
    CU_ASSERT_STRING_EQUAL(arguments.file, "-");
}

static void options_may_be_repeated_where_the_row_says_so(void) {
    CU_ASSERT_FATAL(parse("list 0 --key a=1 --key=b=2 --even 2 --even 4"));
    CU_ASSERT_EQUAL_FATAL(arguments.keys.count, 2);
    CU_ASSERT_STRING_EQUAL(arguments.keys.items[0], "a=1");
    CU_ASSERT_STRING_EQUAL(arguments.keys.items[1], "b=2");
    CU_ASSERT_EQUAL(arguments.taken, 6);
    refuse("list 0 --key a --key b --key c", "--key 'c' is one too many: there is room for 2");
    refuse("list 0 --even 3", "--even '3' is odd");
}

static void a_value_may_be_left_out_where_there_is_another(void) {
    CU_ASSERT_FATAL(parse("list --live 0"));
    CU_ASSERT_STRING_EQUAL(arguments.address, "127.0.0.1:4729");
    CU_ASSERT_STRING_EQUAL(arguments.link, "0");
    CU_ASSERT_FATAL(parse("list --live=10.0.0.1:1 0"));
    CU_ASSERT_STRING_EQUAL(arguments.address, "10.0.0.1:1");
}

static void secrets_come_from_a_descriptor(void) {
    char line[64];
    int ends[2];
    CU_ASSERT_FATAL(pipe(ends) == 0 && write(ends[1], "12345\n123456\n\n", 14) == 14);
    close(ends[1]);
    snprintf(line, sizeof line, "list 0 --pin-fd %d", ends[0]);
    CU_ASSERT(parse(line));
    CU_ASSERT_STRING_EQUAL(arguments.pin, "12345");
    refuse(line, "--pin-fd: one line of 1 to 5 characters is expected");
    CU_ASSERT_EQUAL(arguments.pin[0], '\0');
    refuse("list 0 --pin-fd x", "--pin-fd 'x' is no number from 0 to 1048576");
    close(ends[0]);
}

static void clock_and_seed_are_for_laboratories(void) {
    setenv("TESSERA_LAB", "1", 1);
    CU_ASSERT_FATAL(parse("list 0 --clock 2026-12-31 --seed=9"));
    CU_ASSERT_EQUAL(arguments.scene.today, 20261231);
    CU_ASSERT(arguments.scene.seeded && arguments.scene.seed == 9);
    refuse("list 0 --clock yesterday",
           "--clock 'yesterday' is no ISO 8601 date such as 2026-12-31");
    unsetenv("TESSERA_LAB");
    refuse("list 0 --clock 2026-12-31",
           "--clock is for laboratories only; set TESSERA_LAB=1 to use it");
    refuse("list 0 --seed 9", "--seed is for laboratories only; set TESSERA_LAB=1 to use it");
}

// ---- mistakes ----------------------------------------------------------------------------------

static void mistakes_have_one_wording_each(void) {
    refuse("", "what to do is missing: say send or list first; see 'tessera probe --help'");
    refuse("sned 0", "there is no 'sned'; did you mean 'tessera probe send'?");
    refuse("quit", "there is no 'quit': say send or list first; see 'tessera probe --help'");
    refuse("--loud list", "--loud: say send or list first; see 'tessera probe --help'");
    refuse("list 0 --cuont 3", "there is no option --cuont; did you mean --count?");
    refuse("list 0 --cuont=3", "there is no option --cuont; did you mean --count?");
    refuse("list 0 --frobnicate", "there is no option --frobnicate; see 'tessera probe list "
                                  "--help'");
    refuse("list 0 -x", "there is no option -x; see 'tessera probe list --help'");
    refuse("list 0 --out f", "--out is no option of 'tessera probe list'; see its --help");
    refuse("list 0 --count", "--count needs a value: --count N");
    refuse("list 0 --loud=1", "--loud takes no value");
    refuse("list 0 --count 1 --count 2", "--count is given twice");
    refuse("list 0 --image ''", "--image is empty");
    refuse("list ''", "LINK is empty");
    refuse("list 0 a b", "unexpected argument 'b'; see 'tessera probe list --help'");
    refuse("list", "LINK is missing (the card); see 'tessera probe list --help'");
    refuse("send", "LINK, HEX, --out FILE are missing; see 'tessera probe send --help'");
    refuse("send 0 --out f", "HEX is missing (commands); see 'tessera probe send --help'");
}

static void numbers_and_words_are_checked(void) {
    static const char *const numbers[] = {
        "x", "0", "65", "+1", "1e1", "0x1", "99999999999999999999"};
    char line[64], sentence[128];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(line, sizeof line, "list 0 --count %s", numbers[i]);
        snprintf(sentence, sizeof sentence, "--count '%s' is no number from 1 to 64", numbers[i]);
        refuse(line, sentence);
    }
    refuse("list 0 --octet 100", "--octet '100' is no hexadecimal number from 00 to FF");
    refuse("list 0 --octet 0x1", "--octet '0x1' is no hexadecimal number from 00 to FF");
    refuse("list 0 --mode radio", "--mode 'radio' is none of contact, contactless, internal");
    refuse("list 0 --mode contatc", "--mode 'contatc' is none of contact, contactless, internal; "
                                    "did you mean contact?");
}

static void the_nearest_word_is_offered(void) {
    static const char *const known[] = {"transfer", "show", "issue", "void"};
    static const char *const cases[][2] = {
        {"trasnfer", "transfer"}, {"shwo", "show"}, {"sho", "show"}, {"isue", "issue"},
        {"voids", "void"},        {"x", NULL},      {"kiosk", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct suggestion near = suggestion_for(cases[i][0]);
        for (size_t j = 0; j < sizeof known / sizeof known[0]; j++)
            suggest(&near, known[j]);
        CU_ASSERT((near.word == NULL) == (cases[i][1] == NULL));
        CU_ASSERT(near.word == NULL || strcmp(near.word, cases[i][1]) == 0);
    }
}

// ---- what is printed ---------------------------------------------------------------------------

/// Standard output of command_main for this line of words.
static const char *printed(const char *line, int *code) {
    static char text[TEXT_MAX], copy[256];
    char *argv[WORDS_MAX] = {"tessera-probe"};
    int argc = 1, kept = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    *code = command_main(&probe, &arguments, argc, argv);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void expect_printed(const char *line, const char *expected) {
    int code;
    const char *text = printed(line, &code);
    CU_ASSERT_EQUAL(code, EXIT_DONE);
    if (strcmp(text, expected) != 0)
        printf("\n%s\n%s", line, text);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void help_is_made_of_the_rows(void) {
    int code;
    const char *text = printed("--help", &code);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "usage: tessera probe send LINK HEX... --out FILE "
                                        "[OPTION]...\n       tessera probe list LINK [FILE] "
                                        "[OPTION]...\n\nA program that does nothing.\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  list  list what is there\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  -o, --out FILE        where to\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  --live[=HOST:PORT]    send along\n"));
    CU_ASSERT_EQUAL(code, EXIT_DONE);
    text = printed("list -h", &code);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "usage: tessera probe list LINK [FILE] [OPTION]...\n\n"
                                        "List what is there.\n"));
    CU_ASSERT_PTR_NULL(strstr(text, "--out"));
    expect_printed("send --version", "tessera probe " TESSERA_VERSION "\n");
}

static void the_shell_is_told_what_a_word_may_become(void) {
    expect_printed("--commands", "probe\ta program that does nothing\nprobe send\tsend commands\n"
                                 "probe list\tlist what is there\n");
    expect_printed("--complete s", "send\tsend commands\n");
    expect_printed("--complete list --mo", "--mode\twhich way\n");
    expect_printed("--complete list --o", "--octet\tone octet\n");
    expect_printed("--complete list --mode conta", "contact\tMODE\ncontactless\tMODE\n");
    expect_printed("--complete list --mode=i", "--mode=internal\tMODE\n");
    expect_printed("--complete list p", "pcsc:\ta card\n\tfiles\n");
    expect_printed("--complete list --loud --count 3 emu:a ''", "\tfiles\n");
    expect_printed("--complete nothing ''", "");
}

static void output_that_is_lost_is_told(void) {
    int full = open("/dev/full", O_WRONLY), kept = dup(STDOUT_FILENO);
    char *argv[] = {"tessera-probe", "--version", NULL};
    fflush(stdout);
    dup2(full, STDOUT_FILENO);
    int code = command_main(&probe, &arguments, 2, argv);
    dup2(kept, STDOUT_FILENO);
    clearerr(stdout);
    close(kept);
    close(full);
    CU_ASSERT_EQUAL(code, EXIT_REFUSED);
}

static const struct suite_test tests[] = {
    {"values stand behind a blank or an equals sign", values_stand_behind_a_blank_or_an_equals_sign,
     NULL},
    {"operands keep their order among options", operands_keep_their_order_among_options, NULL},
    {"options may be repeated where the row says so", options_may_be_repeated_where_the_row_says_so,
     NULL},
    {"a value may be left out where there is another",
     a_value_may_be_left_out_where_there_is_another, NULL},
    {"secrets come from a descriptor", secrets_come_from_a_descriptor, NULL},
    {"clock and seed are for laboratories", clock_and_seed_are_for_laboratories, NULL},
    {"mistakes have one wording each", mistakes_have_one_wording_each, NULL},
    {"numbers and words are checked", numbers_and_words_are_checked, NULL},
    {"the nearest word is offered", the_nearest_word_is_offered, NULL},
    {"help is made of the rows", help_is_made_of_the_rows, NULL},
    {"the shell is told what a word may become", the_shell_is_told_what_a_word_may_become, NULL},
    {"output that is lost is told", output_that_is_lost_is_told, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-options", tests, sizeof tests / sizeof tests[0], argc, argv);
}
