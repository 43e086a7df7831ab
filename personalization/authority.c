// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority.h"

#include "personalization/keyfile.h"
#include "personalization/validity.h"
#include "services/wire/calendar.h"
#include "services/wire/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_SECONDS = 10 };

static const char MARK[] = "tessera authority 1\n";

static bool write_in(const char *directory, const char *stem, const char *suffix,
                     struct bytes content, enum files_mode mode, struct failure *failure) {
    char name[NAME_MAX], path[PATH_MAX];
    snprintf(name, sizeof name, "%s.%s", stem, suffix);
    if (files_path(path, sizeof path, directory, name) &&
        files_write(path, content, mode, FILES_NEW))
        return true;
    return fail_errno(failure, "cannot write %s/%s", directory, name);
}

static bool read_in(const char *directory, const char *name, uint8_t *out, size_t capacity,
                    size_t *size, struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, directory, name) && files_read(path, out, capacity, size))
        return true;
    return fail_errno(failure, "cannot read %s/%s", directory, name);
}

// ---- making ----------------------------------------------------------------------------------

static bool write_key(const char *directory, const char *stem,
                      const struct hierarchy_member *member, struct failure *failure) {
    char path[PATH_MAX], name[NAME_MAX];
    snprintf(name, sizeof name, "%s.key", stem);
    if (!files_path(path, sizeof path, directory, name))
        return fail_errno(failure, "cannot write %s/%s", directory, name);
    return keyfile_write(path, member->key.scalar, member->signer.point, failure);
}

static bool write_hierarchy(const char *directory, const struct hierarchy *hierarchy,
                            struct failure *failure) {
    for (int i = 0; i < MEMBER_COUNT; i++) {
        enum member member = (enum member)i;
        if (!write_key(directory, member_word(member), &hierarchy->members[i], failure) ||
            !write_in(directory, member_word(member), "cvc", member_certificate(hierarchy, member),
                      FILES_PUBLIC, failure))
            return false;
    }
    return true;
}

/// The X.509 root has a key of its own: what signs TLS certificates never signs cards'.
static bool make_x509_root(const char *directory, const struct hierarchy *hierarchy, uint32_t today,
                           struct failure *failure) {
    char pem[X509_PEM_MAX];
    size_t size = 0;
    uint8_t point[P256_COMPRESSED_SIZE];
    struct hierarchy_member root = {.key.crypto = hierarchy->crypto};
    const char *name = hierarchy->members[MEMBER_ROOT].name;
    bool done = hierarchy->crypto->ops->p256_generate(hierarchy->crypto, root.key.scalar, point);
    signer_from_scalar(&root.signer, &root.key, point);
    struct x509_fields fields = {
        .subject = name,
        .issuer = name,
        .purpose = X509_AUTHORITY,
        .serial = 1,
        .from = time_of_date(today),
        .until = time_of_date(validity_for(ROLE_ROOT, today).until),
        .point = point,
        .issuer_point = point,
    };
    if (!done || !x509_make(&fields, &root.signer, pem, sizeof pem, &size))
        done = fail(failure, EXIT_REFUSED, "cannot make the X.509 root: OpenSSL failed");
    else
        done = write_key(directory, "x509", &root, failure) &&
               write_in(directory, "root", "pem", bytes_of(pem, size), FILES_PUBLIC, failure);
    hierarchy->crypto->ops->forget(hierarchy->crypto, root.key.scalar);
    bytes_erase(&root, sizeof root);
    return done;
}

static bool fill(const char *directory, const struct crypto *crypto, uint32_t today,
                 const char *enterprise, struct failure *failure) {
    char path[PATH_MAX];
    struct hierarchy hierarchy;
    bool done = hierarchy_make(&hierarchy, crypto, WORLD_LAB, enterprise, today);
    if (!done)
        fail(failure, EXIT_REFUSED, "cannot draw or certify the authority's keys");
    done = done && write_hierarchy(directory, &hierarchy, failure) &&
           make_x509_root(directory, &hierarchy, today, failure);
    hierarchy_erase(&hierarchy);
    if (!done)
        return false;
    if (!files_path(path, sizeof path, directory, "issued") || mkdir(path, 0700) != 0)
        return fail_errno(failure, "cannot make %s/issued", directory);
    if (!files_path(path, sizeof path, directory, "authority") ||
        !files_write(path, bytes_of_string(MARK), FILES_PUBLIC, FILES_NEW))
        return fail_errno(failure, "cannot write %s/authority", directory);
    return true;
}

