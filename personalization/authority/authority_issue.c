// SPDX-License-Identifier: Apache-2.0
// Issuing and revoking: what the authority does with the keys it holds.
#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/authority_private.h"
#include "personalization/authority/lists/x509_list.h"
#include "personalization/authority/validity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Has it an X.509 certificate only?
static bool is_of_network(const struct ca_request *request) {
    return request->network || (request->roles & ROLE_NETWORK) != 0;
}

bool ca_gives(uint32_t roles) {
    bool one = (roles & (roles - 1)) == 0;
    return (roles & ROLE_NETWORK) != 0 ? one : member_for_roles(roles) != MEMBER_COUNT;
}

static bool check_assurance(const struct ca *ca, enum assurance assurance,
                            struct failure *failure) {
    return ca->hierarchy.realm != REALM_PRODUCTION || assurance == ASSURANCE_HARDWARE ||
           fail(failure, EXIT_REFUSED, "a production authority certifies no emulated key");
}

static bool check_roles(const struct ca *ca, const struct ca_request *request,
                        struct failure *failure) {
    if (!ca_gives(request->roles))
        return fail(failure, EXIT_USAGE,
                    "no authority gives the role %04" PRIX32 "; roles are wallet, till, float, "
                    "store, seller, center, provider, telco, bank, player, converter, registry, "
                    "operator, auditor, gateway",
                    request->roles);
    return check_assurance(ca, request->assurance, failure);
}

bool ca_check_enterprise(const char *enterprise, struct failure *failure) {
    return holder_is_valid(bytes_of_string(enterprise), ROLE_SELLER) ||
           fail(failure, EXIT_USAGE,
                "'%s' is no enterprise id: 1 to %d printable characters without a space",
                enterprise, HOLDER_MAX);
}

/// Who would certify: one of the hierarchy, or, of what only X.509 names, whoever gives the names
/// of this space. False: nobody gives such a name.
static bool issuer_of(const struct ca *ca, const struct ca_request *request,
                      struct issuer *issuer) {
    struct bytes id = bytes_of_string(request->id);
    if ((request->roles & ROLE_NETWORK) == 0)
        return hierarchy_issuer(&ca->hierarchy, request->roles, id, issuer);
    return hierarchy_issuer_at(&ca->hierarchy, 0, issuer) && holder_space(id).size == 0;
}

/// The enterprise that its certifier certifies for; "" for any.
static const char *enterprise_for(const struct ca *ca, const struct ca_request *request) {
    struct issuer issuer;
    return issuer_of(ca, request, &issuer) ? (const char *)issuer.authority.enterprise.data : "";
}

/// The enterprise that the certificate is going to name; "" for none.
static const char *enterprise_of(const struct ca *ca, const struct ca_request *request) {
    size_t card = register_find_valid(&ca->issued, request->id, ca->today);
    if (request->network && card < ca->issued.count)
        return ca->issued.entries[card].enterprise;
    return request->enterprise[0] != '\0' ? request->enterprise : enterprise_for(ca, request);
}

/// Not a name that the hierarchy itself has or keeps, nor one of a space that is nobody's.
static bool owns_name(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure) {
    struct issuer issuer;
    struct bytes id = bytes_of_string(request->id);
    if (hierarchy_owns(&ca->hierarchy, id))
        return fail(failure, EXIT_REFUSED,
                    "%s is a name of this authority's own; choose another id: wrong-name",
                    request->id);
    return issuer_of(ca, request, &issuer) ||
           fail(failure, EXIT_REFUSED,
                "%s: no authority in %s gives a %s names that begin with %.*s; choose another id, "
                "or make one with 'tessera ca authority': wrong-name",
                request->id, ca->directory, role_name(request->roles), (int)holder_space(id).size,
                request->id);
}

