// SPDX-License-Identifier: Apache-2.0
// The monthly close: each subscriber's bill once, in one transaction with what goes on it; months
// in their order, none that has not ended; some hundred subscribers a request, so that any number
// of them takes bounded memory and whoever was stopped goes on.
#include "services/charge/charge_private.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 200 };

bool charge_close_check(struct call *call) {
    return charge_operator_check(call) &&
           (month_of_text(form_text(&call->in, NAME_MONTH)) != 0 ||
            call_refuse(call, &problem_shape, "month is one as 2004-02"));
}

// ---- one bill ----------------------------------------------------------------------------------

struct billing {
    struct call *call;
    struct session *session;
    const struct settings *settings;
    const char *phone, *part;
    uint32_t month;
    int64_t line, total, used, monthly; // of the part; of both parts what was used, and the rest
    bool overflow;
};

struct billing_line {
    const char *kind, *text;
    int64_t date, quantity, amount; // date, quantity 0: none
};

static struct value or_null(int64_t number) {
    return number != 0 ? value_int(number) : (struct value){.kind = VALUE_NULL};
}

static void add_line(struct billing *billing, const struct billing_line *line) {
    if (line->amount == 0)
        return;
    sql_run(billing->session, &charge_sql[LINE_ADD],
            IN(value_text(billing->phone), value_int(billing->month), value_text(billing->part),
               value_int(billing->line++), value_text(line->kind), value_text(line->text),
               or_null(line->date), or_null(line->quantity), value_int(line->amount)),
            NULL);
    billing->overflow |= __builtin_add_overflow(billing->total, line->amount, &billing->total);
}

static bool add_usage(void *context, const struct value *row) {
    struct billing *billing = context;
    bool call = strcmp(value_string(&row[0]), "call") == 0;
    const struct billing_line line = {.kind = call ? "call" : "packet",
                                      .text = call ? "Calls" : "Packets",
                                      .quantity = row[1].number,
                                      .amount = row[2].number};
    add_line(billing, &line);
    return true;
}

static bool add_monthly(void *context, const struct value *row) {
    struct billing *billing = context;
    const struct billing_line line = {
        .kind = "service", .text = value_string(&row[0]), .amount = row[1].number};
    add_line(billing, &line);
    return true;
}

static bool add_content(void *context, const struct value *row) {
    struct billing *billing = context;
    const struct billing_line line = {.kind = value_string(&row[0]),
                                      .text = value_string(&row[1]),
                                      .date = row[2].number,
                                      .amount = row[3].number};
    add_line(billing, &line);
    return true;
}

/// Calls, packets, basic charge, monthly services. False: there are no prices of this month.
static bool bill_telephone(struct billing *billing, const char *tariff) {
    struct session *session = billing->session;
    struct value phone = value_text(billing->phone), month = value_int(billing->month);
    struct value price[5] = {0};
    sql_each(session, &charge_sql[USAGE_SUMS], IN(phone, month), add_usage, billing);
    billing->used += billing->total;
    sql_run(session, &charge_sql[USAGE_BILLED], IN(phone, month), NULL);
    if (sql_run(session, &charge_sql[TARIFF_READ], IN(value_text(tariff), month), price) !=
        STORE_ROW)
        return false;
    const struct billing_line basic = {
        .kind = "basic", .text = "Basic charge", .amount = price[0].number};
    int64_t before = billing->total;
    add_line(billing, &basic);
    sql_each(session, &charge_sql[MONTHLY_LIST], IN(phone), add_monthly, billing);
    billing->monthly += billing->total - before;
    return true;
}

static void bill_content(struct billing *billing) {
    struct value phone = value_text(billing->phone), month = value_int(billing->month);
    int64_t before = billing->total;
    sql_each(billing->session, &charge_sql[CONTENT_LIST], IN(phone, month), add_content, billing);
    sql_run(billing->session, &charge_sql[CONTENT_BILLED], IN(phone, month), NULL);
    billing->used += billing->total - before;
}

/// Returns the bill's sum; a part without lines is none.
static int64_t end_part(struct billing *billing, size_t *bills) {
    int64_t total = billing->total;
    if (billing->line > 0) {
        sql_run(billing->session, &charge_sql[BILL_ADD],
                IN(value_text(billing->phone), value_int(billing->month), value_text(billing->part),
                   value_int(total), value_int(billing->settings->unit)),
                NULL);
        ++*bills;
    }
    billing->line = billing->total = 0;
    return total;
}

static bool book(const struct billing *billing) {
    char used[BOOK_MAX], monthly[BOOK_MAX], month[8];
    month_to_text(billing->month, month);
    snprintf(used, sizeof used, "billed-%s-%s", billing->phone, month);
    snprintf(monthly, sizeof monthly, "monthly-%s-%s", billing->phone, month);
    const struct move moves[] = {
        {used, "bill", "RECEIVABLE", billing->phone, "UNBILLED", billing->phone, billing->used,
         billing->settings->unit},
        {monthly, "bill", "RECEIVABLE", billing->phone, "REVENUE", "monthly", billing->monthly,
         billing->settings->unit},
    };
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (moves[i].amount > 0 && !charge_move(billing->call, billing->session, &moves[i]))
            return false;
    return true;
}

