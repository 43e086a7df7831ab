// SPDX-License-Identifier: Apache-2.0
// What a wallet costs at a reader: the whole of it over pcscd, against its APDUs times the round
// trip of a card that only echoes plus the cryptographic primitives of both ends; and what a second
// reader gains, against two processes of openssl speed. All of it in memory, so that no disk is
// measured. A finished wallet is never emptied, so every part has a lab of its own with fresh
// copies of the blank cards, which starts this program again as echo card and as client.
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card/applets.h"
#include "card/port/memory.h"
#include "personalization/job/job_run.h"
#include "personalization/job/letter.h"
#include "readers/link/emu.h"
#include "readers/link/link_open.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_ops.h"
#include "tests/kit/image.h"

enum { CARDS = 12, TURNS = 3, LAB_SECONDS = 200, TODAY = 20261122 };

static const double GOAL_WALLET = 1.2, GOAL_READERS = 0.85;

static void must(bool good, const char *what, const struct failure *failure) {
    if (good)
        return;
    fprintf(stderr, "bench-perso: %s: %s\n", what, failure != NULL ? failure->text : "");
    exit(1);
}

// ---- shared ------------------------------------------------------------------------------------

static char place[TEST_PATH_MAX];

#define SPENT "spent"

static void clean_up(void) {
    test_directory_remove(place);
}

/// A job of CARDS rows with ids of its own, and the shared for it.
struct desk {
    struct job job;
    struct job_shared shared;
};

static void desk_open(struct desk *desk, const char *name, const char *authority,
                      const struct crypto *crypto) {
    char batch[400], job[400], ca[400], keys[400];
    struct failure failure = {0};
    size_t total = 0, faulty = 0;
    snprintf(batch, sizeof batch, "%s/%s.csv", place, name);
    snprintf(job, sizeof job, "%s/%s", place, name);
    snprintf(ca, sizeof ca, "%s/%s", place, authority);
    snprintf(keys, sizeof keys, "%s/master", place);
    FILE *file = fopen(batch, "w");
    must(file != NULL, batch, NULL);
    fputs("id\n", file);
    for (int i = 0; i < CARDS; i++)
        fprintf(file, "%s%d\n", name, i);
    fclose(file);
    const struct job_plan plan = {
        .directory = job, .batch = batch, .profile = "tessera-wallet", .ca = ca, .keys = keys};
    must(job_create(&plan, &total, &faulty, &failure) && job_open(&desk->job, job, &failure), "job",
         &failure);
    job_shared_init(&desk->shared, &desk->job, crypto);
    must(master_key_open(&desk->shared.issuer.master, keys, crypto, NULL, &failure) &&
             ca_open(&desk->shared.issuer.ca, ca, NULL, crypto, TODAY, &failure),
         "shared", &failure);
}

static void desk_close(struct desk *desk) {
    ca_close(&desk->shared.issuer.ca);
    master_key_close(&desk->shared.issuer.master);
    job_close(&desk->job);
}

/// One card. Microseconds.
static double make(struct desk *desk, struct link *link, const struct crypto *crypto) {
    struct failure failure = {0};
    struct job_remark remark;
    double begin = bench_now_us();
    enum job_outcome outcome =
        job_make_card(&desk->shared, link, crypto, JOB_NO_ROW, &remark, &failure);
    double spent = bench_now_us() - begin;
    must(outcome == CARD_MADE, "card", &failure);
    return spent;
}

// ---- the same wallet in this process: its primitives -------------------------------------------

struct inside {
    struct memory_port port;
    struct card_ports ports;
    struct card *card;
    uint8_t image[NVM_IMAGE_SIZE];
};

