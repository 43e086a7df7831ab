// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/center.h"

#include "card/applets/purse/trust.h"

/// The day on which the center's certificate must stand: today, but for a time reset the day that
/// it sets, since today is what it repairs.
static uint32_t day_of_judgement(const struct card_call *call, const struct object *object) {
    return object->type == OBJECT_TIME_RESET ? object_date(object, FIELD_DATE) : clock_today(call);
}

static uint16_t check_center(const struct card_call *call, const struct object *object) {
    struct peer center;
    uint16_t sw =
        peer_find_on(call, object->fields[FIELD_CENTER], day_of_judgement(call, object), &center);
    if (sw != SW_OK)
        return sw;
    if ((center.roles & ROLE_CENTER) == 0)
        return SW_WRONG_ROLE;
    if (!object_verify(object, call->crypto, center.point))
        return SW_BAD_SIGNATURE;
    // nobody signs on a day after the end of the own certificate, or of its issuer's
    return peer_find_on(call, object->fields[FIELD_CENTER], object_date(object, FIELD_DATE),
                        &center);
}

uint16_t center_open(const struct card_call *call, enum object_type type, enum taken taken,
                     struct bytes in, struct center_object *out) {
    out->repeated = false;
    if (!object_decode_as(type, in, &out->object))
        return SW_BAD_OBJECT;
    if (object_has(&out->object, FIELD_PURSE) &&
        !text_equals(call, TEXT_HOLDER, out->object.fields[FIELD_PURSE]))
        return SW_WRONG_PARTY;
    if (!object_digest(&out->object, call->crypto, out->digest))
        return SW_UNKNOWN;
    out->repeated = taken != TAKEN_COUNT && taken_is(call, taken, out->digest);
    return out->repeated ? SW_OK : check_center(call, &out->object);
}

void center_taken(struct card_call *call, enum taken taken, const struct center_object *center) {
    taken_set(call, taken, center->digest);
}
