// SPDX-License-Identifier: Apache-2.0
#include "base/base64url.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool base64url_encode(struct bytes octets, char *text, size_t capacity) {
    uint32_t bits = 0;
    unsigned held = 0;
    size_t out = 0;
    if (capacity < BASE64URL_SIZE(octets.size))
        return false;
    for (size_t i = 0; i < octets.size; i++) {
        bits = bits << 8 | octets.data[i];
        for (held += 8; held >= 6; held -= 6)
            text[out++] = alphabet[bits >> (held - 6) & 0x3F];
    }
    if (held > 0)
        text[out++] = alphabet[bits << (6 - held) & 0x3F];
    text[out] = '\0';
    return true;
}

bool base64url_decode(const char *text, uint8_t *octets, size_t capacity, size_t *size) {
    uint32_t bits = 0;
    unsigned held = 0;
    *size = 0;
    for (; *text != '\0'; text++) {
        const char *at = strchr(alphabet, *text);
        if (at == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (*size == capacity)
            return false;
        octets[(*size)++] = (uint8_t)(bits >> held);
    }
    return held < 6 && (bits & ((1u << held) - 1)) == 0;
}
