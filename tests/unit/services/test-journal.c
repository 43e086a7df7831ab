// SPDX-License-Identifier: Apache-2.0
// The journal and the keeper: objects once, chains that anybody can compute again, checkpoints that
// verify, the same on every engine; what the keeper does when, and what it leaves alone.
#include "services/core/books/journal.h"
#include "services/core/books/ledger.h"
#include "services/core/keeper/keeper.h"
#include "tests/kit/objects.h"
#include "tests/kit/services/books.h"
#include "tests/kit/services/counter.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/suite.h"

#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct peer alice = {.roles = ROLE_WALLET, .id = "ALICE", .enterprise = "E1"};

struct work {
    struct shop *shop;
    size_t count, sealed;
    uint64_t last_ms;
};

static enum store_result run(struct shop *shop, transaction_fn *fn, struct work *work) {
    struct arena arena;
    struct failure failure = {0};
    work->shop = shop;
    arena_init(&arena, &host_memory);
    enum store_result result = store_write(shop->store, &arena, fn, work, &failure);
    arena_free(&arena);
    if (result != STORE_DONE)
        printf("\n    %s", failure.text);
    return result;
}

static size_t count_of(struct shop *shop, const char *query) {
    char dump[32];
    shop_dump(shop, &(struct statement){query, "", "i"}, 1, dump, sizeof dump);
    return strtoul(dump, NULL, 10);
}

// ---- objects -----------------------------------------------------------------------------------

static bool put_twice(struct session *session, void *context) {
    static const struct statement older = {
        "INSERT INTO object(digest, kind, octets, certificates, made_ms) VALUES($1, 'void', $2, $3,"
        " 1) ON CONFLICT DO NOTHING",
        "bbb", ""};
    struct work *work = context;
    struct journal_object object = {.digest = {7}, .kind = "usage-log"}, found;
    object.octets = bytes_of("body and signature", 18);
    object.certificates = bytes_of("two certificates", 16);
    journal_put(session, work->shop->crypto, &object, work->shop->now_ms);
    journal_put(session, work->shop->crypto, &object, work->shop->now_ms + 5);
    CU_ASSERT_TRUE(journal_get(session, object.digest, &found));
    CU_ASSERT_STRING_EQUAL(found.kind, "usage-log");
    CU_ASSERT_TRUE(bytes_equal(found.octets, object.octets));
    CU_ASSERT_TRUE(bytes_equal(found.certificates, object.certificates));
    object.digest[0] = 8;
    CU_ASSERT_FALSE(journal_get(session, object.digest, &found));
    object.digest[0] = 9; // a row of an earlier version has its certificates itself
    sql_run(session, &older,
            IN(value_octets(BYTES_OF(object.digest)), value_octets(object.octets),
               value_octets(bytes_of("one certificate", 15))),
            NULL);
    CU_ASSERT_TRUE(journal_get(session, object.digest, &found));
    CU_ASSERT_TRUE(bytes_equal(found.certificates, bytes_of("one certificate", 15)));
    object.digest[0] = 7;
    work->last_ms = journal_last_ms(session);
    return true;
}

static bool seal_all(struct session *session, void *context) {
    struct work *work = context;
    work->sealed = journal_seal(session, work->shop->crypto);
    return true;
}

static void check_objects(struct shop *shop) {
    struct work work = {0};
    CU_ASSERT_EQUAL(run(shop, put_twice, &work), STORE_DONE);
    CU_ASSERT_EQUAL(work.last_ms, shop->now_ms);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM signer"), 1);
    CU_ASSERT_EQUAL(run(shop, seal_all, &work), STORE_DONE);
    CU_ASSERT_EQUAL(work.sealed, 1);
    // known already: nothing to seal
    CU_ASSERT_EQUAL(run(shop, put_twice, &work), STORE_DONE);
    CU_ASSERT_EQUAL(run(shop, seal_all, &work), STORE_DONE);
    CU_ASSERT_EQUAL(work.sealed, 0);
}

static void an_object_is_kept_and_sealed_once(void) {
    shop_on_every_engine(&counter_service, check_objects);
}

// ---- chains ------------------------------------------------------------------------------------

static void digest_at(size_t i, uint8_t digest[SHA256_SIZE]) {
    memset(digest, 0, SHA256_SIZE);
    digest[0] = (uint8_t)(i * 7919 % 251);
    digest[1] = (uint8_t)(i >> 8);
    digest[2] = (uint8_t)i;
}

