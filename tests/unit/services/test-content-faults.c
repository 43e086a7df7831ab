// SPDX-License-Identifier: Apache-2.0
// The content service whose store fails, loses answers or dies at every begin, statement and
// commit, whose disks or memory fail from any operation on: after honest retries a container is
// there once, octet for octet, with its offer, and its key is handed on once.
#include "base/base64url.h"
#include "base/heap.h"
#include "services/content/content.h"
#include "services/core/store/store_fault.h"
#include "tests/kit/content/sealed.h"
#include "tests/kit/services/counted.h"
#include "tests/kit/services/failing_vfs.h"
#include "tests/kit/services/shop.h"
#include "tests/kit/suite.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTENT = 9000, MIDDLE = 5000 };

static struct sealed_scene scene;
static uint8_t octets[SEALED_MAX], root[SHA256_SIZE];
static size_t size;

static const struct peer provider = {.roles = ROLE_PROVIDER, .id = "prov-1"};
static const struct peer seller = {.roles = ROLE_SELLER, .id = "shop-1", .enterprise = "ID_2000"};
static const struct peer home = {.roles = ROLE_STORE, .id = "home-1"};

enum { BEGIN, FIRST, REST, END, OFFER, KEY, WORK };

#define OCTETS "application/octet-stream"
#define JSON   "application/json"

/// What a provider and a seller do with a content, and what they were told.
static struct request work[WORK] = {
    [BEGIN] = {.method = "POST", .target = "/v1/uploads", .key = "a1", .content_type = JSON},
    [FIRST] = {"PUT", "/v1/uploads/ID_0001/0", .key = "a2", .content_type = OCTETS},
    [REST] = {"PUT", "/v1/uploads/ID_0001/5000", .key = "a3", .content_type = OCTETS},
    [END] = {"POST", "/v1/uploads/ID_0001/end", .key = "a4", .content_type = JSON},
    [OFFER] = {"PUT", "/v1/contents/ID_0001/offers/NO_1", .key = "a5", .content_type = JSON},
    [KEY] = {"POST", "/v1/contents/ID_0001/keys", .key = "a6", .content_type = JSON},
};
static char answers[WORK][4096];

static void write_work(void) {
    static char begin[300], end[80], key[200];
    char hash[BASE64URL_SIZE(SHA256_SIZE)];
    size = sealed_container(&scene, &scene.provider, "ID_0001", CONTENT, octets, root);
    CU_ASSERT_FATAL(size > MIDDLE && base64url_encode(BYTES_OF(root), hash, sizeof hash));
    snprintf(begin, sizeof begin,
             "{\"id\":\"ID_0001\",\"hash\":\"%s\",\"size\":%zu,\"title\":\"Film\"}", hash, size);
    snprintf(end, sizeof end, "{\"hash\":\"%s\"}", hash);
    snprintf(key, sizeof key,
             "{\"fingerprint\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"wrapped-key\":\"%0*d\"}", 80, 0);
    const struct bytes bodies[WORK] = {
        [BEGIN] = bytes_of_string(begin),
        [FIRST] = bytes_of(octets, MIDDLE),
        [REST] = bytes_of(octets + MIDDLE, size - MIDDLE),
        [END] = bytes_of_string(end),
        [OFFER] = bytes_of_string(
            "{\"enterprise\":\"ID_2000\",\"plays\":3,\"amount\":1000,\"unit\":\"JPY\"}"),
        [KEY] = bytes_of_string(key)};
    for (size_t i = 0; i < WORK; i++) {
        work[i].body = bodies[i];
        work[i].peer = i == OFFER ? seller : provider;
    }
}

static const struct statement dumped[] = {
    {"SELECT id, provider, enterprise, title FROM content ORDER BY id", "", "tttt"},
    {"SELECT count(*) FROM upload", "", "i"},
    {"SELECT content, number, plays, amount FROM offer ORDER BY number", "", "ttii"},
    {"SELECT content FROM content_key ORDER BY content", "", "t"},
    {"SELECT target, id FROM outbox ORDER BY id", "", "tt"},
    {"SELECT sender, endpoint, id, status FROM request ORDER BY id", "", "ttti"},
};

static const char healthy[] =
    "ID_0001|prov-1|ID_2000|Film\n0\nID_0001|NO_1|3|1000\nID_0001\nlicence|key-ID_0001\n"
    "prov-1|content.upload|a1|200\nprov-1|content.upload.put|a2|200\n"
    "prov-1|content.upload.put|a3|200\nprov-1|content.upload.end|a4|200\n"
    "shop-1|content.offer|a5|200\nprov-1|content.key|a6|200\n";

