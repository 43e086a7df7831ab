// SPDX-License-Identifier: Apache-2.0
// The clearing center: its rows repeat what objects say, nothing is missing in any sequence, and
// everything that should have been booked was.
#include "host/audit/audit_private.h"

#define KEY2(a, b)    a " || '/' || CAST(" b " AS TEXT)"
#define KEY3(a, b, c) KEY2(a, b) " || '/' || CAST(" c " AS TEXT)"
#define SUM(what)     "CAST(COALESCE(SUM(" what "), 0) AS BIGINT)"

// ---- rows and objects --------------------------------------------------------------------------

static const struct mirror mirrors[] = {
    {"usage",
     "SELECT " KEY2("u.payer", "u.counter") ", o.octets, u.amount, u.payer, u.counter, u.payee,"
                                            " u.n, u.unit, u.amount, u.serial, u.state_number, "
                                            "u.spent FROM usage u LEFT JOIN object o"
                                            " ON o.digest = u.digest ORDER BY u.payer, u.counter",
     OBJECT_USAGE_LOG,
     {{"payer", FIELD_PAYER},
      {"counter", FIELD_COUNTER},
      {"payee", FIELD_PAYEE},
      {"n", FIELD_N},
      {"unit", FIELD_UNIT},
      {"amount", FIELD_AMOUNT},
      {"serial", FIELD_SERIAL},
      {"state_number", FIELD_STATE_NUMBER},
      {"spent", FIELD_SPENT}}},
    {"number",
     "SELECT " KEY2(
         "n.payee",
         "n.n") ", o.octets, n.amount, n.payee, n.n, n.payer, u.digest"
                " FROM number n LEFT JOIN object o ON o.digest = n.digest LEFT JOIN usage u"
                " ON u.payer = n.payer AND u.counter = n.counter WHERE n.outcome = 1 ORDER BY "
                "n.payee, n.n",
     OBJECT_RECEIVE_LOG,
     {{"payee", FIELD_PAYEE}, {"n", FIELD_N}, {"payer", FIELD_PAYER}, {"digest", FIELD_LOG_HASH}}},
    {"number",
     "SELECT " KEY2("n.payee", "n.n") ", o.octets, n.amount, n.payee, n.n, n.payer FROM number n"
                                      " LEFT JOIN object o ON o.digest = n.digest WHERE n.outcome "
                                      "= 2 ORDER BY n.payee, n.n",
     OBJECT_VOID,
     {{"payee", FIELD_PAYEE}, {"n", FIELD_N}, {"payer", FIELD_PAYER}}},
    {"batch",
     "SELECT " KEY2(
         "b.payee",
         "b.number") ", o.octets, s.amount, b.payee, b.number, b.first_n,"
                     " b.last_n FROM batch b LEFT JOIN object o ON o.digest = b.digest LEFT JOIN "
                     "(SELECT payee,"
                     " number, " SUM(
                         "amount") " AS amount FROM batch_sum GROUP BY payee, number) s ON"
                                   " s.payee = b.payee AND s.number = b.number ORDER BY b.payee, "
                                   "b.number",
     OBJECT_BATCH,
     {{"payee", FIELD_PAYEE},
      {"number", FIELD_BATCH_NUMBER},
      {"first_n", FIELD_FIRST_N},
      {"last_n", FIELD_LAST_N}}},
    {"batch",
     "SELECT " KEY2("payee", "number") ", object, 0, payee, number, digest, day FROM batch"
                                       " WHERE state = 1 ORDER BY payee, number",
     OBJECT_SETTLEMENT_RECEIPT,
     {{"payee", FIELD_PURSE},
      {"number", FIELD_BATCH_NUMBER},
      {"digest", FIELD_BATCH_HASH},
      {"day", FIELD_DATE}}},
    {"batch",
     "SELECT " KEY2("payee", "number") ", object, 0, payee, number, digest, day FROM batch"
                                       " WHERE state = 2 ORDER BY payee, number",
     OBJECT_RELEASE,
     {{"payee", FIELD_PURSE},
      {"number", FIELD_BATCH_NUMBER},
      {"digest", FIELD_BATCH_HASH},
      {"day", FIELD_DATE}}},
    {"issue",
     "SELECT " KEY3("purse", "serial", "revision") ", object, amount, purse, unit, serial,"
                                                   " revision, state_number, amount, expiry FROM "
                                                   "issue ORDER BY purse, serial, revision, amount",
     OBJECT_ISSUE_LOG,
     {{"purse", FIELD_PURSE},
      {"unit", FIELD_UNIT},
      {"serial", FIELD_SERIAL},
      {"revision", FIELD_REVISION},
      {"state_number", FIELD_STATE_NUMBER},
      {"amount", FIELD_TRANSFER},
      {"expiry", FIELD_EXPIRY}}},
    {"redemption",
     "SELECT " KEY3("purse", "unit",
                    "state_number") ", object, amount, purse, unit, state_number,"
                                    " amount FROM redemption ORDER BY purse, unit, state_number",
     OBJECT_REFUND,
     {{"purse", FIELD_PURSE},
      {"unit", FIELD_UNIT},
      {"state_number", FIELD_STATE_NUMBER},
      {"amount", FIELD_AMOUNT}}},
};

