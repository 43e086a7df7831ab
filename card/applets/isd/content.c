// SPDX-License-Identifier: Apache-2.0
// INSTALL, DELETE and STORE DATA: instances of the applets in ROM, and their personalization by
// data groupings. GlobalPlatform Card Specification 2.3, 11.5, 11.2 and 11.11; forms:
// apdu/command/perso_card.h.
#include "card/applets/isd/isd.h"

enum { STORE_FORMAT = 0x18, STORE_ENCRYPTED = 0x60, DGI_LONG = 0xFF };

/// Takes a length octet and that many octets. False when they are not there.
static bool next_field(struct bytes *rest, struct bytes *field) {
    if (rest->size == 0 || rest->data[0] > rest->size - 1)
        return false;
    size_t size = rest->data[0];
    *field = bytes_of(rest->data + 1, size);
    *rest = bytes_of(rest->data + 1 + size, rest->size - 1 - size);
    return true;
}

struct install_fields {
    struct bytes load_file, applet, instance, privileges, parameters, token;
};

static bool parse_install(struct bytes data, struct install_fields *fields) {
    return next_field(&data, &fields->load_file) && next_field(&data, &fields->applet) &&
           next_field(&data, &fields->instance) && next_field(&data, &fields->privileges) &&
           next_field(&data, &fields->parameters) && next_field(&data, &fields->token) &&
           data.size == 0;
}

/// GlobalPlatform wants one octet, "no confirmation", where an answer is expected.
static uint16_t confirm(struct card_call *call) {
    static const uint8_t none = 0;
    if (call->command.le > 0)
        tlv_put_raw(&call->answer, bytes_of(&none, 1));
    return SW_OK;
}

static uint16_t install_instance(struct card_call *call, const struct install_fields *fields) {
    struct tlv specific = {.value = {0}};
    struct bytes parameters = fields->parameters;
    if (parameters.size > 0 && !tlv_find(parameters, 0xC9, &specific))
        return SW_WRONG_DATA;
    return directory_install(call, fields->applet, fields->instance, specific.value);
}

static bool is_locked(const struct card_call *call, size_t instance) {
    return (call->card->instances[instance].life_cycle & APPLET_LOCKED) != 0;
}

static uint16_t begin_personalization(struct card_call *call, const struct install_fields *fields) {
    struct isd_session *session = call->on_deselect;
    size_t target = directory_find(call->card, fields->instance);
    if (target == CARD_INSTANCES_MAX || directory_is_shared(&call->card->instances[target]))
        return SW_NOT_FOUND;
    const struct applet *applet = call->card->instances[target].applet;
    if (target == CARD_DEFAULT_INSTANCE || applet == NULL || applet->store_data == NULL ||
        is_locked(call, target))
        return SW_CONDITIONS;
    session->target = (uint8_t)target;
    session->next_block = 0;
    return SW_OK;
}

uint16_t isd_install(struct card_call *call) {
    struct install_fields fields;
    uint16_t sw = isd_require_content(call, SCP03_LEVEL_CMAC);
    if (sw != SW_OK)
        return sw;
    if (!parse_install(call->command.data, &fields))
        return SW_WRONG_DATA;
    sw = SW_WRONG_P1P2;
    if (call->command.p1 == INSTALL_AND_MAKE_SELECTABLE)
        sw = install_instance(call, &fields);
    else if (call->command.p1 == INSTALL_FOR_PERSONALIZATION)
        sw = begin_personalization(call, &fields);
    return sw == SW_OK ? confirm(call) : sw;
}

// ---- DELETE ------------------------------------------------------------------------------------

uint16_t isd_delete(struct card_call *call) {
    struct bytes rest = call->command.data;
    struct tlv aid;
    uint16_t sw = isd_require_content(call, SCP03_LEVEL_CMAC);
    if (sw != SW_OK)
        return sw;
    if (!tlv_next(&rest, &aid) || aid.tag != 0x4F || rest.size > 0)
        return SW_WRONG_DATA;
    isd_session(call)->target = CARD_DEFAULT_INSTANCE;
    sw = directory_remove(call, aid.value);
    if (sw == SW_NOT_FOUND)
        return SW_REFERENCE_NOT_FOUND;
    return sw == SW_OK ? confirm(call) : sw;
}

// ---- STORE DATA --------------------------------------------------------------------------------

/// Takes one data grouping. False when it is cut short.
static bool next_grouping(struct bytes *rest, uint16_t *dgi, struct bytes *value) {
    size_t header = 3;
    if (rest->size < header)
        return false;
    *dgi = (uint16_t)bytes_get_be(rest->data, 2);
    size_t size = rest->data[2];
    if (size == DGI_LONG) {
        header = 5;
        if (rest->size < header)
            return false;
        size = (size_t)bytes_get_be(rest->data + 3, 2);
    }
    if (size > rest->size - header)
        return false;
    *value = bytes_of(rest->data + header, size);
    *rest = bytes_of(rest->data + header + size, rest->size - header - size);
    return true;
}

