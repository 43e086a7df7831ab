// SPDX-License-Identifier: Apache-2.0
// PROVE: the phone that a ticket is bound to says that it is here, to a store of its list, for one
// ticket, one action and that store's challenge. docs/tickets.md, "Playing".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/identity/identity.h"

uint16_t tickets_prove(struct tickets *tickets) {
    static const struct schema_field FIELDS[] = {{FIELD_CHALLENGE, false},
                                                 {FIELD_TICKET, false},
                                                 {FIELD_DESTINATION, false},
                                                 {FIELD_ACTION, false}};
    struct object_writer writer;
    struct object asked;
    struct lane lane;
    struct peer store;
    uint8_t buffer[160], own[HOLDER_MAX];
    struct card_call *call = tickets->call;
    if (!fields_decode(call->command.data, FIELDS, sizeof FIELDS / sizeof FIELDS[0], asked.fields))
        return SW_WRONG_DATA;
    uint16_t sw = own_check(call);
    if (sw != SW_OK)
        return sw;
    if (!lane_find(tickets, asked.fields[FIELD_DESTINATION], &lane) || !lane.listed)
        return SW_NOT_LISTED_HERE;
    sw = party_find(tickets, asked.fields[FIELD_DESTINATION], ROLE_STORE, &store);
    if (sw != SW_OK)
        return sw;
    object_begin(&writer, OBJECT_PRESENCE, buffer, sizeof buffer);
    object_copy(&writer, FIELD_CHALLENGE, &asked);
    object_copy(&writer, FIELD_TICKET, &asked);
    object_put(&writer, FIELD_BUYER, identity_text(call, IDENTITY_HOLDER, own));
    object_copy(&writer, FIELD_DESTINATION, &asked);
    object_copy(&writer, FIELD_ACTION, &asked);
    return identity_answer(call, &writer);
}
