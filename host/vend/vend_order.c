// SPDX-License-Identifier: Apache-2.0
// One order from its beginning to its end, whoever began it: screen, command, or an earlier run.
#include "host/vend/vend_private.h"

#include "apdu/octets/unit.h"
#include "base/must.h"
#include "host/machine/machine_books.h"
#include "host/sale/sale_reference.h"

#include <string.h>

// ---- the motor ---------------------------------------------------------------------------------

static struct bytes order_of(const struct sale_record *record) {
    return bytes_of(record->reference, record->reference_size);
}

static void serve(struct sale_server *server, const struct sale_record *record) {
    struct vend *vend = server->context;
    vend->motor->ops->turn(vend->motor, order_of(record), record->item);
}

static enum sale_sense sense(struct sale_server *server, const struct sale_record *record) {
    static const enum sale_sense senses[] = {[MOTOR_STILL] = SALE_SENSE_UNTOUCHED,
                                             [MOTOR_DROPPED] = SALE_SENSE_SERVED,
                                             [MOTOR_UNSURE] = SALE_SENSE_UNSURE};
    must_cover(senses, MOTOR_REPORT_COUNT);
    struct vend *vend = server->context;
    return senses[vend->motor->ops->report(vend->motor, order_of(record))];
}

struct sale_server vend_server(struct vend *vend) {
    return (struct sale_server){serve, NULL, sense, vend};
}

// ---- ends --------------------------------------------------------------------------------------

/// Who operates the machine and what was charged: what the phone is told of what it got.
static json_t *answer_of(const struct vend *vend, int code) {
    json_t *answer = machine_answer(&vend->machine, &vend->record, code);
    json_object_set_new(answer, "operator", json_string(vend->enterprise));
    json_object_set_new(answer, "price", json_integer((json_int_t)vend->record.amount));
    return answer;
}

static void finish(struct vend *vend, int code, const char *say) {
    vend->under_way = false;
    machine_end(&vend->machine, say);
    machine_reply(&vend->machine, vend->machine.reply < 0 ? NULL : answer_of(vend, code));
}

/// The motor turns, if it is due; then the screen says how it ended.
static void finish_driven(struct vend *vend, int code, const char *say) {
    enum sale_due due = sale_drive(&vend->machine.sales, &vend->record);
    if (due == SALE_DUE_NOTHING && vend->record.state == SALE_SERVED)
        finish(vend, EXIT_DONE, "take-goods");
    else if (due == SALE_DUE_NOTHING)
        finish(vend, code, say);
    else
        finish(vend, EXIT_REFUSED, "call-staff");
}

/// The till itself ends a number that a card may have paid; then nothing is open any more.
void vend_cancel(struct vend *vend, const char *say) {
    struct machine *machine = &vend->machine;
    struct failure failure;
    int code = strcmp(say, "no-card") == 0 ? EXIT_ABSENT : EXIT_REFUSED;
    if (vend->record.by_bill && vend->record.state == SALE_REQUESTED) {
        finish(vend, EXIT_OPEN, "bill-later"); // the telephone company may have accepted it
        return;
    }
    bool own = machine_find_own(machine, &failure);
    if (sale_give_up(&machine->sales, &vend->record, own ? &machine->own.client : NULL, &failure)) {
        finish_driven(vend, code, say);
        return;
    }
    machine_note(machine, failure.text);
    finish(vend, EXIT_OPEN, "unfinished");
}

bool vend_begin(struct vend *vend, struct failure *failure) {
    struct machine *machine = &vend->machine;
    bool known;
    if (!sale_open(&machine->sales, &vend->record, &known, failure))
        return false;
    vend->under_way = true;
    bool is_over = sale_due(&vend->record) == SALE_DUE_NOTHING && vend->record.state != SALE_VOID;
    if (is_over)
        finish(vend, EXIT_DONE, "take-goods");
    else
        machine_await(machine, "tap-card");
    return true;
}

// ---- a card ------------------------------------------------------------------------------------

const char *vend_tap(struct vend *vend) {
    struct machine *machine = &vend->machine;
    struct flow *flow = &machine->flow;
    flow_over(flow, &machine->customer, &machine->own.client, &machine->customer);
    flow->journal = machine->sales.journal;
    flow->revoked = machine->options.revoked;
    sale_terms(&vend->record, &flow->terms);
    if (vend->record.by_bill || (vend->record.state == SALE_BEGUN && vend_bill_offered(vend)))
        return vend_bill_tap(vend);
    payment_run(flow);
    return words_of_flow(flow);
}

void vend_tapped(struct vend *vend, const char *say) {
    struct machine *machine = &vend->machine;
    struct failure failure;
    if (!sale_read(&machine->sales, &vend->record, &failure)) {
        machine_note(machine, failure.text);
        finish(vend, EXIT_OPEN, "call-staff");
    } else if (sale_due(&vend->record) != SALE_DUE_TAP && vend->record.state != SALE_VOID) {
        finish_driven(vend, EXIT_REFUSED, say);
    } else if (machine->flow.status == FLOW_REFUSED) {
        vend_cancel(vend, say);
    } else if (machine->flow.status == FLOW_FAILED) {
        finish(vend, EXIT_OPEN, "call-staff");
    } else {
        machine_await_again(machine, say);
    }
}

// ---- after a restart ---------------------------------------------------------------------------

void vend_resume(struct vend *vend, const struct sale_record *record) {
    struct machine *machine = &vend->machine;
    struct sale_record copy = *record;
    struct failure failure;
    enum sale_due due = sale_drive(&machine->sales, &copy);
    if (due == SALE_DUE_TAP && copy.by_bill)
        return;                                            // its phone comes back, or not
    if (due == SALE_DUE_TAP && copy.state == SALE_BEGUN) { // nobody was asked for anything
        (void)sale_give_up(&machine->sales, &copy, NULL, &failure);
    } else if (due == SALE_DUE_TAP) {
        vend->record = copy;
        vend->under_way = true;
        machine_await(machine, "unfinished");
    } else if (due != SALE_DUE_NOTHING && !vend->under_way) {
        machine_rest(machine, "call-staff");
    }
}

// ---- how it stands -----------------------------------------------------------------------------

static json_t *goods_to_json(const struct price_list *list) {
    json_t *rows = json_array();
    char unit[UNIT_NAME_MAX];
    for (size_t i = 0; i < list->count; i++) {
        const struct price *price = &list->rows[i];
        json_t *row = json_pack("{s:s, s:I, s:s, s:s, s:s}", "id", price->id, "amount",
                                (json_int_t)price->amount, "unit", unit_name(price->unit, unit),
                                "en", price->names[0], "ja", price->names[1]);
        json_array_append_new(rows, row);
    }
    return rows;
}

void vend_show(const struct vend *vend, json_t *state) {
    char unit[UNIT_NAME_MAX];
    const struct price *price = price_list_find(&vend->goods, vend->record.item);
    json_object_set_new(state, "operator", json_string(vend->enterprise));
    json_object_set_new(state, "rows", goods_to_json(&vend->goods));
    if (vend->record.state == 0)
        return;
    json_object_set_new(state, "amount", json_integer((json_int_t)vend->record.amount));
    json_object_set_new(state, "unit", json_string(unit_name(vend->record.unit, unit)));
    json_object_set_new(state, "item", json_string(price != NULL ? price->id : ""));
    json_object_set_new(state, "served", json_boolean(vend->record.state == SALE_SERVED));
}
