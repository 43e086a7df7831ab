// SPDX-License-Identifier: Apache-2.0
#include "personalization/job_station.h"

#include "personalization/letter.h"
#include "personalization/progress.h"
#include "personalization/rehearsal.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// One run.
struct station {
    struct job job;
    struct job_office office;
    const struct station_order *order;
    bool verify;
    long at;          // next row for links that follow from the row
    size_t made, bad; // in this run
    bool stop;        // a link, the authority or the disk broke
    struct failure first;
    struct progress progress;
};

/// One reader's thread.
struct reader {
    struct station *station;
    const char *name;
    struct crypto *crypto;
    pthread_t thread;
};

// ---- telling -----------------------------------------------------------------------------------

/// In a verification the rows that are done are all there is to do.
static void tell_progress(struct station *station) {
    const struct job *job = &station->job;
    struct progress_count count = {job->total, job->done, job->rejected,
                                   station->made + station->bad};
    if (station->verify)
        count = (struct progress_count){job->done, station->made, station->bad, count.now};
    progress_tell(&station->progress, &count);
}

static void tell_card(struct station *station, const char *id, const char *status,
                      const char *remark, const char *reason) {
    if (!station->order->json) {
        if (remark[0] != '\0' || reason != NULL)
            progress_clear(&station->progress);
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

static void note(struct station *station, enum job_outcome outcome, const char *id,
                 const char *remark, const struct failure *failure) {
    pthread_mutex_lock(&station->office.mutex);
    station->made += outcome == CARD_MADE;
    station->bad += outcome == CARD_REJECTED || outcome == CARD_FOREIGN;
    if (outcome == CARD_BROKE && !station->stop) {
        station->stop = true;
        station->first = *failure;
    }
    if (outcome == CARD_MADE || outcome == CARD_KNOWN)
        tell_card(station, id, outcome == CARD_MADE ? "done" : "known", remark, NULL);
    else if (outcome == CARD_REJECTED || outcome == CARD_FOREIGN)
        tell_card(station, id, outcome == CARD_REJECTED ? "rejected" : "refused", "",
                  failure->text);
    tell_progress(station);
    pthread_mutex_unlock(&station->office.mutex);
}

/// An image of a finished row that is gone or is no card any more is a finding, not the end.
static bool is_lost(const struct reader *reader, const struct failure *failure) {
    return reader->station->verify && strstr(reader->name, "%s") != NULL &&
           (failure->code == EXIT_USAGE || failure->code == EXIT_REFUSED);
}

static enum job_outcome work_on(struct reader *reader, long row, const char *id) {
    struct station *station = reader->station;
    struct failure failure = {0};
    struct job_remark remark = {0};
    bool large = (station->job.profile.roles & (ROLE_TILL | ROLE_FLOAT)) != 0;
    enum job_outcome outcome = CARD_BROKE;
    struct link *link = station->order->open(reader->name, id, large, reader->crypto, &failure);
    if (link != NULL && station->verify)
        outcome = job_verify_card(&station->office, link, reader->crypto, row, &failure)
                      ? CARD_MADE
                      : CARD_REJECTED;
    else if (link != NULL)
        outcome = job_make_card(&station->office, link, reader->crypto, row, &remark, &failure);
    else if (is_lost(reader, &failure))
        outcome = CARD_REJECTED;
    link_close(link);
    note(station, outcome, remark.id[0] != '\0' ? remark.id : id, remark.note, &failure);
    return outcome;
}

// ---- readers -----------------------------------------------------------------------------------

/// Rows one after another, each with an image of its own.
static void follow_rows(struct reader *reader) {
    struct station *station = reader->station;
    struct batch_row text;
    struct failure failure;
    long row;
    while (!station->stop && (row = job_next(&station->job, &station->at)) != JOB_NO_ROW)
        if (job_read(&station->job, row, &text, &failure))
            work_on(reader, row, text.fields[COLUMN_ID]);
        else
            note(station, CARD_BROKE, "", "", &failure);
}

/// Cards as people put them in; without a terminal the one that is there.
static void follow_cards(struct reader *reader) {
    char line[8];
    do {
        enum job_outcome outcome = work_on(reader, JOB_NO_ROW, reader->name);
        if (outcome == CARD_LEFT || reader->station->stop || !isatty(STDIN_FILENO))
            return;
        progress_clear(&reader->station->progress);
        fprintf(stderr, "%s: next card, then Enter (q ends): ", reader->name);
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

static bool run_readers(struct station *station, struct failure *failure) {
    struct reader readers[16] = {{0}};
    size_t started = 0;
    bool done = true;
    for (size_t i = 0; done && i < station->order->link_count; i++) {
        readers[i] = (struct reader){.station = station, .name = station->order->links[i]};
        readers[i].crypto = program_crypto(station->order->world, failure);
        done = readers[i].crypto != NULL &&
               (pthread_create(&readers[i].thread, NULL, read_cards, &readers[i]) == 0 ||
                fail(failure, EXIT_REFUSED, "no thread for reader %s", readers[i].name));
        started += done;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(readers[i].thread, NULL);
    for (size_t i = 0; i < station->order->link_count; i++)
        crypto_openssl_free(readers[i].crypto);
    return done;
}

// ---- the whole
// -----------------------------------------------------------------------------------

static bool open_master_keys(struct station *station, struct crypto *crypto,
                             struct failure *failure) {
    struct job_office *office = &station->office;
    const struct job *job = &station->job;
    const struct key_access *access = &station->order->access;
    if (job->keys[0] != '\0' &&
        !master_key_open(&office->master, job->keys, crypto, access, failure))
        return false;
    if (job->transport[0] != '\0' &&
        !master_key_open(&office->transport, job->transport, crypto, access, failure))
        return false;
    if (job->profile.has_method)
        office->master.method = job->profile.method;
    return true;
}

static bool open_office(struct station *station, struct crypto *crypto, struct failure *failure) {
    struct job_office *office = &station->office;
    struct job *job = &station->job;
    office->job = job;
    office->crypto = crypto;
    pthread_mutex_init(&office->mutex, NULL);
    if (job->printer[0] != '\0' &&
        (office->printer = letter_printer_open(job->printer, failure)) == NULL)
        return false;
    if (!open_master_keys(station, crypto, failure))
        return false;
    return ca_open(&office->ca, job->ca, &station->order->access.pin, crypto,
                   station->order->world->today, failure);
}

static void close_office(struct job_office *office) {
    ca_close(&office->ca);
    master_key_close(&office->master);
    master_key_close(&office->transport);
    letter_printer_close(office->printer);
    pthread_mutex_destroy(&office->mutex);
}

static bool conclude(struct station *station, struct failure *failure) {
    const struct job *job = &station->job;
    progress_clear(&station->progress);
    if (station->order->json)
        printf("{\"total\":%zu,\"done\":%zu,\"rejected\":%zu}\n", job->total, job->done,
               job->rejected);
    else
        printf("%s: %zu of %zu done, %zu rejected, %zu open\n", job->directory, job->done,
               job->total, job->rejected, job->total - job->done - job->rejected);
    if (station->stop) {
        *failure = station->first;
        return false;
    }
    return station->bad == 0 ||
           fail(failure, EXIT_REFUSED, "cards rejected or refused: %zu", station->bad);
}

/// Verification walks the rows that are done.
static void verify_rows(struct station *station, struct crypto *crypto) {
    struct batch_row text;
    struct failure failure;
    for (size_t row = 0; row < station->job.total && !station->stop; row++) {
        struct reader reader = {.station = station,
                                .name = station->order->links[row % station->order->link_count],
                                .crypto = crypto};
        if (station->job.rows[row].state != JOB_DONE)
            continue;
        if (job_read(&station->job, (long)row, &text, &failure))
            work_on(&reader, (long)row, text.fields[COLUMN_ID]);
        else
            note(station, CARD_BROKE, "", "", &failure);
    }
}

static bool conclude_verify(struct station *station, struct failure *failure) {
    size_t checked = station->made + station->bad;
    progress_clear(&station->progress);
    if (station->order->json)
        printf("{\"checked\":%zu,\"good\":%zu,\"bad\":%zu}\n", checked, station->made,
               station->bad);
    else
        printf("%s: %zu cards read back, %zu as made, %zu not\n", station->job.directory, checked,
               station->made, station->bad);
    if (station->stop) {
        *failure = station->first;
        return false;
    }
    return station->bad == 0 || fail(failure, EXIT_REFUSED, "%zu card%s not as made", station->bad,
                                     station->bad == 1 ? " is" : "s are");
}

static bool station_work(const char *directory, const struct station_order *order, bool verify,
                         struct failure *failure) {
    struct station station = {.order = order, .verify = verify};
    struct crypto *crypto = program_crypto(order->world, failure);
    progress_begin(&station.progress);
    if (crypto == NULL)
        return false;
    bool done = job_open(&station.job, directory, failure);
    if (done) {
        station.job.again = order->again;
        done = open_office(&station, crypto, failure);
        if (done && verify) {
            verify_rows(&station, crypto);
            done = conclude_verify(&station, failure);
        } else if (done) {
            done = run_readers(&station, failure) && conclude(&station, failure);
        }
        close_office(&station.office);
        job_close(&station.job);
    }
    crypto_openssl_free(crypto);
    return done;
}

bool station_run(const char *directory, const struct station_order *order,
                 struct failure *failure) {
    return station_work(directory, order, false, failure);
}

bool station_verify(const char *directory, const struct station_order *order,
                    struct failure *failure) {
    return station_work(directory, order, true, failure);
}

bool station_rehearse(const char *directory, const struct station_order *order, struct link *card,
                      struct failure *failure) {
    struct job job;
    struct crypto *crypto = program_crypto(order->world, failure);
    if (crypto == NULL)
        return false;
    bool done = job_open(&job, directory, failure);
    if (done) {
        done = rehearse(&job, card, crypto, order->world->today, stdout, failure);
        job_close(&job);
    }
    crypto_openssl_free(crypto);
    return done;
}
