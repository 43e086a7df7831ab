// SPDX-License-Identifier: Apache-2.0
// The auditor: a healthy world gives no finding; each case of cases.tsv, one change to a copy of
// it, is found with its row and amount.
#include "tests/kit/audit/audit_cases.h"
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/suite.h"

#include "base/files.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

// ---- what is given beside databases ------------------------------------------------------------

static char store[96];

static const char *in_store(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", store, name);
    return path;
}

/// Every object as a file; the name of the first usage log of 500 stays in *name.
static void fill_store(char name[65]) {
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    snprintf(store, sizeof store, "%s/objects", center.directory);
    mkdir(store, 0700);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(audit_world_path(&center, "clearing", true), &db), 0);
    sqlite3_prepare_v2(db,
                       "SELECT LOWER(HEX(o.digest)), o.octets, u.amount FROM object o LEFT JOIN"
                       " usage u ON u.digest = o.digest",
                       -1, &rows, NULL);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const char *digest = (const char *)sqlite3_column_text(rows, 0);
        struct bytes octets =
            bytes_of(sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1));
        CU_ASSERT_TRUE(files_write(in_store(digest), octets, FILES_PUBLIC, FILES_REPLACE));
        if (sqlite3_column_int(rows, 2) == 500)
            snprintf(name, 65, "%s", digest);
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
}

static bool says(const char *kind, const char *found) {
    char wanted[128];
    int code = audit_world_audit(&center, NULL, out);
    snprintf(wanted, sizeof wanted, "{\"kind\":\"%s\"", kind);
    bool told = code == EXIT_REFUSED && strstr(out, wanted) != NULL && strstr(out, found) != NULL;
    if (!told)
        printf("\n    exit %d, no %s with %s in\n%s", code, kind, found, out);
    return told;
}

/// A file of the store away, under another name, spoilt; one that is nothing; one that no database
/// has.
static void stores(void) {
    char name[65] = "", kept[256], other[256];
    open_center();
    audit_world_copy(&center);
    fill_store(name);
    center.objects = store;
    CU_ASSERT_EQUAL(audit_world_audit(&center, NULL, out), EXIT_DONE);
    snprintf(kept, sizeof kept, "%s.kept", store);
    snprintf(other, sizeof other, "%s", in_store("00112233"));
    CU_ASSERT_EQUAL(rename(in_store(name), kept), 0);
    CU_ASSERT_TRUE(says("file-missing", name));
    CU_ASSERT_EQUAL(rename(kept, other), 0);
    CU_ASSERT_TRUE(says("digest", "00112233"));
    CU_ASSERT_EQUAL(rename(other, in_store(name)), 0);
    CU_ASSERT_TRUE(
        audit_world_change(&center, "clearing", "DELETE FROM object WHERE kind = 'usage-log'"));
    CU_ASSERT_TRUE(says("object-missing", "usage-log of 500"));
    audit_world_copy(&center);
    CU_ASSERT_TRUE(files_write(other, bytes_of_string("leaflet"), FILES_PUBLIC, FILES_NEW));
    CU_ASSERT_TRUE(says("foreign", "00112233"));
    remove(other);
    CU_ASSERT_EQUAL(audit_world_audit(&center, NULL, out), EXIT_DONE);
    center.objects = NULL;
}

static void put_machine(const char *own, const char *cash) {
    char path[256];
    snprintf(path, sizeof path, "%s/machine", store);
    CU_ASSERT_TRUE(files_write(path, bytes_of_string(own), FILES_PUBLIC, FILES_REPLACE));
    snprintf(path, sizeof path, "%s/cash", store);
    CU_ASSERT_TRUE(files_write(path, bytes_of_string(cash), FILES_PUBLIC, FILES_REPLACE));
}

/// Case 98: what is stacked in a deposit machine is what its float has loaded.
static void boxes(void) {
    open_center();
    audit_world_copy(&center);
    snprintf(store, sizeof store, "%s/box", center.directory);
    mkdir(store, 0700);
    center.cash = store;
    put_machine("{\"own\":\"float-1\"}", "{\"escrow\":0,\"stacked\":2000,\"returned\":0}");
    CU_ASSERT_EQUAL(audit_world_audit(&center, NULL, out), EXIT_DONE);
    put_machine("{\"own\":\"float-1\"}", "{\"escrow\":0,\"stacked\":1000,\"returned\":0}");
    CU_ASSERT_TRUE(says("cash", "\"expected\":\"1000 stacked\",\"found\":\"2000\""));
    put_machine("{}", "{}");
    CU_ASSERT_EQUAL(audit_world_audit(&center, NULL, out), EXIT_USAGE);
    center.cash = NULL;
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a healthy world gives no finding", healthy, NULL},
        {"each case is found, afresh and since the last time", cases, NULL},
        {"each case of those who settle by proxy is found", town_cases, NULL},
        {"a replica that lags, a journal that was rewritten", memories, NULL},
        {"a store of objects with missing, renamed and foreign files", stores, NULL},
        {"cash in a machine against what its float has loaded", boxes, NULL},
    };
    int code = suite_main("test-audit", tests, sizeof tests / sizeof tests[0], argc, argv);
    audit_world_close(&center);
    audit_world_close(&town);
    return code;
}
