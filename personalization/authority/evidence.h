// SPDX-License-Identifier: Apache-2.0
// Evidence: a card's certificate request as it came out of that card's secure channel. Nobody else
// can make one: it is read inside a session of SCP03 level 33, whose response MAC binds it to the
// chip and to this session, and it serves for one certificate. The authority certifies a purse's
// keys for nothing less. docs/personalization.md, What the authority certifies.
#ifndef PERSONALIZATION_AUTHORITY_EVIDENCE_H
#define PERSONALIZATION_AUTHORITY_EVIDENCE_H

#include "apdu/object/certificate.h"
#include "base/failure.h"
#include "personalization/channel/gp_session.h"

enum { CHIP_SERIAL_SIZE = 8 };

/// Made by evidence_take only; its content is nobody's to write.
struct evidence;

/// Asks the purse that the session is aimed at for its request. NULL: *status says why; GP_REFUSED
/// with sw 0 in the session: the session is not of level 33.
struct evidence *evidence_take(struct gp_session *session, enum gp_status *status);
/// Frees octets and entries.
void evidence_free(struct evidence *evidence);

/// What the request must be: the order's holder and roles, the profile's assurance, the chip that
/// the job recognised (NULL: whichever).
struct evidence_claim {
    const char *id;
    uint16_t roles;
    enum assurance assurance;
    const uint8_t *chip; // CHIP_SERIAL_SIZE
};

/// Public keys of the request; they live as long as the evidence.
struct evidence_keys {
    const uint8_t *signing_point, *kem_point; // kem_point may be NULL
};

/// Holds the request against the claim, checks that its own key signed it, and spends the evidence:
/// a second time is refused. Keys of a card that came with the published key set are never
/// certified as hardware, since anybody could have answered in its place.
bool evidence_spend(struct evidence *evidence, const struct evidence_claim *claim,
                    const struct crypto *crypto, struct evidence_keys *keys,
                    struct failure *failure);

#endif
