// SPDX-License-Identifier: Apache-2.0
// What every service's database has beside journal and ledger entries: whose it is, which steps
// made its tables, accounts as their names say, lines that wait for a fold, calls to other
// services.
#include "apdu/octets/unit.h"
#include "host/audit/audit_private.h"

#include <stdio.h>
#include <string.h>

#define DEBTORS "'BANK', 'CLAIM', 'LOSS', 'SCHEME', 'UNBILLED', 'RECEIVABLE', 'OUTSIDE'"
/// What pending entries that have no end take from an account, by its side.
#define HELD_OF                                                                                    \
    "(SELECT CAST(COALESCE(SUM(p.amount * a.side), 0) AS BIGINT) FROM posting p JOIN transfer t"   \
    " ON t.id = p.transfer LEFT JOIN transfer e ON e.of = t.id WHERE p.account = a.id AND t.state" \
    " = 0 AND e.id IS NULL AND p.amount * a.side < 0)"

static const struct rule rules[] = {
    {"missing", "about", "value",
     "SELECT 'root', 'an authority', 'nothing' FROM schema_version WHERE version = 1 AND service ="
     " 'core' AND NOT EXISTS (SELECT 1 FROM about WHERE name = 'root')"},
    {"missing", "schema_version", "version",
     "SELECT v.service || '/' || CAST(v.version - 1 AS TEXT), 'a step', 'nothing' FROM"
     " schema_version v WHERE v.version > 1 AND NOT EXISTS (SELECT 1 FROM schema_version b WHERE"
     " b.service = v.service AND b.version = v.version - 1) ORDER BY v.service, v.version"},
    {"unjustified", "schema_version", "service",
     "SELECT service, value, service FROM schema_version, about WHERE name = 'service' AND service"
     " NOT IN ('core', value) ORDER BY service"},
    {"differs", "ledger_account", "kind",
     "SELECT id, 'the beginning of its id', kind FROM ledger_account WHERE id <> kind AND"
     " SUBSTR(id, 1, LENGTH(kind) + 1) <> kind || ':' ORDER BY id"},
    {"differs", "ledger_account", "unit",
     "SELECT a.id, MAX(p.unit), a.unit FROM ledger_account a JOIN posting p ON p.account = a.id"
     " WHERE p.unit <> a.unit GROUP BY a.id, a.unit ORDER BY a.id"},
    {"differs", "ledger_account", "side",
     "SELECT id, CASE WHEN kind IN (" DEBTORS ") THEN 1 ELSE -1 END, side FROM ledger_account WHERE"
     " side <> CASE WHEN kind IN (" DEBTORS ") THEN 1 ELSE -1 END ORDER BY id"},
    {"differs", "ledger_account", "floor",
     "SELECT id, 0, floor FROM ledger_account WHERE floor <> 0 ORDER BY id"},
    {"differs", "ledger_account", "posted",
     "SELECT id, 0, posted FROM ledger_account WHERE floor IS NULL AND posted <> 0 ORDER BY id"},
    {"differs", "ledger_account", "lowering",
     "SELECT a.id, CASE WHEN a.floor IS NULL THEN 0 ELSE " HELD_OF " END, a.lowering FROM"
     " ledger_account a WHERE a.lowering <> CASE WHEN a.floor IS NULL THEN 0 ELSE " HELD_OF
     " END ORDER BY a.id"},
    {"differs", "unfolded", "line",
     "SELECT u.account || '/' || u.transfer || '/' || CAST(u.line AS TEXT), COALESCE(p.amount, 0),"
     " u.amount FROM unfolded u LEFT JOIN posting p ON p.transfer = u.transfer AND p.line = u.line"
     " AND p.account = u.account WHERE p.transfer IS NULL OR p.amount <> u.amount"
     " ORDER BY u.account, u.transfer, u.line"},
    {"unjustified", "fold", "account",
     "SELECT f.account, 'an account', f.balance FROM fold f LEFT JOIN ledger_account a ON a.id ="
     " f.account WHERE a.id IS NULL ORDER BY f.account"},
    {"unjustified", "held", "line",
     "SELECT h.account || '/' || h.transfer || '/' || CAST(h.line AS TEXT), 'a pending entry',"
     " h.amount FROM held h LEFT JOIN transfer t ON t.id = h.transfer AND t.state = 0 LEFT JOIN"
     " posting p ON p.transfer = h.transfer AND p.line = h.line AND p.account = h.account AND"
     " p.amount = h.amount WHERE t.id IS NULL OR p.transfer IS NULL"
     " ORDER BY h.account, h.transfer, h.line"},
    {"unjustified", "unsealed", "digest",
     "SELECT u.digest, 'an object or an entry', 'nothing', u.digest FROM unsealed u LEFT JOIN"
     " object o ON o.digest = u.digest LEFT JOIN transfer t ON t.digest = u.digest WHERE o.digest"
     " IS NULL AND t.id IS NULL ORDER BY u.digest"},
    {"differs", "outbox", "target",
     "SELECT id, endpoint, target FROM outbox WHERE SUBSTR(endpoint, 1, LENGTH(target) + 1) <>"
     " target || '.' ORDER BY id"},
};

void examine_core(struct examined *examined) {
    compare_rules(examined, rules, sizeof rules / sizeof rules[0]);
}

// ---- orders ------------------------------------------------------------------------------------

/// An order, and what may stand in it: one row for each account that it may name.
struct ordering {
    const struct examined *examined;
    struct told_text id, expected, found;
    bool open, fits;
};

static void end_order(struct ordering *of) {
    if (of->open && !of->fits)
        tell(of->examined, (struct finding){.kind = "differs",
                                            .table = "outbox",
                                            .row = of->id,
                                            .field = "body",
                                            .expected = of->expected,
                                            .found = of->found});
    of->open = false;
}

/// Row: id, how it begins, how it ends up to the unit, the unit, its last signs, body.
static bool take_order(void *context, const struct cell *row) {
    struct ordering *of = context;
    char unit[UNIT_NAME_MAX], end[512];
    struct bytes body = row[5].octets;
    size_t begin = strlen(row[1].text);
    if (!of->open || strcmp(of->id.text, row[0].text) != 0) {
        end_order(of);
        *of = (struct ordering){.examined = of->examined, .open = true};
        of->id = told_of("%s", row[0].text);
        of->found = told_of("%.*s", (int)body.size, (const char *)body.data);
    }
    size_t size = (size_t)snprintf(end, sizeof end, "%s%s%s", row[2].text,
                                   unit_name((uint16_t)row[3].number, unit), row[4].text);
    of->expected = told_of("%s...%s", row[1].text, end);
    of->fits = of->fits || (size < sizeof end && body.size >= begin + size &&
                            memcmp(body.data, row[1].text, begin) == 0 &&
                            memcmp(body.data + body.size - size, end, size) == 0);
    return true;
}

void compare_orders(struct examined *examined, const char *sql) {
    struct ordering of = {.examined = examined};
    replica_each(&examined->replica, sql, NULL, 0, take_order, &of);
    end_order(&of);
}
