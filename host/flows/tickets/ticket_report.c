// SPDX-License-Identifier: Apache-2.0
#include "host/flows/tickets/ticket_report.h"

#include "host/flows/report.h"
#include "host/tickets/ticket_failure.h"
#include "services/wire/object_json.h"

#include <string.h>

// ---- what is left ------------------------------------------------------------------------------

static json_t *plays_to_json(const struct ticket_left *left) {
    return (left->flags & LEFT_UNLIMITED) != 0 ? json_null() : json_integer(left->plays);
}

static json_t *copies_to_json(const struct ticket_left *left) {
    return left->copies == TICKET_COPIES_UNLIMITED ? json_null() : json_integer(left->copies);
}

static json_t *left_to_json(const struct ticket_left *left) {
    return json_pack("{s:o, s:o, s:b, s:i}", "plays", plays_to_json(left), "copies",
                     copies_to_json(left), "sealed", (left->flags & LEFT_SEALED) != 0, "generation",
                     (int)left->generation);
}

static void print_left(FILE *out, const struct ticket_left *left) {
    if ((left->flags & LEFT_UNLIMITED) != 0)
        fprintf(out, "any number of plays");
    else
        fprintf(out, "%u play%s", left->plays, left->plays == 1 ? "" : "s");
    if (left->copies == TICKET_COPIES_UNLIMITED)
        fprintf(out, ", any number of copies");
    else if (left->copies > 0)
        fprintf(out, ", %u cop%s", left->copies, left->copies == 1 ? "y" : "ies");
    if ((left->flags & LEFT_SEALED) != 0)
        fprintf(out, ", sealed");
}

// ---- list, show --------------------------------------------------------------------------------

static json_t *row_to_json(const struct ticket_row *row) {
    char name[TICKET_NAME_TEXT];
    ticket_name_text(row->name, name);
    return json_pack("{s:s, s:s, s:s, s:o, s:s?}", "ticket", name, "number", row->number,
                     row->by_key ? "key_id" : "content", row->content, "left",
                     left_to_json(&row->left), "in_transit_to",
                     row->destination[0] != '\0' ? row->destination : NULL);
}

static void print_row(FILE *out, const struct ticket_row *row) {
    report_word(out, REPORT_BOLD, row->number);
    fprintf(out, "  %s%s  ", row->by_key ? "key " : "", row->content);
    print_left(out, &row->left);
    if (row->destination[0] != '\0')
        fprintf(out, ", on its way to %s", row->destination);
    fprintf(out, "\n");
}

void report_ticket(FILE *out, const struct ticket_row *row, bool json) {
    if (json)
        report_line(out, row_to_json(row));
    else
        print_row(out, row);
}

static bool print_room(FILE *out, struct ticket_client *client, struct failure *failure) {
    struct ticket_room room;
    if (!ticket_went(client, ticket_client_room(client, &room), failure))
        return false;
    fprintf(out, "%s: %u of %u places taken", client->selection.id, room.used, room.capacity);
    if (room.open > 0)
        fprintf(out, ", %u expected", room.open);
    fprintf(out, "\n");
    return true;
}

bool report_ticket_list(FILE *out, struct ticket_client *client, bool json,
                        struct failure *failure) {
    struct ticket_row rows[TICKET_PAGE_ROWS];
    size_t count = 0;
    uint16_t from = 0;
    do {
        if (!ticket_went(client, ticket_client_list(client, from, rows, &count), failure))
            return false;
        for (size_t i = 0; i < count; i++)
            report_ticket(out, &rows[i], json);
        from = count > 0 ? (uint16_t)(rows[count - 1].slot + 1) : from;
    } while (count > 0);
    return json || print_room(out, client, failure);
}

void report_ticket_header(FILE *out, const struct ticket_row *row, const struct object *header,
                          bool json) {
    if (json) {
        json_t *line = row_to_json(row);
        if (line != NULL)
            json_object_set_new(line, "header", object_to_json(header));
        report_line(out, line);
        return;
    }
    char name[TICKET_NAME_TEXT];
    ticket_name_text(row->name, name);
    print_row(out, row);
    fprintf(out, "  ticket      %s\n  generation  %u\n", name, row->left.generation);
    object_print(out, header, 2);
}

// ---- move --------------------------------------------------------------------------------------

static json_t *side_to_json(const struct ticket_client *client) {
    return json_pack("{s:s, s:i, s:I}", "id", client->selection.id, "apdus",
                     (int)client->count.apdus, "bytes", (json_int_t)client->count.octets);
}

