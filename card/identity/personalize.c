// SPDX-License-Identifier: Apache-2.0
#include "card/identity/personalize.h"

#include "apdu/command/applets/identity_commands.h"
#include "apdu/crypto/scp03.h"
#include "card/identity/hotlist.h"
#include "card/identity/identity.h"
#include "card/identity/learn.h"
#include "card/identity/order.h"
#include "card/identity/trust.h"

#include <string.h>

static bool is_done(const struct card_call *call, uint64_t stages) {
    return (identity_get(call, IDENTITY_STAGES) & stages) == stages;
}

static void done(struct card_call *call, enum identity_stage stage) {
    identity_set(call, IDENTITY_STAGES, identity_get(call, IDENTITY_STAGES) | (uint64_t)stage);
}

static uint16_t store_name(struct card_call *call, struct bytes data) {
    static const struct schema_field FIELDS[] = {
        {FIELD_CENTER, false}, {FIELD_HOLDER, false}, {FIELD_ASSURANCE, false}};
    struct object who;
    if (is_done(call, IDENTITY_NAMED))
        return SW_EXISTS;
    if (!fields_decode(data, FIELDS, sizeof FIELDS / sizeof FIELDS[0], who.fields) ||
        !holder_is_valid(who.fields[FIELD_HOLDER], identity_roles(call)))
        return SW_WRONG_DATA;
    uint64_t assurance = object_uint(&who, FIELD_ASSURANCE);
    if (assurance != ASSURANCE_EMULATED && assurance != ASSURANCE_HARDWARE)
        return SW_WRONG_DATA;
    identity_text_set(call, IDENTITY_HOLDER, who.fields[FIELD_HOLDER]);
    identity_text_set(call, IDENTITY_CENTER, who.fields[FIELD_CENTER]);
    identity_set(call, IDENTITY_ASSURANCE, assurance);
    done(call, IDENTITY_NAMED);
    return SW_OK;
}

static uint32_t former_at(uint64_t turn) {
    return FORMER_CENTERS_AT + (uint32_t)turn * MARK_SIZE;
}

/// Whoever was the card's center before: its old lists and acknowledgements would count as new ones
/// if it came back, since those of the next one are counted anew.
static bool was_center(const struct card_call *call, const uint8_t mark[MARK_SIZE]) {
    uint8_t there[MARK_SIZE];
    uint64_t left = identity_get(call, IDENTITY_CENTERS);
    for (uint64_t turn = 0; turn < left && turn < FORMER_CENTERS; turn++) {
        card_shared_read(call, former_at(turn), there, sizeof there);
        if (memcmp(there, mark, sizeof there) == 0)
            return true;
    }
    return false;
}

static bool mark_of_center(const struct card_call *call, struct bytes name,
                           uint8_t mark[MARK_SIZE]) {
    return mark_of_holder(call->crypto, bytes_of(NULL, 0), name, mark);
}

/// Stages that the present center is a former one from now on, and this its successor.
static uint16_t leave_center(struct card_call *call, struct bytes next) {
    uint8_t name[HOLDER_MAX], present[MARK_SIZE], mark[MARK_SIZE];
    uint64_t left = identity_get(call, IDENTITY_CENTERS);
    if (!mark_of_center(call, next, mark) ||
        !mark_of_center(call, identity_text(call, IDENTITY_CENTER, name), present))
        return SW_UNKNOWN;
    if (was_center(call, mark))
        return SW_STALE;
    if (left >= FORMER_CENTERS)
        return SW_NO_SPACE;
    card_shared_stage(call, former_at(left), present, sizeof present);
    identity_set(call, IDENTITY_CENTERS, left + 1);
    return SW_OK;
}

/// The next center counts its versions anew, and nothing of the former one is completed.
static uint16_t store_center(struct card_call *call, struct bytes data) {
    static const struct schema_field FIELDS[] = {{FIELD_CENTER, false}};
    struct object named;
    if (!is_done(call, IDENTITY_NAMED))
        return SW_CONDITIONS;
    if (!fields_decode(data, FIELDS, 1, named.fields))
        return SW_WRONG_DATA;
    if (identity_text_is(call, IDENTITY_CENTER, named.fields[FIELD_CENTER]))
        return SW_OK; // a repetition does not let its old lists back
    uint16_t sw = leave_center(call, named.fields[FIELD_CENTER]);
    if (sw != SW_OK)
        return sw;
    identity_text_set(call, IDENTITY_CENTER, named.fields[FIELD_CENTER]);
    identity_set(call, IDENTITY_HOTLIST_VERSION, 0);
    identity_set(call, IDENTITY_TIME_VERSION, 0);
    hotlist_abandon(call);
    return SW_OK;
}

