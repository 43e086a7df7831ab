// SPDX-License-Identifier: Apache-2.0
// The end of a day: the till signs what it sold, and the batch goes with the records of its sales
// into the queue of what is to be uploaded, one whole file a batch.
#include "host/kiosk/kiosk_private.h"

#include "base/base64url.h"
#include "base/files.h"
#include "host/flows/purse_report.h"
#include "host/flows/sale_record.h"
#include "host/flows/settlement.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct listing {
    json_t *rows;
    json_int_t paid;      // how many of them
    uint64_t first, last; // numbers of the till; last 0: every one
};

/// Of a refund: the number that it pays back.
static uint64_t number_of(const struct sale_record *record) {
    bool refund = record->reference[0] == REFERENCE_REFUND;
    return refund ? bytes_get_be(record->reference + 1, 4) : record->n;
}

static bool add_row(void *context, const struct sale_record *record) {
    struct listing *listing = context;
    uint64_t n = number_of(record);
    if (listing->last != 0 && (n < listing->first || n > listing->last))
        return true;
    listing->paid += sale_record_paid(record) && record->reference[0] != REFERENCE_REFUND;
    return json_array_append_new(listing->rows, sale_record_to_json(record)) == 0;
}

json_t *kiosk_pending(struct kiosk *kiosk) {
    struct listing listing = {.rows = json_array()};
    (void)sale_store_each(kiosk->store, false, add_row, &listing);
    return listing.rows;
}

/// The file of a batch: the same day closed again writes the same one.
static bool queue(struct kiosk *kiosk, const struct settlement *day, json_t *sales,
                  struct failure *failure) {
    char folder[PATH_MAX], name[32], path[PATH_MAX];
    static char octets[BASE64URL_SIZE(PURSE_ANSWER_MAX)];
    snprintf(name, sizeof name, "batch-%" PRIu64 ".json",
             object_uint(&day->batch, FIELD_BATCH_NUMBER));
    if (!files_path(folder, sizeof folder, kiosk->options.state, "upload") ||
        !files_path(path, sizeof path, folder, name) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST))
        return fail_errno(failure, "cannot make the upload queue in %s", kiosk->options.state);
    if (!base64url_encode(day->batch.whole, octets, sizeof octets))
        return fail(failure, EXIT_REFUSED, "the batch is too long");
    json_t *json = json_pack("{s:s, s:O}", "batch", octets, "sales", sales);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    bool done =
        text != NULL && files_write(path, bytes_of_string(text), FILES_SECRET, FILES_REPLACE);
    if (!done)
        fail_errno(failure, "cannot write %s", path);
    free(text);
    json_decref(json);
    return done;
}

json_t *kiosk_close_day(struct kiosk *kiosk, struct failure *failure) {
    static struct settlement day;
    struct listing listing = {0};
    if (kiosk->phase == KIOSK_TAP || kiosk->phase == KIOSK_HOLD) {
        failure_set(failure, EXIT_REFUSED, "a sale is under way; close when it is over");
        return NULL;
    }
    if (!kiosk_find_till(kiosk, failure) || !settlement_batch(&kiosk->till, &day, failure))
        return NULL;
    listing = (struct listing){.rows = json_array(),
                               .first = object_uint(&day.batch, FIELD_FIRST_N),
                               .last = object_uint(&day.batch, FIELD_LAST_N)};
    json_t *report = NULL;
    if (!sale_store_each(kiosk->store, true, add_row, &listing))
        *failure = *sale_store_failure(kiosk->store);
    else if (queue(kiosk, &day, listing.rows, failure))
        report = report_settlement_to_json(&day.batch, NULL);
    if (report != NULL) {
        json_object_set_new(report, "sales", json_integer(listing.paid));
        json_object_set_new(report, "code", json_integer(EXIT_DONE));
    }
    json_decref(listing.rows);
    return report;
}
