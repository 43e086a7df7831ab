// SPDX-License-Identifier: Apache-2.0
// What a phone must remember of a ticket that it buys: one durable record a purchase, found again
// by the ticket's number until the purchase is over. The payment itself, with its receipt, is a
// sale of the phone's journal (host/flows/journal_file.h). Files: STATE/purchases/NUMBER.json, and
// INSTANCE.done of those that are over.
#ifndef HOST_PHONE_PURCHASE_H
#define HOST_PHONE_PURCHASE_H

#include "apdu/object/certificate.h"
#include "apdu/object/ticket.h"
#include "host/state/machine_state.h"

enum {
    PURCHASE_INSTANCE_SIZE = 8,
    PURCHASE_TEXT = 2 * PURCHASE_INSTANCE_SIZE + 1,
    PURCHASE_BY_SIZE = 8,
    PURCHASE_ANSWER_SIZE = 24,
};

struct purchase {
    char number[HOLDER_MAX + 1], enterprise[HOLDER_MAX + 1];
    char instance[PURCHASE_TEXT]; // hexadecimal: drawn once, names the sale
    uint64_t amount;
    uint16_t unit;
    bool ticket_first;                   // paid for behind the ticket
    bool docket;                         // settled by docket, and only else by the purse
    bool at_kiosk;                       // paid for at a kiosk, whose order the instance is
    bool paid, here;                     // its receipt is in the journal; its ticket in the store
    char name[2 * TICKET_NAME_SIZE + 1]; // of the ticket, once it is here
    uint8_t till[CERTIFICATE_MAX];       // certificate of the till that is paid
    size_t till_size;                    // 0: none was met yet
    char by[PURCHASE_BY_SIZE];           // "": not settled; "purse", "bill", "account", "before"
    char answer[PURCHASE_ANSWER_SIZE];   // to the docket: "accepted", or why not; "": none yet
};

/// The purchase of a number that is not over. *found false: there is none. False: it cannot be
/// read.
bool purchase_find(const struct machine_state *state, const char *number, struct purchase *purchase,
                   bool *found, struct failure *failure);
/// Durable before it answers.
bool purchase_save(const struct machine_state *state, const struct purchase *purchase,
                   struct failure *failure);
/// Over: the next purchase of this number is another one. What kills left of it goes. Alone.
bool purchase_close(const struct machine_state *state, const struct purchase *purchase,
                    struct failure *failure);

/// The name of its ticket, once that is here.
bool purchase_ticket(const struct purchase *purchase, uint8_t name[TICKET_NAME_SIZE]);
/// The name of its sale, which the payment carries.
bool purchase_sale(const struct purchase *purchase, const struct crypto *crypto,
                   uint8_t sale[TICKET_NAME_SIZE]);

#endif
