// SPDX-License-Identifier: Apache-2.0
// The issuing authority: hierarchy, directory, register, X.509 twins, revocation.
#include "apdu/command/purse.h"
#include "apdu/octets/date.h"
#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/authority.h"
#include "personalization/authority/validity.h"
#include "tests/kit/suite.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TODAY = 20261121 };

static struct crypto *crypto;
static char scratch[64];

/// A path inside this test's own directory. Overwritten by the next call but three.
static const char *in_scratch(const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static void begin(void) {
    crypto = crypto_openssl_new_seeded(7);
    snprintf(scratch, sizeof scratch, "%s", "/tmp/tessera-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(scratch));
}

static void end(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    CU_ASSERT_EQUAL(system(command), 0);
    crypto_openssl_free(crypto);
}

// ---- hierarchy -------------------------------------------------------------------------------

static const uint16_t all_roles[] = {ROLE_WALLET,
                                     ROLE_TILL,
                                     ROLE_FLOAT,
                                     ROLE_STORE,
                                     ROLE_SELLER,
                                     ROLE_CENTER,
                                     ROLE_PROVIDER,
                                     ROLE_TELCO,
                                     ROLE_BANK,
                                     ROLE_PLAYER,
                                     ROLE_CONVERTER,
                                     ROLE_REGISTRY,
                                     ROLE_WALLET | ROLE_STORE};

static enum certificate_fault certify(const struct hierarchy *hierarchy, uint16_t roles,
                                      enum assurance assurance, uint8_t *out, size_t *size) {
    struct validity validity = validity_for(roles, TODAY);
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    struct certificate fields = {.holder = bytes_of_string("ID_2000"),
                                 .roles = roles,
                                 .assurance = assurance,
                                 .from = validity.from,
                                 .until = validity.until,
                                 .signing_point = point};
    return hierarchy_certify(hierarchy, &fields, out, CERTIFICATE_MAX, size);
}

static void every_role_chains_to_the_root(void) {
    begin();
    struct hierarchy hierarchy;
    CU_ASSERT_FATAL(hierarchy_make(&hierarchy, crypto, REALM_LAB, "", TODAY));
    CU_ASSERT_EQUAL(hierarchy_check(&hierarchy), CERTIFICATE_OK);
    for (size_t i = 0; i < sizeof all_roles / sizeof all_roles[0]; i++) {
        uint8_t whole[CERTIFICATE_MAX];
        size_t size = 0;
        struct certificate leaf;
        enum member issuer = member_for_roles(all_roles[i]);
        CU_ASSERT_NOT_EQUAL_FATAL(issuer, MEMBER_COUNT);
        CU_ASSERT_EQUAL_FATAL(certify(&hierarchy, all_roles[i], ASSURANCE_EMULATED, whole, &size),
                              CERTIFICATE_OK);
        for (int other = ISSUING_FIRST; other <= ISSUING_LAST; other++) {
            struct bytes chain[3] = {member_certificate(&hierarchy, MEMBER_ROOT),
                                     member_certificate(&hierarchy, (enum member)other),
                                     bytes_of(whole, size)};
            enum certificate_fault fault = certificate_verify_chain(
                chain, 3, hierarchy.members[MEMBER_ROOT].signer.point, TODAY, crypto, &leaf);
            CU_ASSERT_EQUAL(fault == CERTIFICATE_OK, other == (int)issuer);
        }
        CU_ASSERT_EQUAL(leaf.roles & ROLE_ENTITIES & ~all_roles[i], 0);
    }
    hierarchy_erase(&hierarchy);
    end();
}

static void nobody_gives_roles_across_domains(void) {
    begin();
    struct hierarchy hierarchy;
    uint8_t whole[CERTIFICATE_MAX];
    size_t size;
    static const uint16_t mixed[] = {0,
                                     ROLE_WALLET | ROLE_TILL,
                                     ROLE_WALLET | ROLE_CENTER,
                                     ROLE_TILL | ROLE_SELLER,
                                     ROLE_WALLET | ROLE_ISSUING,
                                     ROLE_ROOT};
    CU_ASSERT_FATAL(hierarchy_make(&hierarchy, crypto, REALM_LAB, "", TODAY));
    for (size_t i = 0; i < sizeof mixed / sizeof mixed[0]; i++)
        CU_ASSERT_NOT_EQUAL(certify(&hierarchy, mixed[i], ASSURANCE_EMULATED, whole, &size),
                            CERTIFICATE_OK);
    end();
}

static void production_certifies_no_emulated_key(void) {
    begin();
    struct hierarchy lab, production;
    struct certificate root;
    uint8_t whole[CERTIFICATE_MAX];
    size_t size;
    CU_ASSERT_FATAL(hierarchy_make(&lab, crypto, REALM_LAB, "", TODAY));
    CU_ASSERT_FATAL(hierarchy_make(&production, crypto, REALM_PRODUCTION, "", TODAY));
    CU_ASSERT_EQUAL(certify(&production, ROLE_TILL, ASSURANCE_EMULATED, whole, &size),
                    CERTIFICATE_WRONG_DOMAIN);
    CU_ASSERT_EQUAL(certify(&production, ROLE_TILL, ASSURANCE_HARDWARE, whole, &size),
                    CERTIFICATE_OK);
    CU_ASSERT_EQUAL(strncmp(lab.members[MEMBER_ROOT].name, "LAB-", 4), 0);
    CU_ASSERT_EQUAL(strncmp(production.members[MEMBER_ROOT].name, "TSR-", 4), 0);
    CU_ASSERT_EQUAL(certificate_parse(member_certificate(&lab, MEMBER_ROOT), &root),
                    CERTIFICATE_OK);
    CU_ASSERT_EQUAL(root.assurance, ASSURANCE_EMULATED);
    CU_ASSERT_EQUAL(certificate_parse(member_certificate(&production, MEMBER_ROOT), &root),
                    CERTIFICATE_OK);
    CU_ASSERT_EQUAL(root.assurance, ASSURANCE_HARDWARE);
    end();
}

static void one_enterprise_certifies_for_itself(void) {
    begin();
    struct hierarchy shop;
    struct certificate issued;
    uint8_t whole[CERTIFICATE_MAX];
    size_t size;
    CU_ASSERT_FATAL(hierarchy_make(&shop, crypto, REALM_LAB, "ID_2000", TODAY));
    CU_ASSERT_EQUAL_FATAL(certify(&shop, ROLE_TILL, ASSURANCE_EMULATED, whole, &size),
                          CERTIFICATE_OK);
    CU_ASSERT_EQUAL(certificate_parse(bytes_of(whole, size), &issued), CERTIFICATE_OK);
    CU_ASSERT(bytes_equal(issued.enterprise, bytes_of_string("ID_2000")));
    CU_ASSERT_EQUAL(hierarchy_check(&shop), CERTIFICATE_OK);
    struct issuer purse;
    CU_ASSERT_FATAL(hierarchy_issuer(&shop, ROLE_TILL, bytes_of_string("T1"), &purse));
    CU_ASSERT_EQUAL(certificate_verify(&issued, &purse.authority, TODAY, crypto), CERTIFICATE_OK);
    end();
}

static void short_lived_roles_live_35_days(void) {
    bool valid;
    static const uint16_t brief[] = {ROLE_TILL, ROLE_FLOAT, ROLE_PLAYER, ROLE_CONVERTER};
    for (size_t i = 0; i < sizeof brief / sizeof brief[0]; i++) {
        struct validity validity = validity_for(brief[i], TODAY);
        CU_ASSERT_EQUAL(validity.from, TODAY);
        CU_ASSERT_EQUAL(date_difference(validity.from, validity.until, &valid),
                        SHORT_LIVED_DAYS - 1);
        CU_ASSERT(valid);
    }
    CU_ASSERT_EQUAL(date_add_days(20240228, 1), 20240229);
    CU_ASSERT_EQUAL(date_add_days(20261231, 1), 20270101);
    CU_ASSERT_EQUAL(date_of_text("2026-02-29"), 0);
    CU_ASSERT_EQUAL(date_of_text("2024-02-29T10:00:00Z"), 20240229);
    CU_ASSERT_EQUAL(date_of_text("2024-2-9"), 0);
}

// ---- directory -------------------------------------------------------------------------------

static struct ca *ca_at(const char *name, uint32_t today) {
    static struct ca ca;
    struct failure failure = {0};
    CU_ASSERT_FATAL(ca_open(&ca, in_scratch(name), NULL, crypto, today, &failure));
    return &ca;
}

static bool certify_in(struct ca *ca, const char *id, uint16_t roles, struct ca_answer *answer,
                       struct failure *failure) {
    struct ca_keys keys;
    struct ca_request request = {.id = id, .roles = roles, .enterprise = ""};
    return ca_issue(ca, &request, &keys, answer, failure);
}

static void an_authority_is_made_once_and_kept_private(void) {
    begin();
    struct failure failure = {0};
    struct stat status;
    char first[2 * SHA256_SIZE + 1], second[2 * SHA256_SIZE + 1];
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(stat(in_scratch("ca/root.key"), &status), 0);
    CU_ASSERT_EQUAL(status.st_mode & 0777, 0600);
    CU_ASSERT_FALSE(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT(ca_fingerprint(ca, first));
    ca_close(ca);
    ca = ca_at("ca", TODAY);
    CU_ASSERT(ca_fingerprint(ca, second));
    CU_ASSERT_STRING_EQUAL(first, second);
    ca_close(ca);
    end();
}

static void bad_directories_are_named(void) {
    begin();
    struct ca ca;
    struct failure failure = {0};
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("nowhere"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(chmod(in_scratch("ca/purse.key"), 0644), 0);
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "purse.key"));
    CU_ASSERT_EQUAL(chmod(in_scratch("ca/purse.key"), 0600), 0);
    CU_ASSERT_EQUAL(rename(in_scratch("ca/purse.key"), in_scratch("ca/trade.key")), 0);
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT(files_write(in_scratch("ca/authority"), bytes_of_string("tessera authority 3\n"),
                          FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "newer"));
    end();
}

static void swapped_keys_are_noticed(void) {
    begin();
    struct ca ca;
    struct failure failure = {0};
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(rename(in_scratch("ca/purse.key"), in_scratch("swap")), 0);
    CU_ASSERT_EQUAL(rename(in_scratch("ca/trade.key"), in_scratch("ca/purse.key")), 0);
    CU_ASSERT_EQUAL(rename(in_scratch("swap"), in_scratch("ca/trade.key")), 0);
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    end();
}

static void a_directory_of_one_enterprise(void) {
    begin();
    static const struct ca_plan spaced = {.enterprise = "a shop"}, own = {.enterprise = "ID_2000"};
    struct failure failure = {0};
    struct ca_answer answer;
    struct ca_request request = {
        .id = "T1", .roles = ROLE_TILL, .enterprise = "ID_2500", .assurance = ASSURANCE_EMULATED};
    struct ca_keys keys;
    CU_ASSERT_FALSE(ca_init(in_scratch("ca"), &spaced, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), &own, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT_FALSE(ca_issue(ca, &request, &keys, &answer, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-enterprise"));
    CU_ASSERT_EQUAL(ca->issued.count, 0);
    request.enterprise = "";
    CU_ASSERT(ca_issue(ca, &request, &keys, &answer, &failure));
    CU_ASSERT_STRING_EQUAL(ca->issued.entries[0].enterprise, "ID_2000");
    ca_close(ca);
    end();
}

static void an_id_is_certified_once_until_revoked(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer answer;
    size_t revoked = 0;
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT(certify_in(ca, "W1", ROLE_WALLET, &answer, &failure));
    CU_ASSERT_EQUAL(answer.serial, 1);
    ca_close(ca);
    ca = ca_at("ca", TODAY); // the register survives
    CU_ASSERT_FALSE(certify_in(ca, "W1", ROLE_WALLET, &answer, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_FALSE(ca_revoke(ca, "W2", &revoked, &failure));
    CU_ASSERT(ca_revoke(ca, "W1", &revoked, &failure));
    CU_ASSERT_EQUAL(revoked, 1);
    CU_ASSERT(certify_in(ca, "W1", ROLE_WALLET, &answer, &failure));
    CU_ASSERT_EQUAL(answer.serial, 2);
    CU_ASSERT_FALSE(certify_in(ca, "THIRTEEN-LONG", ROLE_WALLET, &answer, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    CU_ASSERT(certify_in(ca, "THIRTEEN-LONG", ROLE_SELLER, &answer, &failure));
    ca_close(ca);
    end();
}

// The hierarchy's own names, and those of other spaces, are nobody's to get here.
static void names_that_an_authority_does_not_give(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer answer;
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    for (int i = 0; i < MEMBER_COUNT; i++) {
        CU_ASSERT_FALSE(
            certify_in(ca, ca->hierarchy.members[i].name, ROLE_STORE, &answer, &failure));
        CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "this authority's own"));
    }
    CU_ASSERT_FALSE(certify_in(ca, "shop:T1", ROLE_TILL, &answer, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-name"));
    CU_ASSERT_EQUAL(ca->issued.count, 0);
    ca_close(ca);
    end();
}

static void a_directory_of_the_former_version(void) {
    begin();
    struct ca ca;
    struct failure failure = {0};
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT(files_write(in_scratch("ca/authority"), bytes_of_string("tessera authority 1\n"),
                          FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT_FALSE(ca_open(&ca, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "make a new one with 'tessera ca init'"));
    end();
}

static void a_torn_register_line_was_never_issued(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer answer;
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT(certify_in(ca, "T1", ROLE_TILL, &answer, &failure));
    ca_close(ca);
    CU_ASSERT(files_append(in_scratch("ca/issued.tsv"), bytes_of_string("2\t20261121\tT2\t00"),
                           FILES_SECRET));
    ca = ca_at("ca", TODAY);
    CU_ASSERT_EQUAL(ca->issued.count, 1);
    CU_ASSERT(certify_in(ca, "T2", ROLE_TILL, &answer, &failure));
    CU_ASSERT_EQUAL(answer.serial, 2);
    ca_close(ca);
    CU_ASSERT(
        files_append(in_scratch("ca/issued.tsv"), bytes_of_string("nonsense\n"), FILES_SECRET));
    struct ca damaged;
    CU_ASSERT_FALSE(ca_open(&damaged, in_scratch("ca"), NULL, crypto, TODAY, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "issued.tsv:3"));
    end();
}

static void one_process_holds_the_directory(void) {
    begin();
    struct failure failure = {0};
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT_EQUAL(files_lock(in_scratch("ca/lock"), 0), -1);
    ca_close(ca);
    int lock = files_lock(in_scratch("ca/lock"), 0);
    CU_ASSERT(lock >= 0);
    close(lock);
    end();
}

// ---- X.509 -----------------------------------------------------------------------------------

static X509 *x509_of(const char *pem, size_t size) {
    BIO *memory = BIO_new_mem_buf(pem, (int)size);
    X509 *certificate = PEM_read_bio_X509(memory, NULL, NULL, NULL);
    BIO_free(memory);
    return certificate;
}

static int verify_x509(X509 *root, X509 *leaf) {
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), time_of_date(TODAY) + 3600);
    X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

static void every_certificate_has_an_x509_twin(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer answer;
    char root_pem[X509_PEM_MAX], name[64] = "";
    size_t size = 0;
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT_FATAL(certify_in(ca, "ID_2000", ROLE_CENTER, &answer, &failure));
    CU_ASSERT(ca_x509_root(ca, root_pem, sizeof root_pem, &size, &failure));
    X509 *root = x509_of(root_pem, size), *leaf = x509_of(answer.x509, answer.x509_size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaf);
    CU_ASSERT_EQUAL(verify_x509(root, leaf), X509_V_OK);
    CU_ASSERT_NOT_EQUAL(verify_x509(leaf, root), X509_V_OK);
    X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "ID_2000");
    X509_free(root);
    X509_free(leaf);
    ca_close(ca);
    end();
}

// ---- renewing --------------------------------------------------------------------------------

static void a_certificate_is_renewed_for_the_same_keys(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer first, second;
    struct certificate old, new;
    uint32_t later = date_add_days(TODAY, 40);
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT_FATAL(certify_in(ca, "T1", ROLE_TILL, &first, &failure));
    CU_ASSERT(ca_renew(ca, "T1", &second, &failure)); // before it ends
    ca_close(ca);
    ca = ca_at("ca", later); // and behind it
    CU_ASSERT_FATAL(ca_renew(ca, "T1", &second, &failure));
    CU_ASSERT_EQUAL(second.serial, 3);
    CU_ASSERT_EQUAL(second.validity.from, later);
    CU_ASSERT_EQUAL_FATAL(
        certificate_parse(bytes_of(first.certificate, first.certificate_size), &old),
        CERTIFICATE_OK);
    CU_ASSERT_EQUAL_FATAL(
        certificate_parse(bytes_of(second.certificate, second.certificate_size), &new),
        CERTIFICATE_OK);
    CU_ASSERT(memcmp(old.signing_point, new.signing_point, P256_COMPRESSED_SIZE) == 0);
    CU_ASSERT_EQUAL(old.roles, new.roles);
    CU_ASSERT_EQUAL(old.assurance, new.assurance);
    CU_ASSERT(bytes_equal(old.holder, new.holder));
    CU_ASSERT_FALSE(certify_in(ca, "T1", ROLE_TILL, &first, &failure)); // not for other keys
    ca_close(ca);
    end();
}

static void what_is_not_renewed_is_named(void) {
    begin();
    struct failure failure = {0};
    struct ca_answer answer;
    size_t revoked;
    CU_ASSERT_FATAL(ca_init(in_scratch("ca"), NULL, crypto, TODAY, &failure));
    struct ca *ca = ca_at("ca", TODAY);
    CU_ASSERT_FALSE(ca_renew(ca, "T1", &answer, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "no certificate of 'T1'"));
    CU_ASSERT_FATAL(certify_in(ca, "T1", ROLE_TILL, &answer, &failure));
    CU_ASSERT_FATAL(certify_in(ca, "T2", ROLE_TILL, &answer, &failure));
    // another till's certificate in the place of this one's copy
    CU_ASSERT_EQUAL(rename(in_scratch("ca/issued/2.cvc"), in_scratch("ca/issued/1.cvc")), 0);
    CU_ASSERT_FALSE(ca_renew(ca, "T1", &answer, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "restore it"));
    CU_ASSERT(ca_revoke(ca, "T1", &revoked, &failure));
    CU_ASSERT_FALSE(ca_renew(ca, "T1", &answer, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "was revoked"));
    CU_ASSERT_EQUAL(ca->issued.count, 2);
    ca_close(ca);
    end();
}

static const struct suite_test tests[] = {
    {"every role chains to the root through its own domain only", every_role_chains_to_the_root,
     NULL},
    {"nobody gives roles across domains", nobody_gives_roles_across_domains, NULL},
    {"a production root certifies no emulated key", production_certifies_no_emulated_key, NULL},
    {"an authority of one enterprise names it everywhere", one_enterprise_certifies_for_itself,
     "S08"},
    {"an authority directory of one enterprise refuses another", a_directory_of_one_enterprise,
     "S08"},
    {"short-lived roles live 35 days", short_lived_roles_live_35_days, NULL},
    {"an authority is made once and kept private", an_authority_is_made_once_and_kept_private,
     NULL},
    {"bad directories are named", bad_directories_are_named, NULL},
    {"swapped keys are noticed", swapped_keys_are_noticed, NULL},
    {"an id is certified once until revoked", an_id_is_certified_once_until_revoked, NULL},
    {"names that an authority does not give", names_that_an_authority_does_not_give, NULL},
    {"a directory of the former version", a_directory_of_the_former_version, NULL},
    {"a torn register line was never issued", a_torn_register_line_was_never_issued, NULL},
    {"one process holds the directory", one_process_holds_the_directory, NULL},
    {"every certificate has an X.509 twin", every_certificate_has_an_x509_twin, NULL},
    {"a certificate is renewed for the same keys", a_certificate_is_renewed_for_the_same_keys,
     NULL},
    {"what is not renewed is named", what_is_not_renewed_is_named, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-authority", tests, sizeof tests / sizeof tests[0], argc, argv);
}
