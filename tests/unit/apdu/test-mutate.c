// SPDX-License-Identifier: Apache-2.0
// A campaign of mistakes (apdu/script/tools/campaign.h) over a card of two counters that rise
// together: what each mistake does to the wire, and that a card that tears, counts twice or crashes
// is found.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apdu/script/run/host.h"
#include "apdu/script/tools/campaign.h"
#include "tests/kit/suite.h"

/// 80 01 raises both counters, each by one write, if the command is whole: 80 01 00 00 02 AA 55.
/// 80 02 answers them.
struct counters {
    struct link link;
    uint8_t left, right; // in memory
    bool journal;        // a torn command is taken back at the next start
    bool crashes;        // when it is asked to count a third time
    uint8_t before[2];
    uint64_t writes, cut; // cut: power goes at this write; UINT64_MAX: it does not
    bool dark, torn;
    void (*synced)(void *of);
    void *of;
};

static struct counters card;
static struct buffer told, complaints;

// ---- the card ----------------------------------------------------------------------------------

static bool write_counter(uint8_t *counter) {
    if (card.writes == card.cut) {
        card.dark = true;
        return false;
    }
    ++*counter;
    card.writes++;
    return true;
}

static uint16_t count_up(struct bytes command) {
    static const uint8_t whole[] = {0x80, 0x01, 0x00, 0x00, 0x02, 0xAA, 0x55};
    if (!bytes_equal(command, bytes_of(whole, sizeof whole)))
        return 0x6A80;
    if (card.crashes && card.left == 2)
        raise(SIGKILL);
    card.before[0] = card.left;
    card.before[1] = card.right;
    card.torn = true;
    if (!write_counter(&card.left) || !write_counter(&card.right))
        return 0;
    card.torn = false;
    if (card.synced != NULL)
        card.synced(card.of);
    return 0x9000;
}

static enum link_status transmit(struct link *link, struct bytes command, uint8_t *answer,
                                 size_t capacity, size_t *answer_size) {
    (void)link, (void)capacity;
    if (card.dark)
        return LINK_BROKEN;
    bool reads = command.size >= 4 && command.data[1] == 0x02;
    uint16_t sw = reads ? 0x9000 : count_up(command);
    if (card.dark)
        return LINK_BROKEN;
    *answer_size = 0;
    if (reads) {
        answer[(*answer_size)++] = card.left;
        answer[(*answer_size)++] = card.right;
    }
    answer[(*answer_size)++] = (uint8_t)(sw >> 8);
    answer[(*answer_size)++] = (uint8_t)sw;
    return LINK_OK;
}

static enum link_status start(struct link *link, enum link_reset kind, uint8_t *atr,
                              size_t capacity, size_t *atr_size) {
    (void)link, (void)kind, (void)capacity;
    if (card.torn && card.journal) {
        card.left = card.before[0];
        card.right = card.before[1];
    }
    card.torn = card.dark = false;
    card.cut = UINT64_MAX;
    if (atr != NULL)
        *atr_size = 0;
    return LINK_OK;
}

static void nothing(struct link *link) {
    (void)link;
}

static bool cut(void *context, size_t number, uint64_t writes, size_t octets) {
    (void)context, (void)number, (void)octets;
    card.cut = card.writes + writes;
    return true;
}

static bool fail(void *context, size_t number) {
    (void)context, (void)number;
    return card.dark = true;
}

static uint64_t writes_of(void *context, size_t number) {
    (void)context, (void)number;
    return card.writes;
}

/// What a start would find.
static bool state_of(void *context, size_t number, uint8_t digest[SHA256_SIZE]) {
    (void)context, (void)number;
    bool back = card.torn && card.journal;
    memset(digest, 0, SHA256_SIZE);
    digest[0] = back ? card.before[0] : card.left;
    digest[1] = back ? card.before[1] : card.right;
    return true;
}

static bool watch(void *context, size_t number, void (*synced)(void *of), void *of) {
    (void)context, (void)number;
    card.synced = synced;
    card.of = of;
    return true;
}

