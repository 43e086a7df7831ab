// SPDX-License-Identifier: Apache-2.0
// RSA-2048 over OpenSSL 3, for the PIV application: key generation and the raw private operation.
// A key is its five CRT numbers; modulus and private exponent are computed when it is parsed.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

enum { RSA_PARTS = 5, RSA_PART_SIZE = RSA_KEY_SIZE / RSA_PARTS, RSA_EXPONENT = 65537 };

static const char *const PART_NAMES[RSA_PARTS] = {
    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};

static bool put_number(EVP_PKEY *pkey, const char *name, uint8_t *out, size_t size) {
    BIGNUM *number = NULL;
    bool done = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
                BN_bn2binpad(number, out, (int)size) == (int)size;
    BN_clear_free(number);
    return done;
}

bool openssl_rsa_generate(const struct crypto *crypto, uint8_t key[RSA_KEY_SIZE],
                          uint8_t modulus[RSA_2048_SIZE]) {
    (void)crypto; // a seeded context still draws primes from the library
    EVP_PKEY *pkey = EVP_RSA_gen(RSA_2048_SIZE * 8);
    bool done = pkey != NULL && put_number(pkey, OSSL_PKEY_PARAM_RSA_N, modulus, RSA_2048_SIZE);
    for (size_t i = 0; done && i < RSA_PARTS; i++)
        done = put_number(pkey, PART_NAMES[i], key + i * RSA_PART_SIZE, RSA_PART_SIZE);
    EVP_PKEY_free(pkey);
    if (!done)
        ERR_clear_error();
    return done;
}

/// The numbers of a key; secure memory where the library has it, cleared on free.
struct numbers {
    BIGNUM *part[RSA_PARTS], *n, *e, *d;
};

static bool read_parts(struct numbers *numbers, const uint8_t *key) {
    for (size_t i = 0; i < RSA_PARTS; i++) {
        numbers->part[i] = BN_secure_new();
        if (numbers->part[i] == NULL ||
            BN_bin2bn(key + i * RSA_PART_SIZE, RSA_PART_SIZE, numbers->part[i]) == NULL)
            return false;
        BN_set_flags(numbers->part[i], BN_FLG_CONSTTIME);
    }
    return true;
}

// n = p q and d = e^-1 mod (p-1)(q-1).
static bool derive_numbers(struct numbers *numbers) {
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *p1 = BN_secure_new(), *q1 = BN_secure_new();
    numbers->n = BN_new();
    numbers->e = BN_new();
    numbers->d = BN_secure_new();
    bool done =
        context != NULL && p1 != NULL && q1 != NULL && numbers->n != NULL && numbers->e != NULL &&
        numbers->d != NULL && BN_set_word(numbers->e, RSA_EXPONENT) == 1 &&
        BN_mul(numbers->n, numbers->part[0], numbers->part[1], context) == 1 &&
        BN_sub(p1, numbers->part[0], BN_value_one()) == 1 &&
        BN_sub(q1, numbers->part[1], BN_value_one()) == 1 && BN_mul(p1, p1, q1, context) == 1;
    if (done)
        BN_set_flags(p1, BN_FLG_CONSTTIME);
    done = done && BN_mod_inverse(numbers->d, numbers->e, p1, context) != NULL;
    BN_clear_free(p1);
    BN_clear_free(q1);
    BN_CTX_free(context);
    return done;
}

static OSSL_PARAM *rsa_params(const struct numbers *numbers) {
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool done = build != NULL &&
                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, numbers->n) == 1 &&
                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, numbers->e) == 1 &&
                OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_D, numbers->d) == 1;
    for (size_t i = 0; done && i < RSA_PARTS; i++)
        done = OSSL_PARAM_BLD_push_BN(build, PART_NAMES[i], numbers->part[i]) == 1;
    if (done)
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    return params;
}

static EVP_PKEY *parse_key(const uint8_t key[RSA_KEY_SIZE]) {
    struct numbers numbers = {0};
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context != NULL && read_parts(&numbers, key) && derive_numbers(&numbers) &&
        (params = rsa_params(&numbers)) != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(context);
    for (size_t i = 0; i < RSA_PARTS; i++)
        BN_clear_free(numbers.part[i]);
    BN_free(numbers.n);
    BN_free(numbers.e);
    BN_clear_free(numbers.d);
    return pkey;
}

bool openssl_rsa_private(const struct crypto *crypto, const uint8_t key[RSA_KEY_SIZE],
                         const uint8_t in[RSA_2048_SIZE], uint8_t out[RSA_2048_SIZE]) {
    (void)crypto;
    size_t size = RSA_2048_SIZE;
    EVP_PKEY *pkey = parse_key(key);
    EVP_PKEY_CTX *context = pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    bool done = context != NULL && EVP_PKEY_decrypt_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_decrypt(context, out, &size, in, RSA_2048_SIZE) == 1 &&
                size == RSA_2048_SIZE;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    if (!done)
        ERR_clear_error();
    return done;
}
