// SPDX-License-Identifier: Apache-2.0
// The issuer security domain's own files among each other.
#ifndef CARD_APPLETS_ISD_H
#define CARD_APPLETS_ISD_H

#include "card/os/applet.h"

/// Clear-on-deselect memory.
struct isd_session {
    uint8_t target;     // instance that STORE DATA goes to; 0 is the security domain itself
    uint8_t next_block; // of the STORE DATA sequence
};

/// May this call change the card's content? The factory bench may: the internal interface of a
/// card in OP_READY; else a secure channel.
bool isd_may_manage(const struct card_call *call);

uint16_t isd_install(struct card_call *call);
uint16_t isd_store_data(struct card_call *call);

#endif
