// SPDX-License-Identifier: Apache-2.0
#include "services/clearing/statements.h"

#include "base/must.h"

#define PURSE                                                                                      \
    "id, point, certificate, roles, enterprise, host, user_id, device_id, limit_balance,"          \
    " limit_single, no_pin_single, no_pin_sum, no_pin_count, offline_count, offline_sum, "         \
    "authority, state,"                                                                            \
    " listed"

const struct migration clearing_migrations[CLEARING_MIGRATIONS] = {
    {1,
     "CREATE TABLE purse(id @TEXT NOT NULL PRIMARY KEY, point @BLOB NOT NULL,"
     " certificate @BLOB NOT NULL, roles @INT NOT NULL, enterprise @TEXT NOT NULL,"
     " host @TEXT NOT NULL, user_id @TEXT, device_id @TEXT, limit_balance @INT,"
     " limit_single @INT, no_pin_single @INT, no_pin_sum @INT, no_pin_count @INT,"
     " offline_count @INT, offline_sum @INT, authority @BLOB NOT NULL, state @INT NOT NULL "
     "CHECK(state IN(0, 1, 2)),"
     " listed @INT NOT NULL) @END;"
     "CREATE TABLE party(id @TEXT NOT NULL PRIMARY KEY, account @TEXT NOT NULL) @END;"
     "CREATE TABLE policy(hash @BLOB NOT NULL PRIMARY KEY, octets @BLOB NOT NULL) @END;"
     "CREATE TABLE incoming(transfer @TEXT NOT NULL PRIMARY KEY, purse @TEXT NOT NULL"
     " @REF purse(id), unit @INT NOT NULL, amount @INT NOT NULL) @END;"
     "CREATE TABLE challenge(id @BLOB NOT NULL PRIMARY KEY, purse @TEXT NOT NULL,"
     " used @BLOB, expiry_ms @INT NOT NULL) @END;"
     "CREATE INDEX challenge_expiry ON challenge(expiry_ms);"
     "CREATE TABLE statement(purse @TEXT NOT NULL, unit @INT NOT NULL, state_number @INT NOT NULL,"
     " counter @INT NOT NULL, issued @INT NOT NULL, loaded @INT NOT NULL, recredited @INT NOT"
     " NULL, spent @INT NOT NULL, redeemed @INT NOT NULL, PRIMARY KEY(purse, unit)) @END;"
     "CREATE TABLE issue(digest @BLOB NOT NULL PRIMARY KEY, purse @TEXT NOT NULL @REF purse(id),"
     " unit @INT NOT NULL, serial @INT NOT NULL, revision @INT NOT NULL, state_number @INT NOT"
     " NULL, before @INT NOT NULL, amount @INT NOT NULL, expiry @INT NOT NULL, object @BLOB NOT"
     " NULL, state @INT NOT NULL CHECK(state IN(0, 1, 2)), made_ms @INT NOT NULL) @END;"
     "CREATE INDEX issue_purse ON issue(purse, unit, state);"
     "CREATE TABLE usage(payer @TEXT NOT NULL, counter @INT NOT NULL, payee @TEXT NOT NULL,"
     " n @INT NOT NULL, unit @INT NOT NULL, amount @INT NOT NULL, serial @INT NOT NULL,"
     " sale @INT NOT NULL, state_number @INT NOT NULL, spent @INT NOT NULL, digest @BLOB NOT NULL,"
     " state @INT NOT NULL CHECK(state IN(0, 1, 2)), settled @INT NOT NULL,"
     " PRIMARY KEY(payer, counter)) @END;"
     "CREATE INDEX usage_payee ON usage(payee, n);",
     NULL},
    {2,
     "CREATE TABLE twin(payer @TEXT NOT NULL, counter @INT NOT NULL, digest @BLOB NOT NULL,"
     " payee @TEXT NOT NULL, n @INT NOT NULL, amount @INT NOT NULL,"
     " PRIMARY KEY(payer, counter, digest)) @END;"
     "CREATE TABLE number(payee @TEXT NOT NULL, n @INT NOT NULL, payer @TEXT NOT NULL,"
     " counter @INT NOT NULL, outcome @INT NOT NULL CHECK(outcome IN(1, 2)), unit @INT NOT NULL,"
     " amount @INT NOT NULL, kind @INT NOT NULL, policy @BLOB, word @TEXT, digest @BLOB NOT NULL,"
     " refunded @INT NOT NULL, settled @INT NOT NULL, ordered @INT NOT NULL, batch @INT NOT NULL,"
     " PRIMARY KEY(payee, n)) @END;"
     "CREATE TABLE batch(payee @TEXT NOT NULL, number @INT NOT NULL, first_n @INT NOT NULL,"
     " last_n @INT NOT NULL, digest @BLOB NOT NULL, state @INT NOT NULL CHECK(state IN(1, 2)),"
     " object @BLOB NOT NULL, day @INT NOT NULL, PRIMARY KEY(payee, number)) @END;"
     "CREATE TABLE batch_sum(payee @TEXT NOT NULL, number @INT NOT NULL, unit @INT NOT NULL,"
     " amount @INT NOT NULL, PRIMARY KEY(payee, number, unit)) @END;"
     "CREATE TABLE suspense(payee @TEXT NOT NULL, n @INT NOT NULL, batch @INT NOT NULL,"
     " unit @INT NOT NULL, amount @INT NOT NULL, word @TEXT NOT NULL, payer @TEXT NOT NULL,"
     " outcome @TEXT, PRIMARY KEY(payee, n, batch, unit)) @END;"
     "CREATE TABLE payout(id @TEXT NOT NULL PRIMARY KEY, cause @TEXT NOT NULL, party @TEXT NOT"
     " NULL, unit @INT NOT NULL, amount @INT NOT NULL, state @INT NOT NULL CHECK(state IN(0, 1,"
     " 2, 3)), made_ms @INT NOT NULL) @END;"
     "CREATE INDEX payout_cause ON payout(cause, state);"
     "CREATE INDEX payout_state ON payout(state, id);"
     "CREATE TABLE version(purse @TEXT NOT NULL PRIMARY KEY, version @INT NOT NULL) @END;"
     "CREATE TABLE redemption(purse @TEXT NOT NULL, unit @INT NOT NULL, state_number @INT NOT"
     " NULL, before @INT NOT NULL, amount @INT NOT NULL, object @BLOB NOT NULL, state @INT NOT"
     " NULL CHECK(state IN(0, 1, 2)), PRIMARY KEY(purse, unit, state_number)) @END;"
     "CREATE TABLE mark(mark @BLOB NOT NULL PRIMARY KEY, roles @INT NOT NULL,"
     " until @INT NOT NULL) @END;"
     "CREATE TABLE list(audience @TEXT NOT NULL PRIMARY KEY, version @INT NOT NULL,"
     " object @BLOB NOT NULL, marks @BLOB NOT NULL) @END;"
     "CREATE TABLE cursor(account @TEXT NOT NULL PRIMARY KEY, line @INT NOT NULL) @END;"
     "CREATE TABLE finding(id @TEXT NOT NULL PRIMARY KEY, word @TEXT NOT NULL, purse @TEXT NOT"
     " NULL, day @INT NOT NULL) @END;",
     NULL},
    {3,
     "CREATE TABLE claim(purse @TEXT NOT NULL, unit @INT NOT NULL, since @INT NOT NULL,"
     " PRIMARY KEY(purse, unit)) @END;"
     "CREATE TABLE scheme(unit @INT NOT NULL PRIMARY KEY, party @TEXT NOT NULL, worth @INT NOT"
     " NULL, money @INT NOT NULL) @END;",
     NULL},
    {4, "DROP INDEX usage_payee;", NULL}, // nobody asked it
    {5,
     // see version 5 of the common tables
     "CREATE TABLE usage_5(payer @TEXT NOT NULL, counter @INT NOT NULL, payee @TEXT NOT NULL,"
     " n @INT NOT NULL, unit @INT NOT NULL, amount @INT NOT NULL, serial @INT NOT NULL,"
     " sale @INT NOT NULL, state_number @INT NOT NULL, spent @INT NOT NULL, digest @BLOB NOT NULL,"
     " state @INT NOT NULL CHECK(state IN(0, 1, 2)), settled @INT NOT NULL,"
     " PRIMARY KEY(payer, counter)) @END, WITHOUT ROWID;"
     "INSERT INTO usage_5 SELECT payer, counter, payee, n, unit, amount, serial, sale,"
     " state_number, spent, digest, state, settled FROM usage ORDER BY payer, counter;"
     "DROP TABLE usage;"
     "ALTER TABLE usage_5 RENAME TO usage;"
     "CREATE TABLE number_5(payee @TEXT NOT NULL, n @INT NOT NULL, payer @TEXT NOT NULL,"
     " counter @INT NOT NULL, outcome @INT NOT NULL CHECK(outcome IN(1, 2)), unit @INT NOT NULL,"
     " amount @INT NOT NULL, kind @INT NOT NULL, policy @BLOB, word @TEXT, digest @BLOB NOT NULL,"
     " refunded @INT NOT NULL, settled @INT NOT NULL, ordered @INT NOT NULL, batch @INT NOT NULL,"
     " PRIMARY KEY(payee, n)) @END, WITHOUT ROWID;"
     "INSERT INTO number_5 SELECT payee, n, payer, counter, outcome, unit, amount, kind, policy,"
     " word, digest, refunded, settled, ordered, batch FROM number ORDER BY payee, n;"
     "DROP TABLE number;"
     "ALTER TABLE number_5 RENAME TO number;",
     "sqlite"},
    {6,
     "CREATE TABLE shown(payee @TEXT NOT NULL, number @INT NOT NULL, digest @BLOB NOT NULL,"
     " state @INT NOT NULL CHECK(state IN(1, 2)), object @BLOB NOT NULL,"
     " PRIMARY KEY(payee, number)) @END;"
     "CREATE TABLE restored(name @TEXT NOT NULL PRIMARY KEY, until @INT NOT NULL) @END;",
     NULL},
};

