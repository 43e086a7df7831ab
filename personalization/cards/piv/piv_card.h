// SPDX-License-Identifier: Apache-2.0
// One card whose PIV application is selected: commands and what they answer (NIST SP 800-73-4 part
// 2). Private to personalization/cards/piv.
#ifndef PERSONALIZATION_CARDS_PIV_PIV_CARD_H
#define PERSONALIZATION_CARDS_PIV_PIV_CARD_H

#include "apdu/command/applets/piv_commands.h"
#include "apdu/command/exchange.h"
#include "apdu/crypto/crypto.h"
#include "base/failure.h"

enum {
    PIV_AID_SIZE = 11,
    PIV_ANSWER_MAX = 2400,
    PIV_OBJECT_MAX = 1900,
    PIV_RSA = 0x07,
    PIV_P256 = 0x11
};

extern const uint8_t piv_aid[PIV_AID_SIZE];

struct piv_order;     // piv_factory.h
struct piv_authority; // piv_factory.h

/// One card whose PIV application is selected.
struct piv {
    struct link *link;
    const struct piv_order *order;
    const struct piv_authority *authority;
    const struct crypto *crypto;
    struct failure *failure;
    uint8_t answer[PIV_ANSWER_MAX];
    struct bytes data; // last answer, into answer
    uint16_t sw;
    uint32_t until; // last day of the certificates
};

/// Selects the application.
bool piv_select(struct piv *piv);

/// One command; its answer stands in piv->data and piv->sw. piv_ask fails only when the link does,
/// piv_send for any refusal, too.
bool piv_ask(struct piv *piv, const struct catalogue_command *row, uint8_t p1, uint8_t p2,
             struct bytes data, const char *step);
bool piv_send(struct piv *piv, const struct catalogue_command *row, uint8_t p1, uint8_t p2,
              struct bytes data, const char *step);
/// Fails with the last status word.
bool piv_refused(struct piv *piv, const char *step);

/// Proves the management key, both ways where the card can (piv_manage.c).
bool piv_manage(struct piv *piv);

#endif
