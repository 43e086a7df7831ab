// SPDX-License-Identifier: Apache-2.0
#include "personalization/rehearsal.h"

#include "apdu/catalogue.h"
#include "apdu/status.h"
#include "apdu/tlv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A link that shows what passes.
struct window {
    struct link link;
    struct link *inside;
    const char *applet; // selected, as the catalogue names it
};

static const struct {
    const char *name;
    uint8_t octet; // that tells its AID from the others
} applets[] = {{"purse", 0xF0}, {"ndef", 0xD2}};

static const char *applet_of(struct bytes aid) {
    for (size_t i = 0; i < sizeof applets / sizeof applets[0]; i++)
        if (aid.size > 0 && aid.data[0] == applets[i].octet)
            return applets[i].name;
    return aid.size > 4 && aid.data[3] == 0x03 ? "piv" : "isd";
}

/// Identifiers and certificates are shown; what a DGI with a secret carries is not.
static void show_data(const struct catalogue_command *row, struct bytes data) {
    size_t shown = row != NULL && row->secret ? 0 : data.size;
    if (row != NULL && row->id == COMMAND_ISD_STORE_DATA && data.size >= 2) {
        uint16_t dgi = (uint16_t)bytes_get_be(data.data, 2);
        bool is_secret = dgi >> 8 == 0x80 || dgi == PERSO_PIN || dgi == PERSO_PUK;
        shown = is_secret ? 3 : data.size;
    }
    for (size_t i = 0; i < shown; i++)
        printf("%02X", data.data[i]);
    if (shown < data.size)
        printf("%s%zu octets masked", shown > 0 ? " .. " : "", data.size - shown);
}

static void show(const struct window *window, struct bytes octets, uint16_t sw) {
    struct apdu_command command;
    if (!apdu_command_parse(octets, &command))
        return;
    const struct catalogue_command *row =
        catalogue_find(window->applet, command.cla & 0xEF, command.ins, command.p1, command.p2);
    printf("%-28s %02X %02X %02X %02X  ", row != NULL ? row->name : "?", command.cla, command.ins,
           command.p1, command.p2);
    show_data(row, command.data);
    printf("%s-> %04X\n", command.data.size > 0 ? "  " : "", sw);
}

static enum link_status window_transmit(struct link *link, struct bytes command, uint8_t *answer,
                                        size_t capacity, size_t *size) {
    struct window *window = (struct window *)link;
    struct apdu_command parsed;
    enum link_status status = link_transmit(window->inside, command, answer, capacity, size);
    if (status != LINK_OK || *size < 2)
        return status;
    if (apdu_command_parse(command, &parsed) && parsed.cla == 0 && parsed.ins == 0xA4)
        window->applet = applet_of(parsed.data);
    show(window, command, (uint16_t)bytes_get_be(answer + *size - 2, 2));
    return status;
}

static enum link_status window_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                     size_t capacity, size_t *size) {
    return link_reset(((struct window *)link)->inside, kind, atr, capacity, size);
}

static void window_close(struct link *link) {
    (void)link; // both ends are the caller's
}

static const struct link_ops window_ops = {window_transmit, window_reset, window_close};

static long first_open(const struct job *job) {
    for (size_t i = 0; i < job->total; i++)
        if (job->rows[i].state != JOB_DONE)
            return (long)i;
    return JOB_NO_ROW;
}

/// Certificates of a rehearsal come from an authority that nobody else trusts.
static bool identity_refused(void *context, const struct piv_request *request, uint8_t *der,
                             size_t capacity, size_t *size, uint32_t *until,
                             struct failure *failure) {
    (void)context, (void)request, (void)der, (void)capacity, (void)size, (void)until;
    return fail(failure, EXIT_REFUSED, "a rehearsal has no X.509 authority");
}

static bool make(struct job *job, struct window *window, struct job_order *order,
                 struct job_secrets *secrets, const struct crypto *crypto, uint32_t today,
                 struct failure *failure) {
    struct hierarchy *hierarchy = calloc(1, sizeof *hierarchy);
    bool done = hierarchy != NULL && hierarchy_make(hierarchy, crypto, WORLD_LAB, "", today);
    if (!done)
        fail(failure, EXIT_REFUSED, "no authority for the rehearsal");
    struct bench_hierarchy source = {hierarchy, today};
    if (done) {
        struct bench_authority authority = bench_from_hierarchy(&source);
        authority.identity = (struct piv_authority){NULL, identity_refused};
        done = job_order_make(order, &job->profile, secrets, crypto, failure);
        if (order->bench.identity != NULL)
            printf("# PIV: its commands follow the keys that the card draws; shown up to there\n");
        order->bench.identity = NULL;
        done = done &&
               bench_personalize(&window->link, &order->bench, &authority, NULL, crypto, failure);
        hierarchy_erase(hierarchy);
    }
    free(hierarchy);
    return done;
}

bool rehearse(struct job *job, struct link *card, const struct crypto *crypto, uint32_t today,
              struct failure *failure) {
    struct window window = {.link = *card, .inside = card, .applet = "isd"};
    struct job_order order = {0};
    struct job_secrets secrets = {0};
    long row = first_open(job);
    window.link.ops = &window_ops;
    if (row == JOB_NO_ROW)
        return fail(failure, EXIT_REFUSED, "%s: every row is done", job->directory);
    if (!job_read(job, row, &order.row, failure))
        return false;
    printf("# row %ld, card %s, profile %s; through SCP03 level 33 on a real card\n", row,
           order.row.fields[COLUMN_ID], job->profile.name);
    bool done = make(job, &window, &order, &secrets, crypto, today, failure);
    bytes_erase(&secrets, sizeof secrets);
    return done;
}