static bool check_ids(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure) {
    size_t longest = (request->roles & ROLE_PURSES) != 0 ? HOLDER_PURSE_MAX : HOLDER_MAX;
    if (!holder_is_valid(bytes_of_string(request->id), request->roles))
        return fail(failure, EXIT_USAGE,
                    "'%s' is no id for a %s: 1 to %zu printable characters without a space",
                    request->id, role_name(request->roles), longest);
    if (!owns_name(ca, request, failure))
        return false;
    if (request->enterprise[0] == '\0')
        return true;
    if (!ca_check_enterprise(request->enterprise, failure))
        return false;
    const char *own = enterprise_for(ca, request);
    return own[0] == '\0' || strcmp(own, request->enterprise) == 0 ||
           fail(failure, EXIT_REFUSED,
                "%s is of enterprise %s; its authority certifies for %s only: wrong-enterprise",
                request->id, request->enterprise, own);
}

/// The machine around a card has the card's name and one of its roles.
static bool check_card(const struct ca *ca, const struct ca_request *request, size_t card,
                       struct failure *failure) {
    if (card == ca->issued.count)
        return fail(failure, EXIT_REFUSED,
                    "%s is no card that has a valid certificate; make the card first, with "
                    "'tessera card new'",
                    request->id);
    const struct register_entry *entry = &ca->issued.entries[card];
    if (request->enterprise[0] != '\0' && strcmp(request->enterprise, entry->enterprise) != 0)
        return fail(failure, EXIT_REFUSED, "wrong-enterprise: the card %s is not of %s",
                    request->id, request->enterprise);
    return (entry->roles & request->roles) == request->roles ||
           fail(failure, EXIT_REFUSED, "wrong-role: the card %s is no %s", request->id,
                role_name(request->roles));
}

/// The authority that would certify stands: nobody revoked it.
static bool check_issuer(const struct ca *ca, const struct ca_request *request,
                         struct failure *failure) {
    struct register_entry wanted = {.roles = request->roles};
    snprintf(wanted.holder, sizeof wanted.holder, "%s", request->id);
    uint32_t day = ca_revoked_on(ca, &wanted);
    return day == 0 ||
           fail(failure, EXIT_REFUSED,
                "%s: the authority that gives this name was revoked on %" PRIu32 ": hotlisted",
                request->id, day);
}

bool ca_check_request(const struct ca *ca, const struct ca_request *request,
                      struct failure *failure) {
    if (!check_roles(ca, request, failure) || !check_ids(ca, request, failure) ||
        !check_issuer(ca, request, failure))
        return false;
    size_t taken = register_find_valid(&ca->issued, request->id, ca->today);
    if (request->network)
        return check_card(ca, request, taken, failure);
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
    answer->certificate_size = 0;
    if (is_of_network(request))
        return true;
    struct certificate fields = {.holder = bytes_of_string(request->id),
                                 .roles = (uint16_t)request->roles,
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
        .hosts = request->hosts,
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
                                   .roles =
                                       request->roles | (request->network ? REGISTER_NETWORK : 0),
                                   .from = answer->validity.from,
                                   .until = answer->validity.until,
                                   .assurance = request->assurance};
    snprintf(entry.holder, sizeof entry.holder, "%s", request->id);
    snprintf(entry.enterprise, sizeof entry.enterprise, "%s", enterprise_of(ca, request));
    if (!certificate_digest(ca->hierarchy.crypto, authority_kept(answer), entry.digest))
        return fail(failure, EXIT_REFUSED, "cannot hash the certificate of %s", request->id);
    return register_add(&ca->issued, ca->directory, &entry, failure);
}

static bool keep_copy(const struct ca *ca, uint64_t serial, const char *suffix,
                      struct bytes content, struct failure *failure) {
    char path[PATH_MAX];
    int size =
        snprintf(path, sizeof path, "%s/issued/%" PRIu64 ".%s", ca->directory, serial, suffix);
    if (size > 0 && (size_t)size < sizeof path &&
        files_write(path, content, FILES_PUBLIC, FILES_REPLACE))
        return true;
    return fail_errno(failure, "cannot write %s", path);
}

struct bytes authority_kept(const struct ca_answer *answer) {
    return answer->certificate_size > 0 ? bytes_of(answer->certificate, answer->certificate_size)
                                        : bytes_of(answer->x509, answer->x509_size);
}

