// SPDX-License-Identifier: Apache-2.0
// AES-GCM over OpenSSL 3. One cipher context serves all keys: what a stream of chunks costs beyond
// the primitive is one key schedule a chunk.
#include "apdu/crypto/crypto_openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>

enum { GCM_PIECE_MAX = 1 << 30 }; // EVP counts octets in int

static const EVP_CIPHER *gcm_for(size_t key_size) {
    switch (key_size) {
    case 16:
        return EVP_aes_128_gcm();
    case 24:
        return EVP_aes_192_gcm();
    case 32:
        return EVP_aes_256_gcm();
    default:
        return NULL;
    }
}

// Everything between the nonce and the tag.
static bool run(EVP_CIPHER_CTX *context, bool seal, struct bytes key, const uint8_t *nonce,
                struct bytes aad, struct bytes in, uint8_t *out) {
    int written = 0;
    const EVP_CIPHER *cipher = gcm_for(key.size);
    if (cipher == NULL || in.size > GCM_PIECE_MAX || aad.size > GCM_PIECE_MAX ||
        EVP_CipherInit_ex2(context, cipher, key.data, nonce, seal, NULL) != 1)
        return false;
    if (aad.size > 0 && EVP_CipherUpdate(context, NULL, &written, aad.data, (int)aad.size) != 1)
        return false;
    return in.size == 0 || (EVP_CipherUpdate(context, out, &written, in.data, (int)in.size) == 1 &&
                            (size_t)written == in.size);
}

bool openssl_gcm_seal(const struct crypto *crypto, struct bytes key,
                      const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                      uint8_t *out, uint8_t tag[GCM_TAG_SIZE]) {
    EVP_CIPHER_CTX *context = crypto_openssl_of(crypto)->gcm;
    uint8_t rest[AES_BLOCK_SIZE];
    int written = 0;
    bool done = run(context, true, key, nonce, aad, in, out) &&
                EVP_CipherFinal_ex(context, rest, &written) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_reset(context); // erases the key schedule
    if (!done)
        ERR_clear_error();
    return done;
}

bool openssl_gcm_open(const struct crypto *crypto, struct bytes key,
                      const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                      uint8_t *out, const uint8_t tag[GCM_TAG_SIZE]) {
    EVP_CIPHER_CTX *context = crypto_openssl_of(crypto)->gcm;
    uint8_t rest[AES_BLOCK_SIZE], expected[GCM_TAG_SIZE];
    int written = 0;
    for (size_t i = 0; i < GCM_TAG_SIZE; i++) // the control call takes no const
        expected[i] = tag[i];
    bool done = run(context, false, key, nonce, aad, in, out) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_SIZE, expected) == 1 &&
                EVP_CipherFinal_ex(context, rest, &written) == 1;
    EVP_CIPHER_CTX_reset(context);
    if (!done) {
        ERR_clear_error();
        bytes_erase(out, in.size);
    }
    return done;
}
