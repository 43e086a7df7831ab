// SPDX-License-Identifier: Apache-2.0
// A telephone company and the registry: usage by its tariff and without gaps, dockets with one end,
// bills that are the sum of what is on them, months in their order.
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// ---- entries -----------------------------------------------------------------------------------

/// Where an entry goes, by the beginning of its id: what the query finds is a name for the debit, a
/// name for the credit, an amount and a unit.
static const struct movement {
    const char *start, *sql, *debit, *credit;
} MOVEMENTS[] = {
    {"use-",
     "SELECT phone, kind, charge, (SELECT MAX(unit) FROM setting) FROM usage WHERE source || '-' ||"
     " CAST(n AS TEXT) = $1",
     "UNBILLED", "REVENUE"},
    {"due-",
     "SELECT c.phone, d.enterprise, d.amount, d.unit FROM docket d JOIN content_charge c ON"
     " c.sale = d.sale WHERE d.sale = $1 AND d.state = 1",
     "UNBILLED", "DUE"},
    {"ordered-",
     "SELECT enterprise, enterprise, amount, unit FROM docket WHERE sale = $1 AND state = 1"
     " UNION ALL SELECT 'center', 'center', amount, unit FROM deposit WHERE id = $1",
     "DUE", "ORDERED"},
    {"paid-",
     "SELECT enterprise, '', amount, unit FROM docket WHERE sale = $1 AND state = 1"
     " UNION ALL SELECT 'center', '', amount, unit FROM deposit WHERE id = $1",
     "ORDERED", "BANK"},
    {"deposit-", "SELECT phone, 'center', amount, unit FROM deposit WHERE id = $1", "UNBILLED",
     "DUE"},
    {"not-paid-", "SELECT 'center', 'center', amount, unit FROM deposit WHERE id = $1", "ORDERED",
     "DUE"},
    {"undone-", "SELECT 'center', phone, amount, unit FROM deposit WHERE id = $1", "DUE",
     "UNBILLED"},
    {"unpaid-",
     "SELECT enterprise, enterprise, amount, unit FROM docket WHERE sale = $1 AND state = 1",
     "ORDERED", "DUE"},
    {"billed-",
     "SELECT phone, phone, CAST(SUM(amount) AS BIGINT), (SELECT MAX(unit) FROM setting) FROM"
     " bill_line WHERE kind NOT IN ('basic', 'service') AND phone || '-' || SUBSTR(CAST(month AS"
     " TEXT), 1, 4) || '-' || SUBSTR(CAST(month AS TEXT), 5, 2) = $1 GROUP BY phone",
     "RECEIVABLE", "UNBILLED"},
    {"monthly-",
     "SELECT phone, 'monthly', CAST(SUM(amount) AS BIGINT), (SELECT MAX(unit) FROM setting) FROM"
     " bill_line WHERE kind IN ('basic', 'service') AND phone || '-' || SUBSTR(CAST(month AS TEXT),"
     " 1, 4) || '-' || SUBSTR(CAST(month AS TEXT), 5, 2) = $1 GROUP BY phone",
     "RECEIVABLE", "REVENUE"},
};

struct moving {
    const struct movement *movement;
    struct wanted *wanted;
};

static void add(struct wanted *wanted, const char *kind, const char *of, int64_t unit,
                int64_t amount) {
    struct entry_line *line = &wanted->lines[wanted->count++];
    snprintf(line->account, sizeof line->account, "%s%s%.40s", kind, of[0] != '\0' ? ":" : "", of);
    line->unit = unit;
    line->amount = amount;
}

static bool take_movement(void *context, const struct cell *row) {
    const struct moving *moving = context;
    moving->wanted->known = true;
    add(moving->wanted, moving->movement->debit, row[0].text, row[3].number, row[2].number);
    add(moving->wanted, moving->movement->credit, row[1].text, row[3].number, -row[2].number);
    return false;
}

