// SPDX-License-Identifier: Apache-2.0
// The primitives that a card edge adds to those of the purse: signatures over a finished digest,
// points in both forms, RSA-2048 with raw blocks. OpenSSL's own arithmetic is the judge.
#include "apdu/crypto/crypto.h"
#include "tests/kit/suite.h"

#include <openssl/bn.h>
#include <string.h>

static void digest_and_message_signatures_agree(void) {
    struct crypto *crypto = crypto_openssl_new();
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE], digest[SHA256_SIZE];
    uint8_t signature[ECDSA_SIZE];
    struct bytes message = bytes_of_string("one message");
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    CU_ASSERT(crypto->ops->sha256(crypto, message, digest));
    CU_ASSERT(crypto->ops->ecdsa_sign_digest(crypto, scalar, digest, signature));
    CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, message, signature));
    digest[0] ^= 1;
    CU_ASSERT(crypto->ops->ecdsa_sign_digest(crypto, scalar, digest, signature));
    CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, message, signature));
    crypto_openssl_free(crypto);
}

static void points_expand_or_are_refused(void) {
    struct crypto *crypto = crypto_openssl_new();
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE], expanded[P256_POINT_SIZE];
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    CU_ASSERT(crypto->ops->p256_expand(crypto, point, expanded));
    CU_ASSERT_EQUAL(expanded[0], 0x04);
    CU_ASSERT(memcmp(expanded + 1, point + 1, 32) == 0);
    CU_ASSERT_EQUAL(expanded[P256_POINT_SIZE - 1] & 1, point[0] & 1);
    memset(point + 1, 0xFF, 32); // not below the field's prime
    CU_ASSERT_FALSE(crypto->ops->p256_expand(crypto, point, expanded));
    crypto_openssl_free(crypto);
}

// What the private operation makes of a block, raised to 65537, is the block again.
static void rsa_private_inverts_public(void) {
    struct crypto *crypto = crypto_openssl_new();
    uint8_t key[RSA_KEY_SIZE], modulus[RSA_2048_SIZE], in[RSA_2048_SIZE] = {0}, out[RSA_2048_SIZE];
    uint8_t back[RSA_2048_SIZE];
    CU_ASSERT(crypto->ops->rsa_generate(crypto, key, modulus));
    memset(in + 1, 0x5A, sizeof in - 1);
    CU_ASSERT(crypto->ops->rsa_private(crypto, key, in, out));
    BN_CTX *context = BN_CTX_new();
    BIGNUM *n = BN_bin2bn(modulus, sizeof modulus, NULL), *x = BN_bin2bn(out, sizeof out, NULL);
    BIGNUM *e = BN_new();
    BN_set_word(e, 65537);
    CU_ASSERT_EQUAL(BN_num_bits(n), 2048);
    CU_ASSERT(BN_mod_exp(x, x, e, n, context) == 1);
    BN_bn2binpad(x, back, sizeof back);
    CU_ASSERT(memcmp(back, in, sizeof in) == 0);
    memset(in, 0xFF, sizeof in);
    CU_ASSERT_FALSE(crypto->ops->rsa_private(crypto, key, in, out));
    BN_free(n);
    BN_free(x);
    BN_free(e);
    BN_CTX_free(context);
    crypto_openssl_free(crypto);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"a digest signature is a message signature", digest_and_message_signatures_agree, NULL},
        {"points expand or are refused", points_expand_or_are_refused, NULL},
        {"RSA private operation inverts the public one", rsa_private_inverts_public, NULL},
    };
    return suite_main("test-card-keys", tests, sizeof tests / sizeof tests[0], argc, argv);
}
