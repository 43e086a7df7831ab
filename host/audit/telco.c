// SPDX-License-Identifier: Apache-2.0
// A telephone company and the registry: usage by its tariff and without gaps, dockets with one end,
// bills that are the sum of what is on them, months in their order.
#include "base/base64url.h"
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

static const struct rule row_rules[] = {
    {"differs", "docket", "text",
     "SELECT d.sale, c.kind || ' ' || c.text, d.kind || ' ' || d.text FROM docket d JOIN"
     " content_charge c ON c.sale = d.sale WHERE c.kind <> d.kind OR c.text <> d.text"
     " ORDER BY d.sale"},
    {"docket", "docket", "state",
     "SELECT sale, 'asked, accepted, or refused with a word', state FROM docket WHERE state NOT IN"
     " (0, 1, 2) OR (state = 1 AND word IS NOT NULL) OR (state = 2 AND word IS NULL)"
     " ORDER BY sale"},
    {"missing", "docket", "sale",
     "SELECT SUBSTR(o.id, 5), 'a docket', 'nothing' FROM outbox o LEFT JOIN docket d ON 'ask-' ||"
     " d.sale = o.id WHERE o.endpoint = 'registry.inquiry' AND d.sale IS NULL ORDER BY o.id"},
    {"differs", "deposit", "outcome",
     "SELECT p.id, 'paid', p.outcome FROM deposit p JOIN transfer t ON t.id = 'paid-' || p.id WHERE"
     " p.outcome <> 'completed' OR p.transfer IS NULL ORDER BY p.id"},
    {"differs", "deposit", "date",
     "SELECT p.id, c.date, p.date FROM deposit p JOIN content_charge c ON c.sale = p.id WHERE"
     " c.date <> p.date ORDER BY p.id"},
    {"differs", "ledger_account", "owner",
     "SELECT l.id, m.owner, l.owner FROM ledger_account l JOIN (SELECT MAX(owner) AS owner FROM"
     " ledger_account) m ON m.owner <> l.owner ORDER BY l.id"},
    {"tariff", "bill_line", "amount",
     "SELECT l.phone || '/' || CAST(l.month AS TEXT) || '/' || l.part || '/' || CAST(l.line AS"
     " TEXT), 'the basic charge of a tariff', l.amount FROM bill_line l WHERE l.kind = 'basic' AND"
     " NOT EXISTS (SELECT 1 FROM tariff t WHERE t.first_month <= l.month AND t.last_month >="
     " l.month AND t.basic = l.amount) ORDER BY 1"},
    {"differs", "bill", "unit",
     "SELECT b.phone || '/' || CAST(b.month AS TEXT) || '/' || b.part, s.unit, b.unit FROM bill b"
     " JOIN (SELECT MAX(unit) AS unit FROM setting) s ON s.unit <> b.unit ORDER BY 1"},
    {"gap", "bill_line", "line",
     "SELECT phone || '/' || CAST(month AS TEXT) || '/' || part, COUNT(*), MAX(line) - MIN(line) +"
     " 1 FROM bill_line GROUP BY phone, month, part HAVING COUNT(*) <> MAX(line) - MIN(line) + 1"
     " ORDER BY 1"},
    {"bill", "bill_line", "text",
     "SELECT l.phone || '/' || CAST(l.month AS TEXT) || '/' || l.part || '/' || CAST(l.line AS"
     " TEXT), 'a charge of that day', l.text FROM bill_line l WHERE l.kind IN (SELECT kind FROM"
     " content_charge) AND NOT EXISTS (SELECT 1 FROM content_charge c WHERE c.phone = l.phone AND"
     " c.billed = l.month AND c.kind = l.kind AND c.text = l.text AND c.date = l.date AND c.amount"
     " = l.amount) ORDER BY 1"},
    {"bill", "bill_line", "quantity",
     "SELECT l.phone || '/' || CAST(l.month AS TEXT) || '/' || l.part || '/' || CAST(l.line AS"
     " TEXT), x.quantity, l.quantity FROM bill_line l JOIN (SELECT phone, billed, kind, " SUM(
         "quantity") " AS quantity FROM usage WHERE billed <> 0 GROUP BY phone, billed, kind) x ON"
                     " x.phone = l.phone AND x.billed = l.month AND x.kind = l.kind WHERE "
                     "l.quantity IS NULL OR"
                     " l.quantity <> x.quantity ORDER BY 1"},
};

/// What was ordered of the bank; a payee's account may have been another one then.
static const char docket_orders[] =
    "SELECT o.id, '{\"id\":\"' || d.sale || '\",\"from\":\"', '\",\"amount\":' || CAST(d.amount AS"
    " TEXT) || ',\"unit\":\"', d.unit, CASE WHEN d.number IS NULL THEN '\"}' ELSE '\",\"sale\":"
    "{\"date\":\"' || SUBSTR(CAST(d.date AS TEXT), 1, 4) || '-' || SUBSTR(CAST(d.date AS TEXT), 5,"
    " 2) || '-' || SUBSTR(CAST(d.date AS TEXT), 7, 2) || '\",\"number\":\"' || d.number ||"
    " '\",\"mail\":\"' || d.mail || '\",\"instance\":\"' || COALESCE(d.instance, '') || '\"}}' END,"
    " o.body FROM outbox o JOIN docket d ON o.id = 'pay-' || d.sale WHERE d.state = 1 ORDER BY "
    "o.id";