/// Removes what lies below the service's own directory. Returns how many files there were.
static unsigned empty_objects(const struct shop *shop) {
    char path[sizeof shop->directory + 8 + NAME_MAX + 1];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/objects", shop->directory);
    DIR *objects = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(objects);
    for (struct dirent *entry; (entry = readdir(objects)) != NULL;) {
        snprintf(path, sizeof path, "%s/objects/%s", shop->directory, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(path) == 0)
            count++;
    }
    closedir(objects);
    return count;
}

static void begin_day(struct shop *shop) {
    static const struct courier nobody; // there is no thread that would send
    empty_objects(shop);
    shop->context.courier = &nobody;
    shop_script(shop, "DELETE FROM offer; DELETE FROM content_key; DELETE FROM content;"
                      "DELETE FROM upload; DELETE FROM outbox; DELETE FROM request");
}

/// What a home fetches is what was sealed.
static bool container_stands(struct shop *shop) {
    struct request request = {
        .method = "GET", .target = "/v1/contents/ID_0001/container", .peer = home};
    for (size_t at = 0; at < size;) {
        char range[40];
        snprintf(range, sizeof range, "bytes=%zu-%zu", at, at + sizeof answers[0] - 1);
        request.range = range;
        struct told told = shop_request(shop, &request);
        if (told.status != 206 || told.file_size == 0 || told.file_size > size - at ||
            memcmp(told.body, octets + at, told.file_size) != 0)
            return false;
        at += told.file_size;
    }
    return true;
}

/// Everything is there once; what anybody was told stays so; nothing else lies about.
static void end_day(struct shop *shop) {
    char dump[1024];
    for (size_t i = 0; i < WORK; i++) {
        struct told told = shop_request(shop, &work[i]);
        CU_ASSERT_EQUAL(told.status, 200);
        CU_ASSERT_STRING_EQUAL(told.body, answers[i]);
    }
    shop_dump(shop, dumped, sizeof dumped / sizeof dumped[0], dump, sizeof dump);
    CU_ASSERT_STRING_EQUAL(dump, healthy);
    CU_ASSERT_TRUE(container_stands(shop));
    CU_ASSERT_EQUAL(empty_objects(shop), 1);
}

/// Asks until there is an answer; from the third time on all is well again. A refusal that is no
/// fault's would be a lie.
static void insist(struct shop *shop, size_t i, void (*heal)(void *), void *context) {
    struct told told = {0};
    for (unsigned tries = 0; tries < 4 && told.status != 200; tries++) {
        if (tries == 2)
            heal(context);
        told = shop_request(shop, &work[i]);
        CU_ASSERT_TRUE(told.status == 200 || told.status >= 500);
        if (told.status != 200 && told.status < 500)
            printf("\n    %zu: %u %.200s", i, told.status, told.body);
    }
    CU_ASSERT_EQUAL(told.status, 200);
    snprintf(answers[i], sizeof answers[i], "%s", told.body);
}

static void on_engine(enum engine engine, const char *vfs, void (*check)(struct shop *shop)) {
    struct shop shop;
    if (scene.crypto == NULL)
        sealed_scene_open(&scene);
    write_work();
    shop_use_keys(&scene.keys);
    shop_open_on(&shop, &content_service, engine, vfs);
    check(&shop);
    shop_close(&shop);
}

// ---- the store ---------------------------------------------------------------------------------

static void start_again(void *context) {
    struct store_fault *fault = context;
    fault->dead = false;
}

static void nobody_dies(void *context) {
    (void)context;
}

/// The whole work; a dead process is started again. Returns how many steps it had.
static size_t run_work(struct shop *shop, enum store_fault_kind kind, size_t at) {
    struct store_fault fault;
    begin_day(shop);
    store_fault_init(&fault, shop->store);
    fault.kind = kind;
    fault.at = at;
    shop->context.store = &fault.store;
    for (size_t i = 0; i < WORK; i++) {
        shop_request(shop, &work[i]); // nobody may have heard it
        start_again(&fault);
        insist(shop, i, start_again, &fault);
    }
    shop->context.store = shop->store;
    end_day(shop);
    return fault.steps;
}

static void fail_every_step(struct shop *shop) {
    size_t cuts = 0, pace = shop->engine == ENGINE_MEMORY ? 1 : 5; // engines that sync take time
    for (enum store_fault_kind kind = 0; kind < STORE_FAULTS; kind++) {
        size_t steps = 1;
        for (size_t at = 1; at <= steps; at += pace, cuts++)
            steps = run_work(shop, kind, at);
    }
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 20);
}

static void test_every_step(void) {
    for (enum engine engine = 0; engine < ENGINES; engine++)
        on_engine(engine, NULL, fail_every_step);
}

// ---- processes that die ------------------------------------------------------------------------

enum { KILLS = 20, KILL_PACE = 2 };

