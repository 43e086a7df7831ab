// SPDX-License-Identifier: Apache-2.0
#include "apdu/container/front.h"

#include "apdu/octets/tlv.h"
#include "base/must.h"

#include <string.h>

const char *front_fault_text(enum front_fault fault) {
    static const char *const TEXTS[] = {
        [FRONT_OK] = "good",
        [FRONT_MALFORMED] = "its front is not in the exact form",
        [FRONT_CERTIFICATE] = "a signer's certificate is refused",
        [FRONT_NOT_YET] = "it is dated before a signer's certificate begins",
        [FRONT_LISTED] = "a signer's certificate is revoked",
        [FRONT_ROLE] = "a signer's role does not allow what it signed",
        [FRONT_SIGNATURE] = "a signature in its front does not verify",
        [FRONT_SEALER] = "it names another sealer than the one who signed it",
        [FRONT_POLICY] = "its policy is not the one that it was sealed with",
        [FRONT_NO_GRANT] = "its sealer and its grant do not belong together",
        [FRONT_GRANT] = "its grant is for another content, original or converter",
        [FRONT_ENTERPRISE] = "its grant is of another enterprise than its policy",
        [FRONT_GRANT_DAY] = "it was sealed out of the days of its grant",
    };
    must_cover(TEXTS, FRONT_FAULT_COUNT);
    return TEXTS[fault];
}

// ---- form ------------------------------------------------------------------------------------

/// Takes the next object if it is of this type.
static bool take(struct bytes *rest, enum object_type type, struct object *out) {
    if (!object_decode(*rest, out) || out->type != type)
        return false;
    *rest = bytes_of(rest->data + out->whole.size, rest->size - out->whole.size);
    return true;
}

static bool take_certificates(struct bytes rest, struct front *out) {
    while (rest.size > 0) {
        struct tlv item;
        if (out->certificate_count == FRONT_CERTIFICATES_MAX || !tlv_next_strict(&rest, &item) ||
            item.tag != CVC_CERTIFICATE)
            return false;
        out->certificates[out->certificate_count++] = item.whole;
    }
    return out->certificate_count > out->object_count;
}

enum front_fault front_decode(struct bytes in, struct front *out, struct container_form *form) {
    struct bytes rest = in;
    memset(out, 0, sizeof *out);
    if (in.size > FRONT_MAX || !take(&rest, OBJECT_POLICY, &out->policy) ||
        !take(&rest, OBJECT_CONTAINER, &out->manifest))
        return FRONT_MALFORMED;
    out->object_count = take(&rest, OBJECT_CONVERT_GRANT, &out->grant) ? 3 : 2;
    if (!take_certificates(rest, out) ||
        !container_form(form, object_uint(&out->manifest, FIELD_SIZE),
                        out->manifest.fields[FIELD_CHUNK].data[0], (uint32_t)in.size))
        return FRONT_MALFORMED;
    return FRONT_OK;
}

// ---- signers ---------------------------------------------------------------------------------

/// What judging one front goes by.
struct judgement {
    const struct front *front;
    const struct front_trust *trust;
    uint32_t day;
    size_t used; // authorities that were asked for
    uint8_t root[P256_COMPRESSED_SIZE];
    enum certificate_fault fault;
};

/// The certificate of the authority that signed another one; size 0: it is not there, or another
/// one stands in its place. Authorities stand in the order in which they are first asked for, so
/// that none is there for nothing.
static struct bytes authority_of(struct judgement *judgement, const struct certificate *signer) {
    const struct front *front = judgement->front;
    struct certificate authority;
    for (size_t i = 0; i <= judgement->used && front->object_count + i < front->certificate_count;
         i++) {
        struct bytes octets = front->certificates[front->object_count + i];
        if (certificate_parse(octets, &authority) != CERTIFICATE_OK ||
            !bytes_equal(authority.holder, signer->issuer))
            continue;
        judgement->used += i == judgement->used;
        return octets;
    }
    return bytes_of(NULL, 0);
}

static bool is_listed(const struct front_trust *trust, const struct certificate *certificate) {
    return trust->listed != NULL && trust->listed(trust->context, certificate);
}

static enum front_fault judge_certificate(struct judgement *judgement, size_t i,
                                          struct certificate *signer) {
    const struct front_trust *trust = judgement->trust;
    struct certificate authority;
    struct bytes chain[] = {trust->root, bytes_of(NULL, 0), judgement->front->certificates[i]};
    judgement->fault = certificate_parse(chain[2], signer);
    if (judgement->fault != CERTIFICATE_OK)
        return FRONT_CERTIFICATE;
    chain[1] = authority_of(judgement, signer);
    judgement->fault = CERTIFICATE_UNKNOWN_ISSUER;
    if (chain[1].size > 0)
        judgement->fault = certificate_verify_chain(chain, 3, judgement->root, judgement->day,
                                                    trust->crypto, signer);
    if (judgement->fault != CERTIFICATE_OK)
        return FRONT_CERTIFICATE;
    if (certificate_parse(chain[1], &authority) != CERTIFICATE_OK ||
        judgement->day < authority.from || judgement->day < signer->from)
        return FRONT_NOT_YET;
    return is_listed(trust, signer) || is_listed(trust, &authority) ? FRONT_LISTED : FRONT_OK;
}

