// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/clearing.h"

#include "card/applets/purse/state/window.h"

#include <stdlib.h>
#include <string.h>

static void put_center(struct object_writer *writer, const struct scene *scene, const char *purse) {
    object_put(writer, FIELD_CENTER, bytes_of_string(scene->center.holder));
    object_put(writer, FIELD_PURSE, bytes_of_string(purse));
}

uint16_t clearing_batch(struct scene_card *till, struct clearing *clearing) {
    if (scene_send(till, COMMAND_PURSE_BATCH, bytes_of(NULL, 0)) != SW_OK)
        return till->sw;
    clearing->size = till->answer.size;
    if (clearing->size > sizeof clearing->octets)
        abort();
    memcpy(clearing->octets, till->answer.data, clearing->size);
    if (!object_decode_as(OBJECT_BATCH, bytes_of(clearing->octets, clearing->size),
                          &clearing->batch) ||
        !object_digest(&clearing->batch, till->scene->crypto, clearing->hash))
        abort();
    clearing->purse = till->holder;
    clearing->number = (uint32_t)object_uint(&clearing->batch, FIELD_BATCH_NUMBER);
    clearing->sums = clearing->batch.fields[FIELD_SUMS];
    return SW_OK;
}

static struct bytes end_of(enum object_type type, struct scene *scene,
                           const struct clearing *clearing, uint8_t out[512]) {
    struct object_writer writer;
    object_begin(&writer, type, out, 512);
    put_center(&writer, scene, clearing->purse);
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    if (type == OBJECT_SETTLEMENT_RECEIPT)
        object_put(&writer, FIELD_SUMS, clearing->sums);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(clearing->hash));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, clearing->number);
    return scene_sign(scene, &writer);
}

struct bytes clearing_receipt(struct scene *scene, const struct clearing *clearing,
                              uint8_t out[512]) {
    return end_of(OBJECT_SETTLEMENT_RECEIPT, scene, clearing, out);
}

struct bytes clearing_release(struct scene *scene, const struct clearing *clearing,
                              uint8_t out[512]) {
    return end_of(OBJECT_RELEASE, scene, clearing, out);
}

uint16_t clearing_settle(struct scene_card *till, const struct clearing *clearing) {
    uint8_t out[512];
    return scene_send(till, COMMAND_PURSE_SETTLE, clearing_receipt(till->scene, clearing, out));
}

uint16_t clearing_give_back(struct scene_card *till, const struct clearing *clearing) {
    uint8_t out[512];
    return scene_send(till, COMMAND_PURSE_RELEASE, clearing_release(till->scene, clearing, out));
}

uint16_t clearing_close(struct scene_card *till) {
    struct clearing clearing;
    uint16_t sw = clearing_batch(till, &clearing);
    return sw == SW_OK ? clearing_settle(till, &clearing) : sw;
}

// ---- refunds -----------------------------------------------------------------------------------

struct scene_payment clearing_refund(struct scene_card *till, struct scene_card *wallet, uint32_t n,
                                     uint8_t turn, uint64_t amount) {
    struct scene_payment payment = {.payer = till, .payee = wallet};
    struct scene_terms *terms = &payment.terms;
    *terms = scene_terms(till, &payment.selected, amount, REFERENCE_REFUND, "");
    bytes_put_be(terms->reference + 1, 4, n);
    terms->reference[5] = turn;
    terms->reference_size = REFERENCE_REFUND_SIZE;
    return payment;
}

void clearing_find_sale(struct scene_card *till, const struct scene_card *wallet, uint64_t amount,
                        uint32_t *n, uint8_t *turn) {
    struct purse purse = scene_purse(till);
    struct once once = window_at(&purse);
    struct window_record record;
    *turn = 0;
    for (*n = once.next - 1; *n >= number_get(&purse, NUMBER_BATCHED) && *n >= once.base; (*n)--) {
        if (once_state(purse.call, &once, *n) != ONCE_DONE)
            continue;
        window_read(&purse, &once, *n, &record);
        *turn = record.refunds;
        if (bytes_equal(bytes_of(record.payer, record.payer_size),
                        bytes_of_string(wallet->holder)) &&
            record.unit == SCENE_UNIT && record.amount - record.refunded >= amount)
            return;
    }
    *n = 0;
}

// ---- the rest ----------------------------------------------------------------------------------

uint16_t clearing_acknowledge(struct scene_card *card, const struct clearing_ack *ack) {
    struct object_writer writer;
    uint8_t out[512], counter[4];
    object_begin(&writer, OBJECT_ACKNOWLEDGEMENT, out, sizeof out);
    put_center(&writer, card->scene, ack->purse != NULL ? ack->purse : card->holder);
    object_put_date(&writer, FIELD_DATE, ack->date != 0 ? ack->date : SCENE_FROM);
    object_put_uint(&writer, FIELD_VERSION, ack->version);
    if (ack->count != 0) {
        object_put_uint(&writer, FIELD_OFFLINE_COUNT, ack->count);
        object_put_uint(&writer, FIELD_OFFLINE_SUM, ack->sum);
    }
    if (ack->base != 0)
        object_put_uint(&writer, FIELD_BASE, ack->base);
    bytes_put_be(counter, 4, ack->counter);
    if (ack->counter != 0)
        object_put(&writer, FIELD_COUNTERS, BYTES_OF(counter));
    return scene_send(card, COMMAND_PURSE_ACKNOWLEDGE, scene_sign(card->scene, &writer));
}

uint16_t clearing_cash_out(struct scene_card *card, const char *purse, uint64_t amount,
                           uint64_t state) {
    struct object_writer writer;
    uint8_t out[256];
    object_begin(&writer, OBJECT_REFUND, out, sizeof out);
    object_put_uint(&writer, FIELD_AMOUNT, amount);
    object_put_unit(&writer, SCENE_UNIT);
    object_put_uint(&writer, FIELD_STATE_NUMBER, state);
    put_center(&writer, card->scene, purse);
    object_put_date(&writer, FIELD_DATE, SCENE_FROM);
    return scene_send(card, COMMAND_PURSE_REFUND, scene_sign(card->scene, &writer));
}