/// Ends that machines showed to books which were put back from a copy.
#define SHOWN(of)                                                                                  \
    "SELECT " KEY2("payee",                                                                        \
                   "number") ", object, 0, payee, number, digest FROM shown WHERE state " of       \
                             " ORDER BY payee, number"
static const struct mirror shown[] = {
    {"shown",
     SHOWN("= 1"),
     OBJECT_SETTLEMENT_RECEIPT,
     {{"payee", FIELD_PURSE}, {"number", FIELD_BATCH_NUMBER}, {"digest", FIELD_BATCH_HASH}}},
    {"shown",
     SHOWN("<> 1"),
     OBJECT_RELEASE,
     {{"payee", FIELD_PURSE}, {"number", FIELD_BATCH_NUMBER}, {"digest", FIELD_BATCH_HASH}}},
};

// ---- what should have been booked --------------------------------------------------------------

#define WITHOUT(id)  " LEFT JOIN transfer t ON t.id = " id " WHERE t.id IS NULL AND "
#define TEXT(number) "CAST(" number " AS TEXT)"
#define P_ID         "'P:' || u.payer || ':' || " TEXT("u.counter")
#define O_ID                                                                                       \
    "'O:' || i.purse || ':' || " TEXT("i.unit") " || ':' || " TEXT(                                \
        "i.state_number") " || ':' || " TEXT("i.amount")
#define T_ID "'T:' || i.purse || ':' || " TEXT("i.unit") " || ':' || " TEXT("i.state_number")
#define C_ID "'C:' || r.purse || ':' || " TEXT("r.unit") " || ':' || " TEXT("r.state_number")
#define U_ID                                                                                       \
    "'U:' || s.payee || '/' || " TEXT("s.batch") " || '/' || " TEXT("s.n") " || ':' || " TEXT(     \
        "s.unit")

