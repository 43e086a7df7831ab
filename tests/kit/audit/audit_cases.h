// SPDX-License-Identifier: Apache-2.0
// Tables of cases: what is done to a healthy database, and one finding that the auditor must have.
#ifndef TESTS_KIT_AUDIT_AUDIT_CASES_H
#define TESTS_KIT_AUDIT_AUDIT_CASES_H

#include <stdbool.h>

#define AUDIT_CASES      "tests/unit/host/audit/cases.tsv"      // of audit_world_open
#define AUDIT_TOWN_CASES "tests/unit/host/audit/cases-town.tsv" // of audit_town_open

enum {
    CASE_NUMBER,
    CASE_SERVICE,
    CASE_SQL,
    CASE_KIND,
    CASE_TABLE,
    CASE_ROW,
    CASE_FIELD,
    CASE_EXPECTED,
    CASE_FOUND,
    CASE_COLUMNS
};

/// Each case in turn, as its columns, terminated; they last until run returns. Fails the test when
/// the file cannot be read.
void audit_cases_each(const char *path, void (*run)(char *const columns[CASE_COLUMNS]));
/// Is its finding among the lines that an audit wrote?
bool audit_case_found(char *const columns[CASE_COLUMNS], const char *out);

#endif
