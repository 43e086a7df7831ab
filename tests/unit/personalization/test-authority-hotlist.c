// SPDX-License-Identifier: Apache-2.0
// The authority's hotlists: what each kind of reader gets, in which order, and what does not fit.
#include "apdu/object/marks.h"
#include "base/calendar.h"
#include "personalization/authority/lists/hotlist.h"
#include "tests/kit/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TODAY = 20261121 };

static struct crypto *crypto;
static char directory[64];
static struct ca opened;

static struct ca *open_at(uint32_t today) {
    struct failure failure = {0};
    CU_ASSERT_FATAL(ca_open(&opened, directory, NULL, crypto, today, &failure));
    return &opened;
}

static struct ca *begin(void) {
    struct failure failure = {0};
    crypto = crypto_openssl_new_seeded(7);
    snprintf(directory, sizeof directory, "%s", "/tmp/tessera-test-XXXXXX");
    CU_ASSERT_FATAL(mkdtemp(directory) != NULL);
    strcat(directory, "/ca");
    CU_ASSERT_FATAL(ca_init(directory, NULL, crypto, TODAY, &failure));
    return open_at(TODAY);
}

static void end(struct ca *ca) {
    char command[128];
    ca_close(ca);
    directory[strlen(directory) - strlen("/ca")] = '\0';
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CU_ASSERT_EQUAL(system(command), 0);
    crypto_openssl_free(crypto);
}

static bool issue(struct ca *ca, const char *id, uint32_t roles, struct ca_answer *answer) {
    struct ca_request request = {
        .id = id, .roles = roles, .enterprise = "", .assurance = ASSURANCE_EMULATED};
    struct ca_keys keys;
    struct failure failure = {0};
    return ca_issue(ca, &request, &keys, answer, &failure);
}

/// The list of an authority, whole and signed; its object in *head.
static struct ca_list list_for(struct ca *ca, enum ca_audience audience, struct object *head) {
    struct failure failure = {0};
    struct ca_list list;
    uint8_t digest[SHA256_SIZE];
    bool done = ca_hotlist(ca, audience, &list, &failure);
    if (!done)
        fprintf(stderr, "hotlist: %s\n", failure.text);
    CU_ASSERT_FATAL(done);
    CU_ASSERT_FATAL(object_decode(bytes_of(list.octets, list.size), head));
    CU_ASSERT(object_verify(head, crypto, ca->hierarchy.members[MEMBER_CENTER].signer.point));
    struct bytes marks = bytes_of(list.octets + head->whole.size, list.size - head->whole.size);
    CU_ASSERT(marks_rise(marks) && marks_digest(crypto, marks, digest));
    CU_ASSERT(bytes_equal(head->fields[FIELD_LIST_HASH], BYTES_OF(digest)));
    CU_ASSERT_EQUAL(object_uint(head, FIELD_MARKS), marks.size / MARK_SIZE);
    CU_ASSERT_EQUAL(marks.size / MARK_SIZE, list.certificates + list.holders);
    CU_ASSERT_EQUAL(object_uint(head, FIELD_VERSION), list.version);
    return list;
}

static bool lists(const struct ca_list *list, const struct object *head, const uint8_t *mark) {
    return marks_have(bytes_of(list->octets + head->whole.size, list->size - head->whole.size),
                      mark);
}

static void the_hotlist_version_only_rises(void) {
    struct ca *ca = begin();
    struct failure failure = {0};
    struct ca_answer answer;
    size_t revoked;
    struct object head, again;
    uint8_t digest[CERTIFICATE_DIGEST_SIZE], holder[MARK_SIZE];
    CU_ASSERT(issue(ca, "W1", ROLE_WALLET, &answer));
    struct ca_list empty = list_for(ca, CA_LIST_HOSTS, &head);
    CU_ASSERT(empty.version == 1 && empty.certificates == 0 && empty.holders == 0);
    struct ca_list same = list_for(ca, CA_LIST_HOSTS, &again);
    CU_ASSERT(bytes_equal(head.whole, again.whole));
    ca_list_free(&empty);
    ca_list_free(&same);
    CU_ASSERT(ca_revoke(ca, "W1", &revoked, &failure));
    struct ca_list one = list_for(ca, CA_LIST_HOSTS, &head);
    CU_ASSERT(one.version == 2 && one.certificates == 1 && one.holders == 1);
    CU_ASSERT(
        certificate_digest(crypto, bytes_of(answer.certificate, answer.certificate_size), digest));
    CU_ASSERT(mark_of_holder(crypto, bytes_of_string(ca->hierarchy.members[MEMBER_PURSE].name),
                             bytes_of_string("W1"), holder));
    CU_ASSERT(lists(&one, &head, digest) && lists(&one, &head, holder));
    ca_list_free(&one);
    struct ca_list other = list_for(ca, CA_LIST_MACHINES, &head); // versions of its own
    CU_ASSERT(other.version == 1 && other.certificates == 1);
    ca_list_free(&other);
    ca_close(ca);
    ca = open_at(date_add_days(TODAY, 1)); // a new day is a new version
    CU_ASSERT(issue(ca, "W1", ROLE_WALLET, &answer));
    struct ca_list renewed = list_for(ca, CA_LIST_HOSTS, &head);
    CU_ASSERT(renewed.version == 3 && renewed.certificates == 1);
    CU_ASSERT_EQUAL(renewed.holders, 0); // W1 has a valid certificate again
    CU_ASSERT(lists(&renewed, &head, digest) && !lists(&renewed, &head, holder));
    ca_list_free(&renewed);
    end(ca);
}

