// SPDX-License-Identifier: Apache-2.0
// The journal: every accepted object and every posting group, chained by hash, with signed
// checkpoints. A request only notes a digest; the keeper seals what is noted afterwards, because a
// chain head in every request would be one hot row for all of them.
#ifndef SERVICES_CORE_JOURNAL_H
#define SERVICES_CORE_JOURNAL_H

#include "services/core/service.h"

/// What is kept of an object: its whole octets and the certificates (one after the other) that
/// verified it, so that an auditor needs nothing else. These are kept once for all that they
/// verified.
struct journal_object {
    uint8_t digest[SHA256_SIZE]; // of the body
    const char *kind;            // "usage-log"
    struct bytes octets, certificates;
};

/// Stores an object once; the same again is no failure. Notes it for sealing.
void journal_put(struct session *session, const struct crypto *crypto,
                 const struct journal_object *object, uint64_t now_ms);
/// An object stored before: octets and certificates in the session's arena. False: not here.
bool journal_get(struct session *session, const uint8_t digest[SHA256_SIZE],
                 struct journal_object *out);
/// Notes any other digest for sealing: a posting group's.
void journal_note(struct session *session, const uint8_t digest[SHA256_SIZE]);

enum { JOURNAL_SEAL_MOST = 1000 };

/// Chains what is noted, at most JOURNAL_SEAL_MOST in the order of the digests: chain of seq =
/// SHA-256(chain of seq - 1 ‖ digest), 32 zeros before the first. Returns how many; 0 also when the
/// session fails.
size_t journal_seal(struct session *session, const struct crypto *crypto);

/// Signs the end of the chain unless the newest checkpoint does so already. False: the signer
/// failed.
bool journal_checkpoint(struct session *session, const struct service_context *context,
                        uint64_t now_ms);
/// What a checkpoint signs: lines "Tessera/1 checkpoint", service, seq, chain (hexadecimal),
/// made_ms.
void journal_checkpoint_text(const char *service, int64_t seq, struct bytes chain, int64_t made_ms,
                             struct buffer *out);

/// Newest time in the journal, 0 when it is empty. A clock behind it must not sign anything.
uint64_t journal_last_ms(struct session *session);

extern const struct statement journal_sql[];
extern const size_t journal_sql_count;

#endif
