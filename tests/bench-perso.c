// SPDX-License-Identifier: Apache-2.0
// What a wallet costs at a reader: the whole of it over pcscd, against its APDUs times the round
// trip of a card that only echoes plus the cryptographic primitives of both ends; and what a second
// reader gains, against two processes of openssl speed. All of it in memory, so that no disk is
// measured. The bench puts up a lab, which starts this program again as echo card and as client.
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card/port/memory.h"
#include "personalization/job_run.h"
#include "personalization/letter.h"
#include "readers/emu.h"
#include "readers/link_open.h"
#include "tests/bench.h"
#include "tests/bench_ops.h"
#include "tests/image.h"

enum { CARDS = 12, TURNS = 3, LAB_SECONDS = 200, TODAY = 20261122 };

static const double GOAL_WALLET = 1.3, GOAL_READERS = 0.85;

static void must(bool good, const char *what, const struct failure *failure) {
    if (good)
        return;
    fprintf(stderr, "bench-perso: %s: %s\n", what, failure != NULL ? failure->text : "");
    exit(1);
}

// ---- office ------------------------------------------------------------------------------------

static char place[TEST_PATH_MAX];

/// A job of CARDS rows with ids of its own, and the office for it.
struct desk {
    struct job job;
    struct job_office office;
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
    desk->office = (struct job_office){.job = &desk->job, .crypto = crypto};
    pthread_mutex_init(&desk->office.mutex, NULL);
    must(master_key_open(&desk->office.master, keys, crypto, NULL, &failure) &&
             ca_open(&desk->office.ca, ca, NULL, crypto, TODAY, &failure),
         "office", &failure);
}

static void desk_close(struct desk *desk) {
    ca_close(&desk->office.ca);
    master_key_close(&desk->office.master);
    job_close(&desk->job);
}

/// One card. Microseconds.
static double make(struct desk *desk, struct link *link, const struct crypto *crypto) {
    struct failure failure = {0};
    struct job_remark remark;
    double begin = bench_now_us();
    enum job_outcome outcome =
        job_make_card(&desk->office, link, crypto, JOB_NO_ROW, &remark, &failure);
    double spent = bench_now_us() - begin;
    must(outcome == CARD_MADE, "card", &failure);
    return spent;
}

// ---- the same wallet in this process: its primitives
// -----------------------------------------------

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
    inside->ports = (struct card_ports){&inside->port.nvm, counted};
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
    bench_print("wallet over PC/SC, APDUs", link.count, "APDUs", -1);
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

/// All cards made anew by one or two readers. Microseconds.
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

static void two_readers(struct link *const *cards, const struct crypto *crypto) {
    double ours[TURNS], theirs[TURNS], ratios[TURNS];
    char name[8];
    for (int i = 0; i < TURNS; i++) {
        double times[2];
        for (int readers = 1; readers <= 2; readers++) {
            snprintf(name, sizeof name, "r%d%d", i, readers);
            times[readers - 1] = all_cards(name, cards, readers, crypto);
        }
        ours[i] = times[0] / times[1];
        theirs[i] = bench_openssl_scaling();
        ratios[i] = theirs[i] / ours[i];
    }
    bench_print("wallets, two readers against one", bench_median(ours, TURNS), "x", -1);
    bench_print("openssl speed -multi 2 against 1", bench_median(theirs, TURNS), "x", -1);
    bench_print("openssl's gain / readers' gain", bench_median(ratios, TURNS), "x",
                1 / GOAL_READERS);
}

static int measure(void) {
    struct link *cards[CARDS], *other = open_card(CARDS + 1);
    struct crypto *crypto = crypto_openssl_new();
    must(crypto != NULL, "crypto", NULL);
    snprintf(place, sizeof place, "%s", getenv("BENCH_PLACE"));
    for (int i = 0; i < CARDS; i++)
        cards[i] = open_card(i + 1);
    one_wallet(cards, other, crypto);
    two_readers(cards, crypto);
    for (int i = 0; i < CARDS; i++)
        link_close(cards[i]);
    link_close(other);
    crypto_openssl_free(crypto);
    return 0;
}

// ---- lab ---------------------------------------------------------------------------------------

static int put_up_lab(const char *self) {
    char image[TEST_PATH_MAX], line[16384], name[32];
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
    test_directory_make(place);
    setenv("BENCH_PLACE", place, 1);
    int size = snprintf(line, sizeof line,
                        "cd '%s' && tessera-ca init ca >said && tessera-ca init twin >said && "
                        "tessera-perso key master >said && "
                        "tessera-lab run --timeout %d",
                        place, LAB_SECONDS);
    for (unsigned char i = 0; i < CARDS; i++) {
        snprintf(name, sizeof name, "c%d.trm", i);
        blank_image(place, name, i, image);
        size += snprintf(line + size, sizeof line - (size_t)size, " --card '%s'", image);
    }
    snprintf(line + size, sizeof line - (size_t)size, " --card 'exec:%s' -- '%s' --measure", self,
             self);
    int status = system(line);
    test_directory_remove(place);
    return status == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    char self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size <= 0)
        return 2;
    self[size] = '\0';
    if (argc == 3 && strcmp(argv[1], "--reader") == 0)
        return bench_be_echo_card(argv[2]);
    if (argc == 2 && strcmp(argv[1], "--measure") == 0)
        return measure();
    return put_up_lab(self);
}
