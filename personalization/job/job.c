// SPDX-License-Identifier: Apache-2.0
// Opening a job and moving its rows. Making one stands in job_create.c.
#include "personalization/job/job.h"

#include "base/files.h"
#include "base/must.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOURNAL_LINE_MAX = 512, ROW_LINE_MAX = 256 + COLUMNS_MAX * COLUMN_VALUE_SIZE };

// ---- hexadecimal in the journal ----------------------------------------------------------------

void job_hex(const uint8_t *octets, size_t size, char *out) {
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets[i]);
}

static bool hex_read(const char *text, uint8_t *out, size_t size) {
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned octet = 0;
        if (sscanf(text + 2 * i, "%2x", &octet) != 1)
            return false;
        out[i] = (uint8_t)octet;
    }
    return true;
}

// ---- journal -----------------------------------------------------------------------------------

static bool append(struct job *job, const char *line, struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, job->directory, "journal") &&
        files_append(path, bytes_of_string(line), FILES_SECRET))
        return true;
    return fail_errno(failure, "cannot write %s/journal", job->directory);
}

static void move(struct job *job, struct job_row *row, enum job_state state) {
    job->done -= row->state == JOB_DONE;
    job->rejected -= row->state == JOB_REJECTED;
    row->state = (uint8_t)state;
    job->done += state == JOB_DONE;
    job->rejected += state == JOB_REJECTED;
    must(job->done <= job->total && job->rejected <= job->total - job->done,
         "a row is counted as done or as rejected, once");
}

/// A chip belongs to the row from here on, and so does what is left on it.
static void begin(struct job *job, struct job_row *row) {
    row->begun = true;
    memcpy(row->begun_on, row->serial, sizeof row->begun_on);
    move(job, row, JOB_STARTED);
}

static bool replay_line(struct job *job, const char *line) {
    char word[8], serial[2 * CARD_SERIAL_SIZE + 1], digest[2 * CERTIFICATE_DIGEST_SIZE + 1] = "";
    char check[2 * CARD_KCV_SIZE + 1] = "";
    long number = 0;
    if (sscanf(line, "%7s %ld %16s %32s %*s %6s", word, &number, serial, digest, check) < 3 ||
        number < 0 || (size_t)number >= job->total)
        return false;
    struct job_row *row = &job->rows[number];
    if (!hex_read(serial, row->serial, sizeof row->serial))
        return false;
    row->has_kcv = strcmp(word, "done") == 0 && hex_read(check, row->kcv, sizeof row->kcv);
    if (strcmp(word, "start") == 0)
        begin(job, row);
    else if (strcmp(word, "reject") == 0)
        move(job, row, JOB_REJECTED);
    else if (strcmp(word, "done") == 0 && hex_read(digest, row->digest, sizeof row->digest))
        move(job, row, JOB_DONE);
    else
        return false;
    return true;
}

static bool replay(struct job *job, const char *path, FILE *file, struct failure *failure) {
    char line[JOURNAL_LINE_MAX];
    long whole = 0;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        size_t size = strlen(line);
        if (line[size - 1] != '\n') { // torn: what it announces never happened
            if (truncate(path, whole) != 0)
                return fail_errno(failure, "cannot cut the torn last line off %s", path);
            return true;
        }
        if (!replay_line(job, line))
            return fail(failure, EXIT_USAGE, "%s:%u: not a line of a job's journal", path, number);
        whole += (long)size;
    }
    return true;
}

static bool read_journal(struct job *job, struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, "journal");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    bool done = replay(job, path, file, failure);
    fclose(file);
    return done;
}

// ---- opening -----------------------------------------------------------------------------------

static bool copy(char *out, size_t capacity, const json_t *plan, const char *key) {
    const char *text = json_string_value(json_object_get(plan, key));
    snprintf(out, capacity, "%s", text != NULL ? text : "");
    return text != NULL;
}

/// A path that a plan keeps, where the job lies now: the path as it was if something is there, else
/// the same way from the job's folder as from the one that it was planned in.
static void follow_move(const struct job *job, const char *home, char *kept, size_t capacity) {
    char here[PATH_MAX], moved[2 * PATH_MAX] = "", *slash;
    size_t same = 0;
    if (kept[0] != '/' || home[0] != '/' || access(kept, F_OK) == 0 ||
        realpath(job->directory, here) == NULL || (slash = strrchr(here, '/')) == NULL)
        return;
    *slash = '\0';
    for (size_t i = 0; home[i] == kept[i]; i++) {
        bool ends = home[i + 1] == '\0' || home[i + 1] == '/';
        if (ends && kept[i + 1] == '/')
            same = i + 1;
        if (home[i] == '\0')
            break;
    }
    snprintf(moved, sizeof moved, "%s", here);
    for (const char *at = home + same; *at != '\0'; at++)
        if (*at == '/')
            snprintf(moved + strlen(moved), sizeof moved - strlen(moved), "/..");
    snprintf(moved + strlen(moved), sizeof moved - strlen(moved), "%s", kept + same);
    char real[PATH_MAX];
    if (realpath(moved, real) != NULL && strlen(real) < capacity)
        snprintf(kept, capacity, "%s", real);
}

