// SPDX-License-Identifier: Apache-2.0
#include "card/identity/order.h"

#include "card/identity/hotlist.h"
#include "card/identity/peers.h"

#include <string.h>

/// The day on which the center's certificate must stand: today, but for a time reset the day that
/// it sets, since today is what it repairs.
static uint32_t day_of_judgement(const struct card_call *call, const struct object *object) {
    return object->type == OBJECT_TIME_RESET ? object_date(object, FIELD_DATE) : clock_today(call);
}

static uint16_t check_center(const struct card_call *call, const struct object *object) {
    struct peer center;
    struct bytes name = object->fields[FIELD_CENTER];
    if (!identity_text_is(call, IDENTITY_CENTER, name))
        return SW_WRONG_CENTER;
    uint16_t sw = peer_find_on(call, name, ROLE_CENTER, day_of_judgement(call, object), &center);
    if (sw != SW_OK)
        return sw;
    if (!object_verify(object, call->crypto, center.point))
        return SW_BAD_SIGNATURE;
    // nobody signs on a day after the end of the own certificate, or of its issuer's
    return peer_find_on(call, name, ROLE_CENTER, object_date(object, FIELD_DATE), &center);
}

uint16_t order_open(const struct card_call *call, enum object_type type, const uint8_t *last,
                    struct bytes in, struct order *out) {
    out->repeated = false;
    if (!object_decode_as(type, in, &out->object))
        return SW_BAD_OBJECT;
    if (object_has(&out->object, FIELD_PURSE) &&
        !identity_is(call, out->object.fields[FIELD_PURSE]))
        return SW_WRONG_PARTY;
    if (!object_digest(&out->object, call->crypto, out->digest))
        return SW_UNKNOWN;
    out->repeated = last != NULL && memcmp(last, out->digest, sizeof out->digest) == 0;
    return out->repeated ? SW_OK : check_center(call, &out->object);
}

/// One of the two kinds that are for the card itself, each with a version that only rises.
struct own_kind {
    enum object_type type;
    enum identity_taken taken;
    enum identity_number version;
};

static const struct own_kind HOTLIST = {OBJECT_HOTLIST, IDENTITY_TAKEN_HOTLIST,
                                        IDENTITY_HOTLIST_VERSION},
                             TIME_RESET = {OBJECT_TIME_RESET, IDENTITY_TAKEN_TIME,
                                           IDENTITY_TIME_VERSION};

static uint16_t open_own(const struct card_call *call, const struct own_kind *kind, struct bytes in,
                         struct order *order) {
    uint8_t last[SHA256_SIZE];
    identity_taken(call, kind->taken, last);
    uint16_t sw = order_open(call, kind->type, last, in, order);
    if (sw != SW_OK || order->repeated)
        return sw;
    bool later = object_uint(&order->object, FIELD_VERSION) > identity_get(call, kind->version);
    return later ? SW_OK : SW_STALE;
}

uint16_t order_hotlist(struct card_call *call, struct bytes in) {
    struct order order;
    uint16_t sw = open_own(call, &HOTLIST, in, &order);
    if (sw != SW_OK || order.repeated)
        return sw;
    uint64_t audience = bytes_get_be(order.object.fields[FIELD_ROLES].data, 2);
    if ((audience & identity_roles(call)) == 0)
        return SW_WRONG_PARTY;
    struct hotlist_head head = {.order = order.digest,
                                .list = order.object.fields[FIELD_LIST_HASH].data,
                                .version = (uint32_t)object_uint(&order.object, FIELD_VERSION),
                                .date = object_date(&order.object, FIELD_DATE),
                                .marks = (uint32_t)object_uint(&order.object, FIELD_MARKS)};
    return hotlist_begin(call, &head);
}

/// The center's certificate in front of a time reset, as of the day that the reset sets.
static uint16_t learn_center(struct card_call *call, struct bytes *data) {
    struct object reset;
    struct certificate center;
    struct bytes rest = *data;
    struct tlv first;
    if (!tlv_next_strict(&rest, &first) || first.tag != PURSE_DATA_CERTIFICATE)
        return SW_OK;
    if (!object_decode_as(OBJECT_TIME_RESET, rest, &reset))
        return SW_BAD_OBJECT;
    *data = rest;
    uint16_t sw = certificate_fault_sw(certificate_parse(first.whole, &center));
    if (sw != SW_OK)
        return sw;
    if ((center.roles & ROLE_CENTER) == 0 ||
        !identity_text_is(call, IDENTITY_CENTER, center.holder))
        return SW_WRONG_CENTER;
    return peer_take(call, &center, object_date(&reset, FIELD_DATE));
}

uint16_t order_time(struct card_call *call, struct bytes in) {
    struct order order;
    uint16_t sw = learn_center(call, &in);
    if (sw == SW_OK)
        sw = open_own(call, &TIME_RESET, in, &order);
    if (sw != SW_OK || order.repeated)
        return sw;
    identity_set(call, IDENTITY_DATE, object_date(&order.object, FIELD_DATE));
    identity_set(call, IDENTITY_TIME_VERSION, object_uint(&order.object, FIELD_VERSION));
    identity_take(call, IDENTITY_TAKEN_TIME, order.digest);
    return SW_OK;
}
