// SPDX-License-Identifier: Apache-2.0
#include "personalization/bench_center.h"

#include "personalization/bench.h"
#include "services/wire/calendar.h"
#include "services/wire/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ISSUE_DAYS = 365, POCKET_ROW = 50 };

static const struct hierarchy_member *key_of(const struct bench_center *center) {
    return &center->ca->hierarchy.members[MEMBER_CENTER];
}

bool bench_center_challenge(struct bench_center *center, const char *purse, uint8_t *out,
                            size_t capacity, struct bytes *challenge, struct failure *failure) {
    const struct crypto *crypto = center->ca->hierarchy.crypto;
    struct object_writer writer;
    if (!crypto->ops->random(crypto, center->challenge, sizeof center->challenge))
        return fail(failure, EXIT_REFUSED, "cannot draw a challenge");
    object_begin(&writer, OBJECT_STATEMENT_CHALLENGE, out, capacity);
    object_put(&writer, FIELD_CHALLENGE, BYTES_OF(center->challenge));
    object_put(&writer, FIELD_CENTER, bytes_of_string(key_of(center)->name));
    object_put(&writer, FIELD_PURSE, bytes_of_string(purse));
    object_put_date(&writer, FIELD_DATE, center->ca->today);
    if (object_sign(&writer, &key_of(center)->signer, challenge))
        return true;
    return fail(failure, EXIT_REFUSED, "cannot sign a statement challenge for %s", purse);
}

static bool is_revoked(const struct ca *ca, struct bytes certificate) {
    uint8_t digest[CERTIFICATE_DIGEST_SIZE];
    if (!certificate_digest(ca->hierarchy.crypto, certificate, digest))
        return true;
    for (size_t i = 0; i < ca->issued.count; i++)
        if (ca->issued.entries[i].revoked != 0 &&
            memcmp(ca->issued.entries[i].digest, digest, sizeof digest) == 0)
            return true;
    return false;
}

static bool check_certificate(const struct bench_center *center,
                              const struct bench_question *question, struct certificate *out,
                              struct failure *failure) {
    const struct hierarchy *hierarchy = &center->ca->hierarchy;
    struct authority authority = member_authority(hierarchy, MEMBER_PURSE);
    enum certificate_fault fault = certificate_parse(question->certificate, out);
    if (fault == CERTIFICATE_OK)
        fault = certificate_verify(out, &authority, center->ca->today, hierarchy->crypto);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the certificate of %s is refused: %s (authority %s)",
                    question->purse, certificate_fault_text(fault), center->ca->directory);
    if (is_revoked(center->ca, question->certificate))
        return fail(failure, EXIT_REFUSED, "the certificate of %s is revoked: hotlisted",
                    question->purse);
    return true;
}

static bool check_statement(const struct bench_center *center,
                            const struct bench_question *question, struct object *statement,
                            struct failure *failure) {
    struct certificate certificate;
    if (!check_certificate(center, question, &certificate, failure))
        return false;
    if (!object_decode_as(OBJECT_STATEMENT, question->statement, statement) ||
        !object_verify(statement, center->ca->hierarchy.crypto, certificate.signing_point))
        return fail(failure, EXIT_REFUSED, "the statement of %s does not verify: bad-signature",
                    question->purse);
    if (!bytes_equal(statement->fields[FIELD_PURSE], certificate.holder) ||
        !bytes_equal(statement->fields[FIELD_CHALLENGE], BYTES_OF(center->challenge)))
        return fail(failure, EXIT_REFUSED, "the statement answers another purse or challenge");
    return true;
}

static uint64_t balance_in(const struct object *statement, uint16_t unit) {
    struct bytes pockets = statement->fields[FIELD_POCKETS];
    for (size_t at = 0; at + POCKET_ROW <= pockets.size; at += POCKET_ROW)
        if (bytes_get_be(pockets.data + at, 2) == unit)
            return bytes_get_be(pockets.data + at + 2, 8);
    return 0;
}

// ---- serials -----------------------------------------------------------------------------------

