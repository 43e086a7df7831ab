// SPDX-License-Identifier: Apache-2.0
#include "tests/kit/http/authority.h"

#include "base/calendar.h"
#include "base/files.h"
#include "personalization/keys/keyfile.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void tls_authority_begin(struct tls_authority *authority, uint64_t seed) {
    struct failure failure;
    char path[DAEMON_PATH_MAX + 8];
    uint32_t today = date_of_time(time(NULL));
    memset(authority, 0, sizeof *authority);
    authority->crypto = crypto_openssl_new_seeded(seed);
    CU_ASSERT_FATAL(daemon_directory(authority->directory));
    snprintf(path, sizeof path, "%s/ca", authority->directory);
    CU_ASSERT_FATAL(ca_init(path, NULL, authority->crypto, today, &failure));
    CU_ASSERT_FATAL(ca_open(&authority->ca, path, NULL, authority->crypto, today, &failure));
}

void tls_authority_end(struct tls_authority *authority) {
    ca_close(&authority->ca);
    daemon_remove_directory(authority->directory);
    crypto_openssl_free(authority->crypto);
}

static void put(const char *path, const char *text, size_t size) {
    CU_ASSERT_FATAL(files_write(path, bytes_of(text, size), FILES_PUBLIC, FILES_REPLACE));
}

static struct tls_holder *add_holder(struct tls_authority *authority, const char *id) {
    static const char *const names[] = {"root", "certificate", "key", "crl"};
    CU_ASSERT_FATAL(authority->count < TLS_HOLDERS_MAX);
    struct tls_holder *holder = &authority->holders[authority->count++];
    for (size_t i = 0; i < 4; i++)
        snprintf(holder->paths[i], TLS_PATH_MAX, "%s/%s-%s.pem", authority->directory, id,
                 names[i]);
    holder->files =
        (struct tls_files){holder->paths[0], holder->paths[1], holder->paths[2], holder->paths[3]};
    return holder;
}

const struct tls_files *tls_authority_issue(struct tls_authority *authority, uint32_t role,
                                            const char *id, const char *host) {
    struct failure failure;
    struct ca_keys keys;
    struct ca_answer answer;
    struct x509_hosts hosts = {0};
    struct ca_request request = {.id = id, .roles = role, .enterprise = "", .hosts = &hosts};
    char root[X509_PEM_MAX];
    size_t size = 0;
    if (host != NULL)
        snprintf(hosts.names[hosts.count++], X509_HOST_MAX, "%s", host);
    CU_ASSERT_FATAL(ca_issue(&authority->ca, &request, &keys, &answer, &failure));
    struct tls_holder *holder = add_holder(authority, id);
    CU_ASSERT_FATAL(ca_x509_root(&authority->ca, root, sizeof root, &size, &failure));
    put(holder->files.root, root, size);
    put(holder->files.certificate, answer.x509, answer.x509_size);
    CU_ASSERT_FATAL(
        keyfile_write(holder->files.key, keys.signing.scalar, keys.signing.point, &failure));
    return &holder->files;
}

void tls_authority_revoke(struct tls_authority *authority, const char *id) {
    struct failure failure;
    size_t count = 0;
    CU_ASSERT_FATAL(ca_revoke(&authority->ca, id, &count, &failure));
    for (size_t i = 0; i < authority->count; i++)
        CU_ASSERT_FATAL(ca_revocation_list(&authority->ca, authority->holders[i].files.revoked,
                                           &count, &failure));
}
