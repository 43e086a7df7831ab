// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/bench.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double bench_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof values[0], by_size);
    return values[count / 2];
}

void bench_print(const char *name, double value, const char *unit, double at_most) {
    printf("%s\t%.4g\t%s\t", name, value, unit);
    if (at_most < 0)
        printf("-\t-\n");
    else
        printf("<=%.4g\t%s\n", at_most, value <= at_most ? "ok" : "short");
}

bool bench_with_kit(const char *name, void (*work)(void)) {
    if (CU_initialize_registry() != CUE_SUCCESS)
        return false;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    bool good = suite != NULL && CU_add_test(suite, name, work) != NULL &&
                CU_run_all_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0;
    CU_cleanup_registry();
    if (!good)
        fprintf(stderr, "%s: the kit found something wrong\n", name);
    return good;
}
