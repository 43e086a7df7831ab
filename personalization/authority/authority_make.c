// SPDX-License-Identifier: Apache-2.0
// Making an authority: keys drawn in memory or in a token, certificates from the root down, then
// the directory appears whole. Of a token only the URI is kept.
#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/authority.h"
#include "personalization/authority/validity.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// An authority under construction.
struct site {
    const char *directory; // beside its final place
    const struct ca_plan *plan;
    char uri[AUTHORITY_URI_MAX]; // of the token, as it is kept
    struct authority_token token;
    struct hierarchy hierarchy;
    struct hierarchy_member x509;
    struct failure *failure;
};

static bool path_of(const struct site *site, char *path, const char *stem, const char *suffix) {
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s%s", stem, suffix);
    return files_path(path, PATH_MAX, site->directory, name) ||
           fail_errno(site->failure, "cannot write %s/%s", site->directory, name);
}

static bool write_in(const struct site *site, const char *stem, const char *suffix,
                     struct bytes content) {
    char path[PATH_MAX];
    return path_of(site, path, stem, suffix) &&
           (files_write(path, content, FILES_PUBLIC, FILES_NEW) ||
            fail_errno(site->failure, "cannot write %s", path));
}

// ---- keys --------------------------------------------------------------------------------------

static struct hierarchy_member *member_at(struct site *site, int key) {
    return key == AUTHORITY_KEY_X509 ? &site->x509 : &site->hierarchy.members[key];
}

static bool draw_in_memory(struct site *site, int key) {
    const struct crypto *crypto = site->hierarchy.crypto;
    struct hierarchy_member *member = member_at(site, key);
    uint8_t point[P256_COMPRESSED_SIZE];
    char path[PATH_MAX];
    member->key.crypto = crypto;
    if (!crypto->ops->p256_generate(crypto, member->key.scalar, point))
        return fail(site->failure, EXIT_REFUSED, "cannot generate the authority's keys");
    signer_from_scalar(&member->signer, &member->key, point);
    return path_of(site, path, authority_key_word(key), ".key") &&
           keyfile_write(path, member->key.scalar, point, site->failure);
}

static bool draw_keys(struct site *site) {
    bool in_token = site->plan->keys != NULL;
    for (int i = 0; i < AUTHORITY_KEYS; i++)
        if (!(in_token ? authority_token_make(&site->token, i, site->hierarchy.crypto,
                                              &member_at(site, i)->signer, site->failure)
                       : draw_in_memory(site, i)))
            return false;
    return true;
}

static bool open_token(struct site *site) {
    return site->plan->keys == NULL ||
           (token_uri_keep(site->plan->keys, site->uri, sizeof site->uri - 1, site->failure) &&
            authority_token_open(&site->token, site->uri, site->plan->pin, site->failure) &&
            authority_token_is_free(&site->token, site->failure));
}

// ---- certificates ------------------------------------------------------------------------------

static bool write_hierarchy(const struct site *site) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!write_in(site, member_word((enum member)i), ".cvc",
                      member_certificate(&site->hierarchy, (enum member)i)))
            return false;
    return true;
}

/// The X.509 root has a key of its own: what signs TLS certificates never signs cards'.
static bool write_x509_root(const struct site *site, uint32_t today) {
    char pem[X509_PEM_MAX];
    size_t size = 0;
    const char *name = site->hierarchy.members[MEMBER_ROOT].name;
    struct x509_fields fields = {
        .subject = name,
        .issuer = name,
        .purpose = X509_AUTHORITY,
        .serial = 1,
        .from = time_of_date(today),
        .until = time_of_date(validity_for(ROLE_ROOT, today).until),
        .point = site->x509.signer.point,
    };
    if (!x509_make(&fields, &site->x509.signer, pem, sizeof pem, &size))
        return fail(site->failure, EXIT_REFUSED,
                    "cannot make the X.509 root: its key does not sign");
    return write_in(site, "root", ".pem", bytes_of(pem, size));
}

