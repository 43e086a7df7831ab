// SPDX-License-Identifier: Apache-2.0
// Branches: further issuing authorities below the root, each for the names of a space of its own.
// Number i has its certificate in branch-i.cvc and its key beside it, or in the token. The
// certificate is written last: a key without one was never of an authority, and serves the next.
#include "base/files.h"
#include "personalization/authority/authority_private.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool path_of(const struct ca *ca, size_t i, const char *suffix, char path[PATH_MAX],
                    struct failure *failure) {
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.%s", authority_key_word(AUTHORITY_KEYS + (int)i), suffix);
    return files_path(path, PATH_MAX, ca->directory, name) ||
           fail_errno(failure, "%s/%s", ca->directory, name);
}

// ---- reading -----------------------------------------------------------------------------------

static void put_text(char out[HOLDER_MAX + 1], struct bytes text) {
    snprintf(out, HOLDER_MAX + 1, "%.*s", (int)text.size, (const char *)text.data);
}

static bool take_branch(struct hierarchy_branch *branch, const struct certificate *certificate) {
    branch->domain = member_for_roles(certificate->roles & ROLE_ENTITIES);
    put_text(branch->member.name, certificate->holder);
    put_text(branch->space, certificate->space);
    put_text(branch->enterprise, certificate->enterprise);
    return branch->domain != MEMBER_COUNT && certificate->space.size > 0 &&
           certificate->roles == member_roles(branch->domain);
}

static bool read_branch(struct ca *ca, size_t i, const char *path, struct failure *failure) {
    struct hierarchy_branch *branch = &ca->hierarchy.branches[i];
    struct certificate certificate;
    struct hierarchy_member *member = &branch->member;
    if (certificate_parse(bytes_of(member->certificate, member->certificate_size), &certificate) !=
            CERTIFICATE_OK ||
        !take_branch(branch, &certificate))
        return fail(failure, EXIT_USAGE, "%s is no certificate of an issuing authority", path);
    return authority_read_key(ca, AUTHORITY_KEYS + (int)i, member, certificate.signing_point,
                              failure);
}

bool authority_read_branches(struct ca *ca, struct failure *failure) {
    char path[PATH_MAX];
    struct hierarchy *hierarchy = &ca->hierarchy;
    for (size_t i = 0; i < BRANCHES_MAX; i++) {
        struct hierarchy_member *member = &hierarchy->branches[i].member;
        if (!path_of(ca, i, "cvc", path, failure))
            return false;
        if (!files_read(path, member->certificate, sizeof member->certificate,
                        &member->certificate_size))
            return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
        if (!read_branch(ca, i, path, failure))
            return false;
        hierarchy->branch_count++;
    }
    return true;
}

// ---- making ------------------------------------------------------------------------------------

static bool find_key_file(const struct ca *ca, size_t i, struct hierarchy_member *member,
                          struct failure *failure) {
    const struct crypto *crypto = ca->hierarchy.crypto;
    uint8_t point[P256_COMPRESSED_SIZE];
    char path[PATH_MAX];
    if (!path_of(ca, i, "key", path, failure))
        return false;
    member->key.crypto = crypto;
    bool there = access(path, F_OK) == 0;
    if (!there && !crypto->ops->p256_generate(crypto, member->key.scalar, point))
        return fail(failure, EXIT_REFUSED, "cannot generate the authority's key");
    if (!(there ? keyfile_read(path, member->key.scalar, point, failure)
                : keyfile_write(path, member->key.scalar, point, failure)))
        return false;
    signer_from_scalar(&member->signer, &member->key, point);
    return true;
}

static bool find_key(struct ca *ca, size_t i, struct hierarchy_member *member,
                     struct failure *failure) {
    return ca->token.token != NULL
               ? authority_token_branch(&ca->token, AUTHORITY_KEYS + (int)i, ca->hierarchy.crypto,
                                        &member->signer, failure)
               : find_key_file(ca, i, member, failure);
}

