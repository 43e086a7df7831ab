// SPDX-License-Identifier: Apache-2.0
// How the kiosk stands: one JSON object for its screen, one for whoever sent a command.
#include "host/kiosk/kiosk_private.h"

#include "apdu/octets/unit.h"
#include "base/must.h"
#include "host/flows/sale_record.h"
#include "host/kiosk/receipt.h"
#include "services/wire/object_json.h"

#include <string.h>

static const char *const phases[] = {
    [KIOSK_IDLE] = "idle", [KIOSK_TAP] = "tap", [KIOSK_HOLD] = "hold", [KIOSK_END] = "end"};
must_cover(phases, KIOSK_PHASE_COUNT);

static json_t *list_to_json(const struct price_list *list) {
    json_t *rows = json_array();
    char unit[UNIT_NAME_MAX];
    for (size_t i = 0; i < list->count; i++) {
        const struct price *price = &list->rows[i];
        json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "kind",
                                              price_kind_word(price->kind), "id", price->id,
                                              "amount", (json_int_t)price->amount, "unit",
                                              unit_name(price->unit, unit), "en", price->names[0],
                                              "ja", price->names[1]));
    }
    return rows;
}

static json_t *balances_to_json(const struct kiosk_order *order) {
    json_t *rows = json_array();
    char unit[UNIT_NAME_MAX];
    for (size_t i = 0; i < order->balance_count; i++)
        json_array_append_new(rows, json_pack("{s:I, s:s}", "amount",
                                              (json_int_t)order->balances[i].balance, "unit",
                                              unit_name(order->balances[i].unit, unit)));
    return rows;
}

static bool has_receipt(const struct kiosk *kiosk) {
    return kiosk->phase == KIOSK_END && kiosk->order.kind != KIOSK_BALANCE &&
           kiosk->order.record.state == SALE_SERVED;
}

static void add_receipt(json_t *state, const struct sale_record *record,
                        const struct kiosk_ticket *ticket) {
    json_t *all = receipt_to_json(record), *some = json_object();
    static const char *const shown[] = {"time", "sale", "payer", "payee", "n"};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        json_object_set(some, shown[i], json_object_get(all, shown[i]));
    if (ticket->instance[0] != '\0')
        json_object_set_new(some, "instance", json_string(ticket->instance));
    json_object_set_new(state, "receipt", some);
    json_decref(all);
}

static void add_order(json_t *state, const struct kiosk *kiosk) {
    const struct kiosk_order *order = &kiosk->order;
    char unit[UNIT_NAME_MAX];
    if (kiosk->phase == KIOSK_IDLE)
        return;
    if (order->kind == KIOSK_BALANCE) {
        if (kiosk->phase == KIOSK_END && order->has_balances)
            json_object_set_new(state, "balances", balances_to_json(order));
        return;
    }
    json_object_set_new(state, "amount", json_integer((json_int_t)order->record.amount));
    json_object_set_new(state, "unit", json_string(unit_name(order->record.unit, unit)));
    json_object_set_new(state, "text", json_string(order->record.text));
    if (has_receipt(kiosk))
        add_receipt(state, &order->record, &order->ticket);
}

void kiosk_show(struct kiosk *kiosk) {
    if (kiosk->screen == NULL)
        return;
    json_t *state =
        json_pack("{s:s, s:s, s:I, s:I}", "phase", phases[kiosk->phase], "say", kiosk->say, "list",
                  (json_int_t)kiosk->list, "tap_ms", (json_int_t)KIOSK_TAP_MS);
    if (kiosk->phase == KIOSK_IDLE)
        json_object_set_new(state, "rows", list_to_json(&kiosk->prices));
    add_order(state, kiosk);
    terminal_screen_show(kiosk->screen, state);
}

void kiosk_say(struct kiosk *kiosk, enum kiosk_phase phase, const char *say) {
    kiosk->phase = phase;
    kiosk->say = say;
    kiosk_show(kiosk);
}

// ---- commands ----------------------------------------------------------------------------------

static const char *status_word(int code) {
    if (code == EXIT_DONE)
        return "done";
    return code == EXIT_ABSENT ? "absent" : code == EXIT_OPEN ? "open" : "refused";
}

static json_t *reason_of(const struct flow *flow) {
    bool refused = flow->status == FLOW_REFUSED && flow->sw != 0;
    return refused ? json_string(status_reason(flow->sw)) : json_null();
}

json_t *kiosk_answer(const struct kiosk *kiosk, int code, const char *error) {
    const struct kiosk_order *order = &kiosk->order;
    json_t *answer = order->record.state != 0 ? receipt_to_json(&order->record) : json_object();
    if (answer == NULL)
        return NULL;
    json_object_set_new(answer, "code", json_integer(code));
    json_object_set_new(answer, "status", json_string(status_word(code)));
    json_object_set_new(answer, "reason", reason_of(&order->flow));
    json_object_set_new(answer, "say", json_string(kiosk->say));
    json_object_set_new(answer, "apdus", json_integer((json_int_t)order->customer.count.apdus));
    json_object_set_new(answer, "bytes", json_integer((json_int_t)order->customer.count.octets));
    if (order->ticket.instance[0] != '\0') {
        json_object_set_new(answer, "instance", json_string(order->ticket.instance));
        json_object_set_new(answer, "delivered", json_boolean(order->ticket.here));
    }
    if (code != EXIT_DONE)
        json_object_set_new(
            answer, "error",
            json_string(error != NULL ? error : words_text(kiosk->say, LANGUAGE_ENGLISH)));
    return answer;
}
