// SPDX-License-Identifier: Apache-2.0
// Who a service is to others: its own certificate and key, taken once at its start and read by
// every thread; what it signs, and whose envelopes it believes.
#ifndef SERVICES_CORE_PARTY_H
#define SERVICES_CORE_PARTY_H

#include "services/core/service.h"

struct party {
    char id[HOLDER_MAX + 1], enterprise[HOLDER_MAX + 1]; // enterprise "": none
    uint8_t root[P256_COMPRESSED_SIZE];
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
};

/// Whose keys a service needs.
struct party_wanted {
    const char *service; // for messages
    uint16_t role;
    bool enterprise; // it has to name one
    bool long_id;    // an id of any length will do: it goes into no object of a ticket
};

/// Takes id, enterprise, root and key. False with a sentence: no keys (exit code 2), or those of
/// another role (1).
bool party_take(struct party *party, const struct party_wanted *wanted,
                const struct service_keys *keys, struct failure *failure);

/// Memory for a service's state whose first member is its party, which is taken. NULL with a
/// failure. Ended by party_stop.
void *party_start(size_t size, const struct party_wanted *wanted, const struct service_keys *keys,
                  struct failure *failure);
/// Erases the key and frees such a state.
void party_stop(void *state);

/// Is this peer an operator of the service: of its own enterprise, or of none where it has none?
bool party_operates(const struct party *party, const struct peer *peer);

/// A signature with one thread's cryptography; erase it after use.
struct party_signer {
    struct signer signer;
    struct signer_scalar scalar;
};
void party_signer(const struct party *party, const struct crypto *crypto, struct party_signer *own);

/// Checks object, chain up to our root, role and day of an envelope. NULL: it is not good.
const struct object *party_envelope(const struct party *party, const struct call *call,
                                    const struct form *envelope, enum object_type type,
                                    uint32_t roles, struct certificate *signer);

#endif
