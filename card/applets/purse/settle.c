// SPDX-License-Identifier: Apache-2.0
// SETTLE and RELEASE: the two ends that the center may give a batch, each once and by its digest. A
// settlement receipt takes exactly what the batch set aside and lets the window forget its numbers;
// a release gives everything back, and the next batch has another number. docs/purse.md,
// "Settlement".
#include "card/applets/purse/commands.h"
#include "card/applets/purse/state/batch.h"
#include "card/applets/purse/transfer.h"
#include "card/applets/purse/trust/center.h"

/// Is it about the batch that is open?
static uint16_t check_batch(const struct purse *purse, const struct object *end) {
    uint64_t number = object_uint(end, FIELD_BATCH_NUMBER);
    uint8_t digest[SHA256_SIZE];
    if ((purse->roles & ROLE_TILL) == 0)
        return SW_WRONG_ROLE;
    if (number > number_get(purse, NUMBER_BATCH))
        return SW_WRONG_COUNTER;
    if (number < number_get(purse, NUMBER_BATCH) || !batch_digest(purse, digest))
        return SW_STALE;
    return bytes_equal(end->fields[FIELD_BATCH_HASH], BYTES_OF(digest)) ? SW_OK : SW_MISMATCH;
}

/// Does the receipt settle what the batch says, to the last unit?
static uint16_t check_sums(const struct purse *purse, const struct object *receipt) {
    uint8_t sums[BATCH_SUMS_MAX];
    return bytes_equal(receipt->fields[FIELD_SUMS], batch_sums(purse, sums)) ? SW_OK : SW_MISMATCH;
}

/// Stages that what was set aside left for good, and that the center has the list.
static void settle(struct purse *purse) {
    struct once once = window_at(purse);
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(purse, unit, &pocket); unit = pocket.unit + 1U) {
        if (pocket.reserved == 0)
            continue;
        pocket.redeemed += pocket.reserved;
        pocket.reserved = 0;
        pocket_store(purse, &pocket);
    }
    once_forget(purse->call, &once, (uint32_t)number_get(purse, NUMBER_BATCHED));
    batch_close(purse);
    state_advance(purse);
}

uint16_t purse_settle(struct purse *purse) {
    struct order center;
    uint16_t sw = center_open(purse, OBJECT_SETTLEMENT_RECEIPT, TAKEN_SETTLE,
                              purse->call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = check_batch(purse, &center.object);
    if (sw == SW_OK)
        sw = check_sums(purse, &center.object);
    if (sw == SW_OK)
        sw = state_room_to_close(purse);
    if (sw != SW_OK)
        return sw;
    settle(purse);
    center_taken(purse, TAKEN_SETTLE, &center);
    return SW_OK;
}

/// Stages that its sales are in no batch again. What the sums had beside them was carried.
static void release(struct purse *purse) {
    struct once once = window_at(purse);
    struct listing listing;
    listing_make(purse, once.base, (uint32_t)number_get(purse, NUMBER_BATCHED), &listing);
    for (size_t i = 0; i < listing.count; i++) {
        struct pocket *pocket = &listing.pockets[i];
        if (pocket->reserved == 0)
            continue;
        pocket->left += listing.left[i];
        pocket->carry += pocket->reserved - listing.left[i];
        pocket->reserved = 0;
        pocket_store(purse, pocket);
    }
    number_set(purse, NUMBER_BATCHED, once.base);
    batch_close(purse);
}

uint16_t purse_release(struct purse *purse) {
    struct order center;
    uint16_t sw =
        center_open(purse, OBJECT_RELEASE, TAKEN_RELEASE, purse->call->command.data, &center);
    if (sw != SW_OK || center.repeated)
        return sw;
    sw = check_batch(purse, &center.object);
    if (sw != SW_OK)
        return sw;
    release(purse);
    center_taken(purse, TAKEN_RELEASE, &center);
    return SW_OK;
}
