// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/audit/crowd.h"

#include "apdu/object/object.h"
#include "apdu/octets/unit.h"
#include "base/files.h"
#include "services/clearing/clearing.h"
#include "tests/kit/image.h"
#include "tests/kit/services/shop.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AMOUNT = 100 };

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "crowd: %s\n", what);
    exit(1);
}

static void certify(struct crowd *crowd) {
    const struct crypto *crypto = crowd->crypto;
    sample_certify(&crowd->root, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL);
    sample_certify(&crowd->purses, crypto, "PURSES", ROLE_ISSUING | ROLE_PURSES, &crowd->root);
    sample_certify(&crowd->centers, crypto, "CENTERS", ROLE_ISSUING | ROLE_CENTER, &crowd->root);
    sample_certify(&crowd->center, crypto, "center-1", ROLE_CENTER, &crowd->centers);
    sample_certify(&crowd->alice, crypto, "alice-p", ROLE_WALLET, &crowd->purses);
    sample_certify(&crowd->till, crypto, "till-1", ROLE_TILL, &crowd->purses);
    crowd->certificates[0] = crowd->root.certificate;
    crowd->certificates[1] = crowd->centers.certificate;
    crowd->certificates[2] = crowd->center.certificate;
}

static size_t join(const struct crowd *crowd, const struct sample_party *leaf, uint8_t *out) {
    const struct bytes chain[] = {crowd->root.certificate, crowd->purses.certificate,
                                  leaf->certificate};
    size_t size = 0;
    for (size_t i = 0; i < 3; i++) {
        memcpy(out + size, chain[i].data, chain[i].size);
        size += chain[i].size;
    }
    return size;
}

void crowd_open(struct crowd *crowd) {
    *crowd = (struct crowd){.crypto = crypto_openssl_new()};
    must(crowd->crypto != NULL, "no cryptography");
    certify(crowd);
    crowd->alice_size = join(crowd, &crowd->alice, crowd->by_alice);
    crowd->till_size = join(crowd, &crowd->till, crowd->by_till);
}

void crowd_close(struct crowd *crowd) {
    crypto_openssl_free(crowd->crypto);
}

// ---- rows --------------------------------------------------------------------------------------

/// Letters: i a number, t a text, b octets, each one argument.
static void insert(struct crowd *crowd, const char *sql, const char *letters, ...) {
    sqlite3_stmt *row = NULL;
    va_list in;
    must(sqlite3_prepare_v2(crowd->db, sql, -1, &row, NULL) == SQLITE_OK,
         sqlite3_errmsg(crowd->db));
    va_start(in, letters);
    for (int i = 0; letters[i] != '\0'; i++) {
        if (letters[i] == 'i')
            sqlite3_bind_int64(row, i + 1, va_arg(in, int64_t));
        else if (letters[i] == 't')
            sqlite3_bind_text(row, i + 1, va_arg(in, const char *), -1, SQLITE_TRANSIENT);
        else {
            struct bytes octets = va_arg(in, struct bytes);
            sqlite3_bind_blob64(row, i + 1, octets.data, octets.size, SQLITE_TRANSIENT);
        }
    }
    va_end(in);
    must(sqlite3_step(row) == SQLITE_DONE, sqlite3_errmsg(crowd->db));
    sqlite3_finalize(row);
}

static void seal(struct crowd *crowd, const uint8_t digest[SHA256_SIZE]) {
    uint8_t both[2 * SHA256_SIZE];
    memcpy(both, crowd->chain, SHA256_SIZE);
    memcpy(both + SHA256_SIZE, digest, SHA256_SIZE);
    crowd->crypto->ops->sha256(crowd->crypto, BYTES_OF(both), crowd->chain);
    insert(crowd, "INSERT INTO seal VALUES(?, ?, ?)", "ibb", ++crowd->seq,
           bytes_of(digest, SHA256_SIZE), BYTES_OF(crowd->chain));
}

