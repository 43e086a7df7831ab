// SPDX-License-Identifier: Apache-2.0
// A PIV card read back: each certificate is the authority's, for this holder, and the card has the
// key that it names, shown by a signature or an agreement with fresh data.
#include "personalization/cards/piv/piv_factory.h"

#include "apdu/crypto/ecdsa_form.h"
#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "personalization/authority/x509_read.h"
#include "personalization/cards/piv/piv_card.h"

#include <string.h>

enum { PIN_FIELD = 8, KEY_MANAGEMENT = 0x9D, CARD_AUTHENTICATION = 0x9E };
enum { CHALLENGE = 0x81, RESPONSE = 0x82, EXPONENTIATION = 0x85 };

static bool wrong(struct piv *piv, const struct piv_slot *slot, const char *what) {
    return fail(piv->failure, EXIT_REFUSED, "%s: key %02X of %s: %s", piv->link->name,
                slot->reference, piv->order->id, what);
}

// ---- certificates ------------------------------------------------------------------------------

static bool read_certificate(struct piv *piv, const struct piv_slot *slot, struct bytes *der) {
    uint8_t data[8], name[3];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct tlv object, certificate;
    bytes_put_be(name, sizeof name, slot->object);
    tlv_put(&out, 0x5C, BYTES_OF(name));
    if (!piv_send(piv, &piv_commands[COMMAND_PIV_GET_DATA], 0x3F, 0xFF, tlv_writer_bytes(&out),
                  "read a certificate"))
        return false;
    if (!tlv_find(piv->data, 0x53, &object) || !tlv_find(object.value, 0x70, &certificate))
        return wrong(piv, slot, "its certificate object is malformed");
    *der = certificate.value;
    return true;
}

// ---- keys --------------------------------------------------------------------------------------

/// GENERAL AUTHENTICATE of an asymmetric key: tag 81 or 85 in, tag 82 out.
static bool use_key(struct piv *piv, uint8_t algorithm, uint8_t reference, tlv_tag tag,
                    struct bytes data, struct bytes *result) {
    uint8_t whole[RSA_2048_SIZE + 32], inner[RSA_2048_SIZE + 16];
    struct tlv_writer out = tlv_writer_over(whole, sizeof whole);
    struct tlv_writer parts = tlv_writer_over(inner, sizeof inner);
    struct tlv outer, response;
    tlv_put(&parts, RESPONSE, (struct bytes){0});
    tlv_put(&parts, tag, data);
    tlv_put(&out, 0x7C, tlv_writer_bytes(&parts));
    if (!piv_send(piv, &piv_commands[COMMAND_PIV_AUTHENTICATE], algorithm, reference,
                  tlv_writer_bytes(&out), "use a key"))
        return false;
    if (!tlv_find(piv->data, 0x7C, &outer) || !tlv_find(outer.value, RESPONSE, &response))
        return fail(piv->failure, EXIT_REFUSED, "%s: key %02X answers something malformed",
                    piv->link->name, reference);
    *result = response.value;
    return true;
}

static bool enter_pin(struct piv *piv) {
    uint8_t field[PIN_FIELD];
    size_t size = strlen(piv->order->pin);
    memset(field, 0xFF, sizeof field);
    memcpy(field, piv->order->pin, size < sizeof field ? size : sizeof field);
    bool done = piv_send(piv, &piv_commands[COMMAND_PIV_VERIFY], 0x00, 0x80, BYTES_OF(field),
                         "verify the PIN");
    bytes_erase(field, sizeof field);
    return done;
}

/// RSA: one block, raw; the public key must give it back. For signatures it is a padded digest.
static bool check_rsa(struct piv *piv, const struct piv_slot *slot, const struct x509_seen *seen) {
    uint8_t block[RSA_2048_SIZE], opened[RSA_2048_SIZE];
    struct bytes result;
    memset(block, 0xFF, sizeof block);
    block[0] = 0x00;
    block[1] = 0x01;
    block[RSA_2048_SIZE - 52] = 0x00;
    if (!piv->crypto->ops->random(piv->crypto, block + RSA_2048_SIZE - 51, 51))
        return wrong(piv, slot, "no randomness to try it");
    if (!use_key(piv, PIV_RSA, slot->reference, CHALLENGE, BYTES_OF(block), &result))
        return false;
    return (result.size == RSA_2048_SIZE && x509_rsa_public(seen->modulus, result.data, opened) &&
            memcmp(opened, block, sizeof block) == 0) ||
           wrong(piv, slot, "its answer does not fit its certificate");
}

