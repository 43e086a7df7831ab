// SPDX-License-Identifier: Apache-2.0
// STORE DATA: the purse's own data groupings, one at a time, as apdu/command/perso.h lists them;
// those of the card's identity are card/identity/personalize.h's. Value is never among them.
#include "card/identity/personalize.h"
#include "card/applets/purse/commands.h"
#include "card/applets/purse/stages.h"
#include "card/applets/purse/state/pocket.h"
#include "card/applets/purse/state/window.h"

static const struct pin PURSE_PIN = {PIN_AT};

static void done(struct purse *purse, enum perso_stage stage) {
    number_set(purse, NUMBER_STAGES, number_get(purse, NUMBER_STAGES) | (uint64_t)stage);
}

/// The profile in three parts: fields, the purse's own two data objects, fields.
struct profile {
    struct object who, limits;
    struct bytes options, units;
};

static bool split_profile(struct bytes data, struct profile *profile) {
    static const struct schema_field WHO[] = {{FIELD_DEVICE, true}, {FIELD_USER, true}};
    static const struct schema_field LIMITS[] = {
        {FIELD_LIMIT_BALANCE, true}, {FIELD_LIMIT_SINGLE, true}, {FIELD_NO_PIN_SINGLE, true},
        {FIELD_NO_PIN_SUM, true},    {FIELD_NO_PIN_COUNT, true}, {FIELD_OFFLINE_COUNT, true},
        {FIELD_OFFLINE_SUM, true}};
    struct bytes rest = data;
    struct tlv item = {0};
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

static uint16_t check_profile(const struct purse *purse, const struct profile *profile) {
    bool budgeted = object_has(&profile->limits, FIELD_OFFLINE_COUNT) &&
                    object_has(&profile->limits, FIELD_OFFLINE_SUM);
    if (profile->options.size > 1 || profile->units.size == 0 || profile->units.size % 2 != 0 ||
        profile->units.size > 2 * PERSO_UNITS_MAX)
        return SW_WRONG_DATA;
    return (purse->roles & ROLE_WALLET) != 0 || budgeted ? SW_OK : SW_WRONG_DATA;
}

static void store_limits(struct purse *purse, const struct object *limits) {
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
        number_set(purse, LIMITS[i].number,
                   object_has(limits, LIMITS[i].field) ? object_uint(limits, LIMITS[i].field)
                                                       : LIMITS[i].absent);
}

static uint16_t create_pockets(struct purse *purse, struct bytes units) {
    struct pocket pocket;
    for (size_t at = 0; at < units.size; at += 2) {
        uint16_t unit = (uint16_t)bytes_get_be(units.data + at, 2);
        if (pocket_find(purse, unit, &pocket) || !pocket_create(purse, unit, &pocket))
            return SW_WRONG_DATA;
    }
    return SW_OK;
}

static uint16_t store_profile(struct purse *purse, struct bytes data) {
    struct profile profile;
    if ((number_get(purse, NUMBER_STAGES) & STAGE_PROFILE) != 0)
        return SW_EXISTS;
    if (!split_profile(data, &profile))
        return SW_WRONG_DATA;
    uint16_t sw = check_profile(purse, &profile);
    if (sw == SW_OK)
        sw = create_pockets(purse, profile.units);
    if (sw != SW_OK)
        return sw;
    text_set(purse, TEXT_DEVICE, profile.who.fields[FIELD_DEVICE]);
    text_set(purse, TEXT_USER, profile.who.fields[FIELD_USER]);
    if (profile.options.size == 1)
        number_set(purse, NUMBER_OPTIONS, profile.options.data[0] & PURSE_FREE_READING);
    store_limits(purse, &profile.limits);
    done(purse, STAGE_PROFILE);
    return SW_OK;
}

static uint16_t store_counters(struct purse *purse, struct bytes data) {
    static const struct schema_field FIELDS[] = {
        {FIELD_COUNTER, true}, {FIELD_N, true}, {FIELD_STATE_NUMBER, true}};
    struct object first;
    if (!fields_decode(data, FIELDS, sizeof FIELDS / sizeof FIELDS[0], first.fields))
        return SW_WRONG_DATA;
    if (object_has(&first, FIELD_COUNTER))
        number_set(purse, NUMBER_COUNTER, object_uint(&first, FIELD_COUNTER));
    if (object_has(&first, FIELD_STATE_NUMBER))
        number_set(purse, NUMBER_STATE, object_uint(&first, FIELD_STATE_NUMBER));
    if (object_has(&first, FIELD_N)) {
        uint32_t n = (uint32_t)object_uint(&first, FIELD_N);
        once_init(purse->call, purse->tables.window_at, n);
        number_set(purse, NUMBER_BATCHED, n);
        number_set(purse, NUMBER_BATCH, n > 0 ? n - 1 : 0); // no batch of an earlier card
    }
    return SW_OK;
}

static uint16_t store_pin(struct purse *purse, struct bytes data) {
    return data.size < 1 ? SW_WRONG_DATA
                         : pin_set(purse->call, PURSE_PIN, bytes_of(data.data + 1, data.size - 1),
                                   data.data[0]);
}

static uint16_t store_puk(struct purse *purse, struct bytes data) {
    return data.size < 1 ? SW_WRONG_DATA
                         : pin_set_puk(purse->call, PURSE_PIN,
                                       bytes_of(data.data + 1, data.size - 1), data.data[0]);
}

static uint16_t finish(struct purse *purse, struct bytes data) {
    if (data.size != 0)
        return SW_WRONG_DATA;
    if ((number_get(purse, NUMBER_STAGES) & STAGE_PROFILE) == 0)
        return SW_CONDITIONS;
    uint16_t sw = identity_finish(purse->call, IDENTITY_PURSE);
    if (sw != SW_OK)
        return sw;
    done(purse, STAGE_PERSONALIZED);
    card_set_instance_life_cycle(purse->call, APPLET_PERSONALIZED);
    return SW_OK;
}

static const struct {
    uint16_t dgi;
    uint16_t (*store)(struct purse *purse, struct bytes data);
} GROUPINGS[] = {
    {PERSO_PROFILE, store_profile}, {PERSO_COUNTERS, store_counters}, {PERSO_PIN, store_pin},
    {PERSO_PUK, store_puk},         {PERSO_FINISH, finish},
};

uint16_t purse_store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    struct purse purse;
    purse_open(&purse, call);
    for (size_t i = 0; i < sizeof GROUPINGS / sizeof GROUPINGS[0]; i++) {
        if (GROUPINGS[i].dgi != dgi)
            continue;
        if (purse_is_personalized(&purse))
            return SW_LIFE_CYCLE;
        uint16_t sw = GROUPINGS[i].store(&purse, data);
        if (sw == SW_OK)
            purse_stage(&purse);
        return sw;
    }
    return SW_REFERENCE_NOT_FOUND;
}
