// SPDX-License-Identifier: Apache-2.0
#include "services/wire/http/tls.h"

#include <errno.h>
#include <gnutls/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool said(int code, const char *path, const char *what, struct failure *failure) {
    if (code >= 0)
        return true;
    if (code == GNUTLS_E_FILE_ERROR)
        return fail(failure, EXIT_USAGE, "cannot read %s %s", what, path);
    return fail(failure, EXIT_USAGE, "%s is no %s: %s", path, what, gnutls_strerror(code));
}

// ---- parts -------------------------------------------------------------------------------------

static bool load_root(struct tls *tls, gnutls_x509_crt_t *root, const char *path,
                      struct failure *failure) {
    gnutls_datum_t text = {0};
    if (!said(gnutls_load_file(path, &text), path, "root certificate", failure))
        return false;
    int code = gnutls_x509_crt_init(root);
    if (code >= 0)
        code = gnutls_x509_crt_import(*root, &text, GNUTLS_X509_FMT_PEM);
    if (code >= 0) // the names that clients are told
        code = gnutls_certificate_set_x509_trust_mem(tls->credentials, &text, GNUTLS_X509_FMT_PEM);
    gnutls_free(text.data);
    if (code >= 0)
        code = gnutls_x509_trust_list_add_cas(tls->trust, root, 1, GNUTLS_TL_NO_DUPLICATES);
    if (code < 0 && *root != NULL)
        gnutls_x509_crt_deinit(*root);
    if (!said(code, path, "root certificate", failure))
        return false;
    tls->root_from = gnutls_x509_crt_get_activation_time(*root);
    tls->root_until = gnutls_x509_crt_get_expiration_time(*root);
    return true;
}

static bool key_is_private(const char *path, struct failure *failure) {
    struct stat status;
    if (strncmp(path, "pkcs11:", 7) == 0)
        return true;
    if (stat(path, &status) != 0)
        return fail_errno(failure, "cannot read the key %s", path);
    return (status.st_mode & 077) == 0 ||
           fail(failure, EXIT_LOCKED,
                "others may read the key %s; take their rights away with chmod 600", path);
}

