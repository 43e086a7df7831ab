// SPDX-License-Identifier: Apache-2.0
// What the script runner costs on top of the link: the same command a hundred thousand times, by a
// bare loop and by a script, over a link that answers at once; memory before and after; and how
// much two jobs gain over one, against two processes of openssl speed: in turns, by the clock on
// the wall for both, since other programs take their share of the processors meanwhile.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "apdu/script/run/host.h"
#include "readers/link/link_open.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_ops.h"
#include "tests/kit/image.h"

enum { ROUNDS = 100000, RUNS = 7, FILES = 24, TURNS = 5 };

static enum link_status answer_at_once(struct link *link, struct bytes command, uint8_t *answer,
                                       size_t capacity, size_t *answer_size) {
    static const uint8_t reply[] = {0x6F, 0x02, 0x84, 0x00, 0x90, 0x00};
    (void)link, (void)command, (void)capacity;
    memcpy(answer, reply, sizeof reply);
    *answer_size = sizeof reply;
    return LINK_OK;
}

static enum link_status reset_at_once(struct link *link, enum link_reset kind, uint8_t *atr,
                                      size_t capacity, size_t *atr_size) {
    (void)link, (void)kind, (void)atr, (void)capacity;
    *atr_size = 0;
    return LINK_OK;
}

static void nothing(struct link *link) {
    (void)link;
}

static const struct link_ops ops = {answer_at_once, reset_at_once, nothing};

static double bare(struct link *link) {
    static const uint8_t command[] = {0x00, 0xA4, 0x04, 0x00, 0x02, 0x3F, 0x00, 0x00};
    uint8_t answer[300];
    size_t size;
    double begin = bench_now_us();
    for (size_t i = 0; i < ROUNDS; i++)
        link_transmit(link, bytes_of(command, sizeof command), answer, sizeof answer, &size);
    return (bench_now_us() - begin) / ROUNDS;
}

static double scripted(struct link *link, const char *text, size_t rounds) {
    struct script_program program;
    struct script_ports ports = host_ports(NULL);
    struct script_options options = {.seed = 1};
    struct script_card card = {"card", link, NULL};
    struct script_listener listener = {.context = NULL};
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "bench", bytes_of_string(text));
    if (!program_check(&program, NULL, NULL, NULL))
        exit(1);
    double begin = bench_now_us();
    struct script_run_result result = run_script(&program, &ports, &options, &card, 1, &listener);
    double spent = (bench_now_us() - begin) / (double)rounds;
    if (result.outcome != OUTCOME_PASSED || result.exchanges != rounds)
        exit(1);
    program_free(&program);
    return spent;
}

static void runner_overhead(void) {
    static const char repeated[] = "repeat 100000 {\ntx 00 A4 04 00 02 3F 00 00\n  sw 9000\n"
                                   "  data 6F ?? 84 *\n  tlv 6F/84 exists\n}\n";
    struct link link = {.ops = &ops};
    double loops[RUNS], scripts[RUNS];
    scripted(&link, repeated, ROUNDS); // warm up
    size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < RUNS; i++) {
        loops[i] = bare(&link);
        scripts[i] = scripted(&link, repeated, ROUNDS);
    }
    size_t after = mallinfo2().uordblks;
    bench_print("script runner per APDU above the link",
                bench_median(scripts, RUNS) - bench_median(loops, RUNS), "us", 3);
    bench_print("memory left after 700000 scripted APDUs", (double)(after - before), "octets", 0);
}

/// Processor time of ended children, in microseconds.
static double children_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct spent {
    double wall, processor;
};

static struct spent timed(const char *command) {
    double processor = children_us(), begin = bench_now_us();
    if (system(command) != 0) {
        fprintf(stderr, "bench-script: %s failed\n", command);
        exit(1);
    }
    return (struct spent){bench_now_us() - begin, children_us() - processor};
}

static struct spent run_folder(const char *directory, const char *image, int jobs) {
    char command[16384];
    snprintf(command, sizeof command,
             "tessera-apdu-run '%s' --link 'emu:%s' --fresh --jobs %d >/dev/null", directory, image,
             jobs);
    return timed(command);
}

/// Long enough that starting is nothing beside it.
static void write_scripts(const char *directory) {
    char path[TEST_PATH_MAX + 32];
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/s%02d.apdu", directory, i);
        FILE *file = fopen(path, "w");
        if (file == NULL)
            exit(1);
        fputs("repeat 200000 {\ntx FF CA 00 00 00\n  sw 9000\n  length 4..16\n}\n", file);
        fclose(file);
    }
}

