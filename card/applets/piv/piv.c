// SPDX-License-Identifier: Apache-2.0
// The application itself: selection, personalization, its command table.
#include "card/applets/piv/piv.h"

#include "card/os/context.h"

#include "apdu/command/applets/piv_commands.h"
#include "apdu/command/perso_piv.h"
#include "base/must.h"

#include <string.h>

struct piv_session *piv_session(const struct card_call *call) {
    return call->on_deselect;
}

bool piv_pin_is_fresh(const struct card_call *call) {
    uint32_t at = piv_session(call)->pin_at;
    return at != 0 && call->card->commands == at + 1;
}

enum { HEAD_LIVE = 0x01, HEAD_STALE = 0x02 };

struct piv_head piv_read_head(const struct card_call *call, uint32_t at) {
    uint8_t octets[PIV_HEAD_SIZE];
    card_read(call, at, octets, sizeof octets);
    return (struct piv_head){.kind = octets[0],
                             .live = octets[1] & HEAD_LIVE,
                             .stale = (octets[1] & HEAD_STALE) != 0,
                             .size = (uint16_t)bytes_get_be(octets + 2, 2)};
}

void piv_stage_head(struct card_call *call, uint32_t at, struct piv_head head) {
    uint8_t octets[PIV_HEAD_SIZE] = {head.kind,
                                     (uint8_t)(head.live | (head.stale ? HEAD_STALE : 0))};
    bytes_put_be(octets + 2, 2, head.size);
    card_stage(call, at, octets, sizeof octets);
}

static uint32_t persistent_size(struct bytes install_parameters) {
    (void)install_parameters;
    return PIV_AT_OBJECTS + piv_objects_size();
}

// Application property template, SP 800-73-4 part 2 table 3.
static uint16_t piv_select(struct card_call *call) {
    static const uint8_t pix[] = {0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
    static const uint8_t authority[] = {0xA0, 0x00, 0x00, 0x03, 0x08};
    struct tlv_writer *out = &call->answer;
    if (!piv_erase_stale_keys(call))
        return SW_MEMORY_FAILURE;
    size_t template = tlv_begin(out, 0x61);
    tlv_put(out, 0x4F, BYTES_OF(pix));
    size_t allocation = tlv_begin(out, 0x79);
    tlv_put(out, 0x4F, BYTES_OF(authority));
    tlv_end(out, allocation);
    tlv_put(out, 0x50, bytes_of_string("Tessera PIV"));
    tlv_end(out, template);
    return SW_OK;
}

static bool manager_key_fits(struct bytes value) {
    if (value.size < 1)
        return false;
    size_t size = value.size - 1;
    uint8_t algorithm = value.data[0];
    return (algorithm == PIV_TRIPLE_DES && size == 24) ||
           (algorithm == PIV_AES_128 && size == 16) || (algorithm == PIV_AES_192 && size == 24) ||
           (algorithm == PIV_AES_256 && size == 32);
}

/// As VERIFY will take it.
static bool is_pin(struct bytes value) {
    uint8_t padded[PIV_PADDED_SIZE];
    memset(padded, 0xFF, sizeof padded);
    if (value.size > sizeof padded)
        return false;
    memcpy(padded, value.data, value.size);
    bool good = piv_pin_size(padded) == value.size && value.size > 0;
    bytes_erase(padded, sizeof padded);
    return good;
}

static uint16_t store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    struct pin pin = {PIV_AT_PIN};
    switch (dgi) {
    case PERSO_PIV_DGI_PIN:
        return is_pin(data) ? pin_set(call, pin, data, PERSO_PIV_PIN_TRIES) : SW_WRONG_DATA;
    case PERSO_PIV_DGI_PUK:
        if (data.size != PIV_PUK_SIZE)
            return SW_WRONG_DATA;
        return pin_set_puk(call, pin, data, PERSO_PIV_PUK_TRIES);
    case PERSO_PIV_DGI_MANAGEMENT_KEY:
        if (!manager_key_fits(data))
            return SW_WRONG_DATA;
        card_stage(call, PIV_AT_MANAGER, data.data, data.size);
        return SW_OK;
    default:
        return SW_REFERENCE_NOT_FOUND;
    }
}

/// Keys of a card that is made belong to somebody: what lets them go is the lock of the
/// application, a decision of its own, which no batch makes on its way.
static uint16_t may_remove(struct card_call *call) {
    bool made = card_life_cycle(call) >= CARD_SECURED;
    bool locked = (call->instance->life_cycle & APPLET_LOCKED) != 0;
    return made && !locked && piv_has_keys(call) ? SW_HOLDS_KEYS : SW_OK;
}

static card_handler *const handlers[] = {
    [COMMAND_PIV_GET_DATA] = piv_get_data,
    [COMMAND_PIV_PUT_DATA] = piv_put_data,
    [COMMAND_PIV_VERIFY] = piv_verify,
    [COMMAND_PIV_FORGET_PIN] = piv_verify,
    [COMMAND_PIV_CHANGE_PIN] = piv_change_reference,
    [COMMAND_PIV_CHANGE_PUK] = piv_change_reference,
    [COMMAND_PIV_RESET_RETRY] = piv_reset_retry,
    [COMMAND_PIV_GENERATE] = piv_generate,
    [COMMAND_PIV_AUTHENTICATE] = piv_authenticate,
};

must_cover(handlers, COMMAND_PIV_COUNT);

const struct applet piv_applet = {
    .application = &piv_application,
    .handlers = handlers,
    .deselect_size = sizeof(struct piv_session),
    .persistent_size = persistent_size,
    .select = piv_select,
    .store_data = store_data,
    .may_remove = may_remove,
    .uninstall = piv_forget_keys,
};
