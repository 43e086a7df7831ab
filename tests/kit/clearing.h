// SPDX-License-Identifier: Apache-2.0
// A clearing center for a test scene's tills: batches, and the receipts and releases that end them;
// refunds of sales; acknowledgements. Every object may be spoiled before it is sent.
#ifndef TESTS_KIT_CLEARING_H
#define TESTS_KIT_CLEARING_H

#include "tests/kit/scene/scene.h"

enum { CLEARING_BATCH_MAX = 1024 };

/// A batch as a till signed it, and what a center's object says about it.
struct clearing {
    uint8_t octets[CLEARING_BATCH_MAX];
    size_t size;
    struct object batch; // points into octets: do not copy the struct
    const char *purse;
    uint8_t hash[SHA256_SIZE];
    uint32_t number;
    struct bytes sums;
};

/// BATCH; a 9000 fills clearing with what an honest receipt or release says.
uint16_t clearing_batch(struct scene_card *till, struct clearing *clearing);
/// The center's object; out belongs to the caller.
struct bytes clearing_receipt(struct scene *scene, const struct clearing *clearing,
                              uint8_t out[512]);
struct bytes clearing_release(struct scene *scene, const struct clearing *clearing,
                              uint8_t out[512]);
/// Signed and sent: SETTLE, RELEASE.
uint16_t clearing_settle(struct scene_card *till, const struct clearing *clearing);
uint16_t clearing_give_back(struct scene_card *till, const struct clearing *clearing);
/// BATCH and SETTLE in one.
uint16_t clearing_close(struct scene_card *till);

/// A refund of sale n as its turn, wallet as payee; nothing was sent yet.
struct scene_payment clearing_refund(struct scene_card *till, struct scene_card *wallet, uint32_t n,
                                     uint8_t turn, uint64_t amount);
/// The newest sale to this wallet that a till may refund by so much, in its turn; n 0 when none is.
void clearing_find_sale(struct scene_card *till, const struct scene_card *wallet, uint64_t amount,
                        uint32_t *n, uint8_t *turn);

/// What an acknowledgement says; fields of 0 are left out.
struct clearing_ack {
    const char *purse; // NULL: the card's own
    uint32_t version, base, counter;
    uint64_t count, sum;
    uint32_t date; // 0: SCENE_FROM
};
uint16_t clearing_acknowledge(struct scene_card *card, const struct clearing_ack *ack);

/// The center's REFUND: cash out.
uint16_t clearing_cash_out(struct scene_card *card, const char *purse, uint64_t amount,
                           uint64_t state);

#endif
