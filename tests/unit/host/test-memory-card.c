// SPDX-License-Identifier: Apache-2.0
// Memory cards: a container is written whole or not at all, to the card that was there at the
// beginning, whatever happens to card, file and disk in the middle.
#include "base/files.h"
#include "host/content/memory_card.h"
#include "tests/kit/content/sealed.h"
#include "tests/kit/suite.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/// A provider's container, and a slot that a card may be in. Its crypto can do something at the
/// n-th hash that is made with it: in the middle of a copy.
static struct bench {
    struct sealed_scene scene;
    char directory[64], slot[96], file[96], away[96];
    uint8_t octets[SEALED_MAX];
    size_t size;
    struct crypto crypto;
    struct crypto_ops ops;
    const struct crypto_ops *inner;
    size_t hashes, at;
    void (*strike)(void);
} bench;

static bool hash(const struct crypto *crypto, struct bytes octets, uint8_t digest[SHA256_SIZE]) {
    if (++bench.hashes == bench.at && bench.strike != NULL)
        bench.strike();
    return bench.inner->sha256(crypto, octets, digest);
}

static void write_octets(const char *path, const void *octets, size_t size) {
    CU_ASSERT_FATAL(files_write(path, bytes_of(octets, size), FILES_PUBLIC, FILES_REPLACE));
}

