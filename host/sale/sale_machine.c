// SPDX-License-Identifier: Apache-2.0
#include "host/sale/sale_machine.h"

#include "base/must.h"
#include "host/purse/purse_failure.h"

#include <inttypes.h>
#include <string.h>

static bool save(struct sale_machine *machine, struct sale_record *record, enum sale_state state) {
    enum sale_state before = record->state;
    must(sale_may_follow(before, state), "a sale goes from state to state as its table says");
    record->state = state;
    if (machine->journal->save(machine->journal, record))
        return true;
    record->state = before;
    return false;
}

static bool save_or_say(struct sale_machine *machine, struct sale_record *record,
                        enum sale_state state, struct failure *failure) {
    return save(machine, record, state) ||
           fail(failure, EXIT_REFUSED, "the record of the sale cannot be written");
}

static enum journal_answer find(struct sale_machine *machine, const struct sale_record *record,
                                struct sale_record *found) {
    return machine->journal->find(machine->journal,
                                  bytes_of(record->reference, record->reference_size), found);
}

// ---- begin and end -----------------------------------------------------------------------------

bool sale_open(struct sale_machine *machine, struct sale_record *record, bool *known,
               struct failure *failure) {
    struct sale_record found;
    enum journal_answer answer = find(machine, record, &found);
    *known = answer == JOURNAL_FOUND;
    if (answer == JOURNAL_FAILED)
        return fail(failure, EXIT_REFUSED, "the records of sales cannot be read");
    if (answer == JOURNAL_NONE)
        return save_or_say(machine, record, SALE_BEGUN, failure);
    if (found.amount != record->amount || found.unit != record->unit)
        return fail(failure, EXIT_REFUSED,
                    "mismatch: this reference is of a sale of %" PRIu64 ", not %" PRIu64
                    "; take another reference",
                    found.amount, record->amount);
    *record = found;
    return true;
}

bool sale_note(struct sale_machine *machine, struct sale_record *record, struct failure *failure) {
    must(record->state == SALE_BEGUN, "nothing but its flow notes anything once a purse was asked");
    return save_or_say(machine, record, SALE_BEGUN, failure);
}

bool sale_read(struct sale_machine *machine, struct sale_record *record, struct failure *failure) {
    struct sale_record found;
    if (find(machine, record, &found) != JOURNAL_FOUND)
        return fail(failure, EXIT_REFUSED, "the record of the sale cannot be read");
    *record = found;
    return true;
}

/// The number's end, by its payee: void, or paid by whoever came last.
static bool end_number(struct sale_machine *machine, struct sale_record *record,
                       struct purse_client *payee, struct failure *failure) {
    struct purse_object end;
    if (payee == NULL)
        return fail(failure, EXIT_REFUSED,
                    "number %" PRIu32 " is open: a purse may have paid it; tap once more",
                    record->n);
    if (!purse_went(payee, client_select(payee), failure) ||
        !purse_went(payee, client_void(payee, record->n, &end), failure))
        return false;
    if (end.object.type != OBJECT_RECEIVE_LOG)
        return save_or_say(machine, record, SALE_VOID, failure);
    must(end.size <= sizeof record->receipt, "a record has room for a receipt");
    memcpy(record->receipt, end.octets, end.size);
    record->receipt_size = end.size;
    return save_or_say(machine, record, SALE_PAID, failure);
}

bool sale_end_unpaid(struct sale_machine *machine, struct sale_record *record,
                     struct failure *failure) {
    if (sale_due(record) != SALE_DUE_TAP)
        return record->state == SALE_VOID || fail(failure, EXIT_REFUSED, "the sale was paid");
    return save_or_say(machine, record, SALE_VOID, failure);
}

bool sale_give_up(struct sale_machine *machine, struct sale_record *record,
                  struct purse_client *payee, struct failure *failure) {
    if (record->state == SALE_REQUESTED)
        return end_number(machine, record, payee, failure);
    return record->state != SALE_BEGUN || save_or_say(machine, record, SALE_VOID, failure);
}

bool sale_decide(struct sale_machine *machine, struct sale_record *record, enum sale_state end,
                 struct failure *failure) {
    if (record->state != SALE_STAFF || !sale_may_follow(SALE_STAFF, end))
        return fail(failure, EXIT_REFUSED, "not-open: this sale waits for nobody's word");
    return save_or_say(machine, record, end, failure);
}

// ---- what needs neither purse nor person -------------------------------------------------------

static enum sale_sense sense(struct sale_machine *machine, const struct sale_record *record) {
    struct sale_server *server = machine->server;
    return server->sense != NULL ? server->sense(server, record) : SALE_SENSE_UNSURE;
}

/// Durable first, then it moves.
static bool move(struct sale_machine *machine, struct sale_record *record, enum sale_due due) {
    struct sale_server *server = machine->server;
    if (due == SALE_DUE_SERVE) {
        if (!save(machine, record, SALE_SERVING))
            return false;
        server->serve(server, record);
        return true;
    }
    must(server->give_back != NULL, "cash is only in machines that can give it back");
    if (!save(machine, record, SALE_RETURNING))
        return false;
    server->give_back(server, record);
    return true;
}

static bool look(struct sale_machine *machine, struct sale_record *record, bool last) {
    enum sale_state next = sale_after_look(record->state, sense(machine, record));
    if (last && (next == SALE_PAID || next == SALE_VOID))
        next = SALE_STAFF; // told to move, and it stands still: a person frees it
    return save(machine, record, next);
}

enum sale_due sale_drive(struct sale_machine *machine, struct sale_record *record) {
    bool told = false; // to move, in this run
    for (;;) {
        enum sale_due due = sale_due(record);
        bool went = true;
        if (due == SALE_DUE_SERVE || due == SALE_DUE_RETURN) {
            went = move(machine, record, due);
            told = true;
        } else if (due == SALE_DUE_LOOK) {
            went = look(machine, record, told);
        } else {
            return due;
        }
        if (!went)
            return SALE_DUE_COUNT;
    }
}
