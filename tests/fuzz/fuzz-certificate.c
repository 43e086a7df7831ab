// SPDX-License-Identifier: Apache-2.0
// Certificates: what parses is made again octet by octet, and keeps the rules of roles, names and
// dates. A signer that repeats the signature found stands in for the authority.
#include "apdu/object/certificate.h"
#include "apdu/octets/date.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool repeat(const struct signer *signer, struct bytes message,
                   uint8_t signature[ECDSA_SIZE]) {
    (void)message;
    memcpy(signature, signer->context, ECDSA_SIZE);
    return true;
}

static void check_rules(const struct certificate *certificate) {
    unsigned purses = certificate->roles & ROLE_PURSES;
    bool authority = (certificate->roles & (ROLE_ROOT | ROLE_ISSUING)) != 0;
    MUST((certificate->roles & ROLE_ENTITIES) != 0);
    MUST(authority || (purses & (purses - 1)) == 0);
    MUST(authority || purses == 0 || certificate->holder.size <= HOLDER_PURSE_MAX);
    MUST(certificate->from <= certificate->until && date_is_valid(certificate->from));
    MUST(certificate->whole.size <= CERTIFICATE_MAX);
}

static void make_again(const struct certificate *certificate) {
    uint8_t signature[ECDSA_SIZE], again[CERTIFICATE_MAX];
    size_t size = 0;
    struct signer signer = {.sign = repeat, .context = signature};
    memcpy(signature, certificate->signature, ECDSA_SIZE);
    memcpy(signer.point, certificate->signing_point, P256_COMPRESSED_SIZE);
    enum certificate_fault fault =
        certificate_make(certificate, &signer, again, sizeof again, &size);
    // the one rule that making adds to form
    if (fault == CERTIFICATE_TOO_LONG_LIVED)
        return;
    MUST(fault == CERTIFICATE_OK && bytes_equal(bytes_of(again, size), certificate->whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct certificate certificate;
    if (certificate_parse(bytes_of(data, size), &certificate) != CERTIFICATE_OK)
        return 0;
    check_rules(&certificate);
    make_again(&certificate);
    return 0;
}
