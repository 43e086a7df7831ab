// SPDX-License-Identifier: Apache-2.0
// The job around one card; what is done to the card itself is its kind's (kind.h).
#include "personalization/job_run.h"

#include "personalization/kind.h"
#include "personalization/letter.h"

#include <stdio.h>
#include <string.h>

enum { ATR_MAX = 33 };

static const struct card_kind *kind_of(const struct profile *profile, struct failure *failure) {
    const struct card_kind *kind = kind_find(profile->card);
    if (kind == NULL)
        fail(failure, EXIT_USAGE,
             "profile %s is for cards of type '%s', which this program does not know",
             profile->name, profile->card);
    return kind;
}

bool job_identify(struct link *link, const struct profile *profile, uint8_t serial[JOB_SERIAL_SIZE],
                  struct failure *failure) {
    uint8_t atr[ATR_MAX];
    size_t size = 0;
    const struct card_kind *kind = kind_of(profile, failure);
    if (kind == NULL)
        return false;
    enum link_status status = link_reset(link, LINK_RESET_COLD, atr, sizeof atr, &size);
    if (status != LINK_OK)
        return work_link_failed(link, status, failure);
    return kind->identify(link, profile, bytes_of(atr, size), serial, failure);
}

// ---- making ------------------------------------------------------------------------------------

static bool write_letter(struct work *work) {
    const struct bench_order *bench = &work->order.bench;
    if (work->office->printer == NULL || bench->pin == NULL)
        return true;
    return letter_write(work->office->printer, work->office->job->directory, bench->id, bench->pin,
                        bench->puk, work->failure);
}

/// The PIN letter is durable before the row counts as done: no card without its PIN.
static bool make_once(struct work *work) {
    struct job *job = work->office->job;
    work->begun = false;
    return job_order_make(&work->order, &job->profile, &work->secrets, work->crypto,
                          work->failure) &&
           kind_find(job->profile.card)->make(work) && write_letter(work) &&
           job_finish(job, work->row, work->digest, work->version, work->has_kcv ? work->kcv : NULL,
                      work->failure);
}

/// A card that was opened well but lost its channel on the way (another program reset it) gets one
/// more try from the beginning.
static bool make(struct work *work) {
    struct job *job = work->office->job;
    if (!job_read(job, work->row, &work->order.row, work->failure) ||
        !job_start(job, work->row, job->rows[work->row].serial, work->failure))
        return false;
    if (make_once(work))
        return true;
    if (!work->begun || work->failure->code != EXIT_REFUSED)
        return false;
    work->resumed = true;
    return make_once(work);
}

static enum job_outcome settle(struct work *work, bool made) {
    struct failure also;
    if (made)
        return CARD_MADE;
    if (work->failure->code != EXIT_REFUSED)
        return CARD_BROKE;
    return job_reject(work->office->job, work->row, work->failure->text, &also) ? CARD_REJECTED
                                                                                : CARD_BROKE;
}

static void forget(struct work *work) {
    bytes_erase(&work->secrets, sizeof work->secrets);
    bytes_erase(&work->own, sizeof work->own);
    bytes_erase(&work->order.identity, sizeof work->order.identity);
}

enum job_outcome job_make_card(struct job_office *office, struct link *link,
                               const struct crypto *crypto, long row, struct job_remark *remark,
                               struct failure *failure) {
    uint8_t serial[JOB_SERIAL_SIZE];
    struct work work = {.office = office, .link = link, .crypto = crypto, .failure = failure};
    bool finished = false;
    *remark = (struct job_remark){0};
    if (!job_identify(link, &office->job->profile, serial, failure))
        return failure->code == EXIT_REFUSED ? CARD_FOREIGN : CARD_BROKE;
    // whoever was started or rejected before may have left a certificate behind
    if (row != JOB_NO_ROW)
        work.resumed = office->job->rows[row].state != JOB_OPEN;
    work.row = row;
    if (row == JOB_NO_ROW)
        work.row = job_claim(office->job, serial, &finished, &work.resumed);
    else if (!job_take(office->job, row, serial))
        finished = true;
    if (finished)
        return CARD_KNOWN;
    if (work.row == JOB_NO_ROW)
        return CARD_LEFT;
    bool made = make(&work);
    enum job_outcome outcome = settle(&work, made);
    snprintf(remark->id, sizeof remark->id, "%s", work.order.row.fields[COLUMN_ID]);
    snprintf(remark->note, sizeof remark->note, "%s", made ? work.note : "");
    forget(&work);
    return outcome;
}

bool job_verify_card(struct job_office *office, struct link *link, const struct crypto *crypto,
                     long row, struct failure *failure) {
    uint8_t serial[JOB_SERIAL_SIZE];
    struct job *job = office->job;
    struct work work = {
        .office = office, .link = link, .crypto = crypto, .failure = failure, .row = row};
    if (!job_read(job, row, &work.order.row, failure) ||
        !job_identify(link, &job->profile, serial, failure))
        return false;
    if (memcmp(serial, job->rows[row].serial, sizeof serial) != 0)
        return fail(failure, EXIT_REFUSED, "%s: %s was made on another chip", link->name,
                    work.order.row.fields[COLUMN_ID]);
    bool done = kind_find(job->profile.card)->verify(&work);
    forget(&work);
    return done;
}
