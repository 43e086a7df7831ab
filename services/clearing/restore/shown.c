// SPDX-License-Identifier: Apache-2.0
#include "services/clearing/restore/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/// How one object stands: "accepted", "again", "waits" or "refused", and for the last two why.
struct shown_outcome {
    const char *outcome, *word;
};

/// One that came, and what is wrong with it; NULL: it is ours.
struct item {
    const struct object *object;
    const char *fault;
    uint8_t digest[SHA256_SIZE];
    struct bytes chain;
};

struct showing {
    size_t count;
    struct item items[CLEARING_EVIDENCE_MOST];
};

// ---- is it ours --------------------------------------------------------------------------------

static bool is_kind(const struct object *object) {
    return object->type == OBJECT_ISSUE_LOG || object->type == OBJECT_SETTLEMENT_RECEIPT ||
           object->type == OBJECT_RELEASE || object->type == OBJECT_ACKNOWLEDGEMENT ||
           object->type == OBJECT_REFUND;
}

/// Signed by whichever key this center had.
static const char *judge(const struct call *call, const struct form *certificates, size_t count,
                         struct item *item) {
    struct bytes own = bytes_of_string(clearing_of(call)->party.id);
    struct evidence center;
    if (!is_kind(item->object))
        return "kind";
    if (!bytes_equal(item->object->fields[FIELD_PURSE],
                     bytes_of_string(form_text(&call->in, NAME_PURSE))))
        return "purse";
    if (!bytes_equal(item->object->fields[FIELD_CENTER], own) ||
        !evidence_find(call, certificates, count, own, ROLE_CENTER, &center))
        return "certificate";
    item->chain = center.chain;
    return object_verify(item->object, call->crypto, center.certificate.signing_point) &&
                   object_digest(item->object, call->crypto, item->digest)
               ? NULL
               : "signature";
}

bool clearing_evidence_check(struct call *call) {
    struct showing *showing = arena_take(call->arena, sizeof *showing);
    size_t certificate_count = 0;
    const struct form *certificates = form_list(&call->in, NAME_CERTIFICATES, &certificate_count);
    call->command = showing;
    if (showing == NULL)
        return call_refuse(call, &problem_busy, "There is no memory for this now");
    const struct form *objects = form_list(&call->in, NAME_EVIDENCE, &showing->count);
    for (size_t i = 0; i < showing->count; i++) {
        showing->items[i].object = form_object(&objects[i], NAME_OBJECT);
        showing->items[i].fault = judge(call, certificates, certificate_count, &showing->items[i]);
    }
    return true;
}

// ---- what it binds us to -----------------------------------------------------------------------

static const struct shown_outcome accepted = {"accepted", NULL}, again = {"again", NULL};

/// One of what the books know of a purse in a unit.
static int64_t stated(struct session *session, const struct object *object, size_t column) {
    struct value row[7] = {0};
    struct name_text purse = name_of(object->fields[FIELD_PURSE]);
    bool known =
        sql_run(session, &clearing_sql[STATEMENT_READ],
                IN(value_text(purse.text), value_int(object_unit(object))), row) == STORE_ROW;
    return known ? row[column].number : 0;
}

static void add_issue(struct call *call, struct session *session, const struct item *item) {
    const struct object *log = item->object;
    struct name_text purse = name_of(log->fields[FIELD_PURSE]);
    sql_run(session, &clearing_sql[ISSUE_ADD],
            IN(value_octets(BYTES_OF(item->digest)), value_text(purse.text),
               value_int(object_unit(log)), value_int((int64_t)object_uint(log, FIELD_SERIAL)),
               value_int((int64_t)object_uint(log, FIELD_REVISION)),
               value_int((int64_t)object_uint(log, FIELD_STATE_NUMBER)),
               value_int(stated(session, log, 2)),
               value_int((int64_t)object_uint(log, FIELD_TRANSFER)),
               value_int(object_date(log, FIELD_EXPIRY)), value_octets(log->whole),
               value_int((int64_t)call->now_ms)),
            NULL);
}

