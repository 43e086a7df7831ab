// SPDX-License-Identifier: Apache-2.0
// The services that settle by proxy, in one process: a telephone company, its bank, a registry of
// who is trusted and a seller, with couriers between them that can be made to fail; and what their
// customer, phone-1, sends them. In February of 2004, as the source's example.
#ifndef TESTS_KIT_TELCO_TOWN_H
#define TESTS_KIT_TELCO_TOWN_H

#include "services/wire/courier/courier_fault.h"
#include "services/wire/courier/courier_local.h"
#include "tests/kit/services/licensing.h"

#define TOWN_PHONE "090-xxxx-xxxx"

struct town {
    struct shop charge, bank, registry, licence;
    struct courier_target of_charge[2], of_bank[1];
    struct courier_local charge_local, bank_local;
    struct courier_fault charge_fault, bank_fault;
};

extern const struct peer town_telco, town_operator, town_clerk, town_registrar, town_gateway;

/// Everybody with accounts, ID_2000 as payee, phone-1 as the subscriber of TOWN_PHONE with the mail
/// address LICENSING_MAIL; the offer NO_1; registry: whether it is asked.
void town_open(struct town *town, enum engine engine, bool registry);
void town_close(struct town *town);
/// Opens, checks and closes a town on every engine.
void town_on_every_engine(bool registry, void (*check)(struct town *town));

/// phone-1 has the account CARD at the bank, with so much on it.
void town_debit_account(struct town *town, unsigned yen);

/// Sets the clocks of all to noon of a day.
void town_day(struct town *town, uint32_t day);
/// Delivers until nobody has a call that is due.
void town_deliver(struct town *town);

/// A ticket that phone-1 has from the seller, and what it makes of it.
struct town_ticket {
    uint8_t header_octets[512];
    struct bytes header;
    char sale[33]; // as the charge service names it
};

/// phone-1 orders NO_1 with its n-th reception; instance: 16 digits.
void town_order(struct town *town, struct town_ticket *ticket, uint32_t n, const char *instance);
/// The same of another offer over 1000 yen.
void town_order_of(struct town *town, struct town_ticket *ticket, const char *number, uint32_t n,
                   const char *instance);

/// What a docket says, and who signs it.
struct town_docket {
    const struct sample_party *by;
    const char *buyer, *mail;
    uint32_t date;
};
/// phone-1's own, on the 11th.
extern const struct town_docket town_docket;

/// Body of a docket's request, LICENSING_BODY_MAX octets.
void town_docket_body(char *out, const struct town_ticket *ticket,
                      const struct town_docket *docket);
/// Sends one under a key of its own.
struct told town_send_docket(struct town *town, const struct peer *peer,
                             const struct town_ticket *ticket, const struct town_docket *docket);

enum { TOWN_PURCHASE_MAX = 3000 };

/// Body of a purchase of goods at till-1, TOWN_PURCHASE_MAX octets; kind: of the reference; by: who
/// signs the payment request.
void town_purchase_body(char *out, const char *payer, uint8_t kind, const struct sample_party *by);
/// The same over another amount than 120.
void town_purchase_over(char *out, const char *payer, uint8_t kind, const struct sample_party *by,
                        uint64_t amount);

/// {object, certificates} of a chain of root, authority, own.
void town_envelope(char *out, struct bytes object, const struct sample_party *authority,
                   const struct sample_party *by);

/// Posted balance of an account of the charge service's books on its own side; 0: none.
int64_t town_book(struct town *town, const char *account);
/// What an account at the bank holds; below zero: overdrawn.
int64_t town_money(struct town *town, const char *account);

#endif
