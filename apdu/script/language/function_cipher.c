// SPDX-License-Identifier: Apache-2.0
// AES and triple DES in values: what a script needs to prove a management key, to hand over key
// sets and to build the messages of a secure channel by hand, wrong ones above all. SP 800-38A, SP
// 800-38B, SP 800-67.
#include "apdu/script/language/evaluate.h"
#include "apdu/script/language/function.h"

enum { AES_KEY_MAX = 32 };

static const struct bytes none = {NULL, 0};

/// A block cipher: its words for mistakes, its longest key and its block.
struct cipher {
    const char *key_mistake, *block_mistake;
    size_t key_max, block;
    bool (*cbc)(const struct crypto *crypto, bool encrypt, struct bytes key, const uint8_t *in,
                uint8_t *out, size_t size);
};

static const uint8_t zero[AES_BLOCK_SIZE];

static bool aes_cbc(const struct crypto *crypto, bool encrypt, struct bytes key, const uint8_t *in,
                    uint8_t *out, size_t size) {
    return crypto->ops->aes_cbc(crypto, encrypt, key, zero, in, out, size);
}

static bool des_cbc(const struct crypto *crypto, bool encrypt, struct bytes key, const uint8_t *in,
                    uint8_t *out, size_t size) {
    return crypto->ops->des_cbc(crypto, encrypt, key, zero, in, out, size);
}

static const struct cipher aes = {"%tan AES key has 16, 24 or 32 octets, not %z",
                                  "%tAES takes whole blocks of 16 octets, not %z", AES_KEY_MAX,
                                  AES_BLOCK_SIZE, aes_cbc};
static const struct cipher des = {"%ta triple DES key has 16 or 24 octets, not %z",
                                  "%tDES takes whole blocks of 8 octets, not %z", DES_KEY_MAX,
                                  DES_BLOCK_SIZE, des_cbc};

/// Key and octets of a call; both buffers are to be freed always.
static bool take_pair(struct evaluation *evaluation, const struct expr *call,
                      const struct cipher *cipher, struct buffer *key, struct buffer *octets) {
    bool ok = function_take(evaluation, call, 0, key);
    ok = function_take(evaluation, call, 1, octets) && ok;
    if (!ok)
        return false;
    if (key->size % 8 != 0 || key->size < 16 || key->size > cipher->key_max)
        return evaluation_fail(evaluation, call, cipher->key_mistake, none, key->size);
    return evaluation->ports->crypto != NULL ||
           evaluation_fail(evaluation, call, "%tno cryptography is at hand", none, 0);
}

static bool put_cbc(struct evaluation *evaluation, const struct expr *call,
                    const struct cipher *cipher, bool encrypt, struct buffer *out) {
    const struct crypto *crypto = evaluation->ports->crypto;
    struct buffer key, octets;
    bool ok = take_pair(evaluation, call, cipher, &key, &octets);
    if (ok && octets.size % cipher->block != 0)
        ok = evaluation_fail(evaluation, call, cipher->block_mistake, none, octets.size);
    uint8_t *at = ok ? buffer_extend(out, octets.size) : NULL;
    if (at != NULL && octets.size > 0 &&
        !cipher->cbc(crypto, encrypt, buffer_bytes(&key), octets.data, at, octets.size))
        ok = evaluation_fail(evaluation, call, "%tthe cryptography fails", none, 0);
    buffer_free(&key);
    buffer_free(&octets);
    return ok;
}

bool function_aes(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, &aes, true, out);
}

bool function_unaes(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, &aes, false, out);
}

bool function_des(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, &des, true, out);
}

bool function_undes(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, &des, false, out);
}

bool function_cmac(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    const struct crypto *crypto = evaluation->ports->crypto;
    uint8_t mac[AES_BLOCK_SIZE];
    struct buffer key, octets;
    bool ok = take_pair(evaluation, call, &aes, &key, &octets);
    if (ok && !crypto->ops->aes_cmac(crypto, buffer_bytes(&key), buffer_bytes(&octets), mac))
        ok = evaluation_fail(evaluation, call, "%tthe cryptography fails", none, 0);
    if (ok)
        buffer_put(out, BYTES_OF(mac));
    buffer_free(&key);
    buffer_free(&octets);
    return ok;
}
