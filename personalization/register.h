// SPDX-License-Identifier: Apache-2.0
// What an authority has done, as text that only grows: one line a certificate issued, one line a
// revocation, each synced before its certificate or refusal leaves. A torn last line was never
// acknowledged and is cut off. Columns: docs/man/tessera-ca.1.
#ifndef PERSONALIZATION_REGISTER_H
#define PERSONALIZATION_REGISTER_H

#include "apdu/certificate.h"
#include "services/wire/failure.h"

struct register_entry {
    uint64_t serial; // 1, 2, ...
    uint32_t date;   // of issue
    char holder[HOLDER_MAX + 1];
    uint16_t roles;
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

bool register_load(struct register_list *list, const char *directory, struct failure *failure);
void register_free(struct register_list *list);

/// Appends a certificate; serial is filled in with the next one. On disk first, then in the list.
bool register_add(struct register_list *list, const char *directory, struct register_entry *entry,
                  struct failure *failure);

/// Records a revocation.
bool register_revoke(struct register_list *list, const char *directory, size_t index, uint32_t date,
                     struct failure *failure);

/// How many certificates this holder has had, valid or not.
size_t register_count(const struct register_list *list, const char *holder);

/// Index of the last entry of this holder that is neither revoked nor expired on today; count if
/// there is none.
size_t register_find_valid(const struct register_list *list, const char *holder, uint32_t today);

#endif
