// SPDX-License-Identifier: Apache-2.0
#include "personalization/job/job_session.h"

#include "apdu/crypto/crypto_run.h"
#include "base/progress.h"
#include "personalization/job/approval.h"
#include "personalization/job/letter.h"
#include "personalization/job/rehearsal.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// One run.
struct job_session {
    struct job job;
    struct job_shared shared;
    const struct job_session_order *order;
    bool verify;
    long at;          // next row for links that follow from the row
    size_t made, bad; // in this run
    bool *seen;       // rows that verify has looked at
    bool stop;        // a link, the authority or the disk broke
    struct failure first;
    struct progress progress;
};

/// One reader's thread.
struct reader {
    struct job_session *job_session;
    const char *name;
    struct crypto *crypto;
    pthread_t thread;
    char last[HOLDER_MAX + 1]; // id of the card that it had last, else empty
};

// ---- telling -----------------------------------------------------------------------------------

/// In a verification the rows that are done are all there is to do.
static void tell_progress(struct job_session *job_session) {
    const struct job *job = &job_session->job;
    struct progress_count count = {job->total, job->done, job->rejected,
                                   job_session->made + job_session->bad};
    if (job_session->verify)
        count = (struct progress_count){job->done, job_session->made, job_session->bad, count.now};
    progress_tell(&job_session->progress, &count);
}

static void tell_card(struct job_session *job_session, const char *id, const char *status,
                      const char *remark, const char *reason) {
    if (!job_session->order->json) {
        if (remark[0] != '\0' || reason != NULL)
            progress_clear(&job_session->progress);
        if (remark[0] != '\0')
            printf("%s: %s\n", id, remark);
        if (reason != NULL)
            fprintf(stderr, "%s: %s: %s\n", id, status, reason);
        return;
    }
    json_t *line = json_pack("{s:s, s:s, s:s*, s:s*}", "id", id, "status", status, "note",
                             remark[0] != '\0' ? remark : NULL, "reason", reason);
    if (line != NULL && json_dumpf(line, stdout, JSON_COMPACT) == 0)
        putchar('\n');
    json_decref(line);
}

// ---- one card ----------------------------------------------------------------------------------

static void note(struct job_session *job_session, enum job_outcome outcome, const char *id,
                 const char *remark, const struct failure *failure) {
    pthread_mutex_lock(&job_session->shared.issuer.mutex);
    job_session->made += outcome == CARD_MADE;
    job_session->bad += outcome == CARD_REJECTED || outcome == CARD_FOREIGN;
    if (outcome == CARD_BROKE && !job_session->stop) {
        job_session->stop = true;
        job_session->first = *failure;
    }
    if (outcome == CARD_MADE || outcome == CARD_KNOWN)
        tell_card(job_session, id, outcome == CARD_MADE ? "done" : "known", remark, NULL);
    else if (outcome == CARD_REJECTED || outcome == CARD_FOREIGN)
        tell_card(job_session, id, outcome == CARD_REJECTED ? "rejected" : "refused", "",
                  failure->text);
    tell_progress(job_session);
    pthread_mutex_unlock(&job_session->shared.issuer.mutex);
}

/// An image of a finished row that is gone or is no card any more is a finding, not the end.
static bool is_lost(const struct reader *reader, const struct failure *failure) {
    return reader->job_session->verify && strstr(reader->name, "%s") != NULL &&
           (failure->code == EXIT_USAGE || failure->code == EXIT_REFUSED);
}

static enum job_outcome work_on(struct reader *reader, long row, const char *id) {
    struct job_session *job_session = reader->job_session;
    struct failure failure = {0};
    struct job_remark remark = {0};
    uint16_t roles = job_session->job.profile.roles;
    enum job_outcome outcome = CARD_BROKE;
    struct link *link =
        tracing_link(job_session->order->tracing,
                     job_session->order->open(reader->name, id, roles, reader->crypto, &failure));
    if (link != NULL && job_session->verify)
        outcome = job_verify_card(&job_session->shared, link, reader->crypto, row, &failure)
                      ? CARD_MADE
                      : CARD_REJECTED;
    else if (link != NULL)
        outcome = job_make_card(&job_session->shared, link, reader->crypto, row, &remark, &failure);
    else if (is_lost(reader, &failure))
        outcome = CARD_REJECTED;
    link_close(link);
    note(job_session, outcome, remark.id[0] != '\0' ? remark.id : id, remark.note, &failure);
    snprintf(reader->last, sizeof reader->last, "%s",
             remark.id[0] != '\0' ? remark.id : "the card");
    return outcome;
}