void charge_want(struct examined *examined, const struct entry *entry, struct wanted *wanted) {
    for (size_t i = 0; i < sizeof MOVEMENTS / sizeof MOVEMENTS[0]; i++) {
        struct moving moving = {&MOVEMENTS[i], wanted};
        size_t size = strlen(MOVEMENTS[i].start);
        struct cell rest = cell_text(entry->id + size);
        if (strncmp(entry->id, MOVEMENTS[i].start, size) == 0)
            replica_each(&examined->replica, MOVEMENTS[i].sql, &rest, 1, take_movement, &moving);
    }
}

// ---- rules -------------------------------------------------------------------------------------

#define SUM(what)  "CAST(COALESCE(SUM(" what "), 0) AS BIGINT)"
#define KEY2(a, b) a " || '/' || CAST(" b " AS TEXT)"
#define CHARGE_OF                                                                                  \
    "CASE u.kind WHEN 'call' THEN (u.quantity + t.call_seconds - 1) / t.call_seconds *"            \
    " t.call_amount ELSE (u.quantity + t.packet_count - 1) / t.packet_count * t.packet_amount END"
#define NO_ENTRY(id) " LEFT JOIN transfer e ON e.id = " id " WHERE e.id IS NULL AND "

static const struct rule charge_rules[] = {
    {"tariff", "usage", "charge",
     "SELECT " KEY2("u.source", "u.n") ", " CHARGE_OF ", u.charge FROM usage u JOIN subscriber s ON"
                                       " s.phone = u.phone JOIN tariff t ON t.id = s.tariff "
                                       "AND t.first_month <= u.month AND"
                                       " t.last_month >= u.month WHERE u.charge <> " CHARGE_OF
                                       " AND NOT EXISTS (SELECT 1 FROM tariff"
                                       " t WHERE t.id <> s.tariff AND t.first_month <= u.month "
                                       "AND t.last_month >= u.month AND"
                                       " u.charge = " CHARGE_OF ") ORDER BY u.source, u.n"},
    {"gap", "usage", "n",
     "SELECT " KEY2("source",
                    "n - 1") ", 'a report', 'nothing' FROM (SELECT source, n, LAG(n) OVER"
                             " (PARTITION BY source ORDER BY n) AS before FROM usage) g WHERE "
                             "before IS NOT NULL AND"
                             " n <> before + 1 ORDER BY source, n"},
    {"missing", "transfer", "id",
     "SELECT 'use-' || u.source || '-' || CAST(u.n AS TEXT), u.charge, 'nothing' "
     "FROM usage u" NO_ENTRY(
         "'use-' || u.source || '-' || CAST(u.n AS TEXT)") "u.charge > 0"
                                                           " ORDER BY u.source, "
                                                           "u.n"},
    {"missing", "transfer", "id",
     "SELECT 'due-' || d.sale, d.amount, 'nothing' FROM docket d" NO_ENTRY(
         "'due-' || d.sale") "d.state = 1 ORDER BY d.sale"},
    {"missing", "transfer", "id",
     "SELECT 'ordered-' || d.sale, d.amount, 'nothing' FROM docket d" NO_ENTRY(
         "'ordered-' || d.sale") "d.state = 1 ORDER BY d.sale"},
    {"missing", "outbox", "id",
     "SELECT 'pay-' || d.sale, d.amount, 'nothing' FROM docket d LEFT JOIN outbox "
     "o ON o.id ="
     " 'pay-' || d.sale WHERE d.state = 1 AND o.id IS NULL ORDER BY d.sale"},
    {"unjustified", "outbox", "id",
     "SELECT o.id, 'an accepted docket or a deposit', 'none' FROM outbox o LEFT JOIN docket d "
     "ON o.id ="
     " 'pay-' || d.sale AND d.state = 1 WHERE o.endpoint = 'bank.transfer' AND "
     "d.sale IS NULL AND o.id NOT IN (SELECT 'load-' || id FROM deposit)"
     " ORDER BY o.id"},
    {"missing", "content_charge", "sale",
     "SELECT d.sale, d.amount, 'nothing' FROM docket d LEFT JOIN content_charge c "
     "ON c.sale ="
     " d.sale WHERE d.state = 1 AND c.sale IS NULL ORDER BY d.sale"},
    {"unjustified", "content_charge", "sale",
     "SELECT c.sale, 'an accepted docket', c.amount FROM content_charge c LEFT "
     "JOIN docket d ON"
     " d.sale = c.sale AND d.state = 1 WHERE d.sale IS NULL AND c.sale NOT IN (SELECT id FROM"
     " deposit) ORDER BY c.sale"},
    {"differs", "content_charge", "amount",
     "SELECT c.sale, d.amount, c.amount FROM content_charge c JOIN docket d ON "
     "d.sale = c.sale"
     " WHERE d.amount <> c.amount ORDER BY c.sale"},
    {"differs", "content_charge", "date",
     "SELECT c.sale, d.date, c.date FROM content_charge c JOIN docket d ON d.sale "
     "= c.sale"
     " WHERE d.date <> c.date ORDER BY c.sale"},
    {"differs", "content_charge", "phone",
     "SELECT c.sale, s.phone, c.phone FROM content_charge c JOIN docket d ON "
     "d.sale = c.sale JOIN"
     " subscriber s ON s.trm = d.trm WHERE s.phone <> c.phone ORDER BY c.sale"},
    {"unbilled", "content_charge", "billed",
     "SELECT c.sale, l.month, 'on no bill' FROM content_charge c JOIN (SELECT "
     "MAX(month) AS month"
     " FROM close WHERE done = 1) l ON c.month <= l.month WHERE c.billed = 0 ORDER "
     "BY c.sale"},
    {"bill", "bill", "total",
     "SELECT b.phone || '/' || CAST(b.month AS TEXT) || '/' || b.part, " SUM(
         "l.amount") ", MAX(b.total) FROM bill b LEFT JOIN bill_line l ON l.phone "
                     "= b.phone AND l.month = b.month"
                     " AND l.part = b.part GROUP BY b.phone, b.month, b.part "
                     "HAVING " SUM("l.amount") " <> MAX(b.total) ORDER BY b.phone, "
                                               "b.month, b.part"},
    {"bill", "bill_line", "amount",
     "SELECT x.phone || '/' || CAST(x.month AS TEXT) || '/' || x.kind, "
     "x.amount, " SUM("l.amount") " FROM (SELECT phone, billed AS month, "
                                  "kind, " SUM("charge") " AS amount FROM usage WHERE"
                                                         " billed <> 0 GROUP BY phone, "
                                                         "billed, kind UNION ALL SELECT "
                                                         "phone, billed, kind, " SUM(
                                                             "amount") " FROM "
                                                                       "content_charge "
                                                                       "WHERE billed <> 0 "
                                                                       "GROUP BY phone, "
                                                                       "billed, kind) x "
                                                                       "LEFT JOIN"
                                                                       " bill_line l ON "
                                                                       "l.phone = x.phone "
                                                                       "AND l.month = "
                                                                       "x.month AND l.kind "
                                                                       "= x.kind GROUP BY "
                                                                       "x.phone,"
                                                                       " x.month, x.kind, "
                                                                       "x.amount "
                                                                       "HAVING " SUM(
                                                                           "l.amount") " <> "
                                                                                       "x."
                                                                                       "amou"
                                                                                       "nt "
                                                                                       "ORDE"
                                                                                       "R "
                                                                                       "BY "
                                                                                       "1"},
    {"unjustified", "bill_line", "line",
     "SELECT l.phone || '/' || CAST(l.month AS TEXT) || '/' || l.kind, 'what was "
     "accepted', " SUM("l.amount") " FROM bill_line l WHERE l.kind NOT IN ('basic', 'service') "
                                   "AND NOT EXISTS"
                                   " (SELECT 1 FROM usage u WHERE u.phone = l.phone AND u.billed "
                                   "= l.month AND u.kind = l.kind)"
                                   " AND NOT EXISTS (SELECT 1 FROM content_charge c WHERE "
                                   "c.phone = l.phone AND c.billed ="
                                   " l.month AND c.kind = l.kind) GROUP BY l.phone, l.month, "
                                   "l.kind ORDER BY 1"},
    {"close", "close", "total",
     "SELECT c.month, " SUM(
         "b.total") ", c.total FROM close c LEFT JOIN bill b ON b.month = c.month"
                    " GROUP BY c.month, c.total HAVING " SUM(
                        "b.total") " <> c.total ORDER BY c.month"},
    {"close", "close", "bills",
     "SELECT c.month, COUNT(b.phone), c.bills FROM close c LEFT JOIN bill b ON "
     "b.month = c.month"
     " GROUP BY c.month, c.bills HAVING COUNT(b.phone) <> c.bills ORDER BY "
     "c.month"},
    {"gap", "close", "month",
     "SELECT month, 'the month behind ' || CAST(before AS TEXT), month FROM "
     "(SELECT month, LAG(month)"
     " OVER (ORDER BY month) AS before FROM close) g WHERE before IS NOT NULL AND "
     "month <>"
     " CASE WHEN before % 100 = 12 THEN before + 89 ELSE before + 1 END ORDER BY "
     "month"},
    {"unjustified", "bill", "month",
     "SELECT b.phone || '/' || CAST(b.month AS TEXT) || '/' || b.part, 'a month "
     "that was closed',"
     " b.total FROM bill b LEFT JOIN close c ON c.month = b.month WHERE c.month IS "
     "NULL"
     " ORDER BY b.phone, b.month"},
    {"docket", "docket", "answer",
     "SELECT sale, 'an answer', 'nothing' FROM docket WHERE state <> 0 AND answer "
     "IS NULL"
     " ORDER BY sale"},
};

