// SPDX-License-Identifier: Apache-2.0
// The sale as a state machine, the same for every machine that takes money or gives it: reference,
// number, requested, paid, serving, served; and with cash in escrow, returning and returned. Pure:
// which state may follow which, what the machine does next, what a sensor's word means
// (docs/protocol.md, "Moving value": T7, T8; docs/terminals.md draws it).
#ifndef HOST_SALE_SALE_STEP_H
#define HOST_SALE_SALE_STEP_H

#include "host/flows/journal.h"

/// What the machine has to do with a sale, from its record alone: after a step, and after a
/// restart.
enum sale_due {
    SALE_DUE_NOTHING, // it is over
    SALE_DUE_TAP,     // a purse is needed: pay, or give it up
    SALE_DUE_SERVE,   // hand out the goods, or stack the cash
    SALE_DUE_RETURN,  // give the cash back
    SALE_DUE_LOOK,    // ask the sensor how far serving or returning went; never repeat it
    SALE_DUE_STAFF,   // call a person
    SALE_DUE_COUNT,
};

/// What is certain of goods or cash. A sensor that could not see everything is unsure.
enum sale_sense {
    SALE_SENSE_UNTOUCHED, // nothing has moved since it was told to
    SALE_SENSE_SERVED,    // the goods are out; the cash is stacked
    SALE_SENSE_RETURNED,  // the cash is back with the customer
    SALE_SENSE_UNSURE,    // also: there is no sensor
    SALE_SENSE_COUNT,
};

/// From the record of a sale.
enum sale_due sale_due(const struct sale_record *record);

/// May a record go from one state to another? from 0: it is new. Staying in a state before
/// anything moves is allowed, too: a sale's terms are completed, a flow says again what it said.
bool sale_may_follow(enum sale_state from, enum sale_state to);

/// The state that follows SALE_SERVING or SALE_RETURNING upon what is sensed. What contradicts the
/// record, such as cash returned while it was stacked, is a person's to look at.
enum sale_state sale_after_look(enum sale_state from, enum sale_sense sense);

/// "tap", "serve", ...: for JSON and messages. "nothing" where it is over.
const char *sale_due_word(enum sale_due due);

#endif
