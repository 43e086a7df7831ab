// SPDX-License-Identifier: Apache-2.0
// Stores brought together by a program: who sits behind its links, which ticket is meant, and what
// went wrong in a sentence with its exit code.
#ifndef HOST_FLOWS_TICKET_MEETING_H
#define HOST_FLOWS_TICKET_MEETING_H

#include "base/failure.h"
#include "host/flows/tickets/ticket_flow.h"

/// A store behind an open link.
struct ticket_side {
    struct link *link;
    struct ticket_client client;
};

/// Takes over an open link; NULL (link may be NULL, too) when there is none or no memory.
struct ticket_side *ticket_side_over(struct link *link, struct failure *failure);
/// NULL is allowed.
void ticket_side_close(struct ticket_side *side);
/// Selects the store: who it is stands in its client's selection.
bool ticket_side_select(struct ticket_side *side, struct failure *failure);

/// A ticket as people name it: by its number, or by its name; or as a player wants one, by the
/// content that it opens.
struct ticket_wish {
    bool by_name, by_content;
    uint8_t name[TICKET_NAME_SIZE];
    char number[HOLDER_MAX + 1];
    char content[HOLDER_MAX + 1], key_id[HOLDER_MAX + 1]; // key_id "": only by itself
};

/// Reads a number, or 32 hexadecimal digits. False, EXIT_USAGE: a coded number with a mistake, and
/// which sign looks wrong; nothing that could be a number.
bool ticket_wish_read(const char *text, struct ticket_wish *wish, struct failure *failure);

/// Is it here, not sealed, with plays left?
bool ticket_row_is_usable(const struct ticket_row *row);

/// Goes through a selected store's list for it: the first that is here (for a content: that plays,
/// if one does), else one on its way.
/// False: the list is refused, or EXIT_REFUSED, no such ticket.
bool ticket_wish_find(const struct ticket_wish *wish, struct ticket_client *client,
                      struct ticket_row *row, struct failure *failure);

/// A sentence for a flow that did not go well; true for FLOW_DONE.
bool fail_ticket_flow(const struct ticket_flow *flow, struct failure *failure);

#endif