static const char deposit_orders[] =
    "SELECT o.id, '{\"id\":\"' || p.id || '\",\"from\":\"', '\",\"amount\":' || CAST(p.amount AS"
    " TEXT) || ',\"unit\":\"', p.unit, '\",\"payer\":\"' || p.trm || '\"}', o.body FROM outbox o"
    " JOIN deposit p ON o.id = 'load-' || p.id ORDER BY o.id";

static void tell_docket(const struct examined *examined, const char *sale, const char *kind,
                        const char *field, struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = kind,
                                    .table = "docket",
                                    .row = told_of("%s", sale),
                                    .field = field,
                                    .expected = expected,
                                    .found = found});
}

// ---- what the registry said --------------------------------------------------------------------

enum { ANSWER_MAX = 1024 };

/// The signed answer in a reply: the last text under "object". False: there is none.
static bool find_answer(struct bytes reply, uint8_t out[ANSWER_MAX], struct object *answer) {
    static const char name[] = "\"object\":\"";
    char text[2 * ANSWER_MAX];
    size_t size = 0;
    snprintf(text, sizeof text, "%.*s", (int)reply.size, (const char *)reply.data);
    char *at = strstr(text, name);
    if (at == NULL)
        return false;
    at += sizeof name - 1;
    at[strcspn(at, "\"")] = '\0';
    return base64url_decode(at, out, ANSWER_MAX, &size) &&
           object_decode_as(OBJECT_REGISTRY_ANSWER, bytes_of(out, size), answer);
}

/// What was asked, and so answered, decides. Row: sale, state, enterprise, challenge, date, reply.
static bool take_answer(void *context, const struct cell *row) {
    const struct examined *examined = context;
    uint8_t octets[ANSWER_MAX];
    struct object answer;
    const char *sale = row[0].text;
    if (!find_answer(row[5].octets, octets, &answer)) {
        tell_docket(examined, sale, "form", "registry", told_of("a registry's answer"),
                    told_octets(row[5].octets));
        return true;
    }
    int64_t expiry = (int64_t)object_date(&answer, FIELD_EXPIRY);
    bool trusted = answer.fields[FIELD_RESULT].data[0] == 1;
    if (row[1].number == 1 && !trusted)
        tell_docket(examined, sale, "answer", "state", told_of("refused: the registry said 0"),
                    told_of("accepted"));
    if (row[1].number == 1 && expiry < row[4].number)
        tell_docket(examined, sale, "answer", "date", told_of("until %" PRId64, expiry),
                    told_of("%" PRId64, row[4].number));
    if (!bytes_equal(answer.fields[FIELD_CHALLENGE], row[3].octets) ||
        !bytes_equal(answer.fields[FIELD_ENTERPRISE], row[2].octets))
        tell_docket(examined, sale, "answer", "challenge",
                    told_octets(answer.fields[FIELD_CHALLENGE]), told_octets(row[3].octets));
    if (!trust_signed(examined->audit->trust, ROLE_REGISTRY, answer.body, answer.signature.data))
        tell_docket(examined, sale, "signature", "registry",
                    told_of("signed by a registry in %s", examined->audit->trust->directory),
                    told_octets(answer.signature));
    return true;
}

// ---- what the company answered -----------------------------------------------------------------

/// Dockets, and who signs the answers to them.
struct answering {
    const struct examined *examined;
    uint32_t signers;
};

/// The signed answer says what the row says. Row: sale, state, answer, ticket.
static bool take_docket(void *context, const struct cell *row) {
    const struct answering *answering = context;
    const struct examined *examined = answering->examined;
    struct object answer;
    uint8_t digest[SHA256_SIZE] = {0};
    if (row[2].kind == CELL_NULL)
        return true;
    if (!object_decode_as(OBJECT_SETTLEMENT_ANSWER, row[2].octets, &answer)) {
        tell_docket(examined, row[0].text, "form", "answer", told_of("settlement-answer"),
                    told_octets(row[2].octets));
        return true;
    }
    if (!bytes_equal(answer.fields[FIELD_TICKET], row[3].octets))
        tell_docket(examined, row[0].text, "differs", "ticket",
                    told_octets(answer.fields[FIELD_TICKET]), told_octets(row[3].octets));
    if (!trust_signed(examined->audit->trust, answering->signers, answer.body,
                      answer.signature.data))
        tell_docket(
            examined, row[0].text, "signature", "answer",
            told_of("signed by the %s in %s", examined->service, examined->audit->trust->directory),
            told_octets(answer.signature));
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

void compare_answers(struct examined *examined, uint32_t signers, const char *sql) {
    struct answering answering = {examined, signers};
    replica_each(&examined->replica, sql, NULL, 0, take_docket, &answering);
}

void examine_charge(struct examined *examined) {
    compare_rules(examined, charge_rules, sizeof charge_rules / sizeof charge_rules[0]);
    compare_answers(examined, ROLE_TELCO,
                    "SELECT sale, state, answer, ticket FROM docket WHERE state <> 0 ORDER BY"
                    " sale");
    replica_each(&examined->replica,
                 "SELECT d.sale, d.state, d.enterprise, d.challenge, d.date, o.reply FROM docket d"
                 " JOIN outbox o ON o.id = 'ask-' || d.sale WHERE o.state = 1 AND o.reply IS NOT"
                 " NULL ORDER BY d.sale",
                 NULL, 0, take_answer, examined);
    compare_rules(examined, row_rules, sizeof row_rules / sizeof row_rules[0]);
    compare_orders(examined, docket_orders);
    compare_orders(examined, deposit_orders);
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
