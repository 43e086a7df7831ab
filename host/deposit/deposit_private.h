// SPDX-License-Identifier: Apache-2.0
// What the files of the deposit machine share; nobody else includes it. deposit.c opens it and
// takes what is asked, deposit_order.c follows one deposit to its end, deposit_show.c says how it
// stands.
#ifndef HOST_DEPOSIT_DEPOSIT_PRIVATE_H
#define HOST_DEPOSIT_DEPOSIT_PRIVATE_H

#include "host/deposit/cash_acceptor.h"
#include "host/deposit/deposit.h"

enum deposit_stage {
    DEPOSIT_REST,   // nothing, or how the last one ended
    DEPOSIT_MEET,   // a card is to show its balance
    DEPOSIT_AMOUNT, // an amount is to be named
    DEPOSIT_CASH,   // cash is to be put in
    DEPOSIT_LOAD,   // the same card is to be loaded
};

/// What a purse told, if it did.
struct deposit_balance {
    bool told;
    uint64_t amount;
};

struct deposit {
    struct machine machine;
    struct sale_server server;
    struct cash_acceptor *cash;
    enum deposit_stage stage;
    struct sale_record record;       // from its amount on; state 0: none
    char card[HOLDER_PURSE_MAX + 1]; // whose balance was shown
    bool is_other;                   // the last tap was another card's
    struct deposit_balance before, after;
    bool scripted;               // by a command that says all of it in advance:
    uint64_t amount, cash_given; //
};

// ---- deposit_order.c

/// Asks for a card, which shows its balance. False: the machine needs a person first.
bool deposit_begin(struct deposit *deposit, struct failure *failure);
/// The amount is named: the deposit is on record, and the slots open.
bool deposit_name(struct deposit *deposit, uint64_t amount, struct failure *failure);
/// A note or coin is put into the slot. False: it came out again.
bool deposit_put(struct deposit *deposit, uint64_t value);
/// No more cash comes: the card is loaded, or the cash goes back.
void deposit_enough(struct deposit *deposit);
/// Whoever stood there goes away, or went; say tells which.
void deposit_cancel(struct deposit *deposit, const char *say);
/// One tap, and what follows it.
const char *deposit_tap(struct deposit *deposit);
void deposit_tapped(struct deposit *deposit, const char *say);
/// What an earlier run left.
void deposit_resume(struct deposit *deposit, const struct sale_record *record);

// ---- deposit_show.c

/// Puts the deposit's own part into the screen's state.
void deposit_show(const struct deposit *deposit, json_t *state);
/// What whoever asked for it hears.
json_t *deposit_answer(const struct deposit *deposit, int code);

#endif
