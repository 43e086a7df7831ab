// SPDX-License-Identifier: Apache-2.0
// The content service on every engine: containers brought in pieces and judged, ids and keys once,
// ranges, entity tags, pages, and that nothing but ciphertext ever leaves it.
#include "base/base64url.h"
#include "base/heap.h"
#include "services/content/content.h"
#include "services/content/range.h"
#include "services/core/keeper/outbox.h"
#include "services/wire/api/content_api.h"
#include "tests/kit/content/sealed.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/services/sweep.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct sealed_scene scene;
static uint8_t octets[SEALED_MAX], root[SHA256_SIZE];
static size_t size;

static const struct peer provider = {.roles = ROLE_PROVIDER, .id = "prov-1"};
static const struct peer other = {.roles = ROLE_PROVIDER, .id = "prov-2"};
static const struct peer seller = {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"};
static const struct peer stranger = {.roles = ROLE_SELLER, .id = "shop-2", .enterprise = "ID_9999"};
static const struct peer home = {.roles = ROLE_STORE, .id = "home-1"};
static const struct peer anybody = {0};

static unsigned keys_used;

static const char *fresh_key(void) {
    static char key[24];
    snprintf(key, sizeof key, "k%u", ++keys_used);
    return key;
}

static bool has(const struct told *told, unsigned status, const char *part) {
    bool right = told->status == status && strstr(told->body, part) != NULL;
    if (!right)
        printf("\n    %u %.300s, wanted %u %s", told->status, told->body, status, part);
    return right;
}

static struct told ask(struct shop *shop, const struct peer *peer, const char *method,
                       const char *target, const char *body) {
    bool reads = strcmp(method, "GET") == 0;
    return shop_ask(shop, peer, method, target, reads ? NULL : fresh_key(), body);
}

static const char *hash_text(void) {
    static char text[BASE64URL_SIZE(SHA256_SIZE)];
    CU_ASSERT(base64url_encode(BYTES_OF(root), text, sizeof text));
    return text;
}

/// Opens a shop with the scene's keys on every engine.
static void on_every_engine(void (*check)(struct shop *shop)) {
    if (scene.crypto == NULL)
        sealed_scene_open(&scene);
    shop_use_keys(&scene.keys);
    shop_on_every_engine(&content_service, check);
}

// ---- uploads -----------------------------------------------------------------------------------

static struct told begin(struct shop *shop, const struct peer *by, const char *id) {
    char body[600];
    snprintf(body, sizeof body,
             "{\"id\":\"%s\",\"hash\":\"%s\",\"size\":%zu,\"title\":\"The <Film>\","
             "\"subtitle\":\"A & B\",\"performers\":\"P\",\"creator\":\"C\",\"comment\":\"K\"}",
             id, hash_text(), size);
    return ask(shop, by, "POST", "/v1/uploads", body);
}

static struct told put(struct shop *shop, const struct peer *by, const char *id, size_t from,
                       size_t to) {
    char target[80];
    snprintf(target, sizeof target, "/v1/uploads/%s/%zu", id, from);
    struct request request = {.method = "PUT",
                              .target = target,
                              .key = fresh_key(),
                              .content_type = "application/octet-stream",
                              .body = bytes_of(octets + from, to - from),
                              .peer = *by};
    return shop_request(shop, &request);
}

static struct told end(struct shop *shop, const struct peer *by, const char *id) {
    char target[80], body[80];
    snprintf(target, sizeof target, "/v1/uploads/%s/end", id);
    snprintf(body, sizeof body, "{\"hash\":\"%s\"}", hash_text());
    return ask(shop, by, "POST", target, body);
}

static void seal(const struct sample_party *by, const char *id, size_t content) {
    size = sealed_container(&scene, by, id, content, octets, root);
}

static void bring(struct shop *shop, const char *id, size_t content) {
    seal(&scene.provider, id, content);
    CU_ASSERT_EQUAL(begin(shop, &provider, id).status, 200);
    CU_ASSERT_EQUAL(put(shop, &provider, id, 0, size).status, 200);
    struct told told = end(shop, &provider, id);
    CU_ASSERT_TRUE(has(&told, 200, "\"provider\":\"prov-1\""));
}

/// Is there a file of pieces of this sender's?
static bool has_part(const struct shop *shop, const char *sender, const char *id) {
    char path[sizeof shop->directory + 80];
    snprintf(path, sizeof path, "%s/objects/%s,%s.part", shop->directory, sender, id);
    return access(path, F_OK) == 0;
}

static void pieces(struct shop *shop) {
    seal(&scene.provider, "ID_0001", 10000);
    struct told told = begin(shop, &provider, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 200, "\"offset\":0"));
    told = put(shop, &provider, "ID_0001", 0, 5000);
    CU_ASSERT_TRUE(has(&told, 200, "\"offset\":5000"));
    told = put(shop, &provider, "ID_0001", 6000, 7000);
    CU_ASSERT_TRUE(has(&told, 409, "goes on at 5000"));
    told = put(shop, &other, "ID_0001", 5000, size);
    CU_ASSERT_EQUAL(told.status, 404);
    told = begin(shop, &other, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 409, "content-taken"));
    CU_ASSERT_TRUE(has_part(shop, "prov-1", "ID_0001") && !has_part(shop, "prov-2", "ID_0001"));
    told = begin(shop, &provider, "ID_0001"); // after a crash of its sender
    CU_ASSERT_TRUE(has(&told, 200, "\"offset\":5000"));
    told = ask(shop, &provider, "GET", "/v1/uploads/ID_0001", NULL);
    CU_ASSERT_TRUE(has(&told, 200, "\"offset\":5000"));
    told = end(shop, &provider, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 422, "is cut off"));
    CU_ASSERT_EQUAL(put(shop, &provider, "ID_0001", 5000, size).status, 200);
    told = ask(shop, &anybody, "GET", "/v1/contents/ID_0001", NULL);
    CU_ASSERT_TRUE(has(&told, 404, "unknown-content"));
    told = end(shop, &provider, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 200, "\"algorithm\":1"));
    told = ask(shop, &anybody, "GET", "/v1/contents/ID_0001", NULL);
    CU_ASSERT_TRUE(has(&told, 200, hash_text()));
}

