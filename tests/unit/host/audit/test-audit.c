// SPDX-License-Identifier: Apache-2.0
// The auditor: a healthy world gives no finding; each case of cases.tsv, one change to a copy of
// it, is found with its row and amount.
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct audit_world world;
static char out[AUDIT_OUT_MAX];

/// Made by whoever needs it first.
static void open_world(void) {
    if (world.count == 0)
        audit_world_open(&world);
}

static void healthy(void) {
    open_world();
    audit_world_copy(&world);
    int code = audit_world_audit(&world, out);
    if (code != EXIT_DONE)
        printf("\n%s", out);
    CU_ASSERT_EQUAL(code, EXIT_DONE);
}

// ---- cases -------------------------------------------------------------------------------------

enum { COLUMNS = 9, LINE_MAX_SIZE = 8192 };
enum { NUMBER, SERVICE, SQL, KIND, TABLE, ROW, FIELD, EXPECTED, FOUND };

static const char *const names[COLUMNS] = {
    [KIND] = "kind",   [TABLE] = "table",       [ROW] = "row",
    [FIELD] = "field", [EXPECTED] = "expected", [FOUND] = "found"};

/// Cuts a line at its tabulators. False: it is no case.
static bool cut(char *line, char *columns[COLUMNS]) {
    size_t count = 0;
    if (line[0] == '#')
        return false;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && count < COLUMNS; count++) {
        columns[count] = at;
        at = strchr(at, '\t');
        if (at != NULL)
            *at++ = '\0';
    }
    CU_ASSERT_EQUAL_FATAL(count, COLUMNS);
    return true;
}

static bool fits(const char *finding, char *const columns[COLUMNS]) {
    char wanted[1024];
    for (size_t i = KIND; i < COLUMNS; i++) {
        snprintf(wanted, sizeof wanted, "\"%s\":\"%s\"", names[i], columns[i]);
        if (strcmp(columns[i], "*") != 0 && strstr(finding, wanted) == NULL)
            return false;
    }
    return true;
}

static bool is_found(char *const columns[COLUMNS]) {
    static char said[AUDIT_OUT_MAX];
    snprintf(said, sizeof said, "%s", out);
    char *rest = NULL;
    for (char *line = strtok_r(said, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (fits(line, columns))
            return true;
    return false;
}

static void run_case(char *const columns[COLUMNS]) {
    audit_world_copy(&world);
    bool done = audit_world_change(&world, columns[SERVICE], columns[SQL]);
    int code = audit_world_audit(&world, out);
    bool found = done && code == EXIT_REFUSED && is_found(columns);
    if (!found)
        printf("\n    case %s: exit %d, no %s %s %s %s %s %s in\n%s", columns[NUMBER], code,
               columns[KIND], columns[TABLE], columns[ROW], columns[FIELD], columns[EXPECTED],
               columns[FOUND], out);
    CU_ASSERT_TRUE(found);
}

static void cases(void) {
    char line[LINE_MAX_SIZE];
    char *columns[COLUMNS];
    open_world();
    FILE *file = fopen("tests/unit/host/audit/cases.tsv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (cut(line, columns))
            run_case(columns);
    fclose(file);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a healthy world gives no finding", healthy, NULL},
        {"each case is found", cases, NULL},
    };
    int code = suite_main("test-audit", tests, sizeof tests / sizeof tests[0], argc, argv);
    audit_world_close(&world);
    return code;
}