static void keep(struct crowd *crowd, const char *kind, struct bytes object, struct bytes chain,
                 const uint8_t digest[SHA256_SIZE]) {
    uint8_t signer[SHA256_SIZE];
    crowd->crypto->ops->sha256(crowd->crypto, chain, signer);
    insert(crowd, "INSERT OR IGNORE INTO signer VALUES(?, ?)", "bb", BYTES_OF(signer), chain);
    insert(crowd, "INSERT INTO object VALUES(?, ?, ?, ?, 1)", "btbb", bytes_of(digest, SHA256_SIZE),
           kind, object, BYTES_OF(signer));
    seal(crowd, digest);
}

static void post(struct crowd *crowd, int64_t counter, const uint8_t object[SHA256_SIZE]) {
    char id[32], text[512];
    uint8_t digest[SHA256_SIZE];
    snprintf(id, sizeof id, "P:alice-p:%" PRId64, counter);
    int size = snprintf(text, sizeof text, "Tessera/1 transfer\n%s\nusage-log\n1\n\n\n", id);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        size += snprintf(text + size, sizeof text - (size_t)size, "%02X", object[i]);
    size += snprintf(text + size, sizeof text - (size_t)size,
                     "\nPURSE:alice-p:JPY 392 %d\nPURSE:till-1:JPY 392 -%d\n", AMOUNT, AMOUNT);
    crowd->crypto->ops->sha256(crowd->crypto, bytes_of(text, (size_t)size), digest);
    insert(crowd, "INSERT INTO transfer VALUES(?, 'usage-log', 1, NULL, NULL, ?, ?, 1)", "tbb", id,
           bytes_of(object, SHA256_SIZE), BYTES_OF(digest));
    insert(crowd, "INSERT INTO posting VALUES(?, 0, 'PURSE:alice-p:JPY', 392, ?)", "ti", id,
           (int64_t)AMOUNT);
    insert(crowd, "INSERT INTO posting VALUES(?, 1, 'PURSE:till-1:JPY', 392, ?)", "ti", id,
           (int64_t)-AMOUNT);
    seal(crowd, digest);
}

static void purse(struct crowd *crowd, const struct sample_party *party) {
    struct certificate own;
    must(certificate_parse(party->certificate, &own) == CERTIFICATE_OK, "a certificate is none");
    insert(crowd,
           "INSERT INTO purse(id, point, certificate, roles, enterprise, host, authority, state,"
           " listed) VALUES(?, ?, ?, ?, '', ?, ?, 0, 0)",
           "tbbitb", party->holder, bytes_of(own.signing_point, P256_COMPRESSED_SIZE),
           party->certificate, (int64_t)own.roles, party->holder, crowd->purses.certificate);
}

// ---- transfers ---------------------------------------------------------------------------------

static struct bytes sign_usage(struct crowd *crowd, int64_t counter,
                               uint8_t out[CROWD_OBJECT_MAX]) {
    struct object_writer writer;
    struct bytes made = {NULL, 0};
    object_begin(&writer, OBJECT_USAGE_LOG, out, CROWD_OBJECT_MAX);
    object_put(&writer, FIELD_PAYEE, bytes_of_string("till-1"));
    object_put_uint(&writer, FIELD_N, (uint64_t)counter);
    object_put(&writer, FIELD_PAYER, bytes_of_string("alice-p"));
    object_put_uint(&writer, FIELD_COUNTER, (uint64_t)counter);
    object_put_uint(&writer, FIELD_AMOUNT, AMOUNT);
    object_put_unit(&writer, UNIT_JPY);
    object_put(&writer, FIELD_REFERENCE, bytes_of("\2cola", 5));
    object_put_uint(&writer, FIELD_STATE_NUMBER, (uint64_t)counter);
    object_put_uint(&writer, FIELD_ISSUED, 0);
    object_put_uint(&writer, FIELD_LOADED, 0);
    object_put_uint(&writer, FIELD_RECREDITED, 0);
    object_put_uint(&writer, FIELD_SPENT, (uint64_t)counter * AMOUNT);
    must(object_sign(&writer, &crowd->alice.signer, &made), "a usage log cannot be signed");
    return made;
}