/// Object i, its signer's certificate, and that the role allows it.
static enum front_fault judge_object(struct judgement *judgement, size_t i,
                                     const struct object *object, struct certificate *signer) {
    enum front_fault fault = judge_certificate(judgement, i, signer);
    if (fault != FRONT_OK)
        return fault;
    if ((object_schema(object->type)->maker_roles & signer->roles) == 0)
        return FRONT_ROLE;
    return object_verify(object, judgement->trust->crypto, signer->signing_point) ? FRONT_OK
                                                                                  : FRONT_SIGNATURE;
}

// ---- what belongs together -------------------------------------------------------------------

static bool same(const struct object *a, const struct object *b, enum field field) {
    return bytes_equal(a->fields[field], b->fields[field]);
}

static enum front_fault judge_policy(const struct front *front, const struct crypto *crypto) {
    uint8_t digest[SHA256_SIZE];
    if (!object_digest(&front->policy, crypto, digest) ||
        !bytes_equal(front->manifest.fields[FIELD_POLICY_HASH], BYTES_OF(digest)) ||
        !same(&front->policy, &front->manifest, FIELD_CONTENT))
        return FRONT_POLICY;
    return FRONT_OK;
}

static enum front_fault judge_grant(const struct front *front, const struct certificate *seller) {
    const struct object *grant = &front->grant, *manifest = &front->manifest;
    uint32_t day = object_date(manifest, FIELD_DATE);
    if (!same(grant, manifest, FIELD_POLICY_HASH) || !same(grant, manifest, FIELD_CONTENT) ||
        !same(grant, manifest, FIELD_ORIGINAL) ||
        !bytes_equal(grant->fields[FIELD_DESTINATION], manifest->fields[FIELD_SEALER]))
        return FRONT_GRANT;
    if (!same(grant, &front->policy, FIELD_ENTERPRISE) ||
        !bytes_equal(seller->enterprise, front->policy.fields[FIELD_ENTERPRISE]))
        return FRONT_ENTERPRISE;
    return day >= object_date(grant, FIELD_DATE) && day <= object_date(grant, FIELD_EXPIRY)
               ? FRONT_OK
               : FRONT_GRANT_DAY;
}

/// A provider seals originals; a converter, what it made out of one with a grant.
static enum front_fault judge_sealer(const struct front *front, const struct certificate *sealer) {
    bool derived = object_has(&front->manifest, FIELD_ORIGINAL);
    if (!bytes_equal(front->manifest.fields[FIELD_SEALER], sealer->holder))
        return FRONT_SEALER;
    if (derived != (front->object_count == FRONT_OBJECTS_MAX))
        return FRONT_NO_GRANT;
    return (sealer->roles & (derived ? ROLE_CONVERTER : ROLE_PROVIDER)) != 0 ? FRONT_OK
                                                                             : FRONT_NO_GRANT;
}

static enum front_fault judge_all(struct judgement *judgement) {
    const struct front *front = judgement->front;
    const struct object *objects[] = {&front->policy, &front->manifest, &front->grant};
    struct certificate signers[FRONT_OBJECTS_MAX];
    for (size_t i = 0; i < front->object_count; i++) {
        enum front_fault fault = judge_object(judgement, i, objects[i], &signers[i]);
        if (fault != FRONT_OK)
            return fault;
    }
    if (front->object_count + judgement->used != front->certificate_count)
        return FRONT_MALFORMED;
    enum front_fault fault = judge_policy(front, judgement->trust->crypto);
    if (fault == FRONT_OK)
        fault = judge_sealer(front, &signers[1]);
    if (fault == FRONT_OK && front->object_count == FRONT_OBJECTS_MAX)
        fault = judge_grant(front, &signers[2]);
    return fault;
}

enum front_fault front_judge(const struct front *front, const struct front_trust *trust,
                             enum certificate_fault *certificate_fault) {
    struct certificate root;
    struct judgement judgement = {
        .front = front, .trust = trust, .day = object_date(&front->manifest, FIELD_DATE)};
    enum front_fault fault = FRONT_CERTIFICATE;
    judgement.fault = certificate_parse(trust->root, &root);
    if (judgement.fault == CERTIFICATE_OK) {
        memcpy(judgement.root, root.signing_point, sizeof judgement.root);
        fault = judge_all(&judgement);
    }
    if (certificate_fault != NULL)
        *certificate_fault = judgement.fault;
    return fault;
}
