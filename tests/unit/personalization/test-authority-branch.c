// SPDX-License-Identifier: Apache-2.0
// Branches: further issuing authorities of one root, each with the names of its own space.
#include "base/calendar.h"
#include "base/files.h"
#include "personalization/authority/authority.h"
#include "personalization/authority/files/folder.h"
#include "personalization/authority/lists/hotlist.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TODAY = 20261121 };

static struct crypto *crypto;
static char directory[64];
static struct ca opened;
static struct failure failure;

static struct ca *open_again(void) {
    CU_ASSERT_FATAL(ca_open(&opened, directory, NULL, crypto, TODAY, &failure));
    return &opened;
}

static struct ca *begin_for(const char *enterprise) {
    struct ca_plan plan = {.realm = REALM_LAB, .enterprise = enterprise};
    crypto = crypto_openssl_new_seeded(7);
    snprintf(directory, sizeof directory, "%s", "/tmp/tessera-test-XXXXXX");
    CU_ASSERT_FATAL(mkdtemp(directory) != NULL);
    strcat(directory, "/ca");
    CU_ASSERT_FATAL(ca_init(directory, &plan, crypto, TODAY, &failure));
    return open_again();
}

static void end(struct ca *ca) {
    char command[128];
    ca_close(ca);
    directory[strlen(directory) - strlen("/ca")] = '\0';
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CU_ASSERT_EQUAL(system(command), 0);
    crypto_openssl_free(crypto);
}

static const struct hierarchy_branch *branch(struct ca *ca, enum member domain, const char *space,
                                             const char *enterprise) {
    const struct hierarchy_branch *made = NULL;
    struct ca_branch_plan plan = {domain, space, enterprise};
    failure = (struct failure){0};
    return ca_branch(ca, &plan, &made, &failure) ? made : NULL;
}