/// A register of revoked wallets and tills, in memory: nobody signs so many certificates in a test.
static void revoke_many(struct ca *ca, uint32_t roles, size_t count, uint32_t until) {
    struct register_list *issued = &ca->issued;
    issued->entries = realloc(issued->entries, (issued->count + count) * sizeof *issued->entries);
    CU_ASSERT_FATAL(issued->entries != NULL);
    issued->capacity = issued->count + count;
    for (size_t i = 0; i < count; i++) {
        struct register_entry entry = {
            .date = TODAY, .roles = roles, .from = TODAY, .until = until, .revoked = TODAY};
        snprintf(entry.holder, sizeof entry.holder, "%s%u", role_name(roles), (unsigned)i % 100000);
        bytes_put_be(entry.digest, 8, (uint64_t)roles << 32 | i << 8 | 1);
        entry.serial = issued->count + 1;
        issued->entries[issued->count++] = entry;
    }
}

// At its limit a list goes on with those who matter most; who does not fit is told.
static void a_hotlist_never_stops_at_its_limit(void) {
    struct ca *ca = begin();
    enum { WALLETS = 4100, TILLS = 70 };
    struct failure failure = {0};
    struct object head;
    uint8_t mark[MARK_SIZE];
    revoke_many(ca, ROLE_WALLET, WALLETS, TODAY + 10000);
    revoke_many(ca, ROLE_TILL, TILLS, TODAY + 7);
    struct ca_list wallets = list_for(ca, CA_LIST_WALLETS, &head);
    CU_ASSERT_EQUAL(bytes_get_be(head.fields[FIELD_ROLES].data, 2), ROLE_WALLET | ROLE_STORE);
    CU_ASSERT(wallets.certificates == 64 && wallets.holders == 64); // tills alone
    CU_ASSERT_EQUAL(wallets.left_out, WALLETS + TILLS - 64);
    CU_ASSERT_STRING_EQUAL(wallets.first_out, "till64");
    bytes_put_be(mark, 8, (uint64_t)ROLE_TILL << 32 | 1);
    CU_ASSERT(lists(&wallets, &head, mark));
    ca_list_free(&wallets);
    struct ca_list machines = list_for(ca, CA_LIST_MACHINES, &head);
    CU_ASSERT_EQUAL(bytes_get_be(head.fields[FIELD_ROLES].data, 2), ROLE_TILL | ROLE_FLOAT);
    CU_ASSERT(machines.certificates == 4096 && machines.holders == 4096);
    CU_ASSERT_EQUAL(machines.left_out, WALLETS + TILLS - 4096);
    CU_ASSERT_FALSE(lists(&machines, &head, mark)); // no till among the wallets
    ca_list_free(&machines);
    struct ca_list hosts = list_for(ca, CA_LIST_HOSTS, &head);
    CU_ASSERT_EQUAL(bytes_get_be(head.fields[FIELD_ROLES].data, 2), 0); // for no card
    CU_ASSERT(hosts.certificates == WALLETS + TILLS && hosts.left_out == 0);
    ca_list_free(&hosts);
    struct ca_list measured;
    CU_ASSERT(ca_hotlist_measure(ca, CA_LIST_MACHINES, &measured, &failure));
    CU_ASSERT(measured.left_out == WALLETS + TILLS - 4096 && measured.octets == NULL);
    ca->today = TODAY + 8; // the tills have run out by then
    struct ca_list later = list_for(ca, CA_LIST_WALLETS, &head);
    CU_ASSERT_FALSE(lists(&later, &head, mark));
    CU_ASSERT_EQUAL(later.certificates, 64);
    ca_list_free(&later);
    end(ca);
}

// Lost, and run out before anybody noticed: nobody shall renew it.
static void what_has_run_out_is_revoked_too(void) {
    struct ca *ca = begin();
    struct failure failure = {0};
    struct ca_answer answer;
    struct object head;
    size_t revoked = 0;
    CU_ASSERT(issue(ca, "T1", ROLE_TILL, &answer));
    ca_close(ca);
    ca = open_at(date_add_days(TODAY, 40));
    CU_ASSERT(ca_revoke(ca, "T1", &revoked, &failure));
    CU_ASSERT_EQUAL(revoked, 1);
    CU_ASSERT_FALSE(ca_renew(ca, "T1", &answer, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "revoked keys are not renewed"));
    struct ca_list list = list_for(ca, CA_LIST_HOSTS, &head);
    CU_ASSERT_EQUAL(list.certificates, 0); // its end is enough for readers
    ca_list_free(&list);
    CU_ASSERT_FALSE(ca_revoke(ca, "T1", &revoked, &failure));
    end(ca);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"the hotlist version only rises", the_hotlist_version_only_rises, NULL},
        {"a hotlist never stops at its limit", a_hotlist_never_stops_at_its_limit, NULL},
        {"what has run out is revoked, too", what_has_run_out_is_revoked_too, NULL},
    };
    return suite_main("test-authority-hotlist", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