static struct bytes sign_receipt(struct crowd *crowd, int64_t n, const uint8_t log[SHA256_SIZE],
                                 uint8_t out[CROWD_OBJECT_MAX]) {
    struct object_writer writer;
    struct bytes made = {NULL, 0};
    object_begin(&writer, OBJECT_RECEIVE_LOG, out, CROWD_OBJECT_MAX);
    object_put(&writer, FIELD_PAYEE, bytes_of_string("till-1"));
    object_put_uint(&writer, FIELD_N, (uint64_t)n);
    object_put(&writer, FIELD_PAYER, bytes_of_string("alice-p"));
    object_put(&writer, FIELD_LOG_HASH, bytes_of(log, SHA256_SIZE));
    must(object_sign(&writer, &crowd->till.signer, &made), "a receive log cannot be signed");
    return made;
}

static void digest_of(const struct crowd *crowd, struct bytes octets, uint8_t out[SHA256_SIZE]) {
    struct object object;
    must(object_decode(octets, &object) && object_digest(&object, crowd->crypto, out),
         "an object has no digest");
}

void crowd_deal(struct crowd *crowd, int64_t i, struct crowd_deal *out) {
    out->usage = sign_usage(crowd, i, out->octets[0]);
    digest_of(crowd, out->usage, out->digests[0]);
    out->receipt = sign_receipt(crowd, i, out->digests[0], out->octets[1]);
    digest_of(crowd, out->receipt, out->digests[1]);
}

static void transfer(struct crowd *crowd, int64_t i) {
    struct crowd_deal deal;
    crowd_deal(crowd, i, &deal);
    const uint8_t *log = deal.digests[0], *end = deal.digests[1];
    keep(crowd, "usage-log", deal.usage, bytes_of(crowd->by_alice, crowd->alice_size), log);
    keep(crowd, "receive-log", deal.receipt, bytes_of(crowd->by_till, crowd->till_size), end);
    insert(
        crowd,
        "INSERT INTO usage VALUES('alice-p', ?1, 'till-1', ?1, 392, ?2, 0, 0, ?1, ?1 * ?2, ?3, 1,"
        " 0)",
        "iib", i, (int64_t)AMOUNT, bytes_of(log, SHA256_SIZE));
    insert(
        crowd,
        "INSERT INTO number VALUES('till-1', ?1, 'alice-p', ?1, 1, 392, ?2, 2, NULL, NULL, ?3, 0,"
        " 0, 0, 0)",
        "iib", i, (int64_t)AMOUNT, bytes_of(end, SHA256_SIZE));
    post(crowd, i, log);
}

static void account(struct crowd *crowd, const char *id, const char *owner, int64_t balance) {
    insert(crowd, "INSERT INTO ledger_account VALUES(?, ?, 'PURSE', 392, -1, NULL, 0, 0)", "tt", id,
           owner);
    insert(crowd, "INSERT INTO fold VALUES(?, ?)", "ti", id, balance);
}

void crowd_fill(struct crowd *crowd, int64_t count, const char *path) {
    struct service_keys keys = {.signer = &crowd->center.signer,
                                .certificates = crowd->certificates,
                                .certificate_count = 3,
                                .scalar = crowd->center.scalar.scalar};
    struct shop shop;
    char made[96];
    shop_use_keys(&keys);
    shop_open(&shop, &clearing_service, ENGINE_FILE);
    snprintf(made, sizeof made, "%s/shop.sqlite", shop.directory);
    store_close(shop.store);
    shop.store = shop.context.store = NULL;
    memset(crowd->chain, 0, sizeof crowd->chain);
    crowd->seq = 0;
    must(sqlite3_open(made, &crowd->db) == SQLITE_OK, "the database cannot be opened");
    sqlite3_exec(crowd->db, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF; BEGIN", NULL, NULL,
                 NULL);
    for (int64_t i = 1; i <= count; i++)
        transfer(crowd, i);
    purse(crowd, &crowd->alice);
    purse(crowd, &crowd->till);
    account(crowd, "PURSE:alice-p:JPY", "alice-p", count * AMOUNT);
    account(crowd, "PURSE:till-1:JPY", "till-1", -count * AMOUNT);
    sqlite3_exec(crowd->db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(crowd->db);
    must(files_copy_private(made, path), "the database cannot be copied");
    shop_close(&shop);
}
