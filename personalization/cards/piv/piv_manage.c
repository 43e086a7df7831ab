// SPDX-License-Identifier: Apache-2.0
// Proof of a PIV card's management key (SP 800-73-4 part 2, annex A.1): mutual where the card can,
// else one way. AES, and 3DES as cards of other makers still come with it.
#include "personalization/cards/piv/piv_factory.h"

#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "personalization/cards/piv/piv_card.h"

#include <string.h>

enum { REFERENCE = 0x9B, TRIPLE_DES = 0x03 };
enum { WITNESS = 0x80, CHALLENGE = 0x81, RESPONSE = 0x82 };

static uint8_t algorithm_of(const struct piv_order *order) {
    size_t size = order->management_size;
    if (order->management_algorithm != 0)
        return order->management_algorithm;
    return size == 16 ? 0x08 : size == 24 ? 0x0A : 0x0C;
}

static size_t block_of(const struct piv_order *order) {
    return algorithm_of(order) == TRIPLE_DES ? DES_BLOCK_SIZE : AES_BLOCK_SIZE;
}

/// One block under the management key.
static bool cipher(const struct piv *piv, bool encrypt, const uint8_t *in, uint8_t *out) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    const struct crypto *crypto = piv->crypto;
    struct bytes key = bytes_of(piv->order->management_key, piv->order->management_size);
    return algorithm_of(piv->order) == TRIPLE_DES
               ? crypto->ops->des_cbc(crypto, encrypt, key, zero, in, out, DES_BLOCK_SIZE)
               : crypto->ops->aes_cbc(crypto, encrypt, key, zero, in, out, AES_BLOCK_SIZE);
}

static bool step(struct piv *piv, struct bytes inner) {
    uint8_t data[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, 0x7C, inner);
    return piv_ask(piv, &piv_commands[COMMAND_PIV_AUTHENTICATE], algorithm_of(piv->order),
                   REFERENCE, tlv_writer_bytes(&out), "prove the management key");
}

/// A block of the last answer.
static bool take_block(struct piv *piv, tlv_tag tag, uint8_t *out) {
    struct tlv outer, inner;
    if (!tlv_find(piv->data, 0x7C, &outer) || !tlv_find(outer.value, tag, &inner) ||
        inner.value.size != block_of(piv->order))
        return fail(piv->failure, EXIT_REFUSED, "%s: the card's authentication answer is malformed",
                    piv->link->name);
    memcpy(out, inner.value.data, inner.value.size);
    return true;
}

static bool answer_mutually(struct piv *piv) {
    size_t block = block_of(piv->order);
    uint8_t sent[AES_BLOCK_SIZE], witness[AES_BLOCK_SIZE], challenge[AES_BLOCK_SIZE];
    uint8_t expected[AES_BLOCK_SIZE], inner[48];
    struct tlv_writer out = tlv_writer_over(inner, sizeof inner);
    if (!take_block(piv, WITNESS, sent) || !cipher(piv, false, sent, witness) ||
        !piv->crypto->ops->random(piv->crypto, challenge, sizeof challenge))
        return false;
    tlv_put(&out, WITNESS, bytes_of(witness, block));
    tlv_put(&out, CHALLENGE, bytes_of(challenge, block));
    tlv_put(&out, RESPONSE, (struct bytes){0});
    if (!step(piv, tlv_writer_bytes(&out)))
        return false;
    if (!status_is_ok(piv->sw))
        return piv_refused(piv, "prove the management key");
    if (!take_block(piv, RESPONSE, sent))
        return false;
    return (cipher(piv, true, challenge, expected) && bytes_equal_secret(expected, sent, block)) ||
           fail(piv->failure, EXIT_REFUSED, "%s: the card does not know the management key",
                piv->link->name);
}

static bool answer_once(struct piv *piv) {
    size_t block = block_of(piv->order);
    uint8_t challenge[AES_BLOCK_SIZE], response[AES_BLOCK_SIZE], inner[24];
    struct tlv_writer out = tlv_writer_over(inner, sizeof inner);
    if (!take_block(piv, CHALLENGE, challenge) || !cipher(piv, true, challenge, response))
        return false;
    tlv_put(&out, RESPONSE, bytes_of(response, block));
    return step(piv, tlv_writer_bytes(&out)) &&
           (status_is_ok(piv->sw) || piv_refused(piv, "prove the management key"));
}

/// Asking for a witness or a challenge proves nothing yet and counts for nothing.
bool piv_manage(struct piv *piv) {
    static const uint8_t ask_witness[] = {WITNESS, 0x00}, ask_challenge[] = {CHALLENGE, 0x00};
    if (!step(piv, BYTES_OF(ask_witness)))
        return false;
    if (status_is_ok(piv->sw))
        return answer_mutually(piv);
    if (!step(piv, BYTES_OF(ask_challenge)))
        return false;
    if (status_is_ok(piv->sw))
        return answer_once(piv);
    return fail(piv->failure, EXIT_REFUSED,
                "%s: the card has no management key of algorithm %02X (%04X); it was not tried",
                piv->link->name, algorithm_of(piv->order), piv->sw);
}

bool piv_has_management(struct link *link, uint8_t algorithm, bool *has, struct failure *failure) {
    static const uint8_t ask_witness[] = {WITNESS, 0x00}, ask_challenge[] = {CHALLENGE, 0x00};
    struct piv_order order = {.management_algorithm = algorithm};
    struct piv piv = {.link = link, .order = &order, .failure = failure};
    if (!piv_select(&piv) || !step(&piv, BYTES_OF(ask_witness)))
        return false;
    *has = status_is_ok(piv.sw);
    if (*has)
        return true;
    if (!step(&piv, BYTES_OF(ask_challenge)))
        return false;
    *has = status_is_ok(piv.sw);
    return true;
}
