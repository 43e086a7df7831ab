// SPDX-License-Identifier: Apache-2.0
// The managing commands of GlobalPlatform 2.3 chapter 11, sent inside an open session.
#include "apdu/command/perso_card.h"
#include "apdu/octets/status.h"
#include "apdu/octets/tlv.h"
#include "base/must.h"
#include "personalization/channel/gp_session.h"

#include <string.h>

enum {
    KCV_SIZE = 3,
    FIRST_KEY_OF_SEVERAL = 0x81,
    KEY_TYPE_DES = 0x80,
    KEY_TYPE_AES = 0x88,
    SCP02 = 0x02,
    BLOCK_MAX = 2048,
    GROUPING_HEAD = 3, // octets before a short grouping
};

static void put_field(struct tlv_writer *out, struct bytes value) {
    uint8_t size = (uint8_t)value.size;
    tlv_put_raw(out, bytes_of(&size, 1));
    tlv_put_raw(out, value);
}

static enum gp_status send_install(struct gp_session *session, uint8_t what,
                                   const struct gp_installation *fields) {
    uint8_t data[APDU_SHORT_LC_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    put_field(&out, fields->file);
    put_field(&out, fields->module);
    put_field(&out, fields->instance);
    put_field(&out, fields->privileges);
    put_field(&out, fields->parameters);
    put_field(&out, (struct bytes){0}); // no token
    if (!tlv_writer_ok(&out))
        return GP_BAD_ANSWER;
    struct apdu_command command = {
        .cla = 0x80, .ins = 0xE6, .p1 = what, .data = tlv_writer_bytes(&out)};
    return gp_send(session, &command);
}

enum gp_status gp_install_as(struct gp_session *session, const struct gp_installation *what) {
    static const uint8_t no_privileges[] = {0x00};
    uint8_t specific[64];
    struct tlv_writer inner = tlv_writer_over(specific, sizeof specific);
    struct gp_installation fields = *what;
    tlv_put(&inner, 0xC9, what->parameters);
    if (!tlv_writer_ok(&inner))
        return GP_BAD_ANSWER;
    fields.parameters = tlv_writer_bytes(&inner);
    if (what->privileges.size == 0)
        fields.privileges = BYTES_OF(no_privileges);
    return send_install(session, INSTALL_AND_MAKE_SELECTABLE, &fields);
}

enum gp_status gp_install(struct gp_session *session, struct bytes applet, struct bytes instance,
                          struct bytes parameters) {
    struct gp_installation what = {.file = applet, // ROM names a load file as its applet
                                   .module = applet,
                                   .instance = instance,
                                   .parameters = parameters};
    return gp_install_as(session, &what);
}

enum gp_status gp_aim(struct gp_session *session, struct bytes instance) {
    struct gp_installation what = {.instance = instance};
    session->block = 0;
    return send_install(session, INSTALL_FOR_PERSONALIZATION, &what);
}

static void put_grouping(struct tlv_writer *out, uint16_t dgi, struct bytes data) {
    uint8_t head[5];
    bytes_put_be(head, 2, dgi);
    head[2] = data.size < 0xFF ? (uint8_t)data.size : 0xFF;
    bytes_put_be(head + 3, 2, data.size);
    tlv_put_raw(out, bytes_of(head, data.size < 0xFF ? 3 : 5));
    tlv_put_raw(out, data);
}

static enum gp_status send_block(struct gp_session *session, struct bytes block, uint8_t p1) {
    struct apdu_command command = {
        .cla = 0x80, .ins = 0xE2, .p1 = p1, .p2 = session->block++, .data = block};
    return gp_send(session, &command);
}

void gp_hold(struct gp_session *session, uint16_t dgi, struct bytes data) {
    struct tlv_writer out = tlv_writer_over(session->held + session->held_size,
                                            sizeof session->held - session->held_size);
    put_grouping(&out, dgi, data);
    must(tlv_writer_ok(&out), "groupings that are kept fit into a block");
    session->held_size += tlv_writer_bytes(&out).size;
}

enum gp_status gp_store(struct gp_session *session, uint16_t dgi, struct bytes data, bool last) {
    uint8_t block[BLOCK_MAX];
    struct tlv_writer out = tlv_writer_over(block, sizeof block);
    struct bytes held = bytes_of(session->held, session->held_size);
    enum gp_status status = GP_OK;
    if (held.size > 0 && held.size + GROUPING_HEAD + data.size <= GP_BLOCK_MAX)
        tlv_put_raw(&out, held);
    else if (held.size > 0)
        status = send_block(session, held, STORE_DATA_DGI);
    bytes_erase(session->held, sizeof session->held);
    session->held_size = 0;
    put_grouping(&out, dgi, data);
    if (status == GP_OK)
        status = tlv_writer_ok(&out)
                     ? send_block(session, tlv_writer_bytes(&out),
                                  (uint8_t)(STORE_DATA_DGI | (last ? STORE_DATA_LAST : 0)))
                     : GP_BAD_ANSWER;
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

enum gp_status gp_take_back(struct gp_session *session, struct bytes instance) {
    struct apdu_command lock = {.cla = 0x80, .ins = 0xF0, .p1 = 0x40, .p2 = 0x80, .data = instance};
    enum gp_status status = gp_delete(session, instance);
    if (status != GP_REFUSED || session->sw != SW_HOLDS_KEYS)
        return status;
    status = gp_send(session, &lock);
    return status == GP_OK ? gp_delete(session, instance) : status;
}

enum gp_status gp_applications(struct gp_session *session,
                               struct gp_application out[GP_APPLICATIONS_MAX], size_t *count) {
    static const uint8_t all[] = {0x4F, 0x00};
    struct apdu_command command = {
        .cla = 0x80, .ins = 0xF2, .p1 = 0x40, .p2 = 0x02, .data = BYTES_OF(all)};
    struct tlv row, aid;
    *count = 0;
    enum gp_status status = gp_send(session, &command);
    struct bytes rest = bytes_of(session->answer, session->answer_size);
    if (status != GP_OK)
        return status;
    while (*count < GP_APPLICATIONS_MAX && tlv_next(&rest, &row)) {
        if (!tlv_find(row.value, 0x4F, &aid) || aid.value.size > sizeof out->aid)
            return GP_BAD_ANSWER;
        out[*count].aid_size = (uint8_t)aid.value.size;
        memcpy(out[(*count)++].aid, aid.value.data, aid.value.size);
    }
    return rest.size == 0 ? GP_OK : GP_BAD_ANSWER;
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

// SCP02: type, length, the key under the session's DEK block by block, check value.
static bool put_des_key(struct gp_session *session, struct tlv_writer *out, const uint8_t *key,
                        uint8_t size) {
    static const uint8_t zero[DES_BLOCK_SIZE];
    const struct crypto *crypto = session->crypto;
    uint8_t head[] = {KEY_TYPE_DES, SCP02_KEY_SIZE}, kcv_size = KCV_SIZE, kcv[KCV_SIZE];
    uint8_t sealed[SCP02_KEY_SIZE];
    bool ok = size == SCP02_KEY_SIZE && scp02_kcv(crypto, key, kcv);
    for (size_t at = 0; ok && at < size; at += DES_BLOCK_SIZE)
        ok = crypto->ops->des_cbc(crypto, true, bytes_of(session->dek, SCP02_KEY_SIZE), zero,
                                  key + at, sealed + at, DES_BLOCK_SIZE);
    tlv_put_raw(out, BYTES_OF(head));
    tlv_put_raw(out, BYTES_OF(sealed));
    tlv_put_raw(out, bytes_of(&kcv_size, 1));
    tlv_put_raw(out, BYTES_OF(kcv));
    return ok;
}

enum gp_status gp_put_keys(struct gp_session *session, uint8_t old, uint8_t version,
                           const struct scp03_keys *keys) {
    uint8_t data[APDU_SHORT_LC_MAX];
    struct tlv_writer out = tlv_writer_over(data, sizeof data);
    tlv_put_raw(&out, bytes_of(&version, 1));
    bool (*put)(struct gp_session *, struct tlv_writer *, const uint8_t *, uint8_t) =
        session->card.protocol == SCP02 ? put_des_key : put_key;
    if (!put(session, &out, keys->enc, keys->size) || !put(session, &out, keys->mac, keys->size) ||
        !put(session, &out, keys->dek, keys->size))
        return GP_BAD_ANSWER;
    struct apdu_command command = {.cla = 0x80,
                                   .ins = 0xD8,
                                   .p1 = old,
                                   .p2 = FIRST_KEY_OF_SEVERAL,
                                   .data = tlv_writer_bytes(&out)};
    return gp_send(session, &command);
}

enum gp_status gp_set_application_status(struct gp_session *session, struct bytes aid,
                                         uint8_t state) {
    struct apdu_command command = {.cla = 0x80, .ins = 0xF0, .p1 = 0x40, .p2 = state, .data = aid};
    return gp_send(session, &command);
}

enum gp_status gp_set_card_status(struct gp_session *session, uint8_t state) {
    struct apdu_command command = {.cla = 0x80, .ins = 0xF0, .p1 = 0x80, .p2 = state};
    return gp_send(session, &command);
}
