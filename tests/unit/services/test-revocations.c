// SPDX-License-Identifier: Apache-2.0
// A host's hotlist (services/wire/revocations.h): who is on it, and every list that is not what the
// root's own center signed.
#include "services/wire/revocations.h"

#include "apdu/crypto/crypto_openssl.h"
#include "apdu/object/certificate.h"
#include "base/files.h"
#include "tests/kit/image.h"
#include "tests/kit/services/host_list.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LISTED = 500, FILE_ROOM = 8192 };

static struct crypto *crypto;
static struct host_authority authority;
static uint8_t marks[LISTED * MARK_SIZE];
static char directory[TEST_PATH_MAX], path[TEST_PATH_MAX + 16], root[TEST_PATH_MAX + 16],
    other[TEST_PATH_MAX + 16];
static uint8_t whole[FILE_ROOM];
static size_t whole_size;

/// Marks 3, 6, 9, ... in the first four octets.
static void put_marks(void) {
    for (size_t i = 0; i < LISTED; i++)
        bytes_put_be(marks + i * MARK_SIZE, MARK_SIZE, (uint64_t)(3 * (i + 1)) << 32);
}

static void begin(void) {
    crypto = crypto_openssl_new_seeded(11);
    CU_ASSERT_PTR_NOT_NULL_FATAL(crypto);
    put_marks();
    test_directory_make(directory);
    snprintf(path, sizeof path, "%s/list", directory);
    snprintf(root, sizeof root, "%s/root.cvc", directory);
    snprintf(other, sizeof other, "%s/other.cvc", directory);
    host_authority_make(&authority, crypto, "CENTER");
    host_list_write(&authority, crypto, BYTES_OF(marks), 0, path, root);
    CU_ASSERT_FATAL(files_read(path, whole, sizeof whole, &whole_size));
}

static void end(void) {
    test_directory_remove(directory);
    crypto_openssl_free(crypto);
}

static bool opens_with(const char *anchor, uint32_t today, struct failure *failure) {
    struct revocations list;
    *failure = (struct failure){0};
    bool opened = revocations_open(&list, path, anchor, crypto, today, failure);
    CU_ASSERT(opened || failure->text[0] != '\0');
    revocations_close(&list);
    return opened;
}

static bool opens(void) {
    struct failure failure;
    return opens_with(root, SAMPLE_TODAY, &failure);
}

static void put_file(size_t size) {
    CU_ASSERT_FATAL(files_write(path, bytes_of(whole, size), FILES_PUBLIC, FILES_REPLACE));
}

static void every_mark_is_found_and_no_other(void) {
    struct revocations list;
    struct failure failure = {0};
    uint8_t digest[CERTIFICATE_DIGEST_SIZE] = {0};
    begin();
    CU_ASSERT_FATAL(revocations_open(&list, path, root, crypto, SAMPLE_TODAY, &failure));
    CU_ASSERT_EQUAL(list.version, 7);
    for (uint32_t value = 0; value < 3 * LISTED + 4; value++) {
        bytes_put_be(digest, 4, value);
        bool listed = value > 0 && value <= 3 * LISTED && value % 3 == 0;
        CU_ASSERT_EQUAL(revocations_have(&list, digest), listed);
    }
    revocations_close(&list);
    end();
}

static void certificates_and_holders_are_found(void) {
    struct sample_party party;
    struct revocations list;
    struct failure failure = {0};
    uint8_t mark[MARK_SIZE];
    begin();
    CU_ASSERT_EQUAL(sample_certify(&party, crypto, "PARTY", ROLE_CENTER, &authority.centers),
                    CERTIFICATE_OK);
    CU_ASSERT_FATAL(revocations_open(&list, path, root, crypto, SAMPLE_TODAY, &failure));
    CU_ASSERT_FALSE(revocations_have_certificate(&list, party.certificate));
    CU_ASSERT(revocations_have_certificate(&list, bytes_of_string("no certificate")));
    revocations_close(&list);
    mark_of_holder(crypto, bytes_of_string("CENTERS"), bytes_of_string("PARTY"), mark);
    host_list_write(&authority, crypto, BYTES_OF(mark), 0, path, root);
    CU_ASSERT_FATAL(revocations_open(&list, path, root, crypto, SAMPLE_TODAY, &failure));
    CU_ASSERT(revocations_have_certificate(&list, party.certificate));
    CU_ASSERT(revocations_have_holder(&list, bytes_of_string("CENTERS"), bytes_of_string("PARTY")));
    CU_ASSERT_FALSE(
        revocations_have_holder(&list, bytes_of_string("OTHERS"), bytes_of_string("PARTY")));
    revocations_close(&list);
    end();
}

