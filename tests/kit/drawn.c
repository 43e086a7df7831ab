// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/drawn.h"

#include <stdlib.h>
#include <string.h>

static struct drawn *drawn_of(const struct crypto *crypto) {
    union {
        const struct crypto *in;
        struct drawn *out;
    } way = {crypto}; // crypto is its first member
    return way.out;
}

static bool give_p256(const struct crypto *crypto, uint8_t scalar[P256_SCALAR_SIZE],
                      uint8_t point[P256_COMPRESSED_SIZE]) {
    struct drawn *drawn = drawn_of(crypto);
    size_t i = drawn->next_p256++ % DRAWN_P256;
    memcpy(scalar, drawn->p256[i].scalar, P256_SCALAR_SIZE);
    memcpy(point, drawn->p256[i].point, P256_COMPRESSED_SIZE);
    return true;
}

static bool give_rsa(const struct crypto *crypto, uint8_t key[RSA_KEY_SIZE],
                     uint8_t modulus[RSA_2048_SIZE]) {
    struct drawn *drawn = drawn_of(crypto);
    size_t i = drawn->next_rsa++ % DRAWN_RSA;
    memcpy(key, drawn->rsa[i].key, RSA_KEY_SIZE);
    memcpy(modulus, drawn->rsa[i].modulus, RSA_2048_SIZE);
    return true;
}

struct drawn *drawn_from(const struct crypto *source) {
    static struct crypto_ops ops; // the same for every source
    struct drawn *drawn = calloc(1, sizeof *drawn);
    bool done = drawn != NULL;
    for (size_t i = 0; done && i < DRAWN_P256; i++)
        done = source->ops->p256_generate(source, drawn->p256[i].scalar, drawn->p256[i].point);
    for (size_t i = 0; done && i < DRAWN_RSA; i++)
        done = source->ops->rsa_generate(source, drawn->rsa[i].key, drawn->rsa[i].modulus);
    if (!done)
        abort();
    ops = *source->ops;
    ops.p256_generate = give_p256;
    ops.rsa_generate = give_rsa;
    drawn->crypto = (struct crypto){.ops = &ops, .context = source->context};
    return drawn;
}

void drawn_begin(struct drawn *drawn, size_t number) {
    drawn->next_p256 = drawn->next_rsa = number;
}
