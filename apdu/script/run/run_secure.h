// SPDX-License-Identifier: Apache-2.0
// `within scp03 ...`: opening the channel and wrapping what stands in its block, by the same code
// as the card (apdu/crypto/scp03.h). Host side only.
#ifndef APDU_SCRIPT_RUN_RUN_SECURE_H
#define APDU_SCRIPT_RUN_RUN_SECURE_H

#include "apdu/script/run/run_internal.h"

/// Replaces *wire, the command as written, by its protected form in runner->wire.
enum flow secure_wrap(struct runner *runner, const struct statement *statement, struct bytes *wire);
/// Checks and removes the protection of runner->answer.
enum flow secure_unwrap(struct runner *runner, const struct statement *statement);

#endif
