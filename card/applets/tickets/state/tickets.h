// SPDX-License-Identifier: Apache-2.0
// The ticket store that a command works on: its roles, its tables, its numbers, and the volatile
// state of a session.
#ifndef CARD_APPLETS_TICKETS_STATE_TICKETS_H
#define CARD_APPLETS_TICKETS_STATE_TICKETS_H

#include "card/applets/tickets/state/layout.h"

struct tickets {
    struct card_call *call;
    uint16_t roles; // of its card
    struct ticket_tables tables;
};

enum { TICKET_CHALLENGE_SIZE = 16 };

/// Clear-on-deselect memory.
struct ticket_session {
    uint8_t challenge[TICKET_CHALLENGE_SIZE];
    bool challenge_live;
    bool pin; // was verified
};

/// Clear-on-reset memory: the ticket that the owner offers for one tap.
struct ticket_offer {
    bool made;
    uint8_t name[TICKET_NAME_SIZE];
};

/// Opens the store that a call is for.
void tickets_open(struct tickets *tickets, struct card_call *call);

/// A number as it is, with what this command has staged.
uint64_t tickets_get(const struct tickets *tickets, enum ticket_number number);
/// Stages a number.
void tickets_set(struct tickets *tickets, enum ticket_number number, uint64_t value);
/// Stages a number that became more or less by one.
void tickets_count(struct tickets *tickets, enum ticket_number number, bool more);

/// The card's own memory, for this command to change; zeros when another applet was selected, or
/// after a reset.
struct ticket_session *tickets_session(const struct tickets *tickets);
/// The same, but zeros only after a reset.
struct ticket_offer *tickets_offer(const struct tickets *tickets);

/// Was this the present challenge?
bool tickets_challenge_is(const struct tickets *tickets, struct bytes challenge);
/// Destroys the challenge: it served its one change of state.
void tickets_spend_challenge(struct tickets *tickets);
/// May this terminal read lists: over the wire, or over the air under free reading?
bool tickets_may_read(const struct tickets *tickets);

#endif
