// SPDX-License-Identifier: Apache-2.0
#include "tests/certificates.h"

#include "tests/objects.h"

#include <stdio.h>

struct certificate sample_fields(const struct sample_party *party,
                                 const struct sample_party *issuer) {
    return (struct certificate){.issuer = bytes_of_string(issuer->holder),
                                .holder = bytes_of_string(party->holder),
                                .roles = party->roles,
                                .assurance = ASSURANCE_EMULATED,
                                .from = SAMPLE_FROM,
                                .until = SAMPLE_UNTIL,
                                .signing_point = party->signer.point};
}

enum certificate_fault sample_certify(struct sample_party *party, const struct crypto *crypto,
                                      const char *holder, uint16_t roles,
                                      const struct sample_party *issuer) {
    size_t size = 0;
    sample_signer(crypto, &party->signer, &party->scalar);
    snprintf(party->holder, sizeof party->holder, "%s", holder);
    party->roles = roles;
    if (issuer == NULL)
        issuer = party;
    struct certificate fields = sample_fields(party, issuer);
    enum certificate_fault fault =
        certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size);
    party->certificate = bytes_of(party->octets, size);
    return fault;
}
