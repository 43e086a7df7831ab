// SPDX-License-Identifier: Apache-2.0
#include "services/bank/bank_private.h"

#include "base/must.h"
#include "services/wire/api/licence_api.h"

const struct migration bank_migrations[] = {
    {1,
     "CREATE TABLE account(id @TEXT NOT NULL PRIMARY KEY, owner @TEXT NOT NULL,"
     " enterprise @TEXT, unit @INT NOT NULL, notify @TEXT) @END;"
     "CREATE TABLE booking(id @TEXT NOT NULL PRIMARY KEY, sender @TEXT NOT NULL,"
     " client @TEXT NOT NULL, from_account @TEXT, to_account @TEXT NOT NULL @REF account(id),"
     " amount @INT NOT NULL, unit @INT NOT NULL, date @INT, number @TEXT, mail @TEXT,"
     " instance @TEXT, payer @TEXT, booked @INT NOT NULL, notice @INT NOT NULL) @END;"
     "CREATE INDEX booking_from ON booking(from_account);"
     "CREATE INDEX booking_to ON booking(to_account);"
     "CREATE INDEX transfer_digest ON transfer(digest);",
     NULL},
    {2,
     "CREATE INDEX account_owner ON account(owner);"
     "CREATE TABLE docket(sale @TEXT NOT NULL PRIMARY KEY, trm @TEXT NOT NULL,"
     " ticket @BLOB NOT NULL, outcome @TEXT NOT NULL, answer @BLOB) @END;",
     NULL},
};
const size_t bank_migration_count = sizeof bank_migrations / sizeof bank_migrations[0];

const struct statement bank_sql[] = {
    [ACCOUNT_ADD] = {"INSERT INTO account(id, owner, enterprise, unit, notify)"
                     " VALUES($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                     "ttTiT", ""},
    [ACCOUNT_READ] = {"SELECT owner, enterprise, unit, notify FROM account WHERE id = $1", "t",
                      "tTiT"},
    [ACCOUNT_OWNER] = {"SELECT owner FROM account WHERE id = $1", "t", "t"},
    [ACCOUNT_OF_OWNER] = {"SELECT id FROM account WHERE owner = $1 AND unit = $2 ORDER BY id"
                          " LIMIT 1",
                          "ti", "t"},
    [ACCOUNT_OF_ENTERPRISE] = {"SELECT id FROM account WHERE enterprise = $1 AND unit = $2"
                               " ORDER BY id LIMIT 1",
                               "ti", "t"},
    [DOCKET_ADD] = {"INSERT INTO docket(sale, trm, ticket, outcome) VALUES($1, $2, $3, 'asking')"
                    " ON CONFLICT DO NOTHING RETURNING sale",
                    "ttb", "t"},
    [DOCKET_READ] = {"SELECT trm, ticket, outcome, answer FROM docket WHERE sale = $1", "t",
                     "tbtB"},
    [DOCKET_DECIDE] = {"UPDATE docket SET outcome = $2, answer = $3 WHERE sale = $1", "ttb", ""},
    [BOOKING_ADD] = {"INSERT INTO booking(id, sender, client, from_account, to_account, amount,"
                     " unit, date, number, mail, instance, payer, booked, notice)"
                     " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                     "tttTtiiITTTTii", ""},
    [BOOKING_READ] = {"SELECT COALESCE(from_account, 'outside'), to_account, amount, unit, date,"
                      " number, mail, instance, booked, notice FROM booking WHERE id = $1",
                      "t", "ttiiITTTii"},
    [BOOKING_OWNER] = {"SELECT sender FROM booking WHERE id = $1", "t", "t"},
    [BOOKING_LINES] = {"SELECT s.seq, b.id, COALESCE(b.from_account, 'outside'), b.to_account,"
                       " b.amount, b.booked, b.payer FROM seal s JOIN transfer t"
                       " ON t.digest = s.digest JOIN booking b ON b.id = t.id"
                       " WHERE s.seq > $2 AND (b.from_account = $1 OR b.to_account = $1)"
                       " ORDER BY s.seq LIMIT 100",
                       "ti",
                       "ittt"
                       "iiT"},
    [NOTICE_END] = {"UPDATE booking SET notice = $2 WHERE id = $1", "ti", ""},
};
must_cover(bank_sql, BANK_SQL);

static const struct handler handlers[] = {
    {&bank_account, bank_operator_check, bank_account_transact, NULL},
    {&bank_account_read, NULL, bank_account_read_transact, &bank_sql[ACCOUNT_OWNER]},
    {&bank_statement, NULL, bank_statement_transact, &bank_sql[ACCOUNT_OWNER]},
    {&bank_payment, bank_payment_check, bank_booking_transact, NULL},
    {&bank_transfer, bank_transfer_check, bank_booking_transact, &bank_sql[ACCOUNT_OWNER]},
    {&bank_docket, bank_docket_check, bank_docket_transact, NULL},
    {&bank_transfer_read, NULL, bank_transfer_read_transact, &bank_sql[BOOKING_OWNER]},
};

static const struct handler replies[] = {{&licence_settlement, NULL, bank_notice_reply, NULL}};

const struct service bank_service = {
    .name = "bank",
    .api = &bank_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    SERVICE_TABLE(replies, reply_count, replies),
    .statements = bank_sql,
    .statement_count = BANK_SQL,
    SERVICE_TABLE(migrations, migration_count, bank_migrations),
    .party = {.role = ROLE_BANK},
};
