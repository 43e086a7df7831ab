// SPDX-License-Identifier: Apache-2.0
// Rows of the clearing center that objects or other rows must bear out: purses by their
// certificates, what a statement told last, why something waits, copies of objects, orders by the
// account that is registered.
#include "host/audit/audit_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY2(a, b)    a " || '/' || CAST(" b " AS TEXT)"
#define KEY3(a, b, c) KEY2(a, b) " || '/' || CAST(" c " AS TEXT)"

static const struct rule rules[] = {
    {"differs", "issue", "object",
     "SELECT " KEY3("i.purse", "i.serial",
                    "i.revision") ", o.octets, i.object, i.digest FROM issue"
                                  " i JOIN object o ON o.digest = i.digest WHERE o.octets <> "
                                  "i.object ORDER BY i.purse"},
    {"differs", "policy", "octets",
     "SELECT p.hash, o.octets, p.octets, p.hash FROM policy p JOIN object o ON o.digest = p.hash"
     " WHERE o.octets <> p.octets ORDER BY p.hash"},
    {"object-missing", "list", "object",
     "SELECT l.audience, 'a signed list', l.object FROM list l WHERE l.object NOT IN (SELECT octets"
     " FROM object WHERE kind = 'hotlist') ORDER BY l.audience"},
    {"unjustified", "list", "audience",
     "SELECT audience, 'wallets, machines or hosts', audience FROM list WHERE audience NOT IN"
     " ('wallets', 'machines', 'hosts') ORDER BY audience"},
    {"missing", "list", "audience",
     "SELECT w.name, 'a list', 'nothing' FROM (SELECT 'wallets' AS name UNION SELECT 'machines'"
     " UNION SELECT 'hosts') w WHERE EXISTS (SELECT 1 FROM mark) AND NOT EXISTS (SELECT 1 FROM list"
     " l WHERE l.audience = w.name) ORDER BY w.name"},
    {"missing", "purse", "id",
     "SELECT x.id, 'a purse', 'nothing' FROM (SELECT payer AS id FROM usage UNION SELECT payee FROM"
     " usage UNION SELECT payee FROM number UNION SELECT purse FROM statement UNION SELECT purse"
     " FROM incoming UNION SELECT purse FROM issue UNION SELECT purse FROM redemption) x LEFT JOIN"
     " purse p ON p.id = x.id WHERE p.id IS NULL ORDER BY x.id"},
    {"differs", "purse", "state",
     "SELECT p.id, 'paid out', p.state FROM purse p WHERE p.state <> 2 AND EXISTS (SELECT 1 FROM"
     " transfer t WHERE t.id > 'L:' || p.id || ':' AND t.id < 'L:' || p.id || ';') ORDER BY p.id"},
    {"differs", "purse", "state",
     "SELECT p.id, 'lost, with a day on the list', p.state FROM purse p WHERE (p.state <> 0 AND"
     " p.listed = 0) OR p.state NOT IN (0, 1, 2) ORDER BY p.id"},
    {"differs", "redemption", "before",
     "SELECT " KEY3("r.purse", "r.unit",
                    "r.state_number") ", COALESCE(e.amount, 0), r.before FROM"
                                      " redemption r LEFT JOIN (SELECT r2.purse AS purse, r2.unit "
                                      "AS unit, r2.state_number AS"
                                      " state_number, CAST(SUM(b.amount) AS BIGINT) AS amount FROM "
                                      "redemption r2 JOIN redemption b"
                                      " ON b.purse = r2.purse AND b.unit = r2.unit AND "
                                      "b.state_number < r2.state_number AND b.state"
                                      " = 1 GROUP BY r2.purse, r2.unit, r2.state_number) e ON "
                                      "e.purse = r.purse AND e.unit = r.unit"
                                      " AND e.state_number = r.state_number WHERE r.before <> "
                                      "COALESCE(e.amount, 0)"
                                      " ORDER BY r.purse"},
    {"differs", "number", "unit",
     "SELECT " KEY2("n.payee", "n.n") ", u.unit, n.unit, n.digest FROM number n JOIN usage u ON"
                                      " u.payer = n.payer AND u.counter = n.counter AND u.payee = "
                                      "n.payee AND u.n = n.n WHERE"
                                      " u.unit <> n.unit ORDER BY n.payee, n.n"},
    {"differs", "number", "batch",
     "SELECT " KEY2("n.payee", "n.n") ", 'the batch that settled it', n.batch, n.digest FROM number"
                                      " n WHERE (n.settled = 0 AND n.batch <> 0) OR (n.settled <> "
                                      "0 AND NOT EXISTS (SELECT 1 FROM"
                                      " batch b WHERE b.payee = n.payee AND b.number = n.batch AND "
                                      "b.state = 1 AND b.last_n >= n.n))"
                                      " ORDER BY n.payee, n.n"},
    {"suspense", "suspense", "word",
     "SELECT " KEY3("s.payee", "s.n", "s.batch") ", COALESCE(n.word, 'nothing') || ' ' ||"
                                                 " COALESCE(n.payer, ''), s.word || ' ' || s.payer "
                                                 "FROM suspense s LEFT JOIN number n ON"
                                                 " n.payee = s.payee AND n.n = s.n WHERE s.n <> 0 "
                                                 "AND s.payee <> 'bank' AND (n.n IS NULL OR"
                                                 " n.payer <> s.payer OR (n.word IS NOT NULL AND "
                                                 "n.word <> s.word)) ORDER BY s.payee, s.n"},
    {"suspense", "suspense", "batch",
     "SELECT " KEY3("s.payee", "s.n", "s.batch") ", 'a line of that entry', s.amount FROM suspense"
                                                 " s LEFT JOIN posting p ON p.transfer = 'S:' || "
                                                 "s.payee || ':' || CAST(s.n AS TEXT) || ':' ||"
                                                 " CAST(s.batch AS TEXT) AND SUBSTR(p.account, 1, "
                                                 "9) = 'SUSPENSE:' AND p.unit = s.unit AND"
                                                 " p.amount = -s.amount WHERE s.payee <> 'bank' "
                                                 "AND s.n <> 0 AND p.transfer IS NULL"
                                                 " ORDER BY s.payee, s.n"},
    {"differs", "ledger_account", "owner",
     "SELECT id, 'whom its id names', owner FROM ledger_account WHERE SUBSTR(id, 1, LENGTH(kind) +"
     " LENGTH(owner) + 2) <> kind || ':' || owner || ':' ORDER BY id"},
    {"payout", "payout", "amount",
     "SELECT p.id, r.amount, p.amount FROM payout p JOIN redemption r ON p.cause = r.purse || ':' "
     "||"
     " CAST(r.state_number AS TEXT) AND r.unit = p.unit WHERE p.amount <> r.amount ORDER BY p.id"},
    {"payout", "payout", "state",
     "SELECT id, 'waiting, ordered, done or refused', state FROM payout WHERE state NOT IN (0, 1, "
     "2,"
     " 3) ORDER BY id"},
    {"differs", "outbox", "endpoint",
     "SELECT o.id, 'bank.transfer', o.endpoint FROM outbox o JOIN payout p ON p.id = o.id WHERE"
     " o.endpoint <> 'bank.transfer' ORDER BY o.id"},
    {"differs", "usage", "settled",
     "SELECT " KEY2("u.payer", "u.counter") ", CASE WHEN n.settled <> 0 THEN 1 ELSE 0 END,"
                                            " u.settled, u.digest FROM usage u JOIN number n ON "
                                            "n.payee = u.payee AND n.n = u.n AND"
                                            " n.payer = u.payer AND n.counter = u.counter WHERE "
                                            "u.settled NOT IN (0, 1) OR (n.settled <> 0"
                                            " AND u.settled = 0) ORDER BY u.payer, u.counter"},
    {"missing", "party", "account",
     "SELECT p.party, 'an account', 'nothing' FROM payout p JOIN outbox o ON o.id = p.id LEFT JOIN"
     " party a ON a.id = p.party WHERE a.id IS NULL ORDER BY p.party"},
};