static void open_bench(void) {
    uint8_t root[SHA256_SIZE];
    memset(&bench, 0, sizeof bench);
    sealed_scene_open(&bench.scene);
    strcpy(bench.directory, "/tmp/memory-card-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(bench.directory));
    snprintf(bench.slot, sizeof bench.slot, "%s/slot", bench.directory);
    snprintf(bench.away, sizeof bench.away, "%s/away", bench.directory);
    snprintf(bench.file, sizeof bench.file, "%s/film.tsc", bench.directory);
    CU_ASSERT_EQUAL_FATAL(mkdir(bench.slot, 0700), 0);
    bench.size =
        sealed_container(&bench.scene, &bench.scene.provider, "ID_0001", 40000, bench.octets, root);
    write_octets(bench.file, bench.octets, bench.size);
    bench.crypto = *bench.scene.crypto;
    bench.inner = bench.crypto.ops;
    bench.ops = *bench.crypto.ops;
    bench.ops.sha256 = hash;
    bench.crypto.ops = &bench.ops;
}

static void close_bench(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", bench.directory);
    CU_ASSERT_EQUAL(system(command), 0);
    sealed_scene_close(&bench.scene);
}

static struct memory_card make_card(void) {
    struct memory_card card;
    struct failure failure = {0};
    CU_ASSERT_FATAL(memory_card_make(&card, bench.slot, bench.scene.crypto, &failure));
    return card;
}

/// Writes the bench's file; path has where.
static bool put(const struct memory_card *card, char path[PATH_MAX], struct failure *failure) {
    struct front_trust trust = {.crypto = &bench.crypto, .root = bench.scene.root.certificate};
    *failure = (struct failure){0};
    struct container_file *file = container_open(bench.file, &trust, CONTAINER_WHOLE, failure);
    if (file == NULL)
        return false;
    bench.hashes = 0;
    bool done = memory_card_write(card, file, path, failure);
    container_close(file);
    return done;
}

static bool holds(const char *path) {
    static uint8_t octets[SEALED_MAX];
    size_t size = 0;
    return files_read(path, octets, sizeof octets, &size) && size == bench.size &&
           memcmp(octets, bench.octets, size) == 0;
}

/// Files in a directory whose name ends like that.
static size_t count(const char *directory, const char *end) {
    size_t found = 0;
    const struct dirent *entry;
    DIR *opened = opendir(directory);
    CU_ASSERT_PTR_NOT_NULL_FATAL(opened);
    while ((entry = readdir(opened)) != NULL) {
        size_t size = strlen(entry->d_name);
        found += size >= strlen(end) && strcmp(entry->d_name + size - strlen(end), end) == 0;
    }
    closedir(opened);
    return found;
}

static bool refused(const struct failure *failure, enum exit_code code, const char *part) {
    bool right = failure->code == code && strstr(failure->text, part) != NULL;
    if (!right)
        printf("\n    %d %s, wanted %d %s", failure->code, failure->text, code, part);
    return right;
}

static void test_written(void) {
    struct failure failure;
    struct memory_card card, seen;
    char path[PATH_MAX];
    open_bench();
    CU_ASSERT_FALSE(memory_card_open(&card, bench.slot, &failure));
    CU_ASSERT_TRUE(refused(&failure, EXIT_ABSENT, "there is no memory card in"));
    card = make_card();
    CU_ASSERT_FALSE(memory_card_make(&seen, bench.slot, bench.scene.crypto, &failure));
    CU_ASSERT_TRUE(refused(&failure, EXIT_REFUSED, "is a memory card already"));
    CU_ASSERT_TRUE(put(&card, path, &failure) && holds(path));
    CU_ASSERT_STRING_EQUAL(strrchr(path, '/'), "/ID_0001.tsc");
    CU_ASSERT_TRUE(put(&card, path, &failure)); // again: it is there
    CU_ASSERT_TRUE(memory_card_below(&seen, path) && strcmp(seen.id, card.id) == 0);
    CU_ASSERT_FALSE(memory_card_below(&seen, bench.file));
    CU_ASSERT_EQUAL(count(bench.slot, ".tsc"), 1);
    CU_ASSERT_EQUAL(count(bench.slot, ".part"), 0);
    close_bench();
}

static void test_occupied(void) {
    struct failure failure;
    uint8_t root[SHA256_SIZE];
    char path[PATH_MAX];
    open_bench();
    struct memory_card card = make_card();
    CU_ASSERT_TRUE(put(&card, path, &failure));
    bench.size = sealed_container(&bench.scene, &bench.scene.provider, "ID_0001", 50000,
                                  bench.octets, root); // of the same content
    write_octets(bench.file, bench.octets, bench.size);
    CU_ASSERT_FALSE(put(&card, path, &failure));
    CU_ASSERT_TRUE(refused(&failure, EXIT_REFUSED, "another container of this content"));
    close_bench();
}

static void test_markers(void) {
    static const char *const wrong[] = {"",
                                        "x",
                                        "tessera memory card 2 00112233445566778899aabbccddeeff\n",
                                        "tessera memory card 1 00112233445566778899AABBCCDDEEFF\n",
                                        "tessera memory card 1 00112233445566778899aabbccddeeff",
                                        "tessera memory card 1 00112233445566778899aabbccddeeff\nx",
                                        "tessera memory card 1 00112233445566778899aabbccddeef\n"};
    struct failure failure;
    struct memory_card card;
    char marker[128];
    open_bench();
    snprintf(marker, sizeof marker, "%s/tessera-card", bench.slot);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_octets(marker, wrong[i], strlen(wrong[i]));
        failure = (struct failure){0};
        CU_ASSERT_FALSE(memory_card_open(&card, bench.slot, &failure));
        CU_ASSERT_TRUE(failure.code == EXIT_REFUSED);
    }
    close_bench();
}

// ---- in the middle -----------------------------------------------------------------------------

static void take_out(void) {
    CU_ASSERT_EQUAL(rename(bench.slot, bench.away), 0);
}

static void change(void) {
    struct memory_card other;
    take_out();
    CU_ASSERT_EQUAL(mkdir(bench.slot, 0700), 0);
    CU_ASSERT_TRUE(memory_card_make(&other, bench.slot, bench.scene.crypto, NULL));
}

/// How many hashes a whole copy makes.
static size_t hashes_of_a_copy(void) {
    char path[PATH_MAX];
    struct failure failure;
    struct memory_card card = make_card();
    CU_ASSERT_FATAL(put(&card, path, &failure));
    CU_ASSERT_EQUAL(unlink(path), 0);
    snprintf(path, sizeof path, "%s/tessera-card", bench.slot);
    CU_ASSERT_EQUAL(unlink(path), 0);
    return bench.hashes;
}