// ---- readers -----------------------------------------------------------------------------------

/// Rows one after another, each with an image of its own.
static void follow_rows(struct reader *reader) {
    struct job_session *job_session = reader->job_session;
    struct card_row text;
    struct failure failure;
    long row;
    while (!job_session->stop &&
           (row = job_next(&job_session->job, &job_session->at)) != JOB_NO_ROW)
        if (job_read(&job_session->job, row, &text, &failure))
            work_on(reader, row, text.fields[COLUMN_ID]);
        else
            note(job_session, CARD_BROKE, "", "", &failure);
}

/// Says which card this reader has just made and which it makes next.
static void ask_for_card(struct reader *reader, enum job_outcome outcome, long next) {
    const char *became = outcome == CARD_MADE    ? "is done"
                         : outcome == CARD_KNOWN ? "was done before"
                                                 : "was not taken";
    struct job *job = &reader->job_session->job;
    struct card_row row = {0};
    struct failure failure;
    (void)job_read(job, next, &row, &failure); // without its id the question is clear, too
    pthread_mutex_lock(&reader->job_session->shared.issuer.mutex);
    progress_clear(&reader->job_session->progress);
    fprintf(stderr,
            "%s: %s %s. Next: %s (row %ld of %zu%s). Put its card in, then Enter (q ends): ",
            reader->name, reader->last, became, row.fields[COLUMN_ID], next + 1, job->total,
            job->rows[next].state == JOB_STARTED ? ", on the card that it was begun on" : "");
    pthread_mutex_unlock(&reader->job_session->shared.issuer.mutex);
}

/// Cards as people put them in, until no row is open; without a terminal the one that is there.
static void follow_cards(struct reader *reader) {
    char line[8];
    long next;
    do {
        enum job_outcome outcome = work_on(reader, JOB_NO_ROW, reader->name);
        if (outcome == CARD_LEFT || reader->job_session->stop || !isatty(STDIN_FILENO))
            return;
        next = job_waiting(&reader->job_session->job);
        if (next == JOB_NO_ROW)
            return;
        ask_for_card(reader, outcome, next);
    } while (fgets(line, sizeof line, stdin) != NULL && line[0] != 'q');
}

static void *read_cards(void *context) {
    struct reader *reader = context;
    if (strstr(reader->name, "%s") != NULL)
        follow_rows(reader);
    else
        follow_cards(reader);
    return NULL;
}