/// The life cycle of the card only rises, and here only as far as SECURED.
static uint16_t store_life_cycle(struct card_call *call, struct bytes value) {
    if (value.size != 1 || (value.data[0] != CARD_INITIALIZED && value.data[0] != CARD_SECURED))
        return SW_WRONG_DATA;
    if (value.data[0] == card_life_cycle(call))
        return SW_OK; // a repetition after a lost answer
    if (value.data[0] < card_life_cycle(call))
        return SW_CONDITIONS;
    if (value.data[0] == CARD_SECURED && isd_has_published_keys(call))
        return SW_DEFAULT_KEYS;
    card_set_life_cycle(call, (enum card_life_cycle)value.data[0]);
    return SW_OK;
}

/// R-ENC without R-MAC does not exist; the next channel opens with the new i.
static uint16_t store_option(struct card_call *call, struct bytes value) {
    const uint8_t known = SCP03_S16 | SCP03_PSEUDO_RANDOM | SCP03_RMAC | SCP03_RENC;
    if (value.size != 1 || (value.data[0] & ~known) != 0 ||
        (value.data[0] & (SCP03_RMAC | SCP03_RENC)) == SCP03_RENC)
        return SW_WRONG_DATA;
    if (card_life_cycle(call) >= CARD_SECURED)
        return SW_CONDITIONS;
    card_stage_uint(call, ISD_AT_I, 1, (uint8_t)~value.data[0]);
    return SW_OK;
}

static uint16_t store_own(struct card_call *call, uint16_t dgi, struct bytes value) {
    switch (dgi) {
    case PERSO_CARD_LIFE_CYCLE:
        return store_life_cycle(call, value);
    case PERSO_CARD_SCP_OPTION:
        return store_option(call, value);
    default:
        return SW_REFERENCE_NOT_FOUND;
    }
}

/// A grouping that the applet does not know may be one of what it shares.
static uint16_t store_in(struct card_call *inner, uint16_t dgi, struct bytes value) {
    const struct applet *applet = inner->instance->applet;
    uint16_t sw = applet->store_data(inner, dgi, value);
    if (sw != SW_REFERENCE_NOT_FOUND || applet->shares == NULL)
        return sw;
    return applet->shares->store_data(inner, dgi, value);
}

static uint16_t store_grouping(struct card_call *call, size_t target, uint16_t dgi,
                               struct bytes value) {
    if (target == CARD_DEFAULT_INSTANCE)
        return store_own(call, dgi, value);
    if (!card_must(call,
                   target < CARD_INSTANCES_MAX && call->card->instances[target].applet != NULL))
        return SW_UNKNOWN;       // INSTALL [for personalization] looked, DELETE forgets it
    if (is_locked(call, target)) // since INSTALL [for personalization]
        return SW_CONDITIONS;
    struct card_call inner = card_call_inside(call, target);
    uint8_t before = inner.instance->life_cycle;
    uint16_t sw = store_in(&inner, dgi, value);
    bool finished = inner.instance->life_cycle != before;
    call->answer.size = inner.answer.size; // both write into the card's one buffer
    // nothing is finished while everybody knows the card's keys
    if (sw == SW_OK && finished && !isd_at_factory(call) && isd_has_published_keys(call))
        return SW_DEFAULT_KEYS;
    return sw;
}

static uint16_t store_groupings(struct card_call *call, size_t target) {
    struct bytes rest = call->command.data, value;
    uint16_t dgi, sw = SW_OK;
    while (sw == SW_OK && rest.size > 0) {
        if (!next_grouping(&rest, &dgi, &value))
            return SW_WRONG_DATA;
        sw = store_grouping(call, target, dgi, value);
    }
    return sw;
}

uint16_t isd_store_data(struct card_call *call) {
    struct isd_session *session = call->on_deselect;
    uint8_t format = call->command.p1 & STORE_FORMAT;
    uint16_t sw = isd_require_content(call, ISD_LEVEL_FULL);
    if (sw != SW_OK)
        return sw;
    if ((call->command.p1 & STORE_ENCRYPTED) != 0 || (format != 0 && format != STORE_DATA_DGI))
        return SW_WRONG_P1P2;
    if (call->command.p2 != session->next_block)
        return SW_WRONG_P1P2;
    sw = store_groupings(call, session->target);
    if (sw != SW_OK)
        return sw;
    session->next_block++;
    if ((call->command.p1 & STORE_DATA_LAST) != 0)
        session->target = session->next_block = 0;
    return SW_OK;
}
