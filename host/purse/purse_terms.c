// SPDX-License-Identifier: Apache-2.0
// What a payment is for: the terms that a request carries, from words. Declared in purse_client.h.
#include "host/purse/purse_client.h"

#include <string.h>

uint64_t purse_log_balance(const struct object *usage_log) {
    return object_uint(usage_log, FIELD_ISSUED) + object_uint(usage_log, FIELD_LOADED) +
           object_uint(usage_log, FIELD_RECREDITED) - object_uint(usage_log, FIELD_SPENT) -
           object_uint(usage_log, FIELD_REDEEMED);
}

bool purse_terms_refer(struct purse_terms *terms, uint8_t kind, const char *text) {
    size_t size = strlen(text);
    if (size > PURSE_REFERENCE_MAX - 1)
        return false;
    terms->reference[0] = kind;
    memcpy(terms->reference + 1, text, size);
    terms->reference_size = 1 + size;
    return true;
}

void purse_terms_refund(struct purse_terms *terms, uint32_t n, uint8_t turn) {
    terms->reference[0] = REFERENCE_REFUND;
    bytes_put_be(terms->reference + 1, 4, n);
    terms->reference[5] = turn;
    terms->reference_size = REFERENCE_REFUND_SIZE;
}

bool purse_terms_match(const struct purse_terms *terms, const struct object *object) {
    return object_uint(object, FIELD_AMOUNT) == terms->amount &&
           object_unit(object) == terms->unit &&
           bytes_equal(object->fields[FIELD_REFERENCE],
                       bytes_of(terms->reference, terms->reference_size));
}
