// SPDX-License-Identifier: Apache-2.0
// One row from beginning to end with nothing real in it. A purse is shown as the factory bench
// makes it, whose commands are those inside the channel; other makers' cards as they are made.
#include "personalization/rehearsal.h"

#include "apdu/perso_piv.h"
#include "personalization/kind.h"
#include "personalization/rehearsal_parts.h"
#include "personalization/rehearsal_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AES_192 = 0x0A, AES_192_SIZE = 24, TRIPLE_DES = 0x03 };

static long first_open(const struct job *job) {
    for (size_t i = 0; i < job->total; i++)
        if (job->rows[i].state != JOB_DONE)
            return (long)i;
    return JOB_NO_ROW;
}

static bool make_purse(struct work *work, uint32_t today) {
    struct job_office *office = work->office;
    struct bench_hierarchy source = {&office->ca.hierarchy, today};
    struct bench_authority authority = bench_from_hierarchy(&source);
    authority.identity = piv_from_ca(&office->ca);
    return job_order_make(&work->order, &office->job->profile, &work->secrets, work->crypto,
                          work->failure) &&
           bench_personalize(work->link, &work->order.bench, &authority, NULL, work->crypto,
                             work->failure);
}

/// The card in memory as a PIV card comes from its maker. Not shown.
static bool prepare_piv(struct link *card, struct job_office *office, struct failure *failure) {
    struct profile_piv *piv = &office->job->profile.piv;
    struct piv_order order = {.pin = piv->pin, .puk = piv->puk, .management_size = 16};
    struct gp_session session;
    if (piv->algorithm == TRIPLE_DES) {
        printf("# 3DES management key: shown with AES-192 in its place\n");
        piv->algorithm = AES_192;
    }
    if (!piv->published)
        printf("# derived management key: shown with the published one\n");
    piv->published = true;
    piv->algorithm = AES_192;
    order.management_size = AES_192_SIZE;
    for (size_t i = 0; i < AES_192_SIZE; i++)
        order.management_key[i] = (uint8_t)(i % 8 + 1);
    bool done = gp_open_bench(&session, card, office->crypto) == GP_OK &&
                piv_install(&session, &order) == GP_OK;
    gp_close(&session);
    return done || fail(failure, EXIT_REFUSED, "no PIV card in memory for the rehearsal");
}

static bool make_other(struct work *work) {
    const struct profile *profile = &work->office->job->profile;
    uint8_t serial[JOB_SERIAL_SIZE] = {0};
    memcpy(work->office->job->rows[work->row].serial, serial, sizeof serial);
    return job_order_make(&work->order, profile, &work->secrets, work->crypto, work->failure) &&
           kind_find(profile->card)->make(work);
}

static bool perform(struct work *work, struct link *card, uint32_t today) {
    struct rehearsal_tag tag;
    struct rehearsal_window window;
    enum profile_card type = work->office->job->profile.type;
    if (type == PROFILE_PIV && !prepare_piv(card, work->office, work->failure))
        return false;
    rehearsal_tag_open(&tag);
    rehearsal_window_open(&window, type == PROFILE_TAG ? &tag.link : card);
    work->link = &window.link;
    return type == PROFILE_TESSERA ? make_purse(work, today) : make_other(work);
}

bool rehearse(struct job *job, struct link *card, const struct crypto *crypto, uint32_t today,
              struct failure *failure) {
    struct job_office *office = calloc(1, sizeof *office);
    struct work work = {.office = office, .crypto = crypto, .failure = failure};
    work.row = first_open(job);
    bool done = office != NULL || fail(failure, EXIT_REFUSED, "out of memory");
    if (done && work.row == JOB_NO_ROW)
        done = fail(failure, EXIT_REFUSED, "%s: every row is done", job->directory);
    done = done && job_read(job, work.row, &work.order.row, failure) &&
           rehearsal_office_open(office, job, crypto, AES_BLOCK_SIZE, today, failure);
    if (done) {
        printf("# row %ld, card %s, profile %s%s\n", work.row, work.order.row.fields[COLUMN_ID],
               job->profile.name,
               job->profile.type == PROFILE_TESSERA ? "; through SCP03 level 33 on a real card"
                                                    : "");
        done = perform(&work, card, today);
        rehearsal_office_close(office);
    }
    bytes_erase(&work.secrets, sizeof work.secrets);
    bytes_erase(&work.own, sizeof work.own);
    free(office);
    return done;
}
