// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/identity.h"

#include "card/applets/purse/trust.h"

#include <string.h>

static bool generate_pair(struct card_call *call, uint32_t scalar_at, uint32_t point_at) {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    bool drawn = call->crypto->ops->p256_generate(call->crypto, scalar, point);
    if (drawn) {
        card_stage(call, scalar_at, scalar, sizeof scalar);
        card_stage(call, point_at, point, sizeof point);
    }
    bytes_erase(scalar, sizeof scalar);
    return drawn;
}

uint16_t identity_generate(struct card_call *call) {
    if (card_read_uint(call, SIGNING_POINT_AT, 1) != 0)
        return SW_EXISTS;
    if (!generate_pair(call, SIGNING_SCALAR_AT, SIGNING_POINT_AT) ||
        !generate_pair(call, KEM_SCALAR_AT, KEM_POINT_AT))
        return SW_UNKNOWN;
    return SW_OK;
}

/// Is it a certificate of this very purse?
static bool is_own(const struct card_call *call, const struct certificate *certificate) {
    uint8_t signing[P256_COMPRESSED_SIZE], kem[P256_COMPRESSED_SIZE];
    card_read(call, SIGNING_POINT_AT, signing, sizeof signing);
    card_read(call, KEM_POINT_AT, kem, sizeof kem);
    return text_equals(call, TEXT_HOLDER, certificate->holder) &&
           certificate->roles == purse_roles(call) &&
           certificate->assurance == (enum assurance)number_get(call, NUMBER_ASSURANCE) &&
           memcmp(certificate->signing_point, signing, sizeof signing) == 0 &&
           (certificate->kem_point == NULL || memcmp(certificate->kem_point, kem, sizeof kem) == 0);
}

uint16_t identity_take_certificate(struct card_call *call, const struct certificate *certificate) {
    uint8_t issuer = 0, digest[CERTIFICATE_DIGEST_SIZE];
    if (!is_own(call, certificate))
        return SW_WRONG_PARTY;
    uint16_t sw = trust_check(call, certificate, clock_today(call), &issuer);
    if (sw != SW_OK)
        return sw;
    if (certificate->until < number_get(call, NUMBER_OWN_UNTIL))
        return SW_STALE;
    if (certificate->whole.size > CERTIFICATE_MAX ||
        !certificate_digest(call->crypto, certificate->whole, digest))
        return SW_UNKNOWN;
    card_stage(call, CERTIFICATE_AT, certificate->whole.data, certificate->whole.size);
    card_stage(call, CERTIFICATE_DIGEST_AT, digest, sizeof digest);
    number_set(call, NUMBER_CERTIFICATE_SIZE, certificate->whole.size);
    number_set(call, NUMBER_OWN_UNTIL, certificate->until);
    number_set(call, NUMBER_OWN_ISSUER, issuer);
    return SW_OK;
}

uint16_t identity_put_certificate(struct card_call *call) {
    uint8_t whole[CERTIFICATE_MAX];
    size_t size = (size_t)number_get(call, NUMBER_CERTIFICATE_SIZE);
    if (size == 0 || size > sizeof whole)
        return SW_REFERENCE_NOT_FOUND;
    card_read(call, CERTIFICATE_AT, whole, size);
    tlv_put_raw(&call->answer, bytes_of(whole, size));
    return SW_OK;
}

uint16_t identity_put_request(struct card_call *call) {
    struct object_writer writer;
    uint8_t buffer[256], holder[HOLDER_MAX], roles[2], point[P256_COMPRESSED_SIZE];
    if (card_read_uint(call, SIGNING_POINT_AT, 1) == 0)
        return SW_REFERENCE_NOT_FOUND;
    bytes_put_be(roles, sizeof roles, purse_roles(call));
    object_begin(&writer, OBJECT_CERTIFICATE_REQUEST, buffer, sizeof buffer);
    object_put(&writer, FIELD_HOLDER, text_get(call, TEXT_HOLDER, holder));
    object_put(&writer, FIELD_ROLES, BYTES_OF(roles));
    card_read(call, SIGNING_POINT_AT, point, sizeof point);
    object_put(&writer, FIELD_SIGNING_KEY, BYTES_OF(point));
    card_read(call, KEM_POINT_AT, point, sizeof point);
    object_put(&writer, FIELD_KEM_KEY, BYTES_OF(point));
    object_put_uint(&writer, FIELD_ASSURANCE, number_get(call, NUMBER_ASSURANCE));
    return identity_answer(call, &writer);
}

bool identity_sign(const struct card_call *call, struct object_writer *writer,
                   struct bytes *object) {
    struct signer signer;
    struct signer_scalar scalar = {.crypto = call->crypto};
    uint8_t point[P256_COMPRESSED_SIZE];
    card_read(call, SIGNING_SCALAR_AT, scalar.scalar, sizeof scalar.scalar);
    card_read(call, SIGNING_POINT_AT, point, sizeof point);
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
