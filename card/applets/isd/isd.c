// SPDX-License-Identifier: Apache-2.0
// The issuer security domain: the card's own application, selected when nobody chose another.
// GlobalPlatform Card Specification 2.3. Content management stands in content.c.
#include "card/applets/isd/isd.h"

#include <string.h>

#include "apdu/perso_card.h"
#include "card/os/context.h"

enum {
    MEMORY_SIZE = 512, // persistent
    CPLC = 0x9F7F,     // card production life cycle data
    CPLC_SIZE = 42,
};

bool isd_may_manage(const struct card_call *call) {
    bool bench = call->interface == CARD_INTERNAL && card_life_cycle(call) == CARD_OP_READY;
    return bench || call->secure_level != 0;
}

static uint32_t persistent_size(struct bytes install_parameters) {
    return install_parameters.size == 0 ? MEMORY_SIZE : 0;
}

/// FCI as 11.9.3.1 asks: AID, then the longest data field of a command.
static uint16_t select_isd(struct card_call *call) {
    size_t fci = tlv_begin(&call->answer, 0x6F);
    tlv_put(&call->answer, 0x84, bytes_of(call->instance->aid, call->instance->aid_size));
    size_t proprietary = tlv_begin(&call->answer, 0xA5);
    tlv_put_uint(&call->answer, 0x9F65, APDU_SHORT_LC_MAX);
    tlv_end(&call->answer, proprietary);
    tlv_end(&call->answer, fci);
    return SW_OK;
}

/// An emulated card was made by nobody on no date: only the serial and batch say something.
static uint16_t put_cplc(struct card_call *call) {
    uint8_t cplc[CPLC_SIZE] = {0};
    memcpy(cplc + 12, call->card->serial + 4, 4); // IC serial number
    memcpy(cplc + 16, call->card->serial + 2, 2); // IC batch
    tlv_put(&call->answer, CPLC, BYTES_OF(cplc));
    return SW_OK;
}

static uint16_t get_data(struct card_call *call) {
    unsigned tag = (unsigned)call->command.p1 << 8 | call->command.p2;
    return tag == CPLC ? put_cplc(call) : SW_REFERENCE_NOT_FOUND;
}

static const struct applet_command commands[] = {
    {COMMAND_ISD_GET_DATA, get_data},
    {COMMAND_ISD_INSTALL, isd_install},
    {COMMAND_ISD_STORE_DATA, isd_store_data},
};

const struct applet isd_applet = {
    .name = "isd",
    .aid = AID_ISD,
    .aid_size = AID_ISD_SIZE,
    .deselect_size = sizeof(struct isd_session),
    .commands = commands,
    .command_count = sizeof commands / sizeof *commands,
    .persistent_size = persistent_size,
    .select = select_isd,
};
