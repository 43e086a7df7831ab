// SPDX-License-Identifier: Apache-2.0
// Issuing and revoking: what the authority does with the keys it holds.
#include "apdu/purse.h"
#include "personalization/authority_private.h"
#include "personalization/validity.h"
#include "services/wire/calendar.h"
#include "services/wire/files.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool check_roles(const struct ca *ca, const struct ca_request *request,
                        struct failure *failure) {
    if (member_for_roles(request->roles) == MEMBER_COUNT)
        return fail(failure, EXIT_USAGE,
                    "no authority gives the role %04X; roles are wallet, "
                    "till, float, store, seller, center, provider, telco, bank, player, converter",
                    request->roles);
    if (ca->hierarchy.world == WORLD_PRODUCTION && request->assurance != ASSURANCE_HARDWARE)
        return fail(failure, EXIT_REFUSED, "a production authority certifies no emulated key");
    return true;
}

bool ca_check_enterprise(const char *enterprise, struct failure *failure) {
    return holder_is_valid(bytes_of_string(enterprise), ROLE_SELLER) ||
           fail(failure, EXIT_USAGE,
                "'%s' is no enterprise id: 1 to %d printable characters without a space",
                enterprise, HOLDER_MAX);
}

/// The enterprise that the certificate is going to name; "" for none.
static const char *enterprise_of(const struct ca *ca, const struct ca_request *request) {
    return request->enterprise[0] != '\0' ? request->enterprise : ca->hierarchy.enterprise;
}

static bool check_ids(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure) {
    size_t longest = (request->roles & ROLE_PURSES) != 0 ? HOLDER_PURSE_MAX : HOLDER_MAX;
    if (!holder_is_valid(bytes_of_string(request->id), request->roles))
        return fail(failure, EXIT_USAGE,
                    "'%s' is no id for a %s: 1 to %zu printable characters without a space",
                    request->id, role_name(request->roles), longest);
    if (request->enterprise[0] == '\0')
        return true;
    if (!ca_check_enterprise(request->enterprise, failure))
        return false;
    const char *own = ca->hierarchy.enterprise;
    return own[0] == '\0' || strcmp(own, request->enterprise) == 0 ||
           fail(failure, EXIT_REFUSED,
                "%s is of enterprise %s; this authority certifies for %s only: wrong-enterprise",
                request->id, request->enterprise, own);
}

bool ca_check_request(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure) {
    if (!check_roles(ca, request, failure) || !check_ids(ca, request, failure))
        return false;
    size_t taken = register_find_valid(&ca->issued, request->id, ca->today);
    if (taken < ca->issued.count)
        return fail(failure, EXIT_REFUSED,
                    "%s has a valid certificate (serial %" PRIu64 ", until %" PRIu32
                    "); revoke it first with 'tessera ca revoke'",
                    request->id, ca->issued.entries[taken].serial, ca->issued.entries[taken].until);
    return true;
}

static bool make_certificate(const struct ca *ca, const struct ca_request *request,
                             const struct evidence_keys *keys, struct ca_answer *answer,
                             struct failure *failure) {
    struct certificate fields = {.holder = bytes_of_string(request->id),
                                 .roles = request->roles,
                                 .enterprise = bytes_of_string(request->enterprise),
                                 .assurance = request->assurance,
                                 .from = answer->validity.from,
                                 .until = answer->validity.until,
                                 .signing_point = keys->signing_point,
                                 .kem_point = keys->kem_point};
    enum certificate_fault fault =
        hierarchy_certify(&ca->hierarchy, &fields, answer->certificate, sizeof answer->certificate,
                          &answer->certificate_size);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "cannot certify %s: %s", request->id,
                    certificate_fault_text(fault));
    return true;
}

/// X.509 serial numbers leave 1 to the root.
static bool make_x509(const struct ca *ca, const struct ca_request *request, const uint8_t *point,
                      struct ca_answer *answer, struct failure *failure) {
    struct x509_fields fields = {
        .subject = request->id,
        .issuer = ca->hierarchy.members[MEMBER_ROOT].name,
        .unit = role_name(request->roles),
        .enterprise = enterprise_of(ca, request),
        .purpose = X509_TLS,
        .serial = answer->serial + 1,
        .from = time_of_date(answer->validity.from),
        .until = time_of_date(date_add_days(answer->validity.until, 1)) - 1,
        .point = point,
        .issuer_key_id = ca->x509_key_id,
    };
    if (x509_make(&fields, &ca->x509.signer, answer->x509, sizeof answer->x509, &answer->x509_size))
        return true;
    return fail(failure, EXIT_REFUSED, "cannot make the X.509 certificate of %s", request->id);
}

