// SPDX-License-Identifier: Apache-2.0
// Opening an authority. Making one stands in authority_make.c, what it does in authority_issue.c.
#include "personalization/authority/authority_private.h"

#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/validity.h"
#include "personalization/keys/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOCK_SECONDS = 10 };

static bool read_in(const char *directory, const char *name, uint8_t *out, size_t capacity,
                    size_t *size, struct failure *failure) {
    char path[PATH_MAX];
    if (files_path(path, sizeof path, directory, name) && files_read(path, out, capacity, size))
        return true;
    return fail_errno(failure, "cannot read %s/%s", directory, name);
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
    if (bytes_equal(bytes_of(text, size), bytes_of_string("tessera authority 1\n")))
        return fail(failure, EXIT_USAGE,
                    "%s is of an earlier tessera, whose authorities do not say in which space they "
                    "give names; make a new one with 'tessera ca init', and new cards",
                    path);
    if (!bytes_equal(bytes_of(text, size), bytes_of_string(AUTHORITY_MARK)))
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

/// Where the authority's key is: for messages.
static void name_key(const struct ca *ca, int key, char *out, size_t capacity) {
    if (ca->token.token != NULL)
        snprintf(out, capacity, "the key of %s", token_name(ca->token.token));
    else
        snprintf(out, capacity, "%s/%s.key", ca->directory, authority_key_word(key));
}

static bool read_key_file(struct ca *ca, int key, struct hierarchy_member *member,
                          struct failure *failure) {
    char path[PATH_MAX], name[NAME_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    snprintf(name, sizeof name, "%s.key", authority_key_word(key));
    if (!files_path(path, sizeof path, ca->directory, name))
        return fail_errno(failure, "%s", ca->directory);
    if (!keyfile_read(path, member->key.scalar, point, failure))
        return false;
    member->key.crypto = ca->hierarchy.crypto;
    signer_from_scalar(&member->signer, &member->key, point);
    return true;
}

/// The key must be the one that the certificate in the directory is for.
bool authority_read_key(struct ca *ca, int key, struct hierarchy_member *member,
                        const uint8_t certified[P256_COMPRESSED_SIZE], struct failure *failure) {
    char where[PATH_MAX + 32];
    bool found =
        ca->token.token != NULL
            ? authority_token_find(&ca->token, key, ca->hierarchy.crypto, &member->signer, failure)
            : read_key_file(ca, key, member, failure);
    if (!found || memcmp(member->signer.point, certified, P256_COMPRESSED_SIZE) == 0)
        return found;
    name_key(ca, key, where, sizeof where);
    return fail(failure, EXIT_REFUSED,
                "%s for '%s' is not the one that %s certifies: it belongs to another authority",
                where, authority_key_word(key), ca->directory);
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
        ca->hierarchy.realm =
            certificate.assurance == ASSURANCE_HARDWARE ? REALM_PRODUCTION : REALM_LAB;
    if (which == MEMBER_PURSE && certificate.enterprise.size > 0)
        memcpy(ca->hierarchy.enterprise, certificate.enterprise.data, certificate.enterprise.size);
    return authority_read_key(ca, (int)which, member, certificate.signing_point, failure);
}

static bool read_x509(struct ca *ca, struct failure *failure) {
    char pem[X509_PEM_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    size_t size = 0;
    if (!ca_x509_root(ca, pem, sizeof pem, &size, failure))
        return false;
    if (!x509_read_point(pem, size, point))
        return fail(failure, EXIT_USAGE, "%s/root.pem is no X.509 certificate of a P-256 key",
                    ca->directory);
    if (!x509_key_id(point, ca->x509_key_id))
        return fail(failure, EXIT_USAGE, "%s/root.pem: its key is no point of P-256",
                    ca->directory);
    return authority_read_key(ca, AUTHORITY_KEY_X509, &ca->x509, point, failure);
}

static bool read_hierarchy(struct ca *ca, struct failure *failure) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        if (!read_member(ca, (enum member)i, failure))
            return false;
    if (!authority_read_branches(ca, failure))
        return false;
    enum certificate_fault fault = hierarchy_check(&ca->hierarchy);
    if (fault != CERTIFICATE_OK)
        return fail(failure, EXIT_REFUSED, "the certificates in %s do not fit together: %s",
                    ca->directory, certificate_fault_text(fault));
    return read_x509(ca, failure);
}

/// A directory with the file "token" has its keys in that token.
static bool open_token(struct ca *ca, const struct token_pin *pin, struct failure *failure) {
    char uri[AUTHORITY_URI_MAX], path[PATH_MAX];
    size_t size = 0;
    if (!files_path(path, sizeof path, ca->directory, AUTHORITY_TOKEN_FILE))
        return fail_errno(failure, "%s", ca->directory);
    if (!files_read(path, (uint8_t *)uri, sizeof uri - 1, &size))
        return errno == ENOENT || fail_errno(failure, "cannot read %s", path);
    uri[size] = '\0';
    uri[strcspn(uri, "\n")] = '\0';
    return authority_token_open(&ca->token, uri, pin, failure);
}

bool ca_open(struct ca *ca, const char *directory, const struct token_pin *pin,
             const struct crypto *crypto, uint32_t today, struct failure *failure) {
    memset(ca, 0, sizeof *ca);
    ca->lock = -1;
    ca->today = today;
    ca->hierarchy.crypto = crypto;
    if (strlen(directory) >= sizeof ca->directory)
        return fail(failure, EXIT_USAGE, "the path %s is too long", directory);
    snprintf(ca->directory, sizeof ca->directory, "%s", directory);
    if (check_mark(directory, failure) && take_lock(ca, failure) && open_token(ca, pin, failure) &&
        read_hierarchy(ca, failure) && register_load(&ca->issued, directory, failure))
        return true;
    ca_close(ca);
    return false;
}

void ca_close(struct ca *ca) {
    hierarchy_erase(&ca->hierarchy);
    if (ca->hierarchy.crypto != NULL)
        ca->hierarchy.crypto->ops->forget(ca->hierarchy.crypto, ca->x509.key.scalar);
    bytes_erase(&ca->x509, sizeof ca->x509);
    authority_token_close(&ca->token);
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
