// SPDX-License-Identifier: Apache-2.0
// Claims: which sales of tickets the owner of this card has settled, and how: by a docket that the
// telephone company bills, or by the purse. Purse and ticket store ask the same rows, each in its
// own transaction, so that a sale is billed once only. docs/tickets.md, "Docket or payment".
#ifndef CARD_IDENTITY_CLAIMS_H
#define CARD_IDENTITY_CLAIMS_H

#include "apdu/object/ticket.h"
#include "card/identity/block.h"

enum claim_state {
    CLAIM_NONE = 0,
    CLAIM_DOCKETED = 1, // a docket is out, unanswered
    CLAIM_PAID = 2,     // by the purse, or the docket was billed
    CLAIM_REFUSED = 3,  // the docket will not be billed
};

enum { CLAIM_SUBSCRIBER_SIZE = 8 };

struct claim {
    uint16_t row;
    enum claim_state state;
    bool told;                                 // the ticket itself says that it is claimed
    uint8_t sale[TICKET_NAME_SIZE];            // as the purse's reference names it
    uint8_t ticket[TICKET_NAME_SIZE];          // of a docket: whose
    uint32_t date;                             // of a docket, YYYYMMDD
    uint8_t subscriber[CLAIM_SUBSCRIBER_SIZE]; // of a docket: digest
    uint8_t seller[TICKET_ID_MAX], activator[TICKET_ID_MAX]; // of a docket: who may answer
    uint8_t seller_size, activator_size;
    uint8_t payments; // by the purse, not voided
};

/// Does this card keep claims: has it purse and ticket store?
bool claims_kept(const struct card_call *call);
/// Stages that it does, from now on.
void claims_keep(struct card_call *call);

/// The row of a sale, or of the docket of a ticket, copied into claim. False: there is none; claim
/// is then not to be read.
bool claim_find(const struct card_call *call, const uint8_t sale[TICKET_NAME_SIZE],
                struct claim *claim);
bool claim_of_ticket(const struct card_call *call, const uint8_t ticket[TICKET_NAME_SIZE],
                     struct claim *claim);
/// Is it a docket of another ticket, though of the same sale?
bool claim_is_of_another(const struct claim *claim, const uint8_t ticket[TICKET_NAME_SIZE]);
/// A row for a new claim: free, or one that the ticket itself speaks for. False: none.
bool claim_make(const struct card_call *call, const uint8_t sale[TICKET_NAME_SIZE],
                struct claim *claim);
void claim_store(struct card_call *call, const struct claim *claim);
void claim_clear(struct card_call *call, const struct claim *claim);
/// Its ticket is open. A sale that was billed stays on record until its row is needed, so that the
/// purse does not pay on top; any other claim goes.
void claim_end(struct card_call *call, struct claim *claim);

/// The purse pays for what this reference names. SW_OK (nothing is kept of other references),
/// SW_DOCKETED, SW_PAID (its docket was settled), SW_RING_FULL.
uint16_t claim_pay(struct card_call *call, struct bytes reference);
/// The payment was voided.
void claim_unpay(struct card_call *call, struct bytes reference);

#endif
