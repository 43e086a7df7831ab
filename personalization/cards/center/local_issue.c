// SPDX-License-Identifier: Apache-2.0
// An issue log for a purse as its statement shows it. What was issued before is judged by the
// purse's own total: the last log is taken, still open or dead, and any other total is a purse that
// was copied, rolled back or fed by somebody else.
#include "personalization/cards/center/local_issue.h"

#include "base/calendar.h"
#include "personalization/cards/center/local.h"
#include "personalization/cards/factory.h"

#include <inttypes.h>

enum { ISSUE_DAYS = 365 };

static void put_limits(struct object_writer *writer, const struct factory_limits *limits) {
    const struct {
        enum field field;
        uint64_t value;
    } rows[] = {
        {FIELD_LIMIT_BALANCE, limits->balance},       {FIELD_LIMIT_SINGLE, limits->single},
        {FIELD_NO_PIN_SINGLE, limits->no_pin_single}, {FIELD_NO_PIN_SUM, limits->no_pin_sum},
        {FIELD_NO_PIN_COUNT, limits->no_pin_count},   {FIELD_OFFLINE_COUNT, limits->offline_count},
        {FIELD_OFFLINE_SUM, limits->offline_sum},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value != FACTORY_NO_LIMIT)
            object_put_uint(writer, rows[i].field, rows[i].value);
}

static bool sign_log(const struct local_center *center, const struct center_question *question,
                     uint64_t serial, const struct local_visitor *visitor, uint8_t *out,
                     size_t capacity, struct bytes *object) {
    struct object_writer writer;
    const struct object *statement = &visitor->statement;
    const uint8_t *pocket = local_pocket(statement->fields[FIELD_POCKETS], center->unit);
    object_begin(&writer, OBJECT_ISSUE_LOG, out, capacity);
    object_put_unit(&writer, center->unit);
    object_put_uint(&writer, FIELD_SERIAL, serial);
    object_put_uint(&writer, FIELD_REVISION, 1);
    object_copy(&writer, FIELD_STATE_NUMBER, statement);
    object_put(&writer, FIELD_CENTER, bytes_of_string(local_key(center)->name));
    object_copy(&writer, FIELD_PURSE, statement);
    if (question->device.size > 0)
        object_put(&writer, FIELD_DEVICE, question->device);
    if (question->user.size > 0)
        object_put(&writer, FIELD_USER, question->user);
    object_put_uint(&writer, FIELD_ALLOWANCE,
                    local_number(pocket, POCKET_BALANCE) + center->amount);
    object_put_uint(&writer, FIELD_TRANSFER, center->amount);
    object_put_date(&writer, FIELD_DATE, center->ca->today);
    object_put_date(&writer, FIELD_EXPIRY, date_add_days(center->ca->today, ISSUE_DAYS));
    put_limits(&writer, center->limits);
    return object_sign(&writer, &local_key(center)->signer, object);
}

static bool refuse_total(const char *purse, const struct book_account *account, uint64_t issued,
                         struct failure *failure) {
    return fail(failure, EXIT_REFUSED,
                "%s says that it was issued %" PRIu64 ", the books of this center %" PRIu64 ": %s",
                purse, issued, account->expected,
                issued > account->expected ? "another center issued, or a copy of the card did"
                                           : "an older state of the card was put back");
}

bool local_issue(void *context, const struct center_question *question, uint8_t *out,
                 size_t capacity, struct bytes *object, struct failure *failure) {
    struct local_center *center = context;
    struct local_visitor visitor;
    struct book_account account;
    if (!local_meet(center, question, &visitor, failure))
        return false;
    const uint8_t *pocket = local_pocket(visitor.statement.fields[FIELD_POCKETS], center->unit);
    uint64_t issued = local_number(pocket, POCKET_ISSUED);
    if (!book_judge_issued(center->ca, &visitor.owner, center->unit, issued, &account, failure))
        return false;
    if (!account.fits)
        return refuse_total(question->purse, &account, issued, failure);
    if (local_number(pocket, POCKET_BALANCE) > INT64_MAX - center->amount)
        return fail(failure, EXIT_REFUSED, "overflow: the balance of %s would pass 2^63 - 1",
                    question->purse);
    if (!sign_log(center, question, account.serial, &visitor, out, capacity, object))
        return fail(failure, EXIT_REFUSED, "cannot sign an issue log for %s", question->purse);
    struct book_issue issue = {center->unit, center->amount,
                               object_uint(&visitor.statement, FIELD_STATE_NUMBER), issued};
    return book_enter_issue(center->ca, &visitor.owner, &issue, account.serial, failure);
}