static struct ca *begin(void) {
    struct ca *ca = begin_for("");
    CU_ASSERT_PTR_NOT_NULL_FATAL(branch(ca, MEMBER_PURSE, "a:", "SHOPS"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(branch(ca, MEMBER_PURSE, "b:", "SHOPS"));
    return ca;
}

static bool issue(struct ca *ca, const char *id, uint32_t roles, const char *enterprise,
                  struct ca_answer *answer) {
    struct ca_request request = {
        .id = id, .roles = roles, .enterprise = enterprise, .assurance = ASSURANCE_EMULATED};
    struct ca_keys keys;
    failure = (struct failure){0};
    return ca_issue(ca, &request, &keys, answer, &failure);
}

static struct bytes certificate_of(const struct hierarchy_member *member) {
    return bytes_of(member->certificate, member->certificate_size);
}

/// As whoever trusts the root sees a certificate that is shown below an authority.
static enum certificate_fault judged(const struct ca *ca, const struct hierarchy_member *above,
                                     struct bytes leaf) {
    struct certificate out;
    struct bytes chain[3] = {member_certificate(&ca->hierarchy, MEMBER_ROOT), certificate_of(above),
                             leaf};
    return certificate_verify_chain(chain, 3, ca->hierarchy.members[MEMBER_ROOT].signer.point,
                                    TODAY, crypto, &out);
}

static void two_authorities_of_one_root(void) {
    struct ca *ca = begin();
    struct ca_answer answer;
    static const char *const ids[] = {"a:till-1", "b:till-1", "till-1"};
    const struct hierarchy *hierarchy = &ca->hierarchy;
    const struct hierarchy_member *issuers[] = {&hierarchy->branches[0].member,
                                                &hierarchy->branches[1].member,
                                                &hierarchy->members[MEMBER_PURSE]};
    CU_ASSERT_EQUAL(hierarchy_check(hierarchy), CERTIFICATE_OK);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(issue(ca, ids[i], ROLE_TILL, "", &answer));
        struct bytes leaf = bytes_of(answer.certificate, answer.certificate_size);
        for (size_t j = 0; j < 3; j++)
            CU_ASSERT_EQUAL(judged(ca, issuers[j], leaf) == CERTIFICATE_OK, i == j);
        struct certificate fields;
        CU_ASSERT_EQUAL(certificate_parse(leaf, &fields), CERTIFICATE_OK);
        CU_ASSERT_EQUAL(hierarchy_verify(hierarchy, &fields, TODAY), CERTIFICATE_OK);
        CU_ASSERT_EQUAL(fields.enterprise.size, i < 2 ? 5 : 0);
    }
    CU_ASSERT_FALSE(issue(ca, "a:till-2", ROLE_TILL, "OTHERS", &answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-enterprise"));
    CU_ASSERT_FALSE(issue(ca, "a:seller", ROLE_SELLER, "", &answer)); // a: has no trade
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-name"));
    CU_ASSERT_FALSE(issue(ca, "a:b:till-1", ROLE_TILL, "", &answer)); // nor anybody a:b:
    end(ca);
}

static void names_have_one_owner(void) {
    static const struct {
        enum member domain;
        const char *space, *enterprise, *word;
    } REFUSED[] = {
        {MEMBER_PURSE, "a:", "SHOPS", "wrong-name"},    // the same names
        {MEMBER_PURSE, "a:", "OTHERS", "wrong-name"},   // for another enterprise either
        {MEMBER_TRADE, "a:", "OTHERS", "wrong-name"},   // in another domain it would look the same
        {MEMBER_TRADE, "a:x:", "OTHERS", "wrong-name"}, // or like one of a:
        {MEMBER_PURSE, "a", "", "no space"},
        {MEMBER_PURSE, ":a", "", "no space"},
        {MEMBER_PURSE, "", "", "no space"},
        {MEMBER_PURSE, "fifteen-letters:", "", "no space"},
        {MEMBER_PURSE, "c d:", "", "no space"},
    };
    struct ca *ca = begin();
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        CU_ASSERT_PTR_NULL(branch(ca, REFUSED[i].domain, REFUSED[i].space, REFUSED[i].enterprise));
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, REFUSED[i].word));
    }
    CU_ASSERT_EQUAL(ca->hierarchy.branch_count, 2);
    CU_ASSERT_PTR_NOT_NULL(branch(ca, MEMBER_TRADE, "a:", "SHOPS"));
    CU_ASSERT_PTR_NOT_NULL(branch(ca, MEMBER_PURSE, "a:x:", "SHOPS"));
    ca_close(ca);
    ca = open_again(); // what was refused left nothing, what was made is all there
    CU_ASSERT_EQUAL(ca->hierarchy.branch_count, 4);
    CU_ASSERT_EQUAL(ca->issued.count, 4);
    end(ca);
}

