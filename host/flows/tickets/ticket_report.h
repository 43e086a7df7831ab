// SPDX-License-Identifier: Apache-2.0
// What the ticket programs print: one JSON object a line with the fields that
// docs/man/tessera-ticket.1 promises, or text for people.
#ifndef HOST_FLOWS_TICKET_REPORT_H
#define HOST_FLOWS_TICKET_REPORT_H

#include "host/flows/tickets/ticket_delivery.h"
#include "host/flows/tickets/ticket_flow.h"

#include <stdio.h>

/// What ticket list prints, out of a selected store: one ticket a line, and for people how full it
/// is.
bool report_ticket_list(FILE *out, struct ticket_client *client, bool json,
                        struct failure *failure);
/// One such line; of ticket forget.
void report_ticket(FILE *out, const struct ticket_row *row, bool json);
/// What ticket show prints.
void report_ticket_header(FILE *out, const struct ticket_row *row, const struct object *header,
                          bool json);
/// What ticket move prints. number: as it was asked for.
void report_ticket_move(FILE *out, const struct ticket_flow *flow, const char *number, bool json);
/// What ticket play prints: how it was used ("play", ..) and what is left behind it.
void report_ticket_use(FILE *out, const struct ticket_row *row, const char *use,
                       const struct ticket_left *left, bool json);
/// What ticket activate prints.
void report_ticket_settled(FILE *out, const struct ticket_row *row, bool settled, bool json);
/// What ticket issue prints: the ticket that went, or, where it was there before, that it was.
void report_ticket_delivery(FILE *out, const struct ticket_delivery *delivery,
                            const struct object *header, bool json);

#endif
