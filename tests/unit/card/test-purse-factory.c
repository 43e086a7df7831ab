// SPDX-License-Identifier: Apache-2.0
// A purse on the factory: data groupings in their order, what is refused, and that there is
// no purse before personalization is closed and no factory after it.
#include "tests/kit/scene/scene.h"
#include "tests/kit/suite.h"

#include <string.h>

static struct scene *scene;
static struct scene_card *card;
static const struct bytes EMPTY = {0};

static void begin(uint16_t roles) {
    scene = scene_open(5);
    card = scene_blank(scene, "CARD1", roles);
}

static void end(void) {
    scene_close(scene);
}

static struct scene_profile lawful(void) {
    return (struct scene_profile){.offline_count = 10, .offline_sum = 1000, .free_reading = true};
}

static uint16_t store_profile(const struct scene_profile *profile) {
    uint8_t data[256];
    return scene_store(card, PERSO_PROFILE, scene_profile_data(profile, data));
}

static uint16_t store_name(void) {
    uint8_t data[64];
    return scene_store(card, PERSO_NAME, scene_name_data(card, data));
}

static void test_roles(void) {
    static const uint16_t GOOD[] = {ROLE_WALLET, ROLE_WALLET | ROLE_STORE, ROLE_TILL, ROLE_FLOAT};
    static const uint16_t BAD[] = {0,
                                   ROLE_STORE,
                                   ROLE_CENTER,
                                   ROLE_WALLET | ROLE_TILL,
                                   ROLE_PURSES,
                                   ROLE_TILL | ROLE_STORE,
                                   ROLE_ROOT | ROLE_WALLET};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        begin(GOOD[i]);
        CU_ASSERT_EQUAL(card->sw, SW_OK);
        end();
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        begin(BAD[i]);
        CU_ASSERT(card->sw != SW_OK);
        CU_ASSERT_EQUAL(scene_select(card, NULL), SW_NOT_FOUND);
        end();
    }
}

static void test_profile(void) {
    struct scene_profile profile = lawful();
    uint8_t data[256];
    begin(ROLE_TILL);
    profile.offline_sum = 0;
    CU_ASSERT_EQUAL(store_profile(&profile), SW_WRONG_DATA); // a till without budget
    profile = lawful();
    struct bytes whole = scene_profile_data(&profile, data);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_PROFILE, bytes_of(data, whole.size - 1)),
                    SW_WRONG_DATA);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_PROFILE, EMPTY), SW_WRONG_DATA);
    strcpy(card->holder, "THIRTEEN-LONG");
    CU_ASSERT_EQUAL(store_name(), SW_WRONG_DATA);
    strcpy(card->holder, "CARD1");
    CU_ASSERT_EQUAL(store_name(), SW_OK);
    CU_ASSERT_EQUAL(store_name(), SW_EXISTS);
    CU_ASSERT_EQUAL(store_profile(&profile), SW_OK);
    CU_ASSERT_EQUAL(store_profile(&profile), SW_EXISTS);
    end();
}

static struct bytes own_certificate(const char *holder, uint16_t roles, const uint8_t *point,
                                    struct sample_party *party) {
    size_t size = 0;
    memset(party, 0, sizeof *party);
    snprintf(party->holder, sizeof party->holder, "%s", holder);
    party->roles = roles;
    struct certificate fields = sample_fields(party, &scene->purses);
    fields.signing_point = point;
    fields.kem_point = card->kem_point;
    CU_ASSERT_EQUAL(certificate_make(&fields, &scene->purses.signer, party->octets,
                                     sizeof party->octets, &size),
                    CERTIFICATE_OK);
    return bytes_of(party->octets, size);
}

