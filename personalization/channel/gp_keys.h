// SPDX-License-Identifier: Apache-2.0
// Which keys a host has for a card, as a user names them: "published" (those of blank cards), a
// file of keys (docs/script-formats.md: lines enc, mac and dek, or one key for all), a master key
// in a file or in a token, from which the card's own follow.
#ifndef PERSONALIZATION_CHANNEL_GP_KEYS_H
#define PERSONALIZATION_CHANNEL_GP_KEYS_H

#include "personalization/channel/gp_session.h"
#include "personalization/keys/master_key.h"

struct gp_key_source {
    bool derived;
    struct scp03_keys fixed;  // where not derived
    struct master_key master; // where derived
    struct failure failure;   // of the last derivation
};

/// Opens what name says. False with the failure filled in.
bool gp_keys_open(struct gp_key_source *source, const char *name, const struct crypto *crypto,
                  const struct key_access *access, struct failure *failure);

/// Keys of one card out of a source. A gp_keys, context is the source.
bool gp_keys_of(void *context, const struct gp_card *card, struct scp03_keys *keys,
                const char **reason);

/// Erases them.
void gp_keys_close(struct gp_key_source *source);

#endif