// ---- objects that stand in no row --------------------------------------------------------------

#define STRAY(kind, table)                                                                         \
    "SELECT o.digest, '" table "', 'no row', o.digest FROM object o WHERE o.kind = '" kind "'"

/// Each rule reads all objects. As many rows as the journal counted objects, each row with the
/// object of its own digest (joined: the mirrors look), and there is nothing to find; nor where
/// there is nothing of the kind.
static const struct stray {
    enum object_type type;
    bool joined;
    const char *rows; // how many there are
    struct rule rule;
} strays[] = {
    {OBJECT_USAGE_LOG,
     true,
     "SELECT (SELECT COUNT(*) FROM usage) + (SELECT COUNT(*) FROM twin)",
     {"row-missing", "usage", "digest",
      STRAY("usage-log",
            "a row of usage") " AND o.digest NOT IN (SELECT digest FROM usage) AND"
                              " o.digest NOT IN (SELECT digest FROM twin) ORDER BY o.digest"}},
    {OBJECT_RECEIVE_LOG,
     true,
     "SELECT COUNT(*) FROM number WHERE outcome = 1",
     {"row-missing", "number", "digest",
      STRAY("receive-log", "a row of number") " AND o.digest NOT IN (SELECT digest FROM number)"
                                              " ORDER BY o.digest"}},
    {OBJECT_VOID,
     true,
     "SELECT COUNT(*) FROM number WHERE outcome = 2",
     {"row-missing", "number", "digest",
      STRAY("void", "a row of number") " AND o.digest NOT IN (SELECT digest FROM number)"
                                       " ORDER BY o.digest"}},
    {OBJECT_BATCH,
     true,
     "SELECT COUNT(*) FROM batch",
     {"row-missing", "batch", "digest",
      STRAY("batch", "a row of batch") " AND o.digest NOT IN (SELECT digest FROM batch)"
                                       " ORDER BY o.digest"}},
    {OBJECT_ISSUE_LOG,
     false,
     "SELECT COUNT(*) FROM issue",
     {"row-missing", "issue", "digest",
      STRAY("issue-log", "a row of issue") " AND o.digest NOT IN (SELECT digest FROM issue)"
                                           " ORDER BY o.digest"}},
    {OBJECT_POLICY,
     false,
     "SELECT COUNT(*) FROM policy",
     {"row-missing", "policy", "hash",
      STRAY("policy", "a row of policy") " AND o.digest NOT IN (SELECT hash FROM policy)"
                                         " ORDER BY o.digest"}},
    {OBJECT_SETTLEMENT_RECEIPT,
     false,
     "SELECT COUNT(*) FROM batch WHERE state = 1",
     {"row-missing", "batch", "object",
      STRAY("settlement-receipt",
            "a settled batch") " AND o.octets NOT IN (SELECT object FROM batch"
                               " WHERE state = 1) ORDER BY o.digest"}},
    {OBJECT_RELEASE,
     false,
     "SELECT COUNT(*) FROM batch WHERE state = 2",
     {"row-missing", "batch", "object",
      STRAY("release", "a released batch") " AND o.octets NOT IN (SELECT object FROM batch"
                                           " WHERE state = 2) ORDER BY o.digest"}},
    {OBJECT_REFUND,
     false,
     "SELECT COUNT(*) FROM redemption",
     {"row-missing", "redemption", "object",
      STRAY("refund", "a row of redemption") " AND o.octets NOT IN (SELECT object FROM redemption)"
                                             " ORDER BY o.digest"}},
    {OBJECT_STATEMENT,
     false,
     "SELECT COUNT(*) FROM challenge WHERE used IS NOT NULL",
     {"challenge", "challenge", "used",
      "SELECT o.digest, 'the challenge that it answers', 'nothing', o.digest FROM object o"
      " WHERE o.kind = 'statement' AND o.digest NOT IN (SELECT used FROM challenge WHERE used IS"
      " NOT NULL) ORDER BY o.digest"}},
};

