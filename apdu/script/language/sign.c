// SPDX-License-Identifier: Apache-2.0
#include "apdu/script/language/sign.h"

#include "apdu/crypto/hpke.h"

#include <string.h>

static const struct bytes none = {NULL, 0};

/// The octets of an argument; free them always. Whether they are secret stands in *secret and
/// nowhere else.
static bool take(struct evaluation *evaluation, const struct expr *from, struct buffer *octets,
                 bool *secret) {
    size_t known = evaluation->secret_count;
    bool outer = evaluation->taken_secret;
    buffer_init(octets, evaluation->ports->memory);
    bool ok = evaluate_octets(evaluation, from, octets);
    *secret = evaluation->secret_count > known;
    evaluation->secret_count = known;
    evaluation->taken_secret = outer;
    return ok;
}

/// key("NAME"): the private key behind --keys NAME=FILE, as a secret.
bool script_put_key(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    const struct script_keys *keys = evaluation->keys;
    uint8_t scalar[P256_SCALAR_SIZE] = {0};
    struct buffer name;
    bool secret, ok = take(evaluation, call->first, &name, &secret);
    if (ok &&
        (keys == NULL || keys->scalar == NULL || !keys->scalar(keys, buffer_bytes(&name), scalar)))
        ok = evaluation_fail(evaluation, call,
                             "no private key \"%t\"; give --keys NAME=FILE, a P-256 key in PEM "
                             "(PKCS#8) or a line of 64 hex digits",
                             buffer_bytes(&name), 0);
    evaluation->taken_secret |= ok;
    if (ok)
        buffer_put(out, BYTES_OF(scalar));
    bytes_erase(scalar, sizeof scalar);
    buffer_free(&name);
    return ok;
}

/// First argument as a private key and the cryptography to use it with.
static bool take_scalar(struct evaluation *evaluation, const struct expr *call,
                        struct buffer *scalar) {
    bool secret;
    if (!take(evaluation, call->first, scalar, &secret))
        return false;
    if (evaluation->ports->crypto == NULL)
        return evaluation_fail(evaluation, call, "%tno cryptography is at hand", none, 0);
    return scalar->size == P256_SCALAR_SIZE ||
           evaluation_fail(evaluation, call, "%ta private key has 32 octets, not %z", none,
                           scalar->size);
}

static bool refuse_key(struct evaluation *evaluation, const struct expr *call) {
    return evaluation_fail(evaluation, call, "%tthis is no private key of P-256", none, 0);
}

/// ecdsa(KEY, OCTETS): r and s over SHA-256 of the octets, s low.
bool script_put_ecdsa(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    const struct crypto *crypto = evaluation->ports->crypto;
    uint8_t signature[ECDSA_SIZE];
    struct buffer scalar, message;
    bool secret = false, ok = take_scalar(evaluation, call, &scalar);
    ok = take(evaluation, call->first->next, &message, &secret) && ok;
    if (ok && !crypto->ops->ecdsa_sign(crypto, scalar.data, buffer_bytes(&message), signature))
        ok = refuse_key(evaluation, call);
    if (ok)
        buffer_put(out, BYTES_OF(signature));
    evaluation->taken_secret |= secret; // of a secret message
    buffer_free(&scalar);
    buffer_free(&message);
    return ok;
}

/// The public point: its x is that of scalar times G, its y one of two, told by a signature.
static bool public_point(const struct crypto *crypto, const uint8_t *scalar,
                         uint8_t point[P256_COMPRESSED_SIZE]) {
    static const uint8_t G[P256_COMPRESSED_SIZE] = {
        0x03, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC,
        0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D,
        0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96};
    uint8_t signature[ECDSA_SIZE];
    struct bytes message = bytes_of(G, sizeof G);
    if (!crypto->ops->ecdh(crypto, scalar, G, point + 1) ||
        !crypto->ops->ecdsa_sign(crypto, scalar, message, signature))
        return false;
    for (point[0] = 2; point[0] <= 3; point[0]++)
        if (crypto->ops->ecdsa_verify(crypto, point, message, signature))
            return true;
    return false;
}

/// p256(KEY): the public key, compressed.
bool script_put_p256(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    uint8_t point[P256_COMPRESSED_SIZE];
    struct buffer scalar;
    bool ok = take_scalar(evaluation, call, &scalar);
    if (ok && !public_point(evaluation->ports->crypto, scalar.data, point))
        ok = refuse_key(evaluation, call);
    if (ok)
        buffer_put(out, BYTES_OF(point));
    buffer_free(&scalar);
    return ok;
}

/// The four arguments of hpke().
enum { HPKE_POINT, HPKE_INFO, HPKE_AAD, HPKE_PLAIN, HPKE_ARGUMENTS };

static bool seal(struct evaluation *evaluation, const struct expr *call,
                 const struct buffer arguments[HPKE_ARGUMENTS], struct buffer *out) {
    enum { PLAIN_MAX = 256 };
    uint8_t sealed[PLAIN_MAX + HPKE_OVERHEAD];
    const struct crypto *crypto = evaluation->ports->crypto;
    struct bytes plain = buffer_bytes(&arguments[HPKE_PLAIN]);
    if (crypto == NULL)
        return evaluation_fail(evaluation, call, "%tno cryptography is at hand", none, 0);
    if (plain.size > PLAIN_MAX)
        return evaluation_fail(evaluation, call, "%thpke() seals up to 256 octets, not %z", none,
                               plain.size);
    if (arguments[HPKE_POINT].size != P256_COMPRESSED_SIZE ||
        !hpke_seal(crypto, HPKE_AES_128, arguments[HPKE_POINT].data,
                   buffer_bytes(&arguments[HPKE_INFO]), buffer_bytes(&arguments[HPKE_AAD]), plain,
                   sealed))
        return evaluation_fail(evaluation, call,
                               "%tthis is no compressed public key of P-256, or the info is longer "
                               "than 512 octets",
                               none, 0);
    buffer_put(out, bytes_of(sealed, plain.size + HPKE_OVERHEAD));
    return true;
}

/// hpke(POINT, INFO, AAD, OCTETS): sealed for the owner of the point: what is sealed is no secret.
bool script_put_hpke(struct evaluation *evaluation, const struct expr *call, struct buffer *out) {
    struct buffer arguments[HPKE_ARGUMENTS];
    const struct expr *from = call->first;
    bool secret = false, ok = true;
    for (size_t i = 0; i < HPKE_ARGUMENTS; i++, from = from->next)
        ok = take(evaluation, from, &arguments[i], &secret) && ok;
    ok = ok && seal(evaluation, call, arguments, out);
    for (size_t i = 0; i < HPKE_ARGUMENTS; i++)
        buffer_free(&arguments[i]);
    return ok;
}
