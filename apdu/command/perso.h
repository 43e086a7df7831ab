// SPDX-License-Identifier: Apache-2.0
// How a purse is personalized: the data groupings (DGI) that STORE DATA hands to the application,
// in the order of this list. Those marked (identity) fill what all applications of a card share
// with one another, and may be sent to any of them. A factory sends them to a card in life
// cycle OP_READY; later they come through a secure channel. Value is never among them.
// docs/purse.md describes the procedure.
#ifndef APDU_COMMAND_PERSO_H
#define APDU_COMMAND_PERSO_H

#include "apdu/command/purse.h"

/// Install parameters of the purse: 2 octets, the roles (enum role). Exactly one of wallet, till
/// and float (a wallet may be store too); the role decides the size of ring and window.
enum { PERSO_INSTALL_SIZE = 2 };

enum perso_dgi {
    /// (identity) Data objects, in this order: 94 name of the center that the card obeys, 9F32
    /// holder (1..12, of a card without purse 1..16), 9F36 assurance. Once.
    PERSO_NAME = 0x010C,
    /// Data objects, in this order, each at most once: [96 device], [97 user], [C4 options],
    /// C7 units that the purse can receive (2 octets each, up to 8),
    /// [9F21 balance limit], [9F22 single limit], [9F23 no-PIN single], [9F24 no-PIN sum],
    /// [9F25 no-PIN count], [9F26 offline count], [9F27 offline sum].
    /// An absent limit of a wallet is no limit, but an absent no-PIN limit is 0 (every payment
    /// needs the PIN); tills and floats must be given both offline budgets. A wallet's and float's
    /// first issue log replaces them all.
    PERSO_PROFILE = 0x0101,
    /// Optional: 84 first payer counter, 82 first payee counter, 8C first state number. Without it
    /// each begins with 1. The factory gives them to every further card of an id, far from those of
    /// the earlier ones: old issue logs and usage logs must mean nothing to it.
    PERSO_COUNTERS = 0x0102,
    /// (identity) Empty: generates signing and encapsulation keys on the card. Nothing secret ever
    /// leaves.
    PERSO_GENERATE_KEYS = 0x0103,
    /// (identity) Root certificate (7F21, self-signed). Once.
    PERSO_ROOT = 0x0104,
    /// (identity) One issuing authority (7F21, signed by the root). Up to 6; a later one of the
    /// same name
    /// replaces it.
    PERSO_ISSUING = 0x0105,
    /// (identity) The own certificate (7F21): same holder, roles and keys, by a trusted issuing
    /// authority.
    PERSO_CERTIFICATE = 0x0106,
    /// Tries (1 octet, 1..15), then the digits (4..12 ASCII).
    PERSO_PIN = 0x0107,
    PERSO_PUK = 0x0108,
    /// (identity) Optional: the center's certificate (7F21), then a hotlist object; the parts of
    /// the
    /// list follow, each as its number (2 octets, from 0) and its marks.
    PERSO_HOTLIST = 0x0109,
    PERSO_HOTLIST_PART = 0x010D,
    /// Empty: name, profile, keys, root, certificate must be there. The purse is PERSONALIZED from
    /// now
    /// on; only PERSO_ISSUING, PERSO_CERTIFICATE and hotlists are still taken.
    PERSO_FINISH = 0x010A,
    /// (identity) Empty: answers the certificate request, a self-signed object made afresh. Only
    /// through a
    /// secure channel of level 33, so that whoever reads it knows which card it is from; never at
    /// the factory, never after PERSO_FINISH.
    PERSO_REQUEST = 0x010B,
    /// (identity) Data object 94: the name of another center, from now on the only one that the
    /// card obeys. Its hotlists and time resets begin with any version. SW_STALE: it was the
    /// card's center before; SW_NO_SPACE: the fourth time. Also behind PERSO_FINISH.
    PERSO_CENTER = 0x010F,
};

enum {
    PERSO_TAG_UNITS = 0xC7,
    PERSO_UNITS_MAX = 8,    // pockets of a purse
    PERSO_ISSUING_MAX = 12, // issuing authorities a purse can trust
};

#endif
