// SPDX-License-Identifier: Apache-2.0
// A kiosk: a till in a slot, customers at a reader, a screen that people touch, commands for
// whoever runs it, all over one list of sales. One thread of its own takes what comes, one after
// another: acts of the screen, commands, cards. docs/terminals.md tells how it looks from outside.
#ifndef HOST_KIOSK_KIOSK_H
#define HOST_KIOSK_KIOSK_H

#include "apdu/command/card_slot.h"
#include "apdu/crypto/crypto.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/interrupt.h"
#include "host/terminal/words.h"

struct revocations;  // services/wire/revocations.h
struct kiosk_centre; // kiosk_centre.h

enum { KIOSK_TAP_MS = 2000, KIOSK_WAIT_MS = 60000, KIOSK_SHOW_MS = 6000 };

struct kiosk_options {
    const char *state;      // directory
    const char *prices;     // file; NULL: nothing is sold at the screen
    const char *address;    // of the screen; NULL: there is none
    const char *printer;    // file or device; NULL: none
    enum language language; // of receipts
    unsigned wait_ms;       // for a card, before an order is given up; 0: KIOSK_WAIT_MS
    struct card_slot *till, *customer;
    const struct revocations *revoked; // NULL: no hotlist
    const struct kiosk_centre *centre; // who sells tickets; NULL: the kiosk itself, as anything
    struct crypto *crypto;
    const struct clock *clock;
};

struct kiosk;

/// Takes its directory, finds its till, goes on with what an earlier run left. NULL with a failure:
/// the price list (2), the directory (sale_store_open), no till (3), its card is none (1).
struct kiosk *kiosk_open(const struct kiosk_options *options, struct failure *failure);

/// "http://...": where its screen is; NULL: there is none.
const char *kiosk_url(const struct kiosk *kiosk);

/// Serves until the interrupt comes; what is under way is durable then. False: a failure.
bool kiosk_run(struct kiosk *kiosk, const struct interrupt *interrupt, struct failure *failure);

/// One turn of that: waits for the next thing, but not longer than most_ms, and takes it. False: a
/// failure.
bool kiosk_turn(struct kiosk *kiosk, int interrupted, int most_ms, struct failure *failure);

/// NULL is allowed.
void kiosk_close(struct kiosk *kiosk);

#endif
