// SPDX-License-Identifier: Apache-2.0
#include "services/licence/licence_private.h"

#include "base/files.h"
#include "base/must.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEYS_EVERY_MS = 10000 };

const struct migration licence_migrations[] = {
    {1,
     "CREATE TABLE content_key(content @TEXT NOT NULL PRIMARY KEY, sealed @BLOB NOT NULL,"
     " fingerprint @BLOB NOT NULL, source @TEXT NOT NULL) @END;"
     "CREATE TABLE offer(number @TEXT NOT NULL PRIMARY KEY, terms @BLOB NOT NULL UNIQUE,"
     " serial @INT NOT NULL, content @TEXT NOT NULL @REF content_key(content),"
     " policy_hash @BLOB NOT NULL, amount @INT NOT NULL, unit @INT NOT NULL, plays @INT NOT NULL,"
     " copies @INT NOT NULL, first_day @INT NOT NULL, last_day @INT NOT NULL,"
     " actions @INT NOT NULL, sealed @INT NOT NULL) @END;"
     "CREATE INDEX offer_content ON offer(content, number);"
     "CREATE TABLE sale(instance @TEXT NOT NULL PRIMARY KEY, number @TEXT NOT NULL"
     " @REF offer(number), buyer @TEXT NOT NULL, source_n @INT NOT NULL, header @BLOB NOT NULL,"
     " state @BLOB NOT NULL, made_ms @INT NOT NULL) @END;"
     "CREATE UNIQUE INDEX sale_buyer ON sale(buyer, source_n);"
     "CREATE TABLE unsettled(instance @TEXT NOT NULL PRIMARY KEY @REF sale(instance),"
     " sent_date @INT NOT NULL, number @TEXT NOT NULL, mail @TEXT NOT NULL,"
     " made_ms @INT NOT NULL) @END;"
     "CREATE INDEX unsettled_match ON unsettled(sent_date, number, mail);"
     "CREATE TABLE settled(instance @TEXT NOT NULL PRIMARY KEY @REF sale(instance),"
     " settled_date @INT NOT NULL, by_kind @TEXT NOT NULL, by_object @BLOB NOT NULL) @END;"
     "CREATE TABLE receipt_used(till @TEXT NOT NULL, n @INT NOT NULL, instance @TEXT NOT NULL,"
     " digest @BLOB NOT NULL, PRIMARY KEY(till, n)) @END;"
     "CREATE TABLE notice(sender @TEXT NOT NULL, transfer @TEXT NOT NULL, settled_date @INT NOT"
     " NULL, terms @TEXT NOT NULL, PRIMARY KEY(sender, transfer)) @END;"
     "CREATE TABLE activation(instance @TEXT NOT NULL PRIMARY KEY @REF sale(instance),"
     " object @BLOB NOT NULL) @END;",
     NULL},
    {2,
     "CREATE TABLE conversion(original @BLOB NOT NULL, converter @TEXT NOT NULL,"
     " object @BLOB NOT NULL, PRIMARY KEY(original, converter)) @END;",
     NULL},
    {3,
     "CREATE TABLE sale_order(instance @TEXT NOT NULL PRIMARY KEY, till @TEXT NOT NULL,"
     " number @TEXT NOT NULL @REF offer(number), payer @TEXT NOT NULL, amount @INT NOT NULL,"
     " unit @INT NOT NULL, paid @BLOB, made_ms @INT NOT NULL) @END;",
     NULL},
    {4, "ALTER TABLE offer ADD COLUMN activator @TEXT;", NULL},
    {5, // what was settled before stands without them
     "ALTER TABLE settled ADD COLUMN sent_date @INT;"
     "ALTER TABLE settled ADD COLUMN number @TEXT;"
     "ALTER TABLE settled ADD COLUMN mail @TEXT;",
     NULL},
};
const size_t licence_migration_count = sizeof licence_migrations / sizeof licence_migrations[0];

#define OFFER                                                                                      \
    "number, content, policy_hash, amount, unit, plays, copies, first_day, last_day, actions, "    \
    "sealed, activator"

