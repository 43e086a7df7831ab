// SPDX-License-Identifier: Apache-2.0
#include "personalization/cards/center/local_books.h"

#include "apdu/octets/unit.h"
#include "base/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, KEY_TEXT = 2 * BOOK_KEY_SIZE + 1, HASH_TEXT = 2 * SHA256_SIZE + 1 };

static const char ISSUES[] = "issue-logs.tsv", BATCHES[] = "batches.tsv";

const char *const book_end_words[BOOK_ENDS] = {"settled", "released"};

// ---- lines -------------------------------------------------------------------------------------

static bool append(const struct ca *ca, const char *name, const char *line,
                   struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, ca->directory, name) &&
        files_append(path, bytes_of_string(line), FILES_SECRET))
        return true;
    return fail_errno(failure, "cannot append to %s/%s", ca->directory, name);
}

/// Hands every line to take. An incomplete last one was never answered, and is cut off: the next
/// entry would else be written behind it.
static bool take_lines(FILE *stream, const char *path,
                       void (*take)(void *context, const char *line), void *context,
                       struct failure *failure) {
    char line[LINE_SIZE];
    long whole = 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        if (strchr(line, '\n') == NULL)
            return truncate(path, whole) == 0 || fail_errno(failure, "cannot repair %s", path);
        take(context, line);
        whole = ftell(stream);
    }
    return ferror(stream) == 0 || fail_errno(failure, "cannot read %s", path);
}

/// Hands every line of a book to take. A book that is not there is empty.
static bool each_line(const struct ca *ca, const char *name,
                      void (*take)(void *context, const char *line), void *context,
                      struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, ca->directory, name))
        return fail_errno(failure, "%s", ca->directory);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    bool read = take_lines(stream, path, take, context, failure);
    fclose(stream);
    return read;
}

static void put_hex(const uint8_t *octets, size_t size, char *out) {
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets[i]);
}

static bool is_owner(const struct book_owner *owner, const char *name, const char *key) {
    char own[KEY_TEXT];
    put_hex(owner->key, sizeof owner->key, own);
    return strcmp(owner->name, name) == 0 && strcmp(own, key) == 0;
}

// ---- issue logs --------------------------------------------------------------------------------

struct issue_search {
    const struct book_owner *owner;
    uint16_t unit;
    uint64_t issued; // as the purse says
    struct book_issue last;
    struct book_account *account;
};

static void weigh(struct issue_search *search, const struct book_issue *issue) {
    struct book_account *account = search->account;
    bool again = account->known && issue->state == search->last.state &&
                 issue->before == search->last.before;
    uint64_t with = issue->before + issue->amount;
    bool without = again ? account->fits : search->issued == issue->before;
    account->known = true;
    account->fits = without || search->issued == with;
    account->expected = with;
    search->last = *issue;
}

static void take_issue(void *context, const char *line) {
    struct issue_search *search = context;
    struct book_issue issue = {0};
    char name[HOLDER_MAX + 1], key[KEY_TEXT];
    unsigned unit;
    search->account->serial++;
    if (sscanf(line, "%*u\t%*u\t%16[^\t]\t%4X\t%" SCNu64 "\t%" SCNu64 "\t%16[0-9A-F]\t%" SCNu64,
               name, &unit, &issue.amount, &issue.state, key, &issue.before) != 6)
        return;
    if (unit == search->unit && is_owner(search->owner, name, key))
        weigh(search, &issue);
}

bool book_judge_issued(const struct ca *ca, const struct book_owner *owner, uint16_t unit,
                       uint64_t issued, struct book_account *account, struct failure *failure) {
    struct issue_search search = {
        .owner = owner, .unit = unit, .issued = issued, .account = account};
    *account = (struct book_account){.fits = issued == 0, .serial = 1};
    return each_line(ca, ISSUES, take_issue, &search, failure);
}