/// The signed answer says what the row says. Row: sale, state, answer.
static bool take_docket(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct object answer;
    uint8_t digest[SHA256_SIZE] = {0};
    if (row[2].kind == CELL_NULL ||
        !object_decode_as(OBJECT_SETTLEMENT_ANSWER, row[2].octets, &answer))
        return true;
    bool accepted = answer.fields[FIELD_RESULT].data[0] == 1;
    if (accepted == (row[1].number == 1))
        return true;
    object_digest(&answer, examined->audit->crypto, digest);
    tell(examined, (struct finding){.kind = "two-ends",
                                    .table = "docket",
                                    .row = told_of("%s", row[0].text),
                                    .field = "state",
                                    .expected = told_of(accepted ? "accepted" : "refused"),
                                    .found = told_of(accepted ? "refused" : "accepted"),
                                    .object = told_octets(BYTES_OF(digest))});
    return true;
}

void examine_charge(struct examined *examined) {
    compare_rules(examined, charge_rules, sizeof charge_rules / sizeof charge_rules[0]);
    replica_each(&examined->replica,
                 "SELECT sale, state, answer FROM docket WHERE state <> 0 ORDER BY sale", NULL, 0,
                 take_docket, examined);
}

// ---- the registry ------------------------------------------------------------------------------

