// SPDX-License-Identifier: Apache-2.0
// The managing commands of GlobalPlatform 2.3 chapter 11, sent inside an open session.
#include "apdu/perso_card.h"
#include "apdu/tlv.h"
#include "personalization/gp_session.h"

#include <string.h>

enum { KCV_SIZE = 3, FIRST_KEY_OF_SEVERAL = 0x81, KEY_TYPE_AES = 0x88, BLOCK_MAX = 2048 };

static void put_field(struct tlv_writer *out, struct bytes value) {
    uint8_t size = (uint8_t)value.size;
    tlv_put_raw(out, bytes_of(&size, 1));
    tlv_put_raw(out, value);
}

static enum gp_status send_install(struct gp_session *session, uint8_t what, struct bytes applet,
                                   struct bytes instance, struct bytes parameters) {
    static const uint8_t no_privileges[] = {0x00};
    uint8_t data[APDU_SHORT_LC_MAX], specific[64];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    struct tlv_writer inner = tlv_writer_over(specific, sizeof specific);
    bool making = what == INSTALL_AND_MAKE_SELECTABLE;
    struct bytes nothing = {0};
    tlv_put(&inner, 0xC9, parameters);
    put_field(&out, making ? applet : nothing); // ROM names a load file as its applet
    put_field(&out, making ? applet : nothing);
    put_field(&out, instance);
    put_field(&out, making ? BYTES_OF(no_privileges) : nothing);
    put_field(&out, making ? tlv_writer_bytes(&inner) : nothing);
    put_field(&out, nothing);
    if (!tlv_writer_ok(&out) || !tlv_writer_ok(&inner))
        return GP_BAD_ANSWER;
    struct apdu_command command = {
        .cla = 0x80, .ins = 0xE6, .p1 = what, .data = tlv_writer_bytes(&out)};
    return gp_send(session, &command);
}

enum gp_status gp_install(struct gp_session *session, struct bytes applet, struct bytes instance,
                          struct bytes parameters) {
    return send_install(session, INSTALL_AND_MAKE_SELECTABLE, applet, instance, parameters);
}

enum gp_status gp_aim(struct gp_session *session, struct bytes instance) {
    struct bytes nothing = {0};
    session->block = 0;
    return send_install(session, INSTALL_FOR_PERSONALIZATION, nothing, instance, nothing);
}

enum gp_status gp_store(struct gp_session *session, uint16_t dgi, struct bytes data, bool last) {
    uint8_t block[BLOCK_MAX], head[5];
    struct tlv_writer out = tlv_writer_over(block, sizeof block);
    size_t head_size = data.size < 0xFF ? 3 : 5;
    bytes_put_be(head, 2, dgi);
    head[2] = data.size < 0xFF ? (uint8_t)data.size : 0xFF;
    bytes_put_be(head + 3, 2, data.size);
    tlv_put_raw(&out, bytes_of(head, head_size));
    tlv_put_raw(&out, data);
    if (!tlv_writer_ok(&out))
        return GP_BAD_ANSWER;
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0xE2,
                                   .p1 = (uint8_t)(STORE_DATA_DGI | (last ? STORE_DATA_LAST : 0)),
                                   .p2 = session->block++,
                                   .data = tlv_writer_bytes(&out)};
    enum gp_status status = gp_send(session, &command);
    bytes_erase(block, sizeof block);
    if (last)
        session->block = 0;
    return status;
}

enum gp_status gp_ask(struct gp_session *session, uint16_t dgi) {
    uint8_t block[3] = {0};
    bytes_put_be(block, 2, dgi);
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0xE2,
                                   .p1 = STORE_DATA_DGI | STORE_DATA_ANSWERS,
                                   .p2 = session->block++,
                                   .data = BYTES_OF(block),
                                   .le = APDU_SHORT_LE_MAX};
    return gp_send(session, &command);
}

enum gp_status gp_delete(struct gp_session *session, struct bytes instance) {
    uint8_t data[32];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put(&out, 0x4F, instance);
    struct apdu_command command = {.cla = 0x80, .ins = 0xE4, .data = tlv_writer_bytes(&out)};
    return gp_send(session, &command);
}

// Type, length of what follows, length of the key, the key under the DEK, check value.
static bool put_key(struct gp_session *session, struct tlv_writer *out, const uint8_t *key,
                    uint8_t size) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    uint8_t padded[SCP03_KEY_MAX] = {0}, kcv[KCV_SIZE], cipher_size = (uint8_t)((size + 15) & ~15);
    uint8_t head[] = {KEY_TYPE_AES, (uint8_t)(cipher_size + 1), size}, kcv_size = KCV_SIZE;
    memcpy(padded, key, size);
    bool ok = session->crypto->ops->aes_cbc(session->crypto, true,
                                            bytes_of(session->dek, session->dek_size), zero, padded,
                                            padded, cipher_size) &&
              scp03_kcv(session->crypto, bytes_of(key, size), kcv);
    tlv_put_raw(out, BYTES_OF(head));
    tlv_put_raw(out, bytes_of(padded, cipher_size));
    tlv_put_raw(out, bytes_of(&kcv_size, 1));
    tlv_put_raw(out, BYTES_OF(kcv));
    return ok;
}

enum gp_status gp_put_keys(struct gp_session *session, uint8_t old, uint8_t version,
                           const struct scp03_keys *keys) {
    uint8_t data[APDU_SHORT_LC_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, bytes_of(&version, 1));
    if (!put_key(session, &out, keys->enc, keys->size) ||
        !put_key(session, &out, keys->mac, keys->size) ||
        !put_key(session, &out, keys->dek, keys->size))
        return GP_BAD_ANSWER;
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0xD8,
                                   .p1 = old,
                                   .p2 = FIRST_KEY_OF_SEVERAL,
                                   .data = tlv_writer_bytes(&out)};
    return gp_send(session, &command);
}

enum gp_status gp_set_card_status(struct gp_session *session, uint8_t state) {
    struct apdu_command command = {.cla = 0x80, .ins = 0xF0, .p1 = 0x80, .p2 = state};
    return gp_send(session, &command);
}
