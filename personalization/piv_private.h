// SPDX-License-Identifier: Apache-2.0
// What the files of the PIV bench share; nobody else includes it.
#ifndef PERSONALIZATION_PIV_PRIVATE_H
#define PERSONALIZATION_PIV_PRIVATE_H

#include "apdu/catalogue.h"
#include "apdu/exchange.h"
#include "apdu/tlv.h"
#include "personalization/piv_bench.h"

enum { PIV_ANSWER_MAX = 2400, PIV_OBJECT_MAX = 1900, PIV_RSA = 0x07, PIV_P256 = 0x11 };

/// One of the four keys: its reference, the object of its certificate, what it may do.
struct piv_slot {
    uint8_t reference;
    uint32_t object;
    enum x509_purpose purpose;
};
extern const struct piv_slot piv_slots[PIV_SLOTS];

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
bool piv_ask(struct piv *piv, enum command_id id, uint8_t p1, uint8_t p2, struct bytes data,
             const char *step);
bool piv_send(struct piv *piv, enum command_id id, uint8_t p1, uint8_t p2, struct bytes data,
              const char *step);
bool piv_refused(struct piv *piv, const char *step);

/// Proves the management key, both ways where the card can (piv_manage.c).
bool piv_manage(struct piv *piv);

/// GENERAL AUTHENTICATE of an asymmetric key: tag 81 or 85 in, tag 82 out.
bool piv_use_key(struct piv *piv, uint8_t algorithm, uint8_t reference, tlv_tag tag,
                 struct bytes data, struct bytes *result);

#endif