static void test_pieces(void) {
    on_every_engine(pieces);
}

static void once(struct shop *shop) {
    bring(shop, "ID_0001", 100);
    struct told told = begin(shop, &provider, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 409, "content-taken"));
    told = begin(shop, &other, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 409, "content-taken"));
    CU_ASSERT_FALSE(has_part(shop, "prov-1", "ID_0001") || has_part(shop, "prov-2", "ID_0001"));
    bring(shop, "ID_0002", 200);
    told = ask(shop, &anybody, "GET", "/v1/contents/ID_0002", NULL);
    CU_ASSERT_TRUE(has(&told, 200, hash_text()));
}

static void test_ids_once(void) {
    on_every_engine(once);
}

/// Brings what is in octets under an id; what the end says.
static struct told bring_this(struct shop *shop, const struct peer *by, const char *id) {
    begin(shop, by, id);
    put(shop, by, id, 0, size);
    return end(shop, by, id);
}

static void judged(struct shop *shop) {
    seal(&scene.provider, "ID_0001", 5000);
    octets[size - 100] ^= 1;
    struct told told = bring_this(shop, &provider, "ID_0001");
    CU_ASSERT_TRUE(has(&told, 422, "is not the one that was sealed"));
    octets[size - 100] ^= 1;
    octets[20] ^= 1;
    begin(shop, &provider, "ID_0001");
    put(shop, &provider, "ID_0001", 0, size); // refused: it is all there
    told = end(shop, &provider, "ID_0001");
    CU_ASSERT_EQUAL(told.status, 422);
    seal(&scene.provider, "ID_0003", 5000);
    told = bring_this(shop, &provider, "ID_0004");
    CU_ASSERT_TRUE(has(&told, 422, "is of the content ID_0003"));
    seal(&scene.other, "ID_0005", 5000);
    told = bring_this(shop, &provider, "ID_0005");
    CU_ASSERT_TRUE(has(&told, 422, "was sealed by prov-2"));
    CU_ASSERT_PTR_NULL(strstr(told.body, shop->directory));
    told = ask(shop, &anybody, "GET", "/v1/contents/ID_0005", NULL);
    CU_ASSERT_EQUAL(told.status, 404);
}