bool book_enter_issue(const struct ca *ca, const struct book_owner *owner,
                      const struct book_issue *issue, uint64_t serial, struct failure *failure) {
    char line[LINE_SIZE], key[KEY_TEXT];
    put_hex(owner->key, sizeof owner->key, key);
    snprintf(line, sizeof line,
             "%" PRIu64 "\t%" PRIu32 "\t%s\t%04X\t%" PRIu64 "\t%" PRIu64 "\t%s\t%" PRIu64 "\n",
             serial, ca->today, owner->name, issue->unit, issue->amount, issue->state, key,
             issue->before);
    return append(ca, ISSUES, line, failure);
}

// ---- batches -----------------------------------------------------------------------------------

struct batch_search {
    const struct book_owner *till;
    uint32_t number;
    struct book_view *view;
};

static bool take_hash(const char *text, uint8_t hash[SHA256_SIZE]) {
    for (size_t i = 0; i < SHA256_SIZE; i++)
        if (sscanf(text + 2 * i, "%2hhx", &hash[i]) != 1)
            return false;
    return true;
}

static void take_batch(void *context, const char *line) {
    struct batch_search *search = context;
    struct book_view *view = search->view;
    struct book_batch batch = {0};
    char name[HOLDER_MAX + 1], key[KEY_TEXT], hash[HASH_TEXT], end[12];
    if (sscanf(line,
               "%" SCNu32 "\t%16[^\t]\t%16[0-9A-F]\t%" SCNu32 "\t%64[0-9A-F]\t%" SCNu32 "\t%" SCNu32
               "\t%11[a-z]",
               &batch.date, name, key, &batch.number, hash, &batch.first, &batch.last, end) != 8)
        return;
    if (!is_owner(search->till, name, key) || !take_hash(hash, batch.hash))
        return;
    batch.end = strcmp(end, book_end_words[BOOK_RELEASED]) == 0 ? BOOK_RELEASED : BOOK_SETTLED;
    if (batch.number > view->highest)
        view->highest = batch.number;
    if (batch.end == BOOK_SETTLED && batch.last >= view->first_free)
        view->first_free = batch.last + 1;
    if (batch.number == search->number) {
        view->known = true;
        view->batch = batch;
    }
}

bool book_batches(const struct ca *ca, const struct book_owner *till, uint32_t number,
                  struct book_view *view, struct failure *failure) {
    struct batch_search search = {till, number, view};
    *view = (struct book_view){0};
    return each_line(ca, BATCHES, take_batch, &search, failure);
}

/// "JPY:1000,POINT:20"; "-" for none.
static void put_sums(struct bytes sums, char *out, size_t capacity) {
    enum { ROW = 10 };
    char unit[UNIT_NAME_MAX];
    size_t used = 0;
    snprintf(out, capacity, "-");
    for (size_t at = 0; at + ROW <= sums.size && used < capacity; at += ROW)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s:%" PRIu64, at > 0 ? "," : "",
                                 unit_name((uint16_t)bytes_get_be(sums.data + at, 2), unit),
                                 bytes_get_be(sums.data + at + 2, 8));
}

bool book_enter_batch(const struct ca *ca, const struct book_owner *till,
                      const struct book_batch *batch, struct failure *failure) {
    char line[LINE_SIZE], key[KEY_TEXT], hash[HASH_TEXT], sums[LINE_SIZE / 2];
    put_hex(till->key, sizeof till->key, key);
    put_hex(batch->hash, sizeof batch->hash, hash);
    put_sums(batch->sums, sums, sizeof sums);
    snprintf(line, sizeof line,
             "%" PRIu32 "\t%s\t%s\t%" PRIu32 "\t%s\t%" PRIu32 "\t%" PRIu32 "\t%s\t%s\n",
             batch->date, till->name, key, batch->number, hash, batch->first, batch->last,
             book_end_words[batch->end], sums);
    return append(ca, BATCHES, line, failure);
}
