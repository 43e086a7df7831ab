// SPDX-License-Identifier: Apache-2.0
#include "host/sale/sale_reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool sale_refer(struct sale_record *record, uint8_t kind, const char *text) {
    struct purse_terms terms;
    if (text[0] == '\0' || !purse_terms_refer(&terms, kind, text))
        return false;
    memcpy(record->reference, terms.reference, terms.reference_size);
    record->reference_size = terms.reference_size;
    return true;
}

bool sale_refer_anew(struct sale_record *record, uint8_t kind, const struct crypto *crypto) {
    uint8_t random[8];
    char text[PURSE_REFERENCE_MAX];
    if (!crypto->ops->random(crypto, random, sizeof random))
        return false;
    snprintf(text, sizeof text, "%016" PRIX64, bytes_get_be(random, sizeof random));
    return sale_refer(record, kind, text);
}

void sale_terms(const struct sale_record *record, struct purse_terms *terms) {
    terms->amount = record->amount;
    terms->unit = record->unit;
    terms->reference_size = record->reference_size;
    memcpy(terms->reference, record->reference, record->reference_size);
}