/// The card goes at the n-th hash: no container anywhere, and the first card takes it afterwards.
static void go_at(size_t at, void (*strike)(void), const char *said) {
    char path[PATH_MAX];
    struct failure failure;
    open_bench();
    struct memory_card card = make_card();
    bench.at = at;
    bench.strike = strike;
    CU_ASSERT_FALSE(put(&card, path, &failure));
    CU_ASSERT_TRUE(refused(&failure, EXIT_ABSENT, said));
    CU_ASSERT_EQUAL(count(bench.away, ".tsc"), 0);
    if (access(bench.slot, F_OK) == 0) {
        CU_ASSERT_EQUAL(count(bench.slot, ".tsc") + count(bench.slot, ".part"), 0);
        char gone[128];
        snprintf(gone, sizeof gone, "%s/other", bench.directory);
        CU_ASSERT_EQUAL(rename(bench.slot, gone), 0);
    }
    CU_ASSERT_EQUAL(rename(bench.away, bench.slot), 0);
    bench.at = 0;
    CU_ASSERT_TRUE(put(&card, path, &failure) && holds(path));
    CU_ASSERT_EQUAL(count(bench.slot, ".part"), 0);
    close_bench();
}

static void test_taken_out(void) {
    open_bench();
    size_t hashes = hashes_of_a_copy();
    close_bench();
    CU_ASSERT_TRUE(hashes >= 10);
    for (size_t at = 1; at <= hashes; at++) {
        go_at(at, take_out, "was taken out of");
        go_at(at, change, "another memory card is in");
    }
}

static void test_altered(void) {
    struct failure failure;
    char path[PATH_MAX];
    open_bench();
    struct memory_card card = make_card();
    bench.octets[bench.size - 100] ^= 1;
    write_octets(bench.file, bench.octets, bench.size);
    CU_ASSERT_FALSE(put(&card, path, &failure));
    CU_ASSERT_TRUE(refused(&failure, EXIT_REFUSED, "is not the one that was sealed"));
    CU_ASSERT_EQUAL(count(bench.slot, "c") + count(bench.slot, ".part"), 0);
    close_bench();
}

/// Nothing longer than that can be written by this process.
static void limit_files(rlim_t size) {
    struct rlimit limit;
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_full(void) {
    struct failure failure;
    char path[PATH_MAX];
    signal(SIGXFSZ, SIG_IGN);
    open_bench();
    struct memory_card card = make_card();
    for (rlim_t room = 1; room < bench.size; room += 3001) {
        limit_files(room);
        CU_ASSERT_FALSE(put(&card, path, &failure));
        limit_files(RLIM_INFINITY);
        CU_ASSERT_TRUE(refused(&failure, EXIT_REFUSED, "cannot write to the memory card"));
        CU_ASSERT_EQUAL(count(bench.slot, ".tsc") + count(bench.slot, ".part"), 0);
    }
    CU_ASSERT_TRUE(put(&card, path, &failure) && holds(path));
    close_bench();
}

// What a kill left is written over, however long it is.
static void test_left_over(void) {
    static uint8_t rest[SEALED_MAX];
    struct failure failure;
    char path[PATH_MAX], part[PATH_MAX];
    open_bench();
    struct memory_card card = make_card();
    CU_ASSERT_TRUE(memory_card_path(&card, bytes_of_string("ID_0001"), path, &failure));
    snprintf(part, sizeof part, "%.*s.part", 200, path);
    write_octets(part, rest, sizeof rest);
    CU_ASSERT_TRUE(put(&card, path, &failure) && holds(path));
    CU_ASSERT_EQUAL(count(bench.slot, ".part"), 0);
    close_bench();
}

static const struct suite_test tests[] = {
    {"a container is written to the inserted card, once; without a card not", test_written,
     "P3-05"},
    {"not over another container of the content", test_occupied, NULL},
    {"a marker of something else", test_markers, NULL},
    {"a card that is taken out or changed in the middle: nothing, then all", test_taken_out,
     "P3-05"},
    {"what is altered is not copied", test_altered, "S07b"},
    {"a card that is full keeps nothing of it", test_full, NULL},
    {"what a kill left is written over", test_left_over, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-memory-card", tests, sizeof tests / sizeof tests[0], argc, argv);
}
