// SPDX-License-Identifier: Apache-2.0
#include "host/audit/audit.h"

#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- services ----------------------------------------------------------------------------------

/// Services by their names; tables: the newest version of their own tables that is known here.
static const struct audited {
    const char *name;
    int64_t tables;
    void (*examine)(struct examined *examined);
    void (*want)(struct examined *examined, const struct entry *entry, struct wanted *wanted);
} SERVICES[] = {
    {"clearing", 6, examine_clearing, clearing_want},
    {"bank", 2, examine_bank, bank_want},
    {"charge", 2, examine_charge, charge_want},
    {"registry", 1, examine_registry, NULL},
    {"licence", 5, examine_licence, NULL},
    {"content", 1, examine_content, NULL},
};
enum { SERVICE_COUNT = sizeof SERVICES / sizeof SERVICES[0], CORE_TABLES = 5 };

static const struct audited *service_of(const char *name) {
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        if (strcmp(SERVICES[i].name, name) == 0)
            return &SERVICES[i];
    return NULL;
}

int64_t audit_tables(const char *part) {
    const struct audited *service = service_of(part);
    if (strcmp(part, "core") == 0)
        return CORE_TABLES;
    return service != NULL ? service->tables : 0;
}

// ---- whose database ----------------------------------------------------------------------------

static bool take_text(void *context, const struct cell *row) {
    struct told_text *told = context;
    *told = told_of("%s", row[0].text);
    return false;
}

static void tell_about(const struct examined *examined, const char *kind, const char *table,
                       struct told_text row, struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = kind,
                                    .table = table,
                                    .row = row,
                                    .field = strcmp(table, "about") == 0 ? "value" : "version",
                                    .expected = expected,
                                    .found = found});
}

static bool is_ours(struct examined *examined) {
    const char *anchor = examined->audit->trust->fingerprint;
    struct told_text root = {""};
    replica_each(&examined->replica, "SELECT value FROM about WHERE name = 'root'", NULL, 0,
                 take_text, &root);
    if (anchor[0] == '\0' || strcmp(anchor, root.text) == 0)
        return true;
    tell_about(examined, "authority", "about", told_of("root"), told_of("%s", anchor), root);
    return false;
}

struct version {
    int64_t number; // 0: it has no tables
    struct told_text program;
};

static bool take_version(void *context, const struct cell *row) {
    struct version *version = context;
    version->number = row[0].number;
    version->program = told_of("%.80s", row[1].text);
    return false;
}

static struct told_text told_version(const struct version *version, int64_t known) {
    if (version->number == 0)
        return told_of("nothing");
    return told_of("%" PRId64 ", made by %s: %s", version->number, version->program.text,
                   version->number > known ? "newer, audit with that program"
                                           : "older, a start of the service brings it up to date");
}

/// Tables of another version have other columns: they are told and not read.
static bool is_known(struct examined *examined, const char *part) {
    struct version version = {0};
    struct cell in = cell_text(part);
    int64_t known = audit_tables(part);
    replica_each(&examined->replica,
                 "SELECT version, program FROM schema_version WHERE service = $1"
                 " ORDER BY version DESC LIMIT 1",
                 &in, 1, take_version, &version);
    if (version.number != known)
        tell_about(examined, "schema", "schema_version",
                   told_of("%s/%" PRId64, part, version.number), told_of("%" PRId64, known),
                   told_version(&version, known));
    return version.number == known;
}

bool examine_about(struct examined *examined) {
    if (!is_ours(examined))
        return false;
    bool core = is_known(examined, "core");
    return is_known(examined, examined->service) && core;
}

// ---- the whole ---------------------------------------------------------------------------------

/// False: it cannot be read.
static bool open_one(struct examined *examined, const char *url, struct failure *failure) {
    if (!replica_open(&examined->replica, url, failure))
        return false;
    const struct audited *service = service_of(examined->replica.service);
    if (service == NULL)
        return fail(failure, EXIT_USAGE,
                    "%s is the database of %s, which this program cannot audit", url,
                    examined->replica.service);
    examined->service = service->name;
    examined->want = service->want;
    return true;
}

static void examine(struct examined *examined) {
    examined->sound = examine_about(examined);
    if (!examined->sound)
        return;
    examine_core(examined);
    examine_journal(examined);
    examine_ledger(examined);
    service_of(examined->service)->examine(examined);
}

/// Why one of them could not be read to its end.
static bool tell_broken(const struct examined *all, size_t count, struct failure *failure) {
    for (size_t i = 0; i < count; i++)
        if (all[i].replica.broken.code != EXIT_DONE)
            return fail(failure, all[i].replica.broken.code, "%s", all[i].replica.broken.text);
    return true;
}

bool audit_run(const struct audit *audit, const char *const *urls, size_t count,
               struct failure *failure) {
    struct examined all[AUDIT_REPLICAS_MAX] = {0};
    bool done =
        count <= AUDIT_REPLICAS_MAX ||
        fail(failure, EXIT_USAGE, "%zu databases are more than %d", count, AUDIT_REPLICAS_MAX);
    for (size_t i = 0; i < count && done; i++) {
        all[i].audit = audit;
        done = open_one(&all[i], urls[i], failure);
    }
    for (size_t i = 0; i < count && done; i++)
        examine(&all[i]);
    if (done)
        examine_between(all, count);
    done = done && examine_cash(all, count, failure) && examine_store(all, count, failure) &&
           tell_broken(all, count, failure);
    for (size_t i = 0; i < count && i < AUDIT_REPLICAS_MAX; i++)
        replica_close(&all[i].replica);
    return done;
}
