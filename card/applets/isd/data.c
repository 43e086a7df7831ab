// SPDX-License-Identifier: Apache-2.0
// GET DATA of the security domain (GlobalPlatform 11.3, appendix H): what a host reads before it
// opens a channel. Everything here is public.
#include "card/applets/isd/isd.h"

#include <string.h>

enum {
    CPLC_SIZE = 42,
    CPLC_SERIAL = 12, // IC serial number (4)
    CPLC_BATCH = 16,  // IC batch identifier (2)
};

static const uint8_t gp_marker[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01};
static const uint8_t gp_version[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x02, 0x02, 0x03};
static const uint8_t gp_channel[] = {0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, 0x03};

static void put_oid(struct tlv_writer *out, tlv_tag tag, struct bytes oid) {
    size_t mark = tlv_begin(out, tag);
    tlv_put(out, 0x06, oid);
    tlv_end(out, mark);
}

// Card recognition data, H.2: from it hosts take the protocol and its parameter i. It names no
// identification scheme (63): that would promise an issuer's registered number (GET DATA 42).
static void put_recognition(struct card_call *call) {
    struct tlv_writer *out = &call->answer;
    uint8_t scp[sizeof gp_channel + 1];
    memcpy(scp, gp_channel, sizeof gp_channel);
    scp[sizeof gp_channel] = isd_option_i(call);
    size_t outer = tlv_begin(out, 0x66);
    size_t inner = tlv_begin(out, 0x73);
    tlv_put(out, 0x06, BYTES_OF(gp_marker));
    put_oid(out, 0x60, BYTES_OF(gp_version));
    put_oid(out, 0x64, BYTES_OF(scp));
    tlv_end(out, inner);
    tlv_end(out, outer);
}

// Card capability information, H.4: SCP03 with this i and all three AES key lengths.
static void put_capability(struct card_call *call) {
    struct tlv_writer *out = &call->answer;
    size_t outer = tlv_begin(out, 0x67);
    size_t scp = tlv_begin(out, 0xA0);
    tlv_put_uint(out, 0x80, 0x03);
    tlv_put_uint(out, 0x81, isd_option_i(call));
    tlv_put_uint(out, 0x82, 0x07);
    tlv_end(out, scp);
    tlv_end(out, outer);
}

// Key information template, 11.3.3.1: identifier, version, type, length.
static void put_key_information(struct card_call *call) {
    struct tlv_writer *out = &call->answer;
    size_t mark = tlv_begin(out, 0xE0);
    for (size_t slot = 0; slot < ISD_KEY_SETS; slot++) {
        struct isd_key_set set;
        isd_read_key_set(call, slot, &set);
        for (uint8_t id = 1; set.version != 0 && id <= 3; id++) {
            uint8_t row[] = {id, set.version, ISD_KEY_TYPE_AES, set.keys.size};
            tlv_put(out, 0xC0, BYTES_OF(row));
        }
        bytes_erase(&set, sizeof set);
    }
    tlv_end(out, mark);
}

// Card production life cycle data: only the serial says something on an emulated chip.
static void put_cplc(struct card_call *call) {
    uint8_t cplc[CPLC_SIZE] = {0};
    memcpy(cplc + CPLC_SERIAL, call->card->serial + 4, 4);
    memcpy(cplc + CPLC_BATCH, call->card->serial + 2, 2);
    tlv_put(&call->answer, 0x9F7F, BYTES_OF(cplc));
}

static void put_serial(struct card_call *call) {
    tlv_put(&call->answer, 0x45, BYTES_OF(call->card->serial));
}

static void put_sequence(struct card_call *call) {
    struct isd_key_set set;
    uint8_t sequence[3];
    isd_read_key_set(call, isd_find_key_set(call, 0) % ISD_KEY_SETS, &set);
    bytes_put_be(sequence, sizeof sequence, set.sequence);
    bytes_erase(&set, sizeof set);
    tlv_put(&call->answer, 0xC1, BYTES_OF(sequence));
}

static void put_diversification(struct card_call *call) {
    uint8_t data[10] = {0};
    memcpy(data + 2, call->card->serial, 8);
    tlv_put(&call->answer, 0xCF, BYTES_OF(data));
}

uint16_t isd_get_data(struct card_call *call) {
    static const struct {
        uint16_t tag;
        void (*put)(struct card_call *call);
    } objects[] = {
        {0x0045, put_serial},   {0x0066, put_recognition},     {0x0067, put_capability},
        {0x00C1, put_sequence}, {0x00CF, put_diversification}, {0x00E0, put_key_information},
        {0x9F7F, put_cplc}};
    uint16_t tag = (uint16_t)(call->command.p1 << 8 | call->command.p2);
    const struct isd_session *session = isd_session(call);
    if (session->open && session->channel.level != 0 && call->secure_level == 0)
        return isd_require(call, SCP03_LEVEL_CMAC);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        if (objects[i].tag != tag)
            continue;
        objects[i].put(call);
        return SW_OK;
    }
    return SW_REFERENCE_NOT_FOUND;
}
