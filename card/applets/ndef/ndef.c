// SPDX-License-Identifier: Apache-2.0
// The NDEF tag application (NFC Forum Type 4 Tag 1.2): a phone that touches the card opens the
// operator's address. Two files, a capability container made on the fly and the NDEF file; written
// once at personalization, read-only ever after.
#include "apdu/command/applets/ndef_commands.h"
#include "apdu/command/perso_ndef.h"
#include "base/must.h"
#include "card/os/applet.h"

#include <string.h>

enum {
    FILE_NONE = 0,
    FILE_CONTAINER = 0xE103,
    FILE_NDEF = 0xE104,
    CONTAINER_SIZE = 15,
    READ_MAX = 0x00F6,
    AT_SIZE = 0, // 2 octets: length of the message; then the message
    AT_MESSAGE = 2,
};

/// Cleared on deselect.
struct session {
    uint16_t file;
};

static uint32_t persistent_size(struct bytes install_parameters) {
    (void)install_parameters;
    return AT_MESSAGE + PERSO_NDEF_MAX;
}

static uint16_t select_application(struct card_call *call) {
    (void)call; // Type 4 asks for no answer
    return SW_OK;
}

static uint16_t select_file(struct card_call *call) {
    struct session *session = call->on_deselect;
    uint16_t file = (uint16_t)bytes_get_be(call->command.data.data, 2);
    if (file != FILE_CONTAINER && file != FILE_NDEF)
        return SW_NOT_FOUND;
    session->file = file;
    return SW_OK;
}

static size_t message_size(const struct card_call *call) {
    size_t size = (size_t)card_read_uint(call, AT_SIZE, 2);
    return size <= PERSO_NDEF_MAX ? size : 0; // no card of ours wrote more
}

// Version 2.0; one NDEF file of this size, readable by all, writable by nobody.
static void put_container(uint8_t out[CONTAINER_SIZE]) {
    static const uint8_t container[CONTAINER_SIZE] = {0x00,
                                                      CONTAINER_SIZE,
                                                      0x20,
                                                      READ_MAX >> 8,
                                                      READ_MAX & 0xFF,
                                                      0x00,
                                                      0xFF,
                                                      0x04,
                                                      0x06,
                                                      0xE1,
                                                      0x04,
                                                      (AT_MESSAGE + PERSO_NDEF_MAX) >> 8,
                                                      (AT_MESSAGE + PERSO_NDEF_MAX) & 0xFF,
                                                      0x00,
                                                      0xFF};
    memcpy(out, container, sizeof container);
}

static uint16_t answer_part(struct card_call *call, struct bytes file) {
    size_t offset = (size_t)call->command.p1 << 8 | call->command.p2;
    if (offset >= file.size)
        return SW_OFFSET;
    size_t left = file.size - offset;
    size_t wanted = call->command.le < left ? call->command.le : left;
    tlv_put_raw(&call->answer, bytes_of(file.data + offset, wanted));
    return SW_OK;
}

static uint16_t read_binary(struct card_call *call) {
    const struct session *session = call->on_deselect;
    uint8_t file[AT_MESSAGE + PERSO_NDEF_MAX];
    if (session->file == FILE_NONE)
        return SW_NOT_ALLOWED;
    if (session->file == FILE_CONTAINER) {
        put_container(file);
        return answer_part(call, bytes_of(file, CONTAINER_SIZE));
    }
    // the file is as long as the container says; behind the message it is empty
    card_read(call, AT_SIZE, file, sizeof file);
    size_t used = AT_MESSAGE + message_size(call);
    memset(file + used, 0, sizeof file - used);
    return answer_part(call, BYTES_OF(file));
}

static uint16_t store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    if (dgi != PERSO_NDEF_DGI_MESSAGE)
        return SW_REFERENCE_NOT_FOUND;
    if (data.size == 0 || data.size > PERSO_NDEF_MAX)
        return SW_WRONG_DATA;
    card_stage_uint(call, AT_SIZE, 2, data.size);
    card_stage(call, AT_MESSAGE, data.data, data.size);
    return SW_OK;
}

static card_handler *const handlers[] = {
    [COMMAND_NDEF_SELECT_FILE] = select_file,
    [COMMAND_NDEF_READ_BINARY] = read_binary,
};

must_cover(handlers, COMMAND_NDEF_COUNT);

const struct applet ndef_applet = {
    .application = &ndef_application,
    .handlers = handlers,
    .deselect_size = sizeof(struct session),
    .persistent_size = persistent_size,
    .select = select_application,
    .store_data = store_data,
};
