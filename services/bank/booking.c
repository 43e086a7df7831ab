// SPDX-License-Identifier: Apache-2.0
// Bookings: money that comes in, and transfers between accounts. A booking's id follows from who
// ordered it and the id that it gave, so that the same order is one booking for ever, and nobody's
// order is another's.
#include "services/bank/bank_private.h"

#include "apdu/crypto/binding.h"

#include <stdio.h>
#include <string.h>

static bool refuse_failed(struct call *call) {
    return call_refuse(call, &problem_busy, "The cryptography failed; ask again");
}

/// id and digest of the order.
static bool name_booking(struct call *call, struct booking *booking) {
    struct binding binding;
    struct buffer said;
    uint8_t digest[SHA256_SIZE];
    binding_begin(&binding, "transfer");
    binding_add(&binding, bytes_of_string(call->sender->id));
    binding_add(&binding, bytes_of_string(call->handler->endpoint->name));
    binding_add(&binding, bytes_of_string(form_text(&call->in, NAME_ID)));
    buffer_init(&said, call->arena->memory);
    bool done = call->crypto->ops->sha256(call->crypto, binding_bytes(&binding), digest) &&
                form_write(&call->in, &said) &&
                call->crypto->ops->sha256(call->crypto, buffer_bytes(&said), booking->order);
    buffer_free(&said);
    for (size_t i = 0; i < BANK_TRANSFER_SIZE / 2; i++)
        snprintf(booking->id + 2 * i, 3, "%02x", digest[i]);
    return done || refuse_failed(call);
}

static void take_sale(const struct form *sale, struct bank_sale *out) {
    if (sale != NULL)
        *out = (struct bank_sale){form_text(sale, NAME_NUMBER), form_text(sale, NAME_MAIL),
                                  form_text(sale, NAME_INSTANCE),
                                  (uint32_t)form_uint(sale, NAME_DATE)};
}

