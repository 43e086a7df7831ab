// SPDX-License-Identifier: Apache-2.0
// Signatures of certificates that were found good once: the same few tills and authorities come
// with every upload. Only the signature is remembered; expiry, roles and names are judged anew each
// time, and what was not good is remembered never.
#ifndef SERVICES_CORE_VOUCHED_H
#define SERVICES_CORE_VOUCHED_H

#include "apdu/object/certificate.h"

/// One a service, for all of its threads.
struct vouched;

/// NULL: out of memory. Ended by vouched_free; NULL is nothing.
struct vouched *vouched_new(void);
void vouched_free(struct vouched *vouched);

/// certificate_verify_chain, word for word, but that a signature which was good before costs a
/// digest. crypto: of the calling thread.
enum certificate_fault vouched_verify_chain(struct vouched *vouched, const struct bytes *chain,
                                            size_t count,
                                            const uint8_t root_point[P256_COMPRESSED_SIZE],
                                            uint32_t today, const struct crypto *crypto,
                                            struct certificate *leaf);

#endif
