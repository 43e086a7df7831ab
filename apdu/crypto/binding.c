// SPDX-License-Identifier: Apache-2.0
#include "apdu/crypto/binding.h"

#include <string.h>

static void append(struct binding *binding, struct bytes octets) {
    if (octets.size > sizeof binding->octets - binding->size) {
        binding->whole = false;
        return;
    }
    if (octets.size > 0)
        memcpy(binding->octets + binding->size, octets.data, octets.size);
    binding->size += octets.size;
}

void binding_begin(struct binding *binding, const char *label) {
    binding->size = 0;
    binding->whole = true;
    append(binding, bytes_of_string("Tessera/1"));
    binding_add(binding, bytes_of_string(label));
}

void binding_add(struct binding *binding, struct bytes field) {
    uint8_t length[2];
    bytes_put_be(length, sizeof length, field.size);
    append(binding, BYTES_OF(length));
    append(binding, field);
}

void binding_add_uint(struct binding *binding, uint64_t value, size_t size) {
    uint8_t octets[8];
    bytes_put_be(octets, size, value);
    binding_add(binding, bytes_of(octets, size));
}

struct bytes binding_bytes(const struct binding *binding) {
    return bytes_of(binding->octets, binding->whole ? binding->size : 0);
}
