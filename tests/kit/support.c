// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/support.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit(char c) {
    const char *found = strchr("0123456789ABCDEF", toupper((unsigned char)c));
    if (c == '\0' || found == NULL) {
        fprintf(stderr, "test: '%c' is no hexadecimal digit\n", c);
        abort();
    }
    return (unsigned)(found - "0123456789ABCDEF") & 0xF;
}

static const char *skip_blanks(const char *text) {
    while (*text == ' ')
        text++;
    return text;
}

size_t from_hex(const char *text, uint8_t *out, size_t capacity) {
    size_t size = 0;
    for (text = skip_blanks(text); *text != '\0'; text = skip_blanks(text + 2)) {
        if (size == capacity) {
            fprintf(stderr, "test: more than %zu octets\n", capacity);
            abort();
        }
        out[size++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
    }
    return size;
}

bool is_hex(const uint8_t *octets, size_t size, const char *text) {
    uint8_t wanted[4096];
    if (from_hex(text, wanted, sizeof wanted) == size && memcmp(octets, wanted, size) == 0)
        return true;
    fprintf(stderr, "expected %s\n     got ", text);
    for (size_t i = 0; i < size; i++)
        fprintf(stderr, "%02X", octets[i]);
    fprintf(stderr, "\n");
    return false;
}
