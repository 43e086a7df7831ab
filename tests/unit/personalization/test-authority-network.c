// SPDX-License-Identifier: Apache-2.0
// What the authority gives to servers and to those who only log in: alternative names, roles that
// no card knows, and the list of revoked certificates, as OpenSSL reads them.
#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/authority.h"
#include "personalization/authority/lists/hotlist.h"
#include "tests/kit/daemon.h"
#include "tests/kit/suite.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { TODAY = 20261121 };

static struct stand {
    struct crypto *crypto;
    char directory[DAEMON_PATH_MAX], path[DAEMON_PATH_MAX + 32];
    struct ca ca;
    struct failure failure;
} w;

static void begin(void) {
    w.crypto = crypto_openssl_new_seeded(7);
    CU_ASSERT_FATAL(daemon_directory(w.directory));
    snprintf(w.path, sizeof w.path, "%s/ca", w.directory);
    CU_ASSERT_FATAL(ca_init(w.path, NULL, w.crypto, TODAY, &w.failure));
    CU_ASSERT_FATAL(ca_open(&w.ca, w.path, NULL, w.crypto, TODAY, &w.failure));
}

static void end(void) {
    ca_close(&w.ca);
    daemon_remove_directory(w.directory);
    crypto_openssl_free(w.crypto);
}

static bool issue(const char *id, uint32_t roles, const struct x509_hosts *hosts,
                  struct ca_answer *answer) {
    struct ca_keys keys;
    struct ca_request request = {.id = id, .roles = roles, .enterprise = "ID_2000", .hosts = hosts};
    return ca_issue(&w.ca, &request, &keys, answer, &w.failure);
}

static X509 *x509_of(const char *pem, size_t size) {
    BIO *memory = BIO_new_mem_buf(pem, (int)size);
    X509 *certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    BIO_free(memory);
    CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
    return certificate;
}

/// Alternative names as OpenSSL prints them.
static void names_of(const struct ca_answer *answer, char *out, size_t capacity) {
    X509 *certificate = x509_of(answer->x509, answer->x509_size);
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        GENERAL_NAME_print(memory, sk_GENERAL_NAME_value(names, i));
        BIO_puts(memory, " ");
    }
    long size = BIO_get_mem_data(memory, &text); // before text is read
    snprintf(out, capacity, "%.*s", (int)size, text);
    GENERAL_NAMES_free(names);
    BIO_free(memory);
    X509_free(certificate);
}

static void alternative_names_say_who_and_where(void) {
    static const struct x509_hosts hosts = {3, {"licence.example", "127.0.0.1", "::1"}};
    struct ca_answer answer;
    char names[512];
    begin();
    CU_ASSERT_FATAL(issue("shop-1", ROLE_SELLER, &hosts, &answer));
    names_of(&answer, names, sizeof names);
    CU_ASSERT_STRING_EQUAL(names, "URI:tessera:seller:shop-1 DNS:licence.example "
                                  "IP Address:127.0.0.1 IP Address:0:0:0:0:0:0:0:1 ");
    // an id cannot smuggle a name in
    CU_ASSERT_FATAL(issue("a,DNS;evil%;2", ROLE_SELLER, NULL, &answer));
    names_of(&answer, names, sizeof names);
    CU_ASSERT_STRING_EQUAL(names, "URI:tessera:seller:a%2CDNS%3Bevil%25%3B2 ");
    end();
}

static void hosts_are_looked_at(void) {
    static const char *const good[] = {"a", "a-b.example", "10.0.0.1", "fe80::1", "1host"};
    static const char *const bad[] = {"",    ".",         "a..b",  "a.",      "-a",
                                      "a b", "a,b",       "a:1",   "a/b",     "*.b",
                                      "a_b", "1.2.3.4:5", "[::1]", "\xC3\xA4"};
    char longest[X509_HOST_MAX + 1];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CU_ASSERT(x509_host_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(x509_host_is_valid(bad[i]));
    memset(longest, 'a', sizeof longest);
    longest[X509_HOST_MAX] = '\0';
    CU_ASSERT_FALSE(x509_host_is_valid(longest));
    CU_ASSERT(x509_host_is_valid(longest + 1));
}

/// Eight hosts of the longest kind still fit.
static void many_hosts_fit(void) {
    static struct x509_hosts hosts;
    struct ca_answer answer;
    struct x509_hosts read;
    hosts.count = X509_HOSTS_MAX;
    for (size_t i = 0; i < hosts.count; i++) {
        memset(hosts.names[i], 'a' + (int)i, X509_HOST_MAX - 1);
        CU_ASSERT_EQUAL(hosts.names[i][X509_HOST_MAX - 1], '\0');
    }
    begin();
    CU_ASSERT_FATAL(issue("1234567890123456", ROLE_CONVERTER, &hosts, &answer));
    CU_ASSERT(x509_read_hosts(answer.x509, answer.x509_size, &read));
    CU_ASSERT_EQUAL(memcmp(&read, &hosts, sizeof hosts), 0);
    end();
}

static void roles_of_the_network_have_x509_only(void) {
    static const uint32_t roles[] = {ROLE_OPERATOR, ROLE_AUDITOR, ROLE_GATEWAY};
    static const char *const ids[] = {"OP1", "AU1", "GW1"};
    struct ca_answer answer;
    char names[128], expected[128];
    begin();
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(issue(ids[i], roles[i], NULL, &answer));
        CU_ASSERT_EQUAL(answer.certificate_size, 0);
        names_of(&answer, names, sizeof names);
        snprintf(expected, sizeof expected, "URI:tessera:%s:%s ", role_name(roles[i]), ids[i]);
        CU_ASSERT_STRING_EQUAL(names, expected);
    }
    CU_ASSERT_FALSE(issue("X1", ROLE_OPERATOR | ROLE_AUDITOR, NULL, &answer));
    CU_ASSERT_FALSE(issue("X2", ROLE_OPERATOR | ROLE_SELLER, NULL, &answer));
    CU_ASSERT_EQUAL(w.failure.code, EXIT_USAGE);
    CU_ASSERT_FATAL(issue("R1", ROLE_REGISTRY, NULL, &answer));
    CU_ASSERT(answer.certificate_size > 0);
    ca_close(&w.ca);
    CU_ASSERT_FATAL(ca_open(&w.ca, w.path, NULL, w.crypto, TODAY, &w.failure));
    CU_ASSERT_EQUAL(w.ca.issued.count, 4);
    CU_ASSERT_EQUAL(w.ca.issued.entries[2].roles, ROLE_GATEWAY);
    end();
}

