// SPDX-License-Identifier: Apache-2.0
// A small authority for tests: root, an issuing authority for purses, and whatever is asked for.
#ifndef TESTS_KIT_CERTIFICATES_H
#define TESTS_KIT_CERTIFICATES_H

#include "apdu/object/certificate.h"

/// A certified party with its key and its certificate's octets.
struct sample_party {
    struct signer signer;
    struct signer_scalar scalar;
    char holder[HOLDER_MAX + 1];
    uint16_t roles;
    const char *enterprise; // NULL or "": none
    const char *space;      // of an authority's names; NULL: none
    uint8_t octets[CERTIFICATE_MAX];
    struct bytes certificate;
};

enum { SAMPLE_FROM = 20260101, SAMPLE_UNTIL = 20260131, SAMPLE_TODAY = 20260115 };

/// Draws a key and has issuer sign a certificate from SAMPLE_FROM to SAMPLE_UNTIL; issuer NULL or
/// the party itself: self-signed. The fault of certificate_make.
enum certificate_fault sample_certify(struct sample_party *party, const struct crypto *crypto,
                                      const char *holder, uint16_t roles,
                                      const struct sample_party *issuer);

/// The issuer signs the party's certificate again, now with an enterprise. The id is not copied.
void sample_name_enterprise(struct sample_party *party, const struct sample_party *issuer,
                            const char *enterprise);

/// The same with a space of names.
void sample_name_space(struct sample_party *party, const struct sample_party *issuer,
                       const char *space);

/// The fields that sample_certify signs, to vary them.
struct certificate sample_fields(const struct sample_party *party,
                                 const struct sample_party *issuer);

#endif
