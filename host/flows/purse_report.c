// SPDX-License-Identifier: Apache-2.0
#include "host/flows/purse_report.h"

#include "apdu/octets/unit.h"
#include "host/flows/report.h"
#include "services/wire/object_json.h"

#include <inttypes.h>
#include <string.h>

void report_issue(FILE *out, const struct object *issue_log, bool json) {
    if (json)
        report_line(
            out, json_pack("{s:s, s:o}", "status", "done", "issue_log", object_to_json(issue_log)));
    else
        object_print(out, issue_log, 0);
}

// ---- batch, settle, release --------------------------------------------------------------------

enum { SUM_SIZE = 10 };

static json_t *sums_to_json(struct bytes sums) {
    json_t *list = json_array();
    char unit[UNIT_NAME_MAX];
    for (size_t at = 0; at + SUM_SIZE <= sums.size; at += SUM_SIZE)
        json_array_append_new(list,
                              json_pack("{s:s, s:I}", "unit",
                                        unit_name((uint16_t)bytes_get_be(sums.data + at, 2), unit),
                                        "amount", (json_int_t)bytes_get_be(sums.data + at + 2, 8)));
    return list;
}

json_t *report_settlement_to_json(const struct object *batch, const struct object *end) {
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "status", end == NULL ? "open" : "done",
                  "number", (json_int_t)object_uint(batch, FIELD_BATCH_NUMBER), "first",
                  (json_int_t)object_uint(batch, FIELD_FIRST_N), "last",
                  (json_int_t)object_uint(batch, FIELD_LAST_N), "sums",
                  sums_to_json(batch->fields[FIELD_SUMS]), "batch", object_to_json(batch));
    if (json != NULL && end != NULL)
        json_object_set_new(json, end->type == OBJECT_RELEASE ? "release" : "settlement_receipt",
                            object_to_json(end));
    return json;
}

static void print_settlement(FILE *out, const struct object *batch, const struct object *end) {
    struct bytes payee = batch->fields[FIELD_PAYEE], sums = batch->fields[FIELD_SUMS];
    char unit[UNIT_NAME_MAX];
    fprintf(out, "%.*s  batch %" PRIu64 "  ", (int)payee.size, (const char *)payee.data,
            object_uint(batch, FIELD_BATCH_NUMBER));
    report_word(out, REPORT_GREEN,
                end == NULL                   ? "open"
                : end->type == OBJECT_RELEASE ? "released"
                                              : "settled");
    fprintf(out, "\n");
    for (size_t at = 0; at + SUM_SIZE <= sums.size; at += SUM_SIZE)
        fprintf(out, "  %10" PRIu64 " %s\n", bytes_get_be(sums.data + at + 2, 8),
                unit_name((uint16_t)bytes_get_be(sums.data + at, 2), unit));
    object_print(out, batch, 2);
    if (end != NULL)
        object_print(out, end, 2);
}

void report_settlement(FILE *out, const struct object *batch, const struct object *end, bool json) {
    if (json)
        report_line(out, report_settlement_to_json(batch, end));
    else
        print_settlement(out, batch, end);
}

// ---- show --------------------------------------------------------------------------------------

static json_t *pockets_to_json(const struct purse_view *view) {
    json_t *list = json_array();
    char unit[UNIT_NAME_MAX];
    for (size_t i = 0; i < view->pocket_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "unit",
                                              unit_name(view->pockets[i].unit, unit), "balance",
                                              (json_int_t)view->pockets[i].balance));
    return list;
}

static void print_view(FILE *out, const struct purse_view *view) {
    char unit[UNIT_NAME_MAX];
    report_word(out, REPORT_BOLD, view->id);
    fprintf(out, "  %s\n", role_name(view->roles));
    for (size_t i = 0; i < view->pocket_count; i++) {
        const struct purse_pocket *pocket = &view->pockets[i];
        fprintf(out,
                "  balance     %10" PRIu64 " %-7s (issued %" PRIu64 ", loaded %" PRIu64
                ", re-credited %" PRIu64 ", spent %" PRIu64 ", redeemed %" PRIu64 ")\n",
                pocket->balance, unit_name(pocket->unit, unit), pocket->issued, pocket->loaded,
                pocket->recredited, pocket->spent, pocket->redeemed);
    }
    if (view->serial != 0)
        fprintf(out, "  issue log   %10" PRIu64 "\n", view->serial);
    fprintf(out, "  next debit  %10" PRIu32 "\n  unratified  %10u\n", view->counter,
            view->unratified);
}

void report_view(FILE *out, const struct purse_view *view, bool json) {
    if (!json) {
        print_view(out, view);
        return;
    }
    report_line(out, json_pack("{s:s, s:s, s:o, s:I, s:I, s:i}", "id", view->id, "role",
                               role_name(view->roles), "pockets", pockets_to_json(view), "serial",
                               (json_int_t)view->serial, "counter", (json_int_t)view->counter,
                               "unratified", (int)view->unratified));
}

// ---- transfer ----------------------------------------------------------------------------------

static json_t *amount_to_json(struct known_amount amount) {
    return amount.known ? json_integer((json_int_t)amount.amount) : json_null();
}

static json_t *object_or_null(bool has, const struct purse_object *object) {
    return has ? object_to_json(&object->object) : json_null();
}

