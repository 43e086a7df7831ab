// SPDX-License-Identifier: Apache-2.0
// The identity on a card: the PIV application with its PINs, keys born on the card and X.509
// certificates of the same authority that certifies the purse. NIST SP 800-73-4.
#ifndef PERSONALIZATION_CARDS_PIV_PIV_FACTORY_H
#define PERSONALIZATION_CARDS_PIV_PIV_FACTORY_H

#include "apdu/object/certificate.h"
#include "base/failure.h"
#include "personalization/authority/x509.h"
#include "personalization/channel/gp_session.h"

enum { PIV_SLOTS = 4, PIV_MANAGEMENT_MAX = 32 };

/// One of the four keys: its reference, the object of its certificate, what it may do.
struct piv_slot {
    uint8_t reference;
    uint32_t object;
    enum x509_purpose purpose;
};
extern const struct piv_slot piv_slots[PIV_SLOTS];

/// What the card's owner gets.
struct piv_order {
    const char *id;     // common name, unless there is a person
    const char *person; // common name, the id being the serial number then; NULL: none
    const char *enterprise;
    enum assurance assurance; // of the card that the keys are in
    const char *pin;          // 6..8 digits; NULL where only what needs none is asked
    const char *puk;          // 8 digits
    bool rsa[PIV_SLOTS];      // RSA-2048 instead of P-256 for 9A, 9C, 9D, 9E
    uint8_t management_key[PIV_MANAGEMENT_MAX];
    size_t management_size;       // 16, 24 or 32
    uint8_t management_algorithm; // 03 3DES, 08, 0A, 0C AES; 0: AES of that size
};

/// Whom the certificate of a key names; NULL: the id. That of 9E, which anyone in reach of the
/// antenna reads without a PIN, tells no person (FIPS 201-3, 4.2.2.2).
const char *piv_person(const struct piv_order *order, const struct piv_slot *slot);

/// What a card of another maker comes with.
struct piv_pins {
    const char *pin, *puk;
};

/// Asks the authority for the X.509 certificate of one key.
struct piv_request {
    const char *id, *person, *enterprise;
    enum assurance assurance;
    enum x509_purpose purpose;
    const uint8_t *point;   // uncompressed, P256_POINT_SIZE, or NULL
    const uint8_t *modulus; // RSA_2048_SIZE, or NULL
};

struct piv_authority {
    void *context;
    bool (*certify)(void *context, const struct piv_request *request, uint8_t *der, size_t capacity,
                    size_t *size, uint32_t *until, struct failure *failure);
};

struct ca;

/// Certifies through an authority's directory.
struct piv_authority piv_from_ca(struct ca *ca);

/// Installs the application and stores PIN, PUK and management key, inside an open session with the
/// security domain.
enum gp_status piv_install(struct gp_session *domain, const struct piv_order *order);

/// Selects the application, proves the management key both ways, generates the four keys, has them
/// certified and writes certificates and data objects.
bool piv_fill(struct link *link, const struct piv_order *order,
              const struct piv_authority *authority, const struct crypto *crypto,
              struct failure *failure);

/// Has the card a management key of this algorithm? Asked without using any key.
bool piv_has_management(struct link *link, uint8_t algorithm, bool *has, struct failure *failure);

/// Changes PIN and PUK from the initial ones to the order's. again: they may have been changed by
/// an interrupted run already; then no try is lost for good.
bool piv_set_pins(struct link *link, const struct piv_order *order, const struct piv_pins *initial,
                  bool again, struct failure *failure);

/// Reads the four certificates back: signed by the issuer, for order->id, and the card has the keys
/// in them; without order->pin only 9E is asked to show it. digest: over all four.
bool piv_check(struct link *link, const struct piv_order *order,
               const uint8_t issuer_point[P256_COMPRESSED_SIZE], const struct crypto *crypto,
               uint8_t digest[SHA256_SIZE], struct failure *failure);

#endif
