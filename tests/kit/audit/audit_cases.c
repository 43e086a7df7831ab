// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/audit_cases.h"

#include "tests/kit/audit/audit_world.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_SIZE = 8192 };

/// Cuts a line at its tabulators. False: it is no case.
static bool cut(char *line, char *columns[CASE_COLUMNS]) {
    size_t count = 0;
    if (line[0] == '#')
        return false;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < CASE_COLUMNS; count++) {
        columns[count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
    CU_ASSERT_EQUAL_FATAL(count, CASE_COLUMNS);
    return true;
}

void audit_cases_each(const char *path, void (*run)(char *const columns[CASE_COLUMNS])) {
    char line[LINE_MAX_SIZE];
    char *columns[CASE_COLUMNS];
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (cut(line, columns))
            run(columns);
    fclose(file);
}

// ---- findings ----------------------------------------------------------------------------------

static const char *const names[CASE_COLUMNS] = {
    [CASE_KIND] = "kind",   [CASE_TABLE] = "table",       [CASE_ROW] = "row",
    [CASE_FIELD] = "field", [CASE_EXPECTED] = "expected", [CASE_FOUND] = "found"};

static bool fits(const char *finding, char *const columns[CASE_COLUMNS]) {
    char wanted[1024];
    for (size_t i = CASE_KIND; i < CASE_COLUMNS; i++) {
        snprintf(wanted, sizeof wanted, "\"%s\":\"%s\"", names[i], columns[i]);
        if (strcmp(columns[i], "*") != 0 && strstr(finding, wanted) == NULL)
            return false;
    }
    return true;
}

bool audit_case_found(char *const columns[CASE_COLUMNS], const char *out) {
    static char said[AUDIT_OUT_MAX];
    snprintf(said, sizeof said, "%s", out);
    char *rest = NULL;
    for (char *line = strtok_r(said, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (fits(line, columns))
            return true;
    return false;
}
