// SPDX-License-Identifier: Apache-2.0
// A purse on the factory bench: data groupings in their order, what is refused, and that there is
// no purse before personalization is closed and no factory after it.
#include "tests/suite.h"
#include "tests/world.h"

#include <string.h>

static struct world *world;
static struct world_card *card;
static const struct bytes EMPTY = {0};

static void begin(uint16_t roles) {
    world = world_open(5);
    card = world_blank(world, "CARD1", roles);
}

static void end(void) {
    world_close(world);
}

static struct world_profile lawful(void) {
    return (struct world_profile){.offline_count = 10, .offline_sum = 1000, .free_reading = true};
}

static uint16_t store_profile(const struct world_profile *profile) {
    uint8_t data[256];
    return world_store(card, PERSO_PROFILE, world_profile_data(card, profile, data));
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
        CU_ASSERT_EQUAL(world_select(card, NULL), SW_NOT_FOUND);
        end();
    }
}

static void test_profile(void) {
    struct world_profile profile = lawful();
    uint8_t data[256];
    begin(ROLE_TILL);
    profile.offline_sum = 0;
    CU_ASSERT_EQUAL(store_profile(&profile), SW_WRONG_DATA); // a till without budget
    profile = lawful();
    struct bytes whole = world_profile_data(card, &profile, data);
    CU_ASSERT_EQUAL(world_store(card, PERSO_PROFILE, bytes_of(data, whole.size - 1)),
                    SW_WRONG_DATA);
    CU_ASSERT_EQUAL(world_store(card, PERSO_PROFILE, EMPTY), SW_WRONG_DATA);
    strcpy(card->holder, "THIRTEEN-LONG");
    CU_ASSERT_EQUAL(store_profile(&profile), SW_WRONG_DATA);
    strcpy(card->holder, "CARD1");
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
    struct certificate fields = sample_fields(party, &world->purses);
    fields.signing_point = point;
    fields.kem_point = card->kem_point;
    CU_ASSERT_EQUAL(certificate_make(&fields, &world->purses.signer, party->octets,
                                     sizeof party->octets, &size),
                    CERTIFICATE_OK);
    return bytes_of(party->octets, size);
}

static void test_order(void) {
    struct world_profile profile = lawful();
    struct sample_party party;
    begin(ROLE_TILL);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CLOSE, EMPTY), SW_CONDITIONS);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ISSUING, world->purses.certificate), SW_CONDITIONS);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ROOT, world->purses.certificate), SW_WRONG_ROLE);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ROOT, world->root.certificate), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ROOT, world->root.certificate), SW_EXISTS);
    CU_ASSERT_EQUAL(store_profile(&profile), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, PERSO_GENERATE_KEYS, EMPTY), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, PERSO_GENERATE_KEYS, EMPTY), SW_EXISTS);
    world_read_keys(card);
    struct bytes good = own_certificate("CARD1", ROLE_TILL, card->signing_point, &party);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CERTIFICATE, good), SW_UNKNOWN_ISSUER);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ISSUING, world->purses.certificate), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CERTIFICATE,
                                own_certificate("CARD2", ROLE_TILL, card->signing_point, &party)),
                    SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CERTIFICATE,
                                own_certificate("CARD1", ROLE_FLOAT, card->signing_point, &party)),
                    SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(
        world_store(card, PERSO_CERTIFICATE,
                    own_certificate("CARD1", ROLE_TILL, world->center.signer.point, &party)),
        SW_WRONG_PARTY);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CLOSE, EMPTY), SW_CONDITIONS);
    good = own_certificate("CARD1", ROLE_TILL, card->signing_point, &party);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CERTIFICATE, good), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, 0x0199, EMPTY), SW_REFERENCE_NOT_FOUND);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CLOSE, EMPTY), SW_OK);
    end();
}

// No purse before the close: every command but SELECT and GET DATA is refused.
static void test_no_purse_before(void) {
    uint8_t data[255] = {0};
    begin(ROLE_WALLET);
    world_select(card, NULL);
    for (int id = COMMAND_PURSE_EXCHANGE_CERTIFICATES; id <= COMMAND_PURSE_RESET_RETRY; id++) {
        const struct catalogue_command *row = &catalogue[id];
        if (id == COMMAND_PURSE_GET_DATA)
            continue;
        CU_ASSERT_EQUAL(world_send(card, (enum command_id)id, bytes_of(data, row->lc_min)),
                        SW_LIFE_CYCLE);
    }
    CU_ASSERT_EQUAL(world_send_p1p2(card, COMMAND_PURSE_GET_DATA, PURSE_DATA_CERTIFICATE, EMPTY),
                    SW_REFERENCE_NOT_FOUND);
    end();
}

// And no factory after it, while what is renewed in the field may still come this way.
static void test_no_factory_after(void) {
    static const uint16_t GONE[] = {PERSO_PROFILE, PERSO_COUNTERS, PERSO_GENERATE_KEYS, PERSO_ROOT,
                                    PERSO_PIN,     PERSO_PUK,      PERSO_CLOSE};
    uint8_t renewed[CERTIFICATE_MAX], digits[5] = {3, '9', '9', '9', '9'};
    world = world_open(5);
    card = world_add(world, "CARD1", ROLE_WALLET, NULL);
    card->interface = CARD_INTERNAL;
    struct world_snapshot before = world_save(world);
    for (size_t i = 0; i < sizeof GONE / sizeof GONE[0]; i++)
        CU_ASSERT_EQUAL(world_store(card, GONE[i], BYTES_OF(digits)), SW_LIFE_CYCLE);
    CU_ASSERT(world_unchanged(world, &before));
    world_forget(&before);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ISSUING, world->centers.certificate), SW_OK);
    CU_ASSERT_EQUAL(world_store(card, PERSO_CERTIFICATE,
                                world_recertify(card, WORLD_FROM, WORLD_LONG, renewed)),
                    SW_OK);
    end();
}

static void test_trust_table_full(void) {
    struct sample_party issuing;
    char name[8] = "AUTH0";
    world = world_open(5);
    card = world_add(world, "CARD1", ROLE_WALLET, NULL);
    card->interface = CARD_INTERNAL;
    for (int i = 0; i < PERSO_ISSUING_MAX - 2; i++) {
        name[4] = (char)('0' + i);
        world_certify(world, &issuing, name, ROLE_ISSUING | ROLE_BANK, &world->root, WORLD_FROM,
                      WORLD_LONG);
        CU_ASSERT_EQUAL(world_store(card, PERSO_ISSUING, issuing.certificate), SW_OK);
    }
    world_certify(world, &issuing, "TOOMANY", ROLE_ISSUING | ROLE_BANK, &world->root, WORLD_FROM,
                  WORLD_LONG);
    CU_ASSERT_EQUAL(world_store(card, PERSO_ISSUING, issuing.certificate), SW_NO_SPACE);
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