static const char *word_or_null(const char *word) {
    return word[0] != '\0' ? word : NULL;
}

static void move_to_json(FILE *out, const struct ticket_flow *flow, const char *number) {
    char name[TICKET_NAME_TEXT];
    bool refused = flow->status == FLOW_REFUSED;
    ticket_name_text(flow->name, name);
    report_line(
        out, json_pack("{s:s, s:s?, s:s?, s:s?, s:s?, s:s, s:s, s:b, s:b, s:i, s:o, s:o}", "status",
                       flow_status_word(flow->status), "reason",
                       refused ? status_reason(flow->sw) : NULL, "refused_by",
                       refused ? flow->by : NULL, "step", refused ? word_or_null(flow->step) : NULL,
                       "chart_step", word_or_null(ticket_flow_chart(flow)), "number", number,
                       "ticket", name, "recovered", flow->settled, "completed", flow->completed,
                       "finished", (int)flow->finished, "source", side_to_json(flow->source),
                       "destination", side_to_json(flow->destination)));
}

static void print_move(FILE *out, const struct ticket_flow *flow, const char *number) {
    const char *word = flow_status_word(flow->status);
    fprintf(out, "%s -> %s  %s  ", flow->source->selection.id, flow->destination->selection.id,
            number);
    report_word(out, flow->status == FLOW_DONE ? REPORT_GREEN : REPORT_RED, word);
    if (flow->status == FLOW_REFUSED)
        fprintf(out, " by the %s: %s", flow->by, status_reason(flow->sw));
    if (ticket_flow_chart(flow)[0] != '\0')
        fprintf(out, " (%s)", ticket_flow_chart(flow));
    fprintf(out, "%s\n", flow->settled ? " (by an earlier run)" : "");
    if (flow->finished > 0)
        fprintf(out, "  %u older move%s brought to an end\n", flow->finished,
                flow->finished == 1 ? "" : "s");
    fprintf(out, "  source %u commands, %zu octets; destination %u commands, %zu octets\n",
            flow->source->count.apdus, flow->source->count.octets, flow->destination->count.apdus,
            flow->destination->count.octets);
}

void report_ticket_move(FILE *out, const struct ticket_flow *flow, const char *number, bool json) {
    if (json)
        move_to_json(out, flow, number);
    else
        print_move(out, flow, number);
}

// ---- play, activate ----------------------------------------------------------------------------

void report_ticket_use(FILE *out, const struct ticket_row *row, const char *use,
                       const struct ticket_left *left, bool json) {
    char name[TICKET_NAME_TEXT];
    if (json) {
        ticket_name_text(row->name, name);
        report_line(out, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "status", "done", "action",
                                   use, "number", row->number, "ticket", name, "plays_left",
                                   plays_to_json(left), "copies_left", copies_to_json(left)));
        return;
    }
    fprintf(out, "%s  %s  %s  ", row->number, row->content, use);
    report_word(out, REPORT_GREEN, "done");
    fprintf(out, "; left: ");
    print_left(out, left);
    fprintf(out, "\n");
}

void report_ticket_settled(FILE *out, const struct ticket_row *row, bool settled, bool json) {
    char name[TICKET_NAME_TEXT];
    ticket_name_text(row->name, name);
    if (json)
        report_line(out, json_pack("{s:s, s:s, s:s, s:b}", "status", "done", "number", row->number,
                                   "ticket", name, "settled", settled));
    else
        fprintf(out, "%s  %s\n", row->number, settled ? "settled" : "not settled");
}

// ---- issue -------------------------------------------------------------------------------------

void report_ticket_delivery(FILE *out, const struct ticket_delivery *delivery,
                            const struct object *header, bool json) {
    struct bytes number = header->fields[FIELD_NUMBER];
    const char *buyer = delivery->store->selection.id;
    if (json) {
        report_line(out,
                    json_pack("{s:s, s:s%, s:s, s:b, s:o}", "status", "done", "number",
                              (const char *)number.data, number.size, "buyer", buyer, "recovered",
                              delivery->before, "header", object_to_json(header)));
        return;
    }
    fprintf(out, "%s -> %s  %.*s  ", delivery->seller->id, buyer, (int)number.size,
            (const char *)number.data);
    report_word(out, REPORT_GREEN, "done");
    fprintf(out, "%s\n", delivery->before ? " (by an earlier run)" : "");
    object_print(out, header, 2);
}