static const struct rule entry_rules[] = {
    {"missing", "transfer", "id",
     "SELECT " P_ID ", u.amount, 'nothing', u.digest FROM usage u" WITHOUT(
         P_ID) "u.state <> 2 ORDER BY u.payer, u.counter"},
    {"missing", "transfer", "id",
     "SELECT 'I:' || i.transfer, i.amount, 'nothing' FROM incoming i" WITHOUT(
         "'I:' || i.transfer") "i.amount <> 0 ORDER BY i.transfer"},
    {"missing", "transfer", "id",
     "SELECT " O_ID ", i.amount, 'nothing', i.digest FROM issue i" WITHOUT(
         O_ID) "i.amount <> 0 ORDER BY i.purse, i.state_number"},
    {"missing", "transfer", "id",
     "SELECT " T_ID ", i.amount, 'nothing', i.digest FROM issue i" WITHOUT(
         T_ID) "i.state <> 0 ORDER BY i.purse, i.state_number"},
    {"differs", "issue", "state",
     "SELECT " KEY3("i.purse", "i.serial",
                    "i.revision") ", 'taken or dead', 'open', i.digest"
                                  " FROM issue i JOIN transfer t ON t.id = " T_ID
                                  " WHERE i.state = 0 ORDER BY i.purse"},
    {"missing", "transfer", "id",
     "SELECT " C_ID ", r.amount, 'nothing' FROM redemption r" WITHOUT(
         C_ID) "r.state = 1 ORDER BY r.purse, r.state_number"},
    {"missing", "transfer", "id",
     "SELECT 'D:' || p.id, p.amount, 'nothing' FROM payout p" WITHOUT(
         "'D:' || p.id") "p.state <> 0 AND p.amount > 0 ORDER BY p.id"},
    {"missing", "transfer", "id",
     "SELECT 'F:' || p.id, p.amount, 'nothing' FROM payout p" WITHOUT(
         "'F:' || p.id") "p.state = 2 AND p.amount > 0 AND p.unit NOT IN (SELECT unit FROM scheme) "
                         "ORDER BY p.id"},
    {"differs", "payout", "state",
     "SELECT p.id, CASE WHEN f.id IS NULL THEN 'ordered' ELSE 'done' END, p.state FROM payout p"
     " JOIN transfer d ON d.id = 'D:' || p.id LEFT JOIN transfer f ON f.id = 'F:' || p.id"
     " WHERE p.state = 0 OR (f.id IS NOT NULL AND p.state <> 2) ORDER BY p.id"},
    {"missing", "transfer", "id",
     "SELECT " U_ID ", s.amount, 'nothing' FROM suspense s" WITHOUT(
         U_ID) "s.outcome IS NOT NULL ORDER BY s.payee, s.n"},
    {"missing", "transfer", "id",
     "SELECT 'X:' || w.payer || ':' || " TEXT(
         "w.counter") ", w.amount, 'nothing', w.digest"
                      " FROM twin w WHERE NOT EXISTS (SELECT 1 FROM transfer t WHERE t.object = "
                      "w.digest AND"
                      " t.kind = 'usage-log') ORDER BY w.payer, w.counter"},
};

// ---- sequences and sums ------------------------------------------------------------------------

/// Debits of a payee's sale that were given back, by number.
#define GIVEN_BACK                                                                                 \
    "(SELECT payer, sale, " SUM("amount") " AS amount, " SUM(                                      \
        "CASE WHEN state = 2 THEN 1 ELSE 0"                                                        \
        " END") " AS voids FROM usage WHERE sale <> 0 GROUP BY payer, sale)"
/// What entries settled of each batch.
#define SETTLED_BY                                                                                 \
    "(SELECT t.object AS digest, p.unit AS unit, " SUM(                                            \
        "p.amount") " AS amount FROM transfer t"                                                   \
                    " JOIN posting p ON p.transfer = t.id WHERE t.kind = 'settlement' AND "        \
                    "p.amount > 0"                                                                 \
                    " GROUP BY t.object, p.unit)"

