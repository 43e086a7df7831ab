// SPDX-License-Identifier: Apache-2.0
// Spans of bytes and the few operations everything else is built on: big-endian integers,
// constant-time comparison, erasure that the compiler may not drop. Freestanding.
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A read-only span; it never owns what it points at. data may be NULL only when size is 0.
struct bytes {
    const uint8_t *data;
    size_t size;
};

/// Span over a C array of known size.
#define BYTES_OF(array) ((struct bytes){(array), sizeof(array)})

static inline struct bytes bytes_of(const void *data, size_t size) {
    struct bytes span = {(const uint8_t *)data, size};
    return span;
}

/// Span over the characters of a string, without its terminator.
struct bytes bytes_of_string(const char *text);

/// Are the contents equal? Not constant time: for public data only.
bool bytes_equal(struct bytes a, struct bytes b);

/// Constant-time comparison of two buffers of one size: for PINs, MACs, digests, challenges.
bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t size);

/// Overwrites a secret; the stores survive optimisation.
void bytes_erase(void *data, size_t size);

/// Big-endian integer of 1..8 octets.
uint64_t bytes_get_be(const uint8_t *data, size_t size);
/// Writes a number as so many octets (1..8), big-endian; what does not fit is cut off.
void bytes_put_be(uint8_t *data, size_t size, uint64_t value);

/// Octets of the shortest big-endian form of value; 0 takes one octet.
size_t bytes_be_size(uint64_t value);

#endif