static void the_hierarchy_keeps_its_names(void) {
    struct ca *ca = begin();
    struct ca_answer answer;
    char later[HOLDER_MAX + 1];
    snprintf(later, sizeof later, "%.4sP08%s", ca->hierarchy.members[MEMBER_ROOT].name,
             strrchr(ca->hierarchy.members[MEMBER_ROOT].name, '-'));
    CU_ASSERT_FALSE(issue(ca, ca->hierarchy.branches[0].member.name, ROLE_STORE, "", &answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-name"));
    CU_ASSERT_FALSE(issue(ca, later, ROLE_STORE, "", &answer)); // of an authority still to come
    CU_ASSERT(issue(ca, "LAB-0", ROLE_STORE, "", &answer));
    end(ca);
}

/// A certificate as the branch's own key signs it, for whatever name.
static struct bytes forged(const struct hierarchy_branch *by, const char *holder, uint16_t roles,
                           const char *enterprise, uint8_t out[CERTIFICATE_MAX]) {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
    size_t size = 0;
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    struct certificate fields = {.issuer = bytes_of_string(by->member.name),
                                 .holder = bytes_of_string(holder),
                                 .roles = roles,
                                 .enterprise = bytes_of_string(enterprise),
                                 .made = (roles & ROLE_ISSUING) != 0 ? TODAY : 0,
                                 .assurance = ASSURANCE_EMULATED,
                                 .from = TODAY,
                                 .until = TODAY,
                                 .signing_point = point};
    CU_ASSERT_EQUAL(certificate_make(&fields, &by->member.signer, out, CERTIFICATE_MAX, &size),
                    CERTIFICATE_OK);
    return bytes_of(out, size);
}

static void an_authority_out_of_its_space(void) {
    static const struct {
        const char *holder;
        uint16_t roles;
        const char *enterprise;
        enum certificate_fault fault;
    } CASES[] = {
        {"a:till-1", ROLE_TILL, "SHOPS", CERTIFICATE_OK},
        {"b:till-1", ROLE_TILL, "SHOPS", CERTIFICATE_WRONG_NAME},
        {"till-1", ROLE_TILL, "SHOPS", CERTIFICATE_WRONG_NAME},
        {"a:x:till-1", ROLE_TILL, "SHOPS", CERTIFICATE_WRONG_NAME},
        {"a:till-1", ROLE_TILL, "OTHERS", CERTIFICATE_WRONG_ENTERPRISE},
        {"a:center", ROLE_CENTER, "SHOPS", CERTIFICATE_WRONG_DOMAIN},
        {"a:next", ROLE_ISSUING | ROLE_TILL, "SHOPS", CERTIFICATE_CHAIN_TOO_LONG},
    };
    struct ca *ca = begin();
    const struct hierarchy_branch *by = &ca->hierarchy.branches[0];
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        uint8_t out[CERTIFICATE_MAX];
        struct bytes leaf = forged(by, CASES[i].holder, CASES[i].roles, CASES[i].enterprise, out);
        CU_ASSERT_EQUAL(judged(ca, &by->member, leaf), CASES[i].fault);
    }
    end(ca);
}

// A swapped certificate of a branch is not taken for its own, nor one that another root made.
static void a_damaged_branch_is_noticed(void) {
    struct ca *ca = begin();
    char from[128], to[128];
    ca_close(ca);
    snprintf(from, sizeof from, "%s/branch-1.cvc", directory);
    snprintf(to, sizeof to, "%s/branch-2.cvc", directory);
    uint8_t octets[CERTIFICATE_MAX], own[CERTIFICATE_MAX];
    size_t size = 0, own_size = 0;
    CU_ASSERT(files_read(from, octets, sizeof octets, &size));
    CU_ASSERT(files_read(to, own, sizeof own, &own_size));
    CU_ASSERT(files_write(to, bytes_of(octets, size), FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT_FALSE(ca_open(ca, directory, NULL, crypto, TODAY, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "belongs to another authority"));
    CU_ASSERT(files_write(to, bytes_of(own, own_size), FILES_PUBLIC, FILES_REPLACE));
    end(open_again());
}

// Power went after the key and before the certificate: the key serves the next one.
static void a_torn_branch_was_never_made(void) {
    struct ca *ca = begin_for("SHOPS");
    char path[128];
    CU_ASSERT_PTR_NOT_NULL_FATAL(branch(ca, MEMBER_PURSE, "a:", ""));
    CU_ASSERT_STRING_EQUAL(ca->hierarchy.branches[0].enterprise, "SHOPS");
    ca_close(ca);
    snprintf(path, sizeof path, "%s/branch-1.cvc", directory);
    CU_ASSERT_EQUAL(unlink(path), 0);
    ca = open_again();
    CU_ASSERT_EQUAL(ca->hierarchy.branch_count, 0);
    CU_ASSERT_PTR_NOT_NULL(branch(ca, MEMBER_PURSE, "b:", ""));
    CU_ASSERT_PTR_NULL(branch(ca, MEMBER_PURSE, "c:", "OTHERS"));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "wrong-enterprise"));
    for (char space[] = "c:"; space[0] < 'j'; space[0]++)
        CU_ASSERT_PTR_NOT_NULL(branch(ca, MEMBER_PURSE, space, ""));
    CU_ASSERT_PTR_NULL(branch(ca, MEMBER_PURSE, "z:", ""));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "room for no more"));
    ca_close(ca);
    ca = open_again();
    CU_ASSERT_EQUAL(ca->hierarchy.branch_count, BRANCHES_MAX);
    end(ca);
}

