// SPDX-License-Identifier: Apache-2.0
// X.509 certificates for the keys of a card's PIV application, from the same authority.
#include "personalization/authority.h"
#include "personalization/piv_bench.h"
#include "personalization/validity.h"
#include "services/wire/calendar.h"

#include <string.h>

/// Serial numbers of RFC 5280 4.1.2.2, far above the register's: positive, 63 bits, random.
static bool draw_serial(const struct crypto *crypto, uint64_t *serial) {
    uint8_t octets[8];
    if (!crypto->ops->random(crypto, octets, sizeof octets))
        return false;
    *serial = (bytes_get_be(octets, sizeof octets) >> 2) | (uint64_t)1 << 62;
    return true;
}

static bool certify(void *context, const struct piv_request *request, uint8_t *der, size_t capacity,
                    size_t *size, uint32_t *until, struct failure *failure) {
    const struct ca *ca = context;
    struct validity validity = validity_for(ROLE_WALLET, ca->today);
    struct x509_fields fields = {
        .subject = request->id,
        .issuer = ca->hierarchy.members[MEMBER_ROOT].name,
        .unit = "identity",
        .enterprise = request->enterprise,
        .purpose = request->purpose,
        .from = time_of_date(validity.from),
        .until = time_of_date(date_add_days(validity.until, 1)) - 1,
        .point = request->point,
        .modulus = request->modulus,
        .issuer_key_id = ca->x509_key_id,
    };
    *until = validity.until;
    if (draw_serial(ca->hierarchy.crypto, &fields.serial) &&
        x509_make_der(&fields, &ca->x509.signer, der, capacity, size))
        return true;
    return fail(failure, EXIT_REFUSED, "cannot make an identity certificate of %s", request->id);
}

struct piv_authority piv_from_ca(struct ca *ca) {
    return (struct piv_authority){ca, certify};
}
