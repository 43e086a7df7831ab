// SPDX-License-Identifier: Apache-2.0
// What two services must say alike: money that arrived and left, sales that were billed, notices of
// what was paid for. Each row takes keys out of one database and looks them up in another.
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <string.h>

/// The first query gives row, expected, and up to two keys; the second what stands there.
static const struct bridge {
    const char *from, *to; // services
    const char *kind, *table, *field;
    size_t keys;
    bool may_miss; // what comes later is no fault
    bool octets;   // the key is octets and no text
    const char *wanted, *found;
} BRIDGES[] = {
    {"clearing", "bank", "bank", "incoming", "amount", 1, false, false,
     "SELECT transfer, amount, transfer FROM incoming ORDER BY transfer",
     "SELECT amount FROM booking WHERE id = $1"},
    {"clearing", "bank", "bank", "payout", "amount", 1, false, false,
     "SELECT id, amount, id FROM payout WHERE state = 2 AND amount > 0 ORDER BY id",
     "SELECT amount FROM booking WHERE client = $1"},
    {"bank", "clearing", "bank", "booking", "payer", 1, true, false,
     "SELECT id, payer, id FROM booking WHERE from_account IS NULL AND payer IS NOT NULL"
     " ORDER BY id",
     "SELECT purse FROM incoming WHERE transfer = $1"},
    {"charge", "bank", "bank", "docket", "amount", 1, false, false,
     "SELECT d.sale, d.amount, d.sale FROM docket d JOIN transfer t ON t.id = 'paid-' || d.sale"
     " ORDER BY d.sale",
     "SELECT amount FROM booking WHERE client = $1"},
    {"charge", "bank", "bank", "deposit", "amount", 1, false, false,
     "SELECT p.id, p.amount, p.id FROM deposit p JOIN transfer t ON t.id = 'paid-' || p.id"
     " ORDER BY p.id",
     "SELECT amount FROM booking WHERE client = $1"},
    {"charge", "licence", "sale", "docket", "instance", 1, false, false,
     "SELECT sale, number, instance FROM docket WHERE state = 1 AND instance IS NOT NULL"
     " ORDER BY sale",
     "SELECT number FROM sale WHERE instance = $1"},
    {"charge", "licence", "paid-twice", "docket", "instance", 1, true, false,
     "SELECT sale, 'notice', instance FROM docket WHERE state = 1 AND instance IS NOT NULL"
     " ORDER BY sale",
     "SELECT CASE WHEN EXISTS (SELECT 1 FROM receipt_used r WHERE r.instance = $1) THEN 'receipt'"
     " ELSE (SELECT by_kind FROM settled WHERE instance = $1) END"},
    {"charge", "registry", "answer", "docket", "state", 1, false, true,
     "SELECT d.sale, CASE d.state WHEN 1 THEN 'trusted ' ELSE 'not trusted ' END || d.enterprise,"
     " d.challenge FROM docket d JOIN outbox o ON o.id = 'ask-' || d.sale WHERE o.state = 1 AND"
     " (d.state = 1 OR d.word = 'not-trusted') ORDER BY d.sale",
     "SELECT CASE trusted WHEN 1 THEN 'trusted ' ELSE 'not trusted ' END || enterprise FROM inquiry"
     " WHERE challenge = $1"},
    {"charge", "bank", "bank", "docket", "transfer", 1, false, false,
     "SELECT sale, amount, transfer FROM docket WHERE state = 1 AND transfer IS NOT NULL AND EXISTS"
     " (SELECT 1 FROM transfer t WHERE t.id = 'paid-' || sale) ORDER BY sale",
     "SELECT amount FROM booking WHERE id = $1"},
    {"charge", "bank", "bank", "deposit", "transfer", 1, false, false,
     "SELECT id, amount, transfer FROM deposit WHERE outcome = 'completed' AND transfer IS NOT NULL"
     " ORDER BY id",
     "SELECT amount FROM booking WHERE id = $1"},
    {"clearing", "bank", "bank", "ledger_account", "BANK", 2, false, false,
     "SELECT c.account, (SELECT CAST(COALESCE(SUM(p.amount), 0) AS BIGINT) FROM posting p JOIN"
     " transfer t ON t.id = p.transfer WHERE t.kind = 'transfer-arrived' AND p.amount > 0),"
     " c.account, c.line FROM cursor c WHERE (SELECT COUNT(*) FROM cursor) = 1",
     "SELECT CAST(COALESCE(SUM(b.amount), 0) AS BIGINT) FROM booking b JOIN transfer t ON t.id ="
     " b.id JOIN seal s ON s.digest = t.digest WHERE b.to_account = $1 AND s.seq <= $2"},
    {"licence", "bank", "unpaid", "settled", "by_object", 1, false, false,
     "SELECT t.instance, o.amount, t.by_object FROM settled t JOIN sale s ON s.instance ="
     " t.instance JOIN offer o ON o.number = s.number WHERE t.by_kind = 'notice'"
     " ORDER BY t.instance",
     "SELECT amount FROM booking WHERE id = $1"},
    {"licence", "bank", "differs", "notice", "terms", 1, false, false,
     "SELECT transfer, terms, transfer FROM notice ORDER BY transfer",
     "SELECT CAST(date AS TEXT) || ' ' || number || ' ' || mail || ' ' || CAST(amount AS TEXT) ||"
     " ' ' || CAST(unit AS TEXT) || ' ' || COALESCE(instance, '-') FROM booking WHERE id = $1"},
    {"licence", "clearing", "refunded", "receipt_used", "n", 2, true, false,
     "SELECT r.instance, o.amount, r.till, r.n FROM receipt_used r JOIN sale s ON s.instance ="
     " r.instance JOIN offer o ON o.number = s.number ORDER BY r.instance",
     "SELECT amount - refunded FROM number WHERE payee = $1 AND n = $2"},
    {"licence", "clearing", "differs", "receipt_used", "digest", 2, true, false,
     "SELECT r.till || '/' || CAST(r.n AS TEXT), r.digest, r.till, r.n FROM receipt_used r"
     " ORDER BY r.till, r.n",
     "SELECT digest FROM number WHERE payee = $1 AND n = $2 AND outcome = 1"},
    {"content", "licence", "differs", "content_key", "fingerprint", 1, true, false,
     "SELECT content, fingerprint, content FROM content_key ORDER BY content",
     "SELECT fingerprint FROM content_key WHERE content = $1"},
    {"content", "licence", "differs", "offer", "amount", 2, true, false,
     "SELECT content || '/' || number, CAST(amount AS TEXT) || ' ' || CAST(unit AS TEXT) || ' ' ||"
     " CAST(COALESCE(plays, -1) AS TEXT), content, number FROM offer ORDER BY content, number",
     "SELECT CAST(amount AS TEXT) || ' ' || CAST(unit AS TEXT) || ' ' || CAST(plays AS TEXT) FROM"
     " offer WHERE content = $1 AND number = $2"},
};