const struct statement licence_sql[] = {
    [KEY_ADD] = {"INSERT INTO content_key(content, sealed, fingerprint, source)"
                 " VALUES($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING content",
                 "tbbt", "t"},
    [KEY_READ] = {"SELECT fingerprint, sealed FROM content_key WHERE content = $1", "t", "bb"},
    [OFFER_SERIAL] = {"SELECT COALESCE(MAX(serial), 0) + 1 FROM offer", "", "i"},
    [OFFER_ADD] = {"INSERT INTO offer(serial, terms, " OFFER ") VALUES($1, $2, $3, $4, $5, $6, $7,"
                   " $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING RETURNING number",
                   "ibttbiiiiiiiiT", "t"},
    [OFFER_SAME] = {"SELECT number FROM offer WHERE terms = $1", "b", "t"},
    [OFFER_READ] = {"SELECT " OFFER " FROM offer WHERE number = $1", "t", "ttbiiiiiiiiT"},
    [OFFER_LIST] = {"SELECT " OFFER " FROM offer WHERE content = $1 ORDER BY number LIMIT 1000",
                    "t", "ttbiiiiiiiiT"},
    [SALE_BY_BUYER] = {"SELECT instance, header, state FROM sale WHERE buyer = $1 AND source_n ="
                       " $2",
                       "ti", "tbb"},
    [SALE_BY_INSTANCE] = {"SELECT instance, header, state FROM sale WHERE instance = $1", "t",
                          "tbb"},
    [SALE_OWNER] = {"SELECT buyer FROM sale WHERE instance = $1", "t", "t"},
    [SALE_ADD] = {"INSERT INTO sale(instance, number, buyer, source_n, header, state, made_ms)"
                  " VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING instance",
                  "tttibbi", "t"},
    [SALE_REWRAP] = {"UPDATE sale SET source_n = $2, state = $3 WHERE instance = $1", "tib", ""},
    [UNSETTLED_ADD] = {"INSERT INTO unsettled(instance, sent_date, number, mail, made_ms)"
                       " VALUES($1, $2, $3, $4, $5)",
                       "titti", ""},
    [UNSETTLED_FIND] = {"SELECT u.instance FROM unsettled u JOIN offer o ON o.number = u.number"
                        " WHERE u.sent_date = $1 AND u.number = $2 AND u.mail = $3"
                        " AND u.instance = COALESCE($4, u.instance) AND o.amount = $5"
                        " AND o.unit = $6 ORDER BY u.made_ms, u.instance LIMIT 1",
                        "ittTii", "t"},
    [UNSETTLED_TAKE] = {"DELETE FROM unsettled WHERE instance = $1"
                        " RETURNING sent_date, number, mail",
                        "t", "itt"},
    [SETTLED_ADD] = {"INSERT INTO settled(instance, settled_date, by_kind, by_object, sent_date,"
                     " number, mail) VALUES($1, $2, $3, $4, $5, $6, $7)",
                     "titbitt", ""},
    [SETTLED_READ] = {"SELECT settled_date FROM settled WHERE instance = $1", "t", "i"},
    [RECEIPT_ADD] = {"INSERT INTO receipt_used(till, n, instance, digest) VALUES($1, $2, $3, $4)"
                     " ON CONFLICT DO NOTHING RETURNING instance",
                     "titb", "t"},
    [RECEIPT_READ] = {"SELECT instance FROM receipt_used WHERE till = $1 AND n = $2", "ti", "t"},
    [NOTICE_READ] = {"SELECT settled_date, terms FROM notice WHERE sender = $1 AND transfer = $2",
                     "tt", "it"},
    [NOTICE_ADD] = {"INSERT INTO notice(sender, transfer, settled_date, terms)"
                    " VALUES($1, $2, $3, $4)",
                    "ttit", ""},
    [ACTIVATION_READ] = {"SELECT object FROM activation WHERE instance = $1", "t", "b"},
    [ACTIVATION_ADD] = {"INSERT INTO activation(instance, object) VALUES($1, $2)", "tb", ""},
    [ORDER_ADD] = {"INSERT INTO sale_order(instance, till, number, payer, amount, unit, made_ms)"
                   " VALUES($1, $2, $3, $4, $5, $6, $7)",
                   "ttttiii", ""},
    [ORDER_READ] = {"SELECT number, payer, amount, unit, paid FROM sale_order WHERE instance = $1",
                    "t", "ttiiB"},
    [ORDER_OWNER] = {"SELECT till FROM sale_order WHERE instance = $1", "t", "t"},
    [ORDER_PAY] = {"UPDATE sale_order SET paid = $2 WHERE instance = $1 AND paid IS NULL", "tb",
                   ""},
    [CONVERSION_READ] = {"SELECT object FROM conversion WHERE original = $1 AND converter = $2",
                         "bt", "b"},
    [CONVERSION_ADD] = {"INSERT INTO conversion(original, converter, object) VALUES($1, $2, $3)",
                        "btb", ""},
    [CONVERSION_OFFER] = {"SELECT number FROM offer WHERE content = $1 AND policy_hash = $2"
                          " ORDER BY number LIMIT 1",
                          "tb", "t"},
    [VAULT_READ] = {"SELECT value FROM about WHERE name = 'vault'", "", "t"},
    [VAULT_ADD] = {"INSERT INTO about(name, value) VALUES('vault', $1) ON CONFLICT DO NOTHING", "t",
                   ""},
    [VAULT_SAMPLE] = {"SELECT content, sealed FROM content_key ORDER BY content LIMIT 1", "", "tb"},
};
must_cover(licence_sql, LICENCE_SQL);