/// Microseconds that both ends spend in primitives for one wallet.
static double primitives(struct desk *desk, const struct crypto *counted, uint8_t number,
                         double *spent) {
    struct inside *inside = calloc(1, sizeof *inside);
    uint8_t serial[8] = {0xBE, 0, 0, 0, 0, 0, 1, number};
    must(inside != NULL && (inside->card = calloc(1, card_context_size())) != NULL, "memory", NULL);
    memory_port_open(&inside->port, inside->image, sizeof inside->image);
    inside->ports = (struct card_ports){&inside->port.nvm, counted, .rom = &standard_rom};
    must(card_format(&inside->ports, serial) == CARD_OK &&
             card_power_on(inside->card, &inside->ports) == CARD_OK,
         "card in memory", NULL);
    struct link *link = emu_link_over(inside->card, &inside->ports, CARD_CONTACT, NULL);
    *spent = 0;
    make(desk, link, counted);
    link_close(link);
    free(inside->card);
    free(inside);
    return *spent;
}

// ---- links -------------------------------------------------------------------------------------

static struct link *open_card(int number) {
    char variable[32];
    struct link_failure failure = {0};
    snprintf(variable, sizeof variable, "TESSERA_CARD_%d", number);
    const char *name = getenv(variable);
    struct link *link = name != NULL ? link_open(name, NULL, &failure) : NULL;
    if (link == NULL) {
        fprintf(stderr, "bench-perso: %s: %s\n", variable, failure.text);
        exit(1);
    }
    return link;
}

// ---- figures -----------------------------------------------------------------------------------

static double least(const double *values, size_t count) {
    double found = values[0];
    for (size_t i = 1; i < count; i++)
        found = values[i] < found ? values[i] : found;
    return found;
}

/// In turns, and the quietest turn of each part counts: a wallet is long enough that on a busy
/// machine other programs nearly always take a processor away from the middle of it.
static void one_wallet(struct link *const *cards, struct link *other, const struct crypto *crypto) {
    struct desk desk, twin;
    struct bench_ops counted;
    static struct bench_link link;
    double times[CARDS], trips[CARDS], bare[CARDS];
    const struct crypto *both = bench_ops_open(&counted, crypto);
    desk_open(&desk, "w", "ca", crypto);
    desk_open(&twin, "v", "twin", both);
    for (uint8_t i = 0; i < CARDS; i++) {
        times[i] = make(&desk, bench_link_over(&link, cards[i]), crypto);
        if (i == 0)
            bench_link_replay(&link, other); // warm up
        trips[i] = bench_link_replay(&link, other);
        must(trips[i] > 0, "echo", NULL);
        bare[i] = primitives(&twin, both, i, &counted.spent);
    }
    desk_close(&twin);
    desk_close(&desk);
    bench_print("wallet over PC/SC, APDUs", link.count, "APDUs", 48);
    double wallet = least(times, CARDS), trip = least(trips, CARDS), both_ends = least(bare, CARDS);
    bench_print("wallet over PC/SC, median", bench_median(times, CARDS) / 1000, "ms", -1);
    bench_print("wallet over PC/SC", wallet / 1000, "ms", -1);
    bench_print("the same APDUs to an echo card", trip / 1000, "ms", -1);
    bench_print("primitives of both ends", both_ends / 1000, "ms", -1);
    bench_print("wallet / (APDUs x echo + primitives)", wallet / (trip + both_ends), "x",
                GOAL_WALLET);
}

/// One reader's share of the cards.
struct reader {
    struct desk *desk;
    struct link *const *cards;
    int count;
    pthread_t thread;
};

static void *read_cards(void *context) {
    struct reader *reader = context;
    struct crypto *crypto = crypto_openssl_new();
    must(crypto != NULL, "crypto", NULL);
    for (int i = 0; i < reader->count; i++)
        make(reader->desk, reader->cards[i], crypto);
    crypto_openssl_free(crypto);
    return NULL;
}

/// All cards made by one or two readers. Microseconds.
static double all_cards(const char *name, struct link *const *cards, int readers,
                        const struct crypto *crypto) {
    struct desk desk;
    struct reader shares[2];
    desk_open(&desk, name, "ca", crypto);
    double begin = bench_now_us();
    for (int i = 0; i < readers; i++) {
        shares[i] = (struct reader){&desk, cards + i * CARDS / readers, CARDS / readers, 0};
        must(pthread_create(&shares[i].thread, NULL, read_cards, &shares[i]) == 0, "thread", NULL);
    }
    for (int i = 0; i < readers; i++)
        pthread_join(shares[i].thread, NULL);
    double spent = bench_now_us() - begin;
    desk_close(&desk);
    return spent;
}

