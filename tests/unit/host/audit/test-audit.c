// SPDX-License-Identifier: Apache-2.0
// The auditor: a healthy world gives no finding; each case of cases.tsv, one change to a copy of
// it, is found with its row and amount.
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct audit_world world;
static char out[AUDIT_OUT_MAX], again[AUDIT_OUT_MAX];
static struct state healthy_state; // what an audit of the healthy world reached

/// Made by whoever needs it first.
static void open_world(void) {
    if (world.count == 0)
        audit_world_open(&world);
}

static void healthy(void) {
    open_world();
    audit_world_copy(&world);
    int code = audit_world_audit(&world, NULL, out);
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

/// Lines that only an auditor who was here before can write.
static void drop_memories(char *text) {
    static const char *const kinds[] = {"{\"kind\":\"behind\"", "{\"kind\":\"rewritten\""};
    for (size_t i = 0; i < 2; i++)
        for (char *at = strstr(text, kinds[i]); at != NULL; at = strstr(text, kinds[i])) {
            char *end = strchr(at, '\n') + 1;
            memmove(at, end, strlen(end) + 1);
        }
}

/// Who was here when the world was healthy finds what somebody finds who comes anew.
static bool is_same_again(void) {
    struct state since = healthy_state;
    audit_world_audit(&world, &since, again);
    drop_memories(again);
    if (strcmp(out, again) != 0)
        printf("\n    afresh:\n%s    since the last time:\n%s", out, again);
    return strcmp(out, again) == 0;
}

static void remember_health(void) {
    audit_world_copy(&world);
    CU_ASSERT_EQUAL(audit_world_audit(&world, &healthy_state, out), EXIT_DONE);
    CU_ASSERT_PTR_NOT_NULL(state_find(&healthy_state, "clearing"));
}

static void run_case(char *const columns[COLUMNS]) {
    audit_world_copy(&world);
    bool done = audit_world_change(&world, columns[SERVICE], columns[SQL]);
    int code = audit_world_audit(&world, NULL, out);
    bool found = done && code == EXIT_REFUSED && is_found(columns);
    if (!found)
        printf("\n    case %s: exit %d, no %s %s %s %s %s %s in\n%s", columns[NUMBER], code,
               columns[KIND], columns[TABLE], columns[ROW], columns[FIELD], columns[EXPECTED],
               columns[FOUND], out);
    CU_ASSERT_TRUE(found);
    CU_ASSERT_TRUE(is_same_again());
}

static void cases(void) {
    char line[LINE_MAX_SIZE];
    char *columns[COLUMNS];
    open_world();
    remember_health();
    FILE *file = fopen("tests/unit/host/audit/cases.tsv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (cut(line, columns))
            run_case(columns);
    fclose(file);
}

/// A replica that has not yet what was audited before, and a journal that was another one.
static void memories(void) {
    open_world();
    remember_health();
    struct state since = healthy_state;
    since.rows[0].seq += 5;
    CU_ASSERT_EQUAL(audit_world_audit(&world, &since, out), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"kind\":\"behind\""));
    since = healthy_state;
    since.rows[0].chain[0] ^= 1;
    CU_ASSERT_EQUAL(audit_world_audit(&world, &since, out), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"kind\":\"rewritten\""));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a healthy world gives no finding", healthy, NULL},
        {"each case is found, afresh and since the last time", cases, NULL},
        {"a replica that lags, a journal that was rewritten", memories, NULL},
    };
    int code = suite_main("test-audit", tests, sizeof tests / sizeof tests[0], argc, argv);
    audit_world_close(&world);
    return code;
}
