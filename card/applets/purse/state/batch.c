// SPDX-License-Identifier: Apache-2.0
#include "card/applets/purse/state/batch.h"

#include <string.h>

// Size of the object 2, its digest 32, the object.
enum { AT_SIZE = 0, AT_DIGEST = 2, AT_OBJECT = AT_DIGEST + SHA256_SIZE };
_Static_assert((int)AT_OBJECT + (int)BATCH_OBJECT_MAX <= (int)BATCH_SIZE, "a batch outgrew it");

static void list_pockets(const struct purse *purse, struct listing *listing) {
    struct pocket pocket = {0};
    for (uint32_t unit = 0; pocket_next(purse, unit, &pocket); unit = pocket.unit + 1U)
        listing->pockets[listing->count++] = pocket;
}

static void add_left(struct listing *listing, const struct window_record *record) {
    for (size_t i = 0; i < listing->count; i++)
        if (listing->pockets[i].unit == record->unit)
            listing->left[i] += record->amount - record->refunded;
}

void listing_make(const struct purse *purse, uint32_t first, uint32_t limit,
                  struct listing *listing) {
    struct once once = window_at(purse);
    struct window_record record;
    *listing = (struct listing){.first = first, .end = limit};
    once_next_open(purse->call, &once, first, limit - 1, &listing->end);
    list_pockets(purse, listing);
    for (uint32_t n = first; n < listing->end; n++) {
        if (once_state(purse->call, &once, n) != ONCE_DONE)
            continue;
        uint32_t bit = n - first;
        listing->outcomes[bit / 8] = (uint8_t)(listing->outcomes[bit / 8] | 0x80 >> bit % 8);
        window_read(purse, &once, n, &record);
        add_left(listing, &record);
    }
}

struct bytes batch_sums(const struct purse *purse, uint8_t out[BATCH_SUMS_MAX]) {
    struct pocket pocket = {0};
    size_t size = 0;
    for (uint32_t unit = 0; pocket_next(purse, unit, &pocket); unit = pocket.unit + 1U) {
        if (pocket.reserved == 0)
            continue;
        bytes_put_be(out + size, 2, pocket.unit);
        bytes_put_be(out + size + 2, 8, pocket.reserved);
        size += 10;
    }
    return bytes_of(out, size);
}

bool batch_digest(const struct purse *purse, uint8_t digest[SHA256_SIZE]) {
    if (card_read_uint(purse->call, purse->tables.batch_at + AT_SIZE, 2) == 0)
        return false;
    card_read(purse->call, purse->tables.batch_at + AT_DIGEST, digest, SHA256_SIZE);
    return true;
}

size_t batch_object(const struct purse *purse, uint8_t *out) {
    size_t size = (size_t)card_read_uint(purse->call, purse->tables.batch_at + AT_SIZE, 2);
    if (!card_must(purse->call, size <= BATCH_OBJECT_MAX))
        return 0;
    card_read(purse->call, purse->tables.batch_at + AT_OBJECT, out, size);
    return size;
}

void batch_store(struct purse *purse, const uint8_t digest[SHA256_SIZE], struct bytes object) {
    if (!card_must(purse->call, object.size <= BATCH_OBJECT_MAX))
        return;
    card_stage_uint(purse->call, purse->tables.batch_at + AT_SIZE, 2, object.size);
    card_stage(purse->call, purse->tables.batch_at + AT_DIGEST, digest, SHA256_SIZE);
    card_stage(purse->call, purse->tables.batch_at + AT_OBJECT, object.data, object.size);
}

void batch_close(struct purse *purse) {
    card_stage_uint(purse->call, purse->tables.batch_at + AT_SIZE, 2, 0);
}
