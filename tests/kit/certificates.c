// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/certificates.h"

#include "base/must.h"
#include "tests/kit/objects.h"

#include <stdio.h>
#include <string.h>

struct certificate sample_fields(const struct sample_party *party,
                                 const struct sample_party *issuer) {
    return (struct certificate){
        .issuer = bytes_of_string(issuer->holder),
        .holder = bytes_of_string(party->holder),
        .roles = party->roles,
        .enterprise = bytes_of_string(party->enterprise != NULL ? party->enterprise : ""),
        .space = bytes_of_string(party->space != NULL ? party->space : ""),
        .made = (party->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0 ? SAMPLE_FROM : 0,
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
    party->space = NULL;
    if (issuer == NULL)
        issuer = party;
    struct certificate fields = sample_fields(party, issuer);
    enum certificate_fault fault =
        certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size);
    party->certificate = bytes_of(party->octets, size);
    return fault;
}

/// Signs the party's certificate again, with its present enterprise and space.
static void sign_again(struct sample_party *party, const struct sample_party *issuer) {
    struct certificate fields;
    uint8_t octets[CERTIFICATE_MAX];
    size_t size = 0;
    memcpy(octets, party->octets, party->certificate.size);
    must(certificate_parse(bytes_of(octets, party->certificate.size), &fields) == CERTIFICATE_OK,
         "a sample certificate parses");
    fields.enterprise = bytes_of_string(party->enterprise);
    fields.space = bytes_of_string(party->space != NULL ? party->space : "");
    must(certificate_make(&fields, &issuer->signer, party->octets, sizeof party->octets, &size) ==
             CERTIFICATE_OK,
         "a sample certificate is made");
    party->certificate = bytes_of(party->octets, size);
}

void sample_name_enterprise(struct sample_party *party, const struct sample_party *issuer,
                            const char *enterprise) {
    party->enterprise = enterprise;
    sign_again(party, issuer);
}

void sample_name_space(struct sample_party *party, const struct sample_party *issuer,
                       const char *space) {
    party->space = space;
    sign_again(party, issuer);
}
