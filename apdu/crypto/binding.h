// SPDX-License-Identifier: Apache-2.0
// What a derived or wrapped key is bound to: a label and fields, each after its length, so that no
// two lists of fields give the same octets (docs/protocol.md, Binding). Freestanding.
#ifndef APDU_CRYPTO_BINDING_H
#define APDU_CRYPTO_BINDING_H

#include "base/bytes.h"

enum { BINDING_MAX = 256 };

/// "Tessera/1", then label and fields, each as two octets of length and its octets.
struct binding {
    uint8_t octets[BINDING_MAX];
    size_t size;
    bool whole; // everything so far had room
};

/// Starts with the label, whose size is below 256.
void binding_begin(struct binding *binding, const char *label);
/// Adds a field of any octets; none is a field, too.
void binding_add(struct binding *binding, struct bytes field);
/// An unsigned number as a field of so many octets (1..8), big-endian.
void binding_add_uint(struct binding *binding, uint64_t value, size_t size);
/// The octets; empty when something had no room: no caller's binding is empty otherwise.
struct bytes binding_bytes(const struct binding *binding);

#endif