/// One more than there are complete lines.
static bool next_serial(const struct ca *ca, uint64_t *serial, struct failure *failure) {
    char path[PATH_MAX];
    int character;
    *serial = 1;
    if (!files_path(path, sizeof path, ca->directory, "issue-logs.tsv"))
        return fail_errno(failure, "%s", ca->directory);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    while ((character = getc(stream)) != EOF)
        *serial += character == '\n';
    fclose(stream);
    return true;
}

static bool enter_serial(const struct bench_center *center, const struct bench_question *question,
                         uint64_t serial, const struct object *statement, struct failure *failure) {
    char path[PATH_MAX], line[160];
    snprintf(line, sizeof line, "%" PRIu64 "\t%" PRIu32 "\t%s\t%04X\t%" PRIu64 "\t%" PRIu64 "\n",
             serial, center->ca->today, question->purse, center->unit, center->amount,
             object_uint(statement, FIELD_STATE_NUMBER));
    if (files_path(path, sizeof path, center->ca->directory, "issue-logs.tsv") &&
        files_append(path, bytes_of_string(line), FILES_SECRET))
        return true;
    return fail_errno(failure, "cannot append to %s/issue-logs.tsv", center->ca->directory);
}

// ---- the issue log -----------------------------------------------------------------------------

static void put_limits(struct object_writer *writer, const struct bench_limits *limits) {
    const struct {
        enum field field;
        uint64_t value;
    } rows[] = {
        {FIELD_LIMIT_BALANCE, limits->balance},       {FIELD_LIMIT_SINGLE, limits->single},
        {FIELD_NO_PIN_SINGLE, limits->no_pin_single}, {FIELD_NO_PIN_SUM, limits->no_pin_sum},
        {FIELD_NO_PIN_COUNT, limits->no_pin_count},   {FIELD_OFFLINE_COUNT, limits->offline_count},
        {FIELD_OFFLINE_SUM, limits->offline_sum},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value != BENCH_NO_LIMIT)
            object_put_uint(writer, rows[i].field, rows[i].value);
}

static bool sign_log(const struct bench_center *center, const struct bench_question *question,
                     uint64_t serial, const struct object *statement, uint8_t *out, size_t capacity,
                     struct bytes *issue_log) {
    struct object_writer writer;
    uint64_t balance = balance_in(statement, center->unit);
    object_begin(&writer, OBJECT_ISSUE_LOG, out, capacity);
    object_put_unit(&writer, center->unit);
    object_put_uint(&writer, FIELD_SERIAL, serial);
    object_put_uint(&writer, FIELD_REVISION, 1);
    object_copy(&writer, FIELD_STATE_NUMBER, statement);
    object_put(&writer, FIELD_CENTER, bytes_of_string(key_of(center)->name));
    object_copy(&writer, FIELD_PURSE, statement);
    if (question->device.size > 0)
        object_put(&writer, FIELD_DEVICE, question->device);
    if (question->user.size > 0)
        object_put(&writer, FIELD_USER, question->user);
    object_put_uint(&writer, FIELD_ALLOWANCE, balance + center->amount);
    object_put_uint(&writer, FIELD_TRANSFER, center->amount);
    object_put_date(&writer, FIELD_DATE, center->ca->today);
    object_put_date(&writer, FIELD_EXPIRY, date_add_days(center->ca->today, ISSUE_DAYS));
    put_limits(&writer, center->limits);
    return object_sign(&writer, &key_of(center)->signer, issue_log);
}

bool bench_center_decide(struct bench_center *center, const struct bench_question *question,
                         uint8_t *out, size_t capacity, struct bytes *issue_log,
                         struct failure *failure) {
    struct object statement;
    uint64_t serial = 0;
    if (!check_statement(center, question, &statement, failure) ||
        !next_serial(center->ca, &serial, failure))
        return false;
    if (balance_in(&statement, center->unit) > UINT64_MAX - center->amount)
        return fail(failure, EXIT_REFUSED, "the balance of %s would overflow", question->purse);
    if (!sign_log(center, question, serial, &statement, out, capacity, issue_log))
        return fail(failure, EXIT_REFUSED, "cannot sign an issue log for %s", question->purse);
    return enter_serial(center, question, serial, &statement, failure);
}
