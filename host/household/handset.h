// SPDX-License-Identifier: Apache-2.0
// A phone that runs: its card answers readers as the phone's own chip on the air, nothing is
// debited that its owner has not confirmed, and a page does what the commands of `tessera phone`
// do. docs/household.md tells how it looks from outside.
#ifndef HOST_HOUSEHOLD_HANDSET_H
#define HOST_HOUSEHOLD_HANDSET_H

#include "apdu/command/link.h"
#include "apdu/crypto/crypto.h"
#include "base/clock.h"
#include "base/failure.h"
#include "base/interrupt.h"

enum { HANDSET_ARMED_MS = 60000 };

struct handset_options {
    const char *state, *trm;
    const char *address;                            // of the page; NULL: there is none
    const char *profile;                            // word of --profile
    const char *licence, *till, *tls, *home, *mail; // as the commands take them; NULL: not there
    const char *telco;                              // the telephone company; NULL: no bill
    const char *card, *player;                      //
    bool headless;                                  // the player shows nothing
    uint64_t limit;                                 // up to it a payment needs no PIN
    struct crypto *crypto;
    const struct clock *clock;
    /// Opens the card as a reader across the air reaches it. NULL: it cannot now.
    struct link *(*open_air)(void *context);
    void *context;
};

struct handset;

/// Takes its directory. NULL with a failure: in use (5), another machine's (1), no address (2).
struct handset *handset_open(const struct handset_options *options, struct failure *failure);

/// "http://...": where its page is; NULL: there is none.
const char *handset_url(const struct handset *handset);

/// Serves until the interrupt comes.
bool handset_run(struct handset *handset, const struct interrupt *interrupt,
                 struct failure *failure);

/// NULL is allowed. Nobody calls handset_air_* any more.
void handset_close(struct handset *handset);

// ---- the air, from a thread of its own ---------------------------------------------------------

/// A reader came, or is gone. False: the card does not start, as while the phone itself uses it.
bool handset_air_power(struct handset *handset, bool on);

/// One command of the reader. Returns the size of the answer; 0: the card is silent, because its
/// owner is asked first.
size_t handset_air_transmit(struct handset *handset, struct bytes command, uint8_t *answer,
                            size_t capacity);

#endif
