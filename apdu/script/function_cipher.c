// SPDX-License-Identifier: Apache-2.0
// AES in values: what a script needs to prove a management key, to hand over key sets and to build
// the messages of a secure channel by hand, wrong ones above all. SP 800-38A, SP 800-38B.
#include "apdu/script/evaluate.h"
#include "apdu/script/function.h"

static const struct bytes none = {NULL, 0};

/// Key and octets of a call; both buffers are to be freed always.
static bool take_pair(struct evaluation *evaluation, const struct expr *call, struct buffer *key,
                      struct buffer *octets) {
    bool ok = function_take(evaluation, call, 0, key);
    ok = function_take(evaluation, call, 1, octets) && ok;
    if (!ok)
        return false;
    if (key->size != 16 && key->size != 24 && key->size != 32)
        return evaluation_fail(evaluation, call, "%tan AES key has 16, 24 or 32 octets, not %z",
                               none, key->size);
    return evaluation->world->crypto != NULL ||
           evaluation_fail(evaluation, call, "%tno cryptography is at hand", none, 0);
}

static bool put_cbc(struct evaluation *evaluation, const struct expr *call, bool encrypt,
                    struct buffer *out) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    const struct crypto *crypto = evaluation->world->crypto;
    struct buffer key, octets;
    bool ok = take_pair(evaluation, call, &key, &octets);
    if (ok && octets.size % AES_BLOCK_SIZE != 0)
        ok = evaluation_fail(evaluation, call, "%tAES takes whole blocks of 16 octets, not %z",
                             none, octets.size);
    uint8_t *at = ok ? buffer_extend(out, octets.size) : NULL;
    if (at != NULL && octets.size > 0 &&
        !crypto->ops->aes_cbc(crypto, encrypt, buffer_bytes(&key), zero, octets.data, at,
                              octets.size))
        ok = evaluation_fail(evaluation, call, "%tthe cryptography fails", none, 0);
    buffer_free(&key);
    buffer_free(&octets);
    return ok;
}

bool function_aes(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, true, out);
}

bool function_unaes(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    return put_cbc(evaluation, call, false, out);
}

bool function_cmac(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    const struct crypto *crypto = evaluation->world->crypto;
    uint8_t mac[AES_BLOCK_SIZE];
    struct buffer key, octets;
    bool ok = take_pair(evaluation, call, &key, &octets);
    if (ok && !crypto->ops->aes_cmac(crypto, buffer_bytes(&key), buffer_bytes(&octets), mac))
        ok = evaluation_fail(evaluation, call, "%tthe cryptography fails", none, 0);
    if (ok)
        buffer_put(out, BYTES_OF(mac));
    buffer_free(&key);
    buffer_free(&octets);
    return ok;
}
