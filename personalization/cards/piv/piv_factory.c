// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/piv/piv_factory.h"

#include "apdu/command/perso_piv.h"
#include "apdu/octets/tlv.h"
#include "base/must.h"
#include "personalization/cards/piv/piv_card.h"

#include <string.h>

enum { GUID_SIZE = 16 };

const struct piv_slot piv_slots[PIV_SLOTS] = {
    {0x9A, 0x5FC105, X509_PIV_AUTHENTICATION},
    {0x9C, 0x5FC10A, X509_PIV_SIGNATURE},
    {0x9D, 0x5FC10B, X509_PIV_KEY_MANAGEMENT},
    {0x9E, 0x5FC101, X509_PIV_CARD_AUTHENTICATION},
};

// ---- inside the security domain ----------------------------------------------------------------

static uint8_t management_algorithm(const struct piv_order *order) {
    size_t size = order->management_size;
    if (order->management_algorithm != 0)
        return order->management_algorithm;
    return size == 16 ? 0x08 : size == 24 ? 0x0A : 0x0C;
}

enum gp_status piv_install(struct gp_session *domain, const struct piv_order *order) {
    uint8_t key[1 + PIV_MANAGEMENT_MAX] = {management_algorithm(order)};
    struct bytes aid = BYTES_OF(piv_aid), nothing = {0};
    must(order->management_size <= PIV_MANAGEMENT_MAX, "a management key fits into its order");
    memcpy(key + 1, order->management_key, order->management_size);
    enum gp_status status = gp_install(domain, aid, aid, nothing);
    if (status == GP_OK)
        status = gp_aim(domain, aid);
    if (status == GP_OK) {
        gp_hold(domain, PERSO_PIV_DGI_PIN, bytes_of_string(order->pin));
        gp_hold(domain, PERSO_PIV_DGI_PUK, bytes_of_string(order->puk));
        status = gp_store(domain, PERSO_PIV_DGI_MANAGEMENT_KEY,
                          bytes_of(key, 1 + order->management_size), true);
    }
    bytes_erase(key, sizeof key);
    return status;
}

// ---- keys and certificates ---------------------------------------------------------------------

static bool put_object(struct piv *piv, uint32_t tag, struct bytes content) {
    uint8_t data[PIV_OBJECT_MAX + 16], name[3];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    bytes_put_be(name, sizeof name, tag);
    tlv_put(&out, 0x5C, BYTES_OF(name));
    tlv_put(&out, 0x53, content);
    if (!tlv_writer_ok(&out))
        return fail(piv->failure, EXIT_REFUSED, "data object %06X is too long", tag);
    return piv_send(piv, &piv_commands[COMMAND_PIV_PUT_DATA], 0x3F, 0xFF, tlv_writer_bytes(&out),
                    "write a data object");
}

static bool take_point(struct bytes point, uint8_t out[P256_POINT_SIZE]) {
    if (point.size != P256_POINT_SIZE || point.data[0] != 0x04)
        return false;
    memcpy(out, point.data, P256_POINT_SIZE);
    return true;
}

static bool draw_key(struct piv *piv, const struct piv_slot *slot, bool rsa, uint8_t *point,
                     uint8_t *modulus) {
    uint8_t reference[] = {0xAC, 0x03, 0x80, 0x01, rsa ? PIV_RSA : PIV_P256};
    struct tlv key, number;
    if (!piv_send(piv, &piv_commands[COMMAND_PIV_GENERATE], 0x00, slot->reference,
                  BYTES_OF(reference), "generate a key"))
        return false;
    bool found = tlv_find(piv->data, 0x7F49, &key);
    if (found && rsa) {
        found = tlv_find(key.value, 0x81, &number) && number.value.size == RSA_2048_SIZE;
        if (found)
            memcpy(modulus, number.value.data, RSA_2048_SIZE);
    } else if (found) {
        found = tlv_find(key.value, 0x86, &number) && take_point(number.value, point);
    }
    return found || fail(piv->failure, EXIT_REFUSED, "the card's public key is malformed");
}

static bool put_certificate(struct piv *piv, const struct piv_slot *slot, struct bytes der) {
    static const uint8_t plain[] = {0x00};
    uint8_t content[PIV_OBJECT_MAX];
    struct tlv_writer out = tlv_writer_over(content, sizeof content);
    tlv_put(&out, 0x70, der);
    tlv_put(&out, 0x71, BYTES_OF(plain));
    tlv_put(&out, 0xFE, (struct bytes){0});
    return tlv_writer_ok(&out) ? put_object(piv, slot->object, tlv_writer_bytes(&out))
                               : fail(piv->failure, EXIT_REFUSED,
                                      "the certificate of key %02X is too long", slot->reference);
}