// A list of the operator's page: key, number, two texts, an amount and its unit, one more text; a
// hundred behind a key and number.
#define LIST_FROM(key, number, cells, from, where)                                                 \
    {                                                                                              \
        "SELECT " key ", CAST(" number " AS BIGINT), " cells " FROM " from " WHERE " where key     \
        " >= $1 AND (" key ", " number ") > ($1, $2) ORDER BY 1, 2 LIMIT 100",                     \
            "ti", "titTIIT"                                                                        \
    }
#define NO_AMOUNT "CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)"
#define NO_TEXT   "CAST(NULL AS TEXT)"
#define PAYOUTS_OF(state)                                                                          \
    LIST_FROM("id", "0", "cause, party, amount, unit, " NO_TEXT, "payout", "state = " state " AND ")
#define USAGE_CELLS "payee, CAST(n AS TEXT), amount, unit, " NO_TEXT
#define PURSE_CELLS "enterprise, user_id, " NO_AMOUNT ", host"
#define CALL_CELLS  "target, endpoint, " NO_AMOUNT ", CAST(tries AS TEXT)"

const struct statement clearing_sql[CLEARING_SQL] = {
    [PURSE_ADD] = {"INSERT INTO purse(" PURSE ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                   " $11, $12, $13, $14, $15, $16, 0, 0) ON CONFLICT DO NOTHING RETURNING id",
                   "tbbittTTIIIIIIIb", "t"},
    [PURSE_SET] =
        {"UPDATE purse SET certificate = $3, roles = $4, enterprise = $5, host = $6,"
         " user_id = $7, device_id = $8, limit_balance = $9, limit_single = $10,"
         " no_pin_single = $11, no_pin_sum = $12, no_pin_count = $13,"
         " offline_count = $14, offline_sum = $15, authority = $16 WHERE id = $1 AND point = $2"
         " RETURNING id",
         "tbbittTTIIIIIIIb", "t"},
    [PURSE_READ] = {"SELECT point, certificate, roles, enterprise, user_id, device_id,"
                    " limit_balance, limit_single, no_pin_single, no_pin_sum, no_pin_count,"
                    " offline_count, offline_sum, state, listed FROM purse WHERE id = $1",
                    "t", "bbitTTIIIIIIIii"},
    [PURSE_CHAIN] = {"SELECT authority, certificate FROM purse WHERE id = $1", "t", "bb"},
    [PURSE_HOST] = {"SELECT host FROM purse WHERE id = $1", "t", "t"},
    [PARTY_SET] = {"INSERT INTO party(id, account) VALUES($1, $2)"
                   " ON CONFLICT(id) DO UPDATE SET account = $2",
                   "tt", ""},
    [PARTY_READ] = {"SELECT account FROM party WHERE id = $1", "t", "t"},
    [POLICY_ADD] = {"INSERT INTO policy(hash, octets) VALUES($1, $2) ON CONFLICT DO NOTHING", "bb",
                    ""},
    [POLICY_READ] = {"SELECT octets FROM policy WHERE hash = $1", "b", "b"},
    [INCOMING_ADD] = {"INSERT INTO incoming(transfer, purse, unit, amount) VALUES($1, $2, $3, $4)"
                      " ON CONFLICT DO NOTHING RETURNING transfer",
                      "ttii", "t"},
    [INCOMING_READ] = {"SELECT purse, unit, amount FROM incoming WHERE transfer = $1", "t", "tii"},
    [CHALLENGE_ADD] = {"INSERT INTO challenge(id, purse, used, expiry_ms)"
                       " VALUES($1, $2, NULL, $3)",
                       "bti", ""},
    [CHALLENGE_READ] = {"SELECT used, expiry_ms FROM challenge WHERE id = $1 AND purse = $2", "bt",
                        "Bi"},
    [CHALLENGE_USE] = {"UPDATE challenge SET used = $2 WHERE id = $1", "bb", ""},
    [STATEMENT_READ] = {"SELECT state_number, counter, issued, loaded, recredited, spent, redeemed"
                        " FROM statement WHERE purse = $1 AND unit = $2",
                        "ti", "iiiiiii"},
    [STATEMENT_SET] = {"INSERT INTO statement(purse, unit, state_number, counter, issued, loaded,"
                       " recredited, spent, redeemed) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                       " ON CONFLICT(purse, unit) DO UPDATE SET state_number = $3, counter = $4,"
                       " issued = $5, loaded = $6, recredited = $7, spent = $8, redeemed = $9",
                       "tiiiiiiii", ""},
    [STATEMENT_RAISE] = {"INSERT INTO statement(purse, unit, state_number, counter, issued, loaded,"
                         " recredited, spent, redeemed) VALUES($1, $2, 0, 0, $3, 0, 0, 0, 0)"
                         " ON CONFLICT(purse, unit) DO UPDATE SET issued = $3",
                         "tii", ""},
    [USAGE_NEWEST] = {"SELECT counter, state_number FROM usage WHERE payer = $1"
                      " ORDER BY counter DESC LIMIT 1",
                      "t", "ii"},
    [USAGE_SETTLED] = {"SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT),"
                       " CAST(COALESCE(SUM(amount * settled), 0) AS BIGINT)"
                       " FROM usage WHERE payer = $1 AND unit = $2 AND state <> 2",
                       "ti", "ii"},
    [ISSUE_ADD] = {"INSERT INTO issue(digest, purse, unit, serial, revision, state_number, before,"
                   " amount, expiry, object, state, made_ms)"
                   " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)",
                   "btiiiiiiibi", ""},
    [ISSUE_OPEN] = {"SELECT digest, state_number, before, amount, expiry, object, serial, revision"
                    " FROM issue WHERE purse = $1 AND unit = $2 AND state = 0"
                    " ORDER BY state_number DESC, amount DESC, made_ms DESC, digest",
                    "ti", "biiiibii"},
    [ISSUE_END] = {"UPDATE issue SET state = CASE WHEN amount = $3 OR $4 = 1 THEN 1 ELSE 2 END"
                   " WHERE purse = $1 AND unit = $2 AND state = 0 AND state_number <= $5",
                   "tiiii", ""},
    [ISSUE_FIND] = {"SELECT state FROM issue WHERE digest = $1", "b", "i"},
    [ISSUE_GREATEST] = {"SELECT COALESCE(MAX(amount), 0) FROM issue WHERE purse = $1 AND unit = $2"
                        " AND state_number = $3 AND state = 0",
                        "tii", "i"},
    [ISSUE_NEWEST] = {"SELECT object FROM issue WHERE purse = $1 AND unit = $2 AND state <> 2"
                      " ORDER BY serial DESC, revision DESC, amount DESC LIMIT 1",
                      "ti", "b"},
    [ISSUE_SERIAL] = {"SELECT COALESCE(MAX(serial), 0) FROM issue WHERE purse = $1", "t", "i"},
    [USAGE_ADD] = {"INSERT INTO usage(payer, counter, payee, n, unit, amount, serial, sale,"
                   " state_number, spent, digest, state, settled)"
                   " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)"
                   " ON CONFLICT DO NOTHING",
                   "titiiiiiiibi", ""},
    [USAGE_READ] = {"SELECT digest, state FROM usage WHERE payer = $1 AND counter = $2", "ti",
                    "bi"},
    [USAGE_DROP] = {"DELETE FROM usage WHERE payer = $1 AND counter = $2", "ti", ""},
    [USAGE_END] = {"UPDATE usage SET state = $3 WHERE payer = $1 AND counter = $2", "tii", ""},
    [USAGE_SETTLE] = {"UPDATE usage SET settled = 1 WHERE payer = $1 AND counter = $2", "ti", ""},
    [USAGE_BEFORE] = {"SELECT spent, state_number FROM usage WHERE payer = $1 AND unit = $2 AND"
                      " counter < $3 ORDER BY counter DESC LIMIT 1",
                      "tii", "ii"},
    [USAGE_AFTER] = {"SELECT spent, amount, state_number FROM usage WHERE payer = $1 AND unit = $2"
                     " AND counter > $3 ORDER BY counter LIMIT 1",
                     "tii", "iii"},
    [USAGE_TOTAL] = {"SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM usage WHERE payer = $1"
                     " AND unit = $2",
                     "ti", "i"},
    [USAGE_UNTIL] =
        {"SELECT CAST(COALESCE(SUM(CASE WHEN counter < $3 THEN amount ELSE 0 END), 0) AS BIGINT),"
         " CAST(COALESCE(SUM(CASE WHEN counter < $3 AND state = 2 THEN amount ELSE 0 END), 0) AS"
         " BIGINT),"
         " CAST(COALESCE(SUM(CASE WHEN counter >= $3 AND sale BETWEEN 1 AND $4 THEN 1 ELSE 0 END),"
         " 0) AS BIGINT) FROM usage WHERE payer = $1 AND unit = $2",
         "tiii", "iii"},
    [TWIN_ADD] = {"INSERT INTO twin(payer, counter, digest, payee, n, amount)"
                  " VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING payer",
                  "tibtii", "t"},
    [NUMBER_ADD] = {"INSERT INTO number(payee, n, payer, counter, outcome, unit, amount, kind,"
                    " policy, word, digest, refunded, settled, ordered, batch)"
                    " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, 0, 0)"
                    " ON CONFLICT DO NOTHING",
                    "titiiiiiBTb", ""},
    [NUMBER_END] = {"SELECT digest FROM number WHERE payee = $1 AND n = $2", "ti", "b"},
    [NUMBER_REFUND] = {"UPDATE number SET refunded = refunded + $5 WHERE payee = $1 AND n = $2 AND"
                       " payer = $3 AND unit = $4 AND outcome = 1 AND amount - refunded >= $5",
                       "titii", ""},
    [NUMBER_RESTORE] = {"UPDATE number SET refunded = refunded - $3 WHERE payee = $1 AND n = $2",
                        "tii", ""},
    [NUMBER_RANGE] = {"SELECT n, outcome FROM number WHERE payee = $1 AND n >= $2 AND n <= $3"
                      " ORDER BY n",
                      "tii", "ii"},
    [NUMBER_TOTAL] = {"SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM number WHERE payee ="
                      " $1 AND unit = $2 AND outcome = 1",
                      "ti", "i"},
    [NUMBER_UNTIL] = {"SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM number WHERE payee ="
                      " $1 AND unit = $2 AND outcome = 1 AND n <= $3",
                      "tii", "i"},
    [NUMBER_DUE] =
        {"SELECT n, payer, counter, unit, amount, amount - refunded - settled, kind,"
         " policy, word, (SELECT CAST(COALESCE(SUM(u.amount), 0) AS BIGINT) FROM usage u"
         " WHERE u.payer = number.payee AND u.sale = number.n AND u.state = 2) FROM number"
         " WHERE payee = $1 AND n <= $2 AND outcome = 1"
         " AND amount - refunded > settled ORDER BY n",
         "ti", "itiiiiiBTi"},
    [NUMBER_SETTLE] = {"UPDATE number SET settled = settled + $3, batch = $4 WHERE payee = $1 AND"
                       " n = $2",
                       "tiii", ""},
    [BATCH_ADD] = {"INSERT INTO batch(payee, number, first_n, last_n, digest, state, object, day)"
                   " VALUES($1, $2, $3, $4, $5, $6, $7, $8)",
                   "tiiibibi", ""},
    [BATCH_SUM] = {"INSERT INTO batch_sum(payee, number, unit, amount) VALUES($1, $2, $3, $4)",
                   "tiii", ""},
    [BATCH_READ] = {"SELECT digest, state, object FROM batch WHERE payee = $1 AND number = $2",
                    "ti", "bib"},
    [BATCH_NEWEST] = {"SELECT COALESCE(MAX(number), 0),"
                      " COALESCE(MAX(CASE WHEN state = 1 THEN last_n ELSE 0 END), 0)"
                      " FROM batch WHERE payee = $1",
                      "t", "ii"},
    [BATCH_TOTAL] = {"SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM batch_sum WHERE payee ="
                     " $1 AND unit = $2",
                     "ti", "i"},
    [SUSPENSE_ADD] = {"INSERT INTO suspense(payee, n, batch, unit, amount, word, payer, outcome)"
                      " VALUES($1, $2, $3, $4, $5, $6, $7, NULL)",
                      "tiiiitt", ""},
    [PAYOUT_ADD] = {"INSERT INTO payout(id, cause, party, unit, amount, state, made_ms)"
                    " VALUES($1, $2, $3, $4, $5, 0, $6)"
                    " ON CONFLICT(id) DO UPDATE SET amount = payout.amount + $5",
                    "tttiii", ""},
    [PAYOUT_WAITING] = {"SELECT p.id, p.party, p.unit, p.amount, a.account FROM payout p, party a"
                        " WHERE a.id = p.party AND p.state = 0 AND (p.cause = $1 OR $1 = '')"
                        " ORDER BY p.id LIMIT 100",
                        "t", "ttiit"},
    [PAYOUT_STATE] = {"UPDATE payout SET state = $2, amount = $3 WHERE id = $1", "tii", ""},
    [PAYOUT_READ] = {"SELECT party, unit, amount, state FROM payout WHERE id = $1", "t", "tiii"},
    [PURSE_LIST] = {"UPDATE purse SET state = 1, listed = $2 WHERE id = $1 AND state = 0", "ti",
                    ""},
    [CURSOR_READ] = {"SELECT line FROM cursor WHERE account = $1", "t", "i"},
    [CURSOR_SET] = {"INSERT INTO cursor(account, line) VALUES($1, $2)"
                    " ON CONFLICT(account) DO UPDATE SET line = $2",
                    "ti", ""},
    [PURSE_END] = {"UPDATE purse SET state = 2 WHERE id = $1", "t", ""},
    [VERSION_READ] = {"SELECT version FROM version WHERE purse = $1", "t", "i"},
    [VERSION_SET] = {"INSERT INTO version(purse, version) VALUES($1, $2)"
                     " ON CONFLICT(purse) DO UPDATE SET version = $2",
                     "ti", ""},
    [REDEMPTION_ADD] = {"INSERT INTO redemption(purse, unit, state_number, before, amount, object,"
                        " state) VALUES($1, $2, $3, $4, $5, $6, 0)",
                        "tiiiib", ""},
    [REDEMPTION_FIND] = {"SELECT state FROM redemption WHERE purse = $1 AND unit = $2 AND"
                         " state_number = $3",
                         "tii", "i"},
    [SHOWN_ADD] = {"INSERT INTO shown(payee, number, digest, state, object)"
                   " VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                   "tibib", ""},
    [SHOWN_READ] = {"SELECT digest, state, object FROM shown WHERE payee = $1 AND number = $2",
                    "ti", "bib"},
    [RESTORED_SET] = {"INSERT INTO restored(name, until) VALUES('books', $1)"
                      " ON CONFLICT(name) DO UPDATE SET until = $1",
                      "i", ""},
    [RESTORED_READ] = {"SELECT until FROM restored WHERE name = 'books'", "", "i"},
    [REDEMPTION_OPEN] = {"SELECT state_number, before, amount, object FROM redemption WHERE purse ="
                         " $1 AND unit = $2 AND state = 0 ORDER BY state_number DESC LIMIT 1",
                         "ti", "iiib"},
    [REDEMPTION_END] = {"UPDATE redemption SET state = $4 WHERE purse = $1 AND unit = $2 AND"
                        " state_number = $3",
                        "tiii", ""},
    [NUMBER_ORDER] = {"UPDATE number SET ordered = ordered + $3 WHERE payee = $1 AND n = $2 AND"
                      " settled - ordered >= $3 AND NOT EXISTS(SELECT 1 FROM suspense WHERE"
                      " suspense.payee = $1 AND suspense.n = $2 AND COALESCE(suspense.outcome, '')"
                      " <> 'pay') RETURNING payer, unit, ordered",
                      "tii", "tii"},
    [POSTING_FIND] = {"SELECT kind FROM transfer WHERE id = $1", "t", "t"},
    [ISSUE_EXPIRY] = {"SELECT COALESCE(MAX(expiry), 0) FROM issue WHERE purse = $1 AND state <> 2",
                      "t", "i"},
    [MARK_ADD] = {"INSERT INTO mark(mark, roles, until) VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
                  "bii", ""},
    [MARK_LIST] = {"SELECT mark FROM mark WHERE until >= $1 ORDER BY CASE WHEN roles = $2 THEN 0"
                   " ELSE 1 END, until DESC, mark",
                   "ii", "b"},
    [LIST_SET] = {"INSERT INTO list(audience, version, object, marks) VALUES($1, $2, $3, $4)"
                  " ON CONFLICT(audience) DO UPDATE SET version = $2, object = $3, marks = $4",
                  "tibb", ""},
    [LIST_VERSION] = {"SELECT version FROM list WHERE audience = $1", "t", "i"},
    [LIST_READ] = {"SELECT object, marks FROM list WHERE audience = $1", "t", "bb"},
    [STATUS_COUNTS] =
        {"SELECT 'purses' AS word, count(*) AS n FROM purse"
         " UNION ALL SELECT 'listed', count(*) FROM purse WHERE state = 1"
         " UNION ALL SELECT 'transfers', count(*) FROM incoming"
         " UNION ALL SELECT 'open-issue-logs', count(*) FROM issue WHERE state = 0"
         " UNION ALL SELECT 'logs', count(*) FROM usage"
         " UNION ALL SELECT 'under-way', count(*) FROM usage WHERE state = 0"
         " UNION ALL SELECT 'batches', count(*) FROM batch WHERE state = 1"
         " UNION ALL SELECT 'suspense', count(*) FROM suspense WHERE outcome IS NULL"
         " UNION ALL SELECT 'payouts-waiting', count(*) FROM payout WHERE state = 0"
         " UNION ALL SELECT 'payouts-ordered', count(*) FROM payout WHERE state = 1"
         " UNION ALL SELECT 'payouts-done', count(*) FROM payout WHERE state = 2"
         " UNION ALL SELECT 'payouts-refused', count(*) FROM payout WHERE state = 3"
         " UNION ALL SELECT 'findings', count(*) FROM finding"
         " UNION ALL SELECT 'calls-for-a-person', count(*) FROM outbox WHERE state = 2"
         " UNION ALL SELECT 'calls-due', count(*) FROM outbox WHERE state = 0"
         " ORDER BY word",
         "", "ti"},
    // What is kept (ledger.h), so that it does not grow with the postings.
    [STATUS_BALANCES] = {"SELECT kind, unit, CAST(SUM(kept) AS BIGINT) FROM (SELECT kind, unit,"
                         " posted AS kept FROM ledger_account UNION ALL SELECT a.kind, a.unit,"
                         " f.balance * a.side FROM fold f JOIN ledger_account a ON a.id = f.account"
                         " UNION ALL SELECT a.kind, a.unit, u.amount * a.side FROM unfolded u JOIN"
                         " ledger_account a ON a.id = u.account) b GROUP BY kind, unit"
                         " ORDER BY kind, unit",
                         "", "tii"},
    [TRACE_USAGE] = {"SELECT payee, n, state, digest, amount FROM usage WHERE payer = $1 AND"
                     " counter = $2",
                     "ti", "tiibi"},
    [TRACE_NUMBER] = {"SELECT digest, refunded, settled, batch, word FROM number WHERE payee = $1"
                      " AND n = $2",
                      "ti", "biiiT"},
    [PAYOUT_LIST] = {"SELECT id, cause, party, unit, amount, state FROM payout WHERE id > $1"
                     " ORDER BY id LIMIT 100",
                     "t", "tttiii"},
    [SUSPENSE_LIST] = {"SELECT payee, n, batch, unit, amount, word, payer FROM suspense WHERE"
                       " outcome IS NULL ORDER BY payee, n, batch, unit LIMIT 100",
                       "", "tiiiitt"},
    [SUSPENSE_END] = {"UPDATE suspense SET outcome = $5 WHERE payee = $1 AND n = $2 AND batch = $3"
                      " AND unit = $4 AND outcome IS NULL RETURNING amount, payer",
                      "tiiit", "it"},
    [PAGE_VOLUME] = {"SELECT b.day, s.unit, count(*), CAST(SUM(s.amount) AS BIGINT) FROM batch b,"
                     " batch_sum s WHERE b.state = 1 AND b.day >= $1 AND s.payee = b.payee AND"
                     " s.number = b.number GROUP BY b.day, s.unit ORDER BY b.day DESC, s.unit",
                     "i", "iiii"},
    [PAGE_HOTLISTS] = {"SELECT audience, version, object FROM list ORDER BY audience", "", "tib"},
    [PAGE_PURSES] = LIST_FROM("id", "0", PURSE_CELLS, "purse", ""),
    [PAGE_LISTED] = LIST_FROM("id", "0", PURSE_CELLS, "purse", "state = 1 AND "),
    [PAGE_TRANSFERS] =
        LIST_FROM("transfer", "0", "purse, " NO_TEXT ", amount, unit, " NO_TEXT, "incoming", ""),
    [PAGE_ISSUES] = LIST_FROM("purse", "unit",
                              "serial || '.' || revision, CAST(expiry AS TEXT), amount, unit,"
                              " " NO_TEXT,
                              "issue", "state = 0 AND "),
    [PAGE_LOGS] = LIST_FROM("payer", "counter", USAGE_CELLS, "usage", ""),
    [PAGE_UNDER_WAY] = LIST_FROM("payer", "counter", USAGE_CELLS, "usage", "state = 0 AND "),
    [PAGE_BATCHES] = LIST_FROM(
        "payee", "number", "first_n || '-' || last_n, CAST(day AS TEXT), " NO_AMOUNT ", " NO_TEXT,
        "batch", "state = 1 AND "),
    [PAGE_SUSPENSE] =
        LIST_FROM("(payee || '/' || n || '/' || batch || '/' || unit)", "0",
                  "word, payer, amount, unit, " NO_TEXT, "suspense", "outcome IS NULL AND "),
    [PAGE_PAYOUTS_WAITING] = PAYOUTS_OF("0"),
    [PAGE_PAYOUTS_ORDERED] = PAYOUTS_OF("1"),
    [PAGE_PAYOUTS_DONE] = PAYOUTS_OF("2"),
    [PAGE_PAYOUTS_REFUSED] = PAYOUTS_OF("3"),
    [PAGE_FINDINGS] =
        LIST_FROM("id", "0", "word, purse, " NO_AMOUNT ", CAST(day AS TEXT)", "finding", ""),
    [PAGE_CALLS_DUE] = LIST_FROM("id", "0", CALL_CELLS, "outbox", "state = 0 AND "),
    [PAGE_CALLS_PERSON] = LIST_FROM("id", "0", CALL_CELLS, "outbox", "state = 2 AND "),
    [PAGE_ACCOUNTS] = LIST_FROM("id", "0",
                                "owner, " NO_TEXT ", CAST(posted + COALESCE((SELECT f.balance *"
                                " a.side FROM fold f WHERE f.account = a.id), 0) +"
                                " COALESCE((SELECT SUM(u.amount) * a.side FROM unfolded u WHERE"
                                " u.account = a.id), 0) AS BIGINT), unit, " NO_TEXT,
                                "ledger_account a", ""),
    [SCHEME_ADD] = {"INSERT INTO scheme(unit, party, worth, money) VALUES($1, $2, $3, $4)"
                    " ON CONFLICT DO NOTHING RETURNING unit",
                    "itii", "i"},
    [SCHEME_READ] = {"SELECT party, worth, money FROM scheme WHERE unit = $1", "i", "tii"},
    [SCHEME_IN] = {"SELECT unit FROM scheme WHERE money = $1 OR unit = $2 ORDER BY unit LIMIT 1",
                   "ii", "i"},
    [SCHEME_OF] = {"SELECT unit FROM scheme WHERE party = $1 AND money = $2 ORDER BY unit LIMIT 1",
                   "ti", "i"},
    [CLAIM_ADD] = {"INSERT INTO claim(purse, unit, since) VALUES($1, $2, $3)"
                   " ON CONFLICT DO NOTHING",
                   "tii", ""},
    [CLAIM_END] = {"DELETE FROM claim WHERE purse = $1 AND unit = $2", "ti", ""},
    [CLAIM_SINCE] = {"SELECT since FROM claim WHERE purse = $1 AND unit = $2", "ti", "i"},
    [FINDING_ADD] = {"INSERT INTO finding(id, word, purse, day) VALUES($1, $2, $3, $4)"
                     " ON CONFLICT DO NOTHING",
                     "ttti", ""},
    [CLAIM_OVERDUE] = {"INSERT INTO finding(id, word, purse, day) SELECT 'claim:' || purse || ':'"
                       " || CAST(unit AS TEXT) || ':' || CAST(since AS TEXT), 'claim', purse, $2"
                       " FROM claim WHERE since < $1 ON CONFLICT DO NOTHING",
                       "ii", ""},
};
must_cover(clearing_sql, CLEARING_SQL);
