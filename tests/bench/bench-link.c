// SPDX-License-Identifier: Apache-2.0
// What our card costs behind pcscd, against a card that only echoes with the same socket options,
// in one lab and in turns. Three programs in one: the bench puts up the lab, which starts this
// program again as echo card (--reader) and as client (--measure).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "readers/link/link_open.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_ops.h"
#include "tests/kit/image.h"

enum { ROUNDS = 10000, LAB_SECONDS = 120 };

static const double GOAL_RATIO = 1.15;

/// The cheapest command that goes all the way: the UID of a contactless reader's fashion.
static const uint8_t command[] = {0xFF, 0xCA, 0x00, 0x00, 0x00};

// ---- client ----------------------------------------------------------------------------------
static double one(struct link *link) {
    uint8_t answer[300];
    size_t size;
    double begin = bench_now_us();
    if (link_transmit(link, bytes_of(command, sizeof command), answer, sizeof answer, &size) !=
        LINK_OK) {
        fprintf(stderr, "bench-link: %s\n", link->error);
        exit(1);
    }
    return bench_now_us() - begin;
}

static struct link *open_or_exit(const char *name) {
    struct link_failure failure;
    struct link *link = name != NULL ? link_open(name, NULL, &failure) : NULL;
    if (link == NULL) {
        fprintf(stderr, "bench-link: %s\n", name != NULL ? failure.text : "no lab around");
        exit(1);
    }
    return link;
}

static int measure(void) {
    static double ours[ROUNDS], echo[ROUNDS];
    struct link *card = open_or_exit(getenv("TESSERA_CARD_1"));
    struct link *other = open_or_exit(getenv("TESSERA_CARD_2"));
    for (size_t i = 0; i < ROUNDS / 10; i++) { // warm up
        one(card);
        one(other);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        ours[i] = one(card);
        echo[i] = one(other);
    }
    double median_ours = bench_median(ours, ROUNDS), median_echo = bench_median(echo, ROUNDS);
    bench_print("SCardTransmit p50 echo card", median_echo, "us", -1);
    bench_print("SCardTransmit p50 card", median_ours, "us", 1000);
    bench_print("SCardTransmit p50 card / echo card", median_ours / median_echo, "x", GOAL_RATIO);
    link_close(card);
    link_close(other);
    return 0;
}

// ---- lab -------------------------------------------------------------------------------------
static int put_up_lab(const char *self) {
    char directory[TEST_PATH_MAX], image[TEST_PATH_MAX], line[16384];
    test_directory_make(directory);
    blank_image(directory, "bench.trm", 1, image);
    snprintf(line, sizeof line,
             "tessera-lab run --timeout %d --card '%s' --card 'exec:%s' -- '%s' --measure",
             LAB_SECONDS, image, self, self);
    int status = system(line);
    test_directory_remove(directory);
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
