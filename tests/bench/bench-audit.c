// SPDX-License-Identifier: Apache-2.0
// An audit of ten thousand transfers against the bare verification of their signatures, both by the
// processor's time, and whether its memory stays flat: the same at a thousand.
#include "host/audit/audit.h"
#include "tests/bench/bench.h"
#include "tests/kit/audit/crowd.h"
#include "tests/kit/image.h"

#include "apdu/object/object.h"
#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { TRANSFERS = 10000, FEW = 1000 };
static const double GOAL = 1.25; // of the time that bare verification takes

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bench-audit: %s\n", what);
    exit(1);
}

/// Microseconds of the processor so far: others who work beside it do not count.
static double used_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/// Seconds.
static double audit(const struct crowd *crowd, const char *path, const char *trusted) {
    struct trust trust;
    struct failure failure = {0};
    struct findings findings = {.out = stderr, .json = true};
    struct audit audit = {.trust = &trust, .crypto = crowd->crypto, .findings = &findings};
    double begin = used_us();
    must(trust_open(&trust, trusted, crowd->crypto, &failure) &&
             audit_run(&audit, &path, 1, &failure),
         failure.text);
    trust_close(&trust);
    must(findings.told == 0, "the auditor has findings");
    return (used_us() - begin) / 1e6;
}

static double verify(struct crowd *crowd) {
    struct crowd_deal deal;
    struct object objects[2];
    crowd_deal(crowd, 1, &deal);
    must(object_decode(deal.usage, &objects[0]) && object_decode(deal.receipt, &objects[1]),
         "no objects");
    double begin = used_us();
    for (size_t i = 0; i < TRANSFERS; i++)
        must(object_verify(&objects[0], crowd->crypto, crowd->alice.signer.point) &&
                 object_verify(&objects[1], crowd->crypto, crowd->till.signer.point),
             "a signature is wrong");
    return (used_us() - begin) / 1e6;
}

/// Most memory so far, MiB.
static double memory(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

int main(void) {
    char directory[TEST_PATH_MAX], path[TEST_PATH_MAX + 16];
    struct crowd crowd;
    crowd_open(&crowd);
    test_directory_make(directory);
    snprintf(path, sizeof path, "%s/root.cvc", directory);
    must(files_write(path, crowd.root.certificate, FILES_PUBLIC, FILES_NEW), "no root");
    snprintf(path, sizeof path, "%s/few", directory);
    crowd_fill(&crowd, FEW, path);
    audit(&crowd, path, directory);
    double few = memory();
    snprintf(path, sizeof path, "%s/many", directory);
    crowd_fill(&crowd, TRANSFERS, path);
    double filled = memory(), bare = verify(&crowd), audited = audit(&crowd, path, directory);
    bench_print("audit/transfers per second", TRANSFERS / audited, "1/s", -1);
    bench_print("audit/of bare verification", audited / bare, "", GOAL);
    bench_print("audit/memory beyond that of a thousand", memory() - (filled > few ? filled : few),
                "MiB", 16);
    test_directory_remove(directory);
    crowd_close(&crowd);
    return 0;
}