/// Open again, under the id that it was booked by: the next statement or log of the purse ends it.
static bool show_issue(struct call *call, struct session *session, const struct item *item,
                       struct shown_outcome *outcome) {
    const struct object *log = item->object;
    struct name_text purse = name_of(log->fields[FIELD_PURSE]);
    uint16_t unit = object_unit(log);
    int64_t state = (int64_t)object_uint(log, FIELD_STATE_NUMBER),
            amount = (int64_t)object_uint(log, FIELD_TRANSFER);
    struct value row[1] = {0};
    struct entry entry;
    if (sql_run(session, &clearing_sql[ISSUE_FIND], IN(value_octets(BYTES_OF(item->digest))),
                row) == STORE_ROW) {
        *outcome = again;
        return true;
    }
    sql_run(session, &clearing_sql[ISSUE_GREATEST],
            IN(value_text(purse.text), value_int(unit), value_int(state)), row);
    int64_t more = amount > row[0].number ? amount - row[0].number : 0;
    if (state < stated(session, log, 0))
        *outcome = (struct shown_outcome){"refused", "books"}; // it would be here
    else if (book_balance(session, BOOK_WAIT, purse.text, unit) < more)
        *outcome = (struct shown_outcome){"waits", "no-transfer"};
    if (outcome->outcome != NULL || session->failed != STORE_DONE)
        return session->failed == STORE_DONE;
    *outcome = accepted;
    add_issue(call, session, item);
    entry_begin(&entry, "issue-log", unit, item->digest, "O:%s:%u:%" PRId64 ":%" PRId64, purse.text,
                unit, state, amount);
    entry_move(&entry, BOOK_WAIT, purse.text, BOOK_OPEN, purse.text, more);
    return more == 0 || entry_post(call, session, &entry);
}

static bool show_refund(struct session *session, const struct item *item,
                        struct shown_outcome *outcome) {
    const struct object *refund = item->object;
    struct name_text purse = name_of(refund->fields[FIELD_PURSE]);
    struct value unit = value_int(object_unit(refund)), row[1],
                 state = value_int((int64_t)object_uint(refund, FIELD_STATE_NUMBER));
    *outcome = again;
    if (sql_run(session, &clearing_sql[REDEMPTION_FIND], IN(value_text(purse.text), unit, state),
                row) == STORE_ROW)
        return true;
    *outcome = accepted;
    sql_run(session, &clearing_sql[REDEMPTION_ADD],
            IN(value_text(purse.text), unit, state, value_int(stated(session, refund, 6)),
               value_int((int64_t)object_uint(refund, FIELD_AMOUNT)), value_octets(refund->whole)),
            NULL);
    return session->failed == STORE_DONE;
}

static bool show_version(struct session *session, const struct item *item,
                         struct shown_outcome *outcome) {
    struct name_text purse = name_of(item->object->fields[FIELD_PURSE]);
    struct value row[1] = {0};
    int64_t version = (int64_t)object_uint(item->object, FIELD_VERSION);
    sql_run(session, &clearing_sql[VERSION_READ], IN(value_text(purse.text)), row);
    *outcome = version > row[0].number ? accepted : again;
    if (version > row[0].number)
        sql_run(session, &clearing_sql[VERSION_SET], IN(value_text(purse.text), value_int(version)),
                NULL);
    return session->failed == STORE_DONE;
}

// ---- ends of batches ---------------------------------------------------------------------------

bool shown_read(struct session *session, const char *till, uint32_t number, struct shown_end *out) {
    struct value row[3] = {0};
    if (sql_run(session, &clearing_sql[SHOWN_READ], IN(value_text(till), value_int(number)), row) !=
        STORE_ROW)
        return false;
    *out = (struct shown_end){row[0].octets, row[2].octets, row[1].number};
    return true;
}

