// SPDX-License-Identifier: Apache-2.0
// The contactless link over libnfc: a card or a phone on a PN532, ACR122 or any reader that libnfc
// drives, the virtual ones of tessera field included.
#ifndef READERS_LINK_NFC_H
#define READERS_LINK_NFC_H

#include "readers/link/link_kind.h"

enum {
    NFC_COMMAND_MS = 5000, // longest wait for one answer
};

/// rest: a libnfc connection string, and after it ",tap-ms=N" for a deadline over the whole tap,
/// counted from the card's activation, and ",wait-ms=N" for how long a card may take to appear,
/// instead of what the options say. One card alone must lie on the reader and speak ISO/IEC
/// 14443-4.
///
/// After LINK_BROKEN every command fails until link_reset has found the card again, so that no
/// command goes to a card that came instead; a reset that meets another card says so (a random UID
/// tells nothing: there the purse's own id does).
struct link *nfc_link_open(const char *rest, const struct link_options *options,
                           struct link_failure *failure);

#endif
