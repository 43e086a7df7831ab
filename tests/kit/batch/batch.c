// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/batch/batch.h"

#include "tests/kit/image.h"

#include <CUnit/Basic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 400, CUTS_MAX = 1000 };

struct foreign *batch_cards[BATCH_CARDS];
char batch_message[512];

static char place[TEST_PATH_MAX];
static struct program_run run;

const char batch_piv[] = "name id\ncard piv\nidentity p256\npin yes\n"
                         "management-key published\nmanagement-algorithm 3des\n";
const char batch_piv_aes[] = "name id\ncard piv\nidentity p256\npin yes\n"
                             "management-key published\nmanagement-algorithm aes192\n";
const char batch_tag[] = "name tag\ncard type4\nurl https://example.org/{id}\n";

const char batch_keys[] = "name keys\ncard globalplatform\nkdf kdf3\n";

const char *batch_path(const char *name) {
    static char paths[8][PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH, "%s/%s", place, name);
    return path;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(batch_path(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static int run_command(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run_command(const char *format, ...) {
    char line[2000];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return system(line);
}

/// Authority and master keys of 16 and 24 octets, once for all tests.
void batch_begin(void) {
    run = program_run_now();
    if (access("/dev/shm", W_OK) == 0) // hundreds of small jobs, each synced
        setenv("TMPDIR", "/dev/shm", 1);
    test_directory_make(place);
    CU_ASSERT_EQUAL_FATAL(
        run_command("cd '%s' && tessera-ca init ca >said && tessera-perso key k16 >>said && "
                    "tessera-perso key k24 --size 24 >>said && tessera-perso key arriving "
                    "--key-version 01 >>said",
                    place),
        0);
}

void batch_end(void) {
    test_directory_remove(place);
}

void batch_plan(const char *profile, const char *key, const char *transport, unsigned rows) {
    char batch[200] = "id\n";
    struct job_plan wanted;
    struct failure failure = {0};
    size_t total = 0, faulty = 0;
    run_command("rm -rf '%s'", batch_path("job"));
    for (unsigned i = 0; i < rows; i++)
        snprintf(batch + strlen(batch), sizeof batch - strlen(batch), "c%u\n", i);
    write_text("batch.csv", batch);
    write_text("test.profile", profile);
    wanted = (struct job_plan){.directory = batch_path("job"),
                               .batch = batch_path("batch.csv"),
                               .profile = batch_path("test.profile"),
                               .ca = batch_path("ca"),
                               .keys = key != NULL ? batch_path(key) : NULL,
                               .transport = transport != NULL ? batch_path(transport) : NULL};
    if (!job_create(&wanted, &total, &faulty, &failure))
        fprintf(stderr, "%s\n", failure.text);
    CU_ASSERT_EQUAL_FATAL(total, rows);
}

static struct link *open_card(const char *name, const char *id, uint16_t roles,
                              const struct crypto *crypto, struct failure *failure) {
    (void)id, (void)roles, (void)crypto, (void)failure;
    return foreign_link(batch_cards[name[0] - '0']);
}

enum exit_code batch_work(bool (*action)(const char *, const struct job_session_order *,
                                         struct failure *),
                          const char *link) {
    struct failure failure = {0};
    struct job_session_order order = {
        .links = &link, .link_count = 1, .run = &run, .open = open_card};
    bool done = action(batch_path("job"), &order, &failure);
    snprintf(batch_message, sizeof batch_message, "%s", failure.text);
    return done ? EXIT_DONE : failure.code;
}

bool batch_run_all(const char *const *links, size_t count, struct failure *failure) {
    struct job_session_order order = {
        .links = links, .link_count = count, .run = &run, .open = open_card};
    return job_session_run(batch_path("job"), &order, failure);
}

void batch_count(size_t *done, size_t *rejected) {
    struct job job;
    struct failure failure;
    CU_ASSERT_FATAL(job_open(&job, batch_path("job"), &failure));
    *done = job.done;
    *rejected = job.rejected;
    job_close(&job);
}

unsigned batch_lines(const char *name, const char *word) {
    char line[600], path[PATH];
    unsigned found = 0;
    snprintf(path, sizeof path, "%s/job/%s", place, name);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found += strstr(line, word) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

void batch_made(const char *link, size_t wanted) {
    size_t done, rejected;
    CU_ASSERT_EQUAL(batch_work(job_session_run, link), EXIT_DONE);
    if (batch_message[0] != '\0')
        fprintf(stderr, "%s\n", batch_message);
    batch_count(&done, &rejected);
    CU_ASSERT_EQUAL(done, wanted);
    CU_ASSERT_EQUAL(rejected, 0);
}

void batch_pull_everywhere(struct foreign *(*make)(void), const char *profile, const char *key,
                           void (*inspect)(struct foreign *card)) {
    unsigned cuts = 0;
    bool through = false;
    while (!through && cuts < CUTS_MAX) {
        batch_cards[0] = make();
        batch_cards[0]->cut = (int)(cuts / 2);
        batch_cards[0]->cut_behind = cuts % 2 == 1;
        batch_plan(profile, key, NULL, 2);
        through = batch_work(job_session_run, "0") == EXIT_ABSENT; // the second row waits
        batch_cards[0]->cut = FOREIGN_NEVER;
        if (!through) {
            CU_ASSERT_EQUAL(batch_work(job_session_run, "0"), EXIT_ABSENT);
            if (CU_get_number_of_failures() > 0)
                fprintf(stderr, "after cut %u: %s\n", cuts, batch_message);
        }
        CU_ASSERT_EQUAL(batch_lines("journal", "done 0"), 1);
        CU_ASSERT_EQUAL(batch_lines("journal", "reject"), 0);
        CU_ASSERT_EQUAL(batch_lines("journal", " 1 "), 0);
        inspect(batch_cards[0]);
        foreign_free(batch_cards[0]);
        cuts++;
    }
    printf(" [%u cuts]", cuts - 1);
    CU_ASSERT(cuts > 10);
}
