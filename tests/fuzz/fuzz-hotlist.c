// SPDX-License-Identifier: Apache-2.0
// Hotlists for programs. By the first octet the rest is a whole file, what stands behind the
// certificates of a center that is trusted, or marks that this center signs: a file of others'
// making never opens, signed marks do if they rise, and asked from the middle the list answers as
// one that is read from front to back.
#include "services/wire/revocations.h"
#include "tests/fuzz/fuzz.h"
#include "tests/kit/services/host_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_WHOLE, FILE_BEHIND_CENTER, FILE_SIGNED, FILE_WAYS };

static struct crypto *crypto;
static struct host_authority authority;

static char directory[] = "/tmp/fuzz-hotlist-XXXXXX", path[64], root[64];

static void end(void) {
    crypto_openssl_free(crypto);
    unlink(path);
    unlink(root);
    rmdir(directory);
}

static void open_once(void) {
    if (crypto != NULL)
        return;
    crypto = crypto_openssl_new_seeded(1);
    MUST(crypto != NULL);
    host_authority_make(&authority, crypto, "LAB");
    MUST(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/list", directory);
    snprintf(root, sizeof root, "%s/root", directory);
    atexit(end);
}

static bool open_list(struct revocations *list) {
    struct failure failure = {0};
    bool opened = revocations_open(list, path, root, crypto, SAMPLE_TODAY, &failure);
    MUST(opened || failure.text[0] != '\0');
    return opened;
}

static void write_file(const char *name, const struct bytes *parts, size_t count) {
    FILE *file = fopen(name, "w");
    MUST(file != NULL);
    for (size_t i = 0; i < count; i++)
        MUST(fwrite(parts[i].data, 1, parts[i].size, file) == parts[i].size);
    MUST(fclose(file) == 0);
}

static void refuse_foreign(struct bytes input, bool behind) {
    const struct bytes parts[] = {authority.centers.certificate, authority.center.certificate,
                                  input};
    struct revocations list;
    write_file(path, behind ? parts : parts + 2, behind ? 3 : 1);
    write_file(root, &authority.root.certificate, 1);
    MUST(!open_list(&list)); // the center signs further down only
}

static bool stands_in(struct bytes marks, const uint8_t *mark) {
    for (size_t at = 0; at < marks.size; at += MARK_SIZE)
        if (memcmp(marks.data + at, mark, MARK_SIZE) == 0)
            return true;
    return false;
}

/// Every mark, and its neighbour.
static void ask(const struct revocations *list, struct bytes marks) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE] = {0};
    for (size_t at = 0; at < marks.size; at += MARK_SIZE)
        for (unsigned more = 0; more < 2; more++) {
            memcpy(digest, marks.data + at, MARK_SIZE);
            digest[MARK_SIZE - 1] = (uint8_t)(digest[MARK_SIZE - 1] + more);
            MUST(revocations_have(list, digest) == stands_in(marks, digest));
        }
}

static void sign_and_ask(struct bytes marks) {
    struct revocations list;
    host_list_write(&authority, crypto, marks, 0, path, root);
    bool opened = open_list(&list);
    MUST(opened == marks_rise(marks));
    if (opened)
        ask(&list, marks);
    revocations_close(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    open_once();
    if (size == 0)
        return 0;
    struct bytes input = bytes_of(data + 1, size - 1);
    unsigned way = data[0] % FILE_WAYS;
    if (way == FILE_SIGNED)
        sign_and_ask(input);
    else
        refuse_foreign(input, way == FILE_BEHIND_CENTER);
    return 0;
}
