// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/marks.h"

#include "apdu/object/certificate_form.h"

#include <string.h>

bool mark_of_holder(const struct crypto *crypto, struct bytes issuer, struct bytes holder,
                    uint8_t mark[MARK_SIZE]) {
    uint8_t named[2 * (HOLDER_MAX + 4)], digest[SHA256_SIZE];
    struct tlv_writer out = tlv_writer_over(named, sizeof named);
    tlv_put(&out, CVC_ISSUER, issuer);
    tlv_put(&out, CVC_HOLDER, holder);
    if (!tlv_writer_ok(&out) || !crypto->ops->sha256(crypto, tlv_writer_bytes(&out), digest))
        return false;
    memcpy(mark, digest, MARK_SIZE);
    return true;
}

bool marks_rise(struct bytes marks) {
    if (marks.size % MARK_SIZE != 0)
        return false;
    for (size_t at = MARK_SIZE; at < marks.size; at += MARK_SIZE)
        if (memcmp(marks.data + at - MARK_SIZE, marks.data + at, MARK_SIZE) >= 0)
            return false;
    return true;
}

bool marks_chain(const struct crypto *crypto, uint8_t digest[SHA256_SIZE], struct bytes part) {
    uint8_t both[2 * SHA256_SIZE];
    memcpy(both, digest, SHA256_SIZE);
    return crypto->ops->sha256(crypto, part, both + SHA256_SIZE) &&
           crypto->ops->sha256(crypto, BYTES_OF(both), digest);
}

struct bytes marks_part(struct bytes marks, size_t number) {
    size_t at = number < marks.size / MARKS_PART_MAX + 1 ? number * MARKS_PART_MAX : marks.size;
    size_t left = marks.size - at;
    return bytes_of(marks.data + at, left < MARKS_PART_MAX ? left : MARKS_PART_MAX);
}

bool marks_digest(const struct crypto *crypto, struct bytes marks, uint8_t digest[SHA256_SIZE]) {
    memset(digest, 0, SHA256_SIZE);
    for (size_t i = 0; marks_part(marks, i).size > 0; i++)
        if (!marks_chain(crypto, digest, marks_part(marks, i)))
            return false;
    return true;
}

bool marks_have(struct bytes marks, const uint8_t mark[MARK_SIZE]) {
    size_t low = 0, high = marks.size / MARK_SIZE;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(marks.data + middle * MARK_SIZE, mark, MARK_SIZE);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
