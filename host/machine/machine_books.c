// SPDX-License-Identifier: Apache-2.0
#include "host/machine/machine_books.h"

#include "host/flows/sale_record.h"
#include "host/sale/sale_reference.h"
#include "host/terminal/terminal_control.h"

#include <string.h>

static bool add_row(void *context, const struct sale_record *record) {
    return json_array_append_new(context, sale_record_to_json(record)) == 0;
}

bool machine_pending(struct machine *machine, json_t *command, int reply, struct failure *failure) {
    json_t *rows = json_array();
    (void)command;
    (void)failure;
    (void)sale_store_each(machine->store, false, add_row, rows);
    terminal_control_answer(
        reply, json_pack("{s:i, s:s, s:o}", "code", EXIT_DONE, "say", machine->say, "sales", rows));
    return true;
}

bool machine_settle(struct machine *machine, json_t *command, int reply, struct failure *failure) {
    const char *reference = "", *end = "";
    struct sale_record asked = {0}, record;
    if (json_unpack(command, "{s:s, s:s}", "ref", &reference, "end", &end) != 0 ||
        !sale_refer(&asked, machine->kind.reference, reference))
        return fail(failure, EXIT_USAGE, "settle needs a reference and served or returned");
    enum sale_state state = strcmp(end, "served") == 0     ? SALE_SERVED
                            : strcmp(end, "returned") == 0 ? SALE_RETURNED
                                                           : SALE_STAFF;
    struct bytes name = bytes_of(asked.reference, asked.reference_size);
    struct journal *journal = machine->sales.journal;
    if (state == SALE_STAFF)
        return fail(failure, EXIT_USAGE, "a sale ends served or returned, not '%s'", end);
    if (journal->find(journal, name, &record) != JOURNAL_FOUND)
        return fail(failure, EXIT_REFUSED, "not-open: there is no sale '%s'", reference);
    if (!sale_decide(&machine->sales, &record, state, failure))
        return false;
    terminal_control_answer(
        reply, json_pack("{s:i, s:s}", "code", EXIT_DONE, "state", sale_state_word(record.state)));
    return true;
}

static const char *status_word(int code) {
    if (code == EXIT_DONE)
        return "done";
    return code == EXIT_ABSENT ? "absent" : code == EXIT_OPEN ? "open" : "refused";
}

json_t *machine_answer(const struct machine *machine, const struct sale_record *record, int code) {
    const struct flow *flow = &machine->flow;
    bool refused = flow->status == FLOW_REFUSED && flow->sw != 0;
    json_t *answer = record->state != 0 ? sale_record_to_json(record) : json_object();
    if (record->state != 0)
        json_object_set_new(
            answer, "sale",
            json_stringn((const char *)record->reference + 1, record->reference_size - 1));
    json_object_set_new(answer, "code", json_integer(code));
    json_object_set_new(answer, "status", json_string(status_word(code)));
    json_object_set_new(answer, "reason",
                        refused ? json_string(status_reason(flow->sw)) : json_null());
    json_object_set_new(answer, "say", json_string(machine->say));
    json_object_set_new(answer, "apdus", json_integer((json_int_t)machine->customer.count.apdus));
    json_object_set_new(answer, "bytes", json_integer((json_int_t)machine->customer.count.octets));
    if (code != EXIT_DONE)
        json_object_set_new(answer, "error",
                            json_string(words_text(machine->say, LANGUAGE_ENGLISH)));
    return answer;
}
