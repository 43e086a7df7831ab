// SPDX-License-Identifier: Apache-2.0
// What names a sale: the kind of what is sold and up to 16 characters of whoever sells it, or
// characters that nobody else draws.
#ifndef HOST_SALE_SALE_REFERENCE_H
#define HOST_SALE_SALE_REFERENCE_H

#include "apdu/crypto/crypto.h"
#include "host/sale/sale_step.h"

/// Names the sale; kind is REFERENCE_GOODS, .... False: text is not 1 to 16 characters long.
bool sale_refer(struct sale_record *record, uint8_t kind, const char *text);

/// Names it by 64 random bits. False: no randomness.
bool sale_refer_anew(struct sale_record *record, uint8_t kind, const struct crypto *crypto);

/// Amount, unit and reference, as a flow takes them.
void sale_terms(const struct sale_record *record, struct purse_terms *terms);

#endif
