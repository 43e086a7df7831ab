// SPDX-License-Identifier: Apache-2.0
// The link over PC/SC-lite: a card in any reader of the pcscd that PCSCLITE_CSOCK_NAME names, or
// of the system's. T=1 or T=0 as the card asks; commands up to 65 535 octets.
#ifndef READERS_LINK_PCSC_H
#define READERS_LINK_PCSC_H

#include "readers/link/link_kind.h"

/// which: a reader's number in the list, its name, or a part that only one name has. Waits until a
/// card is present. Holds the card alone while nobody else is connected to it, so that no other
/// program comes in between; shares it otherwise and reports a reset by someone else.
struct link *pcsc_link_open(const char *which, const struct link_options *options,
                            struct link_failure *failure);

enum { PCSC_COMMAND_MAX = 65535 };

#endif