static const struct rule sum_rules[] = {
    {"differs", "usage", "state",
     "SELECT " KEY2("u.payer", "u.counter") ", COALESCE(n.outcome, 0), u.state, u.digest FROM usage"
                                            " u LEFT JOIN number n ON n.payee = u.payee AND n.n = "
                                            "u.n AND n.payer = u.payer AND"
                                            " n.counter = u.counter WHERE u.state <> 0 AND u.state "
                                            "<> COALESCE(n.outcome, 0)"
                                            " ORDER BY u.payer, u.counter"},
    {"differs", "number", "amount",
     "SELECT " KEY2("n.payee", "n.n") ", u.amount, n.amount, n.digest FROM number n JOIN usage u ON"
                                      " u.payer = n.payer AND u.counter = n.counter WHERE "
                                      "n.outcome = 1 AND (u.amount <> n.amount OR"
                                      " u.unit <> n.unit) ORDER BY n.payee, n.n"},
    {"missing", "usage", "counter",
     "SELECT " KEY2("n.payer", "n.counter") ", n.amount, 'nothing', n.digest FROM number n"
                                            " LEFT JOIN usage u ON u.payer = n.payer AND u.counter "
                                            "= n.counter WHERE u.payer IS NULL AND"
                                            " n.outcome = 1 ORDER BY n.payer, n.counter"},
    {"differs", "number", "refunded",
     "SELECT " KEY2("n.payee",
                    "n.n") ", COALESCE(g.amount, 0), n.refunded, n.digest FROM number n"
                           " LEFT JOIN (SELECT payer, sale, " SUM(
                               "amount") " AS amount FROM usage WHERE sale <> 0 AND"
                                         " state <> 2 GROUP BY payer, sale) g ON g.payer = n.payee "
                                         "AND g.sale = n.n WHERE n.refunded <>"
                                         " COALESCE(g.amount, 0) ORDER BY n.payee, n.n"},
    {"refund", "usage", "sale",
     "SELECT " KEY2(
         "u.payer",
         "u.counter") ", 'a credited sale of ' || u.payee, u.sale, u.digest"
                      " FROM usage u LEFT JOIN number n ON n.payee = u.payer AND n.n = u.sale "
                      "WHERE u.sale <> 0 AND"
                      " (n.n IS NULL OR n.outcome <> 1 OR n.payer <> u.payee OR n.unit <> u.unit)"
                      " ORDER BY u.payer, u.counter"},
    {"refund", "number", "refunded",
     "SELECT " KEY2("n.payee", "n.n") ", n.amount, n.refunded, n.digest FROM number n WHERE"
                                      " n.refunded > n.amount ORDER BY n.payee, n.n"},
    {"gap", "number", "n",
     "SELECT " KEY2(
         "g.payee",
         "g.n - 1") ", 'a number', 'nothing' FROM (SELECT payee, n, LAG(n, 1,"
                    " 0) OVER (PARTITION BY payee ORDER BY n) AS before FROM number) g JOIN "
                    "(SELECT payee,"
                    " MAX(last_n) AS last FROM batch WHERE state = 1 GROUP BY payee) b ON b.payee "
                    "= g.payee"
                    " WHERE g.n <= b.last AND g.n <> g.before + 1 ORDER BY g.payee, g.n"},
    {"gap", "number", "n",
     "SELECT " KEY2("b.payee", "b.last") ", 'a number', COALESCE(MAX(n.n), 0) FROM (SELECT payee,"
                                         " MAX(last_n) AS last FROM batch WHERE state = 1 GROUP BY "
                                         "payee) b LEFT JOIN number n ON"
                                         " n.payee = b.payee GROUP BY b.payee, b.last HAVING "
                                         "COALESCE(MAX(n.n), 0) < b.last"
                                         " ORDER BY b.payee"},
    {"gap", "batch", "number",
     "SELECT " KEY2("payee", "number - 1") ", 'a batch', 'nothing' FROM (SELECT payee, number,"
                                           " LAG(number, 1, 0) OVER (PARTITION BY payee ORDER BY "
                                           "number) AS before FROM batch) g WHERE"
                                           " number <> before + 1 ORDER BY payee, number"},
    {"gap", "batch", "first_n",
     "SELECT " KEY2(
         "payee", "number") ", before + 1, first_n, digest FROM (SELECT payee, number,"
                            " first_n, digest, LAG(last_n) OVER (PARTITION BY payee ORDER BY "
                            "number) AS before FROM batch"
                            " WHERE state = 1) g WHERE before IS NOT NULL AND first_n <> before + 1"
                            " ORDER BY payee, number"},
    {"differs", "number", "settled",
     "SELECT " KEY2(
         "n.payee",
         "n.n") ", n.amount - n.refunded, n.settled, n.digest FROM number n"
                " JOIN (SELECT payee, MAX(last_n) AS last FROM batch WHERE state = 1 GROUP BY "
                "payee) b"
                " ON b.payee = n.payee LEFT JOIN " GIVEN_BACK
                " g ON g.payer = n.payee AND g.sale = n.n"
                " WHERE n.outcome = 1 AND n.n <= b.last AND (n.settled > n.amount - n.refunded OR "
                "(n.settled <"
                " n.amount - n.refunded AND COALESCE(g.voids, 0) = 0)) ORDER BY n.payee, n.n"},
    {"differs", "number", "settled",
     "SELECT " KEY2("n.payee", "n.n") ", (SELECT " SUM(
         "p.amount") " FROM posting p WHERE p.transfer"
                     " > 'S:' || n.payee || ':' || CAST(n.n AS TEXT) || ':' AND p.transfer < 'S:' "
                     "|| n.payee || ':'"
                     " || CAST(n.n AS TEXT) || ';' AND p.amount > 0) AS paid, n.settled, n.digest "
                     "FROM number n"
                     " WHERE n.settled <> (SELECT " SUM(
                         "p.amount") " FROM posting p WHERE p.transfer > 'S:' ||"
                                     " n.payee || ':' || CAST(n.n AS TEXT) || ':' AND p.transfer < "
                                     "'S:' || n.payee || ':' ||"
                                     " CAST(n.n AS TEXT) || ';' AND p.amount > 0) ORDER BY "
                                     "n.payee, n.n"},
    {"differs", "batch_sum", "amount",
     "SELECT " KEY3(
         "b.payee", "b.number",
         "s.unit") ", COALESCE(x.amount, 0), s.amount, b.digest"
                   " FROM batch b JOIN batch_sum s ON s.payee = b.payee AND s.number = b.number "
                   "LEFT JOIN " SETTLED_BY
                   " x ON x.digest = b.digest AND x.unit = s.unit WHERE b.state = 1 AND s.amount <>"
                   " COALESCE(x.amount, 0) ORDER BY b.payee, b.number"},
    {"missing", "batch", "number",
     "SELECT " KEY2("n.payee", "n.batch") ", " SUM(
         "n.settled") ", 'nothing' FROM number n"
                      " LEFT JOIN batch b ON b.payee = n.payee AND b.number = n.batch WHERE "
                      "n.batch <> 0 AND"
                      " b.payee IS NULL GROUP BY n.payee, n.batch ORDER BY n.payee, n.batch"},
    {"refund", "number", "ordered",
     "SELECT " KEY2("n.payee", "n.n") ", n.settled, n.ordered, n.digest FROM number n WHERE"
                                      " n.ordered > n.settled ORDER BY n.payee, n.n"},
    {"differs", "number", "ordered",
     "SELECT " KEY2("n.payee",
                    "n.n") ", COALESCE(x.amount, 0), n.ordered, n.digest FROM number n"
                           " LEFT JOIN"
                           " (SELECT n2.payee AS payee, n2.n AS n, " SUM(
                               "p.amount") " AS amount FROM number n2 JOIN"
                                           " posting p ON p.transfer > 'B:' || n2.payee || ':' || "
                                           "CAST(n2.n AS TEXT) || ':' AND p.transfer"
                                           " < 'B:' || n2.payee || ':' || CAST(n2.n AS TEXT) || "
                                           "';' AND p.amount > 0 WHERE n2.ordered > 0"
                                           " GROUP BY n2.payee, n2.n) x ON x.payee = n.payee AND "
                                           "x.n = n.n WHERE n.ordered <>"
                                           " COALESCE(x.amount, 0) ORDER BY n.payee, n.n"},
    {"clone", "twin", "counter",
     "SELECT " KEY2("w.payer", "w.counter") ", 'one body', 'two', w.digest FROM twin w"
                                            " ORDER BY w.payer, w.counter"},
    {"serial", "usage", "serial",
     "SELECT " KEY2("u.payer",
                    "u.counter") ", 'a serial that was issued', u.serial, u.digest"
                                 " FROM usage u WHERE u.serial <> 0 AND NOT EXISTS (SELECT 1 FROM "
                                 "issue i WHERE i.purse ="
                                 " u.payer AND i.serial = u.serial) ORDER BY u.payer, u.counter"},
};