static void test_judged(void) {
    on_every_engine(judged);
}

// ---- downloads ---------------------------------------------------------------------------------

static struct told fetch(struct shop *shop, const char *range, const char *if_range,
                         const char *if_none_match) {
    struct request request = {.method = "GET",
                              .target = "/v1/contents/ID_0001/container",
                              .range = range,
                              .if_range = if_range,
                              .if_none_match = if_none_match,
                              .peer = home};
    return shop_request(shop, &request);
}

static bool is_part(const struct told *told, unsigned status, size_t from, size_t count) {
    size_t looked = count < sizeof told->body ? count : sizeof told->body;
    bool right = told->status == status && told->file_size == count &&
                 memcmp(told->body, octets + from, looked) == 0;
    if (!right)
        printf("\n    %u, %zu octets, wanted %u, %zu from %zu", told->status, told->file_size,
               status, count, from);
    return right;
}

static void ranges(struct shop *shop) {
    char etag[80];
    bring(shop, "ID_0001", 10000);
    struct told told = fetch(shop, NULL, NULL, NULL);
    CU_ASSERT_TRUE(is_part(&told, 200, 0, size));
    CU_ASSERT_EQUAL(strlen(told.etag), 66);
    strcpy(etag, told.etag);
    told = fetch(shop, "bytes=0-99", NULL, NULL);
    CU_ASSERT_TRUE(is_part(&told, 206, 0, 100));
    told = fetch(shop, "bytes=5000-", etag, NULL);
    CU_ASSERT_TRUE(is_part(&told, 206, 5000, size - 5000));
    told = fetch(shop, "bytes=5000-", "\"another\"", NULL);
    CU_ASSERT_TRUE(is_part(&told, 200, 0, size));
    told = fetch(shop, "bytes=-16", NULL, NULL);
    CU_ASSERT_TRUE(is_part(&told, 206, size - 16, 16));
    told = fetch(shop, "bytes=999999999-", NULL, NULL);
    CU_ASSERT_TRUE(has(&told, 416, "\"word\":\"range\""));
    CU_ASSERT_STRING_NOT_EQUAL(told.range, "");
    told = fetch(shop, NULL, NULL, etag);
    CU_ASSERT_EQUAL(told.status, 304);
    CU_ASSERT_STRING_EQUAL(told.etag, etag);
    told = ask(shop, &home, "GET", "/v1/contents/ID_0009/container", NULL);
    CU_ASSERT_TRUE(has(&told, 404, "There is no content ID_0009"));
    told = ask(shop, &provider, "GET", "/v1/contents/ID_0001/container", NULL);
    CU_ASSERT_EQUAL(told.status, 403);
}

static void test_ranges(void) {
    on_every_engine(ranges);
}

static void test_range_forms(void) {
    static const struct {
        const char *header;
        enum range_kind kind;
        uint64_t from, size;
    } FORMS[] = {{NULL, RANGE_WHOLE, 0, 100},
                 {"bytes=0-0", RANGE_PART, 0, 1},
                 {"bytes=99-99", RANGE_PART, 99, 1},
                 {"bytes=10-1000", RANGE_PART, 10, 90},
                 {"bytes=10-", RANGE_PART, 10, 90},
                 {"bytes=-1", RANGE_PART, 99, 1},
                 {"bytes=-1000", RANGE_PART, 0, 100},
                 {"bytes=100-", RANGE_BEYOND, 0, 100},
                 {"bytes=-0", RANGE_BEYOND, 0, 100},
                 {"bytes=99999999999999999999999-", RANGE_BEYOND, 0, 100},
                 {"bytes=5-4", RANGE_WHOLE, 0, 100},
                 {"bytes=0-1,5-6", RANGE_WHOLE, 0, 100},
                 {"bytes=", RANGE_WHOLE, 0, 100},
                 {"bytes=-", RANGE_WHOLE, 0, 100},
                 {"bytes=a-b", RANGE_WHOLE, 0, 100},
                 {"lines=0-1", RANGE_WHOLE, 0, 100}};
    struct range range;
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        CU_ASSERT_EQUAL(range_of(FORMS[i].header, 100, &range), FORMS[i].kind);
        CU_ASSERT_EQUAL(range.from, FORMS[i].from);
        CU_ASSERT_EQUAL(range.size, FORMS[i].size);
    }
    CU_ASSERT_EQUAL(range_of("bytes=-5", 0, &range), RANGE_BEYOND);
    CU_ASSERT_TRUE(range_lists_tag("\"a\", \"b\"", "\"b\""));
    CU_ASSERT_TRUE(range_lists_tag("*", "\"b\""));
    CU_ASSERT_FALSE(range_lists_tag("\"ab\"", "\"b\""));
    CU_ASSERT_FALSE(range_lists_tag(NULL, "\"b\""));
}

