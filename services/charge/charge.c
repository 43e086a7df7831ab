// SPDX-License-Identifier: Apache-2.0
#include "services/charge/charge_private.h"

#include "base/must.h"
#include "services/wire/api/bank_api.h"
#include "services/wire/api/registry_api.h"

const struct migration charge_migrations[] = {
    {1,
     "CREATE TABLE setting(name @TEXT NOT NULL PRIMARY KEY, account @TEXT NOT NULL,"
     " unit @INT NOT NULL, zone @INT NOT NULL, registry @INT NOT NULL) @END;"
     "CREATE TABLE tariff(id @TEXT NOT NULL, first_month @INT NOT NULL, last_month @INT NOT NULL,"
     " basic @INT NOT NULL, call_seconds @INT NOT NULL, call_amount @INT NOT NULL,"
     " packet_count @INT NOT NULL, packet_amount @INT NOT NULL, PRIMARY KEY(id, first_month)) @END;"
     "CREATE TABLE subscriber(phone @TEXT NOT NULL PRIMARY KEY, mail @TEXT NOT NULL UNIQUE,"
     " trm @TEXT NOT NULL UNIQUE, tariff @TEXT NOT NULL, separate @INT NOT NULL) @END;"
     "CREATE TABLE monthly(phone @TEXT NOT NULL @REF subscriber(phone), line @INT NOT NULL,"
     " text @TEXT NOT NULL, amount @INT NOT NULL, PRIMARY KEY(phone, line)) @END;"
     "CREATE TABLE payee(enterprise @TEXT NOT NULL PRIMARY KEY, account @TEXT NOT NULL) @END;"
     "CREATE TABLE usage(source @TEXT NOT NULL, n @INT NOT NULL, phone @TEXT NOT NULL,"
     " kind @TEXT NOT NULL, quantity @INT NOT NULL, at_ms @INT NOT NULL, month @INT NOT NULL,"
     " charge @INT NOT NULL, billed @INT NOT NULL, PRIMARY KEY(source, n)) @END;"
     "CREATE INDEX usage_open ON usage(phone, billed, month);"
     "CREATE TABLE docket(sale @TEXT NOT NULL PRIMARY KEY, kind @TEXT NOT NULL,"
     " text @TEXT NOT NULL, trm @TEXT NOT NULL, mail @TEXT NOT NULL, enterprise @TEXT NOT NULL,"
     " number @TEXT, instance @TEXT, ticket @BLOB NOT NULL, challenge @BLOB NOT NULL,"
     " amount @INT NOT NULL, unit @INT NOT NULL, date @INT NOT NULL, state @INT NOT NULL,"
     " word @TEXT, answer @BLOB, transfer @TEXT) @END;"
     "CREATE TABLE content_charge(sale @TEXT NOT NULL PRIMARY KEY, phone @TEXT NOT NULL,"
     " kind @TEXT NOT NULL, text @TEXT NOT NULL, date @INT NOT NULL, amount @INT NOT NULL,"
     " month @INT NOT NULL, billed @INT NOT NULL) @END;"
     "CREATE INDEX content_open ON content_charge(phone, billed, month);"
     "CREATE TABLE close(month @INT NOT NULL PRIMARY KEY, next_phone @TEXT NOT NULL,"
     " done @INT NOT NULL, bills @INT NOT NULL, total @INT NOT NULL) @END;"
     "CREATE TABLE bill(phone @TEXT NOT NULL, month @INT NOT NULL, part @TEXT NOT NULL,"
     " total @INT NOT NULL, unit @INT NOT NULL, PRIMARY KEY(phone, month, part)) @END;"
     "CREATE TABLE bill_line(phone @TEXT NOT NULL, month @INT NOT NULL, part @TEXT NOT NULL,"
     " line @INT NOT NULL, kind @TEXT NOT NULL, text @TEXT NOT NULL, date @INT, quantity @INT,"
     " amount @INT NOT NULL, PRIMARY KEY(phone, month, part, line)) @END;",
     NULL},
    {2,
     "CREATE TABLE center(name @TEXT NOT NULL PRIMARY KEY, account @TEXT NOT NULL) @END;"
     "CREATE TABLE secret(phone @TEXT NOT NULL PRIMARY KEY, digest @BLOB NOT NULL,"
     " wrong @INT NOT NULL, wait_ms @INT NOT NULL) @END;"
     "CREATE TABLE deposit(id @TEXT NOT NULL PRIMARY KEY, phone @TEXT NOT NULL,"
     " trm @TEXT NOT NULL, amount @INT NOT NULL, unit @INT NOT NULL, date @INT NOT NULL,"
     " outcome @TEXT NOT NULL, transfer @TEXT) @END;",
     NULL},
};
const size_t charge_migration_count = sizeof charge_migrations / sizeof charge_migrations[0];