// ---- issue -------------------------------------------------------------------------------------

static const struct rule issue_rules[] = {
    {"twin", "issue", "state",
     "SELECT " KEY3("purse", "unit",
                    "state_number") ", 'one log taken', COUNT(*) FROM issue WHERE"
                                    " state = 1 GROUP BY purse, unit, state_number HAVING COUNT(*) "
                                    "> 1 ORDER BY purse"},
    {"gap", "issue", "revision",
     "SELECT " KEY3(
         "i.purse", "i.serial",
         "i.revision - 1") ", 'a revision', 'nothing', i.digest"
                           " FROM issue i WHERE i.revision > 1 AND NOT EXISTS (SELECT 1 FROM issue "
                           "b WHERE b.purse ="
                           " i.purse AND b.serial = i.serial AND b.revision = i.revision - 1)"
                           " ORDER BY i.purse, i.serial, i.revision"},
    {"gap", "issue", "serial",
     "SELECT " KEY2("i.purse",
                    "i.serial - 1") ", 'a serial', 'nothing', i.digest FROM issue i WHERE"
                                    " i.serial > 1 AND NOT EXISTS (SELECT 1 FROM issue b WHERE "
                                    "b.purse = i.purse AND b.serial ="
                                    " i.serial - 1) ORDER BY i.purse, i.serial"},
    {"differs", "issue", "before",
     "SELECT " KEY3("purse", "serial",
                    "revision") ", total, before, digest FROM (SELECT purse,"
                                " serial, revision, before, digest, CAST(SUM(CASE WHEN state = 1 "
                                "THEN amount ELSE 0 END) OVER"
                                " (PARTITION BY purse, unit ORDER BY state_number ROWS BETWEEN "
                                "UNBOUNDED PRECEDING AND 1"
                                " PRECEDING) AS BIGINT) AS total, state FROM issue) g WHERE state "
                                "= 1 AND before <>"
                                " COALESCE(total, 0) ORDER BY purse, serial, revision"},
    {"differs", "statement", "issued",
     "SELECT " KEY2("s.purse",
                    "s.unit") ", COALESCE(i.amount, 0), s.issued FROM statement s"
                              " LEFT JOIN (SELECT purse, unit, " SUM(
                                  "amount") " AS amount FROM issue WHERE state = 1"
                                            " GROUP BY purse, unit) i ON i.purse = s.purse AND "
                                            "i.unit = s.unit WHERE s.issued <>"
                                            " COALESCE(i.amount, 0) ORDER BY s.purse, s.unit"},
};

