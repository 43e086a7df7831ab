// SPDX-License-Identifier: Apache-2.0
// A personalization job: a directory that remembers, so that a batch can be stopped anywhere and go
// on. job.json says what was planned, rows.tsv holds the rows, journal grows by one synced line a
// step: "start ROW SERIAL" before a card is touched, "done ROW SERIAL DIGEST VERSION [KCV]" behind
// it, "reject ROW SERIAL TEXT" where it failed. A row belongs to the chip it was started on. One
// process at a time works on a job.
#ifndef PERSONALIZATION_JOB_H
#define PERSONALIZATION_JOB_H

#include "personalization/batch.h"
#include "personalization/profile.h"

#include <limits.h>
#include <pthread.h>

enum {
    JOB_SERIAL_SIZE = 8,
    JOB_NONCE_SIZE = 16,
    JOB_SOURCE_MAX = 512,
    JOB_KCV_SIZE = 3,
    JOB_NO_ROW = -1
};

enum job_state { JOB_OPEN, JOB_STARTED, JOB_DONE, JOB_REJECTED };

struct job_row {
    uint8_t state; // enum job_state
    uint8_t serial[JOB_SERIAL_SIZE];
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of the certificate, where done
    bool has_kcv;                            // of the identity's management key
    uint8_t kcv[JOB_KCV_SIZE];
    long offset; // of its line in rows.tsv
};

struct job {
    char directory[PATH_MAX - NAME_MAX];
    int lock;
    struct profile profile;
    char ca[PATH_MAX], keys[JOB_SOURCE_MAX], printer[PATH_MAX];
    char
        transport[JOB_SOURCE_MAX]; // master key of the cards as they come; empty: the published key
    uint8_t nonce[JOB_NONCE_SIZE]; // of this job: PINs that follow from a master key differ by it
    struct job_row *rows;
    size_t total, done, rejected;
    bool again; // rejected rows may be started again
    FILE *lines;
    pthread_mutex_t mutex; // of everything above, for several readers at once
};

struct job_plan {
    const char *directory, *batch, *profile, *ca;
    const char *keys;      // NULL where the profile needs none
    const char *transport; // as keys; NULL: cards come with the published key
    const char *printer;   // certificate that PIN letters are sealed for; NULL: none
    bool keep_going;
};

/// Checks batch and profile and writes the job whole or not at all. *faulty counts rows left out.
bool job_create(const struct job_plan *plan, size_t *total, size_t *faulty,
                struct failure *failure);

/// Opens and locks a job and reads its journal; a torn last line was never acted on and is cut off.
bool job_open(struct job *job, const char *directory, struct failure *failure);
void job_close(struct job *job);

/// Row for a card: the one that was started on it, else the next open one. JOB_NO_ROW: none, or the
/// card is one that the job has finished (*finished). *again: it was begun before.
long job_claim(struct job *job, const uint8_t serial[JOB_SERIAL_SIZE], bool *finished, bool *again);
/// The same where the row is given and the card follows from it (images): false when it is done or
/// belongs to another chip.
bool job_take(struct job *job, long row, const uint8_t serial[JOB_SERIAL_SIZE]);
/// Next row that is neither done nor rejected nor taken in this run, from *at on.
long job_next(struct job *job, long *at);

bool job_read(struct job *job, long row, struct batch_row *out, struct failure *failure);

/// One durable journal line each.
bool job_start(struct job *job, long row, const uint8_t serial[JOB_SERIAL_SIZE],
               struct failure *failure);
bool job_finish(struct job *job, long row, const uint8_t digest[CERTIFICATE_DIGEST_SIZE],
                uint8_t version, const uint8_t *kcv, struct failure *failure);
bool job_reject(struct job *job, long row, const char *reason, struct failure *failure);

#endif