static bool compress(const struct x509_seen *seen, uint8_t out[P256_COMPRESSED_SIZE]) {
    out[0] = 0x02 | (seen->point[P256_POINT_SIZE - 1] & 1);
    memcpy(out + 1, seen->point + 1, P256_COMPRESSED_SIZE - 1);
    return true;
}

static bool check_agreement(struct piv *piv, const struct piv_slot *slot,
                            const uint8_t point[P256_COMPRESSED_SIZE]) {
    const struct crypto_ops *ops = piv->crypto->ops;
    uint8_t scalar[P256_SCALAR_SIZE], ours[P256_COMPRESSED_SIZE], sent[P256_POINT_SIZE], shared[32];
    struct bytes result;
    bool ready = ops->p256_generate(piv->crypto, scalar, ours) &&
                 ops->p256_expand(piv->crypto, ours, sent) &&
                 ops->ecdh(piv->crypto, scalar, point, shared);
    bytes_erase(scalar, sizeof scalar);
    if (!ready)
        return wrong(piv, slot, "no agreement with its certificate's key");
    if (!use_key(piv, PIV_P256, slot->reference, EXPONENTIATION, BYTES_OF(sent), &result))
        return false;
    return (result.size == sizeof shared &&
            bytes_equal_secret(result.data, shared, sizeof shared)) ||
           wrong(piv, slot, "its agreement does not fit its certificate");
}

static bool check_signature(struct piv *piv, const struct piv_slot *slot,
                            const uint8_t point[P256_COMPRESSED_SIZE]) {
    const struct crypto_ops *ops = piv->crypto->ops;
    uint8_t message[32], digest[SHA256_SIZE], signature[ECDSA_SIZE];
    struct bytes result;
    if (!ops->random(piv->crypto, message, sizeof message) ||
        !ops->sha256(piv->crypto, BYTES_OF(message), digest))
        return wrong(piv, slot, "no message to sign");
    if (!use_key(piv, PIV_P256, slot->reference, CHALLENGE, BYTES_OF(digest), &result))
        return false;
    if (!ecdsa_from_der(result, signature))
        return wrong(piv, slot, "its signature is malformed");
    if (!ecdsa_is_low(signature))
        ecdsa_make_low(signature); // other makers' cards give either
    return ops->ecdsa_verify(piv->crypto, point, BYTES_OF(message), signature) ||
           wrong(piv, slot, "its signature does not fit its certificate");
}

static bool check_key(struct piv *piv, const struct piv_slot *slot, const struct x509_seen *seen) {
    uint8_t point[P256_COMPRESSED_SIZE];
    if (seen->rsa)
        return check_rsa(piv, slot, seen);
    compress(seen, point);
    return slot->reference == KEY_MANAGEMENT ? check_agreement(piv, slot, point)
                                             : check_signature(piv, slot, point);
}

// ---- the whole ---------------------------------------------------------------------------------

/// Chains the digest of all certificates.
static bool add_digest(struct piv *piv, struct bytes der, uint8_t digest[SHA256_SIZE]) {
    uint8_t both[2 * SHA256_SIZE];
    memcpy(both, digest, SHA256_SIZE);
    return piv->crypto->ops->sha256(piv->crypto, der, both + SHA256_SIZE) &&
           piv->crypto->ops->sha256(piv->crypto, BYTES_OF(both), digest);
}

static bool check_slot(struct piv *piv, const struct piv_slot *slot, const uint8_t *issuer,
                       uint8_t digest[SHA256_SIZE]) {
    struct x509_seen seen;
    struct bytes der;
    if (!read_certificate(piv, slot, &der))
        return false;
    if (!x509_read(der, issuer, &seen))
        return wrong(piv, slot, "its certificate is not one of this authority");
    const char *person = piv_person(piv->order, slot);
    if (strcmp(seen.subject, person != NULL ? person : piv->order->id) != 0)
        return wrong(piv, slot, "its certificate names another holder");
    if (!add_digest(piv, der, digest))
        return wrong(piv, slot, "its certificate cannot be hashed");
    if (piv->order->pin == NULL)
        return slot->reference != CARD_AUTHENTICATION || check_key(piv, slot, &seen);
    return enter_pin(piv) && check_key(piv, slot, &seen);
}

bool piv_check(struct link *link, const struct piv_order *order,
               const uint8_t issuer_point[P256_COMPRESSED_SIZE], const struct crypto *crypto,
               uint8_t digest[SHA256_SIZE], struct failure *failure) {
    struct piv piv = {.link = link, .order = order, .crypto = crypto, .failure = failure};
    memset(digest, 0, SHA256_SIZE);
    bool done = piv_select(&piv);
    for (size_t i = 0; done && i < PIV_SLOTS; i++)
        done = check_slot(&piv, &piv_slots[i], issuer_point, digest);
    return done;
}