/// What the plan names is there, or the sentence says what became of it.
static bool find_places(struct job *job, const json_t *plan, struct failure *failure) {
    const char *home = json_string_value(json_object_get(plan, "home"));
    const struct {
        const char *what;
        char *kept;
        size_t capacity;
    } places[] = {{"authority", job->ca, sizeof job->ca},
                  {"master key", job->keys, sizeof job->keys},
                  {"key of the cards as they come", job->transport, sizeof job->transport},
                  {"printer's certificate", job->printer, sizeof job->printer}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (home != NULL)
            follow_move(job, home, places[i].kept, places[i].capacity);
        if (places[i].kept[0] == '/' && access(places[i].kept, F_OK) != 0)
            return fail(failure, EXIT_USAGE,
                        "%s was planned with the %s %s, which is not there any more; move it back, "
                        "or write its new place into %s/job.json",
                        job->directory, places[i].what, places[i].kept, job->directory);
    }
    return true;
}

static bool read_columns(struct columns *columns, const json_t *plan, struct failure *failure) {
    const json_t *names = json_object_get(plan, "columns");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!columns_add(columns, name != NULL ? name : "", failure))
            return false;
    }
    return true;
}

static bool read_operators(struct operators *operators, const json_t *plan,
                           struct failure *failure) {
    const json_t *ids = json_object_get(plan, "operators");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        if (i == OPERATORS_MAX || id == NULL || strlen(id) > HOLDER_MAX)
            return fail(failure, EXIT_USAGE, "job.json: 'operators' are no ids of operators");
        snprintf(operators->ids[operators->count++], HOLDER_MAX + 1, "%s", id);
    }
    return true;
}

static bool read_plan(struct job *job, struct failure *failure) {
    char path[PATH_MAX], nonce[2 * ISSUER_NONCE_SIZE + 1];
    json_error_t error;
    files_path(path, sizeof path, job->directory, "job.json");
    json_t *plan = json_load_file(path, 0, &error);
    bool done = plan != NULL && copy(job->ca, sizeof job->ca, plan, "ca") &&
                copy(job->keys, sizeof job->keys, plan, "keys");
    copy(job->transport, sizeof job->transport, plan, "transport");
    if (copy(nonce, sizeof nonce, plan, "nonce"))
        done = done && hex_read(nonce, job->nonce, sizeof job->nonce);
    copy(job->printer, sizeof job->printer, plan, "printer");
    copy(job->kcv, sizeof job->kcv, plan, "kcv");
    job->replace = json_is_true(json_object_get(plan, "replace"));
    job->total = (size_t)json_integer_value(json_object_get(plan, "total"));
    if (!done)
        fail(failure, EXIT_USAGE, "%s is no job: make one with 'tessera perso plan'",
             job->directory);
    done = done && read_columns(&job->columns, plan, failure) &&
           read_operators(&job->operators, plan, failure) && find_places(job, plan, failure);
    json_decref(plan);
    if (!done)
        return false;
    if (!files_path(path, sizeof path, job->directory, "profile"))
        return fail_errno(failure, "%s", job->directory);
    return profile_load(&job->profile, path, failure);
}

static bool read_rows(struct job *job, struct failure *failure) {
    char path[PATH_MAX], line[ROW_LINE_MAX];
    size_t count = 0;
    files_path(path, sizeof path, job->directory, "rows.tsv");
    job->lines = fopen(path, "r");
    job->rows = calloc(job->total + 1, sizeof *job->rows);
    if (job->lines == NULL || job->rows == NULL)
        return fail_errno(failure, "cannot read %s", path);
    do {
        job->rows[count].offset = ftell(job->lines);
    } while (fgets(line, sizeof line, job->lines) != NULL && ++count <= job->total);
    return count == job->total ||
           fail(failure, EXIT_USAGE, "%s has %zu rows where the plan has %zu", path, count,
                job->total);
}

static void look_for_mark(struct job *job) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, JOB_ERASED);
    job->erased = access(path, F_OK) == 0;
}

bool job_has_rows(const struct job *job, struct failure *failure) {
    return !job->erased ||
           fail(failure, EXIT_REFUSED,
                "%s: what the batch said of its cards was erased; no card can be made or held "
                "against it any more",
                job->directory);
}

