// SPDX-License-Identifier: Apache-2.0
// GENERAL AUTHENTICATE (SP 800-73-4 part 2, 3.2.4): proof of the management key, one way or mutual;
// use of the asymmetric keys for signatures, RSA transport and ECDH.
#include "card/applets/piv/piv.h"

#include "card/os/context.h"

#include "apdu/crypto/ecdsa_form.h"

#include <string.h>

enum tag { WITNESS = 0x80, CHALLENGE = 0x81, RESPONSE = 0x82, EXPONENTIATION = 0x85 };

/// The dynamic authentication template (7C), taken apart; data NULL: absent.
struct template {
    struct bytes witness, challenge, response, exponentiation;
};

static bool parse_template(struct bytes data, struct template *out) {
    struct tlv outer, inner;
    *out = (struct template){0};
    if (!tlv_next(&data, &outer) || outer.tag != 0x7C || data.size > 0)
        return false;
    struct bytes rest = outer.value;
    while (tlv_next(&rest, &inner)) {
        struct bytes *field = inner.tag == WITNESS          ? &out->witness
                              : inner.tag == CHALLENGE      ? &out->challenge
                              : inner.tag == RESPONSE       ? &out->response
                              : inner.tag == EXPONENTIATION ? &out->exponentiation
                                                            : NULL;
        if (field == NULL || field->data != NULL)
            return false;
        *field = inner.value;
    }
    return rest.size == 0;
}

static void answer(struct card_call *call, enum tag tag, struct bytes value) {
    size_t mark = tlv_begin(&call->answer, 0x7C);
    tlv_put(&call->answer, (tlv_tag)tag, value);
    tlv_end(&call->answer, mark);
}

// ---- management key ------------------------------------------------------------------------

static size_t key_size(uint8_t algorithm) {
    return algorithm == PIV_AES_128                                  ? 16
           : algorithm == PIV_AES_192 || algorithm == PIV_TRIPLE_DES ? 24
           : algorithm == PIV_AES_256                                ? 32
                                                                     : 0;
}

// Octets of a block, and so of challenges and witnesses: what the key's algorithm has.
static size_t block_size(const struct card_call *call) {
    return card_read_uint(call, PIV_AT_MANAGER, 1) == PIV_TRIPLE_DES ? DES_BLOCK_SIZE
                                                                     : AES_BLOCK_SIZE;
}