// ---- a campaign --------------------------------------------------------------------------------

static const char twice[] =
    "setup {\n tx 80 02 00 00 02\n  sw 9000\n  capture BEFORE = data[0:1]\n}\n"
    "tx 80 01 00 00 02 AA 55\n  sw 9000\ntx 80 01 00 00 02 AA 55\n  sw 9000\n"
    "invariant {\n tx 80 02 00 00 02\n  sw 9000\n"
    "  data[0:1] in ${BEFORE}..${BEFORE} + 2\n}\n";

static void read_back(FILE *file, struct buffer *text) {
    char part[512];
    size_t got;
    buffer_clear(text);
    rewind(file);
    while ((got = fread(part, 1, sizeof part, file)) > 0)
        buffer_put(text, bytes_of((const uint8_t *)part, got));
    fclose(file);
}

/// Runs the script with these options over the card as it is; told and complaints are what came.
static enum campaign_end run(const char *text, const struct campaign_options *options) {
    static const struct link_ops ops = {transmit, start, nothing};
    static struct campaign campaign;
    struct script_program program;
    struct script_ports ports = host_ports(NULL);
    struct script_card runner_card = {"card", &card.link, NULL};
    struct campaign_cards cards = {&runner_card, 1,   {cut, fail, NULL}, writes_of, state_of, watch,
                                   NULL,         NULL};
    FILE *out = tmpfile(), *err = tmpfile();
    CU_ASSERT_FATAL(out != NULL && err != NULL);
    card.link.ops = &ops;
    card.cut = UINT64_MAX;
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "counters", bytes_of_string(text));
    CU_ASSERT_FATAL(program_check(&program, NULL, NULL, NULL));
    memset(&campaign, 0, sizeof campaign);
    campaign.program = campaign.rules = &program;
    campaign.ports = &ports;
    campaign.cards = &cards;
    campaign.options = options;
    campaign.out = out;
    campaign.err = err;
    enum campaign_end end = campaign_run(&campaign);
    campaign_print(&campaign);
    campaign_free(&campaign);
    program_free(&program);
    read_back(out, &told);
    read_back(err, &complaints);
    return end;
}

static struct campaign_options all_kinds(void) {
    return (struct campaign_options){
        .kinds = (1u << MUTATION_KINDS) - 2, .jobs = 3, .repeatable = true, .list = true};
}

static bool tells(const char *text) {
    return strstr(buffer_string(&told), text) != NULL;
}

static bool complains(const char *text) {
    return strstr(buffer_string(&complaints), text) != NULL;
}

// ---- tests -------------------------------------------------------------------------------------

static void test_sound(void) {
    struct campaign_options options = all_kinds();
    card = (struct counters){.journal = true};
    // a repetition counts once more than the script does, which the invariant must allow here
    options.kinds &= ~(1u << MUTATION_REPEAT);
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_HELD);
    CU_ASSERT(tells("mutate: drop\t2 mistakes at 2 of 2 commands\n"));
    CU_ASSERT(tells("mutate: swap\t1 mistakes at 1 of 2 commands\n"));
    CU_ASSERT(tells("mutate: truncate\t12 mistakes at 2 of 2 commands\n"));
    CU_ASSERT(tells("mutate: flip\t14 mistakes at 2 of 2 commands\n"));
    CU_ASSERT(tells("mutate: tear\t10 mistakes at 2 of 2 commands\n"));
    CU_ASSERT(tells("mutate: states compared after 10 cuts\n"));
    CU_ASSERT(tells("held\tstep 1\ttear 4\trun failed\tcard: 80 01 00 00\n"));
    CU_ASSERT(tells("\nmutate: 39 mistakes, 0 violations\n"));
    CU_ASSERT_EQUAL(complaints.size, 0);
    CU_ASSERT(card.left == 2 && card.right == 2); // the trunk ran once, mistakes left no trace
}