static uint16_t generate_keys(struct card_call *call, struct bytes data) {
    if (data.size != 0)
        return SW_WRONG_DATA;
    uint16_t sw = identity_generate(call);
    if (sw == SW_OK)
        done(call, IDENTITY_KEYS);
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
        done(call, IDENTITY_CERTIFIED);
    return sw;
}

static uint16_t store_hotlist(struct card_call *call, struct bytes data) {
    struct tlv center;
    if (!tlv_next_strict(&data, &center))
        return SW_WRONG_DATA;
    uint16_t sw = learn_certificate(call, center.whole);
    return sw == SW_OK ? order_hotlist(call, data) : sw;
}

static uint16_t store_hotlist_part(struct card_call *call, struct bytes data) {
    if (data.size < 2)
        return SW_WRONG_DATA;
    return hotlist_part(call, (uint16_t)bytes_get_be(data.data, 2),
                        bytes_of(data.data + 2, data.size - 2));
}

static const struct {
    uint16_t dgi;
    bool afterwards;
    uint16_t (*store)(struct card_call *call, struct bytes data);
} GROUPINGS[] = {
    {PERSO_NAME, false, store_name},
    {PERSO_GENERATE_KEYS, false, generate_keys},
    {PERSO_ROOT, false, trust_set_root},
    {PERSO_ISSUING, true, learn_authority},
    {PERSO_CERTIFICATE, true, store_certificate},
    {PERSO_HOTLIST, true, store_hotlist},
    {PERSO_HOTLIST_PART, true, store_hotlist_part},
    {PERSO_REQUEST, false, answer_request},
    {PERSO_CENTER, true, store_center},
};

uint16_t identity_store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    for (size_t i = 0; i < sizeof GROUPINGS / sizeof GROUPINGS[0]; i++) {
        if (GROUPINGS[i].dgi != dgi)
            continue;
        bool personalized = is_done(call, IDENTITY_PERSONALIZED);
        return personalized && !GROUPINGS[i].afterwards ? SW_LIFE_CYCLE
                                                        : GROUPINGS[i].store(call, data);
    }
    return SW_REFERENCE_NOT_FOUND;
}

uint16_t identity_first(const struct card_call *call, enum identity_stage application) {
    return is_done(call, application) ? SW_CONDITIONS : SW_OK;
}

uint16_t identity_finish(struct card_call *call, enum identity_stage application) {
    if (!is_done(call, IDENTITY_NAMED | IDENTITY_KEYS | IDENTITY_CERTIFIED))
        return SW_CONDITIONS;
    uint16_t sw = identity_first(call, application);
    if (sw != SW_OK)
        return sw;
    done(call, IDENTITY_PERSONALIZED);
    done(call, application);
    return SW_OK;
}

// ---- the block ---------------------------------------------------------------------------------

static uint16_t roles_of(struct bytes parameters) {
    return parameters.size >= 2 ? (uint16_t)bytes_get_be(parameters.data, 2) : 0;
}

static uint32_t persistent_size(struct bytes parameters) {
    uint16_t roles = roles_of(parameters);
    return roles == 0 ? 0 : identity_size(roles);
}

static uint16_t install(struct card_call *call, struct bytes parameters) {
    identity_set(call, IDENTITY_ROLES, roles_of(parameters));
    return SW_OK;
}

/// Secrets that the crypto implementation may have cached go with the block.
static void uninstall(struct card_call *call) {
    static const uint32_t SCALARS[] = {SIGNING_SCALAR_AT, KEM_SCALAR_AT};
    uint8_t scalar[P256_SCALAR_SIZE];
    for (size_t i = 0; i < sizeof SCALARS / sizeof SCALARS[0]; i++) {
        card_shared_read(call, SCALARS[i], scalar, sizeof scalar);
        call->crypto->ops->forget(call->crypto, scalar);
    }
    bytes_erase(scalar, sizeof scalar);
}

const struct applet identity_block = {
    .application = &identity_application,
    .persistent_size = persistent_size,
    .install = install,
    .store_data = identity_store_data,
    .uninstall = uninstall,
};
