// SPDX-License-Identifier: Apache-2.0
// The part of a deposit machine that takes notes and coins, as a seam: whatever comes in lies in
// escrow, all of it, until the whole is stacked or given back. Three separate acts, and a report of
// what is certain, which outlives any power cut: the acceptor is its own sensor. A driver of a real
// one polls it behind report.
#ifndef HOST_DEPOSIT_CASH_ACCEPTOR_H
#define HOST_DEPOSIT_CASH_ACCEPTOR_H

#include "base/failure.h"

#include <stdbool.h>
#include <stdint.h>

/// Where the last whole escrow went; a new one begins with CASH_NOWHERE.
enum cash_way { CASH_NOWHERE, CASH_STACKED, CASH_RETURNED, CASH_WAY_COUNT };

struct cash_report {
    uint64_t escrow;    // lies there now, minor units
    enum cash_way last; // what became of the one before
    uint64_t moved;     // how much that was
};

struct cash_acceptor;

struct cash_acceptor_ops {
    /// Opens or closes the slots. Opened with an empty escrow, a new one begins.
    bool (*accept)(struct cash_acceptor *acceptor, bool open);
    /// What is certain. False: it does not answer.
    bool (*report)(struct cash_acceptor *acceptor, struct cash_report *out);
    /// Moves the escrow into the box. What happened is told by report alone.
    void (*stack)(struct cash_acceptor *acceptor);
    /// Moves the escrow back to whoever stands there.
    void (*give_back)(struct cash_acceptor *acceptor);
    /// Frees it.
    void (*close)(struct cash_acceptor *acceptor);
};

struct cash_acceptor {
    const struct cash_acceptor_ops *ops;
    uint16_t unit; // of its notes and coins
};

#endif
