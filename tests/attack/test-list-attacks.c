// SPDX-License-Identifier: Apache-2.0
// Attacks by the lists of a terminal: below one root stand several centers, each with a key that
// signs hotlists of the right form. What another one than the till's own signs lists nobody,
// spares nobody and replaces nothing.
#include "base/files.h"
#include "host/flows/flow.h"
#include "services/wire/revocations.h"
#include "tests/kit/image.h"
#include "tests/kit/scene/lossy.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/services/host_list.h"

#include <stdio.h>
#include <string.h>

enum { AMOUNT = 100 };

static struct {
    struct trio trio;
    struct host_authority own, foreign;
    struct lossy_plan plan;
    struct lossy_link wallet, till;
    struct purse_client wallet_client, till_client;
    struct revocations list;
    struct flow flow;
    char directory[TEST_PATH_MAX], path[TEST_PATH_MAX + 16], root[TEST_PATH_MAX + 16],
        center[TEST_PATH_MAX + 16];
} t;

/// The scene's center, and one of an authority of other names below the same root.
static void begin(void) {
    memset(&t, 0, sizeof t);
    t.trio = trio_begin(NULL, NULL, NULL);
    struct scene *scene = t.trio.scene;
    t.own = (struct host_authority){scene->root, scene->centers, scene->center};
    t.foreign.root = scene->root;
    scene_authority(scene, &t.foreign.centers, "B-CLEAR", ROLE_CENTER, "b:");
    scene_certify(scene, &t.foreign.center, "b:CENTER", ROLE_CENTER, &t.foreign.centers, SCENE_FROM,
                  SCENE_LONG);
    lossy_disarm(&t.plan);
    lossy_over(&t.wallet, t.trio.wallet, CARD_CONTACTLESS, &t.plan);
    lossy_over(&t.till, t.trio.till, CARD_CONTACT, &t.plan);
    test_directory_make(t.directory);
    snprintf(t.path, sizeof t.path, "%s/hotlist", t.directory);
    snprintf(t.root, sizeof t.root, "%s/root.cvc", t.directory);
    snprintf(t.center, sizeof t.center, "%s/center.cvc", t.directory);
}

static void end(void) {
    link_close(&t.wallet.link);
    link_close(&t.till.link);
    trio_end(&t.trio);
    test_directory_remove(t.directory);
}

/// The marks of a list that somebody signs: of the wallet's holder, or of nobody.
static void write_list(const struct host_authority *by, bool lists_wallet) {
    const struct scene *scene = t.trio.scene;
    uint8_t mark[MARK_SIZE];
    CU_ASSERT_FATAL(mark_of_holder(scene->crypto, bytes_of_string(scene->purses.holder),
                                   bytes_of_string(t.trio.wallet->holder), mark));
    host_list_write(by, scene->crypto, bytes_of(mark, lists_wallet ? MARK_SIZE : 0), 0, t.path,
                    t.root);
}

/// A payment at the till with the list that lies there.
static uint16_t pay(void) {
    struct failure failure = {0};
    CU_ASSERT_FATAL(
        revocations_open(&t.list, t.path, t.root, t.trio.scene->crypto, SAMPLE_TODAY, &failure));
    client_over(&t.wallet_client, &t.wallet.link);
    client_over(&t.till_client, &t.till.link);
    flow_over(&t.flow, &t.wallet_client, &t.till_client, &t.wallet_client);
    t.flow.revoked = &t.list;
    t.flow.terms.amount = AMOUNT;
    t.flow.terms.unit = SCENE_UNIT;
    CU_ASSERT(purse_terms_refer(&t.flow.terms, REFERENCE_GOODS, "NO_1"));
    payment_run(&t.flow);
    revocations_close(&t.list);
    CU_ASSERT(t.flow.status == FLOW_DONE || strcmp(t.flow.by, "hotlist") == 0);
    return t.flow.status == FLOW_DONE ? SW_OK : t.flow.sw;
}

static void test_own_list(void) {
    begin();
    write_list(&t.own, true);
    REFUSED(&t.trio, pay(), SW_HOTLISTED);
    write_list(&t.own, false);
    ACCEPTED(pay());
    end();
}

// Another domain's center keeps my customers away from my till.
static void test_foreign_list_lists(void) {
    begin();
    write_list(&t.foreign, true);
    REFUSED(&t.trio, pay(), SW_WRONG_CENTER);
    end();
}

// It puts its own list in the place of mine, and whom I listed pays again.
static void test_foreign_list_spares(void) {
    begin();
    write_list(&t.own, true);
    REFUSED(&t.trio, pay(), SW_HOTLISTED);
    write_list(&t.foreign, false);
    REFUSED(&t.trio, pay(), SW_WRONG_CENTER);
    end();
}

// A list that names holders of its own space and of mine counts for neither, and for the names of
// its own space it counts at its own terminals only.
static void test_list_of_two_spaces(void) {
    const struct scene *scene = t.trio.scene;
    uint8_t marks[2 * MARK_SIZE];
    begin();
    scene = t.trio.scene;
    CU_ASSERT_FATAL(mark_of_holder(scene->crypto, bytes_of_string(scene->purses.holder),
                                   bytes_of_string(t.trio.wallet->holder), marks) &&
                    mark_of_holder(scene->crypto, bytes_of_string("B-PURSE"),
                                   bytes_of_string("b:anna"), marks + MARK_SIZE));
    if (memcmp(marks, marks + MARK_SIZE, MARK_SIZE) > 0)
        for (size_t i = 0; i < MARK_SIZE; i++) {
            uint8_t octet = marks[i];
            marks[i] = marks[MARK_SIZE + i];
            marks[MARK_SIZE + i] = octet;
        }
    host_list_write(&t.foreign, scene->crypto, BYTES_OF(marks), 0, t.path, t.root);
    REFUSED(&t.trio, pay(), SW_WRONG_CENTER);
    host_list_write(&t.own, scene->crypto, BYTES_OF(marks), 0, t.path, t.root);
    REFUSED(&t.trio, pay(), SW_HOTLISTED);
    end();
}

static bool opens_in(const char *expected) {
    struct revocations list;
    struct failure failure = {0};
    bool opened = revocations_open_in(&list, t.path, t.directory, t.trio.scene->crypto,
                                      SAMPLE_TODAY, &failure);
    revocations_close(&list);
    CU_ASSERT(opened == (expected == NULL));
    return expected == NULL || strstr(failure.text, expected) != NULL;
}

// A program without a card knows its center by center.cvc, which came with its root.
static void test_programs(void) {
    begin();
    write_list(&t.own, true);
    CU_ASSERT(opens_in("center.cvc"));
    CU_ASSERT_FATAL(files_write(t.center, t.own.center.certificate, FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT(opens_in(NULL));
    write_list(&t.foreign, false);
    CU_ASSERT(opens_in("wrong-center: signed by b:CENTER"));
    CU_ASSERT_FATAL(files_write(t.center, bytes_of_string("none"), FILES_PUBLIC, FILES_REPLACE));
    CU_ASSERT(opens_in("is no certificate"));
    end();
}

static const struct suite_test tests[] = {
    {"the till's own center lists, and spares", test_own_list, NULL},
    {"a foreign center lists my customer", test_foreign_list_lists, NULL},
    {"a foreign list in the place of mine", test_foreign_list_spares, NULL},
    {"a list of two spaces", test_list_of_two_spaces, NULL},
    {"a program believes the center that came with its root", test_programs, NULL},
};

int main(int argc, char **argv) {
    return suite_main("test-list-attacks", tests, sizeof tests / sizeof tests[0], argc, argv);
}
