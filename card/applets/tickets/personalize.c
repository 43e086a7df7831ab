// SPDX-License-Identifier: Apache-2.0
// STORE DATA: the ticket store's own data groupings, one at a time, as apdu/command/tickets.h lists
// them; those of the card's identity are card/identity/personalize.h's. A ticket is never among
// them.
#include "card/identity/personalize.h"
#include "card/applets/tickets/commands.h"

static const struct pin TICKETS_PIN = {TICKET_PIN_AT};

static uint16_t store_profile(struct tickets *tickets, struct bytes data) {
    struct tlv options;
    if (!tlv_next_strict(&data, &options) || options.tag != TICKETS_TAG_OPTIONS ||
        options.value.size != 1 || data.size != 0 ||
        (options.value.data[0] & ~TICKETS_FREE_READING) != 0)
        return SW_WRONG_DATA;
    tickets_set(tickets, TICKET_NUMBER_OPTIONS, options.value.data[0]);
    return SW_OK;
}

static uint16_t store_pin(struct tickets *tickets, struct bytes data) {
    return data.size < 1 ? SW_WRONG_DATA
                         : pin_set(tickets->call, TICKETS_PIN,
                                   bytes_of(data.data + 1, data.size - 1), data.data[0]);
}

static uint16_t store_puk(struct tickets *tickets, struct bytes data) {
    return data.size < 1 ? SW_WRONG_DATA
                         : pin_set_puk(tickets->call, TICKETS_PIN,
                                       bytes_of(data.data + 1, data.size - 1), data.data[0]);
}

/// Where the numbers begin: a further card of an id must not answer for those of an earlier one.
static uint16_t store_counters(struct tickets *tickets, struct bytes data) {
    static const struct schema_field FIELDS[] = {{FIELD_N, false}};
    struct object first;
    if (!fields_decode(data, FIELDS, 1, first.fields) || object_uint(&first, FIELD_N) == 0)
        return SW_WRONG_DATA;
    tickets_set(tickets, TICKET_NUMBER_NEXT, object_uint(&first, FIELD_N));
    return SW_OK;
}

/// Every id in a ticket has at most TICKET_ID_MAX octets, so the card's own, too.
static uint16_t finish(struct tickets *tickets, struct bytes data) {
    uint8_t holder[HOLDER_MAX];
    if (data.size != 0)
        return SW_WRONG_DATA;
    if (identity_text(tickets->call, IDENTITY_HOLDER, holder).size > TICKET_ID_MAX)
        return SW_WRONG_DATA;
    uint16_t sw = identity_finish(tickets->call, IDENTITY_STORE);
    if (sw != SW_OK)
        return sw;
    tickets_set(tickets, TICKET_NUMBER_PERSONALIZED, 1);
    card_set_instance_life_cycle(tickets->call, APPLET_PERSONALIZED);
    return SW_OK;
}

static const struct {
    uint16_t dgi;
    uint16_t (*store)(struct tickets *tickets, struct bytes data);
} GROUPINGS[] = {
    {PERSO_TICKETS_PROFILE, store_profile},
    {PERSO_COUNTERS, store_counters},
    {PERSO_PIN, store_pin},
    {PERSO_PUK, store_puk},
    {PERSO_FINISH, finish},
};

uint16_t tickets_store_data(struct card_call *call, uint16_t dgi, struct bytes data) {
    struct tickets tickets;
    tickets_open(&tickets, call);
    for (size_t i = 0; i < sizeof GROUPINGS / sizeof GROUPINGS[0]; i++) {
        if (GROUPINGS[i].dgi != dgi)
            continue;
        bool personalized = tickets_get(&tickets, TICKET_NUMBER_PERSONALIZED) != 0;
        return personalized ? SW_LIFE_CYCLE : GROUPINGS[i].store(&tickets, data);
    }
    return SW_REFERENCE_NOT_FOUND;
}
