// SPDX-License-Identifier: Apache-2.0
// The ticket application: its row in ROM, what SELECT answers, and its first state. Flows, rules
// and layout: docs/tickets.md.
#include "apdu/command/applets/tickets_commands.h"

#include "base/must.h"
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/state/slot.h"
#include "card/identity/claims.h"
#include "card/identity/hotlist.h"
#include "card/identity/learn.h"
#include "card/identity/order.h"
#include "card/identity/personalize.h"

/// What an instance is made with; slots 0: parameters that no store can have.
struct install {
    uint16_t roles, slots;
};

static struct install install_of(struct bytes parameters) {
    struct install made = {0};
    if (parameters.size != TICKETS_INSTALL_SIZE && parameters.size != TICKETS_INSTALL_SIZED)
        return made;
    made.roles = (uint16_t)bytes_get_be(parameters.data, 2);
    if (made.roles != ROLE_STORE && made.roles != (ROLE_WALLET | ROLE_STORE))
        return made;
    made.slots = (made.roles & ROLE_WALLET) != 0 ? TICKETS_OF_PHONE : TICKETS_OF_HOME;
    if (parameters.size == TICKETS_INSTALL_SIZED)
        made.slots = (uint16_t)bytes_get_be(parameters.data + 2, 2);
    if (made.slots > TICKETS_MAX)
        made.slots = 0;
    return made;
}

static uint32_t persistent_size(struct bytes parameters) {
    struct install made = install_of(parameters);
    return made.slots == 0 ? 0 : ticket_tables_of(made.roles, made.slots).size;
}

static uint16_t install(struct card_call *call, struct bytes parameters) {
    struct tickets tickets;
    struct install made = install_of(parameters);
    tickets_open(&tickets, call);
    if (made.roles != tickets.roles)
        return SW_WRONG_DATA; // the card has an identity of other roles
    uint16_t sw = identity_first(call, IDENTITY_STORE);
    if (sw != SW_OK)
        return sw;
    tickets_set(&tickets, TICKET_NUMBER_CAPACITY, made.slots);
    // a store that was here before, under the same key, used these numbers
    tickets_set(&tickets, TICKET_NUMBER_NEXT, identity_get(call, IDENTITY_LAST_N) + 1);
    claims_keep(call);
    return SW_OK;
}

// ---- SELECT ------------------------------------------------------------------------------------

static void put_state(struct tickets *tickets) {
    struct card_call *call = tickets->call;
    const struct ticket_offer *offer = tickets_offer(tickets);
    uint8_t holder[HOLDER_MAX], digest[CERTIFICATE_DIGEST_SIZE];
    card_shared_read(call, CERTIFICATE_DIGEST_AT, digest, sizeof digest);
    tlv_put(&call->answer, field_specs[FIELD_PAYER].tag,
            identity_text(call, IDENTITY_HOLDER, holder));
    tlv_put(&call->answer, TICKETS_TAG_CERTIFICATE_DIGEST, BYTES_OF(digest));
    tlv_put(&call->answer, field_specs[FIELD_CHALLENGE].tag,
            BYTES_OF(tickets_session(tickets)->challenge));
    tlv_put_uint(&call->answer, TICKETS_TAG_IN_TRANSIT,
                 tickets_get(tickets, TICKET_NUMBER_TRANSIT));
    if (offer->made)
        tlv_put(&call->answer, TICKETS_TAG_OFFERED, BYTES_OF(offer->name));
}

static uint16_t select(struct card_call *call) {
    struct tickets tickets;
    tickets_open(&tickets, call);
    struct ticket_session *session = tickets_session(&tickets);
    bool personalized = tickets_get(&tickets, TICKET_NUMBER_PERSONALIZED) != 0;
    if (personalized && !card_random(call, session->challenge, sizeof session->challenge))
        return SW_UNKNOWN;
    session->challenge_live = personalized;
    size_t fci = tlv_begin(&call->answer, TICKETS_TAG_FCI);
    tlv_put(&call->answer, TICKETS_TAG_AID,
            bytes_of(call->instance->aid, call->instance->aid_size));
    size_t own = tlv_begin(&call->answer, TICKETS_TAG_PROPRIETARY);
    if (personalized)
        put_state(&tickets);
    tlv_end(&call->answer, own);
    tlv_end(&call->answer, fci);
    return SW_OK;
}

