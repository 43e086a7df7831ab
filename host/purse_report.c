// SPDX-License-Identifier: Apache-2.0
#include "host/purse_report.h"

#include "apdu/unit.h"
#include "services/wire/object_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GREEN = 32, RED = 31, BOLD = 1 };

/// Takes the object over.
static void print_json(FILE *out, json_t *json) {
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    if (text != NULL)
        fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

static void print_word(FILE *out, int colour, const char *word) {
    bool coloured = isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
    if (coloured)
        fprintf(out, "\033[%dm%s\033[0m", colour, word);
    else
        fputs(word, out);
}

void report_issue(FILE *out, const struct object *issue_log, bool json) {
    if (json)
        print_json(
            out, json_pack("{s:s, s:o}", "status", "done", "issue_log", object_to_json(issue_log)));
    else
        object_print(out, issue_log, 0);
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
    print_word(out, BOLD, view->id);
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
    print_json(out, json_pack("{s:s, s:s, s:o, s:I, s:I, s:i}", "id", view->id, "role",
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
    print_word(out, flow->status == FLOW_DONE ? GREEN : RED, word);
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

void report_transfer(FILE *out, const struct transfer_report *report, bool json) {
    if (json)
        print_json(out, transfer_to_json(report));
    else
        print_transfer(out, report);
}

// ---- recover, void -----------------------------------------------------------------------------

void report_recovery(FILE *out, const struct flow *flow, const char *field, bool moved,
                     const char *word, bool json) {
    if (json) {
        print_json(out,
                   json_pack("{s:b, s:s, s:i, s:i, s:o, s:o}", field, moved, "status", word,
                             "finished", (int)flow->finished, "voided_requests", (int)flow->voided,
                             "usage_log", object_or_null(flow->has_log, &flow->log), "receive_log",
                             object_or_null(flow->has_receipt, &flow->receipt)));
        return;
    }
    fprintf(out, "%s -> %s  ", flow->payer->selection.id, flow->payee->selection.id);
    print_word(out, flow->status == FLOW_DONE ? GREEN : RED, word);
    fprintf(out, "  %u debit%s brought to an end, %u request%s voided\n", flow->finished,
            flow->finished == 1 ? "" : "s", flow->voided, flow->voided == 1 ? "" : "s");
    if (flow->has_log)
        object_print(out, &flow->log.object, 2);
    if (flow->has_receipt)
        object_print(out, &flow->receipt.object, 2);
}
