// SPDX-License-Identifier: Apache-2.0
// GET STATUS and SET STATUS (GlobalPlatform 11.4, 11.10): the registry of the card, and the life
// cycles of card and applications. States only go forward, except into and out of a lock.
#include "card/applets/isd/isd.h"

#include <string.h>

enum {
    STATUS_DOMAIN = 0x80,
    STATUS_APPLICATIONS = 0x40,
    STATUS_FILES = 0x20,
    STATUS_FILES_AND_MODULES = 0x10,
    FORMAT_TLV = 0x02,
    FORMAT_NEXT = 0x01,
    TAG_AID = 0x4F,
    TAG_STATE = 0x9F70,
    TAG_PRIVILEGES = 0xC5,
    TAG_MODULE = 0x84,
    FILE_LOADED = 0x01,
};

// ---- GET STATUS --------------------------------------------------------------------------------

struct registry_row {
    struct bytes aid;
    uint8_t state;
    bool domain;
    struct bytes module; // of an executable load file
};

static void put_row(struct card_call *call, const struct registry_row *row, bool is_file) {
    // security domain, card lock, card terminate, card reset, CVM management: those of an ISD
    static const uint8_t domain[] = {0x9E, 0x00, 0x00}, none[] = {0x00, 0x00, 0x00};
    struct tlv_writer *out = &call->answer;
    if ((call->command.p2 & FORMAT_TLV) == 0) {
        uint8_t tail[] = {row->state, row->domain ? domain[0] : 0x00};
        uint8_t size = (uint8_t)row->aid.size;
        tlv_put_raw(out, bytes_of(&size, 1));
        tlv_put_raw(out, row->aid);
        tlv_put_raw(out, BYTES_OF(tail));
        return;
    }
    size_t mark = tlv_begin(out, 0xE3);
    tlv_put(out, TAG_AID, row->aid);
    tlv_put(out, TAG_STATE, bytes_of(&row->state, 1));
    if (!is_file)
        tlv_put(out, TAG_PRIVILEGES, row->domain ? BYTES_OF(domain) : BYTES_OF(none));
    if (row->module.size > 0)
        tlv_put(out, TAG_MODULE, row->module);
    tlv_end(out, mark);
}

// Does the search criterion (a whole AID or its beginning) fit?
static bool fits(struct bytes aid, struct bytes wanted) {
    return wanted.size <= aid.size &&
           (wanted.size == 0 || memcmp(aid.data, wanted.data, wanted.size) == 0);
}

static size_t put_instances(struct card_call *call, bool domain, struct bytes wanted) {
    size_t found = 0;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++) {
        const struct applet_instance *instance = &call->card->instances[i];
        struct bytes aid = bytes_of(instance->aid, instance->aid_size);
        bool is_domain = i == CARD_DEFAULT_INSTANCE;
        if (instance->size == 0 || is_domain != domain || !fits(aid, wanted))
            continue;
        uint8_t state = is_domain ? (uint8_t)call->card->life_cycle : instance->life_cycle;
        put_row(call, &(struct registry_row){aid, state, is_domain, {0}}, false);
        found++;
    }
    return found;
}

// ROM holds one executable load file with one module for every applet, under the same AID.
static size_t put_files(struct card_call *call, bool modules, struct bytes wanted) {
    size_t found = 0;
    for (size_t i = 0; i < applet_count; i++) {
        struct bytes aid = bytes_of(applets[i]->aid, applets[i]->aid_size);
        if (!fits(aid, wanted))
            continue;
        put_row(call,
                &(struct registry_row){aid, FILE_LOADED, false, modules ? aid : (struct bytes){0}},
                true);
        found++;
    }
    return found;
}

uint16_t isd_get_status(struct card_call *call) {
    struct tlv aid;
    size_t found = 0;
    uint16_t sw = isd_require(call, SCP03_LEVEL_CMAC);
    if (sw != SW_OK)
        return sw;
    if ((call->command.p2 & FORMAT_NEXT) != 0) // everything came with the first answer
        return SW_REFERENCE_NOT_FOUND;
    if (!tlv_find(call->command.data, TAG_AID, &aid))
        return SW_WRONG_DATA;
    switch (call->command.p1) {
    case STATUS_DOMAIN:
        found = put_instances(call, true, aid.value);
        break;
    case STATUS_APPLICATIONS:
        found = put_instances(call, false, aid.value);
        break;
    case STATUS_FILES:
    case STATUS_FILES_AND_MODULES:
        found = put_files(call, call->command.p1 == STATUS_FILES_AND_MODULES, aid.value);
        break;
    default:
        return SW_WRONG_P1P2;
    }
    return found > 0 ? SW_OK : SW_REFERENCE_NOT_FOUND;
}

// ---- SET STATUS --------------------------------------------------------------------------------

static bool card_may_become(enum card_life_cycle now, enum card_life_cycle next) {
    switch (next) {
    case CARD_INITIALIZED:
        return now == CARD_OP_READY;
    case CARD_SECURED:
        return now == CARD_INITIALIZED || now == CARD_LOCKED;
    case CARD_LOCKED:
        return now == CARD_SECURED;
    case CARD_TERMINATED:
        return now != CARD_TERMINATED;
    default:
        return false;
    }
}

static uint16_t set_card(struct card_call *call, uint8_t wanted) {
    enum card_life_cycle next = (enum card_life_cycle)wanted;
    if (!card_may_become(card_life_cycle(call), next))
        return SW_CONDITIONS;
    if (next == CARD_SECURED && isd_has_published_keys(call))
        return SW_DEFAULT_KEYS;
    card_set_life_cycle(call, next);
    return SW_OK;
}

static uint16_t set_application(struct card_call *call, uint8_t wanted) {
    size_t index = directory_find(call->card, call->command.data);
    if (index == CARD_INSTANCES_MAX || index == CARD_DEFAULT_INSTANCE)
        return SW_REFERENCE_NOT_FOUND;
    uint8_t now = call->card->instances[index].life_cycle;
    bool locked = (now & APPLET_LOCKED) != 0, lock = (wanted & APPLET_LOCKED) != 0;
    if (locked == lock) // further states belong to the application itself
        return SW_CONDITIONS;
    // the state below the lock stays as it was, whatever the host writes there
    directory_set_life_cycle(call, index,
                             lock ? now | APPLET_LOCKED : now & (uint8_t)~APPLET_LOCKED);
    return SW_OK;
}

uint16_t isd_set_status(struct card_call *call) {
    uint16_t sw = isd_require(call, SCP03_LEVEL_CMAC);
    if (sw != SW_OK)
        return sw;
    switch (call->command.p1) {
    case STATUS_DOMAIN:
        return set_card(call, call->command.p2);
    case STATUS_APPLICATIONS:
        return set_application(call, call->command.p2);
    default:
        return SW_WRONG_P1P2;
    }
}
