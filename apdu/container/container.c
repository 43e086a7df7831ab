// SPDX-License-Identifier: Apache-2.0
#include "apdu/container/container.h"

#include "apdu/crypto/binding.h"
#include "apdu/crypto/hkdf.h"
#include "apdu/crypto/hpke.h"

#include <string.h>

static const uint8_t LEAD[] = {'T', 'E', 'S', 'S', 'E', 'R', 'A', 'C', 0, 1, 0, 0};

bool container_form(struct container_form *form, uint64_t size, unsigned log2, uint32_t front) {
    if (log2 < CONTAINER_CHUNK_LOG_MIN || log2 > CONTAINER_CHUNK_LOG_MAX)
        return false;
    uint64_t mask = (UINT64_C(1) << log2) - 1;
    uint64_t count = size == 0 ? 1 : (size >> log2) + ((size & mask) != 0);
    *form = (struct container_form){size, log2, count, front};
    return count <= UINT32_MAX;
}

size_t container_chunk_content(const struct container_form *form, uint64_t i) {
    return i + 1 < form->count ? (size_t)1 << form->log2
                               : (size_t)(form->size - ((form->count - 1) << form->log2));
}

uint64_t container_list_at(const struct container_form *form) {
    return CONTAINER_HEAD_SIZE + (uint64_t)form->front;
}

uint64_t container_chunk_at(const struct container_form *form, uint64_t i) {
    uint64_t content = i < form->count ? i << form->log2 : form->size;
    return container_list_at(form) + CONTAINER_ROW_SIZE * form->count + content + GCM_TAG_SIZE * i;
}

void container_put_head(uint8_t head[CONTAINER_HEAD_SIZE], uint32_t front) {
    memcpy(head, LEAD, sizeof LEAD);
    bytes_put_be(head + sizeof LEAD, 4, front);
}

uint32_t container_take_head(const uint8_t head[CONTAINER_HEAD_SIZE]) {
    return memcmp(head, LEAD, sizeof LEAD) == 0 ? (uint32_t)bytes_get_be(head + sizeof LEAD, 4) : 0;
}

bool container_row(const struct crypto *crypto, uint64_t i, uint8_t *framed, size_t size,
                   uint8_t row[CONTAINER_ROW_SIZE]) {
    bytes_put_be(framed, CONTAINER_FRAME, i);
    return crypto->ops->sha256(crypto, bytes_of(framed, CONTAINER_FRAME + size), row);
}

// ---- keys ------------------------------------------------------------------------------------

struct container_terms container_terms_of(const struct object *manifest) {
    return (struct container_terms){
        .content = manifest->fields[FIELD_CONTENT],
        .sealer = manifest->fields[FIELD_SEALER],
        .salt = manifest->fields[FIELD_SALT],
        .derived = object_has(manifest, FIELD_ORIGINAL),
        .log2 = manifest->fields[FIELD_CHUNK].data[0],
        .size = object_uint(manifest, FIELD_SIZE),
        .algorithm = (enum container_algorithm)manifest->fields[FIELD_ALGORITHM].data[0]};
}

size_t container_wrapped_size(enum container_algorithm algorithm) {
    return algorithm == CONTAINER_WRAPPED  ? CONTAINER_CEK_SIZE + GCM_TAG_SIZE
           : algorithm == CONTAINER_PUBLIC ? CONTAINER_CEK_SIZE + HPKE_OVERHEAD
                                           : 0;
}

static void bind(struct binding *binding, const char *label, const struct container_terms *terms) {
    binding_begin(binding, label);
    binding_add(binding, terms->content);
    binding_add_uint(binding, terms->derived, 1);
    binding_add(binding, terms->sealer);
    binding_add_uint(binding, terms->log2, 1);
    binding_add_uint(binding, terms->size, 8);
}

/// A key of 32 octets that follows from the ticket's.
static bool derive(const struct crypto *crypto, const char *label,
                   const struct container_terms *terms, struct bytes key,
                   uint8_t out[CONTAINER_CEK_SIZE]) {
    struct binding binding;
    bind(&binding, label, terms);
    return key.size > 0 && key.size <= CONTAINER_KEY_MAX && binding.whole &&
           hkdf(crypto, key, terms->salt, binding_bytes(&binding), out, CONTAINER_CEK_SIZE);
}

static bool wrap(const struct crypto *crypto, const struct container_terms *terms, struct bytes key,
                 const uint8_t *cek, uint8_t *wrapped) {
    static const uint8_t nonce[GCM_NONCE_SIZE];
    uint8_t over[CONTAINER_CEK_SIZE];
    bool done = derive(crypto, "wrap", terms, key, over) &&
                crypto->ops->aes_gcm_seal(crypto, BYTES_OF(over), nonce, bytes_of(NULL, 0),
                                          bytes_of(cek, CONTAINER_CEK_SIZE), wrapped,
                                          wrapped + CONTAINER_CEK_SIZE);
    bytes_erase(over, sizeof over);
    return done;
}

