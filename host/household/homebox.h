// SPDX-License-Identifier: Apache-2.0
// A home server that runs: its library, its tickets and the phones that it knows, on a page that
// does what the commands of `tessera home` and `tessera device` do. docs/household.md tells how it
// looks from outside.
#ifndef HOST_HOUSEHOLD_HOMEBOX_H
#define HOST_HOUSEHOLD_HOMEBOX_H

#include "apdu/crypto/crypto.h"
#include "base/failure.h"
#include "base/interrupt.h"

struct homebox_options {
    const char *state, *store;
    const char *address;          // of the page; NULL: there is none
    const char *content, *medium; // where contents come from; NULL: not there
    const char *from;             // where phones are held; NULL: nowhere
    const char *card;             // the slot of a memory card; NULL: none
    const char *tls, *player;     // as the commands take them; NULL: below state
    bool headless;                // the player shows nothing
    struct crypto *crypto;
};

struct homebox;

/// Takes its directory. NULL with a failure: in use (5), another machine's (1), no address (2).
struct homebox *homebox_open(const struct homebox_options *options, struct failure *failure);

/// "http://...": where its page is; NULL: there is none.
const char *homebox_url(const struct homebox *homebox);

/// Serves until the interrupt comes; an errand under way is ended.
bool homebox_run(struct homebox *homebox, const struct interrupt *interrupt,
                 struct failure *failure);

/// NULL is allowed.
void homebox_close(struct homebox *homebox);

#endif