// What any answer may hold: no key, no plaintext.
static void secrets(struct shop *shop) {
    static const char *const targets[] = {"/catalogue", "/catalogue/ID_0001",
                                          "/v1/contents/ID_0001", "/v1/contents/ID_0001/container"};
    uint8_t plain[32];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)i;
    bring(shop, "ID_0001", 4000);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct told told = ask(shop, &home, "GET", targets[i], NULL);
        CU_ASSERT_EQUAL(told.status, 200);
        CU_ASSERT_PTR_NULL(memmem(told.body, sizeof told.body, "hc426D99ro7v", 12));
        CU_ASSERT_PTR_NULL(memmem(told.body, sizeof told.body, plain, sizeof plain));
    }
}

static void test_secrets(void) {
    on_every_engine(secrets);
}

// ---- pages -------------------------------------------------------------------------------------

static struct told page(struct shop *shop, const char *target, const char *accept) {
    struct request request = {.method = "GET", .target = target, .accept = accept, .peer = anybody};
    return shop_request(shop, &request);
}

static void pages(struct shop *shop) {
    bring(shop, "ID_0001", 100);
    struct told told =
        ask(shop, &seller, "PUT", "/v1/contents/ID_0001/offers/NO_1",
            "{\"enterprise\":\"ID_2000\",\"plays\":3,\"amount\":1000,\"unit\":\"JPY\"}");
    CU_ASSERT_TRUE(has(&told, 200, "\"plays\":3"));
    told = ask(shop, &seller, "PUT", "/v1/contents/ID_0001/offers/NO_2",
               "{\"enterprise\":\"ID_2000\",\"amount\":3000,\"unit\":\"JPY\"}");
    CU_ASSERT_EQUAL(told.status, 200);
    told = ask(shop, &stranger, "PUT", "/v1/contents/ID_0001/offers/NO_3",
               "{\"enterprise\":\"ID_9999\",\"amount\":1,\"unit\":\"JPY\"}");
    CU_ASSERT_TRUE(has(&told, 403, "wrong-enterprise"));
    told = page(shop, "/catalogue", "application/json");
    CU_ASSERT_TRUE(has(&told, 200, "\"title\":\"The <Film>\",\"subtitle\":\"A & B\""));
    CU_ASSERT_TRUE(
        has(&told, 200, "{\"number\":\"NO_1\",\"plays\":3,\"amount\":1000,\"unit\":\"JPY\"}"));
    told = page(shop, "/catalogue/ID_0001", "text/html,*/*");
    static const char *const parts[] = {
        "<h1>The &lt;Film&gt;</h1>",
        "A &amp; B",
        "<dt>Performers</dt><dd>P</dd>",
        "<dt>Creator</dt><dd>C</dd>",
        "<dt>Comment</dt><dd>K</dd>",
        "<tr><td>NO_1</td><td>3</td><td>1000 JPY</td></tr>",
        "<tr><td>NO_2</td><td>unlimited</td><td>3000 JPY</td></tr>"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CU_ASSERT_TRUE(has(&told, 200, parts[i]));
    CU_ASSERT_PTR_NULL(strstr(told.body, "script"));
    CU_ASSERT_STRING_EQUAL(told.type, "text/html; charset=utf-8");
    told = page(shop, "/catalogue", "text/html");
    CU_ASSERT_TRUE(has(&told, 200, "<a href=\"/catalogue/ID_0001\">The &lt;Film&gt;</a>"));
    told = page(shop, "/catalogue?after=ID_0001", "text/html");
    CU_ASSERT_TRUE(has(&told, 200, "Nothing."));
    told = page(shop, "/catalogue/ID_0009", "text/html");
    CU_ASSERT_EQUAL(told.status, 404);
}

static void test_pages(void) {
    on_every_engine(pages);
}

// ---- keys --------------------------------------------------------------------------------------

static struct told hand_over(struct shop *shop, const struct peer *by, const char *id, char mark) {
    char target[80], body[300];
    snprintf(target, sizeof target, "/v1/contents/%s/keys", id);
    snprintf(body, sizeof body,
             "{\"fingerprint\":\"%cAAAAAAAAAAAAAAAAAAAAA\",\"wrapped-key\":\"%0*d\"}", mark, 80, 0);
    return ask(shop, by, "POST", target, body);
}

static bool count_due(struct session *session, void *context) {
    *(uint64_t *)context = outbox_count(session, OUTBOX_DUE);
    return true;
}

static uint64_t due(struct shop *shop) {
    struct arena arena;
    struct failure failure;
    uint64_t count = 0;
    arena_init(&arena, &host_memory);
    CU_ASSERT_EQUAL(store_read(shop->store, &arena, count_due, &count, &failure), STORE_DONE);
    arena_free(&arena);
    return count;
}

static void keys(struct shop *shop) {
    static const struct courier nobody;
    shop->context.courier = &nobody; // never sends: there is no thread
    bring(shop, "ID_0001", 100);
    bring(shop, "ID_0002", 100);
    struct told told = hand_over(shop, &other, "ID_0001", 'A');
    CU_ASSERT_EQUAL(told.status, 404);
    told = hand_over(shop, &provider, "ID_0001", 'A');
    CU_ASSERT_TRUE(has(&told, 200, "ID_0001"));
    CU_ASSERT_EQUAL(due(shop), 1);
    told = hand_over(shop, &provider, "ID_0001", 'A'); // again: once is enough
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_EQUAL(due(shop), 1);
    told = hand_over(shop, &provider, "ID_0002", 'A');
    CU_ASSERT_TRUE(has(&told, 409, "key-taken"));
    told = hand_over(shop, &provider, "ID_0001", 'B');
    CU_ASSERT_TRUE(has(&told, 409, "key-taken"));
    told = hand_over(shop, &provider, "ID_0002", 'B');
    CU_ASSERT_EQUAL(told.status, 200);
    CU_ASSERT_EQUAL(due(shop), 2);
    shop->context.courier = NULL;
}

static void test_keys(void) {
    on_every_engine(keys);
}

static void sweep(struct shop *shop) {
    CU_ASSERT_TRUE(sweep_service(shop) > 100);
}

static void test_sweep(void) {
    on_every_engine(sweep);
}

static const struct suite_test tests[] = {
    {"every row is swept", test_sweep, "P1-05"},
    {"a container comes in pieces and is opened when it is good", test_pieces, "P1-01 P1-04"},
    {"an id is given once, and fetched by itself", test_ids_once, "P1-02 P1-04 W16"},
    {"what is altered, another's or of another content is refused", test_judged, "S07a S07b"},
    {"downloads go on anywhere, with the same octets", test_ranges, "P1-04"},
    {"every form of a range", test_range_forms, NULL},
    {"no answer holds key or plaintext", test_secrets, "P1-05 G2"},
    {"the page lists what it must, without scripts", test_pages, "P1-49"},
    {"a key passes once, and no two contents have one", test_keys, "P1-01 P1-03 P1-08"},
};

int main(int argc, char **argv) {
    int code =
        suite_main("test-content-service", tests, sizeof tests / sizeof tests[0], argc, argv);
    if (scene.crypto != NULL)
        sealed_scene_close(&scene);
    return code;
}
