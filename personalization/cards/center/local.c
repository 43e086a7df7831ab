// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/center/local.h"

#include <string.h>

const struct hierarchy_member *local_key(const struct local_center *center) {
    return &center->ca->hierarchy.members[MEMBER_CENTER];
}

static bool is_revoked(const struct ca *ca, struct bytes certificate) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    if (!certificate_digest(ca->hierarchy.crypto, certificate, digest))
        return true;
    for (size_t i = 0; i < ca->issued.count; i++)
        if (ca_revoked_on(ca, &ca->issued.entries[i]) != 0 &&
            memcmp(ca->issued.entries[i].digest, digest, sizeof digest) == 0)
            return true;
    return false;
}

static bool check_certificate(const struct local_center *center,
                              const struct center_question *question, struct certificate *out,
                              struct failure *failure) {
    const struct hierarchy *hierarchy = &center->ca->hierarchy;
    enum certificate_fault fault = certificate_parse(question->certificate, out);
    if (fault == CERTIFICATE_OK)
        fault = hierarchy_verify(hierarchy, out, center->ca->today);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the certificate of %s is refused: %s (authority %s)",
                    question->purse, certificate_fault_text(fault), center->ca->directory);
    if (is_revoked(center->ca, question->certificate))
        return fail(failure, EXIT_REFUSED, "the certificate of %s is revoked: hotlisted",
                    question->purse);
    return true;
}

static bool name_owner(const struct local_center *center, struct local_visitor *visitor,
                       struct failure *failure) {
    const struct crypto *crypto = center->ca->hierarchy.crypto;
    struct bytes point = bytes_of(visitor->certificate.signing_point, P256_COMPRESSED_SIZE);
    struct bytes holder = visitor->certificate.holder;
    uint8_t digest[SHA256_SIZE];
    if (!crypto->ops->sha256(crypto, point, digest))
        return fail(failure, EXIT_REFUSED, "cannot take the digest of a key");
    memcpy(visitor->owner.key, digest, sizeof visitor->owner.key);
    memcpy(visitor->owner.name, holder.data, holder.size);
    visitor->owner.name[holder.size] = '\0';
    return true;
}

bool local_meet(const struct local_center *center, const struct center_question *question,
                struct local_visitor *out, struct failure *failure) {
    const struct crypto *crypto = center->ca->hierarchy.crypto;
    struct object *statement = &out->statement;
    if (!check_certificate(center, question, &out->certificate, failure))
        return false;
    if (!object_decode_as(OBJECT_STATEMENT, question->statement, statement) ||
        !object_verify(statement, crypto, out->certificate.signing_point))
        return fail(failure, EXIT_REFUSED, "the statement of %s does not verify: bad-signature",
                    question->purse);
    if (!bytes_equal(statement->fields[FIELD_PURSE], out->certificate.holder) ||
        !bytes_equal(statement->fields[FIELD_CHALLENGE], BYTES_OF(center->challenge)))
        return fail(failure, EXIT_REFUSED, "the statement answers another purse or challenge");
    return name_owner(center, out, failure);
}

const uint8_t *local_pocket(struct bytes pockets, uint16_t unit) {
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW)
        if (bytes_get_be(pockets.data + at, 2) == unit)
            return pockets.data + at;
    return NULL;
}

uint64_t local_number(const uint8_t *row, enum local_column column) {
    return row == NULL ? 0 : bytes_get_be(row + 2 + 8 * (size_t)column, 8);
}
