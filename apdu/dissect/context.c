// SPDX-License-Identifier: Apache-2.0
#include "apdu/dissect/context.h"

#include "apdu/command/catalogue.h"
#include "apdu/command/perso_card.h"

#include <string.h>

/// Bits of the class byte (ISO/IEC 7816-4 5.4.1).
enum { CHAINING = 0x10, SECURE_MESSAGING = 0x0C };

void dissect_context_reset(struct dissect_context *context) {
    *context = (struct dissect_context){.applet = "isd",
                                        .own = context->own,
                                        .assumed = true,
                                        .aid = AID_ISD,
                                        .aid_size = AID_ISD_SIZE};
}

/// Class without these bits; FF, which readers ask with, has none.
static uint8_t without(uint8_t cla, uint8_t bits) {
    return cla == 0xFF ? cla : (uint8_t)(cla & ~bits);
}

static const struct catalogue_command *find(const struct dissect_context *context,
                                            const uint8_t *head) {
    const struct catalogue_command *row = own_find(
        context->own, context->applet, without(head[0], CHAINING), head[1], head[2], head[3]);
    if (row == NULL)
        row = own_find(context->own, context->applet, without(head[0], CHAINING | SECURE_MESSAGING),
                       head[1], head[2], head[3]);
    if (row == NULL)
        row =
            catalogue_find(context->applet, without(head[0], CHAINING), head[1], head[2], head[3]);
    if (row != NULL) // such as EXTERNAL AUTHENTICATE, whose own class has the bit
        return row;
    return catalogue_find(context->applet, without(head[0], CHAINING | SECURE_MESSAGING), head[1],
                          head[2], head[3]);
}

/// Has it data and Le as the row wants them? SIM's STATUS is no GET STATUS.
static bool fits(const struct catalogue_command *row, struct bytes wire) {
    struct apdu_command command;
    if (!apdu_command_parse(wire, &command))
        return false;
    bool data = command.data.size > 0, le = command.le > 0;
    return (row->cases & (data ? (le ? CASE_4 : CASE_3) : (le ? CASE_2 : CASE_1))) != 0;
}

const struct catalogue_command *dissect_context_command(const struct dissect_context *context,
                                                        struct bytes command) {
    if (command.size < APDU_HEADER_SIZE)
        return NULL;
    const struct catalogue_command *row = find(context, command.data);
    bool is_assumed = row != NULL && context->assumed && (row->cla & 0x80) != 0;
    return is_assumed && !fits(row, command) ? NULL : row;
}

// ---- what is selected --------------------------------------------------------------------------

static bool is_select(struct bytes wire, struct apdu_command *command) {
    bool parses = apdu_command_parse(wire, command);
    return parses && command->ins == 0xA4 && ((command->cla & 0x80) == 0 || command->cla == 0xA0);
}

/// Security domains of other makers, whose commands are GlobalPlatform's all the same.
static bool is_security_domain(struct bytes aid) {
    static const uint8_t others[][7] = {{0xA0, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00},
                                        {0xA0, 0x00, 0x00, 0x00, 0x18, 0x43, 0x4D}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (aid.size >= sizeof others[i] && memcmp(aid.data, others[i], sizeof others[i]) == 0)
            return true;
    return false;
}

static void name_aid(struct dissect_context *context, struct bytes aid) {
    const struct application *selected = own_application_of(context->own, aid);
    if (selected == NULL)
        selected = catalogue_application_of(aid);
    context->assumed = false;
    context->applet = selected != NULL ? selected->name : is_security_domain(aid) ? "isd" : "";
    context->aid_size = (uint8_t)(aid.size > 16 ? 16 : aid.size);
    if (context->aid_size > 0)
        memcpy(context->aid, aid.data, context->aid_size);
}

void dissect_context_follow(struct dissect_context *context, struct bytes wire,
                            struct bytes answer) {
    struct apdu_command command;
    struct apdu_response response;
    if (!is_select(wire, &command) || !apdu_response_parse(answer, &response))
        return;
    uint8_t first = (uint8_t)(response.sw >> 8);
    if (response.sw != SW_OK && first != 0x61 && first != 0x62 && first != 0x9F)
        return;
    if (command.p1 == 0x04 && command.data.size == 0)
        dissect_context_reset(context);
    else if (command.p1 == 0x04)
        name_aid(context, command.data);
    else if (context->assumed) // a card with files
        name_aid(context, bytes_of(NULL, 0));
}
