// SPDX-License-Identifier: Apache-2.0
// The link in process: a card that runs inside the calling program, on an image file or on whatever
// the caller gives it. No reader, no daemon, no copy.
#ifndef READERS_LINK_EMU_H
#define READERS_LINK_EMU_H

#include "card/card.h"
#include "readers/link/link_kind.h"

/// image: IMAGE[,contact|,contactless|,internal]. The image stays locked until link_close.
struct link *emu_link_open(const char *image, const struct link_options *options,
                           struct link_failure *failure);

/// Cuts a known interface word off "IMAGE[,contact|,contactless|,internal]" and gives the
/// interface.
enum card_interface emu_image_path(char *image);

/// A link over a card of the caller's, who keeps card, ports and *dark alive until link_close and
/// power is on. *dark: the medium's power is gone, the card stays silent (LINK_BROKEN) until the
/// next reset; NULL: never. ports: for starting it again then.
struct link *emu_link_over(struct card *card, const struct card_ports *ports,
                           enum card_interface interface, const bool *dark);

// What follows is for cards from emu_link_open; for links of other kinds it is false or 0.

/// Cuts the power of a card from emu_link_open at its NVM write after so many more, with so many
/// octets of that one still written.
bool emu_link_cut(struct link *link, uint64_t writes, size_t octets);
/// Power goes now.
bool emu_link_fail(struct link *link);
/// NVM writes so far.
uint64_t emu_link_writes(const struct link *link);
/// Digest of the data that the card would have if it started from here.
bool emu_link_state(const struct link *link, uint8_t digest[SHA256_SIZE]);
/// Calls synced after every sync of the NVM; NULL: no more.
bool emu_link_watch(struct link *link, void (*synced)(void *context), void *context);

#endif