const char *piv_person(const struct piv_order *order, const struct piv_slot *slot) {
    return slot->purpose == X509_PIV_CARD_AUTHENTICATION ? NULL : order->person;
}

static bool fill_slot(struct piv *piv, size_t index) {
    uint8_t point[P256_POINT_SIZE], modulus[RSA_2048_SIZE], der[X509_DER_MAX];
    const struct piv_slot *slot = &piv_slots[index];
    bool rsa = piv->order->rsa[index];
    size_t size = 0;
    if (!draw_key(piv, slot, rsa, point, modulus))
        return false;
    struct piv_request request = {.id = piv->order->id,
                                  .person = piv_person(piv->order, slot),
                                  .enterprise = piv->order->enterprise,
                                  .assurance = piv->order->assurance,
                                  .purpose = slot->purpose,
                                  .point = rsa ? NULL : point,
                                  .modulus = rsa ? modulus : NULL};
    return piv->authority->certify(piv->authority->context, &request, der, sizeof der, &size,
                                   &piv->until, piv->failure) &&
           put_certificate(piv, slot, bytes_of(der, size));
}

// ---- data objects ------------------------------------------------------------------------------

// Card holder unique identifier: no federal number, a random UUID, the day the certificates end.
static bool put_chuid(struct piv *piv) {
    static const uint8_t fasc_n[25] = {0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39, 0xCE,
                                       0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10,
                                       0x84, 0x21, 0xC8, 0x42, 0x10, 0xC3, 0xEB};
    uint8_t content[128], guid[GUID_SIZE], until[8];
    struct tlv_writer out = tlv_writer_over(content, sizeof content);
    uint32_t day = piv->until;
    if (!piv->crypto->ops->random(piv->crypto, guid, sizeof guid))
        return fail(piv->failure, EXIT_REFUSED, "no randomness for the card's UUID");
    guid[6] = (uint8_t)(0x40 | (guid[6] & 0x0F)); // RFC 4122: version 4
    guid[8] = (uint8_t)(0x80 | (guid[8] & 0x3F));
    for (size_t i = sizeof until; i-- > 0; day /= 10)
        until[i] = (uint8_t)('0' + day % 10);
    tlv_put(&out, 0x30, BYTES_OF(fasc_n));
    tlv_put(&out, 0x34, BYTES_OF(guid));
    tlv_put(&out, 0x35, BYTES_OF(until));
    tlv_put(&out, 0x3E, (struct bytes){0});
    tlv_put(&out, 0xFE, (struct bytes){0});
    return put_object(piv, 0x5FC102, tlv_writer_bytes(&out));
}

// Card capability container: identifier, version 2.1, and empty fields that its form asks for.
static bool put_capabilities(struct piv *piv) {
    static const uint8_t version[] = {0x21}, none[] = {0x00}, model[] = {0x10};
    static const uint8_t empty[] = {0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE};
    uint8_t content[96], identifier[21] = {0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02};
    struct tlv_writer out = tlv_writer_over(content, sizeof content);
    if (!piv->crypto->ops->random(piv->crypto, identifier + 7, sizeof identifier - 7))
        return fail(piv->failure, EXIT_REFUSED, "no randomness for the card's identifier");
    tlv_put(&out, 0xF0, BYTES_OF(identifier));
    tlv_put(&out, 0xF1, BYTES_OF(version));
    tlv_put(&out, 0xF2, BYTES_OF(version));
    tlv_put(&out, 0xF3, (struct bytes){0});
    tlv_put(&out, 0xF4, BYTES_OF(none));
    tlv_put(&out, 0xF5, BYTES_OF(model));
    for (size_t i = 0; i < sizeof empty; i++)
        tlv_put(&out, empty[i], (struct bytes){0});
    return put_object(piv, 0x5FC107, tlv_writer_bytes(&out));
}

bool piv_fill(struct link *link, const struct piv_order *order,
              const struct piv_authority *authority, const struct crypto *crypto,
              struct failure *failure) {
    struct piv piv = {
        .link = link, .order = order, .authority = authority, .crypto = crypto, .failure = failure};
    bool done = piv_select(&piv) && piv_manage(&piv);
    for (size_t i = 0; done && i < PIV_SLOTS; i++)
        done = fill_slot(&piv, i);
    return done && put_chuid(&piv) && put_capabilities(&piv);
}
