// SPDX-License-Identifier: Apache-2.0
// The form of a secure container (docs/content.md, The file). Integers are big-endian.
//
//     0   8  "TESSERAC"     8  2  version 1     10  2  0     12  4  M, octets of the front
//     16  M  front: policy, container object, [convert grant], certificates (front.h)
//     16+M   list: a row of 32 octets for each chunk, SHA-256 of its number (4) and its octets
//     then   chunks: 2^log2 octets of ciphertext and a tag of 16; the last one may be shorter
//
// Nothing follows the last chunk. The container object signs the digest of the list. Freestanding.
#ifndef APDU_CONTAINER_CONTAINER_H
#define APDU_CONTAINER_CONTAINER_H

#include "apdu/object/object.h"

enum {
    CONTAINER_HEAD_SIZE = 16,
    CONTAINER_ROW_SIZE = SHA256_SIZE,
    CONTAINER_CHUNK_LOG_MIN = 12,
    CONTAINER_CHUNK_LOG_MAX = 24,
    CONTAINER_CHUNK_LOG = 16, // of whoever does not choose
    CONTAINER_CHUNK_MAX = (1 << CONTAINER_CHUNK_LOG_MAX) + GCM_TAG_SIZE,
    CONTAINER_FRAME = 4, // octets of a chunk's number in front of what its row hashes
    CONTAINER_CEK_SIZE = 32,
    CONTAINER_KEY_MAX = 64, // of the ticket's key octets, at least one
};

/// How the key of the chunks comes from the ticket's (FIELD_ALGORITHM).
enum container_algorithm {
    CONTAINER_DERIVED = 1, // it follows from it
    CONTAINER_WRAPPED = 2, // a random one, encrypted under one that follows from it
    CONTAINER_PUBLIC = 3,  // a random one, sealed for the key pair that follows from it
};

/// Sizes and places of one container.
struct container_form {
    uint64_t size;  // octets of content
    unsigned log2;  // of a whole chunk's content
    uint64_t count; // chunks, at least one
    uint32_t front; // octets of the front
};

/// Fills in the form. False: a chunk out of range, or more chunks than 32 bits count.
bool container_form(struct container_form *form, uint64_t size, unsigned log2, uint32_t front);

/// Octets of content in chunk i.
size_t container_chunk_content(const struct container_form *form, uint64_t i);
/// Where the list begins.
uint64_t container_list_at(const struct container_form *form);
/// Where chunk i begins; of i = count the end of the file.
uint64_t container_chunk_at(const struct container_form *form, uint64_t i);

/// The first CONTAINER_HEAD_SIZE octets.
void container_put_head(uint8_t head[CONTAINER_HEAD_SIZE], uint32_t front);
/// Octets of the front; 0: these begin no container of this version.
uint32_t container_take_head(const uint8_t head[CONTAINER_HEAD_SIZE]);

/// The list's row of chunk i. framed: CONTAINER_FRAME octets that are overwritten, then the chunk's
/// size octets with their tag.
bool container_row(const struct crypto *crypto, uint64_t i, uint8_t *framed, size_t size,
                   uint8_t row[CONTAINER_ROW_SIZE]);

/// What a key is bound to; spans are the caller's.
struct container_terms {
    struct bytes content, sealer, salt; // salt: 32 octets
    bool derived;                       // made by a converter out of another container
    unsigned log2;
    uint64_t size;
    enum container_algorithm algorithm;
};

/// The terms that a container object states.
struct container_terms container_terms_of(const struct object *manifest);

/// Octets of FIELD_WRAPPED_CEK; 0: the algorithm has none.
size_t container_wrapped_size(enum container_algorithm algorithm);

/// The sealer's side: the key of the chunks and what the manifest says of it, generated or derived.
/// key: 1 to CONTAINER_KEY_MAX octets; wrapped: container_wrapped_size octets.
bool container_cek_make(const struct crypto *crypto, const struct container_terms *terms,
                        struct bytes key, uint8_t cek[CONTAINER_CEK_SIZE], uint8_t *wrapped);
/// The player's side. False: not the key of this container, or a primitive failed; under
/// CONTAINER_DERIVED any key gives octets, and the first chunk tells.
bool container_cek_open(const struct crypto *crypto, const struct container_terms *terms,
                        struct bytes key, struct bytes wrapped, uint8_t cek[CONTAINER_CEK_SIZE]);

/// Encrypts chunk i; out: its content's size and GCM_TAG_SIZE, and may begin where plain does.
bool container_seal_chunk(const struct crypto *crypto, const uint8_t cek[CONTAINER_CEK_SIZE],
                          const struct container_form *form, uint64_t i, const uint8_t *plain,
                          uint8_t *out);
/// Decrypts chunk i, octets with its tag, to out, which may begin where octets do. False: not
/// what the key sealed; out is then erased.
bool container_open_chunk(const struct crypto *crypto, const uint8_t cek[CONTAINER_CEK_SIZE],
                          const struct container_form *form, uint64_t i, const uint8_t *octets,
                          uint8_t *out);

#endif
