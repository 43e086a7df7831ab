// SPDX-License-Identifier: Apache-2.0
// One row from beginning to end with nothing real in it but the code.
#include "personalization/job/rehearsal.h"

#include "apdu/command/perso_piv.h"
#include "base/files.h"
#include "personalization/channel/transcript.h"
#include "personalization/job/rehearsal_tag.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REHEARSAL_KEY_SIZE = 16,
    REHEARSAL_VERSION = 0x30,
    AES_192 = 0x0A,
    AES_192_SIZE = 24,
    TRIPLE_DES = 0x03
};

static long first_open(const struct job *job) {
    for (size_t i = 0; i < job->total; i++)
        if (job->rows[i].state != JOB_DONE)
            return (long)i;
    return JOB_NO_ROW;
}

// ---- an shared for one card --------------------------------------------------------------------

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

/// Which ids had how many cards decides what a further one gets: the register is read as a copy.
static bool copy_register(const struct job *job, const char *ca, const char *name,
                          struct failure *failure) {
    char from[PATH_MAX], to[PATH_MAX], block[4096];
    size_t size = 0;
    bool done = true;
    files_path(from, sizeof from, job->ca, name);
    files_path(to, sizeof to, ca, name);
    FILE *in = fopen(from, "r");
    if (in == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", from);
    FILE *out = fopen(to, "w");
    while (out != NULL && done && (size = fread(block, 1, sizeof block, in)) > 0)
        done = fwrite(block, 1, size, out) == size;
    done = out != NULL && fclose(out) == 0 && done;
    fclose(in);
    return done || fail_errno(failure, "cannot write %s", to);
}

/// Its directory holds throw-away keys only and is gone when the rehearsal is over.
static bool open_shared(struct job_shared *shared, char *directory, const struct crypto *crypto,
                        uint32_t today, struct failure *failure) {
    char ca[PATH_MAX], key[PATH_MAX];
    if (mkdtemp(directory) == NULL)
        return fail_errno(failure, "cannot make a directory for the rehearsal");
    const struct profile *profile = &shared->job->profile;
    bool sized = profile->type == PROFILE_TESSERA && profile->piv.algorithm != 0;
    size_t master = sized ? profile_management_size(profile) : REHEARSAL_KEY_SIZE;
    files_path(ca, sizeof ca, directory, "ca");
    files_path(key, sizeof key, directory, "key");
    bool done = ca_init(ca, NULL, crypto, today, failure) &&
                copy_register(shared->job, ca, "issued.tsv", failure) &&
                copy_register(shared->job, ca, "revoked.tsv", failure) &&
                ca_open(&shared->issuer.ca, ca, NULL, crypto, today, failure) &&
                master_key_create(key, crypto, (uint8_t)master, DERIVE_KDF3, REHEARSAL_VERSION,
                                  NULL, failure) &&
                master_key_open(&shared->issuer.master, key, crypto, NULL, failure);
    if (shared->job->profile.has_method)
        shared->issuer.master.method = shared->job->profile.method;
    return done;
}

static void close_shared(struct job_shared *shared, const char *directory) {
    if (shared->issuer.ca.hierarchy.crypto != NULL)
        ca_close(&shared->issuer.ca);
    master_key_close(&shared->issuer.master);
    pthread_mutex_destroy(&shared->issuer.mutex);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// ---- the card ----------------------------------------------------------------------------------

/// The card in memory as a PIV card comes from its maker. Not shown.
static bool prepare_piv(struct link *card, struct job_shared *shared, FILE *out,
                        struct failure *failure) {
    struct profile_piv *piv = &shared->job->profile.piv;
    struct piv_order order = {.pin = piv->pin, .puk = piv->puk, .management_size = AES_192_SIZE};
    struct gp_session session;
    if (piv->algorithm == TRIPLE_DES)
        fprintf(out, "# 3DES management key: shown with AES-192 in its place\n");
    if (!piv->published)
        fprintf(out, "# derived management key: shown with the published one\n");
    piv->published = true;
    piv->algorithm = AES_192;
    for (size_t i = 0; i < AES_192_SIZE; i++)
        order.management_key[i] = (uint8_t)(i % 8 + 1);
    bool done = gp_open(&session, card, shared->issuer.crypto, bytes_of(NULL, 0), 0, GP_LEVEL_FULL,
                        gp_published_keys, NULL) == GP_OK &&
                piv_install(&session, &order) == GP_OK;
    gp_close(&session);
    return done || fail(failure, EXIT_REFUSED, "no PIV card in memory for the rehearsal");
}

/// A purse's card is identified as in a real run; other makers' cards are only played.
static bool make(struct job *job, long row, struct work *work) {
    struct job_row *own = &job->rows[row], kept = *own;
    bool tessera = job->profile.type == PROFILE_TESSERA;
    work->resumed = kept.state != JOB_OPEN;
    work->serial = own->serial;
    memset(own->serial, 0, sizeof own->serial);
    bool done =
        (!tessera || job_identify(work->link, &job->profile, own->serial, work->failure)) &&
        job_read(job, row, &work->order.row, work->failure) &&
        job_may_certify(job, row, work->issuer, work->order.row.fields[COLUMN_ID], work->failure) &&
        card_order_make(&work->order, &job->profile, &work->secrets, work->crypto, work->failure);
    work->order.factory.assurance =
        ASSURANCE_EMULATED; // as this card is, whatever the profile says
    const struct card_kind *kind = kind_find(job->profile.card);
    done = done && (kind->is_blank == NULL || kind->is_blank(work)) && kind->make(work);
    *own = kept;
    return done;
}

static bool perform(struct job_shared *shared, long row, struct work *work, struct link *card,
                    FILE *out) {
    struct rehearsal_tag tag;
    struct transcript transcript;
    enum profile_card type = shared->job->profile.type;
    if (type == PROFILE_PIV && !prepare_piv(card, shared, out, work->failure))
        return false;
    rehearsal_tag_open(&tag);
    transcript_over(&transcript, type == PROFILE_TAG ? &tag.link : card, work->crypto, out);
    work->link = &transcript.link;
    bool done = make(shared->job, row, work);
    work->link = card;
    link_close(&transcript.link);
    return done;
}

bool rehearse(struct job *job, struct link *card, const struct crypto *crypto, uint32_t today,
              FILE *out, struct failure *failure) {
    char directory[] = "/tmp/tessera-rehearsal-XXXXXX";
    struct job_shared *shared = calloc(1, sizeof *shared);
    long row = first_open(job);
    if (row == JOB_NO_ROW || shared == NULL) {
        free(shared);
        return fail(failure, EXIT_REFUSED, "%s: every row is done", job->directory);
    }
    job_shared_init(shared, job, crypto);
    struct work work = {.issuer = &shared->issuer, .crypto = crypto, .failure = failure};
    fprintf(out, "# row %ld, profile %s; what is wrapped (CLA 84) is shown as it was before\n", row,
            job->profile.name);
    bool done = open_shared(shared, directory, crypto, today, failure) &&
                perform(shared, row, &work, card, out);
    close_shared(shared, directory);
    free(shared);
    bytes_erase(&work, sizeof work);
    return done;
}