static void renewing_keeps_hosts_and_key(void) {
    static const struct x509_hosts hosts = {2, {"bank.example", "10.1.2.3"}};
    struct ca_answer first, second;
    uint8_t old_point[P256_COMPRESSED_SIZE], new_point[P256_COMPRESSED_SIZE];
    char names[256];
    static const uint32_t roles[] = {ROLE_BANK, ROLE_OPERATOR};
    begin();
    for (size_t i = 0; i < 2; i++) {
        const char *id = i == 0 ? "B1" : "OP1";
        CU_ASSERT_FATAL(issue(id, roles[i], &hosts, &first));
        CU_ASSERT_FATAL(ca_renew(&w.ca, id, &second, &w.failure));
        CU_ASSERT_EQUAL(second.serial, first.serial + 1);
        CU_ASSERT_EQUAL(second.roles, roles[i]);
        CU_ASSERT_EQUAL(second.certificate_size > 0, i == 0);
        names_of(&second, names, sizeof names);
        CU_ASSERT_PTR_NOT_NULL(strstr(names, " DNS:bank.example IP Address:10.1.2.3 "));
        CU_ASSERT(x509_read_point(first.x509, first.x509_size, old_point) &&
                  x509_read_point(second.x509, second.x509_size, new_point));
        CU_ASSERT_EQUAL(memcmp(old_point, new_point, sizeof new_point), 0);
    }
    end();
}

/// Revocations of the network stand in the list for TLS, and not in the one for cards.
static void revoked_certificates_are_listed(void) {
    struct ca_answer answer;
    struct ca_list hotlist;
    size_t revoked = 0;
    X509_REVOKED *row = NULL;
    begin();
    CU_ASSERT(issue("OP1", ROLE_OPERATOR, NULL, &answer) && issue("B1", ROLE_BANK, NULL, &answer) &&
              issue("B2", ROLE_BANK, NULL, &answer));
    CU_ASSERT(ca_revoke(&w.ca, "OP1", &revoked, &w.failure));
    CU_ASSERT(ca_revoke(&w.ca, "B2", &revoked, &w.failure));
    CU_ASSERT_FATAL(ca_hotlist(&w.ca, CA_LIST_HOSTS, &hotlist, &w.failure));
    CU_ASSERT_EQUAL(hotlist.certificates, 1);
    ca_list_free(&hotlist);
    char path[DAEMON_PATH_MAX + 32], root[X509_PEM_MAX];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/crl.pem", w.directory);
    CU_ASSERT_FATAL(ca_revocation_list(&w.ca, path, &revoked, &w.failure));
    FILE *stream = fopen(path, "r");
    X509_CRL *list = PEM_read_X509_CRL(stream, NULL, NULL, NULL);
    fclose(stream);
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT_FATAL(ca_x509_root(&w.ca, root, sizeof root, &size, &w.failure));
    X509 *issuer = x509_of(root, size);
    CU_ASSERT_EQUAL(X509_CRL_verify(list, X509_get0_pubkey(issuer)), 1);
    CU_ASSERT_EQUAL(X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)), 0);
    CU_ASSERT_EQUAL(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(list)), 2);
    CU_ASSERT_EQUAL(revoked, 2);
    X509 *certificate = x509_of(answer.x509, answer.x509_size); // B2
    CU_ASSERT_EQUAL(X509_CRL_get0_by_cert(list, &row, certificate), 1);
    X509_free(certificate);
    X509_free(issuer);
    X509_CRL_free(list);
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"alternative names say who and where", alternative_names_say_who_and_where, NULL},
        {"hosts are looked at", hosts_are_looked_at, NULL},
        {"many hosts fit", many_hosts_fit, NULL},
        {"roles of the network have X.509 only", roles_of_the_network_have_x509_only, NULL},
        {"renewing keeps hosts and key", renewing_keeps_hosts_and_key, NULL},
        {"revoked certificates are listed", revoked_certificates_are_listed, NULL},
    };
    return suite_main("test-authority-network", tests, sizeof tests / sizeof tests[0], argc, argv);
}