static bool make_booking(struct call *call) {
    struct booking *booking = arena_take(call->arena, sizeof *booking);
    if (booking == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    *booking = (struct booking){.to = form_text(&call->in, NAME_TO),
                                .client = form_text(&call->in, NAME_ID),
                                .amount = form_int(&call->in, NAME_AMOUNT),
                                .unit = (uint16_t)form_uint(&call->in, NAME_UNIT)};
    if (call->handler->endpoint == &bank_transfer) {
        booking->from = form_text(&call->in, NAME_FROM);
        take_sale(form_inner(&call->in, NAME_SALE), &booking->sale);
    }
    booking->payer = form_text(&call->in, NAME_PAYER);
    call->command = booking;
    return name_booking(call, booking);
}

bool bank_transfer_check(struct call *call) {
    const char *to = form_text(&call->in, NAME_TO);
    if (strcmp(form_text(&call->in, NAME_FROM), to) == 0)
        return call_refuse(call, &problem_shape, "from and to are one account, %s", to);
    return make_booking(call);
}

bool bank_payment_check(struct call *call) {
    return bank_operator_check(call) && make_booking(call);
}

// ---- the transaction ---------------------------------------------------------------------------

static bool refuse_ledger(struct call *call, enum ledger_result result,
                          const struct booking *booking) {
    if (result == LEDGER_FAILED)
        return false;
    if (result == LEDGER_FLOOR)
        return call_refuse(call, &bank_funds, "%s does not hold %llu", booking->from,
                           (unsigned long long)booking->amount);
    if (result == LEDGER_UNIT)
        return call_refuse(call, &bank_unit, "An account of this transfer is of another unit");
    if (result == LEDGER_TWIN)
        return call_refuse(call, &bank_twin, "%s stands for another transfer of %s",
                           booking->client, call->sender->id);
    if (result == LEDGER_ACCOUNT)
        return call_refuse(call, &bank_unknown, "There is no account %s", booking->to);
    return call_refuse(call, &bank_funds, "The books do not take this: %s",
                       ledger_result_word(result));
}

static enum ledger_result post(struct call *call, struct session *session,
                               const struct booking *booking) {
    char from[LEDGER_ID_MAX], to[LEDGER_ID_MAX];
    bank_ledger_id(booking->to, to);
    if (booking->from != NULL)
        bank_ledger_id(booking->from, from);
    else
        bank_outside_id(booking->unit, from);
    const struct ledger_line lines[] = {{from, booking->unit, booking->amount},
                                        {to, booking->unit, -booking->amount}};
    const struct ledger_transfer transfer = {.id = booking->id,
                                             .kind = booking->from != NULL ? "transfer" : "payment",
                                             .object = booking->order,
                                             .lines = lines,
                                             .count = 2};
    return ledger_post(session, call->crypto, &transfer, call->now_ms);
}

static void record(struct call *call, struct session *session, const struct booking *booking,
                   enum notice_state notice) {
    const struct bank_sale *sale = &booking->sale;
    struct value date = {.kind = VALUE_NULL};
    if (sale->number != NULL)
        date = value_int(sale->date);
    sql_run(session, &bank_sql[BOOKING_ADD],
            IN(value_text(booking->id), value_text(call->sender->id), value_text(booking->client),
               value_text(booking->from), value_text(booking->to), value_int(booking->amount),
               value_int(booking->unit), date, value_text(sale->number), value_text(sale->mail),
               value_text(sale->instance), value_text(booking->payer), value_int(call->today),
               value_int(notice)),
            NULL);
}

enum ledger_result bank_book(struct call *call, struct session *session,
                             const struct booking *booking) {
    struct bank_account_row to;
    if (!bank_find_account(session, booking->to, &to))
        return session->failed != STORE_DONE ? LEDGER_FAILED : LEDGER_ACCOUNT;
    enum ledger_result result = post(call, session, booking);
    if (result != LEDGER_DONE)
        return result;
    bool told = booking->sale.number != NULL && to.notify != NULL;
    record(call, session, booking, told ? NOTICE_DUE : NOTICE_NONE);
    if (told)
        bank_notify(call, session, booking, &to);
    return result;
}

/// What was booked before under this id, or just now.
static bool answer(struct call *call, struct session *session, const struct booking *booking) {
    struct value row[10] = {0};
    sql_run(session, &bank_sql[BOOKING_READ], IN(value_text(booking->id)), row);
    form_set_text(&call->out, NAME_TRANSFER, booking->id);
    form_set_uint(&call->out, NAME_DATE, (uint64_t)row[8].number);
    return session->failed == STORE_DONE;
}

bool bank_booking_transact(struct call *call, struct session *session) {
    const struct booking *booking = call->command;
    enum ledger_result result = bank_book(call, session, booking);
    if (result != LEDGER_DONE && result != LEDGER_AGAIN)
        return refuse_ledger(call, result, booking);
    return answer(call, session, booking);
}

bool bank_transfer_read_transact(struct call *call, struct session *session) {
    static const char *const outcomes[] = {"booked", "notice-due", "settled", "not-settled"};
    struct value row[10] = {0};
    const char *id = form_text(&call->in, NAME_TRANSFER);
    if (sql_run(session, &bank_sql[BOOKING_READ], IN(value_text(id)), row) != STORE_ROW)
        return call_refuse(call, &problem_owner, "There is no transfer %s", id);
    form_set_text(&call->out, NAME_TRANSFER, id);
    form_set_text(&call->out, NAME_FROM, value_string(&row[0]));
    form_set_text(&call->out, NAME_TO, value_string(&row[1]));
    form_set_uint(&call->out, NAME_AMOUNT, (uint64_t)row[2].number);
    form_set_uint(&call->out, NAME_UNIT, (uint64_t)row[3].number);
    form_set_uint(&call->out, NAME_DATE, (uint64_t)row[8].number);
    form_set_text(&call->out, NAME_OUTCOME, outcomes[row[9].number & 3]);
    if (row[4].kind == VALUE_NULL)
        return true;
    struct form *sale = form_add(&call->out, NAME_SALE);
    form_set_uint(sale, NAME_DATE, (uint64_t)row[4].number);
    form_set_text(sale, NAME_NUMBER, value_string(&row[5]));
    form_set_text(sale, NAME_MAIL, value_string(&row[6]));
    if (row[7].kind != VALUE_NULL)
        form_set_text(sale, NAME_INSTANCE, value_string(&row[7]));
    return true;
}
