// SPDX-License-Identifier: Apache-2.0
// A customer of a town with emulated cards: phone-1 with a purse and a ticket store, a home server
// and the seller's till. What the services get is what these cards signed, what the cards get is
// what the services answered. On the 1st of January 2026.
#ifndef TESTS_KIT_TELCO_CUSTOMER_H
#define TESTS_KIT_TELCO_CUSTOMER_H

#include "tests/kit/telco/town.h"
#include "tests/kit/tickets/fair_use.h"

enum { CUSTOMER_CHARGE = 1000, CUSTOMER_PURSE = 3000, CUSTOMER_ID = 17 };

struct customer {
    struct town town;
    struct fair fair; // of authorities and parties of the licensing kit
    struct scene_card *phone, *home, *till;
    struct sample_party phone_party, till_party; // certificates of the cards' keys
    char number[CUSTOMER_ID], instance[CUSTOMER_ID];
    struct fair_object request;   // the reception's
    struct fair_ticket ticket;    // what the phone has
    struct scene_payment payment; // the purse's
};

/// A town on this engine, cards that know each other, CUSTOMER_PURSE yen in the purse; registry:
/// whether the telephone company asks it. Asserts.
void customer_open(struct customer *customer, enum engine engine, bool registry);
void customer_close(struct customer *customer);

/// A sealed offer of three plays: number NULL: the seller's coded one; activator NULL: the seller
/// alone. Kept in customer->number.
void customer_offer(struct customer *customer, const char *number, const char *activator,
                    uint8_t actions);

/// The phone's card asks for a reception.
void customer_asks(struct customer *customer);
/// The phone orders over the network with what it asked for; more: members of JSON (",..").
struct told customer_orders(struct customer *customer, const char *more);
/// The till's machine orders for the phone's purse; instance and reference of the answer are kept.
void customer_kiosk_orders(struct customer *customer, uint8_t reference[17]);
/// The till's machine brings the receipt; more: members of JSON (",..").
struct told customer_kiosk_pays(struct customer *customer, const char *more);
/// The phone's card takes what was sold. Asserts.
void customer_takes(struct customer *customer, const struct told *told);

/// Member "reception" of what the phone asked for; until the next one.
const char *customer_reception(struct customer *customer);
/// Member "receipt" of the last payment; until the next one.
const char *customer_receipt(struct customer *customer);

/// The purse pays the till; the status word of the first refusal, or 9000.
uint16_t customer_pays(struct customer *customer, const uint8_t reference[17]);
/// The phone has its card make a docket, which it does not do over the air: the status word. The
/// docket is the card's answer.
uint16_t customer_makes_docket(struct customer *customer);
/// Makes one and sends it. Asserts that it is made.
struct told customer_dockets(struct customer *customer, struct shop *to);
/// The card takes the signed answer in an answer of a service; the status word.
uint16_t customer_activates(struct customer *customer, const struct told *told);

#endif