static bool unwrap(const struct crypto *crypto, const struct container_terms *terms,
                   struct bytes key, const uint8_t *wrapped, uint8_t *cek) {
    static const uint8_t nonce[GCM_NONCE_SIZE];
    uint8_t over[CONTAINER_CEK_SIZE];
    bool done = derive(crypto, "wrap", terms, key, over) &&
                crypto->ops->aes_gcm_open(crypto, BYTES_OF(over), nonce, bytes_of(NULL, 0),
                                          bytes_of(wrapped, CONTAINER_CEK_SIZE), cek,
                                          wrapped + CONTAINER_CEK_SIZE);
    bytes_erase(over, sizeof over);
    return done;
}

/// cek NULL: seals what is in *in for the pair; else opens in to it.
static bool by_key_pair(const struct crypto *crypto, const struct container_terms *terms,
                        struct bytes key, struct bytes in, uint8_t *sealed, uint8_t *cek) {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    struct binding binding;
    bind(&binding, "public", terms);
    struct bytes info = binding_bytes(&binding), none = bytes_of(NULL, 0);
    bool done = key.size > 0 && key.size <= CONTAINER_KEY_MAX && binding.whole &&
                hpke_derive_key_pair(crypto, key, scalar, point) &&
                (cek == NULL ? hpke_seal(crypto, HPKE_AES_256, point, info, none, in, sealed)
                             : hpke_open(crypto, HPKE_AES_256, scalar, point, info, none, in, cek));
    crypto->ops->forget(crypto, scalar);
    bytes_erase(scalar, sizeof scalar);
    return done;
}

bool container_cek_make(const struct crypto *crypto, const struct container_terms *terms,
                        struct bytes key, uint8_t cek[CONTAINER_CEK_SIZE], uint8_t *wrapped) {
    if (terms->algorithm == CONTAINER_DERIVED)
        return derive(crypto, "content", terms, key, cek);
    bool done =
        crypto->ops->random(crypto, cek, CONTAINER_CEK_SIZE) &&
        (terms->algorithm == CONTAINER_WRAPPED
             ? wrap(crypto, terms, key, cek, wrapped)
             : by_key_pair(crypto, terms, key, bytes_of(cek, CONTAINER_CEK_SIZE), wrapped, NULL));
    if (!done)
        bytes_erase(cek, CONTAINER_CEK_SIZE);
    return done;
}

bool container_cek_open(const struct crypto *crypto, const struct container_terms *terms,
                        struct bytes key, struct bytes wrapped, uint8_t cek[CONTAINER_CEK_SIZE]) {
    if (wrapped.size != container_wrapped_size(terms->algorithm))
        return false;
    if (terms->algorithm == CONTAINER_DERIVED)
        return derive(crypto, "content", terms, key, cek);
    if (terms->algorithm == CONTAINER_WRAPPED)
        return unwrap(crypto, terms, key, wrapped.data, cek);
    return by_key_pair(crypto, terms, key, wrapped, NULL, cek);
}

// ---- chunks ----------------------------------------------------------------------------------

// Seven zeros, the number, and whether it is the last: no chunk stands in for another.
static void nonce_of(const struct container_form *form, uint64_t i, uint8_t nonce[GCM_NONCE_SIZE]) {
    bytes_put_be(nonce, 7, 0);
    bytes_put_be(nonce + 7, 4, i);
    nonce[11] = i + 1 == form->count;
}

bool container_seal_chunk(const struct crypto *crypto, const uint8_t cek[CONTAINER_CEK_SIZE],
                          const struct container_form *form, uint64_t i, const uint8_t *plain,
                          uint8_t *out) {
    uint8_t nonce[GCM_NONCE_SIZE];
    size_t size = container_chunk_content(form, i);
    nonce_of(form, i, nonce);
    return crypto->ops->aes_gcm_seal(crypto, bytes_of(cek, CONTAINER_CEK_SIZE), nonce,
                                     bytes_of(NULL, 0), bytes_of(plain, size), out, out + size);
}

bool container_open_chunk(const struct crypto *crypto, const uint8_t cek[CONTAINER_CEK_SIZE],
                          const struct container_form *form, uint64_t i, const uint8_t *octets,
                          uint8_t *out) {
    uint8_t nonce[GCM_NONCE_SIZE];
    size_t size = container_chunk_content(form, i);
    nonce_of(form, i, nonce);
    return crypto->ops->aes_gcm_open(crypto, bytes_of(cek, CONTAINER_CEK_SIZE), nonce,
                                     bytes_of(NULL, 0), bytes_of(octets, size), out, octets + size);
}
