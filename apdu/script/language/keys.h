// SPDX-License-Identifier: Apache-2.0
// Secret keys that a script names and never spells: those of secure channels and private P-256
// keys. Where they lie is the host's business (host_keys.c reads files).
#ifndef APDU_SCRIPT_LANGUAGE_KEYS_H
#define APDU_SCRIPT_LANGUAGE_KEYS_H

#include "apdu/crypto/crypto.h"
#include "apdu/crypto/scp03.h"

/// Both look by name. False: there is no such key of this kind. scalar may be NULL: there are no
/// private keys.
struct script_keys {
    bool (*find)(const struct script_keys *keys, struct bytes name, struct scp03_keys *out);
    bool (*scalar)(const struct script_keys *keys, struct bytes name,
                   uint8_t out[P256_SCALAR_SIZE]);
    void *context;
};

#endif
