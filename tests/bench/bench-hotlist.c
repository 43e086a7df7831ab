// SPDX-License-Identifier: Apache-2.0
// A terminal's hotlist of a million marks: what it costs to map and verify it, once, and to ask it,
// before every request.
#include "apdu/crypto/crypto_openssl.h"
#include "services/wire/revocations.h"
#include "tests/bench/bench.h"
#include "tests/kit/image.h"
#include "tests/kit/services/host_list.h"

#include <stdio.h>
#include <stdlib.h>

enum { LISTED = 1000000, LOOKS = 200000, OPENINGS = 9 };

static const double GOAL_LOOK = 5;

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-hotlist: %s\n", what);
    exit(1);
}

/// Marks as digests are: spread evenly, here with one step between any two.
static uint64_t mark_of(size_t i) {
    return (uint64_t)(i + 1) * (UINT64_MAX / (LISTED + 1));
}

static struct bytes make_marks(void) {
    uint8_t *marks = malloc((size_t)LISTED * MARK_SIZE);
    must(marks != NULL, "out of memory");
    for (size_t i = 0; i < LISTED; i++)
        bytes_put_be(marks + i * MARK_SIZE, MARK_SIZE, mark_of(i));
    return bytes_of(marks, (size_t)LISTED * MARK_SIZE);
}

/// Half of the questions are about somebody who is listed. Microseconds a question.
static double look(const struct revocations *list) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE] = {0};
    size_t found = 0;
    double begin = bench_now_us();
    for (size_t i = 0; i < LOOKS; i++) {
        size_t at = i * 7919 % LISTED;
        bytes_put_be(digest, MARK_SIZE, mark_of(at) + (i & 1));
        found += revocations_have(list, digest);
    }
    must(found == LOOKS / 2, "a look-up went wrong");
    return (bench_now_us() - begin) / LOOKS;
}

static void measure(const struct crypto *crypto, const char *path, const char *root) {
    double openings[OPENINGS], looks[OPENINGS];
    for (size_t i = 0; i < OPENINGS; i++) {
        struct revocations list;
        struct failure failure = {0};
        double begin = bench_now_us();
        must(revocations_open(&list, path, root, crypto, SAMPLE_TODAY, &failure), failure.text);
        openings[i] = (bench_now_us() - begin) / 1000;
        looks[i] = look(&list);
        revocations_close(&list);
    }
    bench_print("hotlist/look-up", bench_median(looks, OPENINGS), "us", GOAL_LOOK);
    bench_print("hotlist/verify", bench_median(openings, OPENINGS), "ms", -1);
}

int main(void) {
    char directory[TEST_PATH_MAX], path[TEST_PATH_MAX + 16], root[TEST_PATH_MAX + 16];
    struct crypto *crypto = crypto_openssl_new();
    struct host_authority authority;
    must(crypto != NULL, "no cryptography");
    test_directory_make(directory);
    snprintf(path, sizeof path, "%s/list", directory);
    snprintf(root, sizeof root, "%s/root.cvc", directory);
    struct bytes marks = make_marks();
    host_authority_make(&authority, crypto, "CENTER");
    host_list_write(&authority, crypto, marks, 0, path, root);
    free((void *)(uintptr_t)marks.data);
    measure(crypto, path, root);
    test_directory_remove(directory);
    crypto_openssl_free(crypto);
    return 0;
}
