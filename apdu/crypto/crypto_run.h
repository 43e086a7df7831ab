// SPDX-License-Identifier: Apache-2.0
// The cryptography of one run of a program: the library's own randomness, or a laboratory's seed.
#ifndef APDU_CRYPTO_CRYPTO_RUN_H
#define APDU_CRYPTO_CRYPTO_RUN_H

#include "apdu/crypto/crypto.h"
#include "base/program.h"

/// A crypto context as the run's options want it; the caller frees it. NULL with a failure.
struct crypto *crypto_for_run(const struct program_run *run, struct failure *failure);

#endif
