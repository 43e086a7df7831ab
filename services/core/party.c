// SPDX-License-Identifier: Apache-2.0
#include "services/core/party.h"

#include "apdu/object/ticket.h"

#include <stdlib.h>
#include <string.h>

enum { CHAIN = 3 };

static bool fail_identity(const struct service *service, const struct service_keys *keys,
                          struct failure *failure) {
    const struct service_party *wanted = &service->party;
    const char *with = wanted->enterprise ? " with an enterprise and" : " with";
    struct certificate own;
    int most = wanted->long_id ? HOLDER_MAX : TICKET_ID_MAX;
    if (keys->directory == NULL || certificate_parse(keys->certificates[2], &own) != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED,
                    "the %s service is run by a %s%s an id of at most %d characters", service->name,
                    role_name(wanted->role), with, most);
    return fail(failure, EXIT_REFUSED,
                "%s/certificate.cvc is of the %s '%.*s' %s enterprise; the %s service is run by a "
                "%s%s an id of at most %d characters",
                keys->directory, role_name(own.roles), (int)own.holder.size,
                (const char *)own.holder.data, own.enterprise.size > 0 ? "with an" : "without",
                service->name, role_name(wanted->role), with, most);
}

static bool is_wanted(const struct service_party *wanted, const struct certificate *own) {
    return wanted->anybody ||
           ((own->roles & wanted->role) != 0 && (!wanted->enterprise || own->enterprise.size > 0) &&
            own->holder.size <= (wanted->long_id ? HOLDER_MAX : TICKET_ID_MAX));
}

/// Takes id, enterprise, root and key.
static bool take_party(struct party *party, const struct service *service,
                       const struct service_keys *keys, struct failure *failure) {
    const struct service_party *wanted = &service->party;
    struct certificate root, own;
    if (keys->certificate_count == 0 ||
        (keys->scalar == NULL && keys->signer == NULL && !wanted->anybody))
        return fail(failure, EXIT_USAGE,
                    "the %s service needs key.pem and root.cvc, issuer.cvc and certificate.cvc of "
                    "a %s",
                    service->name, role_name(wanted->role));
    if (certificate_parse(keys->certificates[0], &root) != CERTIFICATE_OK ||
        certificate_parse(keys->certificates[2], &own) != CERTIFICATE_OK ||
        !is_wanted(wanted, &own))
        return fail_identity(service, keys, failure);
    *party = (struct party){.id = ""};
    memcpy(party->root, root.signing_point, sizeof party->root);
    memcpy(party->point, own.signing_point, sizeof party->point);
    if (keys->scalar == NULL)
        party->signer = keys->signer;
    else if (!wanted->anybody)
        memcpy(party->scalar, keys->scalar, sizeof party->scalar);
    memcpy(party->id, own.holder.data, own.holder.size);
    if (own.enterprise.size > 0)
        memcpy(party->enterprise, own.enterprise.data, own.enterprise.size);
    return true;
}

/// Room for what it will have verified.
static bool remember(struct party *party, struct failure *failure) {
    party->vouched = vouched_new();
    return party->vouched != NULL || fail(failure, EXIT_REFUSED, "out of memory");
}

bool party_start(const struct service *service, const struct service_place *place, void **state,
                 struct failure *failure) {
    *state = NULL;
    if (service->party.role == 0)
        return true;
    size_t size = service->state_size > 0 ? service->state_size : sizeof(struct party);
    void *made = calloc(1, size);
    if (made == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    if (take_party(made, service, place->keys, failure) && remember(made, failure) &&
        (service->start == NULL || service->start(made, place, failure))) {
        *state = made;
        return true;
    }
    party_stop(service, made);
    return false;
}

void party_stop(const struct service *service, void *state) {
    if (state == NULL)
        return;
    if (service->stop != NULL)
        service->stop(state);
    vouched_free(((struct party *)state)->vouched);
    bytes_erase(state, service->state_size > 0 ? service->state_size : sizeof(struct party));
    free(state);
}

bool party_operates(const struct party *party, const struct peer *peer) {
    return strcmp(peer->enterprise, party->enterprise) == 0;
}

void party_signer(const struct party *party, const struct crypto *crypto,
                  struct party_signer *own) {
    if (party->signer != NULL) {
        own->signer = *party->signer;
        return;
    }
    own->scalar.crypto = crypto;
    memcpy(own->scalar.scalar, party->scalar, sizeof own->scalar.scalar);
    signer_from_scalar(&own->signer, &own->scalar, party->point);
}

enum certificate_fault party_verify_chain(const struct party *party, const struct crypto *crypto,
                                          const struct bytes *chain, size_t count, uint32_t today,
                                          struct certificate *leaf) {
    return vouched_verify_chain(party->vouched, chain, count, party->root, today, crypto, leaf);
}

const struct object *party_envelope(const struct party *party, const struct call *call,
                                    const struct form *envelope, enum object_type type,
                                    uint32_t roles, struct certificate *signer) {
    const struct object *object = form_object(envelope, NAME_OBJECT);
    struct bytes chain[CHAIN];
    size_t count = 0;
    const struct form *list = form_list(envelope, NAME_CERTIFICATES, &count);
    if (object->type != type || count != CHAIN)
        return NULL;
    for (size_t i = 0; i < CHAIN; i++)
        chain[i] = form_certificate(&list[i], NAME_CERTIFICATE)->whole;
    if (party_verify_chain(party, call->crypto, chain, CHAIN, call->today, signer) !=
            CERTIFICATE_OK ||
        call->today < signer->from || (signer->roles & roles) == 0 ||
        !object_verify(object, call->crypto, signer->signing_point))
        return NULL;
    return object;
}
