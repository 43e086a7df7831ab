// SPDX-License-Identifier: Apache-2.0
// How a sale is settled: DOCKET, by which the buyer has it billed; ACTIVATE, which opens the sealed
// ticket or says that it will not be billed. docs/tickets.md, "Docket or payment".
#include "card/applets/tickets/commands.h"
#include "card/applets/tickets/party.h"
#include "card/applets/tickets/state/slot.h"
#include "card/identity/claims.h"
#include "card/identity/identity.h"

#include <string.h>

// ---- DOCKET ------------------------------------------------------------------------------------

struct docket {
    struct tickets *tickets;
    struct object asked; // fields only
    struct slot slot;
    struct claim claim;
    uint8_t sale[TICKET_NAME_SIZE];
    uint8_t subscriber[SHA256_SIZE]; // digest
};

static uint16_t docket_form(struct docket *docket) {
    static const struct schema_field FIELDS[] = {
        {FIELD_DATE, false}, {FIELD_TICKET, false}, {FIELD_SUBSCRIBER, false}};
    struct card_call *call = docket->tickets->call;
    struct object *asked = &docket->asked;
    if (!fields_decode(call->command.data, FIELDS, 3, asked->fields))
        return SW_WRONG_DATA;
    return call->crypto->ops->sha256(call->crypto, asked->fields[FIELD_SUBSCRIBER],
                                     docket->subscriber)
               ? own_check(call)
               : SW_UNKNOWN;
}

/// Only the buyer settles, and only what is sealed and here.
static uint16_t docket_ticket(struct docket *docket) {
    struct slot *slot = &docket->slot;
    struct card_call *call = docket->tickets->call;
    if (!slot_find(docket->tickets, docket->asked.fields[FIELD_TICKET].data, slot))
        return SW_CONDITIONS;
    if (!identity_is(call, slot->header.fields[FIELD_BUYER]))
        return SW_WRONG_PARTY;
    if ((slot->left.flags & LEFT_SEALED) == 0 || slot->state != SLOT_LIVE)
        return SW_CONDITIONS;
    return ticket_sale(&slot->header, call->crypto, docket->sale) ? SW_OK : SW_UNKNOWN;
}

static void copy_id(uint8_t out[TICKET_ID_MAX], uint8_t *size, struct bytes id) {
    *size = (uint8_t)id.size;
    if (id.size > 0)
        memcpy(out, id.data, id.size);
}

static uint16_t docket_new(struct docket *docket) {
    struct claim *claim = &docket->claim;
    struct slot *slot = &docket->slot;
    struct card_call *call = docket->tickets->call;
    const struct object *header = &slot->header;
    if ((slot->left.flags & LEFT_CLAIMED) != 0)
        return SW_PAID;
    if (!claim_make(call, docket->sale, claim))
        return SW_RING_FULL;
    claim->state = CLAIM_DOCKETED;
    claim->told = true;
    claim->date = object_date(&docket->asked, FIELD_DATE);
    memcpy(claim->ticket, slot->name, sizeof claim->ticket);
    memcpy(claim->subscriber, docket->subscriber, sizeof claim->subscriber);
    copy_id(claim->seller, &claim->seller_size, header->fields[FIELD_SELLER]);
    copy_id(claim->activator, &claim->activator_size, header->fields[FIELD_ACTIVATOR]);
    claim_store(call, claim);
    slot->left.flags |= LEFT_CLAIMED;
    slot_set_left(docket->tickets, slot);
    tickets_spend_challenge(docket->tickets);
    return SW_OK;
}

/// A claim of this sale is there: the same docket again, or the reason why there is none.
static uint16_t docket_again(const struct docket *docket) {
    const struct claim *claim = &docket->claim;
    if (claim->state == CLAIM_PAID)
        return SW_PAID;
    if (claim->state == CLAIM_REFUSED)
        return SW_VOIDED;
    return !claim_is_of_another(claim, docket->slot.name) &&
                   memcmp(claim->subscriber, docket->subscriber, sizeof claim->subscriber) == 0
               ? SW_OK
               : SW_MISMATCH;
}

