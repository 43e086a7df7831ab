// SPDX-License-Identifier: Apache-2.0
// STORE DATA: one data grouping at a time, as apdu/perso.h lists them. Value is never among them.
#include "apdu/scp03.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/identity.h"
#include "card/applets/purse/pocket.h"
#include "card/applets/purse/stages.h"
#include "card/applets/purse/trust.h"
#include "card/applets/purse/window.h"

static const struct pin PURSE_PIN = {PIN_AT};

static void done(struct card_call *call, enum perso_stage stage) {
    number_set(call, NUMBER_STAGES, number_get(call, NUMBER_STAGES) | (uint64_t)stage);
}

/// The profile in three parts: fields, the purse's own two data objects, fields.
struct profile {
    struct object who, limits;
    struct bytes options, units;
};

static bool split_profile(struct bytes data, struct profile *profile) {
    static const struct schema_field WHO[] = {
        {FIELD_HOLDER, false}, {FIELD_DEVICE, true}, {FIELD_USER, true}, {FIELD_ASSURANCE, false}};
    static const struct schema_field LIMITS[] = {
        {FIELD_LIMIT_BALANCE, true}, {FIELD_LIMIT_SINGLE, true}, {FIELD_NO_PIN_SINGLE, true},
        {FIELD_NO_PIN_SUM, true},    {FIELD_NO_PIN_COUNT, true}, {FIELD_OFFLINE_COUNT, true},
        {FIELD_OFFLINE_SUM, true}};
    struct bytes rest = data;
    struct tlv item;
    struct bytes who = bytes_of(data.data, 0);
    *profile = (struct profile){0};
    while (tlv_next_strict(&rest, &item) && item.tag != PURSE_TAG_OPTIONS &&
           item.tag != PERSO_TAG_UNITS)
        who.size += item.whole.size;
    if (item.tag == PURSE_TAG_OPTIONS) {
        profile->options = item.value;
        if (!tlv_next_strict(&rest, &item))
            return false;
    }
    profile->units = item.value;
    return item.tag == PERSO_TAG_UNITS &&
           fields_decode(who, WHO, sizeof WHO / sizeof WHO[0], profile->who.fields) &&
           fields_decode(rest, LIMITS, sizeof LIMITS / sizeof LIMITS[0], profile->limits.fields);
}

static uint16_t check_profile(const struct card_call *call, const struct profile *profile) {
    bool budgeted = object_has(&profile->limits, FIELD_OFFLINE_COUNT) &&
                    object_has(&profile->limits, FIELD_OFFLINE_SUM);
    uint64_t assurance = object_uint(&profile->who, FIELD_ASSURANCE);
    if (!holder_is_valid(profile->who.fields[FIELD_HOLDER], purse_roles(call)))
        return SW_WRONG_DATA;
    if (assurance != ASSURANCE_EMULATED && assurance != ASSURANCE_HARDWARE)
        return SW_WRONG_DATA;
    if (profile->options.size > 1 || profile->units.size == 0 || profile->units.size % 2 != 0 ||
        profile->units.size > 2 * PERSO_UNITS_MAX)
        return SW_WRONG_DATA;
    return (purse_roles(call) & ROLE_WALLET) != 0 || budgeted ? SW_OK : SW_WRONG_DATA;
}

static void store_limits(struct card_call *call, const struct object *limits) {
    static const struct {
        enum field field;
        enum number number;
        uint64_t absent;
    } LIMITS[] = {
        {FIELD_LIMIT_BALANCE, NUMBER_LIMIT_BALANCE, UNLIMITED},
        {FIELD_LIMIT_SINGLE, NUMBER_LIMIT_SINGLE, UNLIMITED},
        {FIELD_NO_PIN_SINGLE, NUMBER_NO_PIN_SINGLE, 0},
        {FIELD_NO_PIN_SUM, NUMBER_NO_PIN_SUM, 0},
        {FIELD_NO_PIN_COUNT, NUMBER_NO_PIN_COUNT, 0},
        {FIELD_OFFLINE_COUNT, NUMBER_OFFLINE_COUNT, UNLIMITED},
        {FIELD_OFFLINE_SUM, NUMBER_OFFLINE_SUM, UNLIMITED},
    };
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++)
        number_set(call, LIMITS[i].number,
                   object_has(limits, LIMITS[i].field) ? object_uint(limits, LIMITS[i].field)
                                                       : LIMITS[i].absent);
}

static uint16_t create_pockets(struct card_call *call, struct bytes units) {
    struct pocket pocket;
    for (size_t at = 0; at < units.size; at += 2) {
        uint16_t unit = (uint16_t)bytes_get_be(units.data + at, 2);
        if (pocket_find(call, unit, &pocket) || !pocket_create(call, unit, &pocket))
            return SW_WRONG_DATA;
    }
    return SW_OK;
}

