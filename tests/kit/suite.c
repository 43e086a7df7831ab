// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *results_open(const char *suite) {
    const char *directory = getenv("TESSERA_RESULTS");
    char path[512];
    if (directory == NULL)
        return NULL;
    snprintf(path, sizeof path, "%s/%s.tsv", directory, suite);
    return fopen(path, "w");
}

static const char *skipped; // why the running test is; NULL: it is not

void suite_skip(const char *why) {
    skipped = why;
}

static void report(FILE *results, const struct suite_test *test, bool passed) {
    const char *ids = test->ids != NULL ? test->ids : "";
    if (skipped != NULL)
        printf("SKIP %s: %s\n", test->name, skipped);
    if (results != NULL)
        fprintf(results, "%s\t%s\t%s\n",
                skipped != NULL ? "skip"
                : passed        ? "pass"
                                : "fail",
                test->name, skipped != NULL ? skipped : ids);
}

static void run_one(CU_pSuite suite, const struct suite_test *test, FILE *results) {
    CU_pTest handle = CU_add_test(suite, test->name, test->run);
    if (handle == NULL) {
        fprintf(stderr, "suite: cannot add test %s\n", test->name);
        exit(2);
    }
    skipped = NULL;
    CU_basic_run_test(suite, handle);
    report(results, test, CU_get_number_of_failures() == 0);
}

int suite_main(const char *suite, const struct suite_test *tests, size_t count, int argc,
               char **argv) {
    size_t ran = 0, failed = 0;
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite handle = CU_add_suite(suite, NULL, NULL);
    FILE *results = results_open(suite);
    CU_basic_set_mode(CU_BRM_NORMAL);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && strstr(tests[i].name, argv[1]) == NULL)
            continue;
        run_one(handle, &tests[i], results);
        failed += CU_get_number_of_failures() > 0;
        ran += skipped == NULL;
    }
    CU_cleanup_registry();
    if (results != NULL)
        fclose(results);
    printf("%s: %zu passed, %zu failed\n", suite, ran - failed, failed);
    return ran > 0 && failed == 0 ? 0 : 1;
}