static const struct rule object_rules[] = {
    {"challenge", "challenge", "used",
     "SELECT c.id, 'a statement', c.used, c.used FROM challenge c LEFT JOIN object o ON"
     " o.digest = c.used WHERE c.used IS NOT NULL AND o.digest IS NULL ORDER BY c.id"},
    {"object-missing", "object", "digest",
     "SELECT i.digest, i.amount, 'nothing', i.digest FROM issue i LEFT JOIN object o ON"
     " o.digest = i.digest WHERE o.digest IS NULL ORDER BY i.digest"},
    {"object-missing", "policy", "hash",
     "SELECT n.payee || '/' || CAST(n.n AS TEXT), n.policy, 'nothing', n.digest FROM number n"
     " JOIN object o ON o.digest = n.policy LEFT JOIN policy p ON p.hash = n.policy"
     " WHERE p.hash IS NULL ORDER BY n.payee, n.n"},
};

static void judge_strays(struct examined *examined) {
    for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
        int64_t objects = examined->kinds[strays[i].type % OBJECT_KINDS],
                rows = replica_number(&examined->replica, strays[i].rows);
        bool over = objects != rows || (!strays[i].joined && objects > 0);
        if (over || examined->audit->findings->told > 0)
            compare_rules(examined, &strays[i].rule, 1);
    }
    compare_rules(examined, object_rules, sizeof object_rules / sizeof object_rules[0]);
}

// ---- purses by their certificates --------------------------------------------------------------

static void tell_purse(const struct examined *examined, const char *id, const char *field,
                       struct told_text expected, struct told_text found) {
    tell(examined, (struct finding){.kind = "differs",
                                    .table = "purse",
                                    .row = told_of("%s", id),
                                    .field = field,
                                    .expected = expected,
                                    .found = found});
}

static struct told_text told_name(struct bytes name) {
    return told_of("%.*s", (int)name.size, (const char *)name.data);
}

