// SPDX-License-Identifier: Apache-2.0
// The vector of an independent program for containers: keys, chunks, lists of chunks and the signed
// object; and that the nonce keeps every chunk in its place.
#include "apdu/container/container.h"
#include "tests/kit/objects.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <string.h>

enum { CONTENT = 10000, LOG2 = 12 };

static struct crypto *crypto;
static struct provider {
    struct signer signer;
    struct signer_scalar scalar;
} provider;
static uint8_t plain[CONTENT];

/// i mod 251 at place i; somebody who signs.
static void begin(void) {
    sample_signer(crypto, &provider.signer, &provider.scalar);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i % 251);
}

static void chunks_of_vector(const uint8_t *cek, size_t size, const char *sizes, const char *hex) {
    static uint8_t framed[CONTAINER_FRAME + 4096 + GCM_TAG_SIZE], rows[3 * CONTAINER_ROW_SIZE];
    uint8_t digest[SHA256_SIZE];
    char said[64] = "";
    struct container_form form;
    CU_ASSERT_FATAL(container_form(&form, size, LOG2, 0) && form.count <= 3);
    for (uint64_t i = 0; i < form.count; i++) {
        size_t content = container_chunk_content(&form, i);
        CU_ASSERT(container_seal_chunk(crypto, cek, &form, i, plain + (i << LOG2),
                                       framed + CONTAINER_FRAME));
        CU_ASSERT(container_row(crypto, i, framed, content + GCM_TAG_SIZE,
                                rows + i * CONTAINER_ROW_SIZE));
        snprintf(said + strlen(said), sizeof said - strlen(said), "%zu ", content + GCM_TAG_SIZE);
    }
    CU_ASSERT_STRING_EQUAL(said, sizes);
    CU_ASSERT(crypto->ops->sha256(crypto, bytes_of(rows, form.count * CONTAINER_ROW_SIZE), digest));
    CU_ASSERT(is_hex(digest, strlen(hex) / 2, hex));
}

static struct container_terms vector_terms(const uint8_t *salt, size_t size) {
    return (struct container_terms){.content = bytes_of_string("ID_0001"),
                                    .sealer = bytes_of_string("prov-1"),
                                    .salt = bytes_of(salt, 32),
                                    .log2 = LOG2,
                                    .size = size,
                                    .algorithm = CONTAINER_DERIVED};
}

static void test_vector(void) {
    static const struct {
        size_t size;
        const char *sizes, *root;
    } SIZES[] = {{0, "16 ", "8cb085c8c097fe56"},
                 {1, "17 ", "951cef6945eb14e4"},
                 {4095, "4111 ", "5c1e3840eb69b150"},
                 {4096, "4112 ", "5589f5a0efdd1818"},
                 {4097, "4112 17 ", "535cd6fcf89ffe95"},
                 {10000, "4112 4112 1824 ",
                  "1d323d013501fa89a208041e717186bf76807f44190152e84a67c0c3a0bbadf9"}};
    uint8_t salt[32], cek[CONTAINER_CEK_SIZE];
    begin();
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        struct container_terms terms = vector_terms(salt, SIZES[i].size);
        CU_ASSERT(container_cek_make(crypto, &terms, bytes_of_string("hc426D99ro7v"), cek, NULL));
        chunks_of_vector(cek, SIZES[i].size, SIZES[i].sizes, SIZES[i].root);
    }
    CU_ASSERT(is_hex(cek, sizeof cek,
                     "980f704137c44e540c91da40d43f847ef978dc054c8801f9363b4966f4f32000"));
}

// What the independent program signs: 162 octets.
static void test_vector_manifest(void) {
    uint8_t buffer[512], number[32], digest[SHA256_SIZE];
    struct object_writer writer;
    struct object manifest;
    struct bytes made = {0};
    begin();
    object_begin(&writer, OBJECT_CONTAINER, buffer, sizeof buffer);
    memset(number, 0, sizeof number);
    object_put(&writer, FIELD_POLICY_HASH, BYTES_OF(number));
    object_put_date(&writer, FIELD_DATE, 20040211);
    object_put(&writer, FIELD_CONTENT, bytes_of_string("ID_0001"));
    object_put(&writer, FIELD_SEALER, bytes_of_string("prov-1"));
    object_put(&writer, FIELD_ALGORITHM, bytes_of("\1", 1));
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)i;
    object_put(&writer, FIELD_SALT, BYTES_OF(number));
    object_put(&writer, FIELD_CHUNK, bytes_of("\14", 1));
    object_put_uint(&writer, FIELD_SIZE, CONTENT);
    from_hex("1d323d013501fa89a208041e717186bf76807f44190152e84a67c0c3a0bbadf9", number, 32);
    object_put(&writer, FIELD_ROOT, BYTES_OF(number));
    object_put(&writer, FIELD_MEDIA, bytes_of_string("video/mp2t"));
    CU_ASSERT_FATAL(object_sign(&writer, &provider.signer, &made));
    CU_ASSERT_FATAL(object_decode_as(OBJECT_CONTAINER, made, &manifest));
    CU_ASSERT(object_digest(&manifest, crypto, digest));
    CU_ASSERT_EQUAL(manifest.body.size, 162);
    CU_ASSERT(is_hex(digest, sizeof digest,
                     "90ff96b05710588940fd71bacb85d98f5b4ac5083332eac06eb78763049782c8"));
}

// The nonce alone tells a chunk from another and the last one from the rest.
static void test_chunks_keep_their_places(void) {
    static uint8_t sealed[3][4096 + GCM_TAG_SIZE], out[4096];
    struct container_form form, longer;
    uint8_t cek[CONTAINER_CEK_SIZE] = {1};
    begin();
    CU_ASSERT_FATAL(container_form(&form, 2 * 4096, LOG2, 0));
    CU_ASSERT_FATAL(container_form(&longer, 3 * 4096, LOG2, 0));
    for (uint64_t i = 0; i < 2; i++)
        CU_ASSERT(container_seal_chunk(crypto, cek, &form, i, plain, sealed[i]));
    CU_ASSERT(container_open_chunk(crypto, cek, &form, 0, sealed[0], out));
    CU_ASSERT_FALSE(container_open_chunk(crypto, cek, &form, 0, sealed[1], out));
    CU_ASSERT_FALSE(container_open_chunk(crypto, cek, &form, 1, sealed[0], out));
    CU_ASSERT_FALSE(container_open_chunk(crypto, cek, &longer, 1, sealed[1], out));
    CU_ASSERT_FALSE(container_form(&form, UINT64_MAX, LOG2, 0));
    CU_ASSERT_FALSE(container_form(&form, 1, 11, 0));
    CU_ASSERT_FALSE(container_form(&form, 1, 25, 0));
}

static const struct suite_test tests[] = {
    {"keys, chunks and lists are those of the independent program", test_vector, NULL},
    {"so is the container object", test_vector_manifest, NULL},
    {"a chunk stands in no other's place", test_chunks_keep_their_places, "S07b"},
};

int main(int argc, char **argv) {
    if ((crypto = crypto_openssl_new()) == NULL)
        return 2;
    int code =
        suite_main("test-container-vector", tests, sizeof tests / sizeof tests[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