// ---- money that leaves -------------------------------------------------------------------------

// Few accounts are of these kinds, few entries settle: CROSS JOIN has SQLite begin with them
// instead of walking all postings.
#define HELD(kind)                                                                                 \
    "(SELECT a.owner AS owner, a.unit AS unit, " SUM(                                              \
        "p.amount * a.side") " AS amount FROM"                                                     \
                             " ledger_account a CROSS JOIN posting p WHERE p.account = a.id AND "  \
                             "a.kind = '" kind "' GROUP BY a.owner, a.unit)"
/// Parts of a batch that entries gave to each party.
#define SHARED                                                                                     \
    "(SELECT b.payee || '/' || CAST(b.number AS TEXT) AS cause, a.owner AS party, p.unit AS unit," \
    " " SUM(                                                                                       \
        "-p.amount") " AS amount FROM transfer t CROSS JOIN batch b CROSS JOIN posting p CROSS"    \
                     " JOIN ledger_account a WHERE t.kind = 'settlement' AND b.digest = t.object " \
                     "AND b.state = 1"                                                             \
                     " AND p.transfer = t.id AND a.id = p.account AND a.kind = 'PAYABLE' GROUP "   \
                     "BY 1, a.owner,"                                                              \
                     " p.unit)"

static const struct rule leaving_rules[] = {
    {"suspense", "suspense", "amount",
     "SELECT " KEY2("h.owner", "h.unit") ", h.amount, COALESCE(s.amount, 0) FROM " HELD(
         "SUSPENSE") " h LEFT JOIN (SELECT payee, unit, " SUM("amount") " AS amount FROM suspense "
                                                                        "WHERE outcome IS"
                                                                        " NULL GROUP BY payee, "
                                                                        "unit) s ON s.payee = "
                                                                        "h.owner AND s.unit = "
                                                                        "h.unit WHERE h.amount <>"
                                                                        " COALESCE(s.amount, 0) "
                                                                        "ORDER BY h.owner, h.unit"},
    {"suspense", "suspense", "amount",
     "SELECT " KEY3(
         "s.payee", "s.n",
         "s.batch") ", 'held by SUSPENSE', s.amount FROM suspense s"
                    " LEFT JOIN " HELD(
                        "SUSPENSE") " h ON h.owner = s.payee AND h.unit = s.unit WHERE s.outcome IS"
                                    " NULL AND COALESCE(h.amount, 0) < s.amount ORDER BY s.payee, "
                                    "s.n"},
    {"air", "usage", "state",
     "SELECT " KEY2("h.owner", "h.unit") ", h.amount, COALESCE(u.amount, 0) FROM " HELD(
         "AIR") " h LEFT JOIN (SELECT payee, unit, " SUM("amount") " AS amount FROM usage WHERE "
                                                                   "state = 0"
                                                                   " GROUP BY payee, unit) u ON "
                                                                   "u.payee = h.owner AND u.unit = "
                                                                   "h.unit WHERE h.amount <>"
                                                                   " COALESCE(u.amount, 0) ORDER "
                                                                   "BY h.owner, h.unit"},
    {"payout", "payout", "amount",
     "SELECT p.id, x.amount, p.amount FROM payout p JOIN " SHARED " x ON x.cause = p.cause AND"
     " x.party = p.party AND x.unit = p.unit WHERE p.amount > x.amount OR (p.amount < x.amount AND"
     " NOT EXISTS (SELECT 1 FROM transfer t JOIN posting l ON l.transfer = t.id JOIN ledger_account"
     " a ON a.id = l.account WHERE t.kind = 'seller-refund' AND a.owner = p.party))"
     " ORDER BY p.id"},
    {"payout", "payout", "cause",
     "SELECT p.id, 'a settled batch, a cash-out, a lost card or a decision', p.cause FROM payout p"
     " WHERE p.cause NOT IN (SELECT cause FROM " SHARED
     " x) AND p.cause NOT IN (SELECT purse || ':'"
     " || CAST(state_number AS TEXT) FROM redemption WHERE state = 1) AND p.cause NOT IN (SELECT"
     " 'lost:' || id FROM purse WHERE state = 2) AND p.cause NOT IN (SELECT payee || '/' ||"
     " CAST(batch AS TEXT) || '/' || CAST(n AS TEXT) FROM suspense WHERE outcome = 'pay')"
     " AND p.cause NOT IN (SELECT 'scheme:' || SUBSTR(id, 1, 24) FROM payout)"
     " ORDER BY p.id"},
    {"missing", "payout", "amount",
     "SELECT " KEY2("x.cause || '/' || x.party",
                    "x.unit") ", x.amount, 'nothing' FROM " SHARED
                              " x LEFT JOIN payout p ON p.cause = x.cause AND p.party = x.party "
                              "AND p.unit = x.unit"
                              " WHERE p.id IS NULL ORDER BY x.cause, x.party"},
    {"payout", "outbox", "id",
     "SELECT o.id, 'a payout', 'none' FROM outbox o LEFT JOIN payout p ON p.id = o.id WHERE"
     " o.endpoint = 'bank.transfer' AND p.id IS NULL ORDER BY o.id"},
    {"missing", "outbox", "id",
     "SELECT p.id, p.amount, 'nothing' FROM payout p LEFT JOIN outbox o ON o.id = p.id WHERE"
     " p.state <> 0 AND p.amount > 0 AND o.id IS NULL AND p.unit NOT IN (SELECT unit FROM scheme)"
     " ORDER BY p.id"},
};

#define RULES(table) compare_rules(examined, table, sizeof table / sizeof table[0])

void examine_clearing(struct examined *examined) {
    for (size_t i = 0; i < sizeof mirrors / sizeof mirrors[0]; i++)
        compare_mirror(examined, &mirrors[i]);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        compare_signed(examined, &shown[i], ROLE_CENTER);
    RULES(entry_rules);
    RULES(sum_rules);
    RULES(issue_rules);
    RULES(leaving_rules);
    examine_clearing_rows(examined);
    examine_clearing_objects(examined);
    examine_clearing_cards(examined);
}