bool authority_certify(struct ca *ca, const struct ca_request *request,
                       const struct evidence_keys *keys, struct ca_answer *answer,
                       struct failure *failure) {
    struct validity validity = validity_for(request->roles, ca->today);
    answer->validity = (struct validity_days){validity.from, validity.until};
    answer->serial = ca->issued.count + 1;
    answer->roles = request->roles;
    snprintf(answer->id, sizeof answer->id, "%s", request->id);
    return make_certificate(ca, request, keys, answer, failure) &&
           make_x509(ca, request, keys->signing_point, answer, failure) &&
           enter(ca, request, answer, failure) &&
           (answer->certificate_size == 0 ||
            keep_copy(ca, answer->serial, "cvc", authority_kept(answer), failure)) &&
           keep_copy(ca, answer->serial, "pem", bytes_of(answer->x509, answer->x509_size), failure);
}

bool ca_certify_card(struct ca *ca, const struct ca_request *request, struct evidence *evidence,
                     const uint8_t *chip, struct ca_answer *answer, struct failure *failure) {
    struct evidence_keys keys;
    struct evidence_claim claim = {request->id, (uint16_t)request->roles, request->assurance, chip};
    return ca_check_request(ca, request, failure) &&
           evidence_spend(evidence, &claim, ca->hierarchy.crypto, &keys, failure) &&
           authority_certify(ca, request, &keys, answer, failure);
}

bool ca_revoke_network(struct ca *ca, const char *id, size_t *revoked, struct failure *failure) {
    for (*revoked = 0;; (*revoked)++) {
        size_t index = register_find_network(&ca->issued, id, ca->today);
        if (index == ca->issued.count)
            return true;
        if (!register_revoke(&ca->issued, ca->directory, index, ca->today, failure))
            return false;
    }
}

bool ca_issue(struct ca *ca, const struct ca_request *request, struct ca_keys *keys,
              struct ca_answer *answer, struct failure *failure) {
    enum { WITH_KEM = ROLE_STORE | ROLE_PLAYER | ROLE_CONVERTER };
    const struct crypto *crypto = ca->hierarchy.crypto;
    struct ca_request emulated = *request;
    emulated.assurance = ASSURANCE_EMULATED;
    size_t revoked = 0;
    keys->has_kem = (request->roles & WITH_KEM) != 0 && !request->network;
    struct evidence_keys points = {keys->signing.point, keys->has_kem ? keys->kem.point : NULL};
    if (!ca_check_request(ca, &emulated, failure))
        return false;
    if (!crypto->ops->p256_generate(crypto, keys->signing.scalar, keys->signing.point) ||
        (keys->has_kem && !crypto->ops->p256_generate(crypto, keys->kem.scalar, keys->kem.point)))
        return fail(failure, EXIT_REFUSED, "cannot generate a key");
    return (!request->network || ca_revoke_network(ca, request->id, &revoked, failure)) &&
           authority_certify(ca, &emulated, &points, answer, failure);
}

// ---- identities --------------------------------------------------------------------------------

static bool enter_identity(struct ca *ca, const struct ca_identity *identity,
                           struct register_entry *entry, struct bytes der,
                           struct failure *failure) {
    snprintf(entry->holder, sizeof entry->holder, "%s", identity->id);
    snprintf(entry->enterprise, sizeof entry->enterprise, "%s",
             identity->enterprise != NULL ? identity->enterprise : "");
    return (certificate_digest(ca->hierarchy.crypto, der, entry->digest) ||
            fail(failure, EXIT_REFUSED, "cannot hash the certificate of %s", identity->id)) &&
           register_add(&ca->issued, ca->directory, entry, failure) &&
           keep_copy(ca, entry->serial, "der", der, failure);
}