/// So that whoever checks a report needs neither key file nor token.
static bool write_center_key(const struct site *site) {
    char path[PATH_MAX];
    return path_of(site, path, "center", ".pub") &&
           keyfile_write_public(path, site->hierarchy.members[MEMBER_CENTER].signer.point,
                                site->failure);
}

static bool write_token(struct site *site) {
    if (site->plan->keys == NULL)
        return true;
    size_t end = strlen(site->uri);
    snprintf(site->uri + end, sizeof site->uri - end, "\n");
    return write_in(site, AUTHORITY_TOKEN_FILE, "", bytes_of_string(site->uri));
}

static bool fill(struct site *site, uint32_t today) {
    char path[PATH_MAX];
    if (!draw_keys(site))
        return false;
    if (!hierarchy_found(&site->hierarchy, today))
        return fail(site->failure, EXIT_REFUSED, "cannot certify the authority's keys");
    if (!write_hierarchy(site) || !write_x509_root(site, today) || !write_center_key(site) ||
        !write_token(site) || !path_of(site, path, "issued", ""))
        return false;
    if (mkdir(path, 0700) != 0)
        return fail_errno(site->failure, "cannot make %s", path);
    return write_in(site, "authority", "", bytes_of_string(AUTHORITY_MARK));
}

// ---- the whole ---------------------------------------------------------------------------------

/// Removes a half-made authority; only files that this program makes.
static void discard(const char *directory) {
    static const char *const suffixes[] = {"key", "cvc"};
    char path[PATH_MAX];
    for (int i = 0; i < AUTHORITY_KEYS * 2; i++)
        if (snprintf(path, sizeof path, "%s/%s.%s", directory, authority_key_word(i / 2),
                     suffixes[i % 2]) < (int)sizeof path)
            unlink(path);
    static const char *const others[] = {"root.pem", "center.pub", AUTHORITY_TOKEN_FILE,
                                         "authority"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (files_path(path, sizeof path, directory, others[i]))
            unlink(path);
    if (files_path(path, sizeof path, directory, "issued"))
        rmdir(path);
    rmdir(directory);
}

static void erase(struct site *site) {
    hierarchy_erase(&site->hierarchy);
    site->hierarchy.crypto->ops->forget(site->hierarchy.crypto, site->x509.key.scalar);
    bytes_erase(&site->x509, sizeof site->x509);
}

static bool build(struct site *site, const char *directory, uint32_t today) {
    char aside[PATH_MAX];
    int size = snprintf(aside, sizeof aside, "%s.XXXXXX", directory);
    if (size < 0 || (size_t)size >= sizeof aside)
        return fail(site->failure, EXIT_USAGE, "the path %s is too long", directory);
    if (mkdtemp(aside) == NULL)
        return fail_errno(site->failure, "cannot make a directory beside %s", directory);
    site->directory = aside;
    bool done = fill(site, today);
    if (done && renameat2(AT_FDCWD, aside, AT_FDCWD, directory, RENAME_NOREPLACE) != 0)
        done = fail_errno(site->failure, "cannot put the authority in place at %s", directory);
    if (!done) {
        discard(aside);
        return false;
    }
    return files_sync_directory(directory) ||
           fail_errno(site->failure, "cannot sync the directory of %s", directory);
}

bool ca_init(const char *directory, const struct ca_plan *plan, const struct crypto *crypto,
             uint32_t today, struct failure *failure) {
    static const struct ca_plan usual = {.realm = REALM_LAB};
    struct site site = {.plan = plan != NULL ? plan : &usual, .failure = failure};
    const char *enterprise = site.plan->enterprise != NULL ? site.plan->enterprise : "";
    if (enterprise[0] != '\0' && !ca_check_enterprise(enterprise, failure))
        return false;
    if (access(directory, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already; an authority is never overwritten",
                    directory);
    hierarchy_begin(&site.hierarchy, crypto, site.plan->realm, enterprise);
    bool done = open_token(&site) && build(&site, directory, today);
    if (!done && access(directory, F_OK) != 0)
        authority_token_undo(&site.token);
    erase(&site);
    authority_token_close(&site.token);
    return done;
}
