// SPDX-License-Identifier: Apache-2.0
#include "host/clearing/clearing_upload.h"

#include "base/base64url.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECT_MAX = 512, HOLDERS_MAX = CLEARING_LOGS_MOST + 2 };

/// One upload as it fills.
struct filling {
    struct clearing_client *client;
    const char *purse;
    struct form in;
    size_t count, line;
    size_t lines[CLEARING_LOGS_MOST];
    char holders[HOLDERS_MAX][HOLDER_MAX + 1];
    size_t holder_count;
    struct upload_report *report;
    struct failure *failure;
};

static void begin(struct filling *filling) {
    service_client_form(&filling->client->service, &clearing_logs, &filling->in);
    form_set_text(&filling->in, NAME_PURSE, filling->purse);
    filling->count = filling->holder_count = 0;
}

// ---- certificates ------------------------------------------------------------------------------

/// Own certificate and authority of a holder, each once.
static bool add_certificate(struct filling *filling, const char *holder) {
    struct clearing_chain chain;
    for (size_t i = 0; i < filling->holder_count; i++)
        if (strcmp(filling->holders[i], holder) == 0)
            return true;
    if (!clearing_purse_chain(filling->client, holder, &chain, filling->failure))
        return false;
    snprintf(filling->holders[filling->holder_count++], HOLDER_MAX + 1, "%s", holder);
    form_add_octets(&filling->in, NAME_CERTIFICATES, chain.certificates[1]);
    form_add_octets(&filling->in, NAME_CERTIFICATES, chain.certificates[2]);
    return true;
}

static bool add_holder(struct filling *filling, const struct object *object, enum field field) {
    char holder[HOLDER_MAX + 1];
    struct bytes id = object->fields[field];
    snprintf(holder, sizeof holder, "%.*s", (int)id.size, (const char *)id.data);
    return add_certificate(filling, holder);
}

// ---- lines -------------------------------------------------------------------------------------

/// The signed octets of an object in a line; size 0: it has none.
static struct bytes signed_of(json_t *line, const char *name, uint8_t out[OBJECT_MAX]) {
    const char *text = json_string_value(json_object_get(json_object_get(line, name), "signed"));
    size_t size = 0;
    if (text == NULL || !base64url_decode(text, out, OBJECT_MAX, &size))
        return bytes_of(NULL, 0);
    return bytes_of(out, size);
}

static bool add_log(struct filling *filling, struct bytes usage, struct bytes end) {
    struct object log;
    if (!object_decode_as(OBJECT_USAGE_LOG, usage, &log))
        return fail(filling->failure, EXIT_USAGE, "line %zu: its usage log is damaged",
                    filling->line);
    if (!add_holder(filling, &log, FIELD_PAYER) || !add_holder(filling, &log, FIELD_PAYEE))
        return false;
    struct form *row = form_add(&filling->in, NAME_LOGS);
    form_set_octets(row, NAME_USAGE, usage);
    if (end.size > 0)
        form_set_octets(row, NAME_END, end);
    filling->lines[filling->count++] = filling->line;
    return true;
}

static void count_outcome(struct filling *filling, size_t i, const struct form *told) {
    const char *outcome = form_text(told, NAME_OUTCOME);
    struct upload_report *report = filling->report;
    uint64_t *const counts[] = {&report->accepted, &report->again, &report->suspense,
                                &report->refused};
    static const char *const words[] = {"accepted", "again", "suspense", "refused"};
    for (size_t k = 0; k < 4; k++)
        *counts[k] += strcmp(outcome, words[k]) == 0;
    if (form_has(told, NAME_WORD) && report->first[0] == '\0')
        snprintf(report->first, sizeof report->first, "line %zu: %s: %s", filling->lines[i],
                 outcome, form_text(told, NAME_WORD));
}

/// Sends what is there and begins anew.
static bool send(struct filling *filling) {
    struct form out;
    size_t count = 0;
    if (filling->count == 0)
        return true;
    if (!service_client_ask(&filling->client->service, &clearing_logs, &filling->in, &out,
                            filling->failure))
        return false;
    const struct form *list = form_list(&out, NAME_LOGS, &count);
    for (size_t i = 0; i < count && i < filling->count; i++)
        count_outcome(filling, i, &list[i]);
    begin(filling);
    return true;
}

static bool take_line(struct filling *filling, const char *text) {
    uint8_t usage[OBJECT_MAX], end[OBJECT_MAX];
    json_error_t error;
    json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (line == NULL)
        return fail(filling->failure, EXIT_USAGE, "line %zu: %s", filling->line, error.text);
    struct bytes log = signed_of(line, "usage_log", usage);
    bool done = log.size == 0 || add_log(filling, log, signed_of(line, "receive_log", end));
    json_decref(line);
    return done && (filling->count < CLEARING_LOGS_MOST || send(filling));
}

bool clearing_upload(struct clearing_client *client, const char *purse, const char *path,
                     struct upload_report *report, struct failure *failure) {
    struct filling filling = {
        .client = client, .purse = purse, .report = report, .failure = failure};
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(failure, EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
    *report = (struct upload_report){0};
    begin(&filling);
    bool done = true;
    while (done && getline(&text, &room, file) > 0) {
        filling.line++;
        done = take_line(&filling, text);
    }
    done = done && send(&filling);
    free(text);
    fclose(file);
    return done;
}