#define PRICES "basic, call_seconds, call_amount, packet_count, packet_amount"

const struct statement charge_sql[] = {
    [SETTING_SET] = {"INSERT INTO setting(name, account, unit, zone, registry)"
                     " VALUES('own', $1, $2, $3, $4) ON CONFLICT(name) DO UPDATE SET"
                     " account = excluded.account, unit = excluded.unit, zone = excluded.zone,"
                     " registry = excluded.registry",
                     "tiii", ""},
    [SETTING_READ] = {"SELECT account, unit, zone, registry FROM setting WHERE name = 'own'", "",
                      "tiii"},
    [TARIFF_OVERLAP] = {"SELECT first_month FROM tariff WHERE id = $1 AND first_month <> $2"
                        " AND first_month <= $3 AND last_month >= $2 ORDER BY first_month LIMIT 1",
                        "tii", "i"},
    [TARIFF_SET] = {"INSERT INTO tariff(id, first_month, last_month, " PRICES ")"
                    " VALUES($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT(id, first_month) DO UPDATE"
                    " SET last_month = excluded.last_month, basic = excluded.basic,"
                    " call_seconds = excluded.call_seconds, call_amount = excluded.call_amount,"
                    " packet_count = excluded.packet_count,"
                    " packet_amount = excluded.packet_amount",
                    "tiiiiiii", ""},
    [TARIFF_READ] = {"SELECT " PRICES " FROM tariff WHERE id = $1 AND first_month <= $2"
                     " AND last_month >= $2 ORDER BY first_month LIMIT 1",
                     "ti", "iiiii"},
    [SUBSCRIBER_OTHER] = {"SELECT phone FROM subscriber WHERE phone <> $1 AND"
                          " (mail = $2 OR trm = $3) ORDER BY phone LIMIT 1",
                          "ttt", "t"},
    [SUBSCRIBER_SET] = {"INSERT INTO subscriber(phone, mail, trm, tariff, separate)"
                        " VALUES($1, $2, $3, $4, $5) ON CONFLICT(phone) DO UPDATE SET"
                        " mail = excluded.mail, trm = excluded.trm, tariff = excluded.tariff,"
                        " separate = excluded.separate",
                        "tttti", ""},
    [SUBSCRIBER_READ] = {"SELECT tariff, separate FROM subscriber WHERE phone = $1", "t", "ti"},
    [SUBSCRIBER_OF_TRM] = {"SELECT phone FROM subscriber WHERE trm = $1 AND mail = $2", "tt", "t"},
    [SUBSCRIBER_TRM] = {"SELECT trm FROM subscriber WHERE phone = $1", "t", "t"},
    [SUBSCRIBER_NEXT] = {"SELECT phone FROM subscriber WHERE phone > $1 ORDER BY phone LIMIT 200",
                         "t", "t"},
    [MONTHLY_DROP] = {"DELETE FROM monthly WHERE phone = $1", "t", ""},
    [MONTHLY_ADD] = {"INSERT INTO monthly(phone, line, text, amount) VALUES($1, $2, $3, $4)",
                     "titi", ""},
    [MONTHLY_LIST] = {"SELECT text, amount FROM monthly WHERE phone = $1 ORDER BY line", "t", "ti"},
    [PAYEE_SET] = {"INSERT INTO payee(enterprise, account) VALUES($1, $2)"
                   " ON CONFLICT(enterprise) DO UPDATE SET account = excluded.account",
                   "tt", ""},
    [PAYEE_READ] = {"SELECT account FROM payee WHERE enterprise = $1", "t", "t"},
    [USAGE_ADD] = {"INSERT INTO usage(source, n, phone, kind, quantity, at_ms, month, charge,"
                   " billed) VALUES($1, $2, $3, $4, $5, $6, $7, $8, 0)"
                   " ON CONFLICT DO NOTHING RETURNING n",
                   "tittiiii", "i"},
    [USAGE_READ] = {"SELECT phone, kind, quantity, at_ms FROM usage WHERE source = $1 AND n = $2",
                    "ti", "ttii"},
    [USAGE_THROUGH] = {"SELECT n FROM usage a WHERE source = $1 AND NOT EXISTS (SELECT 1 FROM"
                       " usage b WHERE b.source = a.source AND b.n = a.n + 1) ORDER BY n LIMIT 1",
                       "t", "i"},
    [DOCKET_ADD] = {"INSERT INTO docket(sale, kind, text, trm, mail, enterprise, number, instance,"
                    " ticket, challenge, amount, unit, date, state) VALUES($1, $2, $3, $4, $5, $6,"
                    " $7, $8, $9, $10, $11, $12, $13, 0) ON CONFLICT DO NOTHING RETURNING sale",
                    "ttttttTTbbiii", "t"},
    [DOCKET_READ] = {"SELECT kind, text, trm, mail, enterprise, number, instance, ticket,"
                     " challenge, amount, unit, date, state, word, answer FROM docket"
                     " WHERE sale = $1",
                     "t", "tttttTTbbiiiiTB"},
    [DOCKET_TRM] = {"SELECT trm FROM docket WHERE sale = $1", "t", "t"},
    [DOCKET_DECIDE] = {"UPDATE docket SET state = $2, word = $3, answer = $4 WHERE sale = $1",
                       "tiTb", ""},
    [DOCKET_PAID] = {"UPDATE docket SET transfer = $2 WHERE sale = $1", "tt", ""},
    [CONTENT_ADD] = {"INSERT INTO content_charge(sale, phone, kind, text, date, amount, month,"
                     " billed) VALUES($1, $2, $3, $4, $5, $6, $7, 0)",
                     "ttttiii", ""},
    [CLOSE_LAST] = {"SELECT COALESCE(MAX(month), 0) FROM close", "", "i"},
    [CLOSE_ADD] = {"INSERT INTO close(month, next_phone, done, bills, total)"
                   " VALUES($1, '', 0, 0, 0) ON CONFLICT DO NOTHING",
                   "i", ""},
    [CLOSE_READ] = {"SELECT next_phone, done, bills, total FROM close WHERE month = $1", "i",
                    "tiii"},
    [CLOSE_ADVANCE] = {"UPDATE close SET next_phone = $2, done = $3, bills = bills + $4,"
                       " total = total + $5 WHERE month = $1",
                       "itiii", ""},
    [USAGE_SUMS] = {"SELECT kind, CAST(SUM(quantity) AS BIGINT), CAST(SUM(charge) AS BIGINT)"
                    " FROM usage WHERE phone = $1 AND billed = 0 AND month <= $2"
                    " GROUP BY kind ORDER BY kind",
                    "ti", "tii"},
    [USAGE_BILLED] = {"UPDATE usage SET billed = $2 WHERE phone = $1 AND billed = 0"
                      " AND month <= $2",
                      "ti", ""},
    [CONTENT_LIST] = {"SELECT kind, text, date, amount FROM content_charge WHERE phone = $1"
                      " AND billed = 0 AND month <= $2 ORDER BY date, sale",
                      "ti", "ttii"},
    [CONTENT_BILLED] = {"UPDATE content_charge SET billed = $2 WHERE phone = $1 AND billed = 0"
                        " AND month <= $2",
                        "ti", ""},
    [BILL_ADD] = {"INSERT INTO bill(phone, month, part, total, unit) VALUES($1, $2, $3, $4, $5)",
                  "titii", ""},
    [BILL_LIST] = {"SELECT part, total, unit FROM bill WHERE phone = $1 AND month = $2"
                   " ORDER BY part",
                   "ti", "tii"},
    [LINE_ADD] = {"INSERT INTO bill_line(phone, month, part, line, kind, text, date, quantity,"
                  " amount) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                  "titittIIi", ""},
    [LINE_LIST] = {"SELECT kind, text, date, quantity, amount FROM bill_line WHERE phone = $1"
                   " AND month = $2 AND part = $3 ORDER BY line",
                   "tit", "ttIIi"},
    [SUBSCRIBER_BY_TRM] = {"SELECT phone FROM subscriber WHERE trm = $1", "t", "t"},
    [CENTER_SET] = {"INSERT INTO center(name, account) VALUES('own', $1)"
                    " ON CONFLICT(name) DO UPDATE SET account = excluded.account",
                    "t", ""},
    [CENTER_READ] = {"SELECT account FROM center WHERE name = 'own'", "", "t"},
    [SECRET_SET] = {"INSERT INTO secret(phone, digest, wrong, wait_ms) VALUES($1, $2, 0, 0)"
                    " ON CONFLICT(phone) DO UPDATE SET digest = excluded.digest, wrong = 0,"
                    " wait_ms = 0",
                    "tb", ""},
    [SECRET_READ] = {"SELECT digest, wrong, wait_ms FROM secret WHERE phone = $1", "t", "bii"},
    [SECRET_WRONG] = {"UPDATE secret SET wrong = $2, wait_ms = $3 WHERE phone = $1", "tii", ""},
    [DEPOSIT_ADD] = {"INSERT INTO deposit(id, phone, trm, amount, unit, date, outcome)"
                     " VALUES($1, $2, $3, $4, $5, $6, 'ordered')",
                     "tttiii", ""},
    [DEPOSIT_READ] = {"SELECT phone, trm, amount, unit, date, outcome FROM deposit WHERE id = $1",
                      "t", "ttiiit"},
    [DEPOSIT_END] = {"UPDATE deposit SET outcome = $2, transfer = $3 WHERE id = $1", "ttt", ""},
    [CONTENT_DROP] = {"DELETE FROM content_charge WHERE sale = $1 AND billed = 0 RETURNING phone",
                      "t", "t"},
};
must_cover(charge_sql, CHARGE_SQL);

static const struct handler handlers[] = {
    {&charge_settings, charge_settings_check, charge_settings_transact, NULL},
    {&charge_tariff, charge_tariff_check, charge_tariff_transact, NULL},
    {&charge_subscriber, charge_operator_check, charge_subscriber_transact, NULL},
    {&charge_payee, charge_operator_check, charge_payee_transact, NULL},
    {&charge_usage, NULL, charge_usage_transact, NULL},
    {&charge_docket, charge_docket_check, charge_docket_transact, NULL},
    {&charge_docket_read, NULL, charge_docket_read_transact, &charge_sql[DOCKET_TRM]},
    {&charge_purchase, charge_purchase_check, charge_docket_transact, NULL},
    {&charge_bill, NULL, charge_bill_transact, &charge_sql[SUBSCRIBER_TRM]},
    {&charge_deposits, charge_operator_check, charge_deposits_transact, NULL},
    {&charge_password, charge_password_check, charge_password_transact, NULL},
    {&charge_deposit, charge_deposit_check, charge_deposit_transact, NULL},
    {&charge_close, charge_close_check, charge_close_transact, NULL},
};

static const struct handler replies[] = {
    {&registry_inquiry, charge_inquiry_check, charge_inquiry_reply, NULL},
    {&bank_transfer, NULL, charge_transfer_reply, NULL},
};

const struct service charge_service = {
    .name = "charge",
    .api = &charge_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    SERVICE_TABLE(replies, reply_count, replies),
    .statements = charge_sql,
    .statement_count = CHARGE_SQL,
    SERVICE_TABLE(migrations, migration_count, charge_migrations),
    .party = {.role = ROLE_TELCO},
};
