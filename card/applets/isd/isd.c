// SPDX-License-Identifier: Apache-2.0
// The issuer security domain: the card's own application, selected when nobody chose another.
// GlobalPlatform Card Specification 2.3. Here: selection and the command table.
#include "card/applets/isd/isd.h"

#include "apdu/command/applets/isd_commands.h"
#include "base/must.h"

static uint32_t persistent_size(struct bytes install_parameters) {
    return install_parameters.size == 0 ? ISD_SIZE : 0;
}

/// FCI as 11.9.3.1 asks: AID, then the longest data field of a command.
static uint16_t select_isd(struct card_call *call) {
    size_t fci = tlv_begin(&call->answer, 0x6F);
    tlv_put(&call->answer, 0x84, bytes_of(call->instance->aid, call->instance->aid_size));
    size_t proprietary = tlv_begin(&call->answer, 0xA5);
    tlv_put_uint(&call->answer, 0x9F65, APDU_SHORT_LC_MAX);
    tlv_end(&call->answer, proprietary);
    tlv_end(&call->answer, fci);
    return card_life_cycle(call) == CARD_LOCKED ? SW_FILE_INVALIDATED : SW_OK;
}

static card_handler *const handlers[] = {
    [COMMAND_ISD_GET_DATA] = isd_get_data,
    [COMMAND_ISD_GET_DATA_ISO] = isd_get_data,
    [COMMAND_ISD_INITIALIZE_UPDATE] = isd_initialize_update,
    [COMMAND_ISD_EXTERNAL_AUTHENTICATE] = isd_external_authenticate,
    [COMMAND_ISD_INSTALL] = isd_install,
    [COMMAND_ISD_DELETE] = isd_delete,
    [COMMAND_ISD_STORE_DATA] = isd_store_data,
    [COMMAND_ISD_PUT_KEY] = isd_put_key,
    [COMMAND_ISD_GET_STATUS] = isd_get_status,
    [COMMAND_ISD_SET_STATUS] = isd_set_status,
};

must_cover(handlers, COMMAND_ISD_COUNT);

const struct applet isd_applet = {
    .application = &isd_application,
    .handlers = handlers,
    .deselect_size = sizeof(struct isd_session),
    .persistent_size = persistent_size,
    .select = select_isd,
};