static uint16_t store_profile(struct card_call *call, struct bytes data) {
    struct profile profile;
    if ((number_get(call, NUMBER_STAGES) & STAGE_PROFILE) != 0)
        return SW_EXISTS;
    if (!split_profile(data, &profile))
        return SW_WRONG_DATA;
    uint16_t sw = check_profile(call, &profile);
    if (sw == SW_OK)
        sw = create_pockets(call, profile.units);
    if (sw != SW_OK)
        return sw;
    text_set(call, TEXT_HOLDER, profile.who.fields[FIELD_HOLDER]);
    text_set(call, TEXT_DEVICE, profile.who.fields[FIELD_DEVICE]);
    text_set(call, TEXT_USER, profile.who.fields[FIELD_USER]);
    number_set(call, NUMBER_ASSURANCE, object_uint(&profile.who, FIELD_ASSURANCE));
    if (profile.options.size == 1)
        number_set(call, NUMBER_OPTIONS, profile.options.data[0] & PURSE_FREE_READING);
    store_limits(call, &profile.limits);
    done(call, STAGE_PROFILE);
    return SW_OK;
}

static uint16_t store_counters(struct card_call *call, struct bytes data) {
    static const struct schema_field FIELDS[] = {
        {FIELD_COUNTER, true}, {FIELD_N, true}, {FIELD_STATE_NUMBER, true}};
    struct object first;
    if (!fields_decode(data, FIELDS, sizeof FIELDS / sizeof FIELDS[0], first.fields))
        return SW_WRONG_DATA;
    if (object_has(&first, FIELD_COUNTER))
        number_set(call, NUMBER_COUNTER, object_uint(&first, FIELD_COUNTER));
    if (object_has(&first, FIELD_STATE_NUMBER))
        number_set(call, NUMBER_STATE, object_uint(&first, FIELD_STATE_NUMBER));
    if (object_has(&first, FIELD_N)) {
        uint32_t n = (uint32_t)object_uint(&first, FIELD_N);
        once_init(call, geometry(call).window_at, n);
        number_set(call, NUMBER_SETTLED, n);
    }
    return SW_OK;
}

static uint16_t generate_keys(struct card_call *call, struct bytes data) {
    if (data.size != 0)
        return SW_WRONG_DATA;
    uint16_t sw = identity_generate(call);
    if (sw == SW_OK)
        done(call, STAGE_KEYS);
    return sw;
}

static uint16_t answer_request(struct card_call *call, struct bytes data) {
    enum { FULL = SCP03_LEVEL_CMAC | SCP03_LEVEL_CENC | SCP03_LEVEL_RMAC | SCP03_LEVEL_RENC };
    if (call->secure_level != FULL)
        return SW_SECURITY_STATUS;
    return data.size == 0 ? identity_put_request(call) : SW_WRONG_DATA;
}

static uint16_t store_certificate(struct card_call *call, struct bytes data) {
    struct certificate certificate;
    uint16_t sw = certificate_fault_sw(certificate_parse(data, &certificate));
    if (sw == SW_OK)
        sw = identity_take_certificate(call, &certificate);
    if (sw == SW_OK)
        done(call, STAGE_CERTIFICATE);
    return sw;
}

static uint16_t store_pin(struct card_call *call, struct bytes data) {
    return data.size < 1
               ? SW_WRONG_DATA
               : pin_set(call, PURSE_PIN, bytes_of(data.data + 1, data.size - 1), data.data[0]);
}

static uint16_t store_puk(struct card_call *call, struct bytes data) {
    return data.size < 1
               ? SW_WRONG_DATA
               : pin_set_puk(call, PURSE_PIN, bytes_of(data.data + 1, data.size - 1), data.data[0]);
}

static uint16_t store_hotlist(struct card_call *call, struct bytes data) {
    struct tlv center;
    if (!tlv_next_strict(&data, &center))
        return SW_WRONG_DATA;
    uint16_t sw = peer_learn(call, center.whole);
    return sw == SW_OK ? purse_take_hotlist(call, data) : sw;
}

static uint16_t close_perso(struct card_call *call, struct bytes data) {
    enum { NEEDED = STAGE_PROFILE | STAGE_KEYS | STAGE_CERTIFICATE };
    if (data.size != 0)
        return SW_WRONG_DATA;
    if ((number_get(call, NUMBER_STAGES) & NEEDED) != NEEDED)
        return SW_CONDITIONS;
    done(call, STAGE_CLOSED);
    card_set_instance_life_cycle(call, APPLET_PERSONALIZED);
    return SW_OK;
}

static const struct {
    uint16_t dgi;
    bool after_close;
    uint16_t (*store)(struct card_call *call, struct bytes data);
} GROUPINGS[] = {
    {PERSO_PROFILE, false, store_profile},
    {PERSO_COUNTERS, false, store_counters},
    {PERSO_GENERATE_KEYS, false, generate_keys},
    {PERSO_ROOT, false, trust_set_root},
    {PERSO_ISSUING, true, trust_add_issuing},
    {PERSO_CERTIFICATE, true, store_certificate},
    {PERSO_PIN, false, store_pin},
    {PERSO_PUK, false, store_puk},
    {PERSO_HOTLIST, true, store_hotlist},
    {PERSO_CLOSE, false, close_perso},
    {PERSO_REQUEST, false, answer_request},
};

uint16_t purse_store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    for (size_t i = 0; i < sizeof GROUPINGS / sizeof GROUPINGS[0]; i++) {
        if (GROUPINGS[i].dgi != dgi)
            continue;
        bool closed = stages_are_closed(call);
        return closed && !GROUPINGS[i].after_close ? SW_LIFE_CYCLE : GROUPINGS[i].store(call, data);
    }
    return SW_REFERENCE_NOT_FOUND;
}