static void test_counts_twice(void) {
    struct campaign_options options = all_kinds();
    card = (struct counters){.journal = true};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_VIOLATED);
    CU_ASSERT(tells("VIOLATED\tstep 0\trepeat 0\t"));
    CU_ASSERT(tells("\nmutate: 41 mistakes, 2 violations\n"));
    CU_ASSERT(complains("data[..] is 3, expected 0..2"));
}

/// The invariant is blind to it, the comparison of states is not.
static void test_tears(void) {
    struct campaign_options options = all_kinds();
    options.kinds = 1u << MUTATION_TEAR;
    card = (struct counters){.journal = false};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_VIOLATED);
    CU_ASSERT(tells("VIOLATED\tstep 0\ttear 2\t"));
    CU_ASSERT(tells("held\tstep 0\ttear 0\t"));
    CU_ASSERT(tells("held\tstep 0\ttear 4\t"));
    CU_ASSERT(tells("\nmutate: 10 mistakes, 4 violations\n"));
    CU_ASSERT(complains("card card is not as before or after the torn command"));
    options.repeatable = false;
    card = (struct counters){.journal = false};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_HELD);
}

static void test_crashes(void) {
    struct campaign_options options = all_kinds();
    options.kinds = 1u << MUTATION_REPEAT;
    card = (struct counters){.journal = true, .crashes = true};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_VIOLATED);
    CU_ASSERT(complains("the run ended by signal 9"));
    CU_ASSERT(tells("\nmutate: 2 mistakes, 2 violations\n"));
}

static void test_unusable(void) {
    struct campaign_options options = all_kinds();
    card = (struct counters){.journal = true};
    CU_ASSERT_EQUAL(run("tx 80 03 00 00\n  sw 9000\ninvariant {\n}\n", &options),
                    CAMPAIGN_UNUSABLE);
    CU_ASSERT(complains("status word is 6A80"));
    CU_ASSERT(tells("mutate: 0 mistakes, 0 violations\n"));
    // a setup that fails, too; and an invariant that never held is a violation without a mistake
    CU_ASSERT_EQUAL(run("setup {\n tx 80 03 00 00\n  sw 9000\n}\n", &options), CAMPAIGN_UNUSABLE);
    CU_ASSERT_EQUAL(
        run("tx 80 02 00 00 02\n  sw 9000\ninvariant {\n expect 00 = 01\n}\n", &options),
        CAMPAIGN_VIOLATED);
}

/// So many a command, never the same at each, and the one that was asked for.
static void test_choice(void) {
    struct campaign_options options = all_kinds();
    options.kinds = 1u << MUTATION_FLIP | 1u << MUTATION_TRUNCATE;
    options.per_command = 2;
    card = (struct counters){.journal = true};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_HELD);
    CU_ASSERT(tells("mutate: flip\t4 mistakes at 2 of 2 commands\n"));
    CU_ASSERT(tells("step 0\tflip 0\t") && tells("step 1\tflip 1\t"));
    options = (struct campaign_options){
        .kinds = 1u << MUTATION_REPEAT, .jobs = 1, .only = MUTATION_REPEAT, .only_step = 1};
    card = (struct counters){.journal = true};
    CU_ASSERT_EQUAL(run(twice, &options), CAMPAIGN_VIOLATED);
    CU_ASSERT(tells("VIOLATED\tstep 1\trepeat 0\t"));
    CU_ASSERT(tells("\nmutate: 1 mistakes, 1 violations\n"));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a sound card holds through every mistake at every command", test_sound, NULL},
        {"a card that counts a repetition is found", test_counts_twice, NULL},
        {"a card that tears is found by its state alone", test_tears, NULL},
        {"a run that crashes is a violation", test_crashes, NULL},
        {"a script that does not pass is refused", test_unusable, NULL},
        {"so many mistakes a command, or one alone", test_choice, NULL},
    };
    buffer_init(&told, &host_memory);
    buffer_init(&complaints, &host_memory);
    int code = suite_main("test-mutate", tests, sizeof tests / sizeof tests[0], argc, argv);
    buffer_free(&told);
    buffer_free(&complaints);
    return code;
}