static bool take_lock(struct job *job, struct failure *failure) {
    char path[PATH_MAX];
    files_path(path, sizeof path, job->directory, "lock");
    job->lock = files_lock(path, 2); // a killed predecessor may still be on its way out
    if (job->lock >= 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(failure, EXIT_LOCKED, "%s: another operator works on this job", job->directory);
    return fail_errno(failure, "cannot open the job %s", job->directory);
}

bool job_open(struct job *job, const char *directory, struct failure *failure) {
    *job = (struct job){.lock = -1};
    pthread_mutex_init(&job->mutex, NULL);
    if (strlen(directory) >= sizeof job->directory)
        return fail(failure, EXIT_USAGE, "%s: the path is too long", directory);
    snprintf(job->directory, sizeof job->directory, "%s", directory);
    if (take_lock(job, failure) && read_plan(job, failure) && read_rows(job, failure) &&
        read_journal(job, failure)) {
        look_for_mark(job);
        return true;
    }
    job_close(job);
    return false;
}

void job_close(struct job *job) {
    if (job->lines != NULL)
        fclose(job->lines);
    free(job->rows);
    if (job->lock >= 0)
        close(job->lock);
    pthread_mutex_destroy(&job->mutex);
    *job = (struct job){.lock = -1};
}

bool job_read(struct job *job, long row, struct card_row *out, struct failure *failure) {
    char line[ROW_LINE_MAX], *rest = line;
    pthread_mutex_lock(&job->mutex);
    bool done = fseek(job->lines, job->rows[row].offset, SEEK_SET) == 0 &&
                fgets(line, sizeof line, job->lines) != NULL;
    pthread_mutex_unlock(&job->mutex);
    if (!done)
        return fail_errno(failure, "cannot read row %ld of %s", row, job->directory);
    *out = (struct card_row){0};
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < COLUMN_COUNT; i++)
        snprintf(out->fields[i], HOLDER_MAX + 1, "%s", strsep(&rest, "\t"));
    out->line = rest != NULL ? strtoul(strsep(&rest, "\t"), NULL, 10) : 0;
    for (size_t i = 0; rest != NULL && i < job->columns.count; i++)
        snprintf(out->further[i], COLUMN_VALUE_SIZE, "%s", strsep(&rest, "\t"));
    size_t person = columns_find(&job->columns, job->profile.person);
    if (person < job->columns.count)
        snprintf(out->person, sizeof out->person, "%s", out->further[person]);
    return true;
}

// ---- claiming ----------------------------------------------------------------------------------

static bool is_free(const struct job *job, const struct job_row *row) {
    return row->state == JOB_OPEN || (row->state == JOB_REJECTED && job->again);
}

static bool is_chip(const struct job_row *row, const uint8_t serial[CARD_SERIAL_SIZE]) {
    return memcmp(row->serial, serial, CARD_SERIAL_SIZE) == 0;
}

long job_claim(struct job *job, const uint8_t serial[CARD_SERIAL_SIZE], bool *finished,
               bool *again) {
    long claimed = JOB_NO_ROW;
    *finished = false;
    pthread_mutex_lock(&job->mutex);
    for (size_t i = 0; i < job->total && !*finished; i++) {
        const struct job_row *row = &job->rows[i];
        *finished = row->state == JOB_DONE && is_chip(row, serial);
        if (row->state == JOB_STARTED && is_chip(row, serial)) {
            claimed = (long)i;
            break;
        }
        if (claimed == JOB_NO_ROW && is_free(job, row))
            claimed = (long)i;
    }
    if (*finished)
        claimed = JOB_NO_ROW;
    *again = claimed != JOB_NO_ROW && job->rows[claimed].state != JOB_OPEN;
    if (claimed != JOB_NO_ROW) { // nobody else takes it meanwhile
        memcpy(job->rows[claimed].serial, serial, CARD_SERIAL_SIZE);
        move(job, &job->rows[claimed], JOB_STARTED);
    }
    pthread_mutex_unlock(&job->mutex);
    return claimed;
}

bool job_take(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE]) {
    pthread_mutex_lock(&job->mutex);
    struct job_row *own = &job->rows[row];
    bool taken = is_free(job, own) || (own->state == JOB_STARTED && is_chip(own, serial));
    if (taken) {
        memcpy(own->serial, serial, CARD_SERIAL_SIZE);
        move(job, own, JOB_STARTED);
    }
    pthread_mutex_unlock(&job->mutex);
    return taken;
}

