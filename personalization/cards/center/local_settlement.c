// SPDX-License-Identifier: Apache-2.0
// The end of a till's batch: a receipt or a release, whichever was recorded first. Asked again, the
// same object is signed once more; the other end is refused for ever.
#include "personalization/cards/center/local_settlement.h"

#include "personalization/cards/center/local.h"

#include <inttypes.h>
#include <string.h>

struct ending {
    struct local_center *center;
    struct local_visitor till;
    struct object batch;
    struct book_batch entry;
    struct book_view view;
};

/// What the sums of a batch must be: what the till says to have set aside.
static bool sums_fit(const struct object *batch) {
    enum { ROW = 10 };
    struct bytes sums = batch->fields[FIELD_SUMS], pockets = batch->fields[FIELD_POCKETS];
    size_t at = 0;
    for (size_t row = 0; row + POCKET_ROW <= pockets.size; row += POCKET_ROW) {
        uint64_t reserved = local_number(pockets.data + row, POCKET_RESERVED);
        if (reserved == 0)
            continue;
        if (at + ROW > sums.size || memcmp(sums.data + at, pockets.data + row, 2) != 0 ||
            bytes_get_be(sums.data + at + 2, 8) != reserved)
            return false;
        at += ROW;
    }
    return at == sums.size;
}

static bool read_batch(struct ending *ending, const struct center_question *question,
                       struct failure *failure) {
    const struct crypto *crypto = ending->center->ca->hierarchy.crypto;
    const struct local_visitor *till = &ending->till;
    struct object *batch = &ending->batch;
    if ((till->certificate.roles & ROLE_TILL) == 0)
        return fail(failure, EXIT_REFUSED, "wrong-role: %s is no till", question->purse);
    if (!object_decode_as(OBJECT_BATCH, question->batch, batch) ||
        !object_verify(batch, crypto, till->certificate.signing_point) ||
        !bytes_equal(batch->fields[FIELD_PAYEE], till->certificate.holder) ||
        !object_digest(batch, crypto, ending->entry.hash))
        return fail(failure, EXIT_REFUSED, "the batch of %s does not verify: bad-signature",
                    question->purse);
    if (!bytes_equal(till->statement.fields[FIELD_BATCH_HASH], BYTES_OF(ending->entry.hash)))
        return fail(failure, EXIT_REFUSED, "mismatch: %s does not have this batch open",
                    question->purse);
    return sums_fit(batch) ||
           fail(failure, EXIT_REFUSED, "mismatch: the sums of the batch are not what %s set aside",
                question->purse);
}

static void fill_entry(struct ending *ending, enum book_end end) {
    struct book_batch *entry = &ending->entry;
    entry->date = ending->center->ca->today;
    entry->number = (uint32_t)object_uint(&ending->batch, FIELD_BATCH_NUMBER);
    entry->first = (uint32_t)object_uint(&ending->batch, FIELD_FIRST_N);
    entry->last = (uint32_t)object_uint(&ending->batch, FIELD_LAST_N);
    entry->end = end;
    entry->sums = ending->batch.fields[FIELD_SUMS];
}

/// A number that was ended before must be this very batch, with this very end.
static bool judge_known(struct ending *ending, struct failure *failure) {
    struct book_batch *entry = &ending->entry;
    const struct book_batch *before = &ending->view.batch;
    const char *till = ending->till.owner.name;
    if (memcmp(before->hash, entry->hash, sizeof entry->hash) != 0)
        return fail(failure, EXIT_REFUSED,
                    "%s signed two batches of number %" PRIu32 ": the card was copied, or an older "
                    "state of it was put back",
                    till, entry->number);
    if (before->end != entry->end)
        return fail(failure, EXIT_REFUSED, "stale: batch %" PRIu32 " of %s was %s on %" PRIu32,
                    entry->number, till, book_end_words[before->end], before->date);
    entry->date = before->date; // the same object again
    return true;
}

/// A fresh one follows all that was ended before.
static bool judge_fresh(const struct ending *ending, struct failure *failure) {
    const struct book_batch *entry = &ending->entry;
    if (entry->number > ending->view.highest && entry->first >= ending->view.first_free)
        return true;
    return fail(failure, EXIT_REFUSED,
                "batch %" PRIu32
                " of %s begins before what was settled: an older state of the card "
                "was put back",
                entry->number, ending->till.owner.name);
}

static bool sign_end(const struct ending *ending, uint8_t *out, size_t capacity,
                     struct bytes *object) {
    const struct book_batch *entry = &ending->entry;
    bool settled = entry->end == BOOK_SETTLED;
    struct object_writer writer;
    object_begin(&writer, settled ? OBJECT_SETTLEMENT_RECEIPT : OBJECT_RELEASE, out, capacity);
    object_put(&writer, FIELD_CENTER, bytes_of_string(local_key(ending->center)->name));
    object_put(&writer, FIELD_PURSE, ending->till.certificate.holder);
    object_put_date(&writer, FIELD_DATE, entry->date);
    if (settled)
        object_put(&writer, FIELD_SUMS, entry->sums);
    object_put(&writer, FIELD_BATCH_HASH, BYTES_OF(entry->hash));
    object_put_uint(&writer, FIELD_BATCH_NUMBER, entry->number);
    return object_sign(&writer, &local_key(ending->center)->signer, object);
}

static bool end_batch(struct local_center *center, enum book_end end,
                      const struct center_question *question, uint8_t *out, size_t capacity,
                      struct bytes *object, struct failure *failure) {
    struct ending ending = {.center = center};
    if (!local_meet(center, question, &ending.till, failure) ||
        !read_batch(&ending, question, failure))
        return false;
    fill_entry(&ending, end);
    if (!book_batches(center->ca, &ending.till.owner, ending.entry.number, &ending.view, failure))
        return false;
    bool known = ending.view.known;
    if (!(known ? judge_known(&ending, failure) : judge_fresh(&ending, failure)))
        return false;
    if (!sign_end(&ending, out, capacity, object))
        return fail(failure, EXIT_REFUSED, "cannot sign the end of a batch of %s", question->purse);
    return known || book_enter_batch(center->ca, &ending.till.owner, &ending.entry, failure);
}

bool local_settle(void *context, const struct center_question *question, uint8_t *out,
                  size_t capacity, struct bytes *object, struct failure *failure) {
    return end_batch(context, BOOK_SETTLED, question, out, capacity, object, failure);
}

bool local_release(void *context, const struct center_question *question, uint8_t *out,
                   size_t capacity, struct bytes *object, struct failure *failure) {
    return end_batch(context, BOOK_RELEASED, question, out, capacity, object, failure);
}
