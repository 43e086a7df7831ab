// SPDX-License-Identifier: Apache-2.0
// A card in the slot of a vpcd driver, from the first connection to the last: waits while nobody
// listens yet, serves, connects again, and stays away long enough for the reader to notice when the
// card was torn off. One thread; orders and signals are served beside the card.
#ifndef READERS_VPCD_RUN_H
#define READERS_VPCD_RUN_H

#include "base/failure.h"
#include "readers/control.h"
#include "readers/vpcd.h"

/// What is said of a run, and its state. card: what stands behind the contacts; its atr is asked
/// only while the card shall be seen. signals: becomes readable when the run shall end.
struct vpcd_run {
    struct vpcd_card card;
    struct control *control;
    int signals;
    char host[256], port[8];
    bool stay;     // connect again when the reader hangs up
    bool inserted; // begins as it is set here

    struct vpcd vpcd;
    bool announced;
    int doubts;     // how often the card may still go away again because the reader saw nothing
    int64_t looked; // when the reader first asked for the ATR since the card is back; 0: not yet
    int retry_ms;
    int code; // -1 while running
    struct failure *failure;
};

/// Prints "ready" at the first connection. Returns the exit code: 0 after a signal, or when the
/// reader hung up; 3 with the failure when it cannot be reached at all.
int vpcd_run(struct vpcd_run *run, struct failure *failure);

/// Puts the card into the reader again; for orders.
void vpcd_run_insert(struct vpcd_run *run);

/// Pulls it out.
void vpcd_run_remove(struct vpcd_run *run);

#endif
