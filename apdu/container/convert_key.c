// SPDX-License-Identifier: Apache-2.0
#include "apdu/container/convert_key.h"

#include "apdu/crypto/binding.h"

struct convert_terms convert_terms_of(const struct object *grant) {
    return (struct convert_terms){grant->fields[FIELD_ORIGINAL], grant->fields[FIELD_ENTERPRISE],
                                  grant->fields[FIELD_DESTINATION],
                                  grant->fields[FIELD_POLICY_HASH],
                                  object_uint(grant, FIELD_SERIAL)};
}

static void bind(struct binding *binding, const struct convert_terms *terms) {
    binding_begin(binding, "convert");
    binding_add(binding, terms->original);
    binding_add(binding, terms->enterprise);
    binding_add(binding, terms->converter);
    binding_add_uint(binding, terms->serial, 8);
}

bool convert_key_seal(const struct crypto *crypto, const struct convert_terms *terms,
                      const uint8_t recipient[P256_COMPRESSED_SIZE], struct bytes key,
                      uint8_t *wrapped, size_t *size) {
    struct binding binding;
    bind(&binding, terms);
    wrapped[0] = HPKE_AES_256;
    *size = 1 + HPKE_OVERHEAD + key.size;
    return binding.whole && key.size > 0 && key.size <= CONTAINER_KEY_MAX &&
           hpke_seal(crypto, HPKE_AES_256, recipient, binding_bytes(&binding), terms->policy_hash,
                     key, wrapped + 1);
}

bool convert_key_open(const struct crypto *crypto, const struct convert_terms *terms,
                      const uint8_t scalar[P256_SCALAR_SIZE],
                      const uint8_t point[P256_COMPRESSED_SIZE], struct bytes wrapped, uint8_t *key,
                      size_t *size) {
    struct binding binding;
    bind(&binding, terms);
    if (wrapped.size <= 1 + HPKE_OVERHEAD || wrapped.size > CONVERT_WRAPPED_MAX)
        return false;
    *size = wrapped.size - 1 - HPKE_OVERHEAD;
    return binding.whole && hpke_open(crypto, (enum hpke_algorithm)wrapped.data[0], scalar, point,
                                      binding_bytes(&binding), terms->policy_hash,
                                      bytes_of(wrapped.data + 1, wrapped.size - 1), key);
}
