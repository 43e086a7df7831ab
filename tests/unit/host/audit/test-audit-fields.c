// SPDX-License-Identifier: Apache-2.0
// The auditor watches every field of every table of every service: a random change of one value of
// one row, and the loss of one row, are found; or fields-free.tsv says why not. A table is tried in
// the first world that has rows of it; of one that no flow fills, a row that stands there is found.
// TESSERA_FIELD_TRIALS says how often each is tried, TESSERA_SEED where chance begins.
#include "tests/kit/audit/audit_world.h"
#include "tests/kit/audit/fields.h"
#include "tests/kit/suite.h"

#include "base/failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FREE_FIELDS "tests/unit/host/audit/fields-free.tsv"

enum { FREE_MAX = 300, REASON_SIZE = 160, PART_TRIALS = 12, TABLES_MAX = 200 };

/// FREE: it makes no claim. PART: some of its rows do, or some changes break it. NONE: no healthy
/// database has a row of it.
enum claim { WATCHED, PART, FREE, NONE, CLAIMS };

/// What is listed: a service ("*": all), a table, a field ("(row)": that a row is there at all,
/// "*": each), what it claims.
static struct listed {
    char service[16], table[FIELD_NAME_SIZE], name[FIELD_NAME_SIZE];
    enum claim claim;
    bool met;
} list[FREE_MAX];
static size_t listed_count;

/// Worlds, in the order in which tables are looked for.
static const struct made {
    void (*open)(struct audit_world *world);
    const char *name;
} WORLDS[] = {{audit_world_open, "the clearing center"},
              {audit_town_open, "the town"},
              {audit_club_open, "the club"},
              {audit_market_open, "the market"}};
enum { WORLD_COUNT = sizeof WORLDS / sizeof WORLDS[0] };
static struct audit_world worlds[WORLD_COUNT], *world; // world: one of them

/// Tables that were tried already.
static struct tried { char service[16], table[FIELD_NAME_SIZE]; } tables[TABLES_MAX];
static size_t tried_count;

static char out[AUDIT_OUT_MAX];
static uint64_t first, seed; // of all, of the field that is tried
static long trials;
static size_t counts[CLAIMS], changes;

static enum claim claim_of(const char *word) {
    static const char *const words[CLAIMS] = {"", "part", "free", "none"};
    for (enum claim claim = PART; claim < CLAIMS; claim++)
        if (strcmp(words[claim], word) == 0)
            return claim;
    CU_FAIL_FATAL("a word that is no claim");
    return WATCHED;
}

static void read_list(void) {
    char line[512], word[8], reason[REASON_SIZE];
    FILE *file = fopen(FREE_FIELDS, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fgets(line, sizeof line, file) != NULL) {
        struct listed *to = &list[listed_count];
        if (line[0] == '#')
            continue;
        CU_ASSERT_EQUAL_FATAL(sscanf(line, "%15[^\t]\t%39[^\t]\t%39[^\t]\t%7[^\t]\t%159[^\n]",
                                     to->service, to->table, to->name, word, reason),
                              5);
        to->claim = claim_of(word);
        listed_count++;
        CU_ASSERT_TRUE_FATAL(listed_count < FREE_MAX);
    }
    fclose(file);
}

static enum claim listed_claim(const struct column *column, const char *name) {
    for (size_t i = 0; i < listed_count; i++)
        if ((strcmp(list[i].service, "*") == 0 || strcmp(list[i].service, column->service) == 0) &&
            strcmp(list[i].table, column->table) == 0 &&
            (strcmp(list[i].name, name) == 0 || strcmp(list[i].name, "*") == 0)) {
            list[i].met = true;
            return list[i].claim;
        }
    return WATCHED;
}

// ---- one field ---------------------------------------------------------------------------------

typedef const char *spoil(const struct audit_world *of, const struct column *column,
                          uint64_t *chance);

/// A change of a fresh copy.
static bool is_found(const struct column *column, spoil *change, const char **done) {
    audit_world_copy(world);
    *done = change(world, column, &seed);
    changes++;
    return audit_world_audit(world, NULL, out) != EXIT_DONE;
}

static void judge_watched(const struct column *column, const char *name, spoil *change) {
    const char *done;
    for (long i = 0; i < trials; i++)
        if (!is_found(column, change, &done)) {
            printf("\n    not found: %s %s %s: %s", column->service, column->table, name, done);
            CU_FAIL("a change that was not found");
            return;
        }
}

