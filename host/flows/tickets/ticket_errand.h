// SPDX-License-Identifier: Apache-2.0
// Errands of one store's owner, as programs run them: a ticket is given up, or used with its key
// going into a file.
#ifndef HOST_FLOWS_TICKETS_TICKET_ERRAND_H
#define HOST_FLOWS_TICKETS_TICKET_ERRAND_H

#include "host/flows/tickets/ticket_meeting.h"
#include "host/flows/tickets/ticket_play.h"

/// Shows the PIN to a selected store, looks for the ticket and gives it up; row tells which it was.
/// One on its way goes only where in_transit says so: it is lost unless it arrived.
bool ticket_forget(struct ticket_client *client, const struct ticket_wish *wish, const char *pin,
                   bool in_transit, struct ticket_row *row, struct failure *failure);

/// Uses a ticket of the list once: store, phone, player and action of play are set. content: what
/// it shall open; NULL where the ticket opens one only. path: a new file (0600) for the content's
/// key, which is known to be writable before a play is counted; NULL: none. A break is tried once
/// more, which counts nothing twice.
bool ticket_use(struct ticket_play *play, const struct ticket_row *row, const char *content,
                const char *path, struct failure *failure);

#endif
