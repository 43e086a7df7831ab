// SPDX-License-Identifier: Apache-2.0
// A CUnit suite with the lines of behaviours.tsv that each test proves. suite_main runs the tests,
// prints CUnit's summary and appends "result<TAB>test<TAB>ids" lines to $TESSERA_RESULTS/SUITE.tsv.
#ifndef TESTS_KIT_SUITE_H
#define TESTS_KIT_SUITE_H

#include <CUnit/Basic.h>
#include <stddef.h>

struct suite_test {
    const char *name;
    void (*run)(void);
    const char *ids; // ids of behaviours.tsv separated by spaces, or NULL
};

/// Returns the exit code for main: 0 when every test passed and at least one ran.
/// argv[1] restricts the run to tests whose name contains it.
int suite_main(const char *suite, const struct suite_test *tests, size_t count, int argc,
               char **argv);

/// Within a test, before it asserts anything: this machine does not allow it, for this reason. It
/// is then named and counted as skipped; the test returns.
void suite_skip(const char *why);

#endif