static json_t *counter_to_json(const struct flow *flow) {
    if (!flow->has_log)
        return json_null();
    return json_integer((json_int_t)object_uint(&flow->log.object, FIELD_COUNTER));
}

static json_t *transfer_to_json(const struct transfer_report *report) {
    const struct flow *flow = report->flow;
    char unit[UNIT_NAME_MAX];
    return json_pack(
        "{s:s, s:s?, s:o, s:o, s:o, s:i, s:I, s:o, s:o, s:I, s:s, s:s, s:b, s:b}", "status",
        flow_status_word(flow->status), "reason", report->reason, "payer_balance",
        amount_to_json(report->payer_balance), "payee_balance",
        amount_to_json(report->payee_balance), "counter", counter_to_json(flow), "apdus",
        (int)flow->customer->count.apdus, "bytes", (json_int_t)flow->customer->count.octets,
        "usage_log", object_or_null(flow->has_log, &flow->log), "receive_log",
        object_or_null(flow->has_receipt, &flow->receipt), "amount", (json_int_t)flow->terms.amount,
        "unit", unit_name(flow->terms.unit, unit), "reference", report->reference, "ratified",
        flow->ratified, "recovered", flow->settled);
}

static void print_balance(FILE *out, const char *side, const char *id, struct known_amount amount) {
    if (amount.known)
        fprintf(out, "  %s %-12s now holds %" PRIu64 "\n", side, id, amount.amount);
    else
        fprintf(out, "  %s %-12s keeps its balance private\n", side, id);
}

static void print_transfer(FILE *out, const struct transfer_report *report) {
    const struct flow *flow = report->flow;
    const char *word = flow_status_word(flow->status);
    char unit[UNIT_NAME_MAX];
    fprintf(out, "%s -> %s  %" PRIu64 " %s  ", flow->payer->selection.id, flow->payee->selection.id,
            flow->terms.amount, unit_name(flow->terms.unit, unit));
    report_word(out, flow->status == FLOW_DONE ? REPORT_GREEN : REPORT_RED, word);
    fprintf(out, "%s%s%s\n", report->reason != NULL ? ": " : "",
            report->reason != NULL ? report->reason : "",
            flow->settled ? " (by an earlier tap)" : "");
    print_balance(out, "payer", flow->payer->selection.id, report->payer_balance);
    print_balance(out, "payee", flow->payee->selection.id, report->payee_balance);
    fprintf(out, "  across the air: %u commands, %zu octets\n", flow->customer->count.apdus,
            flow->customer->count.octets);
    if (flow->has_log)
        object_print(out, &flow->log.object, 2);
    if (flow->has_receipt)
        object_print(out, &flow->receipt.object, 2);
}

static struct known_amount selected_balance(const struct purse_client *client, uint16_t unit) {
    const struct purse_selection *selection = &client->selection;
    for (size_t i = 0; i < selection->balance_count; i++)
        if (selection->balances[i].unit == unit)
            return (struct known_amount){true, selection->balances[i].balance};
    return (struct known_amount){selection->has_balances, 0};
}

/// Balance behind the flow: what the machine's own card says when asked again; for the customer
/// what the tap itself told.
static struct known_amount balance_after(struct flow *flow, struct purse_client *client) {
    bool moved = flow->status == FLOW_DONE && !flow->settled;
    if (client == flow->payer && flow->has_log && moved)
        return (struct known_amount){true, purse_log_balance(&flow->log.object)};
    if (client == flow->customer && flow->status != FLOW_OPEN && !flow->settled) {
        struct known_amount before = selected_balance(client, flow->terms.unit);
        before.amount += moved && client == flow->payee ? flow->terms.amount : 0;
        return before;
    }
    if (client_select(client) != PURSE_OK)
        return (struct known_amount){false, 0};
    return selected_balance(client, flow->terms.unit);
}

void report_look(struct transfer_report *report, struct flow *flow) {
    report->payer_balance = balance_after(flow, flow->payer);
    report->payee_balance = balance_after(flow, flow->payee);
}

void report_transfer(FILE *out, const struct transfer_report *report, bool json) {
    if (json)
        report_line(out, transfer_to_json(report));
    else
        print_transfer(out, report);
}

// ---- recover, void -----------------------------------------------------------------------------

void report_recovery(FILE *out, const struct flow *flow, const char *field, bool moved,
                     const char *word, bool json) {
    if (json) {
        report_line(out,
                    json_pack("{s:b, s:s, s:i, s:i, s:o, s:o}", field, moved, "status", word,
                              "finished", (int)flow->finished, "voided_requests", (int)flow->voided,
                              "usage_log", object_or_null(flow->has_log, &flow->log), "receive_log",
                              object_or_null(flow->has_receipt, &flow->receipt)));
        return;
    }
    fprintf(out, "%s -> %s  ", flow->payer->selection.id, flow->payee->selection.id);
    report_word(out, flow->status == FLOW_DONE ? REPORT_GREEN : REPORT_RED, word);
    fprintf(out, "  %u debit%s brought to an end, %u request%s voided\n", flow->finished,
            flow->finished == 1 ? "" : "s", flow->voided, flow->voided == 1 ? "" : "s");
    if (flow->has_log)
        object_print(out, &flow->log.object, 2);
    if (flow->has_receipt)
        object_print(out, &flow->receipt.object, 2);
}
