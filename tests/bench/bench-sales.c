// SPDX-License-Identifier: Apache-2.0
// What a sale of a ticket costs the licence service, from the octets of the request to the durable
// answer, against the same verifications, encapsulation, signatures and one durable commit in a
// bare loop; over SQLite on a disk, in alternating batches. Then how long the slowest wait at half
// of that load, and what a sale costs behind a million others.
#include "apdu/crypto/hpke.h"
#include "tests/bench/bench.h"
#include "tests/kit/services/licensing.h"

#include <CUnit/CUnit.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 10, BATCHES = 20, VERIFIED = 3, SIGNED = 2 };
enum { LOADED = 400, PERCENTILE = 99, FEW = 10000, MANY = 1000000, STEP = 100000 };
enum { SALES = 3 * BATCH * BATCHES + LOADED }; // alone, at half load, behind few and behind many

static const double GOAL_RATIO = 1.67;               // 1 / 0.6
static const double GOAL_P99 = 50, GOAL_FLAT = 1.25; // ms; behind a million / behind ten thousand

static char (*bodies)[LICENSING_BODY_MAX];

static void prepare(struct shop *shop) {
    licensing_stock(shop, "");
    bodies = calloc(SALES, sizeof *bodies);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bodies);
    for (unsigned i = 0; i < SALES; i++) {
        struct reception reception = licensing_first;
        reception.n = i + 1;
        licensing_order_body(bodies[i], &reception, "\"amount\":1000");
    }
}

static void sell_one(struct shop *shop, size_t i) {
    char key[16];
    snprintf(key, sizeof key, "s%zu", i);
    CU_ASSERT_EQUAL_FATAL(
        shop_ask(shop, &licensing_buyer, "POST", "/v1/offers/NO_1/sales", key, bodies[i]).status,
        200);
}

/// Microseconds of a sale, over the next BATCH bodies from *next on.
static double sell(struct shop *shop, size_t *next) {
    double begin = bench_now_us();
    for (size_t i = 0; i < BATCH; i++)
        sell_one(shop, (*next)++);
    return (bench_now_us() - begin) / BATCH;
}

// ---- bare --------------------------------------------------------------------------------------

static sqlite3 *db;
static sqlite3_stmt *insert;
static uint8_t message[300], signature[ECDSA_SIZE], wrapped[HPKE_OVERHEAD + 12];

static void open_bare(const struct shop *shop) {
    char path[100];
    const struct sample_party *seller = &licensing.seller;
    snprintf(path, sizeof path, "%s/bare.sqlite", shop->directory);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_exec(db,
                                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                       "CREATE TABLE sold(id INTEGER PRIMARY KEY, ticket BLOB)",
                                       NULL, NULL, NULL),
                          SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(
        sqlite3_prepare_v2(db, "INSERT INTO sold(ticket) VALUES(?)", -1, &insert, NULL), SQLITE_OK);
    CU_ASSERT_FATAL(licensing.crypto->ops->ecdsa_sign(licensing.crypto, seller->scalar.scalar,
                                                      BYTES_OF(message), signature));
}