static void jobs_scaling(void) {
    char directory[TEST_PATH_MAX], image[TEST_PATH_MAX];
    double ours[TURNS], theirs[TURNS], ratios[TURNS], work[TURNS];
    test_directory_make(directory);
    blank_image(directory, "bench.trm", 1, image);
    write_scripts(directory);
    run_folder(directory, image, 2); // warm up
    for (int i = 0; i < TURNS; i++) {
        struct spent one = run_folder(directory, image, 1), two = run_folder(directory, image, 2);
        theirs[i] = bench_openssl_scaling();
        ours[i] = one.wall / two.wall;
        ratios[i] = theirs[i] / ours[i];
        work[i] = two.processor / one.processor;
    }
    bench_print("--jobs 2 against --jobs 1", bench_median(ours, TURNS), "x", -1);
    bench_print("openssl speed -multi 2 against 1", bench_median(theirs, TURNS), "x", -1);
    bench_print("openssl's gain / ours", bench_median(ratios, TURNS), "x", 1 / 0.85);
    bench_print("processor time of --jobs 2 / of --jobs 1", bench_median(work, TURNS), "x", 1.10);
    test_directory_remove(directory);
}

// ---- over PC/SC ------------------------------------------------------------------------------

enum { PCSC_ROUNDS = 1500, PCSC_RUNS = 15, LAB_SECONDS = 100 };

static double pcsc_raw(struct link *link) {
    static const uint8_t command[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};
    uint8_t answer[300];
    size_t size;
    double begin = bench_now_us();
    for (int i = 0; i < PCSC_ROUNDS; i++)
        if (link_transmit(link, bytes_of(command, sizeof command), answer, sizeof answer, &size) !=
            LINK_OK)
            exit(1);
    return (bench_now_us() - begin) / PCSC_ROUNDS;
}

/// Seconds of a command's run, by the clock on the wall.
static double wall_of(const char *command) {
    return timed(command).wall / 1e6;
}

/// Inside the lab: as many commands by scriptor and by a script, each a program of its own; and
/// what no client over this PC/SC can undercut, the bare round trips, which take `trip`
/// microseconds each.
static void against_scriptor(const char *link, double trip) {
    enum { COMMANDS = 2000, TIMES = 5 };
    char directory[TEST_PATH_MAX], theirs[4 * TEST_PATH_MAX], ours[4 * TEST_PATH_MAX];
    double ratios[TIMES], floors[TIMES];
    test_directory_make(directory);
    snprintf(theirs, sizeof theirs, "%s/s", directory);
    snprintf(ours, sizeof ours, "%s/s.apdu", directory);
    FILE *list = fopen(theirs, "w"), *script = fopen(ours, "w");
    for (int i = 0; list != NULL && script != NULL && i < COMMANDS; i++) {
        fputs("FF CA 00 00 00\n", list);
        fputs("tx FF CA 00 00 00\n  sw 9000\n", script);
    }
    if (list == NULL || script == NULL || fclose(list) != 0 || fclose(script) != 0)
        exit(1);
    snprintf(theirs, sizeof theirs, "scriptor '%s/s' >'%s/said' 2>&1", directory, directory);
    snprintf(ours, sizeof ours, "tessera-apdu-run '%s/s.apdu' --link '%s' >'%s/said'", directory,
             link, directory);
    for (int i = 0; i < TIMES; i++) {
        double peer = wall_of(theirs);
        ratios[i] = wall_of(ours) / peer;
        floors[i] = COMMANDS * trip / 1e6 / peer;
    }
    bench_print("replay of 2000 APDUs / scriptor in the same lab", bench_median(ratios, TIMES), "x",
                0.5);
    bench_print("bare round trips of these / scriptor", bench_median(floors, TIMES), "x", -1);
    test_directory_remove(directory);
}

/// Inside the lab: the same commands raw and by script, in turns over one link.
static int measure(void) {
    static const char text[] = "repeat 1500 {\ntx FF CA 00 00 00\n  sw 9000\n}\n";
    struct link_failure failure;
    const char *name = getenv("TESSERA_CARD_1");
    struct link *link = name != NULL ? link_open(name, NULL, &failure) : NULL;
    double ratios[PCSC_RUNS], trips[PCSC_RUNS];
    if (link == NULL)
        return 1;
    pcsc_raw(link); // warm up
    for (size_t i = 0; i < PCSC_RUNS; i++) {
        trips[i] = pcsc_raw(link);
        ratios[i] = scripted(link, text, PCSC_ROUNDS) / trips[i];
    }
    link_close(link);
    against_scriptor(name, bench_median(trips, PCSC_RUNS));
    bench_print("script over PC/SC / raw SCardTransmit loop", bench_median(ratios, PCSC_RUNS), "x",
                1.10);
    return 0;
}

static int over_pcsc(const char *self) {
    char directory[TEST_PATH_MAX], image[TEST_PATH_MAX], command[16384];
    test_directory_make(directory);
    blank_image(directory, "bench.trm", 1, image);
    snprintf(command, sizeof command, "tessera-lab run --timeout %d --card '%s' -- '%s' --measure",
             LAB_SECONDS, image, self);
    int status = system(command);
    test_directory_remove(directory);
    return status == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--measure") == 0)
        return measure();
    runner_overhead();
    jobs_scaling();
    return over_pcsc(argv[0]);
}
