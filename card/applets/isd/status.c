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
    TAG_FILE = 0xC4,
    TAG_MODULE = 0x84,
    TAG_DOMAIN = 0xCC,
    TAG_WANTED = 0x5C,
    FILE_LOADED = 0x01,
};

// ---- GET STATUS --------------------------------------------------------------------------------

// security domain, card lock, card terminate, card reset, CVM management: those of an ISD
static const uint8_t domain_privileges[] = {0x9E, 0x00, 0x00};

struct registry_row {
    struct bytes aid, file; // file: of an instance, the load file that it comes from
    uint8_t state;
    bool domain, instance;
    struct bytes module; // of an executable load file
};

// The older form, without tags.
static void put_plain_row(struct tlv_writer *out, const struct registry_row *row) {
    uint8_t tail[] = {row->state, row->domain ? domain_privileges[0] : 0x00};
    uint8_t size = (uint8_t)row->aid.size;
    tlv_put_raw(out, bytes_of(&size, 1));
    tlv_put_raw(out, row->aid);
    tlv_put_raw(out, BYTES_OF(tail));
}

// One field of a row, if it has one of this tag.
static void put_field(struct card_call *call, const struct registry_row *row, uint16_t tag) {
    static const uint8_t none[] = {0x00, 0x00, 0x00};
    const struct applet_instance *isd = &call->card->instances[CARD_DEFAULT_INSTANCE];
    struct tlv_writer *out = &call->answer;
    if (tag == TAG_AID)
        tlv_put(out, TAG_AID, row->aid);
    else if (tag == TAG_STATE)
        tlv_put(out, TAG_STATE, bytes_of(&row->state, 1));
    else if (tag == TAG_PRIVILEGES && row->instance)
        tlv_put(out, tag, row->domain ? BYTES_OF(domain_privileges) : BYTES_OF(none));
    else if (tag == TAG_FILE && row->file.size > 0)
        tlv_put(out, tag, row->file);
    else if (tag == TAG_MODULE && row->module.size > 0)
        tlv_put(out, tag, row->module);
    else if (tag == TAG_DOMAIN)
        tlv_put(out, tag, bytes_of(isd->aid, isd->aid_size));
}

// What the tag list asks for in its order, tags that a row does not have left out; without a list
// what hosts need most (table 11-36).
static void put_row(struct card_call *call, const struct registry_row *row) {
    static const uint8_t usual[] = {TAG_AID, TAG_STATE >> 8, TAG_STATE & 0xFF, TAG_PRIVILEGES,
                                    TAG_MODULE};
    struct tlv list;
    if ((call->command.p2 & FORMAT_TLV) == 0) {
        put_plain_row(&call->answer, row);
        return;
    }
    bool listed = tlv_find(call->command.data, TAG_WANTED, &list);
    struct bytes asked = listed ? list.value : BYTES_OF(usual);
    size_t mark = tlv_begin(&call->answer, 0xE3);
    for (size_t i = 0; i < asked.size; i++) {
        uint16_t tag = asked.data[i];
        if ((tag & 0x1F) == 0x1F && i + 1 < asked.size)
            tag = (uint16_t)(tag << 8 | asked.data[++i]);
        put_field(call, row, tag);
    }
    tlv_end(&call->answer, mark);
}

// Does the search criterion (a whole AID or its beginning) fit?
static bool fits(struct bytes aid, struct bytes wanted) {
    return wanted.size <= aid.size &&
           (wanted.size == 0 || memcmp(aid.data, wanted.data, wanted.size) == 0);
}

// ROM has a load file of its own for every applet.
static struct bytes file_of(const struct applet_instance *instance) {
    if (instance->applet == NULL)
        return (struct bytes){0};
    const struct application *file = instance->applet->application;
    return bytes_of(file->aid, file->aid_size);
}

static size_t put_instances(struct card_call *call, bool domain, struct bytes wanted) {
    size_t found = 0;
    for (size_t i = 0; i < CARD_INSTANCES_MAX; i++) {
        const struct applet_instance *instance = &call->card->instances[i];
        struct bytes aid = bytes_of(instance->aid, instance->aid_size);
        bool is_domain = i == CARD_DEFAULT_INSTANCE;
        if (instance->size == 0 || directory_is_shared(instance) || is_domain != domain ||
            !fits(aid, wanted))
            continue;
        struct registry_row row = {.aid = aid,
                                   .file = file_of(instance),
                                   .state = is_domain ? (uint8_t)call->card->life_cycle
                                                      : instance->life_cycle,
                                   .domain = is_domain,
                                   .instance = true};
        put_row(call, &row);
        found++;
    }
    return found;
}

// ROM holds one executable load file with one module for every applet, under the same AID.
static size_t put_files(struct card_call *call, bool modules, struct bytes wanted) {
    size_t found = 0;
    const struct card_rom *rom = call->card->ports.rom;
    for (size_t i = 0; i < rom->count; i++) {
        const struct application *module = rom->applets[i]->application;
        struct bytes aid = bytes_of(module->aid, module->aid_size);
        if (!fits(aid, wanted))
            continue;
        struct registry_row row = {
            .aid = aid, .state = FILE_LOADED, .module = modules ? aid : (struct bytes){0}};
        put_row(call, &row);
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
    if (index == CARD_INSTANCES_MAX || index == CARD_DEFAULT_INSTANCE ||
        directory_is_shared(&call->card->instances[index]))
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