static size_t listed(struct ca *ca, enum ca_audience audience) {
    struct ca_list list;
    CU_ASSERT_FATAL(ca_hotlist(ca, audience, &list, &failure));
    size_t count = list.certificates;
    ca_list_free(&list);
    return count;
}

// Cards need the mark of the authority alone, terminals that of everybody below it.
static void a_revoked_branch(void) {
    struct ca *ca = begin();
    struct ca_answer answer;
    size_t count = 0;
    char path[128];
    CU_ASSERT(issue(ca, "a:w1", ROLE_WALLET, "", &answer));
    CU_ASSERT(issue(ca, "a:w2", ROLE_WALLET, "", &answer));
    CU_ASSERT(issue(ca, "b:w1", ROLE_WALLET, "", &answer));
    CU_ASSERT(issue(ca, "w1", ROLE_WALLET, "", &answer));
    CU_ASSERT_FATAL(ca_revoke(ca, ca->hierarchy.branches[0].member.name, &count, &failure));
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(listed(ca, CA_LIST_WALLETS), 1);
    CU_ASSERT_EQUAL(listed(ca, CA_LIST_MACHINES), 1);
    CU_ASSERT_EQUAL(listed(ca, CA_LIST_HOSTS), 3);
    snprintf(path, sizeof path, "%s/crl.pem", directory);
    CU_ASSERT_FATAL(ca_revocation_list(ca, path, &count, &failure));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_FALSE(issue(ca, "a:w3", ROLE_WALLET, "", &answer));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "hotlisted"));
    CU_ASSERT_FALSE(ca_renew(ca, "a:w1", &answer, &failure));
    CU_ASSERT(ca_renew(ca, "b:w1", &answer, &failure));
    CU_ASSERT_FALSE(ca_renew(ca, ca->hierarchy.branches[1].member.name, &answer, &failure));
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "is an authority"));
    end(ca);
}

// With the card go its identity and the machine around it.
static void what_a_revoked_branch_takes_along(void) {
    struct ca *ca = begin();
    struct ca_answer answer;
    struct ca_keys keys;
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE], der[X509_PEM_MAX];
    size_t size = 0, count = 0;
    uint32_t until = 0;
    char path[128];
    struct ca_request machine = {.id = "a:till-1",
                                 .roles = ROLE_TILL,
                                 .network = true,
                                 .enterprise = "",
                                 .assurance = ASSURANCE_EMULATED};
    struct ca_identity identity = {.id = "a:till-1",
                                   .enterprise = "SHOPS",
                                   .assurance = ASSURANCE_EMULATED,
                                   .purpose = X509_PIV_SIGNATURE,
                                   .point = point};
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    CU_ASSERT_FATAL(issue(ca, "a:till-1", ROLE_TILL, "", &answer));
    CU_ASSERT_FATAL(ca_issue(ca, &machine, &keys, &answer, &failure));
    CU_ASSERT_FATAL(ca_certify_identity(ca, &identity, der, sizeof der, &size, &until, &failure));
    CU_ASSERT(until > TODAY);
    snprintf(path, sizeof path, "%s/crl.pem", directory);
    CU_ASSERT_FATAL(ca_revocation_list(ca, path, &count, &failure));
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_FATAL(ca_revoke(ca, ca->hierarchy.branches[0].member.name, &count, &failure));
    CU_ASSERT_FATAL(ca_revocation_list(ca, path, &count, &failure));
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_FALSE(ca_issue(ca, &machine, &keys, &answer, &failure));
    end(ca);
}

static const struct suite_test tests[] = {
    {"two authorities of one root", two_authorities_of_one_root, NULL},
    {"names have one owner", names_have_one_owner, NULL},
    {"the hierarchy keeps its names", the_hierarchy_keeps_its_names, NULL},
    {"an authority out of its space", an_authority_out_of_its_space, NULL},
    {"a damaged branch is noticed", a_damaged_branch_is_noticed, NULL},
    {"a torn branch was never made", a_torn_branch_was_never_made, NULL},
    {"a revoked branch", a_revoked_branch, NULL},
    {"what a revoked branch takes along", what_a_revoked_branch_takes_along, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-authority-branch", tests, sizeof tests / sizeof tests[0], argc, argv);
}