/// The module that the URI of a key names, or the environment; else GnuTLS has those of the system.
static bool load_module(const char *key, struct failure *failure) {
    P11KitUri *uri = p11_kit_uri_new();
    if (uri == NULL || p11_kit_uri_parse(key, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK) {
        p11_kit_uri_free(uri);
        return fail(failure, EXIT_USAGE, "the key of TLS is no PKCS#11 URI (RFC 7512)");
    }
    const char *named = p11_kit_uri_get_module_path(uri);
    const char *path = named != NULL ? named : getenv("TESSERA_PKCS11_MODULE");
    int code = path != NULL ? gnutls_pkcs11_add_provider(path, NULL) : 0;
    bool done = code >= 0 || code == GNUTLS_E_INT_RET_0 || // it is there already
                fail(failure, EXIT_ABSENT, "cannot load the PKCS#11 module %s: %s", path,
                     gnutls_strerror(code));
    p11_kit_uri_free(uri);
    return done;
}

static bool load_own(struct tls *tls, const struct tls_files *files, struct failure *failure) {
    if (!key_is_private(files->key, failure) ||
        (strncmp(files->key, "pkcs11:", 7) == 0 && !load_module(files->key, failure)))
        return false;
    int code = gnutls_certificate_set_x509_key_file2(tls->credentials, files->certificate,
                                                     files->key, GNUTLS_X509_FMT_PEM, NULL, 0);
    return code >= 0 || fail(failure, code == GNUTLS_E_FILE_ERROR ? EXIT_USAGE : EXIT_REFUSED,
                             "cannot use the certificate %s with the key %s: %s",
                             files->certificate, files->key, gnutls_strerror(code));
}

/// A certificate of another authority would be refused by everybody.
static bool check_own(struct tls *tls, const struct tls_files *files, struct failure *failure) {
    gnutls_x509_crt_t *chain = NULL;
    unsigned count = 0, status = 0;
    int code = gnutls_certificate_get_x509_crt(tls->credentials, 0, &chain, &count);
    if (code < 0 || count == 0)
        return said(code, files->certificate, "certificate", failure);
    tls->until = gnutls_x509_crt_get_expiration_time(chain[0]);
    code = gnutls_x509_trust_list_verify_crt2(tls->trust, chain, count, NULL, 0,
                                              GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status, NULL);
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
    return (code >= 0 && status == 0) ||
           fail(failure, EXIT_REFUSED,
                "the certificate %s is not of the authority whose root is %s", files->certificate,
                files->root);
}

static bool take_serials(struct tls *tls, gnutls_x509_crl_t list) {
    int count = gnutls_x509_crl_get_crt_count(list);
    if (count <= 0)
        return count == 0;
    tls->revoked = calloc((size_t)count, sizeof *tls->revoked);
    for (int i = 0; tls->revoked != NULL && i < count; i++) {
        struct tls_serial *serial = &tls->revoked[i];
        serial->size = sizeof serial->octets;
        if (gnutls_x509_crl_get_crt_serial(list, (unsigned)i, serial->octets, &serial->size, NULL) <
            0)
            return false;
        tls->revoked_count++;
    }
    return tls->revoked != NULL;
}

static bool is_signed_list(gnutls_x509_crl_t list, gnutls_x509_crt_t root) {
    unsigned status = 0;
    return gnutls_x509_crl_verify(list, &root, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) >=
               0 &&
           status == 0;
}

static bool load_revoked(struct tls *tls, gnutls_x509_crt_t root, const char *path,
                         struct failure *failure) {
    gnutls_datum_t text = {0};
    gnutls_x509_crl_t list = NULL;
    struct stat status;
    if (path == NULL || (stat(path, &status) != 0 && errno == ENOENT))
        return true;
    if (!said(gnutls_load_file(path, &text), path, "list of revoked certificates", failure))
        return false;
    int code = gnutls_x509_crl_init(&list);
    if (code >= 0)
        code = gnutls_x509_crl_import(list, &text, GNUTLS_X509_FMT_PEM);
    gnutls_free(text.data);
    bool done = said(code, path, "list of revoked certificates", failure) &&
                (is_signed_list(list, root) ||
                 fail(failure, EXIT_REFUSED, "the list %s is not signed by the root", path)) &&
                (take_serials(tls, list) || fail(failure, EXIT_REFUSED, "cannot read %s", path));
    if (list != NULL)
        gnutls_x509_crl_deinit(list);
    return done;
}

// ---- the whole ---------------------------------------------------------------------------------

struct tls *tls_load(const struct tls_files *files, struct failure *failure) {
    gnutls_x509_crt_t root = NULL; // the trust list's, once it is in
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL || gnutls_certificate_allocate_credentials(&tls->credentials) < 0 ||
        gnutls_x509_trust_list_init(&tls->trust, 0) < 0) {
        tls_release(tls);
        failure_set(failure, EXIT_REFUSED, "out of memory");
        return NULL;
    }
    tls->holders = 1;
    if (load_root(tls, &root, files->root, failure) && load_own(tls, files, failure) &&
        check_own(tls, files, failure) && load_revoked(tls, root, files->revoked, failure))
        return tls;
    tls_release(tls);
    return NULL;
}

struct tls *tls_hold(struct tls *tls) {
    atomic_fetch_add(&tls->holders, 1);
    return tls;
}

void tls_release(struct tls *tls) {
    if (tls == NULL || (tls->holders > 0 && atomic_fetch_sub(&tls->holders, 1) > 1))
        return;
    if (tls->trust != NULL)
        gnutls_x509_trust_list_deinit(tls->trust, 1);
    if (tls->credentials != NULL)
        gnutls_certificate_free_credentials(tls->credentials);
    free(tls->revoked);
    free(tls);
}

bool tls_is_revoked(const struct tls *tls, const struct tls_serial *serial) {
    for (size_t i = 0; i < tls->revoked_count; i++)
        if (tls->revoked[i].size == serial->size &&
            memcmp(tls->revoked[i].octets, serial->octets, serial->size) == 0)
            return true;
    return false;
}

bool tls_source_open(struct tls_source *source, const struct tls_files *files,
                     struct failure *failure) {
    *source = (struct tls_source){.files = *files, .now = tls_load(files, failure)};
    return source->now != NULL && pthread_mutex_init(&source->lock, NULL) == 0;
}

bool tls_source_reload(struct tls_source *source, struct failure *failure) {
    struct tls *next = tls_load(&source->files, failure);
    if (next == NULL)
        return false;
    pthread_mutex_lock(&source->lock);
    struct tls *before = source->now;
    source->now = next;
    pthread_mutex_unlock(&source->lock);
    tls_release(before);
    return true;
}

struct tls *tls_source_now(struct tls_source *source) {
    pthread_mutex_lock(&source->lock);
    struct tls *now = tls_hold(source->now);
    pthread_mutex_unlock(&source->lock);
    return now;
}

void tls_source_close(struct tls_source *source) {
    tls_release(source->now);
    pthread_mutex_destroy(&source->lock);
}
