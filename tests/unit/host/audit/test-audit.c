// SPDX-License-Identifier: Apache-2.0
// The auditor: a healthy world gives no finding; each case of cases.tsv, one change to a copy of
// it, is found with its row and amount.
#include "tests/kit/audit/audit_cases.h"
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct audit_world center, town, *world; // world: one of both
static char out[AUDIT_OUT_MAX], again[AUDIT_OUT_MAX];
static struct state healthy_state; // what an audit of the healthy world reached

/// Made by whoever needs it first.
static void open_center(void) {
    world = &center;
    if (center.count == 0)
        audit_world_open(&center);
}

static void open_town(void) {
    world = &town;
    if (town.count == 0)
        audit_town_open(&town);
}

static void judge_healthy(void) {
    audit_world_copy(world);
    int code = audit_world_audit(world, NULL, out);
    if (code != EXIT_DONE)
        printf("\n%s", out);
    CU_ASSERT_EQUAL(code, EXIT_DONE);
}

static void healthy(void) {
    open_center();
    judge_healthy();
    open_town();
    judge_healthy();
}

// ---- cases -------------------------------------------------------------------------------------

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
    audit_world_audit(world, &since, again);
    drop_memories(again);
    if (strcmp(out, again) != 0)
        printf("\n    afresh:\n%s    since the last time:\n%s", out, again);
    return strcmp(out, again) == 0;
}

static void remember_health(void) {
    audit_world_copy(world);
    CU_ASSERT_EQUAL(audit_world_audit(world, &healthy_state, out), EXIT_DONE);
    CU_ASSERT_PTR_NOT_NULL(state_find(&healthy_state, world->services[0]));
}

static void run_case(char *const columns[CASE_COLUMNS]) {
    audit_world_copy(world);
    bool done = audit_world_change(world, columns[CASE_SERVICE], columns[CASE_SQL]);
    int code = audit_world_audit(world, NULL, out);
    bool found = done && code == EXIT_REFUSED && audit_case_found(columns, out);
    if (!found)
        printf("\n    case %s: exit %d, no %s %s %s %s %s %s in\n%s", columns[CASE_NUMBER], code,
               columns[CASE_KIND], columns[CASE_TABLE], columns[CASE_ROW], columns[CASE_FIELD],
               columns[CASE_EXPECTED], columns[CASE_FOUND], out);
    CU_ASSERT_TRUE(found);
    CU_ASSERT_TRUE(is_same_again());
}

static void cases(void) {
    open_center();
    remember_health();
    audit_cases_each(AUDIT_CASES, run_case);
}

static void town_cases(void) {
    open_town();
    remember_health();
    audit_cases_each(AUDIT_TOWN_CASES, run_case);
}

/// A replica that has not yet what was audited before, and a journal that was another one.
static void memories(void) {
    open_center();
    remember_health();
    struct state since = healthy_state;
    since.rows[0].seq += 5;
    CU_ASSERT_EQUAL(audit_world_audit(world, &since, out), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"kind\":\"behind\""));
    since = healthy_state;
    since.rows[0].chain[0] ^= 1;
    CU_ASSERT_EQUAL(audit_world_audit(world, &since, out), EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"kind\":\"rewritten\""));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a healthy world gives no finding", healthy, NULL},
        {"each case is found, afresh and since the last time", cases, NULL},
        {"each case of those who settle by proxy is found", town_cases, NULL},
        {"a replica that lags, a journal that was rewritten", memories, NULL},
    };
    int code = suite_main("test-audit", tests, sizeof tests / sizeof tests[0], argc, argv);
    audit_world_close(&center);
    audit_world_close(&town);
    return code;
}
