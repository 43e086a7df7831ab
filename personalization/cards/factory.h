// SPDX-License-Identifier: Apache-2.0
// The factory: makes a purse out of a blank card, through its secure channel. Keys are born
// on the card and leave it only as a self-signed request; value is never put in. The procedure
// stands in docs/purse.md, the data groupings in apdu/command/perso.h, who may certify in
// hierarchy.h.
#ifndef PERSONALIZATION_CARDS_FACTORY_H
#define PERSONALIZATION_CARDS_FACTORY_H

#include "apdu/command/link.h"
#include "apdu/command/perso.h"
#include "apdu/object/certificate.h"
#include "base/failure.h"
#include "personalization/authority/evidence.h"
#include "personalization/cards/piv/piv_factory.h"

/// A limit that the profile leaves out.
#define FACTORY_NO_LIMIT UINT64_MAX

/// Limits until the first issue log brings its own. Amounts in minor units.
struct factory_limits {
    uint64_t balance, single;
    uint64_t no_pin_single, no_pin_sum, no_pin_count;
    uint64_t offline_count, offline_sum;
};

struct factory_order {
    const char *id;
    uint16_t roles;
    const char *enterprise; // "" for none
    const char *device;     // NULL: none
    const char *user;       // NULL: none
    uint8_t options;        // PURSE_FREE_READING
    const uint16_t *units;
    size_t unit_count;
    struct factory_limits limits;
    const char *pin, *puk; // 4..12 digits; NULL: none
    uint8_t tries;
    enum assurance assurance; // of the card, as its profile says
    /// Where counters begin: 0 for the usual 1. For tests of their end.
    uint32_t first_counter, first_n, first_state;
    const struct piv_order *identity; // NULL: no PIV application
    struct bytes ndef;                // an NDEF message for phones that touch the card; empty: none
};

/// An order with the factory's defaults: JPY and points, free reading, three tries, no balance
/// limit, payments without PIN and offline up to amounts that suit a laboratory.
struct factory_order factory_order_for(const char *id, uint16_t roles);

/// For the next card under an id that had so many before: its counters begin where none of theirs
/// ever came, so that no old issue log, usage log or receipt means anything to it.
bool factory_order_follow(struct factory_order *order, size_t earlier, struct failure *failure);

/// What the authority is asked: a certificate for the order's card, whose request came as evidence.
struct factory_request {
    const struct factory_order *order;
    struct evidence *evidence;
    const uint8_t *chip; // that the job recognised; NULL: whichever
};

struct ca_list; // a hotlist: personalization/authority/lists/hotlist.h

/// Who certifies, and whom the card is to trust.
struct factory_authority {
    void *context;
    bool (*certify)(void *context, const struct factory_request *request, uint8_t *out,
                    size_t capacity, size_t *size, struct failure *failure);
    struct bytes root;
    struct bytes issuing[PERSO_ISSUING_MAX];
    size_t issuing_count;
    struct bytes center_name; // of the center that the card is to obey
    struct bytes center;      // certificate of the hotlist's signer
    /// The hotlist for a card of these roles, once the card is certified. NULL: none.
    bool (*hotlist)(void *context, uint16_t roles, struct ca_list *list, struct failure *failure);
    struct piv_authority identity; // X.509, for orders with an identity
};

/// The secure channel to personalize through.
struct factory_channel {
    gp_keys keys; // of the card as it comes
    void *context;
    uint8_t version;                   // of the key set to use; 0: the card chooses
    const struct scp03_keys *new_keys; // replace the card's published keys; NULL: it has own ones
    uint8_t new_version;
    bool *opened; // set when the card has taken the keys that it comes with; NULL: nobody asks
};

/// Personalizes the blank card behind link, through SCP03 level 33: under the published keys, which
/// keys generated and thrown away replace (channel NULL: the factory), or under the channel's,
/// which gives the new ones. On failure the card holds no usable purse; through a channel of one's
/// own the whole procedure may be repeated.
bool factory_personalize(struct link *link, const struct factory_order *order,
                         const struct factory_authority *authority,
                         const struct factory_channel *channel, const struct crypto *crypto,
                         struct failure *failure);

struct hierarchy;
struct ca;

/// Certifies straight from a hierarchy in memory, without any register.
struct factory_hierarchy {
    const struct hierarchy *hierarchy;
    uint32_t today;
};
/// The authority over such a source, which must outlive it.
struct factory_authority factory_from_hierarchy(struct factory_hierarchy *source);

/// Certifies through an authority's directory: registered, with an X.509 twin.
struct factory_authority factory_from_ca(struct ca *ca);

#endif