static bool note_many(struct session *session, void *context) {
    struct work *work = context;
    for (size_t i = 0; i < work->count; i++) {
        uint8_t digest[SHA256_SIZE];
        digest_at(i, digest);
        journal_note(session, digest);
    }
    return true;
}

/// The chain computed again from the rows, by nothing of the journal's.
static void verify_chain(struct shop *shop, size_t count) {
    static const struct statement seals = {"SELECT seq, digest, chain FROM seal ORDER BY seq", "",
                                           "ibb"};
    static char dump[200 * 1024];
    uint8_t both[2 * SHA256_SIZE] = {0}, last[SHA256_SIZE] = {0};
    size_t seq = 0;
    shop_dump(shop, &seals, 1, dump, sizeof dump);
    for (char *line = strtok(dump, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char digest[65], chain[65], wanted[65];
        unsigned number;
        CU_ASSERT_EQUAL_FATAL(sscanf(line, "%u|%64[0-9A-F]|%64[0-9A-F]", &number, digest, chain),
                              3);
        CU_ASSERT_EQUAL(number, ++seq);
        for (size_t i = 0; i < SHA256_SIZE; i++)
            sscanf(digest + 2 * i, "%2hhx", &both[SHA256_SIZE + i]);
        CU_ASSERT_TRUE(seq % 1000 == 1 || memcmp(last, both + SHA256_SIZE, SHA256_SIZE) < 0);
        memcpy(last, both + SHA256_SIZE, SHA256_SIZE);
        shop->crypto->ops->sha256(shop->crypto, BYTES_OF(both), both);
        for (size_t i = 0; i < SHA256_SIZE; i++)
            sprintf(wanted + 2 * i, "%02X", both[i]);
        CU_ASSERT_STRING_EQUAL_FATAL(chain, wanted);
    }
    CU_ASSERT_EQUAL(seq, count);
}

static void check_chains(struct shop *shop) {
    struct work work = {.count = 1200};
    CU_ASSERT_EQUAL(run(shop, note_many, &work), STORE_DONE);
    CU_ASSERT_EQUAL(run(shop, seal_all, &work), STORE_DONE);
    CU_ASSERT_EQUAL(work.sealed, JOURNAL_SEAL_MOST);
    CU_ASSERT_EQUAL(run(shop, seal_all, &work), STORE_DONE);
    CU_ASSERT_EQUAL(work.sealed, 200);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM unsealed"), 0);
    verify_chain(shop, 1200);
}

static void anybody_can_compute_the_chain_again(void) {
    shop_on_every_engine(&counter_service, check_chains);
}

// ---- checkpoints -------------------------------------------------------------------------------

struct signing {
    struct signer signer;
    struct signer_scalar scalar;
};

static void give_key(struct shop *shop, struct signing *signing) {
    sample_signer(shop->crypto, &signing->signer, &signing->scalar);
    shop->context.signer = &signing->signer;
}

static bool verify_checkpoint(struct session *session, void *context) {
    static const struct statement last = {
        "SELECT seq, chain, made_ms, signature FROM checkpoint ORDER BY seq DESC LIMIT 1", "",
        "ibib"};
    struct work *work = context;
    const struct crypto *crypto = work->shop->crypto;
    const uint8_t *point = work->shop->context.signer->point;
    struct value row[4] = {0};
    struct buffer text;
    buffer_init(&text, &host_memory);
    CU_ASSERT_EQUAL(sql_run(session, &last, NULL, row), STORE_ROW);
    journal_checkpoint_text("counter", row[0].number, row[1].octets, row[2].number, &text);
    CU_ASSERT_TRUE(
        crypto->ops->ecdsa_verify(crypto, point, buffer_bytes(&text), row[3].octets.data));
    buffer_put_octet(&text, ' ');
    CU_ASSERT_FALSE(
        crypto->ops->ecdsa_verify(crypto, point, buffer_bytes(&text), row[3].octets.data));
    buffer_free(&text);
    work->count = (size_t)row[0].number;
    return true;
}

static void a_checkpoint_has_lines_that_others_can_write(void) {
    struct buffer text;
    uint8_t chain[SHA256_SIZE] = {0xAB};
    buffer_init(&text, &host_memory);
    journal_checkpoint_text("bank", 12, BYTES_OF(chain), 1900000000000, &text);
    CU_ASSERT_STRING_EQUAL(buffer_string(&text),
                           "Tessera/1 checkpoint\nbank\n12\n"
                           "AB00000000000000000000000000000000000000000000000000000000000000\n"
                           "1900000000000\n");
    buffer_free(&text);
}

static void check_keeping(struct shop *shop) {
    struct keeper keeper;
    struct signing signing;
    struct failure failure;
    struct work work = {.count = 1500};
    give_key(shop, &signing);
    keeper_init(&keeper, &shop->context, shop->crypto);
    CU_ASSERT_EQUAL(keeper_step(&keeper), shop->now_ms + 1000);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM checkpoint"), 0); // nothing to sign
    run(shop, note_many, &work);
    books_open(shop, "A d, B c");
    books_enter(shop, BOOKS_POST, "t1", NULL, "A +5, B -5");
    CU_ASSERT_EQUAL(keeper_step(&keeper), shop->now_ms + 1000); // not yet
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM seal"), 0);
    shop->now_ms += 1000;
    keeper_step(&keeper);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM seal"), 1501);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM fold"), 2);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM unfolded"), 0);
    shop->now_ms += 59000;
    keeper_step(&keeper);
    run(shop, verify_checkpoint, &work);
    CU_ASSERT_EQUAL(work.count, 1501);
    shop->now_ms += 60000;
    keeper_step(&keeper); // nothing new, no second one
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM checkpoint"), 1);
    books_enter(shop, BOOKS_POST, "t2", NULL, "A +5, B -5");
    CU_ASSERT_TRUE(keeper_end(&keeper, &failure)); // the end signs at once
    run(shop, verify_checkpoint, &work);
    CU_ASSERT_EQUAL(work.count, 1502);
    CU_ASSERT_STRING_EQUAL(shop->reported, "");
}

