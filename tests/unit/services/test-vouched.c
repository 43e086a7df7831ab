// SPDX-License-Identifier: Apache-2.0
// Certificates that come again: their signatures are computed once, everything else is judged as if
// they had never been seen.
#include "services/core/vouched.h"
#include "tests/kit/certificates.h"
#include "tests/kit/suite.h"

#include <string.h>

enum { DEPTH = 3 };

static struct crypto *crypto;
static struct crypto_ops counting;
static unsigned computed;
static struct sample_party root, purses, wallet, foreign;
static struct vouched *vouched;

static bool count_verify(const struct crypto *self, const uint8_t point[P256_COMPRESSED_SIZE],
                         struct bytes message, const uint8_t signature[ECDSA_SIZE]) {
    computed++;
    return crypto->ops->ecdsa_verify(self, point, message, signature);
}

static enum certificate_fault judge(const struct bytes chain[DEPTH],
                                    const struct sample_party *trusted, uint32_t today) {
    const struct crypto counted = {&counting, crypto->context};
    struct certificate leaf;
    enum certificate_fault fault =
        vouched_verify_chain(vouched, chain, DEPTH, trusted->signer.point, today, &counted, &leaf);
    if (fault == CERTIFICATE_OK)
        CU_ASSERT(bytes_equal(leaf.whole, chain[DEPTH - 1]));
    return fault;
}

/// The sample chain; nothing is remembered of it yet.
static void begin(struct bytes chain[DEPTH]) {
    vouched_free(vouched);
    vouched = vouched_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(vouched);
    chain[0] = root.certificate;
    chain[1] = purses.certificate;
    chain[2] = wallet.certificate;
    computed = 0;
}

static void test_once(void) {
    struct bytes chain[DEPTH];
    begin(chain);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_TODAY), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(computed, DEPTH);
}

static void test_expiry(void) {
    struct bytes chain[DEPTH];
    begin(chain);
    CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_UNTIL), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_UNTIL + 1), CERTIFICATE_EXPIRED);
    CU_ASSERT_EQUAL(judge(chain, &root, 0), CERTIFICATE_OK);
    CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_UNTIL + 1), CERTIFICATE_EXPIRED);
}

// A known certificate with any bit changed is another one, whatever was remembered before.
static void test_changed(void) {
    struct bytes chain[DEPTH];
    uint8_t octets[CERTIFICATE_MAX];
    struct certificate leaf;
    begin(chain);
    CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_TODAY), CERTIFICATE_OK);
    for (size_t bit = 0; bit < 8 * wallet.certificate.size; bit++) {
        struct bytes changed[DEPTH] = {chain[0], chain[1], bytes_of(octets, chain[2].size)};
        memcpy(octets, chain[2].data, chain[2].size);
        octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum certificate_fault fault = judge(changed, &root, SAMPLE_TODAY);
        CU_ASSERT_NOT_EQUAL(fault, CERTIFICATE_OK);
        CU_ASSERT_EQUAL(fault, certificate_verify_chain(changed, DEPTH, root.signer.point,
                                                        SAMPLE_TODAY, crypto, &leaf));
    }
    CU_ASSERT_EQUAL(judge(chain, &foreign, SAMPLE_TODAY), CERTIFICATE_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_TODAY), CERTIFICATE_OK);
}

// What was refused is computed again: nobody can put it in.
static void test_bad(void) {
    struct bytes chain[DEPTH];
    uint8_t octets[CERTIFICATE_MAX];
    begin(chain);
    memcpy(octets, chain[2].data, chain[2].size);
    octets[chain[2].size - 1] ^= 1;
    chain[2] = bytes_of(octets, chain[2].size);
    for (unsigned i = 1; i < 4; i++) {
        CU_ASSERT_EQUAL(judge(chain, &root, SAMPLE_TODAY), CERTIFICATE_BAD_SIGNATURE);
        CU_ASSERT_EQUAL(computed, DEPTH - 1 + i);
    }
}

static bool make_parties(void) {
    return sample_certify(&root, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL) ==
               CERTIFICATE_OK &&
           sample_certify(&foreign, crypto, "ROOT", ROLE_ROOT | ROLE_ENTITIES, NULL) ==
               CERTIFICATE_OK &&
           sample_certify(&purses, crypto, "PURSES", ROLE_ISSUING | ROLE_PURSES, &root) ==
               CERTIFICATE_OK &&
           sample_certify(&wallet, crypto, "WALLET-1", ROLE_WALLET, &purses) == CERTIFICATE_OK;
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"a chain that comes again costs no signature", test_once, NULL},
        {"a known chain runs out all the same", test_expiry, "S08"},
        {"a known chain with any bit changed is refused", test_changed, "S08"},
        {"what is not good is not remembered", test_bad, "S08"},
    };
    crypto = crypto_openssl_new_seeded(7);
    if (crypto == NULL || !make_parties())
        return 2;
    counting = *crypto->ops;
    counting.ecdsa_verify = count_verify;
    int code = suite_main("test-vouched", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    vouched_free(vouched);
    crypto_openssl_free(crypto);
    return code;
}