static void sell_bare(void) {
    static const uint8_t key[12];
    const struct crypto *crypto = licensing.crypto;
    const struct sample_party *seller = &licensing.seller;
    for (size_t i = 0; i < VERIFIED; i++)
        CU_ASSERT_FATAL(
            crypto->ops->ecdsa_verify(crypto, seller->signer.point, BYTES_OF(message), signature));
    CU_ASSERT_FATAL(hpke_seal(crypto, HPKE_AES_256, licensing.kem_point, BYTES_OF(message),
                              bytes_of(NULL, 0), BYTES_OF(key), wrapped));
    for (size_t i = 0; i < SIGNED; i++)
        CU_ASSERT_FATAL(
            crypto->ops->ecdsa_sign(crypto, seller->scalar.scalar, BYTES_OF(message), signature));
    sqlite3_bind_blob(insert, 1, message, sizeof message, SQLITE_STATIC);
    CU_ASSERT_EQUAL_FATAL(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
}

static double loop_bare(void) {
    double begin = bench_now_us();
    for (size_t i = 0; i < BATCH; i++)
        sell_bare();
    return (bench_now_us() - begin) / BATCH;
}

// ---- load --------------------------------------------------------------------------------------

static int by_size(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/// Somebody comes every so often, whoever still waits: ms from then until the answer, that 99 of
/// 100 wait at most.
static double wait_at(struct shop *shop, size_t *next, double every_us) {
    static double waits[LOADED];
    double begin = bench_now_us();
    for (size_t i = 0; i < LOADED; i++) {
        double comes = begin + every_us * (double)i, now = bench_now_us();
        if (now < comes)
            usleep((useconds_t)(comes - now));
        sell_one(shop, (*next)++);
        waits[i] = (bench_now_us() - comes) / 1000;
    }
    qsort(waits, LOADED, sizeof waits[0], by_size);
    return waits[LOADED / 100 * PERCENTILE];
}

/// Further sales, of many buyers, most of them settled; as large as those that were made, but for
/// the ticket.
static void fill(struct shop *shop, unsigned from, unsigned to) {
    char text[900];
    snprintf(text, sizeof text,
             "CREATE TEMP TABLE more AS WITH RECURSIVE i(n) AS (SELECT %u UNION ALL SELECT n + 1"
             " FROM i WHERE n < %u) SELECT n, lower(hex(randomblob(8))) AS instance FROM i;"
             "INSERT INTO sale SELECT instance, 'NO_1', 'buyer-' || (n %% 100000), n,"
             " zeroblob(64), zeroblob(32), 0 FROM more;"
             "INSERT INTO settled SELECT instance, 20040211, 'receipt', zeroblob(32) FROM more"
             " WHERE n %% 10 > 0;"
             "INSERT INTO unsettled SELECT instance, 20040211, 'NO_1', 'm' || n, 0 FROM more"
             " WHERE n %% 10 = 0; DROP TABLE more",
             from, to - 1);
    shop_script(shop, text);
}

static double sell_behind(struct shop *shop, size_t *next) {
    static double batches[BATCHES];
    for (size_t i = 0; i < BATCHES; i++)
        batches[i] = sell(shop, next);
    return bench_median(batches, BATCHES);
}

// ---- all of it ---------------------------------------------------------------------------------

static double least, median, p99, few, many;

static void compare(struct shop *shop) {
    static double own[BATCHES], bare[BATCHES];
    size_t next = 0;
    if (shop->engine != ENGINE_FILE)
        return;
    prepare(shop);
    open_bare(shop);
    for (size_t i = 0; i < BATCHES; i++) {
        bare[i] = loop_bare();
        own[i] = sell(shop, &next);
    }
    least = bench_median(bare, BATCHES);
    median = bench_median(own, BATCHES);
    p99 = wait_at(shop, &next, 2 * median);
    fill(shop, 0, FEW);
    few = sell_behind(shop, &next);
    for (unsigned n = FEW; n < MANY; n += STEP)
        fill(shop, n, n + STEP < MANY ? n + STEP : MANY);
    many = sell_behind(shop, &next);
    sqlite3_finalize(insert);
    sqlite3_close(db);
    free(bodies);
}

static void measure(void) {
    licensing_on_disk(NULL, compare);
    licensing_close();
}

int main(void) {
    if (!bench_with_kit("bench-sales", measure))
        return 1;
    bench_print("a ticket sold, durable, one at a time", median, "us", -1);
    bench_print("a ticket sold / bare signatures and commit", median / least, "ratio", GOAL_RATIO);
    bench_print("a ticket sold at half load, p99", p99, "ms", GOAL_P99);
    bench_print("a ticket sold behind 1 000 000 others", many, "us", -1);
    bench_print("a ticket sold behind 1 000 000 / behind 10 000", many / few, "ratio", GOAL_FLAT);
    return 0;
}