static void the_keeper_seals_folds_and_signs_in_its_time(void) {
    shop_on_every_engine(&counter_service, check_keeping);
}

static void check_forgetting(struct shop *shop) {
    struct keeper keeper;
    keeper_init(&keeper, &shop->context, shop->crypto);
    shop_ask(shop, &alice, "POST", "/v1/counters", "m1", "{\"id\":\"A1\",\"enterprise\":\"E1\"}");
    shop->now_ms += 39ull * 24 * 3600 * 1000;
    keeper_step(&keeper);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM request"), 1);
    shop->now_ms += 2ull * 24 * 3600 * 1000;
    keeper_step(&keeper);
    CU_ASSERT_EQUAL(count_of(shop, "SELECT count(*) FROM request"), 0);
}

static void answers_are_forgotten_after_forty_days(void) {
    shop_on_every_engine(&counter_service, check_forgetting);
}

// ---- a service's own jobs ----------------------------------------------------------------------

static unsigned ran;

static bool own_job(const struct service_context *context, const struct crypto *crypto,
                    struct failure *failure) {
    (void)context, (void)crypto;
    return ++ran != 2 || fail(failure, EXIT_REFUSED, "the second time it fails");
}

static void jobs_run_at_their_pace_and_failures_are_told(void) {
    static const struct service_job job = {"own", 5000, own_job};
    struct service service = counter_service;
    struct shop shop;
    struct keeper keeper;
    service.jobs = &job;
    service.job_count = 1;
    ran = 0;
    shop_open(&shop, &service, ENGINE_MEMORY);
    keeper_init(&keeper, &shop.context, shop.crypto);
    for (unsigned second = 0; second <= 10; second++) {
        keeper_step(&keeper);
        CU_ASSERT_EQUAL(ran, 1 + second / 5);
        CU_ASSERT_EQUAL(shop.reported[0] != '\0', second >= 5);
        shop.now_ms += 1000;
    }
    shop_close(&shop);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"an object is kept and sealed once", an_object_is_kept_and_sealed_once, NULL},
        {"anybody can compute the chain again", anybody_can_compute_the_chain_again, NULL},
        {"a checkpoint has lines that others can write",
         a_checkpoint_has_lines_that_others_can_write, NULL},
        {"the keeper seals, folds and signs in its time",
         the_keeper_seals_folds_and_signs_in_its_time, NULL},
        {"answers are forgotten after forty days", answers_are_forgotten_after_forty_days, NULL},
        {"jobs run at their pace, and failures are told",
         jobs_run_at_their_pace_and_failures_are_told, NULL},
    };
    return suite_main("test-journal", tests, sizeof tests / sizeof tests[0], argc, argv);
}
