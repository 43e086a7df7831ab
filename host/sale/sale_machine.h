// SPDX-License-Identifier: Apache-2.0
// What drives sales along host/sale/sale_step.h: kiosk, deposit machine and vending machine differ
// in who serves (struct sale_server) and in which flow a tap runs; the order in which things become
// durable and things move is here, once. "Serving" and "returning" are durable before anything
// moves, and what was begun is never begun again: after a restart the sensor decides, or a person.
//
//     sale_open      durable: these terms under this reference; or what became of them
//     (a tap)        flow->journal = machine->journal; payment_run or deposit_run
//     sale_give_up   no tap came, or none is wanted any more
//     sale_drive     serve, return, look: whatever needs neither purse nor person
//     sale_decide    a person has looked
#ifndef HOST_SALE_SALE_MACHINE_H
#define HOST_SALE_SALE_MACHINE_H

#include "base/failure.h"
#include "host/sale/sale_step.h"

/// The part that moves. Each function is called at most once for a sale, but for sense and, where
/// that said SALE_SENSE_UNTOUCHED, one more try.
struct sale_server {
    /// Hands out the goods, or stacks the cash. The record is durable as SALE_SERVING. What happens
    /// is told by sense.
    void (*serve)(struct sale_server *server, const struct sale_record *record);
    /// Gives the cash back; the record is durable as SALE_RETURNING. NULL: no cash here.
    void (*give_back)(struct sale_server *server, const struct sale_record *record);
    /// What is certain, now or after a restart. NULL: no sensor, always unsure.
    enum sale_sense (*sense)(struct sale_server *server, const struct sale_record *record);
    void *context;
};

struct sale_machine {
    struct journal *journal;
    struct sale_server *server;
};

/// Begins a sale: record holds reference, amount, unit, item, text, cash and time; the rest is 0.
/// A reference that is known brings its record instead, and *known. False: its terms are others
/// (EXIT_REFUSED), or the record is not durable.
bool sale_open(struct sale_machine *machine, struct sale_record *record, bool *known,
               struct failure *failure);

/// Makes durable what became known of a sale before any purse was asked: cash, whose card it is.
bool sale_note(struct sale_machine *machine, struct sale_record *record, struct failure *failure);

/// The record as it stands now, after a tap.
bool sale_read(struct sale_machine *machine, struct sale_record *record, struct failure *failure);

/// A sale that was never asked of a purse, or is void, ends unpaid. One that was asked for needs
/// its payee first: payee is its own purse (a till), which voids the number or says that it was
/// paid; NULL: refused while a number is open. The record tells which.
bool sale_give_up(struct sale_machine *machine, struct sale_record *record,
                  struct purse_client *payee, struct failure *failure);

/// It is certain that no purse paid it, as when a deposit's flow says CASH_RETURN: it ends unpaid.
bool sale_end_unpaid(struct sale_machine *machine, struct sale_record *record,
                     struct failure *failure);

/// Goes on with the sale until a purse or a person is due, or nothing. Returns what is due;
/// SALE_DUE_COUNT: the record cannot be written, and nothing was moved since.
enum sale_due sale_drive(struct sale_machine *machine, struct sale_record *record);

/// A person says how a sale ended that only a person can judge: SALE_SERVED or SALE_RETURNED.
bool sale_decide(struct sale_machine *machine, struct sale_record *record, enum sale_state end,
                 struct failure *failure);

#endif