static void judge_certified(const struct examined *examined, const struct cell *row,
                            const struct certificate *own) {
    struct bytes point = bytes_of(own->signing_point, P256_COMPRESSED_SIZE);
    if (!bytes_equal(own->holder, row[0].octets))
        tell_purse(examined, row[0].text, "id", told_name(own->holder), told_name(row[0].octets));
    if (!bytes_equal(point, row[1].octets))
        tell_purse(examined, row[0].text, "point", told_octets(point), told_octets(row[1].octets));
    if ((int64_t)own->roles != row[4].number)
        tell_purse(examined, row[0].text, "roles", told_of("%u", own->roles),
                   told_of("%" PRId64, row[4].number));
    if (!bytes_equal(own->enterprise, row[5].octets))
        tell_purse(examined, row[0].text, "enterprise", told_name(own->enterprise),
                   told_name(row[5].octets));
}

/// Row: id, point, certificate, authority, roles, enterprise.
static bool take_purse(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct trust *trust = examined->audit->trust;
    uint8_t chain[TRUST_CHAIN_MAX];
    struct bytes root = trust->anchor.whole;
    enum certificate_fault fault = CERTIFICATE_MALFORMED;
    const struct certificate *own = NULL;
    size_t size = root.size + row[3].octets.size + row[2].octets.size;
    if (size <= sizeof chain) {
        memcpy(chain, root.data, root.size);
        memcpy(chain + root.size, row[3].octets.data, row[3].octets.size);
        memcpy(chain + root.size + row[3].octets.size, row[2].octets.data, row[2].octets.size);
        own = trust_chain(trust, bytes_of(chain, size), &fault);
    }
    if (own != NULL)
        judge_certified(examined, row, own);
    else
        tell_purse(examined, row[0].text, "certificate", told_of("a chain below the anchor"),
                   told_of("%s", certificate_fault_text(fault)));
    return true;
}

// ---- copies of what is signed -------------------------------------------------------------------

static const struct mirror lists = {
    "list",
    "SELECT audience, object, 0, version FROM list ORDER BY audience",
    OBJECT_HOTLIST,
    {{"version", FIELD_VERSION}}};
/// Why a sale was made, as its usage log says. Row: key, octets, kind, policy.
static bool take_terms(void *context, const struct cell *row) {
    const struct examined *examined = context;
    struct object log;
    if (!object_decode_as(OBJECT_USAGE_LOG, row[1].octets, &log) ||
        log.fields[FIELD_REFERENCE].size == 0)
        return true;
    int64_t kind = log.fields[FIELD_REFERENCE].data[0];
    struct finding finding = {
        .kind = "differs", .table = "number", .row = told_of("%s", row[0].text)};
    if (kind != row[2].number) {
        finding.field = "kind";
        finding.expected = told_of("%" PRId64, kind);
        finding.found = told_of("%" PRId64, row[2].number);
        tell(examined, finding);
    }
    if (!bytes_equal(log.fields[FIELD_POLICY_HASH], row[3].octets)) {
        finding.field = "policy";
        finding.expected = told_octets(log.fields[FIELD_POLICY_HASH]);
        finding.found = told_octets(row[3].octets);
        tell(examined, finding);
    }
    return true;
}

// ---- orders ------------------------------------------------------------------------------------

/// The account that is registered, or one that was, by the service's own note of the change.
static const char orders[] =
    "SELECT o.id, '{\"id\":\"' || p.id || '\",\"from\":\"', '\",\"to\":\"' || a.account ||"
    " '\",\"amount\":' || CAST(p.amount AS TEXT) || ',\"unit\":\"', p.unit, '\"}', o.body"
    " FROM outbox o JOIN payout p ON p.id = o.id JOIN (SELECT id, account FROM party UNION SELECT"
    " purse, SUBSTR(id, LENGTH(purse) + 10) FROM finding WHERE word = 'account') a ON a.id ="
    " p.party WHERE o.endpoint = 'bank.transfer' ORDER BY o.id";

void examine_clearing_rows(struct examined *examined) {
    struct replica *replica = &examined->replica;
    judge_strays(examined);
    compare_rules(examined, rules, sizeof rules / sizeof rules[0]);
    replica_each(replica,
                 "SELECT id, point, certificate, authority, roles, enterprise FROM purse"
                 " ORDER BY id",
                 NULL, 0, take_purse, examined);
    compare_mirror(examined, &lists);
    replica_each(
        replica,
        "SELECT " KEY2("n.payee",
                       "n.n") ", o.octets, n.kind, n.policy FROM number n JOIN"
                              " usage u ON u.payer = n.payer AND u.counter = n.counter AND u.payee "
                              "= n.payee AND"
                              " u.n = n.n JOIN object o ON o.digest = u.digest WHERE n.outcome = 1"
                              " ORDER BY n.payee, n.n",
        NULL, 0, take_terms, examined);
    compare_orders(examined, orders);
}
