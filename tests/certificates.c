// SPDX-License-Identifier: Apache-2.0
#include "tests/certificates.h"

#include "tests/objects.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

struct certificate sample_fields(const struct sample_party *party,
                                 const struct sample_party *issuer) {
    return (struct certificate){
        .issuer = bytes_of_string(issuer->holder),
        .holder = bytes_of_string(party->holder),
        .roles = party->roles,
        .enterprise = bytes_of_string(party->enterprise != NULL ? party->enterprise : ""),
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
    party->enterprise = "";
    if (issuer == NULL)
        issuer = party;
    struct certificate fields = sample_fields(party, issuer);
    enum certificate_fault fault =
        certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size);
    party->certificate = bytes_of(party->octets, size);
    return fault;
}

void sample_name_enterprise(struct sample_party *party, const struct sample_party *issuer,
                            const char *enterprise) {
    struct certificate fields;
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    memcpy(octets, party->octets, party->certificate.size);
    CU_ASSERT_EQUAL_FATAL(certificate_parse(bytes_of(octets, party->certificate.size), &fields),
                          CERTIFICATE_OK);
    party->enterprise = enterprise;
    fields.enterprise = bytes_of_string(enterprise);
    CU_ASSERT_EQUAL_FATAL(
        certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size),
        CERTIFICATE_OK);
    party->certificate = bytes_of(party->octets, size);
}
