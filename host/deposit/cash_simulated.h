// SPDX-License-Identifier: Apache-2.0
// A cash acceptor without hardware. Notes and coins are put in by a function; what lies in it is a
// file, whole at any moment, so that it forgets as little as a real one when the power goes.
#ifndef HOST_DEPOSIT_CASH_SIMULATED_H
#define HOST_DEPOSIT_CASH_SIMULATED_H

#include "host/deposit/cash_acceptor.h"

/// Yen that there are as notes and coins, falling; 0 ends.
extern const uint64_t cash_values[];

/// DIRECTORY/cash holds what lies in it; it is made where it is not. NULL with a failure: it cannot
/// be read or written.
struct cash_acceptor *cash_simulated_open(const char *directory, struct failure *failure);

/// Somebody puts a note or coin in. False: the slots are closed, there is no such note, or the
/// escrow is full; it comes out again at once.
bool cash_simulated_put(struct cash_acceptor *acceptor, uint64_t value);

#endif