static const struct rule registry_rules[] = {
    {"answer", "inquiry", "trusted",
     "SELECT i.asker || '/' || i.enterprise, e.trusted, i.trusted FROM inquiry i JOIN enterprise e"
     " ON e.id = i.enterprise WHERE e.version <= i.version AND e.trusted <> i.trusted"
     " ORDER BY i.asker, i.enterprise"},
    {"answer", "inquiry", "trusted",
     "SELECT i.asker || '/' || i.enterprise, 0, i.trusted FROM inquiry i LEFT JOIN enterprise e ON"
     " e.id = i.enterprise LEFT JOIN address a ON a.address = i.enterprise WHERE i.trusted = 1 AND"
     " e.id IS NULL AND a.address IS NULL ORDER BY i.asker, i.enterprise"},
    {"version", "inquiry", "version",
     "SELECT i.asker || '/' || i.enterprise, m.version, i.version FROM inquiry i JOIN (SELECT"
     " COALESCE(MAX(version), 0) AS version FROM enterprise) m ON i.version > m.version"
     " ORDER BY i.asker, i.enterprise"},
    {"missing", "enterprise", "id",
     "SELECT a.address, a.enterprise, 'nothing' FROM address a LEFT JOIN enterprise e ON e.id ="
     " a.enterprise WHERE e.id IS NULL ORDER BY a.address"},
};

void examine_registry(struct examined *examined) {
    compare_rules(examined, registry_rules, sizeof registry_rules / sizeof registry_rules[0]);
}
