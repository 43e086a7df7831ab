// SPDX-License-Identifier: Apache-2.0
#include "card/identity/identity.h"

#include "apdu/object/marks.h"
#include "card/identity/trust.h"

#include <string.h>

static bool generate_pair(struct card_call *call, uint32_t scalar_at, uint32_t point_at) {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    bool drawn = call->crypto->ops->p256_generate(call->crypto, scalar, point);
    if (drawn) {
        card_shared_stage(call, scalar_at, scalar, sizeof scalar);
        card_shared_stage(call, point_at, point, sizeof point);
    }
    bytes_erase(scalar, sizeof scalar);
    return drawn;
}

uint16_t identity_generate(struct card_call *call) {
    if (card_shared_read_uint(call, SIGNING_POINT_AT, 1) != 0)
        return SW_EXISTS;
    if (!generate_pair(call, SIGNING_SCALAR_AT, SIGNING_POINT_AT) ||
        !generate_pair(call, KEM_SCALAR_AT, KEM_POINT_AT))
        return SW_UNKNOWN;
    return SW_OK;
}

/// Is it a certificate of this very card?
static bool is_own(const struct card_call *call, const struct certificate *certificate) {
    uint8_t signing[P256_COMPRESSED_SIZE], kem[P256_COMPRESSED_SIZE];
    card_shared_read(call, SIGNING_POINT_AT, signing, sizeof signing);
    card_shared_read(call, KEM_POINT_AT, kem, sizeof kem);
    return identity_is(call, certificate->holder) && certificate->roles == identity_roles(call) &&
           certificate->assurance == (enum assurance)identity_get(call, IDENTITY_ASSURANCE) &&
           memcmp(certificate->signing_point, signing, sizeof signing) == 0 &&
           (certificate->kem_point == NULL || memcmp(certificate->kem_point, kem, sizeof kem) == 0);
}

uint16_t identity_take_certificate(struct card_call *call, const struct certificate *certificate) {
    uint8_t issuer = 0, digest[CERTIFICATE_DIGEST_SIZE], mark[MARK_SIZE];
    if (!is_own(call, certificate))
        return SW_WRONG_PARTY;
    uint16_t sw = trust_check(call, certificate, clock_today(call), &issuer);
    if (sw != SW_OK)
        return sw;
    if (certificate->until < identity_get(call, IDENTITY_OWN_UNTIL))
        return SW_STALE;
    if (certificate->whole.size > CERTIFICATE_MAX ||
        !certificate_digest(call->crypto, certificate->whole, digest) ||
        !mark_of_holder(call->crypto, certificate->issuer, certificate->holder, mark))
        return SW_UNKNOWN;
    card_shared_stage(call, CERTIFICATE_AT, certificate->whole.data, certificate->whole.size);
    card_shared_stage(call, CERTIFICATE_DIGEST_AT, digest, sizeof digest);
    identity_set(call, IDENTITY_CERTIFICATE_SIZE, certificate->whole.size);
    identity_set(call, IDENTITY_OWN_UNTIL, certificate->until);
    identity_set(call, IDENTITY_OWN_ISSUER, issuer);
    identity_set(call, IDENTITY_OWN_MARK, bytes_get_be(mark, sizeof mark));
    return SW_OK;
}

/// The present certificate, parsed over whole (CERTIFICATE_MAX octets). False: there is none.
static bool present(const struct card_call *call, uint8_t *whole, struct certificate *out) {
    size_t size = (size_t)identity_get(call, IDENTITY_CERTIFICATE_SIZE);
    if (size == 0 || size > CERTIFICATE_MAX)
        return false;
    card_shared_read(call, CERTIFICATE_AT, whole, size);
    return certificate_parse(bytes_of(whole, size), out) == CERTIFICATE_OK;
}

uint16_t identity_renew_certificate(struct card_call *call, const struct certificate *certificate) {
    uint8_t whole[CERTIFICATE_MAX];
    struct certificate own;
    if (!is_own(call, certificate))
        return SW_WRONG_PARTY;
    if (!present(call, whole, &own) || !bytes_equal(own.issuer, certificate->issuer) ||
        !bytes_equal(own.enterprise, certificate->enterprise))
        return SW_NO_RENEWAL;
    return identity_take_certificate(call, certificate);
}

void identity_put_center(struct card_call *call) {
    uint8_t name[HOLDER_MAX];
    tlv_put(&call->answer, field_specs[FIELD_CENTER].tag,
            identity_text(call, IDENTITY_CENTER, name));
}

uint16_t identity_put_certificate(struct card_call *call) {
    uint8_t whole[CERTIFICATE_MAX];
    size_t size = (size_t)identity_get(call, IDENTITY_CERTIFICATE_SIZE);
    if (size == 0 || size > sizeof whole)
        return SW_REFERENCE_NOT_FOUND;
    card_shared_read(call, CERTIFICATE_AT, whole, size);
    tlv_put_raw(&call->answer, bytes_of(whole, size));
    return SW_OK;
}

uint16_t identity_put_request(struct card_call *call) {
    struct object_writer writer;
    uint8_t buffer[256], holder[HOLDER_MAX], roles[2], point[P256_COMPRESSED_SIZE];
    if (card_shared_read_uint(call, SIGNING_POINT_AT, 1) == 0)
        return SW_REFERENCE_NOT_FOUND;
    bytes_put_be(roles, sizeof roles, identity_roles(call));
    object_begin(&writer, OBJECT_CERTIFICATE_REQUEST, buffer, sizeof buffer);
    object_put(&writer, FIELD_HOLDER, identity_text(call, IDENTITY_HOLDER, holder));
    object_put(&writer, FIELD_ROLES, BYTES_OF(roles));
    card_shared_read(call, SIGNING_POINT_AT, point, sizeof point);
    object_put(&writer, FIELD_SIGNING_KEY, BYTES_OF(point));
    card_shared_read(call, KEM_POINT_AT, point, sizeof point);
    object_put(&writer, FIELD_KEM_KEY, BYTES_OF(point));
    object_put_uint(&writer, FIELD_ASSURANCE, identity_get(call, IDENTITY_ASSURANCE));
    return identity_answer(call, &writer);
}

bool identity_sign(const struct card_call *call, struct object_writer *writer,
                   struct bytes *object) {
    struct signer signer;
    struct signer_scalar scalar = {.crypto = call->crypto};
    uint8_t point[P256_COMPRESSED_SIZE];
    card_shared_read(call, SIGNING_SCALAR_AT, scalar.scalar, sizeof scalar.scalar);
    card_shared_read(call, SIGNING_POINT_AT, point, sizeof point);
    signer_from_scalar(&signer, &scalar, point);
    bool done = object_sign(writer, &signer, object);
    bytes_erase(&scalar, sizeof scalar);
    return done;
}

uint16_t identity_answer(struct card_call *call, struct object_writer *writer) {
    struct bytes object;
    if (!identity_sign(call, writer, &object))
        return SW_UNKNOWN;
    if (object.data == call->answer.data)
        call->answer.size = object.size; // built in place
    else
        tlv_put_raw(&call->answer, object);
    return SW_OK;
}
