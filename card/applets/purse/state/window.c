// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/window.h"

#include "card/identity/identity.h"

#include <string.h>

// Record: payer size 1, payer 12, reference size 1, reference 17, unit 2, amount 8, digest 32,
// key 33, refunded 8, refunds 1.
enum {
    RECORD_PAYER_SIZE = 0,
    RECORD_PAYER = 1,
    RECORD_REFERENCE_SIZE = 13,
    RECORD_REFERENCE = 14,
    RECORD_UNIT = 31,
    RECORD_AMOUNT = 33,
    RECORD_DIGEST = 41,
    RECORD_KEY = 73,
    RECORD_REFUNDED = 106,
    RECORD_REFUNDS = 114,
    RECORD_END = 115,
};
_Static_assert((int)RECORD_END <= (int)WINDOW_RECORD_SIZE, "record outgrew its row");

struct once window_at(const struct purse *purse) {
    return once_at(purse->call, purse->tables.window_at, purse->tables.window, WINDOW_RECORD_SIZE);
}

void window_open(struct purse *purse, struct once *once, const struct window_record *record) {
    uint8_t octets[WINDOW_RECORD_SIZE] = {record->payer_size};
    memcpy(octets + RECORD_PAYER, record->payer, sizeof record->payer);
    octets[RECORD_REFERENCE_SIZE] = record->reference_size;
    memcpy(octets + RECORD_REFERENCE, record->reference, sizeof record->reference);
    bytes_put_be(octets + RECORD_UNIT, 2, record->unit);
    bytes_put_be(octets + RECORD_AMOUNT, 8, record->amount);
    memcpy(octets + RECORD_DIGEST, record->digest, sizeof record->digest);
    memcpy(octets + RECORD_KEY, record->key, sizeof record->key);
    if (card_must(purse->call,
                  record->amount > 0 && record->amount <= INT64_MAX && once_room(once) == SW_OK))
        once_open(purse->call, once, octets);
}

void window_read(const struct purse *purse, const struct once *once, uint32_t n,
                 struct window_record *record) {
    uint8_t octets[RECORD_END];
    card_read(purse->call, once_record(once, n), octets, sizeof octets);
    *record = (struct window_record){.payer_size = octets[RECORD_PAYER_SIZE],
                                     .reference_size = octets[RECORD_REFERENCE_SIZE],
                                     .unit = (uint16_t)bytes_get_be(octets + RECORD_UNIT, 2),
                                     .amount = bytes_get_be(octets + RECORD_AMOUNT, 8),
                                     .refunded = bytes_get_be(octets + RECORD_REFUNDED, 8),
                                     .refunds = octets[RECORD_REFUNDS]};
    memcpy(record->payer, octets + RECORD_PAYER, sizeof record->payer);
    memcpy(record->reference, octets + RECORD_REFERENCE, sizeof record->reference);
    memcpy(record->digest, octets + RECORD_DIGEST, sizeof record->digest);
    memcpy(record->key, octets + RECORD_KEY, sizeof record->key);
}

void window_set_digest(struct purse *purse, const struct once *once, uint32_t n,
                       const uint8_t digest[SHA256_SIZE]) {
    card_stage(purse->call, once_record(once, n) + RECORD_DIGEST, digest, SHA256_SIZE);
}

void window_set_refunded(struct purse *purse, const struct once *once, uint32_t n,
                         const struct window_record *record) {
    uint8_t octets[RECORD_END - RECORD_REFUNDED];
    bytes_put_be(octets, 8, record->refunded);
    octets[RECORD_REFUNDS - RECORD_REFUNDED] = record->refunds;
    if (card_must(purse->call, record->refunded <= record->amount))
        card_stage(purse->call, once_record(once, n) + RECORD_REFUNDED, octets, sizeof octets);
}

static bool is_sale(const struct window_record *record, struct bytes payer,
                    struct bytes reference) {
    return bytes_equal(bytes_of(record->payer, record->payer_size), payer) &&
           bytes_equal(bytes_of(record->reference, record->reference_size), reference);
}

bool window_find_sale(const struct purse *purse, const struct once *once, struct bytes payer,
                      struct bytes reference, uint32_t *n, struct window_record *record) {
    for (uint32_t i = once->base; once_next_open(purse->call, once, i, once->next, &i); i++) {
        window_read(purse, once, i, record);
        if (is_sale(record, payer, reference)) {
            *n = i;
            return true;
        }
    }
    return false;
}

uint16_t window_answer_end(struct purse *purse, uint32_t n, enum once_state end,
                           const struct window_record *record) {
    struct object_writer writer;
    uint8_t buffer[256], holder[HOLDER_MAX];
    bool done = end == ONCE_DONE;
    object_begin(&writer, done ? OBJECT_RECEIVE_LOG : OBJECT_VOID, buffer, sizeof buffer);
    object_put(&writer, FIELD_PAYEE, identity_text(purse->call, IDENTITY_HOLDER, holder));
    object_put_uint(&writer, FIELD_N, n);
    object_put(&writer, FIELD_PAYER, bytes_of(record->payer, record->payer_size));
    object_put(&writer, done ? FIELD_LOG_HASH : FIELD_REQUEST_HASH, BYTES_OF(record->digest));
    return identity_answer(purse->call, &writer);
}