// One block under the management key (ECB of one block is CBC with a zero vector).
static bool cipher_block(const struct card_call *call, bool encrypt, const uint8_t *in,
                         uint8_t out[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    const struct crypto *crypto = call->crypto;
    uint8_t record[33];
    card_read(call, PIV_AT_MANAGER, record, sizeof record);
    struct bytes key = bytes_of(record + 1, key_size(record[0]));
    bool ok = record[0] == PIV_TRIPLE_DES
                  ? crypto->ops->des_cbc(crypto, encrypt, key, zero, in, out, DES_BLOCK_SIZE)
                  : crypto->ops->aes_cbc(crypto, encrypt, key, zero, in, out, AES_BLOCK_SIZE);
    bytes_erase(record, sizeof record);
    return ok;
}

static uint16_t begin(struct card_call *call, enum tag pending) {
    struct piv_session *session = piv_session(call);
    uint8_t sent[AES_BLOCK_SIZE];
    if (!card_random(call, session->challenge, sizeof session->challenge))
        return SW_EXECUTION_ERROR;
    memcpy(sent, session->challenge, sizeof sent);
    if (pending == WITNESS && !cipher_block(call, true, session->challenge, sent))
        return SW_EXECUTION_ERROR;
    session->pending = (uint8_t)pending;
    answer(call, pending, bytes_of(sent, block_size(call)));
    return SW_OK;
}

// The host returns our challenge encrypted: one-way proof.
static uint16_t prove_once(struct card_call *call, struct bytes response, uint8_t pending) {
    struct piv_session *session = piv_session(call);
    uint8_t wanted[AES_BLOCK_SIZE];
    if (pending != CHALLENGE)
        return SW_CONDITIONS;
    if (response.size != block_size(call) ||
        !cipher_block(call, true, session->challenge, wanted) ||
        !bytes_equal_secret(wanted, response.data, response.size))
        return SW_SECURITY_STATUS;
    session->manager = true;
    return SW_OK;
}

// The host returns our witness in clear and has its own challenge encrypted: mutual proof.
static uint16_t prove_mutually(struct card_call *call, const struct template *in, uint8_t pending) {
    struct piv_session *session = piv_session(call);
    uint8_t response[AES_BLOCK_SIZE];
    size_t block = block_size(call);
    if (pending != WITNESS)
        return SW_CONDITIONS;
    if (in->witness.size != block || in->challenge.size != block)
        return SW_WRONG_DATA;
    if (!bytes_equal_secret(session->challenge, in->witness.data, block))
        return SW_SECURITY_STATUS;
    if (!cipher_block(call, true, in->challenge.data, response))
        return SW_EXECUTION_ERROR;
    session->manager = true;
    answer(call, RESPONSE, bytes_of(response, block));
    return SW_OK;
}

static uint16_t manage(struct card_call *call, const struct template *in) {
    struct piv_session *session = piv_session(call);
    uint8_t pending = session->pending;
    uint8_t algorithm = (uint8_t)card_read_uint(call, PIV_AT_MANAGER, 1);
    session->pending = 0;
    session->manager = false;
    if (call->interface == CARD_CONTACTLESS)
        return SW_SECURITY_STATUS;
    // 00 means the default algorithm, which is the key's own; OpenSC asks so for random octets
    if (algorithm == 0 || (call->command.p1 != algorithm && call->command.p1 != 0))
        return SW_WRONG_P1P2;
    if (in->witness.data != NULL && in->witness.size == 0)
        return begin(call, WITNESS);
    if (in->challenge.data != NULL && in->challenge.size == 0)
        return begin(call, CHALLENGE);
    if (in->witness.data != NULL && in->challenge.data != NULL)
        return prove_mutually(call, in, pending);
    if (in->response.data != NULL)
        return prove_once(call, in->response, pending);
    return SW_WRONG_DATA;
}

// ---- asymmetric keys -----------------------------------------------------------------------

static uint16_t sign_p256(struct card_call *call, const struct piv_key *key, struct bytes digest) {
    uint8_t signature[ECDSA_SIZE], der[ECDSA_DER_MAX];
    if (digest.size != SHA256_SIZE)
        return SW_WRONG_DATA;
    if (!call->crypto->ops->ecdsa_sign_digest(call->crypto, key->secret, digest.data, signature))
        return SW_EXECUTION_ERROR;
    answer(call, RESPONSE, bytes_of(der, ecdsa_to_der(signature, der)));
    return SW_OK;
}

static uint16_t agree_p256(struct card_call *call, const struct piv_key *key, struct bytes point) {
    uint8_t compressed[P256_COMPRESSED_SIZE], expanded[P256_POINT_SIZE], shared[32];
    if (point.size != P256_POINT_SIZE || point.data[0] != 0x04)
        return SW_WRONG_DATA;
    compressed[0] = 0x02 | (point.data[P256_POINT_SIZE - 1] & 1);
    memcpy(compressed + 1, point.data + 1, 32);
    if (!call->crypto->ops->p256_expand(call->crypto, compressed, expanded) ||
        memcmp(expanded, point.data, sizeof expanded) != 0 ||
        !call->crypto->ops->ecdh(call->crypto, key->secret, compressed, shared))
        return SW_WRONG_DATA;
    answer(call, RESPONSE, BYTES_OF(shared));
    bytes_erase(shared, sizeof shared);
    return SW_OK;
}

static uint16_t raise_rsa(struct card_call *call, const struct piv_key *key, struct bytes block) {
    uint8_t out[RSA_2048_SIZE];
    if (block.size != sizeof out)
        return SW_WRONG_DATA;
    if (!call->crypto->ops->rsa_private(call->crypto, key->secret, block.data, out))
        return SW_WRONG_DATA;
    answer(call, RESPONSE, BYTES_OF(out));
    bytes_erase(out, sizeof out);
    return SW_OK;
}

static uint16_t use_key(struct card_call *call, const struct piv_key *key,
                        const struct template *in) {
    if (call->command.p1 != (uint8_t)key->algorithm)
        return SW_WRONG_P1P2;
    if (key->algorithm == PIV_RSA_2048)
        return raise_rsa(call, key, in->challenge);
    if (in->exponentiation.data != NULL)
        return agree_p256(call, key, in->exponentiation);
    return sign_p256(call, key, in->challenge);
}

// SP 800-73-4 part 1 table 4: 9E free, 9C a PIN just before each use, the others a PIN.
static bool may_use(const struct card_call *call) {
    uint8_t reference = call->command.p2;
    if (reference == PIV_KEY_CARD_AUTHENTICATION)
        return true;
    if (call->interface == CARD_CONTACTLESS)
        return false;
    return reference == PIV_KEY_SIGNATURE ? piv_pin_is_fresh(call)
                                          : piv_session(call)->pin_verified;
}

uint16_t piv_authenticate(struct card_call *call) {
    struct template in;
    struct piv_key key;
    if (!parse_template(call->command.data, &in))
        return SW_WRONG_DATA;
    if (call->command.p2 == PIV_KEY_MANAGEMENT)
        return manage(call, &in);
    if (!may_use(call))
        return SW_SECURITY_STATUS;
    if (!piv_read_key(call, call->command.p2, &key))
        return SW_REFERENCE_NOT_FOUND;
    uint16_t sw = use_key(call, &key, &in);
    bytes_erase(&key, sizeof key);
    return sw;
}