bool ca_certify_identity(struct ca *ca, const struct ca_identity *identity, uint8_t *der,
                         size_t capacity, size_t *size, uint32_t *until, struct failure *failure) {
    struct validity validity = validity_for(ROLE_WALLET, ca->today);
    struct register_entry entry = {.date = ca->today,
                                   .roles = ROLE_IDENTITY,
                                   .from = validity.from,
                                   .until = validity.until,
                                   .assurance = identity->assurance};
    struct x509_fields fields = {
        .subject = identity->id,
        .person = identity->person,
        .issuer = ca->hierarchy.members[MEMBER_ROOT].name,
        .unit = role_name(ROLE_IDENTITY),
        .enterprise = identity->enterprise,
        .purpose = identity->purpose,
        .serial = ca->issued.count + 2, // the register's next one, and one for the root
        .from = time_of_date(validity.from),
        .until = time_of_date(date_add_days(validity.until, 1)) - 1,
        .point = identity->point,
        .modulus = identity->modulus,
        .issuer_key_id = ca->x509_key_id,
    };
    *until = validity.until;
    if (!check_assurance(ca, identity->assurance, failure))
        return false;
    if (!x509_make_der(&fields, &ca->x509.signer, der, capacity, size))
        return fail(failure, EXIT_REFUSED, "cannot make an identity certificate of %s",
                    identity->id);
    return enter_identity(ca, identity, &entry, bytes_of(der, *size), failure);
}

// ---- revoking ----------------------------------------------------------------------------------

bool ca_withdraw(struct ca *ca, const char *id, size_t first, size_t *revoked,
                 struct failure *failure) {
    *revoked = 0;
    for (size_t i = 0; i < first && i < ca->issued.count; i++)
        if (register_is_valid(&ca->issued.entries[i], id, ca->today)) {
            if (!register_revoke(&ca->issued, ca->directory, i, ca->today, failure))
                return false;
            (*revoked)++;
        }
    return true;
}

bool ca_revoke(struct ca *ca, const char *id, size_t *revoked, struct failure *failure) {
    if (!ca_withdraw(ca, id, ca->issued.count, revoked, failure))
        return false;
    if (*revoked > 0)
        return true;
    const struct register_entry *last = register_latest(&ca->issued, id);
    if (last == NULL || last->revoked != 0)
        return fail(failure, EXIT_REFUSED,
                    "no valid certificate of '%s' in %s, and none that has run out and is not "
                    "revoked; %s/issued.tsv lists all",
                    id, ca->directory, ca->directory);
    // it has run out, but nobody shall renew it
    *revoked = 1;
    return register_revoke(&ca->issued, ca->directory, (size_t)(last - ca->issued.entries),
                           ca->today, failure);
}

// ---- lists -------------------------------------------------------------------------------------

bool ca_revocation_list(const struct ca *ca, const char *path, size_t *count,
                        struct failure *failure) {
    enum { NEXT_DAYS = 35, NUMBERS_A_DAY = 100000 };
    size_t size = 0, revoked = 0;
    struct x509_revoked *rows = calloc(ca->issued.count + 1, sizeof *rows);
    struct x509_list list = {.issuer = ca->hierarchy.members[MEMBER_ROOT].name,
                             .from = time_of_date(ca->today),
                             .until = time_of_date(date_add_days(ca->today, NEXT_DAYS)),
                             .revoked = rows,
                             .issuer_key_id = ca->x509_key_id};
    for (size_t i = 0; rows != NULL && i < ca->issued.count; i++) {
        const struct register_entry *entry = &ca->issued.entries[i];
        uint32_t day = ca_revoked_on(ca, entry);
        revoked += day != 0;
        if (day != 0 && entry->until >= ca->today && (entry->roles & ROLE_ISSUING) == 0)
            rows[list.count++] = (struct x509_revoked){entry->serial + 1, time_of_date(day)};
    }
    *count = list.count;
    list.number = (uint64_t)ca->today * NUMBERS_A_DAY + revoked;
    char *pem = rows != NULL ? x509_list_make(&list, &ca->x509.signer, &size) : NULL;
    bool done = pem != NULL || fail(failure, EXIT_REFUSED, "cannot sign the revocation list");
    if (done && !files_write(path, bytes_of(pem, size), FILES_PUBLIC, FILES_REPLACE))
        done = fail_errno(failure, "cannot write %s", path);
    free(pem);
    free(rows);
    return done;
}