// ---- commands ----------------------------------------------------------------------------------

static uint16_t tickets_exchange_certificates(struct tickets *tickets) {
    return learn_exchange(tickets->call);
}

static uint16_t tickets_hotlist(struct tickets *tickets) {
    return order_hotlist(tickets->call, tickets->call->command.data);
}

static uint16_t tickets_hotlist_part(struct tickets *tickets) {
    const struct apdu_command *command = &tickets->call->command;
    return hotlist_part(tickets->call, (uint16_t)(command->p1 << 8 | command->p2), command->data);
}

static uint16_t tickets_reset_time(struct tickets *tickets) {
    return order_time(tickets->call, tickets->call->command.data);
}

// Every command of the store, by its number and its function: each runs on a store that is opened
// for it.
#define COMMANDS(X)                                                                                \
    X(EXCHANGE_CERTIFICATES, exchange_certificates)                                                \
    X(OFFER, offer_one)                                                                            \
    X(ACCEPT, accept)                                                                              \
    X(SURRENDER, surrender)                                                                        \
    X(IMPORT, import)                                                                              \
    X(COMPLETE, complete)                                                                          \
    X(CANCEL, cancel)                                                                              \
    X(TAKE_CANCEL, take_cancel)                                                                    \
    X(ACTIVATE, activate)                                                                          \
    X(DOCKET, docket)                                                                              \
    X(PLAY, play)                                                                                  \
    X(PROVE, prove)                                                                                \
    X(SET_DEVICE, set_device)                                                                      \
    X(FORGET, forget)                                                                              \
    X(LIST, list)                                                                                  \
    X(READ, read)                                                                                  \
    X(GET_DATA, get_data)                                                                          \
    X(HOTLIST, hotlist)                                                                            \
    X(HOTLIST_PART, hotlist_part)                                                                  \
    X(RESET_TIME, reset_time)                                                                      \
    X(SET_OPTIONS, set_options)                                                                    \
    X(VERIFY, verify)                                                                              \
    X(CHANGE_PIN, change_pin)                                                                      \
    X(RESET_RETRY, reset_retry)

#define RUN(number, name)                                                                          \
    static uint16_t run_##name(struct card_call *call) {                                           \
        struct tickets tickets;                                                                    \
        tickets_open(&tickets, call);                                                              \
        return tickets_##name(&tickets);                                                           \
    }
COMMANDS(RUN)
#undef RUN

#define HANDLER(number, name) [COMMAND_TICKETS_##number] = run_##name,
static card_handler *const handlers[] = {COMMANDS(HANDLER)};
#undef HANDLER

must_cover(handlers, COMMAND_TICKETS_COUNT);

/// Rights are not erased: a ticket, one on its way, or a number that somebody may still answer
/// keeps the store on the card.
static uint16_t may_remove(struct card_call *call) {
    struct tickets tickets;
    tickets_open(&tickets, call);
    bool holds = tickets_get(&tickets, TICKET_NUMBER_USED) > 0 ||
                 tickets_get(&tickets, TICKET_NUMBER_OPEN) > 0;
    return holds ? SW_HOLDS_VALUE : SW_OK;
}

const struct applet tickets_applet = {
    .application = &tickets_application,
    .handlers = handlers,
    .life_cycle = APPLET_PERSONALIZED,
    .deselect_size = sizeof(struct ticket_session),
    .reset_size = sizeof(struct ticket_offer),
    .persistent_size = persistent_size,
    .install = install,
    .select = select,
    .store_data = tickets_store_data,
    .may_remove = may_remove,
    .shares = &identity_block,
};
