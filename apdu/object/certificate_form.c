// SPDX-License-Identifier: Apache-2.0
#include "apdu/object/certificate_form.h"
#include "apdu/octets/date.h"

#include <string.h>

enum { DATE_SIZE = 6, CENTURY = 20000000 };

// ---- writing -------------------------------------------------------------------------------

static void put_date(struct tlv_writer *out, tlv_tag tag, uint32_t date) {
    uint8_t digits[DATE_SIZE];
    for (size_t i = DATE_SIZE; i-- > 0; date /= 10)
        digits[i] = (uint8_t)(date % 10);
    tlv_put(out, tag, BYTES_OF(digits));
}

static void put_key(struct tlv_writer *out, const struct certificate *fields) {
    size_t mark = tlv_begin(out, CVC_PUBLIC_KEY);
    tlv_put(out, CVC_SIGNING_POINT, bytes_of(fields->signing_point, P256_COMPRESSED_SIZE));
    if (fields->kem_point != NULL)
        tlv_put(out, CVC_KEM_POINT, bytes_of(fields->kem_point, P256_COMPRESSED_SIZE));
    tlv_end(out, mark);
}

static void put_authorization(struct tlv_writer *out, const struct certificate *fields) {
    uint8_t roles[3];
    bytes_put_be(roles, 2, fields->roles);
    roles[2] = (uint8_t)fields->assurance;
    size_t mark = tlv_begin(out, CVC_AUTHORIZATION);
    tlv_put(out, CVC_ROLES, BYTES_OF(roles));
    tlv_end(out, mark);
}

void certificate_put_body(struct tlv_writer *out, const struct certificate *fields) {
    static const uint8_t PROFILE[] = {0};
    size_t mark = tlv_begin(out, CVC_BODY);
    tlv_put(out, CVC_PROFILE, BYTES_OF(PROFILE));
    tlv_put(out, CVC_ISSUER, fields->issuer);
    put_key(out, fields);
    tlv_put(out, CVC_HOLDER, fields->holder);
    if (fields->enterprise.size > 0)
        tlv_put(out, CVC_ENTERPRISE, fields->enterprise);
    if (fields->space.size > 0)
        tlv_put(out, CVC_SPACE, fields->space);
    put_authorization(out, fields);
    if (fields->made != 0)
        put_date(out, CVC_MADE, fields->made);
    put_date(out, CVC_FROM, fields->from);
    put_date(out, CVC_UNTIL, fields->until);
    tlv_end(out, mark);
}

// ---- reading -------------------------------------------------------------------------------

// The next data object must have this tag and a size within min..max.
static bool take(struct bytes *rest, tlv_tag tag, size_t min, size_t max, struct bytes *value) {
    struct tlv item;
    struct bytes after = *rest;
    if (!tlv_next_strict(&after, &item) || item.tag != tag || item.value.size < min ||
        item.value.size > max)
        return false;
    *value = item.value;
    *rest = after;
    return true;
}

static bool take_point(struct bytes *rest, tlv_tag tag, const uint8_t **point) {
    struct bytes value;
    if (!take(rest, tag, P256_COMPRESSED_SIZE, P256_COMPRESSED_SIZE, &value) ||
        (value.data[0] != 0x02 && value.data[0] != 0x03))
        return false;
    *point = value.data;
    return true;
}

static bool take_key(struct bytes *rest, struct certificate *out) {
    struct bytes key;
    out->kem_point = NULL;
    return take(rest, CVC_PUBLIC_KEY, 0, CERTIFICATE_MAX, &key) &&
           take_point(&key, CVC_SIGNING_POINT, &out->signing_point) &&
           (key.size == 0 || take_point(&key, CVC_KEM_POINT, &out->kem_point)) && key.size == 0;
}