static void test_order(void) {
    struct scene_profile profile = lawful();
    struct sample_party party;
    begin(ROLE_TILL);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_FINISH, EMPTY), SW_CONDITIONS);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ISSUING, scene->purses.certificate), SW_CONDITIONS);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ROOT, scene->purses.certificate), SW_WRONG_ROLE);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ROOT, scene->root.certificate), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ROOT, scene->root.certificate), SW_EXISTS);
    CU_ASSERT_EQUAL(store_profile(&profile), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_FINISH, EMPTY), SW_CONDITIONS);
    CU_ASSERT_EQUAL(store_name(), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_GENERATE_KEYS, EMPTY), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_GENERATE_KEYS, EMPTY), SW_EXISTS);
    scene_read_keys(card);
    struct bytes good = own_certificate("CARD1", ROLE_TILL, card->signing_point, &party);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_CERTIFICATE, good), SW_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ISSUING, scene->purses.certificate), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_CERTIFICATE,
                                own_certificate("CARD2", ROLE_TILL, card->signing_point, &party)),
                    SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_CERTIFICATE,
                                own_certificate("CARD1", ROLE_FLOAT, card->signing_point, &party)),
                    SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(
        scene_store(card, PERSO_CERTIFICATE,
                    own_certificate("CARD1", ROLE_TILL, scene->center.signer.point, &party)),
        SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_FINISH, EMPTY), SW_CONDITIONS);
    good = own_certificate("CARD1", ROLE_TILL, card->signing_point, &party);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_CERTIFICATE, good), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, 0x0199, EMPTY), SW_REFERENCE_NOT_FOUND);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_FINISH, EMPTY), SW_OK);
    end();
}

// No purse before the close: every command but SELECT and GET DATA is refused.
static void test_no_purse_before(void) {
    uint8_t data[255] = {0};
    begin(ROLE_WALLET);
    scene_select(card, NULL);
    for (int id = COMMAND_PURSE_EXCHANGE_CERTIFICATES; id <= COMMAND_PURSE_RESET_RETRY; id++) {
        const struct catalogue_command *row = &purse_commands[id];
        if (id == COMMAND_PURSE_GET_DATA)
            continue;
        CU_ASSERT_EQUAL(scene_send(card, (enum purse_command)id, bytes_of(data, row->lc_min)),
                        SW_LIFE_CYCLE);
    }
    CU_ASSERT_EQUAL(scene_send_p1p2(card, COMMAND_PURSE_GET_DATA, PURSE_DATA_CERTIFICATE, EMPTY),
                    SW_REFERENCE_NOT_FOUND);
    end();
}

// And no factory after it, while what is renewed in the field may still come this way.
static void test_no_factory_after(void) {
    static const uint16_t GONE[] = {PERSO_NAME, PERSO_PROFILE, PERSO_COUNTERS, PERSO_GENERATE_KEYS,
                                    PERSO_ROOT, PERSO_PIN,     PERSO_PUK,      PERSO_FINISH};
    uint8_t renewed[CERTIFICATE_MAX], digits[5] = {3, '9', '9', '9', '9'};
    scene = scene_open(5);
    card = scene_add(scene, "CARD1", ROLE_WALLET, NULL);
    card->interface = CARD_INTERNAL;
    struct scene_snapshot before = scene_save(scene);
    for (size_t i = 0; i < sizeof GONE / sizeof GONE[0]; i++)
        CU_ASSERT_EQUAL(scene_store(card, GONE[i], BYTES_OF(digits)), SW_LIFE_CYCLE);
    CU_ASSERT(scene_unchanged(scene, &before));
    scene_forget(&before);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ISSUING, scene->centers.certificate), SW_OK);
    CU_ASSERT_EQUAL(scene_store(card, PERSO_CERTIFICATE,
                                scene_recertify(card, SCENE_FROM, SCENE_LONG, renewed)),
                    SW_OK);
    end();
}

static void test_trust_table_full(void) {
    struct sample_party issuing;
    char name[8] = "AUTH0", space[4] = "0:";
    scene = scene_open(5);
    card = scene_add(scene, "CARD1", ROLE_WALLET, NULL);
    card->interface = CARD_INTERNAL;
    for (int i = 0; i < PERSO_ISSUING_MAX - 2; i++) {
        name[4] = space[0] = (char)('0' + i);
        scene_authority(scene, &issuing, name, ROLE_BANK, space);
        CU_ASSERT_EQUAL(scene_store(card, PERSO_ISSUING, issuing.certificate), SW_OK);
    }
    scene_authority(scene, &issuing, "TOOMANY", ROLE_BANK, "many:");
    CU_ASSERT_EQUAL(scene_store(card, PERSO_ISSUING, issuing.certificate), SW_NO_SPACE);
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"roles that a purse can have", test_roles, NULL},
        {"profiles", test_profile, NULL},
        {"groupings in order, certificates that fit", test_order, NULL},
        {"no purse before the close", test_no_purse_before, NULL},
        {"no factory after the close", test_no_factory_after, NULL},
        {"a full trust table", test_trust_table_full, NULL},
    };
    return suite_main("test-purse-factory", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
}
