// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/state/tickets.h"

static uint32_t number_at(enum ticket_number number) {
    return TICKET_NUMBERS_AT + (uint32_t)number * 8;
}

void tickets_open(struct tickets *tickets, struct card_call *call) {
    tickets->call = call;
    tickets->roles = identity_roles(call);
    tickets->tables =
        ticket_tables_of(tickets->roles, (uint16_t)tickets_get(tickets, TICKET_NUMBER_CAPACITY));
}

uint64_t tickets_get(const struct tickets *tickets, enum ticket_number number) {
    return card_read_uint(tickets->call, number_at(number), 8);
}

void tickets_set(struct tickets *tickets, enum ticket_number number, uint64_t value) {
    card_stage_uint(tickets->call, number_at(number), 8, value);
}

void tickets_count(struct tickets *tickets, enum ticket_number number, bool more) {
    uint64_t value = tickets_get(tickets, number);
    if (card_must(tickets->call, more || value > 0))
        tickets_set(tickets, number, more ? value + 1 : value - 1);
}

struct ticket_session *tickets_session(const struct tickets *tickets) {
    return tickets->call->on_deselect;
}

struct ticket_offer *tickets_offer(const struct tickets *tickets) {
    return tickets->call->on_reset;
}

bool tickets_challenge_is(const struct tickets *tickets, struct bytes challenge) {
    const struct ticket_session *session = tickets_session(tickets);
    return session->challenge_live &&
           bytes_equal_secret(session->challenge, challenge.data, TICKET_CHALLENGE_SIZE);
}

void tickets_spend_challenge(struct tickets *tickets) {
    bytes_erase(tickets_session(tickets)->challenge, TICKET_CHALLENGE_SIZE);
    tickets_session(tickets)->challenge_live = false;
}

bool tickets_may_read(const struct tickets *tickets) {
    return tickets->call->interface != CARD_CONTACTLESS ||
           (tickets_get(tickets, TICKET_NUMBER_OPTIONS) & TICKETS_FREE_READING) != 0;
}
