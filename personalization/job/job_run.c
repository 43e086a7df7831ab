// SPDX-License-Identifier: Apache-2.0
// The job around one card; what is done to the card itself is its kind's (kind.h).
#include "personalization/job/job_run.h"

#include "personalization/job/letter.h"

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

bool job_identify(struct link *link, const struct profile *profile,
                  uint8_t serial[CARD_SERIAL_SIZE], struct failure *failure) {
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

/// One row at work.
struct task {
    struct job_shared *shared;
    long row;
    struct work work;
};

void job_shared_init(struct job_shared *shared, struct job *job, const struct crypto *crypto) {
    *shared = (struct job_shared){
        .job = job, .issuer = {.profile = &job->profile, .nonce = job->nonce, .crypto = crypto}};
    pthread_mutex_init(&shared->issuer.mutex, NULL);
}

static bool write_letter(struct task *task) {
    const struct factory_order *factory = &task->work.order.factory;
    struct job_shared *shared = task->shared;
    const struct letter letter = {.row = &task->work.order.row,
                                  .columns = &shared->job->columns,
                                  .pin = factory->pin,
                                  .puk = factory->puk};
    return shared->printer == NULL || factory->pin == NULL ||
           letter_write(shared->printer, shared->job->directory, &letter, task->work.failure);
}

/// The PIN letter is durable before the row counts as done: no card without its PIN.
static bool make_once(struct task *task) {
    struct job *job = task->shared->job;
    struct work *work = &task->work;
    work->begun = false;
    return card_order_make(&work->order, &job->profile, &work->secrets, work->crypto,
                           work->failure) &&
           kind_find(job->profile.card)->make(work) && write_letter(task) &&
           job_finish(job, task->row, work->digest, work->version, work->has_kcv ? work->kcv : NULL,
                      work->failure);
}

bool job_may_certify(const struct job *job, long row, struct card_issuer *issuer, const char *id,
                     struct failure *failure) {
    const struct ca *ca = &issuer->ca;
    if (job->profile.type != PROFILE_TESSERA || job->replace || job->rows[row].begun)
        return true; // what is valid is the row's own, or is to be replaced
    pthread_mutex_lock(&issuer->mutex);
    bool valid = register_find_valid(&ca->issued, id, ca->today) < ca->issued.count;
    pthread_mutex_unlock(&issuer->mutex);
    return !valid ||
           fail(failure, EXIT_REFUSED,
                "%s has a valid certificate already, of a card that this job did not make", id);
}

/// A card that was opened well but lost its channel on the way (another program reset it) gets one
/// more try from the beginning.
static bool make(struct task *task) {
    struct job *job = task->shared->job;
    struct work *work = &task->work;
    work->serial = job->rows[task->row].serial;
    const struct card_kind *kind = kind_find(job->profile.card);
    if (!job_read(job, task->row, &work->order.row, work->failure) ||
        !job_may_certify(job, task->row, &task->shared->issuer, work->order.row.fields[COLUMN_ID],
                         work->failure) ||
        (kind->is_blank != NULL && !job_begun_on(job, task->row, work->serial) &&
         !kind->is_blank(work)) ||
        !job_start(job, task->row, work->serial, work->failure))
        return false;
    if (make_once(task))
        return true;
    if (!work->begun || work->failure->code != EXIT_REFUSED)
        return false;
    work->resumed = true;
    return make_once(task);
}

static enum job_outcome settle(struct task *task, bool made) {
    const struct failure *failure = task->work.failure;
    struct failure also;
    if (made)
        return CARD_MADE;
    if (failure->code != EXIT_REFUSED)
        return CARD_BROKE;
    return job_reject(task->shared->job, task->row, failure->text, &also) ? CARD_REJECTED
                                                                          : CARD_BROKE;
}

static void forget(struct work *work) {
    bytes_erase(&work->secrets, sizeof work->secrets);
    bytes_erase(&work->own, sizeof work->own);
    bytes_erase(&work->order.identity, sizeof work->order.identity);
}

enum job_outcome job_make_card(struct job_shared *shared, struct link *link,
                               const struct crypto *crypto, long row, struct job_remark *remark,
                               struct failure *failure) {
    uint8_t serial[CARD_SERIAL_SIZE];
    struct task task = {
        .shared = shared,
        .row = row,
        .work = {.issuer = &shared->issuer, .link = link, .crypto = crypto, .failure = failure}};
    struct work *work = &task.work;
    bool finished = false;
    *remark = (struct job_remark){0};
    if (!job_identify(link, &shared->job->profile, serial, failure))
        return failure->code == EXIT_REFUSED ? CARD_FOREIGN : CARD_BROKE;
    // whoever was started or rejected before may have left a certificate behind
    if (row != JOB_NO_ROW)
        work->resumed = shared->job->rows[row].state != JOB_OPEN;
    if (row == JOB_NO_ROW)
        task.row = job_claim(shared->job, serial, &finished, &work->resumed);
    else if (!job_take(shared->job, row, serial))
        finished = true;
    if (finished)
        return CARD_KNOWN;
    if (task.row == JOB_NO_ROW)
        return CARD_LEFT;
    bool made = make(&task);
    enum job_outcome outcome = settle(&task, made);
    snprintf(remark->id, sizeof remark->id, "%s", work->order.row.fields[COLUMN_ID]);
    snprintf(remark->note, sizeof remark->note, "%s", made ? work->note : "");
    forget(work);
    return outcome;
}

bool job_verify_card(struct job_shared *shared, struct link *link, const struct crypto *crypto,
                     long row, struct failure *failure) {
    uint8_t serial[CARD_SERIAL_SIZE];
    struct job *job = shared->job;
    struct work work = {
        .issuer = &shared->issuer, .link = link, .crypto = crypto, .failure = failure};
    if (!job_read(job, row, &work.order.row, failure) ||
        !job_identify(link, &job->profile, serial, failure))
        return false;
    if (memcmp(serial, job->rows[row].serial, sizeof serial) != 0)
        return fail(failure, EXIT_REFUSED, "%s: %s was made on another chip", link->name,
                    work.order.row.fields[COLUMN_ID]);
    work.serial = job->rows[row].serial;
    work.recorded = job->rows[row].digest;
    bool done = kind_find(job->profile.card)->verify(&work);
    forget(&work);
    return done;
}