struct closing {
    struct call *call;
    const struct settings *settings;
    uint32_t month;
    size_t bills;
    int64_t total;
};

static bool bill_one(struct closing *closing, struct session *session, const char *phone) {
    struct value row[2] = {0};
    struct billing billing = {.call = closing->call,
                              .session = session,
                              .settings = closing->settings,
                              .phone = phone,
                              .part = "telephone",
                              .month = closing->month};
    sql_run(session, &charge_sql[SUBSCRIBER_READ], IN(value_text(phone)), row);
    if (session->failed != STORE_DONE)
        return false;
    if (!bill_telephone(&billing, value_string(&row[0])))
        return false;
    if (row[1].number != 0) {
        closing->total += end_part(&billing, &closing->bills);
        billing.part = "content";
    }
    bill_content(&billing);
    closing->total += end_part(&billing, &closing->bills);
    return !billing.overflow && book(&billing);
}

// ---- some hundred ------------------------------------------------------------------------------

struct phones {
    char text[CHUNK][24];
    size_t count;
};

static bool add_phone(void *context, const struct value *row) {
    struct phones *phones = context;
    snprintf(phones->text[phones->count++], sizeof phones->text[0], "%s", value_string(&row[0]));
    return phones->count < CHUNK;
}

static bool bill_some(struct closing *closing, struct session *session, const char *behind) {
    struct phones *phones = arena_take(closing->call->arena, sizeof *phones);
    if (phones == NULL)
        return call_refuse(closing->call, &problem_busy, "There is no memory for this now");
    sql_each(session, &charge_sql[SUBSCRIBER_NEXT], IN(value_text(behind)), add_phone, phones);
    for (size_t i = 0; i < phones->count; i++)
        if (!bill_one(closing, session, phones->text[i]))
            return session->failed == STORE_DONE &&
                   call_refuse(closing->call, &charge_month, "The bill of %s cannot be made",
                               phones->text[i]);
    sql_run(session, &charge_sql[CLOSE_ADVANCE],
            IN(value_int(closing->month),
               value_text(phones->count > 0 ? phones->text[phones->count - 1] : behind),
               value_int(phones->count < CHUNK), value_int((int64_t)closing->bills),
               value_int(closing->total)),
            NULL);
    return true;
}

/// Is it this month's turn?
static bool check_turn(struct call *call, struct session *session, uint32_t month,
                       const struct settings *settings) {
    struct value last[1] = {0};
    const char *text = form_text(&call->in, NAME_MONTH);
    sql_run(session, &charge_sql[CLOSE_LAST], NULL, last);
    uint32_t newest = (uint32_t)last[0].number;
    if (month_of_day(local_day(settings, call->now_ms)) <= month)
        return call_refuse(call, &charge_month, "%s has not ended", text);
    if (newest == 0 || month == newest)
        return true;
    struct value row[4] = {0};
    sql_run(session, &charge_sql[CLOSE_READ], IN(value_int(newest)), row);
    return (month == month_after(newest) && row[1].number == 1) ||
           call_refuse(call, &charge_month, "%s is not the month behind the last one, %u", text,
                       newest);
}

static bool answer(struct call *call, struct session *session, uint32_t month) {
    struct value row[4] = {0};
    if (sql_run(session, &charge_sql[CLOSE_READ], IN(value_int(month)), row) != STORE_ROW)
        return false;
    form_set_text(&call->out, NAME_MONTH, form_text(&call->in, NAME_MONTH));
    form_set_uint(&call->out, NAME_CLOSED, (uint64_t)row[1].number);
    form_set_uint(&call->out, NAME_BILLS, (uint64_t)row[2].number);
    form_set_uint(&call->out, NAME_TOTAL, (uint64_t)row[3].number);
    return true;
}

bool charge_close_transact(struct call *call, struct session *session) {
    struct settings settings;
    struct value row[4] = {0};
    uint32_t month = month_of_text(form_text(&call->in, NAME_MONTH));
    charge_settings_read(session, &settings);
    bool known = sql_run(session, &charge_sql[CLOSE_READ], IN(value_int(month)), row) == STORE_ROW;
    if (known && row[1].number == 1)
        return answer(call, session, month);
    if (!known && !check_turn(call, session, month, &settings))
        return false;
    sql_run(session, &charge_sql[CLOSE_ADD], IN(value_int(month)), NULL);
    struct closing closing = {call, &settings, month, 0, 0};
    return bill_some(&closing, session, known ? value_string(&row[0]) : "") &&
           answer(call, session, month);
}
