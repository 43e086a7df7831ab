// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <string.h>

struct bytes bytes_of_string(const char *text) {
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t size) {
    uint8_t difference = 0;
    for (size_t i = 0; i < size; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

void bytes_erase(void *data, size_t size) {
    if (size == 0)
        return;
    memset(data, 0, size);
    __asm__ volatile("" : : "r"(data) : "memory"); // for all the compiler knows, somebody reads it
}

uint64_t bytes_get_be(const uint8_t *data, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | data[i];
    return value;
}

void bytes_put_be(uint8_t *data, size_t size, uint64_t value) {
    while (size-- > 0) {
        data[size] = (uint8_t)value;
        value >>= 8;
    }
}

size_t bytes_be_size(uint64_t value) {
    size_t size = 1;
    while (value >>= 8)
        size++;
    return size;
}
