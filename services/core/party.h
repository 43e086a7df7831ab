// SPDX-License-Identifier: Apache-2.0
// Who a service is to others: its own certificate and key, taken once at its start and read by
// every thread; what it signs, and whose envelopes it believes.
#ifndef SERVICES_CORE_PARTY_H
#define SERVICES_CORE_PARTY_H

#include "services/core/service.h"
#include "services/core/vouched.h"

struct party {
    char id[HOLDER_MAX + 1], enterprise[HOLDER_MAX + 1]; // enterprise "": none
    uint8_t root[P256_COMPRESSED_SIZE];
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    const struct signer *signer; // where the key is not in memory, of any thread; else NULL
    struct vouched *vouched;     // signatures of certificates that were good
};

/// Begins a service: *state becomes what its handlers find in their context, the party of the keys
/// first; NULL for a service of nobody. False with a sentence: no keys (exit code 2), those of
/// another role (1), or what the service's own start said. Ended by party_stop.
bool party_start(const struct service *service, const struct service_place *place, void **state,
                 struct failure *failure);
/// Erases the key and frees the state; NULL is nothing.
void party_stop(const struct service *service, void *state);

/// Is this peer an operator of the service: of its own enterprise, or of none where it has none?
bool party_operates(const struct party *party, const struct peer *peer);

/// A signature with one thread's cryptography; erase it after use.
struct party_signer {
    struct signer signer;
    struct signer_scalar scalar;
};
void party_signer(const struct party *party, const struct crypto *crypto, struct party_signer *own);

/// Checks a chain from our root on as certificate_verify_chain does; today 0 skips expiry.
enum certificate_fault party_verify_chain(const struct party *party, const struct crypto *crypto,
                                          const struct bytes *chain, size_t count, uint32_t today,
                                          struct certificate *leaf);

/// Checks object, chain up to our root, role and day of an envelope. NULL: it is not good.
const struct object *party_envelope(const struct party *party, const struct call *call,
                                    const struct form *envelope, enum object_type type,
                                    uint32_t roles, struct certificate *signer);

#endif