static bool enter(struct ca *ca, const struct ca_request *request, struct ca_answer *answer,
                  struct failure *failure) {
    struct register_entry entry = {.date = ca->today,
                                   .roles = request->roles,
                                   .from = answer->validity.from,
                                   .until = answer->validity.until,
                                   .assurance = request->assurance};
    snprintf(entry.holder, sizeof entry.holder, "%s", request->id);
    snprintf(entry.enterprise, sizeof entry.enterprise, "%s", enterprise_of(ca, request));
    if (!certificate_digest(ca->hierarchy.crypto,
                            bytes_of(answer->certificate, answer->certificate_size), entry.digest))
        return fail(failure, EXIT_REFUSED, "cannot hash the certificate of %s", request->id);
    return register_add(&ca->issued, ca->directory, &entry, failure);
}

static bool keep_copy(const struct ca *ca, const struct ca_answer *answer, const char *suffix,
                      struct bytes content, struct failure *failure) {
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/issued/%" PRIu64 ".%s", ca->directory,
                        answer->serial, suffix);
    if (size > 0 && (size_t)size < sizeof path &&
        files_write(path, content, FILES_PUBLIC, FILES_REPLACE))
        return true;
    return fail_errno(failure, "cannot write %s", path);
}

bool authority_certify(struct ca *ca, const struct ca_request *request,
                       const struct evidence_keys *keys, struct ca_answer *answer,
                       struct failure *failure) {
    struct validity validity = validity_for(request->roles, ca->today);
    answer->validity = (struct validity_days){validity.from, validity.until};
    answer->serial = ca->issued.count + 1;
    return make_certificate(ca, request, keys, answer, failure) &&
           make_x509(ca, request, keys->signing_point, answer, failure) &&
           enter(ca, request, answer, failure) &&
           keep_copy(ca, answer, "cvc", bytes_of(answer->certificate, answer->certificate_size),
                     failure) &&
           keep_copy(ca, answer, "pem", bytes_of(answer->x509, answer->x509_size), failure);
}

bool ca_certify_card(struct ca *ca, const struct ca_request *request, struct evidence *evidence,
                     const uint8_t *chip, struct ca_answer *answer, struct failure *failure) {
    struct evidence_keys keys;
    struct evidence_claim claim = {request->id, request->roles, request->assurance, chip};
    return ca_check_request(ca, request, failure) &&
           evidence_spend(evidence, &claim, ca->hierarchy.crypto, &keys, failure) &&
           authority_certify(ca, request, &keys, answer, failure);
}

bool ca_issue(struct ca *ca, const struct ca_request *request, struct ca_keys *keys,
              struct ca_answer *answer, struct failure *failure) {
    enum { WITH_KEM = ROLE_STORE | ROLE_PLAYER | ROLE_CONVERTER };
    const struct crypto *crypto = ca->hierarchy.crypto;
    struct ca_request emulated = *request;
    emulated.assurance = ASSURANCE_EMULATED;
    keys->has_kem = (request->roles & WITH_KEM) != 0;
    struct evidence_keys points = {keys->signing.point, keys->has_kem ? keys->kem.point : NULL};
    if (!ca_check_request(ca, &emulated, failure))
        return false;
    if (!crypto->ops->p256_generate(crypto, keys->signing.scalar, keys->signing.point) ||
        (keys->has_kem && !crypto->ops->p256_generate(crypto, keys->kem.scalar, keys->kem.point)))
        return fail(failure, EXIT_REFUSED, "cannot draw a key");
    return authority_certify(ca, &emulated, &points, answer, failure);
}

bool ca_revoke(struct ca *ca, const char *id, size_t *revoked, struct failure *failure) {
    *revoked = 0;
    for (;;) {
        size_t index = register_find_valid(&ca->issued, id, ca->today);
        if (index == ca->issued.count)
            break;
        if (!register_revoke(&ca->issued, ca->directory, index, ca->today, failure))
            return false;
        (*revoked)++;
    }
    if (*revoked > 0)
        return true;
    return fail(failure, EXIT_REFUSED,
                "no valid certificate of '%s' in %s; %s/issued.tsv lists all", id, ca->directory,
                ca->directory);
}

// ---- hotlist ---------------------------------------------------------------------------------

struct hotlist_fields {
    uint8_t certificates[PURSE_HOTLIST_MAX * CERTIFICATE_DIGEST_SIZE];
    size_t certificates_size;
    uint8_t devices[PURSE_HOTLIST_MAX * HOLDER_MAX];
    size_t devices_size;
};

static bool same_device(const uint8_t *row, const char *holder) {
    return strncmp((const char *)row, holder, HOLDER_MAX) == 0;
}

/// A device is listed while none of its certificates is valid.
static bool add_device(const struct ca *ca, const char *holder, struct hotlist_fields *fields) {
    if (register_find_valid(&ca->issued, holder, ca->today) < ca->issued.count)
        return true;
    for (size_t at = 0; at < fields->devices_size; at += HOLDER_MAX)
        if (same_device(fields->devices + at, holder))
            return true;
    if (fields->devices_size + HOLDER_MAX > sizeof fields->devices)
        return false;
    memset(fields->devices + fields->devices_size, 0, HOLDER_MAX);
    memcpy(fields->devices + fields->devices_size, holder, strlen(holder));
    fields->devices_size += HOLDER_MAX;
    return true;
}