/// Removes a half-made authority; only files that this program makes.
static void discard(const char *directory) {
    static const char *const suffixes[] = {"key", "cvc"};
    char path[PATH_MAX];
    for (int i = 0; i < MEMBER_COUNT * 2; i++)
        if (snprintf(path, sizeof path, "%s/%s.%s", directory, member_word((enum member)(i / 2)),
                     suffixes[i % 2]) < (int)sizeof path)
            unlink(path);
    static const char *const others[] = {"x509.key", "root.pem", "authority"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (files_path(path, sizeof path, directory, others[i]))
            unlink(path);
    if (files_path(path, sizeof path, directory, "issued"))
        rmdir(path);
    rmdir(directory);
}

bool ca_init(const char *directory, const struct crypto *crypto, uint32_t today,
             const char *enterprise, struct failure *failure) {
    char aside[PATH_MAX];
    if (enterprise[0] != '\0' && !ca_check_enterprise(enterprise, failure))
        return false;
    if (access(directory, F_OK) == 0)
        return fail(failure, EXIT_REFUSED, "%s exists already; an authority is never overwritten",
                    directory);
    int size = snprintf(aside, sizeof aside, "%s.XXXXXX", directory);
    if (size < 0 || (size_t)size >= sizeof aside)
        return fail(failure, EXIT_USAGE, "the path %s is too long", directory);
    if (mkdtemp(aside) == NULL)
        return fail_errno(failure, "cannot make a directory beside %s", directory);
    bool done = fill(aside, crypto, today, enterprise, failure);
    if (done && renameat2(AT_FDCWD, aside, AT_FDCWD, directory, RENAME_NOREPLACE) != 0)
        done = fail_errno(failure, "cannot put the authority in place at %s", directory);
    if (!done) {
        discard(aside);
        return false;
    }
    return files_sync_directory(directory) ||
           fail_errno(failure, "cannot sync the directory of %s", directory);
}

// ---- opening ---------------------------------------------------------------------------------

static bool check_mark(const char *directory, struct failure *failure) {
    uint8_t text[64];
    size_t size = 0;
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, directory, "authority") ||
        !files_read(path, text, sizeof text, &size)) {
        if (errno == EACCES)
            return fail_errno(failure, "cannot open the authority %s", directory);
        return fail(failure, EXIT_USAGE,
                    "%s is no authority directory; make one with 'tessera ca init %s'", directory,
                    directory);
    }
    if (!bytes_equal(bytes_of(text, size), bytes_of_string(MARK)))
        return fail(failure, EXIT_USAGE,
                    "%s is of a version this program does not know; use a newer tessera", path);
    return true;
}

static bool take_lock(struct ca *ca, struct failure *failure) {
    char path[PATH_MAX];
    if (!files_path(path, sizeof path, ca->directory, "lock"))
        return fail_errno(failure, "%s", ca->directory);
    ca->lock = files_lock(path, LOCK_SECONDS);
    if (ca->lock >= 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(failure, EXIT_LOCKED,
                    "the authority %s is in use by another program; try again when it is done",
                    ca->directory);
    return fail_errno(failure, "cannot lock the authority %s", ca->directory);
}

static bool read_key(struct ca *ca, const char *stem, struct hierarchy_member *member,
                     struct failure *failure) {
    char path[PATH_MAX], name[NAME_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    snprintf(name, sizeof name, "%s.key", stem);
    if (!files_path(path, sizeof path, ca->directory, name))
        return fail_errno(failure, "%s", ca->directory);
    if (!keyfile_read(path, member->key.scalar, point, failure))
        return false;
    member->key.crypto = ca->hierarchy.crypto;
    signer_from_scalar(&member->signer, &member->key, point);
    return true;
}

static bool read_member(struct ca *ca, enum member which, struct failure *failure) {
    struct hierarchy_member *member = &ca->hierarchy.members[which];
    struct certificate certificate;
    char name[NAME_MAX];
    snprintf(name, sizeof name, "%s.cvc", member_word(which));
    if (!read_in(ca->directory, name, member->certificate, sizeof member->certificate,
                 &member->certificate_size, failure))
        return false;
    if (certificate_parse(member_certificate(&ca->hierarchy, which), &certificate) !=
        CERTIFICATE_OK)
        return fail(failure, EXIT_USAGE, "%s/%s is no certificate", ca->directory, name);
    memcpy(member->name, certificate.holder.data, certificate.holder.size);
    if (which == MEMBER_ROOT)
        ca->hierarchy.world =
            certificate.assurance == ASSURANCE_HARDWARE ? WORLD_PRODUCTION : WORLD_LAB;
    if (which == MEMBER_PURSE && certificate.enterprise.size > 0)
        memcpy(ca->hierarchy.enterprise, certificate.enterprise.data, certificate.enterprise.size);
    return read_key(ca, member_word(which), member, failure);
}

static bool read_hierarchy(struct ca *ca, struct failure *failure) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!read_member(ca, (enum member)i, failure))
            return false;
    enum certificate_fault fault = hierarchy_check(&ca->hierarchy);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the certificates in %s do not fit together: %s",
                    ca->directory, certificate_fault_text(fault));
    return read_key(ca, "x509", &ca->x509, failure);
}

bool ca_open(struct ca *ca, const char *directory, const struct crypto *crypto, uint32_t today,
             struct failure *failure) {
    memset(ca, 0, sizeof *ca);
    ca->lock = -1;
    ca->today = today;
    ca->hierarchy.crypto = crypto;
    if (strlen(directory) >= sizeof ca->directory)
        return fail(failure, EXIT_USAGE, "the path %s is too long", directory);
    snprintf(ca->directory, sizeof ca->directory, "%s", directory);
    if (check_mark(directory, failure) && take_lock(ca, failure) && read_hierarchy(ca, failure) &&
        register_load(&ca->issued, directory, failure))
        return true;
    ca_close(ca);
    return false;
}

void ca_close(struct ca *ca) {
    hierarchy_erase(&ca->hierarchy);
    if (ca->hierarchy.crypto != NULL)
        ca->hierarchy.crypto->ops->forget(ca->hierarchy.crypto, ca->x509.key.scalar);
    bytes_erase(&ca->x509, sizeof ca->x509);
    register_free(&ca->issued);
    if (ca->lock >= 0)
        close(ca->lock);
    ca->lock = -1;
}

bool ca_fingerprint(const struct ca *ca, char text[2 * SHA256_SIZE + 1]) {
    uint8_t digest[SHA256_SIZE];
    const struct crypto *crypto = ca->hierarchy.crypto;
    if (!crypto->ops->sha256(crypto, member_certificate(&ca->hierarchy, MEMBER_ROOT), digest))
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02X", digest[i]);
    return true;
}

bool ca_x509_root(const struct ca *ca, char *buffer, size_t capacity, size_t *size,
                  struct failure *failure) {
    return read_in(ca->directory, "root.pem", (uint8_t *)buffer, capacity, size, failure);
}
