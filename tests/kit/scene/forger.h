// SPDX-License-Identifier: Apache-2.0
// Holders whose keys are out in the open: a dishonest till, wallet or float that signs whatever a
// test wants, with a certificate as good as any. Cards must hold against them, too.
#ifndef TESTS_KIT_SCENE_FORGER_H
#define TESTS_KIT_SCENE_FORGER_H

#include "tests/kit/scene/scene.h"

/// Everything that payment objects say.
struct forged {
    const char *payee, *payer;
    uint32_t n, counter;
    uint8_t challenge[16];
    uint64_t amount;
    uint16_t unit;
    uint8_t reference[17];
    uint8_t reference_size;
    uint64_t issued, spent; // usage log only
};

/// Lawful values for a payment of the selected payer to payee, goods of this name.
struct forged forged_terms(const char *payee, uint32_t n, const struct scene_card *payer,
                           const struct scene_selected *selected, uint64_t amount);

void forge_request(const struct sample_party *signer, const struct forged *terms,
                   struct scene_object *out);
void forge_log(const struct sample_party *signer, const struct forged *terms,
               struct scene_object *out);
/// The receive log for a usage log.
void forge_receipt(struct scene *scene, const struct sample_party *signer,
                   const struct scene_object *log, struct scene_object *out);
/// The void for a request or a usage log.
void forge_void(struct scene *scene, const struct sample_party *signer,
                const struct scene_object *about, struct scene_object *out);

#endif
