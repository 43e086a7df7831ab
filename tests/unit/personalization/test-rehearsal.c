// SPDX-License-Identifier: Apache-2.0
// The dry run is the real run: the same commands with the same headers, as many, in the same order;
// and it shows no secret and touches nothing.
#include "card/applets.h"
#include "card/os/context.h"
#include "card/port/memory.h"
#include "personalization/job/rehearsal.h"
#include "readers/link/emu.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TODAY = 20261122, COMMANDS_MAX = 400, HEADER_TEXT = 12 };

static char scratch[64];
static struct crypto *crypto;

static const char *in_scratch(const char *name) {
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(in_scratch(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

// ---- a card and what passes to it --------------------------------------------------------------

struct seat {
    struct memory_port port;
    struct card_ports ports;
    struct card card;
    uint8_t image[NVM_IMAGE_SIZE_LARGE];
    struct link *link;
};

static struct seat *seat_new(void) {
    static uint8_t serial[8] = {0x51};
    struct seat *seat = calloc(1, sizeof *seat);
    serial[7]++;
    memory_port_open(&seat->port, seat->image, sizeof seat->image);
    seat->ports = (struct card_ports){&seat->port.nvm, crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&seat->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&seat->card, &seat->ports), CARD_OK);
    seat->link = emu_link_over(&seat->card, &seat->ports, CARD_CONTACT, NULL);
    return seat;
}

static void seat_free(struct seat *seat) {
    link_close(seat->link);
    free(seat);
}

/// A pipe that writes down the header of every command.
struct recorder {
    struct link link;
    struct link *inside;
    char headers[COMMANDS_MAX][HEADER_TEXT];
    size_t count;
};

static enum link_status record(struct link *link, struct bytes command, uint8_t *answer,
                               size_t capacity, size_t *size) {
    struct recorder *recorder = (struct recorder *)link;
    CU_ASSERT_FATAL(recorder->count < COMMANDS_MAX && command.size >= 4);
    snprintf(recorder->headers[recorder->count++], HEADER_TEXT, "%02X %02X %02X %02X",
             command.data[0], command.data[1], command.data[2], command.data[3]);
    return link_transmit(recorder->inside, command, answer, capacity, size);
}

static enum link_status pass_reset(struct link *link, enum link_reset kind, uint8_t *atr,
                                   size_t capacity, size_t *size) {
    return link_reset(((struct recorder *)link)->inside, kind, atr, capacity, size);
}

static void close_nothing(struct link *link) {
    (void)link;
}

// ---- the two runs ------------------------------------------------------------------------------

static void plan(struct job *job, const char *name, const char *profile) {
    struct failure failure = {0};
    size_t total = 0, faulty = 0;
    struct job_plan plan = {.directory = in_scratch(name),
                            .batch = in_scratch("batch.csv"),
                            .profile = in_scratch("profile"),
                            .ca = in_scratch("ca"),
                            .keys = in_scratch("key")};
    write_text("profile", profile);
    CU_ASSERT_FATAL(job_create(&plan, &total, &faulty, &failure));
    CU_ASSERT_FATAL(job_open(job, in_scratch(name), &failure));
}

static void run(struct job *job, struct recorder *recorder) {
    static const struct link_ops ops = {record, pass_reset, close_nothing};
    struct failure failure = {0};
    struct job_remark note;
    struct seat *seat = seat_new();
    struct job_shared *shared = calloc(1, sizeof *shared);
    *recorder = (struct recorder){.link = *seat->link, .inside = seat->link};
    recorder->link.ops = &ops;
    job_shared_init(shared, job, crypto);
    CU_ASSERT_FATAL(ca_open(&shared->issuer.ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_FATAL(
        master_key_open(&shared->issuer.master, in_scratch("key"), crypto, NULL, &failure));
    CU_ASSERT_EQUAL(job_make_card(shared, &recorder->link, crypto, JOB_NO_ROW, &note, &failure),
                    CARD_MADE);
    ca_close(&shared->issuer.ca);
    master_key_close(&shared->issuer.master);
    pthread_mutex_destroy(&shared->issuer.mutex);
    free(shared);
    seat_free(seat);
}

static char *rehearsed(struct job *job) {
    struct failure failure = {0};
    char *text = NULL;
    size_t size = 0;
    struct seat *seat = seat_new();
    FILE *out = open_memstream(&text, &size);
    if (!rehearse(job, seat->link, crypto, TODAY, out, &failure))
        fprintf(stderr, "%s\n", failure.text);
    fclose(out);
    seat_free(seat);
    CU_ASSERT_EQUAL(failure.text[0], '\0');
    return text;
}

/// Every line but the comment has a name, then the header.
static void compare(const struct recorder *recorder, char *text) {
    size_t count = 0, masked = 0;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[0] == '#' || line[0] == '\0')
            continue;
        CU_ASSERT_FATAL(count < recorder->count && strlen(line) > 29 + HEADER_TEXT);
        CU_ASSERT_NOT_EQUAL(line[0], '?');
        if (strncmp(line + 29, recorder->headers[count], HEADER_TEXT - 1) != 0)
            fprintf(stderr, "command %zu: '%.60s', really %s\n", count, line,
                    recorder->headers[count]);
        CU_ASSERT_EQUAL(strncmp(line + 29, recorder->headers[count], HEADER_TEXT - 1), 0);
        bool secret = strstr(line, "isd.put-key") == line || strstr(line, "  0107") != NULL ||
                      strstr(line, "  0108") != NULL || strstr(line, "  801") != NULL;
        CU_ASSERT_EQUAL(secret && strstr(line, "masked") == NULL, false);
        masked += secret;
        count++;
    }
    CU_ASSERT_EQUAL(count, recorder->count);
    CU_ASSERT(masked > 0);
}

/// most: commands that a card of this kind may cost; 0: not looked at.
static void the_same_commands(const char *name, const char *id, const char *profile, size_t least,
                              size_t most) {
    struct job job;
    struct recorder *recorder = calloc(1, sizeof *recorder);
    char batch[64];
    snprintf(batch, sizeof batch, "id\n%s\n", id);
    write_text("batch.csv", batch);
    plan(&job, name, profile);
    char *before = rehearsed(&job);
    CU_ASSERT_EQUAL(job.rows[0].state, JOB_OPEN);
    run(&job, recorder);
    CU_ASSERT(recorder->count >= least && (most == 0 || recorder->count <= most));
    compare(recorder, before);
    free(before);
    free(recorder);
    job_close(&job);
}

static void wallets_with_identity_and_tag(void) {
    the_same_commands("wallet", "W1",
                      "name w\ncard tessera-os\nrole wallet\npin yes\nidentity p256\n"
                      "url https://example.org/{id}\n",
                      45, 0);
}

/// Nothing is deleted from a card that was found blank, and small groupings share a block.
static void few_commands(void) {
    the_same_commands("few", "F1", "name f\ncard tessera-os\nrole wallet\npin yes\nidentity p256\n",
                      40, 48);
}

static void identities_of_rsa(void) {
    the_same_commands("rsa", "R1", "name r\ncard tessera-os\nrole wallet\npin yes\nidentity rsa\n",
                      45, 0);
}

static void machines(void) {
    the_same_commands("till", "T1", "name t\ncard tessera-os\nrole till\n", 20, 0);
}

/// The second card of an id begins its counters elsewhere: one command more, in both.
static void a_further_card_of_an_id(void) {
    struct failure failure = {0};
    size_t revoked = 0;
    struct ca *ca = calloc(1, sizeof *ca);
    the_same_commands("first", "A1", "name t\ncard tessera-os\nrole till\n", 20, 0);
    CU_ASSERT_FATAL(ca_open(ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT(ca_revoke(ca, "A1", &revoked, &failure));
    ca_close(ca);
    free(ca);
    the_same_commands("second", "A1", "name t\ncard tessera-os\nrole till\n", 21, 0);
}

/// A rehearsal of a job leaves neither its journal nor its authority's register behind.
static void nothing_is_touched(void) {
    struct job job;
    write_text("batch.csv", "id\nwhole\n");
    plan(&job, "untouched", "name t\ncard tessera-os\nrole till\n");
    free(rehearsed(&job));
    CU_ASSERT_NOT_EQUAL(access(in_scratch("untouched/journal"), F_OK), 0);
    FILE *issued = fopen(in_scratch("ca/issued.tsv"), "r");
    char line[256];
    while (issued != NULL && fgets(line, sizeof line, issued) != NULL)
        CU_ASSERT_PTR_NULL(strstr(line, "whole"));
    if (issued != NULL)
        fclose(issued);
    job_close(&job);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"wallets with identity and tag", wallets_with_identity_and_tag, NULL},
        {"a wallet takes fewer than 49 commands", few_commands, NULL},
        {"identities of RSA", identities_of_rsa, NULL},
        {"machines", machines, NULL},
        {"a further card of an id", a_further_card_of_an_id, NULL},
        {"nothing is touched", nothing_is_touched, NULL},
    };
    char command[128];
    struct failure failure = {0};
    snprintf(scratch, sizeof scratch, "/tmp/tessera-test-XXXXXX");
    crypto = crypto_openssl_new();
    if (mkdtemp(scratch) == NULL || !ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure) ||
        !master_key_create(in_scratch("key"), crypto, 16, DERIVE_KDF3, 0x30, NULL, &failure))
        return 2;
    int code = suite_main("test-rehearsal", tests, sizeof tests / sizeof tests[0], argc, argv);
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    if (system(command) != 0)
        code = 2;
    crypto_openssl_free(crypto);
    return code;
}
