// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/card_data.h"

#include <string.h>

bool draw_digits(const struct crypto *crypto, char *out, size_t count) {
    size_t done = 0;
    while (done < count) {
        uint8_t octet;
        if (!crypto->ops->random(crypto, &octet, 1))
            return false;
        if (octet < 250)
            out[done++] = (char)('0' + octet % 10);
    }
    out[count] = '\0';
    return true;
}

size_t ndef_address(const char *url, uint8_t *out, size_t capacity) {
    size_t size = strlen(url);
    uint8_t header[] = {0xD1, 0x01, (uint8_t)(size + 1), 'U', 0x00};
    if (size + 1 > UINT8_MAX || sizeof header + size > capacity)
        return 0;
    memcpy(out, header, sizeof header);
    memcpy(out + sizeof header, url, size);
    return sizeof header + size;
}
