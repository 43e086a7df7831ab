// SPDX-License-Identifier: Apache-2.0
// What an authority has done, as text that only grows: one line a certificate issued, one line a
// revocation, each synced before its certificate or refusal leaves. A torn last line was never
// acknowledged and is cut off. Columns: docs/man/tessera-ca.1.
#ifndef PERSONALIZATION_AUTHORITY_REGISTER_H
#define PERSONALIZATION_AUTHORITY_REGISTER_H

#include "apdu/object/certificate.h"
#include "base/failure.h"

/// Beside the role of a card: X.509 alone, for the machine around that card. Such an entry is none
/// of the holder's certificates in what follows, but where it says so.
enum { REGISTER_NETWORK = 0x100000 };

struct register_entry {
    uint64_t serial; // 1, 2, ...
    uint32_t date;   // of issue
    char holder[HOLDER_MAX + 1];
    uint32_t roles;
    char enterprise[HOLDER_MAX + 1];
    uint32_t from, until;
    enum assurance assurance;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    uint32_t revoked; // day; 0: not revoked
};

/// The whole register in memory, in order of serials.
struct register_list {
    struct register_entry *entries;
    size_t count, capacity;
};

/// Reads issued.tsv and revoked.tsv of a directory; neither there is an empty register. False:
/// unreadable or malformed, with file and line.
bool register_load(struct register_list *list, const char *directory, struct failure *failure);
/// Frees the entries.
void register_free(struct register_list *list);

/// Appends a certificate; serial is filled in with the next one. On disk first, then in the list.
bool register_add(struct register_list *list, const char *directory, struct register_entry *entry,
                  struct failure *failure);

/// Records a revocation.
bool register_revoke(struct register_list *list, const char *directory, size_t index, uint32_t date,
                     struct failure *failure);

/// How many certificates this holder has had, valid or not, but for those of identities.
size_t register_count(const struct register_list *list, const char *holder);

/// The last entry of this holder, whatever has become of it, but for identities; NULL if there is
/// none.
const struct register_entry *register_latest(const struct register_list *list, const char *holder);

/// Index of the last entry of this holder that is neither revoked nor expired on today, nor of an
/// identity; count if there is none.
size_t register_find_valid(const struct register_list *list, const char *holder, uint32_t today);

/// The same of the entries for the machine around the holder's card.
size_t register_find_network(const struct register_list *list, const char *holder, uint32_t today);

/// Is an entry of this holder neither revoked nor expired on today?
bool register_is_valid(const struct register_entry *entry, const char *holder, uint32_t today);

#endif
