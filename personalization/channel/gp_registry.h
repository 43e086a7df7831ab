// SPDX-License-Identifier: Apache-2.0
// What a card's security domain tells about itself: the registry behind GET STATUS (GlobalPlatform
// Card Specification 2.3, 11.4), and the data objects that everybody may read (11.3, appendix H).
#ifndef PERSONALIZATION_CHANNEL_GP_REGISTRY_H
#define PERSONALIZATION_CHANNEL_GP_REGISTRY_H

#include "base/failure.h"
#include "personalization/channel/gp_session.h"

#include <stdio.h>

enum gp_entry_kind { GP_DOMAIN, GP_APPLICATION, GP_FILE, GP_ENTRY_KIND_COUNT };

struct gp_entry {
    enum gp_entry_kind kind;
    uint8_t aid[16], file[16], domain[16];
    size_t aid_size, file_size, domain_size; // 0: not told
    uint8_t state, privileges[3];
    size_t privileges_size;
};

enum { GP_ENTRIES_MAX = 128 };

struct gp_registry {
    struct gp_entry entries[GP_ENTRIES_MAX];
    size_t count;
};

/// Asks for domains, applications and load files, in parts where the card gives parts, in the older
/// form where it knows no other. What a card has none of is no failure.
enum gp_status gp_read_registry(struct gp_session *session, struct gp_registry *registry);

/// A line an entry for people, or one JSON object an entry.
void gp_print_registry(const struct gp_registry *registry, bool json, FILE *out);

/// What a channel showed of a card's keys: protocol, version, data that they are derived from.
void gp_print_keys(const struct gp_card *card, bool json, FILE *out);

/// Selects the domain and prints what it tells without a channel: identification, protocols, key
/// sets. False: no card answers, or no domain.
bool gp_print_information(struct link *link, struct bytes aid, bool json, FILE *out,
                          struct failure *failure);

#endif
