// SPDX-License-Identifier: Apache-2.0
// Hotlists: of all that is revoked and has not run out, what one kind of reader has room for, in
// the order of who matters most to it, then of how long it would still be valid. A list never stops
// working at its limit: what does not fit is reported. docs/protocol.md, "Hotlist and time".
#ifndef PERSONALIZATION_AUTHORITY_LISTS_HOTLIST_H
#define PERSONALIZATION_AUTHORITY_LISTS_HOTLIST_H

#include "personalization/authority/authority.h"

/// Who reads the list. Each kind has versions of its own.
enum ca_audience {
    CA_LIST_WALLETS,  // cards of persons and ticket stores: machines and centers first
    CA_LIST_MACHINES, // tills and floats: centers, then wallets
    CA_LIST_HOSTS,    // programs: everything
    CA_AUDIENCES
};

/// The list for a card of these roles.
enum ca_audience ca_audience_for(uint32_t roles);

/// A list as it is handed out: hotlist object, then its marks. octets is freed by ca_list_free.
struct ca_list {
    uint8_t *octets;
    size_t size;
    uint64_t version;
    size_t certificates, holders;   // marks of each
    size_t left_out;                // certificates for which there was no room
    char first_out[HOLDER_MAX + 1]; // holder of the first of them
};

/// Signed by the local center and kept in the directory; its version rises whenever its content or
/// its day does, otherwise the stored octets come back.
bool ca_hotlist(struct ca *ca, enum ca_audience audience, struct ca_list *list,
                struct failure *failure);
/// What the list would hold and what would be left out; nothing is signed or written. octets: NULL.
bool ca_hotlist_measure(const struct ca *ca, enum ca_audience audience, struct ca_list *list,
                        struct failure *failure);
void ca_list_free(struct ca_list *list);

#endif