/// In a lab: the figures of one wallet, or the seconds of all by so many readers, into the file
/// SPENT.
static int measure(const char *name, int readers) {
    struct link *cards[CARDS];
    struct crypto *crypto = crypto_openssl_new();
    must(crypto != NULL, "crypto", NULL);
    snprintf(place, sizeof place, "%s", getenv("BENCH_PLACE"));
    for (int i = 0; i < CARDS; i++)
        cards[i] = open_card(i + 1);
    if (readers == 0) {
        struct link *other = open_card(CARDS + 1);
        one_wallet(cards, other, crypto);
        link_close(other);
    } else {
        char path[sizeof place + 8];
        snprintf(path, sizeof path, "%s/" SPENT, place);
        FILE *file = fopen(path, "w");
        must(file != NULL, path, NULL);
        fprintf(file, "%f\n", all_cards(name, cards, readers, crypto));
        must(fclose(file) == 0, path, NULL);
    }
    for (int i = 0; i < CARDS; i++)
        link_close(cards[i]);
    crypto_openssl_free(crypto);
    return 0;
}

// ---- labs --------------------------------------------------------------------------------------

/// One part in a lab of its own, with fresh copies of the blank cards.
static void lab_run(const char *self, const char *name, int readers) {
    char line[16384];
    int size = snprintf(line, sizeof line, "cd '%s' && tessera-lab run --fresh --timeout %d", place,
                        LAB_SECONDS);
    for (int i = 0; i < CARDS; i++)
        size += snprintf(line + size, sizeof line - (size_t)size, " --card c%d.trm", i);
    snprintf(line + size, sizeof line - (size_t)size, " --card 'exec:%s' -- '%s' --measure %s %d",
             self, self, name, readers);
    must(system(line) == 0, name, NULL);
}

/// Microseconds that so many readers take for all cards.
static double readers_take(const char *self, int turn, int readers) {
    char name[8], path[sizeof place + 8];
    double spent = 0;
    snprintf(name, sizeof name, "r%d%d", turn, readers);
    snprintf(path, sizeof path, "%s/" SPENT, place);
    lab_run(self, name, readers);
    FILE *file = fopen(path, "r");
    must(file != NULL && fscanf(file, "%lf", &spent) == 1, path, NULL);
    fclose(file);
    return spent;
}

static void two_readers(const char *self) {
    double ours[TURNS], theirs[TURNS], ratios[TURNS];
    for (int i = 0; i < TURNS; i++) {
        double alone = readers_take(self, i, 1);
        ours[i] = alone / readers_take(self, i, 2);
        theirs[i] = bench_openssl_scaling();
        ratios[i] = theirs[i] / ours[i];
    }
    bench_print("wallets, two readers against one", bench_median(ours, TURNS), "x", -1);
    bench_print("openssl speed -multi 2 against 1", bench_median(theirs, TURNS), "x", -1);
    bench_print("openssl's gain / readers' gain", bench_median(ratios, TURNS), "x",
                1 / GOAL_READERS);
}

static int measure_all(const char *self) {
    char image[TEST_PATH_MAX], line[sizeof place + 200], name[32];
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    test_directory_make(place);
    atexit(clean_up);
    setenv("BENCH_PLACE", place, 1);
    for (unsigned char i = 0; i < CARDS; i++) {
        snprintf(name, sizeof name, "c%d.trm", i);
        blank_image(place, name, i, image);
    }
    snprintf(line, sizeof line,
             "cd '%s' && tessera-ca init ca >said && tessera-ca init twin >said && "
             "tessera-perso key master >said",
             place);
    must(system(line) == 0, "authorities and keys", NULL);
    lab_run(self, "wallet", 0);
    two_readers(self);
    return 0;
}

int main(int argc, char **argv) {
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0)
        return 2;
    self[size] = '\0';
    if (argc == 3 && strcmp(argv[1], "--reader") == 0)
        return bench_be_echo_card(argv[2]);
    if (argc == 4 && strcmp(argv[1], "--measure") == 0)
        return measure(argv[2], atoi(argv[3]));
    return measure_all(self);
}
