// SPDX-License-Identifier: Apache-2.0
// The card that an adversary meets: blank, with a tag, or with an identity; and how it looked when
// he came. One target at a time.
#ifndef TESTS_KIT_SCENE_TARGET_H
#define TESTS_KIT_SCENE_TARGET_H

#include "tests/kit/scene/look.h"
#include "tests/kit/suite.h"

#define SW(call, sw) CU_ASSERT_EQUAL(call, sw)
#define OPEN()       CU_ASSERT_EQUAL_FATAL(issuer_open(host), GP_OK)

/// A blank card under the published keys, reached over its contacts.
struct issuer *target_blank(void);
/// The same with the NDEF application and a message, remembered.
struct issuer *target_with_ndef(void);
/// The same with an identity: PIN 123456, PUK 87654321, four P-256 keys, some objects, remembered.
struct issuer *target_with_piv(void);
/// Ends it; every status word must have been a documented one.
void target_end(struct issuer *host);

/// How the card looks now.
void target_remember(struct issuer *host);
/// Looks as remembered, apart from counters. Ends any channel.
void target_unchanged(struct issuer *host);
/// Counters included.
struct look target_before(void);

/// Octets as they are; the status word.
uint16_t target_transmit(struct issuer *host, struct bytes command);
/// As if SET STATUS had been there.
void target_set_state(struct issuer *host, enum card_life_cycle state);

#endif
