// SPDX-License-Identifier: Apache-2.0
// The cryptography that cards and hosts share, as an interface: an implementation is a const table
// plus a context. crypto_openssl.c is the one for OpenSSL 3 (EVP only); a secure element would
// bring its own. All sizes are octets; all buffers are the caller's. Nothing here allocates on its
// own.
#ifndef APDU_CRYPTO_CRYPTO_H
#define APDU_CRYPTO_CRYPTO_H

#include "base/bytes.h"

enum {
    P256_SCALAR_SIZE = 32,
    P256_COMPRESSED_SIZE = 33, // 02|03 and x: the form in certificates
    P256_POINT_SIZE = 65,      // 04, x, y
    ECDSA_SIZE = 64,           // r and s, 32 octets each, s in the lower half of the order
    SHA256_SIZE = 32,
    AES_BLOCK_SIZE = 16,
    DES_BLOCK_SIZE = 8,
    DES_KEY_MAX = 24,
    GCM_NONCE_SIZE = 12,
    GCM_TAG_SIZE = 16,
    RSA_2048_SIZE = 256,    // modulus, block, signature
    RSA_KEY_SIZE = 5 * 128, // p, q, dp, dq, q^-1 mod p: 128 octets each
};

struct crypto;

/// false from any function is a failed check or a failed primitive; outputs are then undefined but
/// never secret.
struct crypto_ops {
    bool (*random)(const struct crypto *crypto, uint8_t *out, size_t size);
    bool (*sha256)(const struct crypto *crypto, struct bytes in, uint8_t out[SHA256_SIZE]);
    /// Generates a P-256 key pair from this context's random source.
    bool (*p256_generate)(const struct crypto *crypto, uint8_t scalar[P256_SCALAR_SIZE],
                          uint8_t point[P256_COMPRESSED_SIZE]);
    /// The public point of a scalar. False for a scalar out of range.
    bool (*p256_point)(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                       uint8_t point[P256_COMPRESSED_SIZE]);
    /// ECDSA over SHA-256 of message; low s.
    bool (*ecdsa_sign)(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                       struct bytes message, uint8_t signature[ECDSA_SIZE]);
    /// The same over a finished digest, for card edges that receive only that (PIV).
    bool (*ecdsa_sign_digest)(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                              const uint8_t digest[SHA256_SIZE], uint8_t signature[ECDSA_SIZE]);
    /// Refuses a high s, so that an object has one valid form per signature.
    bool (*ecdsa_verify)(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                         struct bytes message, const uint8_t signature[ECDSA_SIZE]);
    /// x coordinate of scalar times point. False for a point off the curve.
    bool (*ecdh)(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE],
                 const uint8_t point[P256_COMPRESSED_SIZE], uint8_t shared[32]);
    /// Uncompressed form of a point. False for an x that is on no point of the curve.
    bool (*p256_expand)(const struct crypto *crypto, const uint8_t point[P256_COMPRESSED_SIZE],
                        uint8_t expanded[P256_POINT_SIZE]);
    /// Generates an RSA-2048 key with public exponent 65537.
    bool (*rsa_generate)(const struct crypto *crypto, uint8_t key[RSA_KEY_SIZE],
                         uint8_t modulus[RSA_2048_SIZE]);
    /// Raw private operation, no padding. False when in is not below the modulus.
    bool (*rsa_private)(const struct crypto *crypto, const uint8_t key[RSA_KEY_SIZE],
                        const uint8_t in[RSA_2048_SIZE], uint8_t out[RSA_2048_SIZE]);
    bool (*aes_cmac)(const struct crypto *crypto, struct bytes key, struct bytes message,
                     uint8_t mac[AES_BLOCK_SIZE]);
    /// No padding: size is a multiple of 16. in and out may be one buffer.
    bool (*aes_cbc)(const struct crypto *crypto, bool encrypt, struct bytes key,
                    const uint8_t iv[AES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size);
    /// Triple DES (SP 800-67), for what older standards ask: SCP02 and the management keys of older
    /// PIV tools. Keys of 16 octets (the first is the third, too) or 24; parity bits do not count.
    /// No padding: size is a multiple of 8. in and out may be one buffer.
    bool (*des_cbc)(const struct crypto *crypto, bool encrypt, struct bytes key,
                    const uint8_t iv[DES_BLOCK_SIZE], const uint8_t *in, uint8_t *out, size_t size);
    /// AES-GCM (SP 800-38D) with a key of 16, 24 or 32 octets. in and out have one size and may be
    /// one buffer. Sealing writes the tag; opening compares it, and false leaves out erased.
    bool (*aes_gcm_seal)(const struct crypto *crypto, struct bytes key,
                         const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                         uint8_t *out, uint8_t tag[GCM_TAG_SIZE]);
    bool (*aes_gcm_open)(const struct crypto *crypto, struct bytes key,
                         const uint8_t nonce[GCM_NONCE_SIZE], struct bytes aad, struct bytes in,
                         uint8_t *out, const uint8_t tag[GCM_TAG_SIZE]);
    bool (*hmac_sha256)(const struct crypto *crypto, struct bytes key, struct bytes message,
                        uint8_t mac[SHA256_SIZE]);
    /// Forgets cached forms of this secret, before its owner erases it.
    void (*forget)(const struct crypto *crypto, const uint8_t scalar[P256_SCALAR_SIZE]);
};

struct crypto {
    const struct crypto_ops *ops;
    void *context;
};

/// OpenSSL implementation. Parsed keys are cached (least recently used leaves, secrets erased), so
/// that a repeated signer costs one primitive and nothing more. One context serves one thread.
/// NULL when out of memory or when OpenSSL's random generator fails its start test.
struct crypto *crypto_openssl_new(void);

/// As above with a deterministic random source: two equal seeds give equal keys, challenges and
/// signatures' inputs. For laboratories only; callers refuse it unless TESSERA_LAB=1.
struct crypto *crypto_openssl_new_seeded(uint64_t seed);
/// Begins the random source of such a context anew. False: it is not a seeded one, or it failed.
bool crypto_openssl_reseed(struct crypto *crypto, uint64_t seed);

/// Erases every cached key and frees the context; NULL is nothing.
void crypto_openssl_free(struct crypto *crypto);

#endif
