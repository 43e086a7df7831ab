// SPDX-License-Identifier: Apache-2.0
// X.509 certificates for the keys of a card's PIV application, from the same authority.
#include "personalization/authority/authority.h"
#include "personalization/cards/piv/piv_factory.h"

static bool certify(void *context, const struct piv_request *request, uint8_t *der, size_t capacity,
                    size_t *size, uint32_t *until, struct failure *failure) {
    struct ca_identity identity = {.id = request->id,
                                   .person = request->person,
                                   .enterprise = request->enterprise,
                                   .assurance = request->assurance,
                                   .purpose = request->purpose,
                                   .point = request->point,
                                   .modulus = request->modulus};
    return ca_certify_identity(context, &identity, der, capacity, size, until, failure);
}

struct piv_authority piv_from_ca(struct ca *ca) {
    return (struct piv_authority){ca, certify};
}
