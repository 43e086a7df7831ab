// SPDX-License-Identifier: Apache-2.0
// BATCH: what a till hands in, signed. It is the next one in order, whoever asks for what: from the
// first number that no batch lists to the first open one, with what is left of each sale and what
// came back late. The same commit sets these sums aside, so that no refund touches them, and keeps
// the object: until the center has settled or released it, it is answered again. docs/purse.md,
// "Settlement".
#include "card/applets/purse/state/batch.h"
#include "card/applets/purse/commands.h"
#include "card/identity/identity.h"

static bool is_empty(const struct listing *listing) {
    bool empty = listing->first == listing->end;
    for (size_t i = 0; i < listing->count; i++)
        empty = empty && listing->pockets[i].carry == 0;
    return empty;
}

static void reserve(struct purse *purse, struct listing *listing) {
    for (size_t i = 0; i < listing->count; i++) {
        struct pocket *pocket = &listing->pockets[i];
        pocket->reserved = listing->left[i] + pocket->carry;
        pocket->left -= listing->left[i];
        pocket->carry = 0;
        if (pocket->reserved != 0)
            pocket_store(purse, pocket);
    }
    number_set(purse, NUMBER_BATCHED, listing->end);
    // each batch takes a number of the window or a taken-back debit along: those end before it does
    number_set(purse, NUMBER_BATCH, number_get(purse, NUMBER_BATCH) + 1);
}

/// Signs what the listing says, into the answer.
static uint16_t sign(struct purse *purse, const struct listing *listing) {
    struct card_call *call = purse->call;
    struct object_writer writer;
    uint8_t holder[HOLDER_MAX], sums[BATCH_SUMS_MAX];
    uint8_t pockets[PERSO_UNITS_MAX * POCKET_STATEMENT_SIZE];
    struct tlv_writer list = tlv_writer_over(pockets, sizeof pockets);
    pockets_put(purse, &list);
    object_begin(&writer, OBJECT_BATCH, call->answer.data, call->answer.capacity);
    object_put(&writer, FIELD_PAYEE, identity_text(call, IDENTITY_HOLDER, holder));
    object_put_uint(&writer, FIELD_COUNTER, number_get(purse, NUMBER_COUNTER));
    object_put_uint(&writer, FIELD_FIRST_N, listing->first);
    object_put_uint(&writer, FIELD_LAST_N, listing->end - 1U);
    object_put(&writer, FIELD_OUTCOMES,
               bytes_of(listing->outcomes, (listing->end - listing->first + 7) / 8));
    object_put(&writer, FIELD_SUMS, batch_sums(purse, sums));
    object_put(&writer, FIELD_POCKETS, tlv_writer_bytes(&list));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, number_get(purse, NUMBER_BATCH));
    return identity_answer(call, &writer);
}

static uint16_t keep(struct purse *purse) {
    struct bytes answer = tlv_writer_bytes(&purse->call->answer);
    struct object batch;
    uint8_t digest[SHA256_SIZE];
    if (!object_decode_as(OBJECT_BATCH, answer, &batch) ||
        !object_digest(&batch, purse->call->crypto, digest))
        return SW_UNKNOWN;
    batch_store(purse, digest, answer);
    return SW_OK;
}

uint16_t purse_batch(struct purse *purse) {
    struct listing listing;
    struct once once = window_at(purse);
    if ((purse->roles & ROLE_TILL) == 0)
        return SW_WRONG_ROLE;
    purse->call->answer.size = batch_object(purse, purse->call->answer.data);
    if (purse->call->answer.size > 0)
        return SW_OK;
    listing_make(purse, (uint32_t)number_get(purse, NUMBER_BATCHED), once.next, &listing);
    if (is_empty(&listing))
        return listing.first < once.next ? SW_STILL_OPEN : SW_EMPTY_BATCH;
    reserve(purse, &listing);
    uint16_t sw = sign(purse, &listing);
    return sw == SW_OK ? keep(purse) : sw;
}