static bool add_certificate(const struct register_entry *entry, struct hotlist_fields *fields) {
    if (fields->certificates_size + CERTIFICATE_DIGEST_SIZE > sizeof fields->certificates)
        return false;
    memcpy(fields->certificates + fields->certificates_size, entry->digest,
           CERTIFICATE_DIGEST_SIZE);
    fields->certificates_size += CERTIFICATE_DIGEST_SIZE;
    return true;
}

/// Digests and padded holders have the same length.
static int compare_rows(const void *a, const void *b) {
    return memcmp(a, b, HOLDER_MAX);
}

/// Revoked and not yet expired: expiry makes the rest harmless.
static bool gather(const struct ca *ca, struct hotlist_fields *fields) {
    fields->certificates_size = fields->devices_size = 0;
    for (size_t i = 0; i < ca->issued.count; i++) {
        const struct register_entry *entry = &ca->issued.entries[i];
        if (entry->revoked == 0 || entry->until < ca->today)
            continue;
        if (!add_certificate(entry, fields) || !add_device(ca, entry->holder, fields))
            return false;
    }
    // the object's lists rise from row to row
    qsort(fields->certificates, fields->certificates_size / CERTIFICATE_DIGEST_SIZE,
          CERTIFICATE_DIGEST_SIZE, compare_rows);
    qsort(fields->devices, fields->devices_size / HOLDER_MAX, HOLDER_MAX, compare_rows);
    return true;
}

static size_t count_revoked(const struct ca *ca) {
    size_t count = 0;
    for (size_t i = 0; i < ca->issued.count; i++)
        count += ca->issued.entries[i].revoked != 0 && ca->issued.entries[i].until >= ca->today;
    return count;
}

static bool sign_hotlist(const struct ca *ca, const struct hotlist_fields *fields, uint64_t version,
                         uint8_t *out, size_t capacity, struct bytes *object) {
    const struct hierarchy_member *center = &ca->hierarchy.members[MEMBER_CENTER];
    struct object_writer writer;
    object_begin(&writer, OBJECT_HOTLIST, out, capacity);
    object_put(&writer, FIELD_CENTER, bytes_of_string(center->name));
    object_put_date(&writer, FIELD_DATE, ca->today);
    object_put_uint(&writer, FIELD_VERSION, version);
    object_put(&writer, FIELD_CERTIFICATES,
               bytes_of(fields->certificates, fields->certificates_size));
    object_put(&writer, FIELD_DEVICES, bytes_of(fields->devices, fields->devices_size));
    return object_sign(&writer, &center->signer, object);
}

/// Is the stored hotlist still what would be written today?
static bool is_current(const struct ca *ca, const struct object *stored,
                       const struct hotlist_fields *fields) {
    return object_date(stored, FIELD_DATE) >= ca->today &&
           bytes_equal(stored->fields[FIELD_CERTIFICATES],
                       bytes_of(fields->certificates, fields->certificates_size)) &&
           bytes_equal(stored->fields[FIELD_DEVICES],
                       bytes_of(fields->devices, fields->devices_size));
}

bool ca_hotlist(struct ca *ca, uint8_t *out, size_t capacity, struct bytes *object,
                struct failure *failure) {
    struct hotlist_fields fields;
    struct object stored;
    char path[PATH_MAX];
    size_t size = 0;
    uint64_t version = 0;
    if (!gather(ca, &fields))
        return fail(failure, EXIT_REFUSED,
                    "%zu revoked certificates have not expired yet, and a card's hotlist takes %d; "
                    "the latest hotlist stays in force until enough of them expire",
                    count_revoked(ca), PURSE_HOTLIST_MAX);
    if (!files_path(path, sizeof path, ca->directory, "hotlist"))
        return fail_errno(failure, "%s", ca->directory);
    if (files_read(path, out, capacity, &size)) {
        if (!object_decode_as(OBJECT_HOTLIST, bytes_of(out, size), &stored))
            return fail(failure, EXIT_REFUSED, "%s is damaged; restore it from its backup", path);
        version = object_uint(&stored, FIELD_VERSION);
        *object = bytes_of(out, size);
        if (is_current(ca, &stored, &fields))
            return true;
    } else if (errno != ENOENT) {
        return fail_errno(failure, "cannot read %s", path);
    }
    if (!sign_hotlist(ca, &fields, version + 1, out, capacity, object))
        return fail(failure, EXIT_REFUSED, "cannot sign the hotlist");
    return files_write(path, *object, FILES_PUBLIC, FILES_REPLACE) ||
           fail_errno(failure, "cannot write %s", path);
}
