// SPDX-License-Identifier: Apache-2.0
#include "card/applets/tickets/party.h"

#include "card/identity/claims.h"
#include "card/identity/identity.h"

uint16_t party_find(const struct tickets *tickets, struct bytes holder, uint16_t roles,
                    struct peer *peer) {
    uint16_t sw = peer_find(tickets->call, holder, roles, peer);
    if (sw != SW_UNKNOWN_CERTIFICATE)
        return sw;
    bool met = peer_find(tickets->call, holder, (uint16_t)~roles, peer) != SW_UNKNOWN_CERTIFICATE;
    return met ? SW_WRONG_ROLE : SW_UNKNOWN_CERTIFICATE;
}

void party_mark_claimed(struct tickets *tickets, struct slot *slot) {
    struct card_call *call = tickets->call;
    uint8_t sale[TICKET_NAME_SIZE];
    struct claim claim;
    if (!claims_kept(call) || !identity_is(call, slot->header.fields[FIELD_BUYER]) ||
        !ticket_sale(&slot->header, call->crypto, sale) || !claim_find(call, sale, &claim))
        return;
    if ((slot->left.flags & LEFT_SEALED) == 0) {
        if (!claim_is_of_another(&claim, slot->name))
            claim_end(call, &claim);
        return;
    }
    slot->left.flags |= LEFT_CLAIMED;
    claim.told = true;
    claim_store(call, &claim);
}

uint16_t party_answer_end(struct tickets *tickets, enum lane_end end, struct bytes source,
                          uint32_t n) {
    struct object_writer writer;
    uint8_t buffer[128], holder[HOLDER_MAX];
    object_begin(&writer, end == LANE_DONE ? OBJECT_MOVE_RECEIPT : OBJECT_MOVE_CANCEL, buffer,
                 sizeof buffer);
    object_put_uint(&writer, FIELD_N, n);
    object_put(&writer, FIELD_SOURCE, source);
    object_put(&writer, FIELD_DESTINATION, identity_text(tickets->call, IDENTITY_HOLDER, holder));
    return identity_answer(tickets->call, &writer);
}
