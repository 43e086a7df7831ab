// SPDX-License-Identifier: Apache-2.0
// A whole personalization through a secure channel, as a batch makes it and makes it again after a
// kill: what an earlier try left is deleted first. Wallet, identity and NDEF tag on one card.
#ifndef TESTS_KIT_SCENE_FACTORY_H
#define TESTS_KIT_SCENE_FACTORY_H

#include "personalization/channel/gp_session.h"

enum { FACTORY_VERSION = 0x01 };

struct factory;

/// Draws the authorities; crypto outlives it. Aborts when it cannot.
struct factory *factory_open(const struct crypto *crypto);
void factory_close(struct factory *factory);

/// Empties the card and personalizes it; its published keys become own, under FACTORY_VERSION.
/// False prints the reason.
bool factory_make(struct factory *factory, struct link *link, gp_keys keys, void *context,
                  const struct scp03_keys *own);

#endif