static bool take_authorization(struct bytes *rest, struct certificate *out) {
    struct bytes outer, roles;
    if (!take(rest, CVC_AUTHORIZATION, 0, CERTIFICATE_MAX, &outer) ||
        !take(&outer, CVC_ROLES, 3, 3, &roles) || outer.size != 0)
        return false;
    out->roles = (uint16_t)bytes_get_be(roles.data, 2);
    out->assurance = (enum assurance)roles.data[2];
    return roles.data[2] == ASSURANCE_EMULATED || roles.data[2] == ASSURANCE_HARDWARE;
}

static bool take_date(struct bytes *rest, tlv_tag tag, uint32_t *date) {
    struct bytes digits;
    if (!take(rest, tag, DATE_SIZE, DATE_SIZE, &digits))
        return false;
    *date = 0;
    for (size_t i = 0; i < DATE_SIZE; i++) {
        if (digits.data[i] > 9)
            return false;
        *date = *date * 10 + digits.data[i];
    }
    *date += CENTURY;
    return date_is_valid(*date);
}

static bool is_authority(const struct certificate *certificate) {
    return (certificate->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0;
}

static bool take_fields(struct bytes rest, struct certificate *out) {
    struct bytes profile;
    out->enterprise = out->space = bytes_of(NULL, 0);
    out->made = 0;
    if (!take(&rest, CVC_PROFILE, 1, 1, &profile) || profile.data[0] != 0 ||
        !take(&rest, CVC_ISSUER, 1, HOLDER_MAX, &out->issuer) || !take_key(&rest, out) ||
        !take(&rest, CVC_HOLDER, 1, HOLDER_MAX, &out->holder))
        return false;
    take(&rest, CVC_ENTERPRISE, 1, HOLDER_MAX, &out->enterprise); // may be absent
    take(&rest, CVC_SPACE, 1, HOLDER_MAX, &out->space);           // the same
    if (!take_authorization(&rest, out))
        return false;
    if (is_authority(out) && !take_date(&rest, CVC_MADE, &out->made))
        return false;
    return take_date(&rest, CVC_FROM, &out->from) && take_date(&rest, CVC_UNTIL, &out->until) &&
           rest.size == 0;
}

static bool names_are_valid(const struct certificate *certificate) {
    bool root = (certificate->roles & ROLE_ROOT) != 0;
    return holder_is_valid(certificate->issuer, ROLE_ISSUING) &&
           holder_is_valid(certificate->holder, certificate->roles) &&
           (certificate->enterprise.size == 0 || holder_is_valid(certificate->enterprise, 0)) &&
           (certificate->space.size == 0 || ((certificate->roles & ROLE_ISSUING) != 0 &&
                                             holder_space_is_valid(certificate->space))) &&
           bytes_equal(certificate->issuer, certificate->holder) == root;
}

enum certificate_fault certificate_take_body(struct bytes body, struct certificate *out) {
    struct bytes content, rest = body;
    if (!take(&rest, CVC_BODY, 0, CERTIFICATE_MAX, &content) || rest.size != 0 ||
        !take_fields(content, out))
        return CERTIFICATE_MALFORMED;
    if (!roles_are_lawful(out->roles))
        return CERTIFICATE_ROLE_CONFLICT;
    if (!names_are_valid(out) || out->from > out->until || out->made > out->until)
        return CERTIFICATE_MALFORMED;
    out->body = body;
    return CERTIFICATE_OK;
}

enum certificate_fault certificate_parse(struct bytes in, struct certificate *out) {
    struct bytes rest = in, content, signature;
    struct tlv body;
    memset(out, 0, sizeof *out);
    if (in.size > CERTIFICATE_MAX || !take(&rest, CVC_CERTIFICATE, 0, CERTIFICATE_MAX, &content) ||
        rest.size != 0 || !tlv_next_strict(&content, &body) ||
        !take(&content, CVC_SIGNATURE, ECDSA_SIZE, ECDSA_SIZE, &signature) || content.size != 0)
        return CERTIFICATE_MALFORMED;
    enum certificate_fault fault = certificate_take_body(body.whole, out);
    out->signature = signature.data;
    out->whole = in;
    return fault;
}