static bool run_readers(struct job_session *job_session, struct failure *failure) {
    struct reader readers[16] = {{0}};
    size_t started = 0;
    bool done = true;
    for (size_t i = 0; done && i < job_session->order->link_count; i++) {
        readers[i] =
            (struct reader){.job_session = job_session, .name = job_session->order->links[i]};
        readers[i].crypto = crypto_for_run(job_session->order->run, failure);
        done = readers[i].crypto != NULL &&
               (pthread_create(&readers[i].thread, NULL, read_cards, &readers[i]) == 0 ||
                fail(failure, EXIT_REFUSED, "no thread for reader %s", readers[i].name));
        started += done;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(readers[i].thread, NULL);
    for (size_t i = 0; i < job_session->order->link_count; i++)
        crypto_openssl_free(readers[i].crypto);
    return done;
}

// ---- the whole ---------------------------------------------------------------------------------

static bool open_master_keys(struct job_session *job_session, struct crypto *crypto,
                             struct failure *failure) {
    struct job_shared *shared = &job_session->shared;
    const struct job *job = &job_session->job;
    const struct key_access *access = &job_session->order->access;
    if (job->keys[0] != '\0' &&
        !master_key_open(&shared->issuer.master, job->keys, crypto, access, failure))
        return false;
    if (job->transport[0] != '\0' &&
        !master_key_open(&shared->issuer.transport, job->transport, crypto, access, failure))
        return false;
    if (job->profile.has_method)
        shared->issuer.master.method = job->profile.method;
    return true;
}

static bool open_shared(struct job_session *job_session, struct crypto *crypto,
                        struct failure *failure) {
    struct job_shared *shared = &job_session->shared;
    struct job *job = &job_session->job;
    job_shared_init(shared, job, crypto);
    if (job->printer[0] != '\0' &&
        (shared->printer = letter_printer_open(job->printer, failure)) == NULL)
        return false;
    if (!open_master_keys(job_session, crypto, failure))
        return false;
    return ca_open(&shared->issuer.ca, job->ca, &job_session->order->access.pin, crypto,
                   job_session->order->run->today, failure);
}

static void close_shared(struct job_shared *shared) {
    ca_close(&shared->issuer.ca);
    master_key_close(&shared->issuer.master);
    master_key_close(&shared->issuer.transport);
    letter_printer_close(shared->printer);
    pthread_mutex_destroy(&shared->issuer.mutex);
}

static bool conclude(struct job_session *job_session, struct failure *failure) {
    const struct job *job = &job_session->job;
    progress_clear(&job_session->progress);
    if (job_session->order->json)
        printf("{\"total\":%zu,\"done\":%zu,\"rejected\":%zu}\n", job->total, job->done,
               job->rejected);
    else
        printf("%s: %zu of %zu done, %zu rejected, %zu open\n", job->directory, job->done,
               job->total, job->rejected, job->total - job->done - job->rejected);
    if (job_session->stop) {
        *failure = job_session->first;
        return false;
    }
    size_t open = job->total - job->done - job->rejected;
    if (job_session->bad > 0)
        return fail(failure, EXIT_REFUSED, "cards rejected or refused: %zu", job_session->bad);
    return open == 0 ||
           fail(failure, EXIT_ABSENT, "%zu row%s still open: put in further cards and run it again",
                open, open == 1 ? " is" : "s are");
}

/// A card in a reader tells by its chip which row it is.
static enum job_outcome verify_there(struct reader *reader) {
    struct job_session *job_session = reader->job_session;
    struct job *job = &job_session->job;
    struct failure failure = {0};
    struct card_row text = {0};
    uint8_t serial[CARD_SERIAL_SIZE];
    enum job_outcome outcome = CARD_BROKE;
    long row = JOB_NO_ROW;
    struct link *link =
        tracing_link(job_session->order->tracing,
                     job_session->order->open(reader->name, "", false, reader->crypto, &failure));
    if (link != NULL && job_identify(link, &job->profile, serial, &failure)) {
        row = job_done_on(job, serial);
        outcome = CARD_REJECTED;
        if (row == JOB_NO_ROW)
            fail(&failure, EXIT_REFUSED, "this chip is no finished card of %s", job->directory);
        else if (job_read(job, row, &text, &failure) &&
                 job_verify_card(&job_session->shared, link, reader->crypto, row, &failure))
            outcome = CARD_MADE;
    } else if (link != NULL && failure.code == EXIT_REFUSED) {
        outcome = CARD_REJECTED;
    }
    link_close(link);
    bool again = row != JOB_NO_ROW && job_session->seen[row];
    if (row != JOB_NO_ROW)
        job_session->seen[row] = true;
    const char *id = row != JOB_NO_ROW ? text.fields[COLUMN_ID] : reader->name;
    snprintf(reader->last, sizeof reader->last, "%s", row != JOB_NO_ROW ? id : "the card");
    if (!again)
        note(job_session, outcome, id, "", &failure);
    return outcome;
}

static size_t unseen(const struct job_session *job_session) {
    size_t count = 0;
    for (size_t row = 0; row < job_session->job.total; row++)
        count += job_session->job.rows[row].state == JOB_DONE && !job_session->seen[row];
    return count;
}

/// The cards that people put into one reader; without a terminal the one that is there.
static void verify_cards(struct reader *reader) {
    struct job_session *job_session = reader->job_session;
    char line[8];
    do {
        enum job_outcome outcome = verify_there(reader);
        if (job_session->stop || !isatty(STDIN_FILENO) || unseen(job_session) == 0)
            return;
        progress_clear(&job_session->progress);
        fprintf(stderr, "%s: %s is %s. %zu to go; next card, then Enter (q ends): ", reader->name,
                reader->last, outcome == CARD_MADE ? "as made" : "not as made",
                unseen(job_session));
    } while (fgets(line, sizeof line, stdin) != NULL && line[0] != 'q');
}

/// Images by the rows that are done and that no reader showed.
static void verify_rows(struct reader *reader) {
    struct job_session *job_session = reader->job_session;
    struct card_row text;
    struct failure failure;
    for (size_t row = 0; row < job_session->job.total && !job_session->stop; row++) {
        if (job_session->job.rows[row].state != JOB_DONE || job_session->seen[row])
            continue;
        job_session->seen[row] = true;
        if (job_read(&job_session->job, (long)row, &text, &failure))
            work_on(reader, (long)row, text.fields[COLUMN_ID]);
        else
            note(job_session, CARD_BROKE, "", "", &failure);
    }
}

static bool conclude_verify(struct job_session *job_session, struct failure *failure) {
    size_t checked = job_session->made + job_session->bad, missing = unseen(job_session);
    progress_clear(&job_session->progress);
    if (job_session->order->json)
        printf("{\"checked\":%zu,\"good\":%zu,\"bad\":%zu}\n", checked, job_session->made,
               job_session->bad);
    else
        printf("%s: %zu card%s read back, %zu as made, %zu not\n", job_session->job.directory,
               checked, checked == 1 ? "" : "s", job_session->made, job_session->bad);
    if (job_session->stop) {
        *failure = job_session->first;
        return false;
    }
    if (job_session->bad > 0)
        return fail(failure, EXIT_REFUSED, "%zu card%s not as made", job_session->bad,
                    job_session->bad == 1 ? " is" : "s are");
    return missing == 0 || fail(failure, EXIT_ABSENT, "%zu finished card%s not shown to a reader",
                                missing, missing == 1 ? " was" : "s were");
}

static bool verify_all(struct job_session *job_session, struct crypto *crypto,
                       struct failure *failure) {
    const struct job_session_order *order = job_session->order;
    const struct job *job = &job_session->job;
    if (job->done == 0)
        return fail(failure, EXIT_REFUSED,
                    "%s: no card is finished yet (%zu open); run 'tessera perso run %s' first",
                    job->directory, job->total - job->rejected, job->directory);
    job_session->seen = calloc(job_session->job.total + 1, sizeof *job_session->seen);
    if (job_session->seen == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    for (size_t turn = 0; turn < 2 * order->link_count && !job_session->stop; turn++) {
        struct reader reader = {.job_session = job_session,
                                .name = order->links[turn % order->link_count],
                                .crypto = crypto};
        bool image = strstr(reader.name, "%s") != NULL, images = turn >= order->link_count;
        if (!image && !images)
            verify_cards(&reader);
        else if (image && images)
            verify_rows(&reader);
    }
    bool done = conclude_verify(job_session, failure);
    free(job_session->seen);
    return done;
}

static bool job_session_work(const char *directory, const struct job_session_order *order,
                             bool verify, struct failure *failure) {
    struct job_session job_session = {.order = order, .verify = verify};
    struct crypto *crypto = crypto_for_run(order->run, failure);
    progress_begin(&job_session.progress);
    if (crypto == NULL)
        return false;
    bool done = job_open(&job_session.job, directory, failure);
    if (done) {
        job_session.job.again = order->again;
        done = job_has_rows(&job_session.job, failure) &&
               open_shared(&job_session, crypto, failure) &&
               (verify ||
                approval_check(&job_session.job, &job_session.shared.issuer.ca, crypto, failure));
        if (done && verify) {
            done = verify_all(&job_session, crypto, failure);
        } else if (done) {
            done = run_readers(&job_session, failure) && conclude(&job_session, failure);
        }
        close_shared(&job_session.shared);
        job_close(&job_session.job);
    }
    crypto_openssl_free(crypto);
    return done;
}

bool job_session_run(const char *directory, const struct job_session_order *order,
                     struct failure *failure) {
    return job_session_work(directory, order, false, failure);
}

bool job_session_verify(const char *directory, const struct job_session_order *order,
                        struct failure *failure) {
    return job_session_work(directory, order, true, failure);
}

bool job_session_rehearse(const char *directory, const struct job_session_order *order,
                          struct link *card, struct failure *failure) {
    struct job job;
    struct crypto *crypto = crypto_for_run(order->run, failure);
    if (crypto == NULL)
        return false;
    bool done = job_open(&job, directory, failure);
    if (done) {
        done = job_has_rows(&job, failure) &&
               rehearse(&job, card, crypto, order->run->today, stdout, failure);
        job_close(&job);
    }
    crypto_openssl_free(crypto);
    return done;
}