static const struct handler handlers[] = {
    {&licence_recipient, NULL, licence_recipient_transact, NULL},
    {&licence_key, licence_key_check, licence_key_transact, NULL},
    {&licence_right, licence_right_check, licence_right_transact, NULL},
    {&licence_offers, NULL, licence_offers_transact, NULL},
    {&licence_offer, NULL, licence_offer_transact, NULL},
    {&licence_sale, licence_sale_check, licence_sale_transact, NULL},
    {&licence_sale_read, NULL, licence_sale_read_transact, &licence_sql[SALE_OWNER]},
    {&licence_activation, licence_activation_check, licence_activation_transact,
     &licence_sql[SALE_OWNER]},
    {&licence_settlement, NULL, licence_settlement_transact, NULL},
    {&licence_order, licence_order_check, licence_order_transact, NULL},
    {&licence_payment, licence_payment_check, licence_payment_transact, &licence_sql[ORDER_OWNER]},
    {&licence_cancellation, licence_cancellation_check, licence_cancellation_transact, NULL},
    {&licence_conversion, licence_conversion_check, licence_conversion_transact, NULL},
};

static const struct service_job jobs[] = {{"keys", KEYS_EVERY_MS, licence_keys_job}};

// ---- begin and end -----------------------------------------------------------------------------

static bool take_place(struct licence_state *state, const struct service_place *place,
                       struct failure *failure) {
    if (!files_path(state->keys, sizeof state->keys, place->state, "keys"))
        return fail_errno(failure, "%s", place->state);
    if (mkdir(state->keys, 0700) != 0 && errno != EEXIST)
        return fail_errno(failure, "cannot make the directory %s", state->keys);
    return vault_begin(state, place->state, place->crypto, failure);
}

static void stop(void *context) {
    struct licence_state *state = context;
    revoked_end(state->revoked);
}

static bool start(void *context, const struct service_place *place, struct failure *failure) {
    struct licence_state *state = context;
    if (!take_place(state, place, failure))
        return false;
    state->revoked = revoked_begin(place->state, place->keys->directory, failure);
    return state->revoked != NULL;
}

const struct service licence_service = {
    .name = "licence",
    .api = &licence_api,
    SERVICE_TABLE(handlers, handler_count, handlers),
    .statements = licence_sql,
    .statement_count = LICENCE_SQL,
    SERVICE_TABLE(migrations, migration_count, licence_migrations),
    SERVICE_TABLE(jobs, job_count, jobs),
    .party = {.role = ROLE_SELLER, .enterprise = true},
    .state_size = sizeof(struct licence_state),
    .start = start,
    .stop = stop,
    .claim = vault_claim,
};
