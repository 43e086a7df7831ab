// SPDX-License-Identifier: Apache-2.0
// What the telephone company says of itself: account, unit and time zone, tariffs and their
// periods, subscribers with their monthly services, on which account an enterprise is paid.
#include "services/charge/charge_private.h"

#include "base/calendar.h"

#include <stdio.h>
#include <string.h>

enum { NO_END = 999912, ZONE_MAX = 14 * 60 };

bool charge_operator_check(struct call *call) {
    return party_operates(charge_party(call), call->sender) ||
           call_refuse(call, &problem_owner, "%s is no operator of this company", call->sender->id);
}

// ---- months and the zone -----------------------------------------------------------------------

uint32_t month_of_text(const char *text) {
    char day[12];
    snprintf(day, sizeof day, "%.7s-01", text);
    return strlen(text) == 7 ? date_of_text(day) / 100 : 0;
}

void month_to_text(uint32_t month, char out[8]) {
    snprintf(out, 8, "%04u-%02u", month / 100 % 10000, month % 100);
}

uint32_t month_after(uint32_t month) {
    return month % 100 == 12 ? month + 89 : month + 1;
}

uint32_t local_day(const struct settings *settings, uint64_t ms) {
    return date_of_time((int64_t)(ms / 1000) + (int64_t)settings->zone * 60);
}

/// Minutes of "+09:00". False: none.
static bool zone_of_text(const char *text, int *zone) {
    unsigned hours = 0, minutes = 0;
    char sign = '\0', end = '\0';
    if (sscanf(text, "%c%2u:%2u%c", &sign, &hours, &minutes, &end) != 3 || minutes > 59 ||
        (sign != '+' && sign != '-'))
        return false;
    *zone = (int)(hours * 60 + minutes) * (sign == '-' ? -1 : 1);
    return *zone >= -ZONE_MAX && *zone <= ZONE_MAX;
}

// ---- settings ----------------------------------------------------------------------------------

void charge_settings_read(struct session *session, struct settings *out) {
    struct value row[4] = {0};
    sql_run(session, &charge_sql[SETTING_READ], NULL, row);
    *out = (struct settings){.account = value_string(&row[0]),
                             .unit = (uint16_t)row[1].number,
                             .zone = (int)row[2].number,
                             .registry = row[3].number != 0};
}

bool charge_settings_check(struct call *call) {
    int zone;
    return charge_operator_check(call) &&
           (zone_of_text(form_text(&call->in, NAME_ZONE), &zone) ||
            call_refuse(call, &problem_shape, "zone is hours and minutes as +09:00"));
}

bool charge_settings_transact(struct call *call, struct session *session) {
    int zone = 0;
    const char *text = form_text(&call->in, NAME_ZONE);
    zone_of_text(text, &zone);
    sql_run(session, &charge_sql[SETTING_SET],
            IN(in_text(call, NAME_ACCOUNT), in_int(call, NAME_UNIT), value_int(zone),
               in_int(call, NAME_REGISTRY)),
            NULL);
    form_set_text(&call->out, NAME_ACCOUNT, form_text(&call->in, NAME_ACCOUNT));
    form_set_uint(&call->out, NAME_UNIT, form_uint(&call->in, NAME_UNIT));
    form_set_text(&call->out, NAME_ZONE, text);
    form_set_uint(&call->out, NAME_REGISTRY, form_uint(&call->in, NAME_REGISTRY));
    return true;
}

// ---- tariffs -----------------------------------------------------------------------------------

/// The period of the request; an open one ends never.
static bool period(struct call *call, uint32_t *first, uint32_t *last) {
    const char *end = form_text(&call->in, NAME_LAST_MONTH);
    *first = month_of_text(form_text(&call->in, NAME_FIRST_MONTH));
    *last = end != NULL ? month_of_text(end) : NO_END;
    return *first != 0 && *last >= *first;
}

bool charge_tariff_check(struct call *call) {
    uint32_t first, last;
    return charge_operator_check(call) &&
           (period(call, &first, &last) ||
            call_refuse(call, &problem_shape,
                        "first-month and last-month are months as 2004-02, "
                        "in order"));
}

bool charge_tariff_transact(struct call *call, struct session *session) {
    uint32_t first, last;
    struct value row[1] = {0}, id = in_text(call, NAME_TARIFF);
    period(call, &first, &last);
    if (sql_run(session, &charge_sql[TARIFF_OVERLAP], IN(id, value_int(first), value_int(last)),
                row) == STORE_ROW)
        return call_refuse(call, &charge_overlaps, "%s has prices from month %lld on already",
                           form_text(&call->in, NAME_TARIFF), (long long)row[0].number);
    sql_run(session, &charge_sql[TARIFF_SET],
            IN(id, value_int(first), value_int(last), in_int(call, NAME_BASIC),
               in_int(call, NAME_CALL_SECONDS), in_int(call, NAME_CALL_AMOUNT),
               in_int(call, NAME_PACKET_COUNT), in_int(call, NAME_PACKET_AMOUNT)),
            NULL);
    return true;
}

// ---- subscribers and payees --------------------------------------------------------------------

static void set_monthly(struct call *call, struct session *session) {
    size_t count = 0;
    const struct form *list = form_list(&call->in, NAME_SERVICES, &count);
    struct value phone = in_text(call, NAME_PHONE);
    sql_run(session, &charge_sql[MONTHLY_DROP], IN(phone), NULL);
    for (size_t i = 0; i < count; i++)
        sql_run(session, &charge_sql[MONTHLY_ADD],
                IN(phone, value_int((int64_t)i), value_text(form_text(&list[i], NAME_TEXT)),
                   value_int(form_int(&list[i], NAME_AMOUNT))),
                NULL);
}

bool charge_subscriber_transact(struct call *call, struct session *session) {
    struct value row[1] = {0}, phone = in_text(call, NAME_PHONE), mail = in_text(call, NAME_MAIL),
                 trm = in_text(call, NAME_TRM);
    if (sql_run(session, &charge_sql[SUBSCRIBER_OTHER], IN(phone, mail, trm), row) == STORE_ROW)
        return call_refuse(call, &charge_taken, "Mail address or card are of %s",
                           value_string(&row[0]));
    sql_run(session, &charge_sql[SUBSCRIBER_SET],
            IN(phone, mail, trm, in_text(call, NAME_TARIFF),
               value_int(form_int(&call->in, NAME_SEPARATE))),
            NULL);
    set_monthly(call, session);
    return true;
}

bool charge_payee_transact(struct call *call, struct session *session) {
    sql_run(session, &charge_sql[PAYEE_SET],
            IN(in_text(call, NAME_ENTERPRISE), in_text(call, NAME_ACCOUNT)), NULL);
    return true;
}
