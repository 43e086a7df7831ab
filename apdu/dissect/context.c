// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/context.h"

#include "apdu/perso_card.h"
#include "apdu/purse.h"

#include <string.h>

/// Bits of the class byte (ISO/IEC 7816-4 5.4.1).
enum { CHAINING = 0x10, SECURE_MESSAGING = 0x0C };

static const struct {
    const char *applet;
    uint8_t aid[16];
    uint8_t size;
} applets[] = {
    {"isd", AID_ISD, AID_ISD_SIZE},
    {"purse", AID_PURSE, AID_TESSERA_SIZE},
    {"piv", {0xA0, 0x00, 0x00, 0x03, 0x08}, 5},
    {"ndef", {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01}, 7},
};

const char *dissect_applet_of(struct bytes aid) {
    for (size_t i = 0; i < sizeof applets / sizeof applets[0]; i++) {
        size_t common = aid.size < applets[i].size ? aid.size : applets[i].size;
        if (common >= 5 && memcmp(aid.data, applets[i].aid, common) == 0)
            return applets[i].applet;
    }
    return NULL;
}

void dissect_context_reset(struct dissect_context *context) {
    *context = (struct dissect_context){.applet = "isd", .aid = AID_ISD, .aid_size = AID_ISD_SIZE};
}

/// Class without these bits; FF, which readers ask with, has none.
static uint8_t without(uint8_t cla, uint8_t bits) {
    return cla == 0xFF ? cla : (uint8_t)(cla & ~bits);
}

const struct catalogue_command *dissect_context_command(const struct dissect_context *context,
                                                        struct bytes command) {
    if (command.size < APDU_HEADER_SIZE)
        return NULL;
    const uint8_t *head = command.data;
    const struct catalogue_command *row =
        catalogue_find(context->applet, without(head[0], CHAINING), head[1], head[2], head[3]);
    if (row != NULL) // such as EXTERNAL AUTHENTICATE, whose own class has the bit
        return row;
    return catalogue_find(context->applet, without(head[0], CHAINING | SECURE_MESSAGING), head[1],
                          head[2], head[3]);
}

static bool is_select_by_name(struct bytes wire, struct apdu_command *command) {
    return apdu_command_parse(wire, command) && (command->cla & 0x80) == 0 &&
           command->ins == 0xA4 && command->p1 == 0x04;
}

void dissect_context_follow(struct dissect_context *context, struct bytes wire,
                            struct bytes answer) {
    struct apdu_command command;
    struct apdu_response response;
    if (!is_select_by_name(wire, &command) || !apdu_response_parse(answer, &response))
        return;
    if (response.sw != SW_OK && response.sw >> 8 != 0x61 && response.sw >> 8 != 0x62)
        return;
    if (command.data.size == 0) {
        dissect_context_reset(context);
        return;
    }
    const char *applet = dissect_applet_of(command.data);
    context->applet = applet != NULL ? applet : "";
    context->aid_size = (uint8_t)(command.data.size > 16 ? 16 : command.data.size);
    memcpy(context->aid, command.data.data, context->aid_size);
}
