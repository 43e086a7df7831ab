// SPDX-License-Identifier: Apache-2.0
// Sample objects of every type for tests: lawful values for every field, smallest and largest
// forms, and assembly from arbitrary fields with a good signature, so that only the decoder can
// refuse.
#ifndef TESTS_KIT_OBJECTS_H
#define TESTS_KIT_OBJECTS_H

#include "apdu/object/object.h"

enum sample { SAMPLE_SMALLEST, SAMPLE_TYPICAL, SAMPLE_LARGEST };

/// One data object of a body; value may be anything.
struct sample_item {
    tlv_tag tag;
    struct bytes value;
};

enum { SAMPLE_ITEMS_MAX = 32, SAMPLE_OBJECT_MAX = 8192 };

/// A body in pieces: type and version first, then the schema's fields.
struct sample_body {
    struct sample_item items[SAMPLE_ITEMS_MAX];
    size_t count;
    uint8_t store[SAMPLE_OBJECT_MAX];
    size_t used;
};

/// Fills in a lawful body: SMALLEST has no optional field but those a rule asks for, the others
/// have all.
void sample_fill(struct sample_body *body, enum object_type type, enum sample size);

/// Puts other octets in the place of a field; a body without it stays as it is.
void sample_set(struct sample_body *body, enum field field, struct bytes value);
/// Takes a field out.
void sample_drop(struct sample_body *body, enum field field);

/// Writes E1 and 9E over the pieces, with no rule checked.
struct bytes sample_assemble(const struct sample_body *body, const struct signer *signer,
                             uint8_t *out, size_t capacity);

/// fill and assemble in one.
struct bytes sample_object(enum object_type type, enum sample size, const struct signer *signer,
                           uint8_t *out, size_t capacity);

/// A key pair and signer for tests; the scalar lives in *scalar.
void sample_signer(const struct crypto *crypto, struct signer *signer,
                   struct signer_scalar *scalar);

#endif