static void every_changed_octet_is_refused(void) {
    size_t taken = 0;
    begin();
    CU_ASSERT(opens());
    for (size_t at = 0; at < whole_size; at++) {
        whole[at] ^= (uint8_t)(1 << at % 8);
        put_file(whole_size);
        taken += opens();
        whole[at] ^= (uint8_t)(1 << at % 8);
    }
    CU_ASSERT_EQUAL(taken, 0);
    end();
}

static void every_cut_list_is_refused(void) {
    size_t taken = 0;
    begin();
    for (size_t left = 0; left < whole_size; left += left < 700 ? 1 : 13) {
        put_file(left);
        taken += opens();
    }
    whole[whole_size] = 0xFF;
    put_file(whole_size + 1);
    taken += opens();
    CU_ASSERT_EQUAL(taken, 0);
    put_file(whole_size);
    CU_ASSERT(opens());
    end();
}

/// Marks out of order, however well signed.
static void a_list_out_of_order_is_refused(void) {
    uint8_t pair[2 * MARK_SIZE] = {2, [MARK_SIZE] = 1};
    begin();
    host_list_write(&authority, crypto, BYTES_OF(pair), 0, path, root);
    CU_ASSERT_FALSE(opens());
    end();
}

static void others_lists_are_refused(void) {
    struct host_authority stranger;
    struct failure failure;
    begin();
    host_authority_make(&stranger, crypto, "CENTER");
    host_list_write(&stranger, crypto, BYTES_OF(marks), 0, path, other);
    CU_ASSERT_FALSE(opens_with(root, SAMPLE_TODAY, &failure));
    CU_ASSERT(opens_with(other, SAMPLE_TODAY, &failure));
    host_list_write(&authority, crypto, BYTES_OF(marks), ROLE_WALLET, path, root);
    CU_ASSERT_FALSE(opens_with(root, SAMPLE_TODAY, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "for cards"));
    host_list_write(&authority, crypto, BYTES_OF(marks), 0, path, root);
    CU_ASSERT_FALSE(opens_with(root, SAMPLE_UNTIL + 100, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "out of its validity"));
    CU_ASSERT_FALSE(opens_with(path, SAMPLE_TODAY, &failure));
    CU_ASSERT_FALSE(opens_with("/nowhere/root.cvc", SAMPLE_TODAY, &failure));
    unlink(path);
    CU_ASSERT_FALSE(opens_with(root, SAMPLE_TODAY, &failure));
    end();
}

/// Whoever the issuing authority certified, but no center.
static void a_list_of_no_center_is_refused(void) {
    struct failure failure;
    begin();
    CU_ASSERT_EQUAL(sample_certify(&authority.centers, crypto, "CENTERS",
                                   ROLE_ISSUING | ROLE_SELLER, &authority.root),
                    CERTIFICATE_OK);
    CU_ASSERT_EQUAL(
        sample_certify(&authority.center, crypto, "SHOP", ROLE_SELLER, &authority.centers),
        CERTIFICATE_OK);
    host_list_write(&authority, crypto, BYTES_OF(marks), 0, path, root);
    CU_ASSERT_FALSE(opens_with(root, SAMPLE_TODAY, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "no center"));
    end();
}

static const struct suite_test tests[] = {
    {"every mark is found, and no other", every_mark_is_found_and_no_other, NULL},
    {"certificates and holders are found", certificates_and_holders_are_found, NULL},
    {"every changed octet is refused", every_changed_octet_is_refused, NULL},
    {"every cut list is refused", every_cut_list_is_refused, NULL},
    {"a list out of order is refused", a_list_out_of_order_is_refused, NULL},
    {"others' lists are refused", others_lists_are_refused, NULL},
    {"a list of no center is refused", a_list_of_no_center_is_refused, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-revocations", tests, sizeof tests / sizeof tests[0], argc, argv);
}