static bool refuse(const struct ca *ca, const struct ca_branch_plan *plan,
                   enum certificate_fault fault, struct failure *failure) {
    if (fault == CERTIFICATE_WRONG_NAME)
        return fail(failure, EXIT_REFUSED,
                    "%s: another authority of %s gives these names, or one of another enterprise "
                    "gives names that begin alike; choose another space: wrong-name",
                    plan->space, ca->directory);
    return fail(failure, EXIT_REFUSED, "cannot certify the authority for %s: %s", plan->space,
                certificate_fault_text(fault));
}

static bool check_plan(const struct ca *ca, const struct ca_branch_plan *plan,
                       const char *enterprise, struct failure *failure) {
    const char *own = ca->hierarchy.enterprise;
    if (!holder_space_is_valid(bytes_of_string(plan->space)))
        return fail(failure, EXIT_USAGE,
                    "'%s' is no space of names: 2 to %d printable characters without a blank, the "
                    "last of them a colon, as in shop:",
                    plan->space, HOLDER_MAX - 1);
    if (enterprise[0] != '\0' && !ca_check_enterprise(enterprise, failure))
        return false;
    if (own[0] != '\0' && strcmp(own, enterprise) != 0)
        return fail(failure, EXIT_REFUSED, "this authority certifies for %s only: wrong-enterprise",
                    own);
    return ca->hierarchy.branch_count < BRANCHES_MAX ||
           fail(failure, EXIT_REFUSED,
                "%s has %d authorities beside its own already, and a card has room for no more",
                ca->directory, BRANCHES_MAX);
}

static bool enter(struct ca *ca, const struct hierarchy_branch *branch, struct failure *failure) {
    struct certificate fields;
    struct bytes whole = bytes_of(branch->member.certificate, branch->member.certificate_size);
    struct register_entry entry = {.date = ca->today};
    if (certificate_parse(whole, &fields) != CERTIFICATE_OK ||
        !certificate_digest(ca->hierarchy.crypto, whole, entry.digest))
        return fail(failure, EXIT_REFUSED, "cannot hash the certificate of %s",
                    branch->member.name);
    entry.roles = fields.roles;
    entry.from = fields.from;
    entry.until = fields.until;
    entry.assurance = fields.assurance;
    put_text(entry.holder, fields.holder);
    put_text(entry.enterprise, fields.enterprise);
    return register_add(&ca->issued, ca->directory, &entry, failure);
}

bool ca_branch(struct ca *ca, const struct ca_branch_plan *plan,
               const struct hierarchy_branch **branch, struct failure *failure) {
    char path[PATH_MAX];
    struct hierarchy *hierarchy = &ca->hierarchy;
    const char *enterprise = plan->enterprise[0] != '\0' ? plan->enterprise : hierarchy->enterprise;
    size_t next = hierarchy->branch_count;
    if (!check_plan(ca, plan, enterprise, failure))
        return false;
    struct hierarchy_branch *made = &hierarchy->branches[next];
    *made = (struct hierarchy_branch){.domain = plan->domain};
    put_text(made->space, bytes_of_string(plan->space));
    put_text(made->enterprise, bytes_of_string(enterprise));
    if (!find_key(ca, next, &made->member, failure))
        return false;
    enum certificate_fault fault = hierarchy_branch_out(hierarchy, ca->today);
    if (fault != CERTIFICATE_OK)
        return refuse(ca, plan, fault, failure);
    *branch = made;
    if (!enter(ca, made, failure) || !path_of(ca, next, "cvc", path, failure))
        return false;
    return files_write(path, bytes_of(made->member.certificate, made->member.certificate_size),
                       FILES_PUBLIC, FILES_NEW) ||
           fail_errno(failure, "cannot write %s", path);
}

// ---- revoked ones ------------------------------------------------------------------------------

uint32_t ca_revoked_on(const struct ca *ca, const struct register_entry *entry) {
    struct issuer issuer;
    struct bytes holder = bytes_of_string(entry->holder);
    uint32_t roles = entry->roles == ROLE_IDENTITY ? ROLE_WALLET : entry->roles & ROLE_ENTITIES;
    if (entry->revoked != 0 || holder_space(holder).size == 0 ||
        !hierarchy_issuer(&ca->hierarchy, roles, holder, &issuer))
        return entry->revoked;
    const struct register_entry *branch = register_latest(&ca->issued, issuer.member->name);
    return branch != NULL ? branch->revoked : 0;
}
