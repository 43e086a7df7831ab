// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/hkdf.h"

#include <string.h>

bool hkdf_extract(const struct crypto *crypto, struct bytes salt, struct bytes ikm,
                  uint8_t prk[SHA256_SIZE]) {
    return crypto->ops->hmac_sha256(crypto, salt, ikm, prk);
}

// T(i) = HMAC(prk, T(i-1) | info | i); the message is put together in one buffer.
bool hkdf_expand(const struct crypto *crypto, const uint8_t prk[SHA256_SIZE], struct bytes info,
                 uint8_t *out, size_t size) {
    uint8_t message[SHA256_SIZE + HKDF_INFO_MAX + 1], block[SHA256_SIZE];
    bool done = size <= HKDF_OUTPUT_MAX && info.size <= HKDF_INFO_MAX;
    size_t before = 0, written = 0;
    for (uint8_t number = 1; done && written < size; number++) {
        if (info.size > 0)
            memcpy(message + before, info.data, info.size);
        message[before + info.size] = number;
        done = crypto->ops->hmac_sha256(crypto, bytes_of(prk, SHA256_SIZE),
                                        bytes_of(message, before + info.size + 1), block);
        size_t take = size - written < SHA256_SIZE ? size - written : SHA256_SIZE;
        memcpy(out + written, block, take);
        memcpy(message, block, SHA256_SIZE);
        before = SHA256_SIZE;
        written += take;
    }
    bytes_erase(message, sizeof message);
    bytes_erase(block, sizeof block);
    if (!done)
        bytes_erase(out, size);
    return done;
}

bool hkdf(const struct crypto *crypto, struct bytes ikm, struct bytes salt, struct bytes info,
          uint8_t *out, size_t size) {
    uint8_t prk[SHA256_SIZE];
    bool done = hkdf_extract(crypto, salt, ikm, prk) && hkdf_expand(crypto, prk, info, out, size);
    bytes_erase(prk, sizeof prk);
    return done;
}