struct crossing {
    struct examined *from, *to;
    const struct bridge *bridge;
    struct told_text found;
};

static struct told_text told_value(const struct cell *cell) {
    if (cell->kind == CELL_INT)
        return told_of("%" PRId64, cell->number);
    if (cell->kind == CELL_OCTETS)
        return told_octets(cell->octets);
    return cell->kind == CELL_TEXT ? told_of("%s", cell->text) : told_of("nothing");
}

static bool take_found(void *context, const struct cell *row) {
    struct crossing *crossing = context;
    crossing->found = told_value(&row[0]);
    return false;
}

static bool take_wanted(void *context, const struct cell *row) {
    struct crossing *crossing = context;
    const struct bridge *bridge = crossing->bridge;
    struct told_text expected = told_value(&row[1]), key;
    struct cell keys[2] = {row[2], row[3]};
    if (row[2].kind == CELL_OCTETS && !bridge->octets) {
        key = told_of("%.*s", (int)row[2].octets.size, (const char *)row[2].octets.data);
        keys[0] = cell_text(key.text);
    }
    crossing->found = told_of("nothing");
    replica_each(&crossing->to->replica, bridge->found, keys, bridge->keys, take_found, crossing);
    bool missing = strcmp(crossing->found.text, "nothing") == 0;
    if (strcmp(expected.text, crossing->found.text) != 0 && !(missing && bridge->may_miss))
        tell(crossing->from, (struct finding){.kind = bridge->kind,
                                              .table = bridge->table,
                                              .row = told_value(&row[0]),
                                              .field = bridge->field,
                                              .expected = expected,
                                              .found = crossing->found});
    return true;
}

// ---- accounts that orders name -----------------------------------------------------------------

static bool take_account(void *context, const struct cell *row) {
    *(struct told_text *)context = told_of("%s", row[0].text);
    return false;
}

/// The bank booked an order to the account that it names. Row: id, body.
static bool take_order(void *context, const struct cell *row) {
    static const char name[] = "\",\"to\":\"";
    const struct crossing *crossing = context;
    char body[512];
    struct told_text booked = {""};
    snprintf(body, sizeof body, "%.*s", (int)row[1].octets.size, (const char *)row[1].octets.data);
    char *to = strstr(body, name);
    if (to == NULL)
        return true;
    to += sizeof name - 1;
    to[strcspn(to, "\"")] = '\0';
    replica_each(&crossing->to->replica, "SELECT to_account FROM booking WHERE client = $1", row, 1,
                 take_account, &booked);
    if (booked.text[0] != '\0' && strcmp(booked.text, to) != 0)
        tell(crossing->from, (struct finding){.kind = "bank",
                                              .table = "payout",
                                              .row = told_value(&row[0]),
                                              .field = "account",
                                              .expected = told_of("%s", to),
                                              .found = booked});
    return true;
}

static struct examined *find(struct examined *all, size_t count, const char *service) {
    for (size_t i = 0; i < count; i++)
        if (all[i].sound && strcmp(all[i].service, service) == 0)
            return &all[i];
    return NULL;
}

void examine_between(struct examined *all, size_t count) {
    for (size_t i = 0; i < sizeof BRIDGES / sizeof BRIDGES[0]; i++) {
        struct crossing crossing = {
            find(all, count, BRIDGES[i].from), find(all, count, BRIDGES[i].to), &BRIDGES[i], {""}};
        if (crossing.from != NULL && crossing.to != NULL)
            replica_each(&crossing.from->replica, BRIDGES[i].wanted, NULL, 0, take_wanted,
                         &crossing);
    }
    struct crossing orders = {find(all, count, "clearing"), find(all, count, "bank"), NULL, {""}};
    if (orders.from != NULL && orders.to != NULL)
        replica_each(&orders.from->replica,
                     "SELECT o.id, o.body FROM outbox o JOIN payout p ON p.id = o.id ORDER BY o.id",
                     NULL, 0, take_order, &orders);
}
