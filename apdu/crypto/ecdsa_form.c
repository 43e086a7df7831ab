// SPDX-License-Identifier: Apache-2.0
// The two spellings of a P-256 signature: r and s of 32 octets each (on the card and in objects)
// and the DER form of SEC 1 C.5 that OpenSSL speaks; the rule that s is in the lower half.
#include "apdu/crypto/ecdsa_form.h"
#include "apdu/octets/tlv.h"

#include <string.h>

// FIPS 186-4 D.1.2.3, and its half rounded down.
static const uint8_t ORDER[P256_SCALAR_SIZE] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51};
static const uint8_t HALF_ORDER[P256_SCALAR_SIZE] = {
    0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8};

// out = a - b over 32 octets; returns the final borrow. Same time for every value.
static uint8_t subtract(const uint8_t *a, const uint8_t *b, uint8_t out[P256_SCALAR_SIZE]) {
    uint8_t borrow = 0;
    for (size_t i = P256_SCALAR_SIZE; i-- > 0;) {
        uint32_t difference = 0x100u + a[i] - b[i] - borrow;
        out[i] = (uint8_t)difference;
        borrow = difference < 0x100;
    }
    return borrow;
}

bool p256_scalar_is_valid(const uint8_t scalar[P256_SCALAR_SIZE]) {
    uint8_t difference[P256_SCALAR_SIZE], any = 0;
    uint8_t below = subtract(scalar, ORDER, difference);
    for (size_t i = 0; i < P256_SCALAR_SIZE; i++)
        any |= scalar[i];
    bytes_erase(difference, sizeof difference);
    return below == 1 && any != 0;
}

bool ecdsa_is_low(const uint8_t signature[ECDSA_SIZE]) {
    return memcmp(signature + P256_SCALAR_SIZE, HALF_ORDER, P256_SCALAR_SIZE) <= 0;
}

void ecdsa_make_low(uint8_t signature[ECDSA_SIZE]) {
    uint8_t *s = signature + P256_SCALAR_SIZE;
    if (!ecdsa_is_low(signature))
        subtract(ORDER, s, s);
}

static void put_integer(struct tlv_writer *out, const uint8_t number[P256_SCALAR_SIZE]) {
    uint8_t padded[P256_SCALAR_SIZE + 1] = {0};
    size_t skip = 0;
    memcpy(padded + 1, number, P256_SCALAR_SIZE);
    while (skip < P256_SCALAR_SIZE && padded[skip] == 0 && padded[skip + 1] < 0x80)
        skip++;
    tlv_put(out, 0x02, bytes_of(padded + skip, sizeof padded - skip));
}

size_t ecdsa_to_der(const uint8_t signature[ECDSA_SIZE], uint8_t der[ECDSA_DER_MAX]) {
    struct tlv_writer out = tlv_writer_over(der, ECDSA_DER_MAX);
    size_t mark = tlv_begin(&out, 0x30);
    put_integer(&out, signature);
    put_integer(&out, signature + P256_SCALAR_SIZE);
    tlv_end(&out, mark);
    return out.size;
}

static bool take_integer(struct bytes *rest, uint8_t number[P256_SCALAR_SIZE]) {
    struct tlv integer;
    if (!tlv_next_strict(rest, &integer) || integer.tag != 0x02 || integer.value.size == 0)
        return false;
    struct bytes value = integer.value;
    if (value.data[0] == 0)
        value = bytes_of(value.data + 1, value.size - 1);
    if (value.size > P256_SCALAR_SIZE)
        return false;
    memset(number, 0, P256_SCALAR_SIZE);
    if (value.size > 0)
        memcpy(number + P256_SCALAR_SIZE - value.size, value.data, value.size);
    return true;
}

bool ecdsa_from_der(struct bytes der, uint8_t signature[ECDSA_SIZE]) {
    struct tlv sequence;
    if (!tlv_next_strict(&der, &sequence) || sequence.tag != 0x30 || der.size != 0)
        return false;
    struct bytes rest = sequence.value;
    return take_integer(&rest, signature) && take_integer(&rest, signature + P256_SCALAR_SIZE) &&
           rest.size == 0;
}
