// SPDX-License-Identifier: Apache-2.0
// What to say when a command to a purse did not go well.
#ifndef HOST_PURSE_PURSE_FAILURE_H
#define HOST_PURSE_PURSE_FAILURE_H

#include "base/failure.h"
#include "host/purse/purse_client.h"

/// True for PURSE_OK; else the failure names link, step and what the card or the link said.
bool purse_went(const struct purse_client *client, enum purse_outcome outcome,
                struct failure *failure);

#endif
