// SPDX-License-Identifier: Apache-2.0
// The auditor over PostgreSQL says what it says over SQLite: of healthy worlds and of each case.
#include "services/bank/bank.h"
#include "services/charge/charge.h"
#include "services/clearing/clearing.h"
#include "services/content/content.h"
#include "services/licence/licence.h"
#include "services/registry/registry.h"
#include "tests/kit/audit/audit_cases.h"
#include "tests/kit/audit/audit_postgres.h"
#include "tests/kit/suite.h"

#include "base/failure.h"

#include <stdio.h>
#include <string.h>

static struct audit_world center, town, *world; // world: one of both
static char over_sqlite[AUDIT_OUT_MAX], over_postgres[AUDIT_OUT_MAX];

static void make_tables(void) {
    static const struct service *const services[] = {&bank_service,     &charge_service,
                                                     &clearing_service, &content_service,
                                                     &licence_service,  &registry_service};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
        audit_postgres_make(services[i]);
}

static void open_center(void) {
    world = &center;
    if (center.count > 0)
        return;
    audit_world_open(&center);
    make_tables();
}

static void open_town(void) {
    open_center();
    world = &town;
    if (town.count == 0)
        audit_town_open(&town);
}

/// What the copies hold, audited in both places. The exit code of PostgreSQL's.
static int audit_both(void) {
    char urls[AUDIT_SERVICES_MAX][512];
    const char *all[AUDIT_SERVICES_MAX];
    for (size_t i = 0; i < world->count; i++) {
        audit_postgres_fill(world, world->services[i]);
        snprintf(urls[i], sizeof urls[i], "%s", audit_postgres_url(world->services[i]));
        all[i] = urls[i];
    }
    int code = audit_world_audit(world, NULL, over_sqlite);
    CU_ASSERT_EQUAL(audit_world_audit_at(world, all, world->count, NULL, over_postgres), code);
    return code;
}

static bool is_same(const char *what) {
    bool same = strcmp(over_sqlite, over_postgres) == 0;
    if (!same)
        printf("\n    %s over SQLite:\n%s    over PostgreSQL:\n%s", what, over_sqlite,
               over_postgres);
    return same;
}

static void judge_healthy(void) {
    audit_world_copy(world);
    CU_ASSERT_EQUAL(audit_both(), EXIT_DONE);
    CU_ASSERT_TRUE(is_same("the healthy world"));
}

static void healthy(void) {
    open_center();
    judge_healthy();
    open_town();
    judge_healthy();
}

static void run_case(char *const columns[CASE_COLUMNS]) {
    audit_world_copy(world);
    CU_ASSERT_TRUE(audit_world_change(world, columns[CASE_SERVICE], columns[CASE_SQL]));
    CU_ASSERT_EQUAL(audit_both(), EXIT_REFUSED);
    CU_ASSERT_TRUE(is_same(columns[CASE_NUMBER]));
}

static void cases(void) {
    open_center();
    audit_cases_each(AUDIT_CASES, run_case);
    open_town();
    audit_cases_each(AUDIT_TOWN_CASES, run_case);
}

/// No world has contents.
static void contents(void) {
    open_center();
    const char *url = audit_postgres_url("content");
    int code = audit_world_audit_at(world, &url, 1, NULL, over_postgres);
    if (code != EXIT_DONE)
        printf("\n%s", over_postgres);
    CU_ASSERT_EQUAL(code, EXIT_DONE);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a healthy world gives no finding over PostgreSQL", healthy, NULL},
        {"each case gives the findings that it gives over SQLite", cases, NULL},
        {"a service of contents without any gives no finding", contents, NULL},
    };
    int code = suite_main("test-audit-postgres", tests, sizeof tests / sizeof tests[0], argc, argv);
    audit_world_close(&center);
    audit_world_close(&town);
    return code;
}