/// Both ends of one batch bear our signature: whoever copied the key, or a copy of the books that
/// went on beside them. A person has to see.
static void find_two_ends(struct call *call, struct session *session, const char *till) {
    char id[64];
    snprintf(id, sizeof id, "two-ends:%s", till);
    sql_run(session, &clearing_sql[FINDING_ADD],
            IN(value_text(id), value_text("two-ends"), value_text(till), value_int(call->today)),
            NULL);
}

static bool show_end(struct call *call, struct session *session, const struct item *item,
                     struct shown_outcome *outcome) {
    const struct object *end = item->object;
    struct name_text till = name_of(end->fields[FIELD_PURSE]);
    uint32_t number = (uint32_t)object_uint(end, FIELD_BATCH_NUMBER);
    int64_t kind = end->type == OBJECT_SETTLEMENT_RECEIPT ? BATCH_SETTLED : BATCH_RELEASED;
    struct value row[3] = {0};
    struct shown_end shown = {0};
    if (sql_run(session, &clearing_sql[BATCH_READ], IN(value_text(till.text), value_int(number)),
                row) == STORE_ROW)
        shown = (struct shown_end){row[0].octets, row[2].octets, row[1].number};
    else if (session->failed == STORE_DONE && !shown_read(session, till.text, number, &shown)) {
        *outcome = accepted;
        sql_run(session, &clearing_sql[SHOWN_ADD],
                IN(value_text(till.text), value_int(number),
                   value_octets(end->fields[FIELD_BATCH_HASH]), value_int(kind),
                   value_octets(end->whole)),
                NULL);
        return session->failed == STORE_DONE;
    }
    bool same = bytes_equal(shown.digest, end->fields[FIELD_BATCH_HASH]) && shown.end == kind;
    *outcome = same ? again : (struct shown_outcome){"refused", "two-ends"};
    if (!same)
        find_two_ends(call, session, till.text);
    return session->failed == STORE_DONE;
}

// ---- all of them -------------------------------------------------------------------------------

static bool show(struct call *call, struct session *session, const struct item *item,
                 struct shown_outcome *outcome) {
    switch (item->object->type) {
    case OBJECT_ISSUE_LOG:
        return show_issue(call, session, item, outcome);
    case OBJECT_REFUND:
        return show_refund(session, item, outcome);
    case OBJECT_ACKNOWLEDGEMENT:
        return show_version(session, item, outcome);
    default:
        return show_end(call, session, item, outcome);
    }
}

bool clearing_evidence_transact(struct call *call, struct session *session) {
    const struct showing *showing = call->command;
    for (size_t i = 0; i < showing->count; i++) {
        const struct item *item = &showing->items[i];
        struct shown_outcome outcome = {NULL, NULL};
        if (item->fault != NULL)
            outcome = (struct shown_outcome){"refused", item->fault};
        else if (!show(call, session, item, &outcome))
            return false;
        if (strcmp(outcome.outcome, "accepted") == 0)
            evidence_keep(call, session, item->object, item->digest,
                          object_schema(item->object->type)->word, item->chain);
        struct form *told = form_add(&call->out, NAME_EVIDENCE);
        form_set_text(told, NAME_OUTCOME, outcome.outcome);
        if (outcome.word != NULL)
            form_set_text(told, NAME_WORD, outcome.word);
    }
    return session->failed == STORE_DONE;
}

// ---- until everybody has come ------------------------------------------------------------------

bool clearing_restored_transact(struct call *call, struct session *session) {
    sql_run(session, &clearing_sql[RESTORED_SET], IN(in_int(call, NAME_DATE)), NULL);
    form_set_uint(&call->out, NAME_DATE, form_uint(&call->in, NAME_DATE));
    return session->failed == STORE_DONE;
}

bool restored_lately(struct call *call, struct session *session) {
    struct value row[1] = {0};
    return sql_run(session, &clearing_sql[RESTORED_READ], NULL, row) == STORE_ROW &&
           row[0].number >= (int64_t)call->today;
}
