// SPDX-License-Identifier: Apache-2.0
// A personalization job: a directory that remembers, so that a batch can be stopped anywhere and go
// on. job.json says what was planned, rows.tsv holds the rows, journal grows by one synced line a
// step: "start ROW SERIAL" before a card is touched, "done ROW SERIAL DIGEST VERSION [KCV]" behind
// it, "reject ROW SERIAL TEXT" where it failed. A row belongs to the chip it was started on. One
// process at a time works on a job. In the end its rows can be erased (job_erase.h).
#ifndef PERSONALIZATION_JOB_JOB_H
#define PERSONALIZATION_JOB_JOB_H

#include "personalization/cards/kind.h"
#include "personalization/job/batch.h"

#include <limits.h>
#include <pthread.h>

/// Name of the file that says that the rows of a job were erased.
#define JOB_ERASED "erased"

enum { JOB_SOURCE_MAX = 512, JOB_NO_ROW = -1, OPERATORS_MAX = 8 };

/// Who must sign a plan before it may run (approval.h).
struct operators {
    size_t count;
    char ids[OPERATORS_MAX][HOLDER_MAX + 1];
};

enum job_state { JOB_OPEN, JOB_STARTED, JOB_DONE, JOB_REJECTED, JOB_STATE_COUNT };

struct job_row {
    uint8_t state; // enum job_state
    uint8_t serial[CARD_SERIAL_SIZE];
    bool begun; // it was started on a chip, this one: what is there is the job's own
    uint8_t begun_on[CARD_SERIAL_SIZE];
    uint8_t digest[CERTIFICATE_DIGEST_SIZE]; // of the certificate, where done
    bool has_kcv;                            // of the identity's management key
    uint8_t kcv[CARD_KCV_SIZE];
    long offset; // of its line in rows.tsv
};

struct job {
    char directory[PATH_MAX - NAME_MAX];
    int lock;
    struct profile profile;
    struct columns columns;     // the batch's further ones
    struct operators operators; // none: nobody need sign
    char ca[PATH_MAX], keys[JOB_SOURCE_MAX], printer[PATH_MAX];
    char
        transport[JOB_SOURCE_MAX]; // master key of the cards as they come; empty: the published key
    uint8_t
        nonce[ISSUER_NONCE_SIZE]; // of this job: PINs that follow from a master key differ by it
    struct job_row *rows;
    size_t total, done, rejected;
    bool erased;  // its rows have nothing but ids
    bool again;   // rejected rows may be started again
    bool replace; // ids that have a valid certificate from elsewhere get a new one
    char kcv[8];  // of the master key, in hexadecimal; empty: none was used
    FILE *lines;
    pthread_mutex_t mutex; // of everything above, for several readers at once
};

struct job_plan {
    const char *directory, *batch, *profile, *ca;
    const char *keys;                   // NULL where the profile needs none
    const char *transport;              // as keys; NULL: cards come with the published key
    const char *printer;                // certificate that PIN letters are sealed for; NULL: none
    const struct register_list *issued; // of the authority; NULL: no row is looked up
    uint32_t today;
    bool replace;    // ids of issued get a new certificate, the present one is revoked
    const char *kcv; // of the master key, six hexadecimal digits; NULL: there is none
    struct operators operators;
    bool keep_going;
};

/// Octets as hexadecimal text, 2 * size characters and a zero octet.
void job_hex(const uint8_t *octets, size_t size, char *out);

/// Checks batch and profile and writes the job whole or not at all. *faulty counts rows left out.
bool job_create(const struct job_plan *plan, size_t *total, size_t *faulty,
                struct failure *failure);

/// Opens and locks a job and reads its journal; a torn last line was never acted on and is cut off.
bool job_open(struct job *job, const char *directory, struct failure *failure);
/// Closes and unlocks; the journal is on disk already.
void job_close(struct job *job);
/// Are the rows what was planned? False, with EXIT_REFUSED: they were erased.
bool job_has_rows(const struct job *job, struct failure *failure);

/// Row for a card: the one that was started on it, else the next open one. JOB_NO_ROW: none, or the
/// card is one that the job has finished (*finished). *again: it was begun before.
long job_claim(struct job *job, const uint8_t serial[CARD_SERIAL_SIZE], bool *finished,
               bool *again);
/// The same where the row is given and the card follows from it (images): false when it is done or
/// belongs to another chip.
bool job_take(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE]);
/// Whether this very row was started on this very chip before, by this job.
bool job_begun_on(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE]);
/// Next row that is neither done nor rejected nor taken in this run, from *at on.
long job_next(struct job *job, long *at);
/// The row that the next card gets, or, when only begun ones are left, the first of these.
/// JOB_NO_ROW: all are done or rejected.
long job_waiting(struct job *job);
/// The finished row of a chip; JOB_NO_ROW: this job made none on it.
long job_done_on(struct job *job, const uint8_t serial[CARD_SERIAL_SIZE]);

/// The row as the batch had it. False: rows.tsv is unreadable.
bool job_read(struct job *job, long row, struct card_row *out, struct failure *failure);

/// One durable journal line each.
bool job_start(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE],
               struct failure *failure);
/// The row is done: what the card got, and the check value of its management key (NULL: none).
bool job_finish(struct job *job, long row, const uint8_t digest[CERTIFICATE_DIGEST_SIZE],
                uint8_t version, const uint8_t *kcv, struct failure *failure);
/// The row failed for this reason, which is a finding and not a broken link.
bool job_reject(struct job *job, long row, const char *reason, struct failure *failure);

#endif
