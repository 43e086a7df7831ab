// SPDX-License-Identifier: Apache-2.0
// The cast of most purse tests: a wallet with 3000, a till, a float with 50000, acquainted with
// each other; and the assertion that attacks end with: refused for this reason, nothing changed.
#ifndef TESTS_KIT_SCENE_TRIO_H
#define TESTS_KIT_SCENE_TRIO_H

#include "tests/kit/scene/scene.h"
#include "tests/kit/suite.h"

struct trio {
    struct scene *scene;
    struct scene_card *wallet, *till, *floater;
};

/// Limits that never matter; tests change what they are about.
struct scene_profile trio_wallet_profile(void);
struct scene_profile trio_machine_profile(void);

/// Makes the cast; NULL profiles are the ones above. The wallet holds 3000, the float 50000.
struct trio trio_begin(const struct scene_profile *wallet, const struct scene_profile *till,
                       const struct scene_profile *floater);
/// Audits and closes the scene; a fault fails the test and is printed.
void trio_end(struct trio *trio);
/// Audits; a fault fails the test and is printed.
void trio_audit(struct trio *trio);

/// A payment of the wallet to the till that stands before its DEBIT.
struct scene_payment trio_requested(struct trio *trio, uint64_t amount, const char *text);
/// The same after its DEBIT.
struct scene_payment trio_debited(struct trio *trio, uint64_t amount, const char *text);

/// Was sw as expected, and is every image as it was? Says what differs. Frees before.
bool trio_refused(struct trio *trio, struct scene_snapshot *before, uint16_t sw, uint16_t expected,
                  const char *what);

/// Evaluates a status word and asserts that it is this refusal, and that no image changed.
#define REFUSED(trio, expression, expected)                                                        \
    do {                                                                                           \
        struct scene_snapshot before_ = scene_save((trio)->scene);                                 \
        uint16_t sw_ = (expression);                                                               \
        CU_ASSERT(trio_refused((trio), &before_, sw_, (expected), #expression));                   \
    } while (0)

/// Asserts 9000, and says what came instead.
#define ACCEPTED(expression) CU_ASSERT(trio_accepted((expression), #expression))
bool trio_accepted(uint16_t sw, const char *what);

#endif
