// SPDX-License-Identifier: Apache-2.0
#include "services/core/tables.h"

const struct migration core_migrations[] = {
    {1,
     // answers under the key of their request: a doubled message gets the same one
     "CREATE TABLE request("
     "  sender @TEXT NOT NULL, endpoint @TEXT NOT NULL, id @TEXT NOT NULL,"
     "  body_hash @BLOB NOT NULL, status @INT NOT NULL, answer @BLOB NOT NULL,"
     "  made_ms @INT NOT NULL, PRIMARY KEY(sender, endpoint, id)) @END;"
     "CREATE INDEX request_made ON request(made_ms);",
     NULL},
    {2,
     // signed objects with what verified them; digests that the journal has not chained yet
     "CREATE TABLE object(digest @BLOB NOT NULL PRIMARY KEY, kind @TEXT NOT NULL,"
     "  octets @BLOB NOT NULL, certificates @BLOB NOT NULL, made_ms @INT NOT NULL) @END;"
     "CREATE INDEX object_made ON object(made_ms);"
     "CREATE TABLE unsealed(digest @BLOB NOT NULL PRIMARY KEY) @END;"
     "CREATE TABLE seal(seq @INT NOT NULL PRIMARY KEY, digest @BLOB NOT NULL UNIQUE,"
     "  chain @BLOB NOT NULL) @END;"
     "CREATE TABLE checkpoint(seq @INT NOT NULL PRIMARY KEY, chain @BLOB NOT NULL,"
     "  made_ms @INT NOT NULL, signature @BLOB NOT NULL) @END;"
     // calls that wait for a decision: 0 due, 1 ended, 2 needs a person
     "CREATE TABLE outbox(id @TEXT NOT NULL PRIMARY KEY, target @TEXT NOT NULL,"
     "  endpoint @TEXT NOT NULL, body @BLOB NOT NULL, made_ms @INT NOT NULL,"
     "  due_ms @INT NOT NULL, tries @INT NOT NULL,"
     "  state @INT NOT NULL CHECK(state IN(0, 1, 2)), reply @BLOB) @END;"
     "CREATE INDEX outbox_due ON outbox(state, due_ms, id);"
     // one instance at a time does a job
     "CREATE TABLE keeper(job @TEXT NOT NULL PRIMARY KEY, holder @TEXT NOT NULL,"
     "  until_ms @INT NOT NULL) @END;",
     NULL},
    {3,
     // the ledger: transfers and postings are never changed; held, unfolded and fold follow from
     // them, so that a balance is not the sum of years
     "CREATE TABLE ledger_account(id @TEXT NOT NULL PRIMARY KEY, owner @TEXT NOT NULL,"
     "  kind @TEXT NOT NULL, unit @INT NOT NULL, side @INT NOT NULL CHECK(side IN(-1, 1)),"
     "  floor @INT, posted @INT NOT NULL, lowering @INT NOT NULL) @END;"
     "CREATE TABLE transfer(id @TEXT NOT NULL PRIMARY KEY, kind @TEXT NOT NULL,"
     "  state @INT NOT NULL CHECK(state IN(0, 1, 2)), of @TEXT UNIQUE, chain @TEXT,"
     "  object @BLOB NOT NULL, digest @BLOB NOT NULL, made_ms @INT NOT NULL) @END;"
     "CREATE TABLE posting(transfer @TEXT NOT NULL @REF transfer(id), line @INT NOT NULL,"
     "  account @TEXT NOT NULL @REF ledger_account(id), unit @INT NOT NULL,"
     "  amount @INT NOT NULL CHECK(amount <> 0), PRIMARY KEY(transfer, line)) @END;"
     "CREATE INDEX posting_account ON posting(account, transfer);"
     "CREATE TABLE held(account @TEXT NOT NULL, transfer @TEXT NOT NULL, line @INT NOT NULL,"
     "  amount @INT NOT NULL, PRIMARY KEY(account, transfer, line)) @END;"
     "CREATE INDEX held_transfer ON held(transfer);"
     "CREATE TABLE unfolded(account @TEXT NOT NULL, transfer @TEXT NOT NULL, line @INT NOT NULL,"
     "  amount @INT NOT NULL, PRIMARY KEY(account, transfer, line)) @END;"
     "CREATE TABLE fold(account @TEXT NOT NULL PRIMARY KEY, balance @INT NOT NULL) @END;",
     NULL},
    {4,
     // what verified objects, once for all that it verified: object.certificates is the SHA-256 of
     // it; in rows of earlier versions it is these octets themselves, which are never 32
     "CREATE TABLE signer(digest @BLOB NOT NULL PRIMARY KEY, certificates @BLOB NOT NULL) @END;",
     NULL},
    {5,
     // rows that every payment adds stand in the order of their keys alone, and what ends nothing
     // is in no index: a half of what SQLite wrote for a row
     "CREATE TABLE unsealed_5(digest @BLOB NOT NULL PRIMARY KEY) @END, WITHOUT ROWID;"
     "INSERT INTO unsealed_5 SELECT digest FROM unsealed;"
     "DROP TABLE unsealed;"
     "ALTER TABLE unsealed_5 RENAME TO unsealed;"
     "CREATE TABLE unfolded_5(account @TEXT NOT NULL, transfer @TEXT NOT NULL, line @INT NOT NULL,"
     "  amount @INT NOT NULL, PRIMARY KEY(account, transfer, line)) @END, WITHOUT ROWID;"
     "INSERT INTO unfolded_5 SELECT account, transfer, line, amount FROM unfolded;"
     "DROP TABLE unfolded;"
     "ALTER TABLE unfolded_5 RENAME TO unfolded;"
     "CREATE TABLE transfer_5(id @TEXT NOT NULL PRIMARY KEY, kind @TEXT NOT NULL,"
     "  state @INT NOT NULL CHECK(state IN(0, 1, 2)), of @TEXT, chain @TEXT,"
     "  object @BLOB NOT NULL, digest @BLOB NOT NULL, made_ms @INT NOT NULL) @END, WITHOUT ROWID;"
     "INSERT INTO transfer_5 SELECT id, kind, state, of, chain, object, digest, made_ms FROM"
     "  transfer ORDER BY id;"
     "CREATE TABLE posting_5(transfer @TEXT NOT NULL @REF transfer_5(id), line @INT NOT NULL,"
     "  account @TEXT NOT NULL @REF ledger_account(id), unit @INT NOT NULL,"
     "  amount @INT NOT NULL CHECK(amount <> 0), PRIMARY KEY(transfer, line)) @END, WITHOUT ROWID;"
     "INSERT INTO posting_5 SELECT transfer, line, account, unit, amount FROM posting"
     "  ORDER BY transfer, line;"
     "DROP TABLE posting;"
     "DROP TABLE transfer;"
     "ALTER TABLE transfer_5 RENAME TO transfer;"
     "ALTER TABLE posting_5 RENAME TO posting;"
     "CREATE UNIQUE INDEX transfer_of ON transfer(of) WHERE of IS NOT NULL;"
     "CREATE INDEX posting_account ON posting(account, transfer);",
     "sqlite"},
};
const size_t core_migration_count = sizeof core_migrations / sizeof core_migrations[0];
