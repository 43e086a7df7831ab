// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/evidence.h"

#include "apdu/command/perso.h"
#include "apdu/object/object.h"

#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 256 };

struct evidence {
    uint8_t request[REQUEST_MAX];
    size_t size;
    uint8_t chip[CHIP_SERIAL_SIZE];
    bool published; // the card still had the keys that everybody knows
    bool spent;
    struct object object; // points into request
};

struct evidence *evidence_take(struct gp_session *session, enum gp_status *status) {
    session->sw = 0;
    *status = GP_REFUSED;
    if (session->at_factory || session->channel.level != GP_LEVEL_FULL)
        return NULL;
    *status = gp_ask(session, PERSO_REQUEST);
    if (*status != GP_OK)
        return NULL;
    struct evidence *evidence = calloc(1, sizeof *evidence);
    *status = GP_BAD_ANSWER;
    if (evidence == NULL || session->answer_size > sizeof evidence->request) {
        free(evidence);
        return NULL;
    }
    memcpy(evidence->request, session->answer, session->answer_size);
    evidence->size = session->answer_size;
    memcpy(evidence->chip,
           session->card.diversification + SCP03_DIVERSIFICATION_SIZE - sizeof evidence->chip,
           sizeof evidence->chip);
    evidence->published = session->card.version == GP_PUBLISHED_VERSION;
    *status = GP_OK;
    return evidence;
}

void evidence_free(struct evidence *evidence) {
    free(evidence);
}

// ---- judging -----------------------------------------------------------------------------------

static bool is_claimed(const struct evidence *evidence, const struct evidence_claim *claim,
                       struct failure *failure) {
    const struct object *object = &evidence->object;
    uint8_t roles[2];
    bytes_put_be(roles, sizeof roles, claim->roles);
    if (claim->chip != NULL && memcmp(claim->chip, evidence->chip, sizeof evidence->chip) != 0)
        return fail(failure, EXIT_REFUSED,
                    "the certificate request for %s came from another chip than the one that was "
                    "recognised",
                    claim->id);
    if (!bytes_equal(object->fields[FIELD_HOLDER], bytes_of_string(claim->id)) ||
        !bytes_equal(object->fields[FIELD_ROLES], BYTES_OF(roles)))
        return fail(failure, EXIT_REFUSED,
                    "the card's certificate request names another holder or role");
    return object_uint(object, FIELD_ASSURANCE) == (uint64_t)claim->assurance ||
           fail(failure, EXIT_REFUSED,
                "the card's certificate request claims another assurance than the profile");
}

static bool is_credible(const struct evidence *evidence, const struct evidence_claim *claim,
                        struct failure *failure) {
    return claim->assurance != ASSURANCE_HARDWARE || !evidence->published ||
           fail(failure, EXIT_REFUSED,
                "%s: a card with the published key set cannot show that it is hardware; give it "
                "keys of its own first (profile gp-keys)",
                claim->id);
}

bool evidence_spend(struct evidence *evidence, const struct evidence_claim *claim,
                    const struct crypto *crypto, struct evidence_keys *keys,
                    struct failure *failure) {
    if (evidence == NULL)
        return fail(failure, EXIT_REFUSED,
                    "no certificate for %s: its request came through no secure channel of level 33",
                    claim->id);
    if (evidence->spent)
        return fail(failure, EXIT_REFUSED,
                    "no certificate for %s: its request served for another one already", claim->id);
    evidence->spent = true;
    struct object *object = &evidence->object;
    if (!object_decode_as(OBJECT_CERTIFICATE_REQUEST, bytes_of(evidence->request, evidence->size),
                          object))
        return fail(failure, EXIT_REFUSED,
                    "the card's certificate request is not in its exact form");
    if (!is_claimed(evidence, claim, failure) || !is_credible(evidence, claim, failure))
        return false;
    if (!object_verify(object, crypto, object->fields[FIELD_SIGNING_KEY].data))
        return fail(failure, EXIT_REFUSED,
                    "the card's certificate request is not signed by its own key");
    *keys = (struct evidence_keys){object->fields[FIELD_SIGNING_KEY].data,
                                   object->fields[FIELD_KEM_KEY].data};
    return true;
}