static uint16_t docket_answer(struct docket *docket) {
    struct object_writer writer;
    uint8_t buffer[192];
    object_begin(&writer, OBJECT_DOCKET, buffer, sizeof buffer);
    object_put_date(&writer, FIELD_DATE, docket->claim.date);
    object_put(&writer, FIELD_TICKET, BYTES_OF(docket->slot.name));
    object_copy(&writer, FIELD_BUYER, &docket->slot.header);
    object_copy(&writer, FIELD_SUBSCRIBER, &docket->asked);
    return identity_answer(docket->tickets->call, &writer);
}

uint16_t tickets_docket(struct tickets *tickets) {
    struct docket docket = {.tickets = tickets};
    uint16_t sw = docket_form(&docket);
    if (sw == SW_OK)
        sw = docket_ticket(&docket);
    if (sw == SW_OK)
        sw = claim_find(tickets->call, docket.sale, &docket.claim) ? docket_again(&docket)
                                                                   : docket_new(&docket);
    return sw == SW_OK ? docket_answer(&docket) : sw;
}

// ---- ACTIVATE ----------------------------------------------------------------------------------

struct activation {
    struct tickets *tickets;
    struct object answer;
    struct slot slot;
    struct claim claim;
    bool here, claimed;
    bool settled; // the sale is, or will never be
};

static uint16_t activation_form(struct activation *activation) {
    struct card_call *call = activation->tickets->call;
    const uint8_t *name;
    if (!object_decode_as(OBJECT_SETTLEMENT_ANSWER, call->command.data, &activation->answer))
        return SW_BAD_OBJECT;
    name = activation->answer.fields[FIELD_TICKET].data;
    activation->settled = activation->answer.fields[FIELD_RESULT].data[0] == 1;
    activation->here = slot_find(activation->tickets, name, &activation->slot);
    activation->claimed = claim_of_ticket(call, name, &activation->claim);
    if (!activation->here && !activation->claimed)
        return SW_RECORD_NOT_FOUND;
    return activation->here && activation->slot.state != SLOT_LIVE ? SW_IN_TRANSIT : SW_OK;
}

/// The header names who may answer: its activator, or else its seller.
static uint16_t activation_signer(const struct activation *activation) {
    struct bytes who = activation->answer.fields[FIELD_ACTIVATOR];
    const struct object *header = &activation->slot.header;
    const struct claim *claim = &activation->claim;
    struct peer peer;
    struct bytes seller = activation->here ? header->fields[FIELD_SELLER]
                                           : bytes_of(claim->seller, claim->seller_size);
    struct bytes named = activation->here ? header->fields[FIELD_ACTIVATOR]
                                          : bytes_of(claim->activator, claim->activator_size);
    if (!bytes_equal(who, seller) && !bytes_equal(who, named))
        return SW_WRONG_PARTY;
    uint16_t sw = party_find(activation->tickets, who, ROLE_TELCO | ROLE_BANK | ROLE_SELLER, &peer);
    if (sw != SW_OK)
        return sw;
    return object_verify(&activation->answer, activation->tickets->call->crypto, peer.point)
               ? SW_OK
               : SW_BAD_SIGNATURE;
}

/// The ticket opens, and its claim ends.
static void open_ticket(struct activation *activation) {
    struct slot *slot = &activation->slot;
    uint8_t sale[TICKET_NAME_SIZE];
    struct card_call *call = activation->tickets->call;
    slot->left.flags &= (uint8_t)~LEFT_SEALED;
    slot_set_left(activation->tickets, slot);
    if (ticket_sale(&slot->header, call->crypto, sale) &&
        claim_find(call, sale, &activation->claim) &&
        !claim_is_of_another(&activation->claim, slot->name))
        claim_end(call, &activation->claim);
}

static void answer_docket(struct activation *activation) {
    struct claim *claim = &activation->claim;
    if (!activation->claimed || claim->state != CLAIM_DOCKETED)
        return;
    claim->state = activation->settled ? CLAIM_PAID : CLAIM_REFUSED;
    claim_store(activation->tickets->call, claim);
}

uint16_t tickets_activate(struct tickets *tickets) {
    struct activation activation = {.tickets = tickets};
    uint16_t sw = activation_form(&activation);
    if (sw == SW_OK)
        sw = activation_signer(&activation);
    if (sw != SW_OK)
        return sw;
    if (activation.settled && activation.here)
        open_ticket(&activation);
    else
        answer_docket(&activation);
    tickets_spend_challenge(tickets);
    return SW_OK;
}