bool job_begun_on(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE]) {
    pthread_mutex_lock(&job->mutex);
    const struct job_row *own = &job->rows[row];
    bool begun = own->begun && memcmp(own->begun_on, serial, CARD_SERIAL_SIZE) == 0;
    pthread_mutex_unlock(&job->mutex);
    return begun;
}

long job_next(struct job *job, long *at) {
    long found = JOB_NO_ROW;
    pthread_mutex_lock(&job->mutex);
    while (found == JOB_NO_ROW && (size_t)*at < job->total) {
        const struct job_row *row = &job->rows[(*at)++];
        if (is_free(job, row) || row->state == JOB_STARTED)
            found = *at - 1;
    }
    pthread_mutex_unlock(&job->mutex);
    return found;
}

long job_waiting(struct job *job) {
    long started = JOB_NO_ROW, found = JOB_NO_ROW;
    pthread_mutex_lock(&job->mutex);
    for (size_t i = 0; i < job->total && found == JOB_NO_ROW; i++) {
        if (is_free(job, &job->rows[i]))
            found = (long)i;
        else if (job->rows[i].state == JOB_STARTED && started == JOB_NO_ROW)
            started = (long)i;
    }
    pthread_mutex_unlock(&job->mutex);
    return found != JOB_NO_ROW ? found : started;
}

long job_done_on(struct job *job, const uint8_t serial[CARD_SERIAL_SIZE]) {
    long found = JOB_NO_ROW;
    pthread_mutex_lock(&job->mutex);
    for (size_t i = 0; i < job->total && found == JOB_NO_ROW; i++)
        if (job->rows[i].state == JOB_DONE && is_chip(&job->rows[i], serial))
            found = (long)i;
    pthread_mutex_unlock(&job->mutex);
    return found;
}

// ---- steps -------------------------------------------------------------------------------------

static bool record(struct job *job, long row, enum job_state state, const char *line,
                   struct failure *failure) {
    must(row >= 0 && (size_t)row < job->total, "the journal speaks of rows of its own job");
    pthread_mutex_lock(&job->mutex);
    bool done = append(job, line, failure);
    if (done && state == JOB_STARTED)
        begin(job, &job->rows[row]);
    else if (done)
        move(job, &job->rows[row], state);
    pthread_mutex_unlock(&job->mutex);
    return done;
}

bool job_start(struct job *job, long row, const uint8_t serial[CARD_SERIAL_SIZE],
               struct failure *failure) {
    char line[JOURNAL_LINE_MAX], hex[2 * CARD_SERIAL_SIZE + 1];
    job_hex(serial, CARD_SERIAL_SIZE, hex);
    snprintf(line, sizeof line, "start %ld %s\n", row, hex);
    return record(job, row, JOB_STARTED, line, failure);
}

bool job_finish(struct job *job, long row, const uint8_t digest[CERTIFICATE_DIGEST_SIZE],
                uint8_t version, const uint8_t *kcv, struct failure *failure) {
    struct job_row *own = &job->rows[row];
    char line[JOURNAL_LINE_MAX], check[2 * CARD_KCV_SIZE + 2] = "",
                                                           serial[2 * CARD_SERIAL_SIZE + 1];
    char hex[2 * CERTIFICATE_DIGEST_SIZE + 1];
    must(own->state == JOB_STARTED, "only a row that was started is done");
    job_hex(job->rows[row].serial, CARD_SERIAL_SIZE, serial);
    job_hex(digest, CERTIFICATE_DIGEST_SIZE, hex);
    memcpy(own->digest, digest, CERTIFICATE_DIGEST_SIZE);
    own->has_kcv = kcv != NULL;
    if (kcv != NULL) {
        memcpy(own->kcv, kcv, CARD_KCV_SIZE);
        check[0] = ' ';
        job_hex(kcv, CARD_KCV_SIZE, check + 1);
    }
    snprintf(line, sizeof line, "done %ld %s %s %02X%s\n", row, serial, hex, version, check);
    return record(job, row, JOB_DONE, line, failure);
}

bool job_reject(struct job *job, long row, const char *reason, struct failure *failure) {
    char line[JOURNAL_LINE_MAX], serial[2 * CARD_SERIAL_SIZE + 1];
    job_hex(job->rows[row].serial, CARD_SERIAL_SIZE, serial);
    int size = snprintf(line, sizeof line - 1, "reject %ld %s ", row, serial);
    for (size_t at = (size_t)size; at < sizeof line - 2; at++) {
        line[at] = *reason == '\n' ? ' ' : *reason;
        line[at + 1] = '\0';
        if (*reason == '\0' || *++reason == '\0')
            break;
    }
    size_t end = strlen(line);
    snprintf(line + end, sizeof line - end, "\n");
    return record(job, row, JOB_REJECTED, line, failure);
}
