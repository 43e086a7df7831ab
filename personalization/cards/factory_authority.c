// SPDX-License-Identifier: Apache-2.0
// The two authorities a factory can stand beside: keys in memory, or a directory.
#include "personalization/authority/authority.h"
#include "personalization/authority/lists/hotlist.h"
#include "personalization/authority/validity.h"
#include "personalization/cards/factory.h"

static void put_trust(struct factory_authority *authority, const struct hierarchy *hierarchy) {
    authority->root = member_certificate(hierarchy, MEMBER_ROOT);
    authority->center = member_certificate(hierarchy, MEMBER_CENTER);
    authority->center_name = bytes_of_string(hierarchy->members[MEMBER_CENTER].name);
    struct issuer issuer;
    for (size_t i = 0; i < PERSO_ISSUING_MAX && hierarchy_issuer_at(hierarchy, i, &issuer); i++)
        authority->issuing[authority->issuing_count++] =
            bytes_of(issuer.member->certificate, issuer.member->certificate_size);
}

static bool certify_from_hierarchy(void *context, const struct factory_request *request,
                                   uint8_t *out, size_t capacity, size_t *size,
                                   struct failure *failure) {
    const struct factory_hierarchy *source = context;
    const struct factory_order *order = request->order;
    struct validity validity = validity_for(order->roles, source->today);
    struct evidence_keys keys;
    struct evidence_claim claim = {order->id, order->roles, order->assurance, request->chip};
    if (!evidence_spend(request->evidence, &claim, source->hierarchy->crypto, &keys, failure))
        return false;
    struct certificate fields = {.holder = bytes_of_string(order->id),
                                 .roles = order->roles,
                                 .enterprise = bytes_of_string(order->enterprise),
                                 .assurance = order->assurance,
                                 .from = validity.from,
                                 .until = validity.until,
                                 .signing_point = keys.signing_point,
                                 .kem_point = keys.kem_point};
    enum certificate_fault fault =
        hierarchy_certify(source->hierarchy, &fields, out, capacity, size);
    if (fault == CERTIFICATE_OK)
        return true;
    return fail(failure, EXIT_REFUSED, "cannot certify %s: %s", order->id,
                certificate_fault_text(fault));
}

struct factory_authority factory_from_hierarchy(struct factory_hierarchy *source) {
    struct factory_authority authority = {.context = source, .certify = certify_from_hierarchy};
    put_trust(&authority, source->hierarchy);
    return authority;
}

static bool certify_from_ca(void *context, const struct factory_request *request, uint8_t *out,
                            size_t capacity, size_t *size, struct failure *failure) {
    struct ca_answer answer;
    struct ca_request wanted = {.id = request->order->id,
                                .roles = request->order->roles,
                                .enterprise = request->order->enterprise,
                                .assurance = request->order->assurance};
    if (!ca_certify_card(context, &wanted, request->evidence, request->chip, &answer, failure))
        return false;
    if (answer.certificate_size > capacity)
        return fail(failure, EXIT_REFUSED, "the certificate of %s is too long", wanted.id);
    for (size_t i = 0; i < answer.certificate_size; i++)
        out[i] = answer.certificate[i];
    *size = answer.certificate_size;
    return true;
}

static bool hotlist_from_ca(void *context, uint16_t roles, struct ca_list *list,
                            struct failure *failure) {
    return ca_hotlist(context, ca_audience_for(roles), list, failure);
}

struct factory_authority factory_from_ca(struct ca *ca) {
    struct factory_authority authority = {.context = ca,
                                          .certify = certify_from_ca,
                                          .hotlist = hotlist_from_ca,
                                          .identity = piv_from_ca(ca)};
    put_trust(&authority, &ca->hierarchy);
    return authority;
}