/// Works until the step, and dies there by a signal. Returns whether it did.
static bool die_at(struct shop *shop, size_t at) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct store_fault fault;
        shop_reopen(shop);
        store_fault_init(&fault, shop->store);
        fault.kind = at % 4 == 1 ? STORE_FAULT_KILL : STORE_FAULT_KILL_AFTER;
        fault.at = at;
        shop->context.store = &fault.store;
        for (size_t i = 0; i < WORK && !fault.dead; i++)
            shop_request(shop, &work[i]);
        if (fault.dead)
            raise(SIGKILL);
        _exit(0);
    }
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status);
}

static void killed(struct shop *shop) {
    size_t kills = 0;
    for (size_t i = 0; i < KILLS; i++) {
        begin_day(shop);
        store_close(shop->store);
        shop->store = NULL;
        kills += die_at(shop, 1 + i * KILL_PACE);
        shop_reopen(shop);
        for (size_t k = 0; k < WORK; k++)
            insist(shop, k, nobody_dies, NULL);
        end_day(shop);
    }
    printf(" (%zu kills) ", kills);
    CU_ASSERT_TRUE(kills > KILLS / 2);
}

static void test_killed(void) {
    on_engine(ENGINE_FILE, NULL, killed);
}

// ---- disks and memory --------------------------------------------------------------------------

static void heal_database(void *context) {
    (void)context;
    failing_vfs_arm(DISK_READ, 0);
}

static bool strike_database(struct shop *shop, enum disk_fault fault, size_t n) {
    begin_day(shop);
    shop_reopen(shop); // so that there is something to read
    failing_vfs_arm(fault, n);
    for (size_t i = 0; i < WORK; i++)
        insist(shop, i, heal_database, NULL);
    bool struck = failing_vfs_struck();
    heal_database(NULL);
    shop_reopen(shop);
    end_day(shop);
    return struck;
}

static void failing_database(struct shop *shop) {
    size_t cuts = 0;
    for (enum disk_fault fault = 0; fault < DISK_FAULTS; fault++)
        for (size_t n = 1; strike_database(shop, fault, n); n += 5) // a disk takes its time
            cuts++;
    printf(" (%zu cuts) ", cuts);
    CU_ASSERT_TRUE(cuts > 15);
}

static void test_failing_database(void) {
    failing_vfs_arm(DISK_READ, 0);
    on_engine(ENGINE_FILE, failing_vfs(), failing_database);
}

/// The disk of containers takes files up to that size.
static void room_for(rlim_t room) {
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = room;
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void heal_disk(void *context) {
    (void)context;
    room_for(RLIM_INFINITY);
}

static void full_disk(struct shop *shop) {
    static const rlim_t rooms[] = {0, 1, MIDDLE - 1, MIDDLE, MIDDLE + 1};
    for (size_t i = 0; i <= sizeof rooms / sizeof rooms[0]; i++) {
        begin_day(shop);
        room_for(i < sizeof rooms / sizeof rooms[0] ? rooms[i] : size - 1);
        for (size_t k = 0; k < WORK; k++)
            insist(shop, k, heal_disk, NULL);
        room_for(RLIM_INFINITY);
        end_day(shop);
    }
}

static void test_full_disk(void) {
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    on_engine(ENGINE_MEMORY, NULL, full_disk);
    signal(SIGXFSZ, before);
}

static void heal_memory(void *context) {
    ((struct counted *)context)->fail_at = 0;
}

/// All allocations from the n-th on fail until somebody gives memory. Did it come to that?
static bool strike_memory(struct shop *shop, size_t n) {
    struct counted counted;
    counted_init(&counted, n);
    begin_day(shop);
    shop->context.memory = &counted.memory;
    for (size_t i = 0; i < WORK; i++)
        insist(shop, i, heal_memory, &counted);
    CU_ASSERT_EQUAL(counted.blocks, 0);
    bool struck = counted.fail_at == 0;
    shop->context.memory = &host_memory;
    end_day(shop);
    return struck;
}

static void failing_memory(struct shop *shop) {
    size_t n = 1;
    while (strike_memory(shop, n))
        n++;
    printf(" (%zu cuts) ", n - 1);
    CU_ASSERT_TRUE(n > 10);
}

static void test_failing_memory(void) {
    on_engine(ENGINE_MEMORY, NULL, failing_memory);
}

static const struct suite_test tests[] = {
    {"a container is there once, whole, wherever the store breaks", test_every_step, "P1-02 P1-04"},
    {"and where a process is killed", test_killed, "P1-02 P1-04"},
    {"and where the database's disk fails to read, write or sync, or is full",
     test_failing_database, "P1-02 P1-04"},
    {"and where the containers' disk is full", test_full_disk, "P1-04"},
    {"and wherever memory is out", test_failing_memory, "P1-02 P1-04"},
};

int main(int argc, char **argv) {
    int code = suite_main("test-content-faults", tests, sizeof tests / sizeof tests[0], argc, argv);
    if (scene.crypto != NULL)
        sealed_scene_close(&scene);
    return code;
}