static void judge_part(const struct column *column, const char *name, spoil *change) {
    const char *done;
    for (long i = 0; i < PART_TRIALS; i++)
        if (is_found(column, change, &done))
            return;
    printf("\n    never found: %s %s %s", column->service, column->table, name);
    CU_FAIL("a field that is listed as watched in part, and is not");
}

/// Chance of its own, so that no other field has a part in it.
static uint64_t seed_of(const struct column *column, const char *name) {
    uint64_t hash = 14695981039346656037U ^ first;
    const char *const parts[] = {column->service, column->table, name};
    for (size_t i = 0; i < 3; i++)
        for (const char *at = parts[i]; *at != '\0'; at++)
            hash = (hash ^ (uint8_t)*at) * 1099511628211U;
    return hash | 1;
}

static void judge(const struct column *column, const char *name, spoil *change) {
    enum claim claim = listed_claim(column, name);
    seed = seed_of(column, name);
    counts[claim]++;
    if (claim != FREE && (column->rows == 0) != (claim == NONE)) {
        printf("\n    %lld rows: %s %s %s", (long long)column->rows, column->service, column->table,
               name);
        CU_FAIL("a table that has no rows, or has some and is listed as one without");
    } else if (claim == WATCHED)
        judge_watched(column, name, change);
    else if (claim == PART)
        judge_part(column, name, change);
    else if (claim == NONE && strcmp(name, "(row)") == 0)
        judge_watched(column, name, fields_add);
}

// ---- one table ---------------------------------------------------------------------------------

/// Was its table tried before? It is from now on.
static bool is_new(const struct column *column) {
    for (size_t i = 0; i < tried_count; i++)
        if (strcmp(tables[i].service, column->service) == 0 &&
            strcmp(tables[i].table, column->table) == 0)
            return false;
    CU_ASSERT_FATAL(tried_count < TABLES_MAX);
    snprintf(tables[tried_count].service, sizeof tables[0].service, "%s", column->service);
    snprintf(tables[tried_count++].table, sizeof tables[0].table, "%s", column->table);
    return true;
}

static void see(const struct column *column) {
    static bool tries;
    if (column->at == 0) {
        tries = is_new(column);
        if (tries)
            judge(column, "(row)", fields_drop);
    }
    if (tries)
        judge(column, column->name, fields_spoil);
}

static void see_filled(const struct column *column) {
    if (column->rows > 0)
        see(column);
}

/// Else everything would be found.
static void judge_healthy(const char *name) {
    audit_world_copy(world);
    int code = audit_world_audit(world, NULL, out);
    if (code != EXIT_DONE)
        printf("\n    %s: exit %d\n%s", name, code, out);
    CU_ASSERT_EQUAL_FATAL(code, EXIT_DONE);
}

// ---- all of them -------------------------------------------------------------------------------

static long number_of(const char *variable, long otherwise) {
    const char *text = getenv(variable);
    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

static void fields(void) {
    first = (uint64_t)number_of("TESSERA_SEED", 20041130);
    trials = number_of("TESSERA_FIELD_TRIALS", 1);
    read_list();
    for (size_t i = 0; i < WORLD_COUNT; i++) {
        world = &worlds[i];
        WORLDS[i].open(world);
        judge_healthy(WORLDS[i].name);
        fields_each(world, see_filled);
    }
    for (size_t i = 0; i < WORLD_COUNT; i++) {
        world = &worlds[i];
        fields_each(world, see);
    }
    printf("\n    fields, and rows as such: %zu watched, %zu in part (%zu random changes); %zu "
           "make no claim, %zu stand in tables that have no rows",
           counts[WATCHED], counts[PART], changes, counts[FREE], counts[NONE]);
}

static void no_stale_reasons(void) {
    for (size_t i = 0; i < listed_count; i++) {
        if (!list[i].met)
            printf("\n    %s lists %s %s %s, which no table has", FREE_FIELDS, list[i].service,
                   list[i].table, list[i].name);
        CU_ASSERT_TRUE(list[i].met);
    }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a random change of any field is found, or the field is listed", fields, NULL},
        {"what is listed is there", no_stale_reasons, NULL},
    };
    int code = suite_main("test-audit-fields", tests, sizeof tests / sizeof tests[0], argc, argv);
    for (size_t i = 0; i < WORLD_COUNT; i++)
        audit_world_close(&worlds[i]);
    return code;
}
