// SPDX-License-Identifier: Apache-2.0
#include "host/journal_file.h"

#include "apdu/unit.h"
#include "services/wire/base64url.h"
#include "services/wire/files.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORD_TEXT_MAX = 4096 };

static const char *const state_words[] = {[SALE_BEGUN] = "begun",
                                          [SALE_REQUESTED] = "requested",
                                          [SALE_VOID] = "void",
                                          [SALE_PAID] = "paid"};

static bool path_of(const struct journal_file *file, struct bytes reference, char *out,
                    size_t capacity) {
    char name[2 * PURSE_REFERENCE_MAX + sizeof ".json"] = "";
    size_t size = reference.size < PURSE_REFERENCE_MAX ? reference.size : PURSE_REFERENCE_MAX;
    for (size_t i = 0; i < size; i++)
        snprintf(name + 2 * i, sizeof name - 2 * i, "%02X", reference.data[i]);
    snprintf(name + 2 * size, sizeof name - 2 * size, ".json");
    return files_path(out, capacity, file->directory, name);
}

// ---- reading -----------------------------------------------------------------------------------

static bool take_octets(const char *text, uint8_t *out, size_t capacity, size_t *size) {
    return base64url_decode(text, out, capacity, size);
}

static bool take_text(const char *text, char *out, size_t capacity) {
    return snprintf(out, capacity, "%s", text) < (int)capacity;
}

static bool take_state(const char *word, enum sale_state *out) {
    for (int i = SALE_BEGUN; i <= SALE_PAID; i++)
        if (strcmp(word, state_words[i]) == 0) {
            *out = (enum sale_state)i;
            return true;
        }
    return false;
}

static bool take_record(json_t *json, struct sale_record *out) {
    const char *state, *payer, *payee, *unit, *reference, *log, *receipt;
    json_int_t amount, n;
    memset(out, 0, sizeof *out);
    if (json_unpack(json, "{s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s}", "state", &state, "payer",
                    &payer, "payee", &payee, "amount", &amount, "unit", &unit, "reference",
                    &reference, "n", &n, "usage_log", &log, "receive_log", &receipt) != 0)
        return false;
    out->amount = (uint64_t)amount;
    out->n = (uint32_t)n;
    out->unit = unit_from_name(unit);
    return take_state(state, &out->state) && take_text(payer, out->payer, sizeof out->payer) &&
           take_text(payee, out->payee, sizeof out->payee) &&
           take_octets(reference, out->reference, sizeof out->reference, &out->reference_size) &&
           take_octets(log, out->log, sizeof out->log, &out->log_size) &&
           take_octets(receipt, out->receipt, sizeof out->receipt, &out->receipt_size);
}

static enum journal_answer find_record(struct journal *journal, struct bytes reference,
                                       struct sale_record *out) {
    struct journal_file *file = journal->context;
    char path[PATH_MAX];
    uint8_t text[RECORD_TEXT_MAX];
    size_t size = 0;
    if (!path_of(file, reference, path, sizeof path) ||
        !files_read(path, text, sizeof text, &size)) {
        if (errno == ENOENT)
            return JOURNAL_NONE;
        fail_errno(&file->failure, "cannot read the journal %s", path);
        return JOURNAL_FAILED;
    }
    json_t *json = json_loadb((const char *)text, size, 0, NULL);
    bool taken = json != NULL && take_record(json, out);
    json_decref(json);
    if (taken)
        return JOURNAL_FOUND;
    fail(&file->failure, EXIT_REFUSED, "%s is no sale record; move it away to start afresh", path);
    return JOURNAL_FAILED;
}

// ---- writing -----------------------------------------------------------------------------------

static json_t *octets_to_json(const uint8_t *octets, size_t size) {
    char text[BASE64URL_SIZE(PURSE_OBJECT_MAX)];
    if (!base64url_encode(bytes_of(octets, size), text, sizeof text))
        return NULL;
    return json_string(text);
}

static json_t *record_to_json(const struct sale_record *record) {
    char unit[UNIT_NAME_MAX];
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:o, s:I, s:o, s:o}", "state",
                     state_words[record->state], "payer", record->payer, "payee", record->payee,
                     "amount", (json_int_t)record->amount, "unit", unit_name(record->unit, unit),
                     "reference", octets_to_json(record->reference, record->reference_size), "n",
                     (json_int_t)record->n, "usage_log",
                     octets_to_json(record->log, record->log_size), "receive_log",
                     octets_to_json(record->receipt, record->receipt_size));
}

static bool save_record(struct journal *journal, const struct sale_record *record) {
    struct journal_file *file = journal->context;
    char path[PATH_MAX];
    json_t *json = record_to_json(record);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    bool saved =
        text != NULL &&
        path_of(file, bytes_of(record->reference, record->reference_size), path, sizeof path) &&
        files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    if (!saved)
        fail_errno(&file->failure, "cannot write the journal in %s", file->directory);
    free(text);
    json_decref(json);
    return saved;
}

static bool make_directory(const char *path, struct failure *failure) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    return fail_errno(failure, "cannot make the directory %s", path);
}

bool journal_file_open(struct journal_file *file, const char *directory, struct failure *failure) {
    memset(file, 0, sizeof *file);
    file->journal = (struct journal){find_record, save_record, file};
    if (!files_path(file->directory, sizeof file->directory, directory, "sales"))
        return fail_errno(failure, "%s", directory);
    return make_directory(directory, failure) && make_directory(file->directory, failure);
}
