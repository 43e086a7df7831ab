// SPDX-License-Identifier: Apache-2.0
// Acknowledgements: a fresh budget for whoever handed everything in, and room for numbers whose
// ends are here. Their versions only rise, and pass what a backup may have forgotten.
#include "services/clearing/clearing_private.h"

enum { SECONDS_TO_2000 = 946684800 };

int64_t version_after(const struct call *call, int64_t last) {
    int64_t since = (int64_t)(call->now_ms / 1000) - SECONDS_TO_2000;
    return last + 1 > since ? last + 1 : since;
}

/// Numbers whose end is here, from the window's base on without a gap.
struct ended {
    uint32_t base;
};

static bool take_ended(void *context, const struct value *row) {
    struct ended *ended = context;
    if (row[0].number != (int64_t)ended->base)
        return false;
    ended->base++;
    return true;
}

/// A till's base follows its settlements by itself.
static uint32_t base_of(struct session *session, const struct stated *stated) {
    struct ended ended = {(uint32_t)object_uint(stated->object, FIELD_BASE)};
    uint32_t next = (uint32_t)object_uint(stated->object, FIELD_N), base = ended.base;
    if ((stated->purse.roles & ROLE_TILL) != 0 || next <= base)
        return 0;
    sql_each(session, &clearing_sql[NUMBER_RANGE],
             IN(value_text(stated->purse.id), value_int(base), value_int((int64_t)next - 1)),
             take_ended, &ended);
    return ended.base > base ? ended.base : 0;
}

static bool sign(struct call *call, struct session *session, const struct stated *stated,
                 int64_t version) {
    struct object_writer writer;
    uint8_t out[CENTER_OBJECT_SIZE];
    struct bytes object;
    uint32_t base = base_of(session, stated);
    const int64_t *limits = stated->purse.limits;
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    center_put(call, &writer, stated->purse.id);
    object_put_date(&writer, FIELD_DATE, call->today);
    object_put_uint(&writer, FIELD_VERSION, (uint64_t)version);
    if (limits[LIMIT_OFFLINE_COUNT] >= 0 && limits[LIMIT_OFFLINE_SUM] >= 0) {
        object_put_uint(&writer, FIELD_OFFLINE_COUNT, (uint64_t)limits[LIMIT_OFFLINE_COUNT]);
        object_put_uint(&writer, FIELD_OFFLINE_SUM, (uint64_t)limits[LIMIT_OFFLINE_SUM]);
    }
    if (base != 0)
        object_put_uint(&writer, FIELD_BASE, base);
    if (!center_sign(call, session, &writer, "acknowledgement", &object))
        return false;
    form_set_octets(&call->out, NAME_OBJECT, object);
    return true;
}

/// Everything that the purse took and gave has its logs here: else the budget would let it go on
/// without ever coming back.
static bool has_handed_in(struct session *session, const struct stated *stated) {
    struct bytes pockets = stated->object->fields[FIELD_POCKETS];
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW) {
        uint16_t unit = (uint16_t)bytes_get_be(pockets.data + at, 2);
        struct pocket pocket = pocket_of(pockets, unit);
        struct value paid[1] = {0}, loaded[1] = {0};
        struct value id = value_text(stated->purse.id);
        sql_run(session, &clearing_sql[USAGE_TOTAL], IN(id, value_int(unit)), paid);
        sql_run(session, &clearing_sql[NUMBER_TOTAL], IN(id, value_int(unit)), loaded);
        if (pocket.spent > paid[0].number || pocket.loaded > loaded[0].number)
            return false;
    }
    return true;
}

bool clearing_acknowledge_transact(struct call *call, struct session *session) {
    struct stated *stated = call->command;
    struct value row[1] = {0};
    if (!statement_judge(call, session, stated))
        return false;
    if (stated->purse.state != PURSE_LIVE)
        return call_refuse(call, &clearing_listed, "%s is on the hotlist", stated->purse.id);
    if ((stated->purse.roles & ROLE_WALLET) == 0 && !has_handed_in(session, stated))
        return call_refuse(call, &clearing_withheld,
                           "Logs of %s are missing; hand them in and ask again", stated->purse.id);
    sql_run(session, &clearing_sql[VERSION_READ], IN(value_text(stated->purse.id)), row);
    int64_t version = version_after(call, row[0].number);
    sql_run(session, &clearing_sql[VERSION_SET],
            IN(value_text(stated->purse.id), value_int(version)), NULL);
    return session->failed == STORE_DONE && sign(call, session, stated, version);
}
