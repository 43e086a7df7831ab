// SPDX-License-Identifier: Apache-2.0
// Power cuts at every write and octet of everything that an issuer and a holder change on a card
// outside the purse: key sets, instances, life cycles, data, PIV and NDEF, and one whole
// personalization. What must hold after each stands in tests/tear/steps.h.
#include "apdu/command/perso.h"
#include "apdu/command/perso_card.h"
#include "apdu/command/perso_ndef.h"
#include "apdu/command/perso_piv.h"
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "tests/kit/scene/factory.h"
#include "tests/kit/suite.h"
#include "tests/tear/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct drawn *drawn;
static struct factory *factory;
static struct tear_figures total;

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void cut(const struct steps *steps) {
    struct tear_figures figures = steps_cut(steps, drawn, false);
    CU_ASSERT(figures.commands >= steps->count && figures.points > 0 && figures.taps > 0);
    CU_ASSERT_EQUAL(figures.violations, 0);
    total.cuts += figures.cuts;
    total.recut += figures.recut;
    total.violations += figures.violations;
}

// ---- key sets ----------------------------------------------------------------------------------

static uint16_t opened(struct issuer *host) {
    return issuer_open(host) == GP_OK ? SW_OK : host->session.sw;
}

static uint16_t put(struct issuer *host, uint8_t old, enum issuer_set set) {
    return opened(host) == SW_OK ? issuer_put(host, old, set) : 0;
}

static uint16_t put_first(struct issuer *host) {
    return put(host, 0, SET_A);
}

static uint16_t put_second(struct issuer *host) {
    return put(host, 0, SET_C);
}

static uint16_t put_other_version(struct issuer *host) {
    return put(host, 1, SET_B);
}

static uint16_t put_same_version(struct issuer *host) {
    return put(host, 2, SET_B_AGAIN);
}

static uint16_t put_bad_value(struct issuer *host) {
    uint16_t sw = opened(host);
    host->session.dek[0] ^= 1; // the card decrypts other keys than their check values belong to
    return sw == SW_OK ? issuer_put(host, 2, SET_B) : 0;
}

static const struct step key_steps[] = {
    {"PUT KEY over the published set", put_first, SW_OK, SW_WRONG_DATA},
    {"PUT KEY of a further set", put_second, SW_OK, SW_WRONG_DATA},
    {"PUT KEY under another version", put_other_version, SW_OK, SW_REFERENCE_NOT_FOUND},
    {"PUT KEY under the same version", put_same_version, SW_OK, 0},
    {"PUT KEY with a wrong check value", put_bad_value, SW_BAD_KCV, 0},
};

static void test_keys(void) {
    cut(&(struct steps){"keys", NULL, key_steps, COUNT(key_steps), false});
}

// ---- content -----------------------------------------------------------------------------------

static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};
static const uint8_t longer[] = {0xD1, 0x01, 0x0A, 0x55, 0x04, 'l', 'o',
                                 'n',  'g',  'e',  'r',  '.',  'x', 'y'};

static uint16_t install(struct issuer *host, const char *applet) {
    return opened(host) == SW_OK ? issuer_install(host, applet, (struct bytes){0}) : 0;
}

static uint16_t install_ndef(struct issuer *host) {
    return install(host, "ndef");
}

static uint16_t install_piv(struct issuer *host) {
    return install(host, "piv");
}

static uint16_t install_purse(struct issuer *host) {
    static const uint8_t wallet[] = {ROLE_WALLET >> 8, ROLE_WALLET & 0xFF};
    return opened(host) == SW_OK ? issuer_install(host, "purse", BYTES_OF(wallet)) : 0;
}

static uint16_t store(struct issuer *host, const char *applet, uint16_t dgi, struct bytes value) {
    return opened(host) == SW_OK ? issuer_store(host, applet, dgi, value) : 0;
}

static uint16_t store_message(struct issuer *host) {
    return store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message));
}

static uint16_t store_longer(struct issuer *host) {
    return store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(longer));
}

static uint16_t store_pin(struct issuer *host) {
    return store(host, "piv", PERSO_PIV_DGI_PIN, bytes_of_string("123456"));
}

static uint16_t store_puk(struct issuer *host) {
    return store(host, "piv", PERSO_PIV_DGI_PUK, bytes_of_string("87654321"));
}

static uint16_t store_manager(struct issuer *host) {
    return store(host, "piv", PERSO_PIV_DGI_MANAGEMENT_KEY, issuer_manager());
}

static uint16_t store_option(struct issuer *host) {
    static const uint8_t option[] = {SCP03_RMAC | SCP03_RENC}; // random challenges from here on
    return store(host, NULL, PERSO_CARD_SCP_OPTION, BYTES_OF(option));
}

static uint16_t store_state(struct issuer *host) {
    static const uint8_t state[] = {CARD_INITIALIZED};
    return store(host, NULL, PERSO_CARD_LIFE_CYCLE, BYTES_OF(state));
}

static void put_grouping(struct tlv_writer *out, uint16_t dgi, struct bytes value) {
    uint8_t head[5] = {(uint8_t)(dgi >> 8), (uint8_t)dgi, 0xFF};
    bytes_put_be(head + 3, 2, value.size);
    tlv_put_raw(out, BYTES_OF(head));
    tlv_put_raw(out, value);
}

static uint16_t store_block(struct issuer *host, const char *applet, struct bytes block) {
    if (opened(host) != SW_OK || gp_aim(&host->session, issuer_aid(applet)) != GP_OK)
        return 0;
    return issuer_secure(host, 0xE2, STORE_DATA_DGI | STORE_DATA_LAST, 0, block);
}

static uint16_t store_secrets(struct issuer *host) {
    uint8_t block[128];
    struct tlv_writer out = tlv_writer_over(block, sizeof block);
    put_grouping(&out, PERSO_PIV_DGI_PIN, bytes_of_string("777777"));
    put_grouping(&out, PERSO_PIV_DGI_PUK, bytes_of_string("88888888"));
    put_grouping(&out, PERSO_PIV_DGI_MANAGEMENT_KEY, bytes_of("\x08sixteen octets..", 17));
    return store_block(host, "piv", tlv_writer_bytes(&out));
}

/// A chained block: profile, keys, trust of a purse, all of them or none.
static uint16_t store_purse(struct issuer *host) {
    static const struct scene_profile profile = {.pin = "1234"};
    const struct scene *scene = host->card->scene;
    uint8_t block[1000], data[256];
    struct tlv_writer out = tlv_writer_over(block, sizeof block);
    put_grouping(&out, PERSO_NAME, scene_name_data(host->card, data));
    put_grouping(&out, PERSO_PROFILE, scene_profile_data(&profile, data));
    put_grouping(&out, PERSO_GENERATE_KEYS, (struct bytes){0});
    put_grouping(&out, PERSO_ROOT, scene->root.certificate);
    put_grouping(&out, PERSO_ISSUING, scene->purses.certificate);
    put_grouping(&out, PERSO_ISSUING, scene->centers.certificate);
    put_grouping(&out, PERSO_PIN,
                 bytes_of_string("\x03"
                                 "1234"));
    return store_block(host, "purse", tlv_writer_bytes(&out));
}

static const struct step content_steps[] = {
    {"INSTALL of NDEF", install_ndef, SW_OK, SW_EXISTS},
    {"STORE DATA of a message", store_message, SW_OK, 0},
    {"STORE DATA of another message", store_longer, SW_OK, 0},
    {"INSTALL of PIV", install_piv, SW_OK, SW_EXISTS},
    {"STORE DATA of a PIN", store_pin, SW_OK, 0},
    {"STORE DATA of a PUK", store_puk, SW_OK, 0},
    {"STORE DATA of a management key", store_manager, SW_OK, 0},
    {"STORE DATA of three secrets at once", store_secrets, SW_OK, 0},
    {"INSTALL of a purse", install_purse, SW_OK, SW_EXISTS},
    {"STORE DATA of half a purse at once", store_purse, SW_OK, SW_EXISTS},
    {"STORE DATA of parameter i", store_option, SW_OK, 0},
    {"STORE DATA of a life cycle", store_state, SW_OK, 0},
};

static void test_content(void) {
    cut(&(struct steps){"content", NULL, content_steps, COUNT(content_steps), false});
}

/// Instances with content: keys, an object, PINs.
static void fill(struct issuer *host) {
    bool done = install_ndef(host) == SW_OK && store_message(host) == SW_OK &&
                install_piv(host) == SW_OK && store_pin(host) == SW_OK &&
                store_puk(host) == SW_OK && store_manager(host) == SW_OK &&
                issuer_prove(host) == SW_OK &&
                issuer_generate(host, PIV_KEY_AUTHENTICATION, PIV_P256) == SW_OK &&
                issuer_generate(host, PIV_KEY_CARD_AUTHENTICATION, PIV_P256) == SW_OK &&
                issuer_put_object(host, 0x5FC105, 0x31, 300) == SW_OK;
    CU_ASSERT_FATAL(done);
}

static uint16_t delete_ndef(struct issuer *host) {
    return opened(host) == SW_OK ? issuer_delete(host, "ndef") : 0;
}

static uint16_t delete_piv(struct issuer *host) {
    return opened(host) == SW_OK ? issuer_delete(host, "piv") : 0;
}

static const struct step delete_steps[] = {
    {"DELETE of NDEF", delete_ndef, SW_OK, SW_REFERENCE_NOT_FOUND},
    {"DELETE of PIV", delete_piv, SW_OK, SW_REFERENCE_NOT_FOUND},
    {"INSTALL in its place", install_ndef, SW_OK, SW_EXISTS},
};

static void test_delete(void) {
    cut(&(struct steps){"delete", fill, delete_steps, COUNT(delete_steps), false});
}

// ---- life cycles -------------------------------------------------------------------------------

enum { OF_CARD = 0x80, OF_APPLICATION = 0x40 };

static uint16_t become(struct issuer *host, uint8_t state) {
    return opened(host) == SW_OK ? issuer_set_status(host, OF_CARD, state, NULL) : 0;
}

static uint16_t become_initialized(struct issuer *host) {
    return become(host, CARD_INITIALIZED);
}

static uint16_t become_secured(struct issuer *host) {
    return become(host, CARD_SECURED);
}

static uint16_t become_locked(struct issuer *host) {
    return become(host, CARD_LOCKED);
}

static uint16_t become_terminated(struct issuer *host) {
    return become(host, CARD_TERMINATED);
}

static uint16_t lock_application(struct issuer *host) {
    return opened(host) == SW_OK ? issuer_set_status(host, OF_APPLICATION, 0x83, "ndef") : 0;
}

static uint16_t unlock_application(struct issuer *host) {
    return opened(host) == SW_OK ? issuer_set_status(host, OF_APPLICATION, 0x07, "ndef") : 0;
}

static void with_ndef(struct issuer *host) {
    CU_ASSERT_FATAL(install_ndef(host) == SW_OK && store_message(host) == SW_OK);
}

/// A terminated card opens to nobody, so the last step is tried again only where it did not happen.
static const struct step status_steps[] = {
    {"SET STATUS to INITIALIZED", become_initialized, SW_OK, SW_CONDITIONS},
    {"PUT KEY before SECURED", put_first, SW_OK, SW_WRONG_DATA},
    {"SET STATUS to SECURED", become_secured, SW_OK, SW_CONDITIONS},
    {"SET STATUS that locks an application", lock_application, SW_OK, SW_CONDITIONS},
    {"SET STATUS that unlocks it", unlock_application, SW_OK, SW_CONDITIONS},
    {"SET STATUS to LOCKED", become_locked, SW_OK, SW_CONDITIONS},
    {"SET STATUS out of the lock", become_secured, SW_OK, SW_CONDITIONS},
    {"SET STATUS to TERMINATED", become_terminated, SW_OK, 0},
};

static uint16_t terminate(struct issuer *host) {
    uint16_t sw = opened(host);
    if (host->card->sw == SW_LIFE_CYCLE)
        return SW_OK; // nobody is let in any more
    return sw == SW_OK ? issuer_set_status(host, OF_CARD, CARD_TERMINATED, NULL) : 0;
}

static void test_status(void) {
    static struct step steps[COUNT(status_steps)];
    memcpy(steps, status_steps, sizeof steps);
    steps[COUNT(steps) - 1].act = terminate;
    cut(&(struct steps){"life cycles", with_ndef, steps, COUNT(steps), false});
}

// ---- failed authentications --------------------------------------------------------------------

static uint64_t failures(const struct issuer *host) {
    struct card_call call = card_call_to(host->card->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    return card_read_uint(&call, ISD_AT_FAILURES, 2);
}

static uint16_t authenticate_wrongly(struct issuer *host) {
    uint64_t before = failures(host);
    issuer_raw(host, "00A4040000");
    if (issuer_raw(host, "8050000008000102030405060700") != SW_OK)
        return 0;
    uint16_t sw = issuer_raw(host, "8482330010 00000000000000000000000000000000");
    return failures(host) == before + 1 ? sw : 0;
}

/// Two channels, two challenges: no sequence number serves twice.
static uint16_t authenticate(struct issuer *host) {
    uint8_t first[SCP03_SIZE_S8];
    uint16_t sw = opened(host);
    memcpy(first, host->session.channel.card_challenge, sizeof first);
    if (sw == SW_OK)
        sw = opened(host);
    bool fresh = memcmp(first, host->session.channel.card_challenge, sizeof first) != 0;
    return fresh && failures(host) == 0 ? sw : 0;
}

static const struct step failure_steps[] = {
    {"first wrong EXTERNAL AUTHENTICATE", authenticate_wrongly, SW_AUTHENTICATION_FAILED, 0},
    {"second wrong EXTERNAL AUTHENTICATE", authenticate_wrongly, SW_AUTHENTICATION_FAILED, 0},
    {"right EXTERNAL AUTHENTICATE", opened, SW_OK, 0},
    {"two more of them", authenticate, SW_OK, 0},
};

static void test_failures(void) {
    cut(&(struct steps){"authentications", NULL, failure_steps, COUNT(failure_steps), false});
}

// ---- PIV ---------------------------------------------------------------------------------------

static void with_piv(struct issuer *host) {
    bool done = install_piv(host) == SW_OK && store_pin(host) == SW_OK &&
                store_puk(host) == SW_OK && store_manager(host) == SW_OK;
    CU_ASSERT_FATAL(done);
}

static uint16_t verify(struct issuer *host, const char *pin) {
    uint16_t sw = issuer_select(host, "piv");
    return sw == SW_OK ? issuer_verify(host, pin) : 0;
}

static uint16_t verify_wrong(struct issuer *host) {
    return verify(host, "999999");
}

static uint16_t verify_right(struct issuer *host) {
    return verify(host, "123456");
}

static uint16_t pair(struct issuer *host, enum piv_command id, const char *first,
                     const char *second) {
    uint16_t sw = issuer_select(host, "piv");
    return sw == SW_OK ? issuer_pair(host, id, first, second) : 0;
}

static uint16_t change_pin(struct issuer *host) {
    return pair(host, COMMAND_PIV_CHANGE_PIN, "123456", "654321");
}

static uint16_t change_puk(struct issuer *host) {
    return pair(host, COMMAND_PIV_CHANGE_PUK, "87654321", "11112222");
}

static uint16_t unblock_wrong(struct issuer *host) {
    return pair(host, COMMAND_PIV_RESET_RETRY, "00000000", "222222");
}

static uint16_t unblock(struct issuer *host) {
    return pair(host, COMMAND_PIV_RESET_RETRY, "11112222", "123456");
}

static const struct step pin_steps[] = {
    {"VERIFY of a wrong PIN", verify_wrong, 0x63C2, 0},
    {"VERIFY of the PIN", verify_right, SW_OK, 0},
    {"CHANGE REFERENCE DATA of the PIN", change_pin, SW_OK, 0x63C2},
    {"CHANGE REFERENCE DATA of the PUK", change_puk, SW_OK, 0x63C2},
    {"VERIFY of the PIN before", verify_right, 0x63C2, 0},
    {"VERIFY of a wrong PIN", verify_wrong, 0x63C1, 0},
    {"VERIFY that blocks", verify_wrong, SW_PIN_BLOCKED, 0},
    {"RESET RETRY COUNTER with a wrong PUK", unblock_wrong, 0x63C2, 0},
    {"RESET RETRY COUNTER", unblock, SW_OK, 0},
};

static void test_pins(void) {
    cut(&(struct steps){"PIV PINs", with_piv, pin_steps, COUNT(pin_steps), false});
}

static uint16_t put_object(struct issuer *host, uint32_t tag, uint8_t first, size_t size) {
    uint16_t sw = issuer_prove(host);
    return sw == SW_OK ? issuer_put_object(host, tag, first, size) : 0;
}

static uint16_t put_large(struct issuer *host) {
    return put_object(host, 0x5FC105, 0x21, 1800);
}

static uint16_t put_smaller(struct issuer *host) {
    return put_object(host, 0x5FC105, 0x42, 700);
}

static uint16_t put_large_again(struct issuer *host) {
    return put_object(host, 0x5FC105, 0x63, 1100);
}

static uint16_t put_identifier(struct issuer *host) {
    return put_object(host, 0x5FC102, 0x84, 59);
}

static uint16_t put_nothing(struct issuer *host) {
    return put_object(host, 0x5FC105, 0x00, 0);
}

static const struct step object_steps[] = {
    {"PUT DATA of a large object", put_large, SW_OK, 0},
    {"PUT DATA over it", put_smaller, SW_OK, 0},
    {"PUT DATA once more", put_large_again, SW_OK, 0},
    {"PUT DATA of a small object", put_identifier, SW_OK, 0},
    {"PUT DATA that removes", put_nothing, SW_OK, 0},
};

static void test_objects(void) {
    cut(&(struct steps){"PIV objects", with_piv, object_steps, COUNT(object_steps), false});
}

/// The new key must sign at once with what GENERATE left.
static uint16_t generate(struct issuer *host, uint8_t reference, uint8_t algorithm) {
    uint16_t sw = issuer_prove(host);
    return sw == SW_OK ? issuer_generate(host, reference, algorithm) : 0;
}

static uint16_t generate_p256(struct issuer *host) {
    uint16_t sw = generate(host, PIV_KEY_CARD_AUTHENTICATION, PIV_P256);
    return sw == SW_OK ? issuer_sign(host, PIV_KEY_CARD_AUTHENTICATION) : sw;
}

static uint16_t generate_rsa(struct issuer *host) {
    return generate(host, PIV_KEY_AUTHENTICATION, PIV_RSA_2048);
}

static uint16_t generate_p256_over_rsa(struct issuer *host) {
    return generate(host, PIV_KEY_AUTHENTICATION, PIV_P256);
}

static const struct step generate_steps[] = {
    {"GENERATE of a P-256 key", generate_p256, SW_OK, 0},
    {"GENERATE over it", generate_p256, SW_OK, 0},
    {"GENERATE of an RSA key", generate_rsa, SW_OK, 0},
    {"GENERATE of an RSA key over it", generate_rsa, SW_OK, 0},
    {"GENERATE of a P-256 key over RSA", generate_p256_over_rsa, SW_OK, 0},
};

static void test_generate(void) {
    cut(&(struct steps){"PIV keys", with_piv, generate_steps, COUNT(generate_steps), false});
}

// ---- everything --------------------------------------------------------------------------------

static uint16_t personalize(struct issuer *host) {
    struct scp03_keys own = issuer_keys(SET_A);
    return factory_make(factory, &host->link, issuer_give_keys, NULL, &own) ? SW_OK : 0;
}

static const struct step whole_steps[] = {{"personalization", personalize, SW_OK, 0}};

static void test_whole(void) {
    cut(&(struct steps){"personalization", NULL, whole_steps, COUNT(whole_steps), true});
}

/// The harness must see what it is there to see: a sync that comes one write too late.
static void test_harness_bites(void) {
    const struct steps few[] = {{"", with_piv, pin_steps, 1, false},
                                {"", with_piv, object_steps, 1, false}};
    for (size_t i = 0; i < COUNT(few); i++) {
        struct tear_figures figures = steps_cut(&few[i], drawn, true);
        CU_ASSERT(figures.violations > 0);
    }
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/// All of it in the optimised build; with sanitizers the first rows only.
int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"cuts in failed authentications", test_failures, NULL},
        {"cuts in PIN commands of PIV never gain a try", test_pins, NULL},
        {"a misplaced sync is seen", test_harness_bites, NULL},
        // from here on without sanitizers
        {"cuts in PUT KEY leave an old or a new set", test_keys, NULL},
        {"cuts in INSTALL and STORE DATA", test_content, NULL},
        {"cuts in DELETE leave no secret", test_delete, NULL},
        {"cuts in SET STATUS", test_status, NULL},
        {"cuts in PUT DATA of PIV", test_objects, NULL},
        {"cuts in key generation", test_generate, NULL},
        {"cuts in a whole personalization", test_whole, NULL},
    };
    size_t count = SANITIZED ? 3 : COUNT(tests);
    struct crypto *crypto = crypto_openssl_new_seeded(2211);
    drawn = drawn_from(crypto);
    factory = factory_open(crypto);
    int code = suite_main(SANITIZED ? "test-tear-card" : "e2e-tear-card", tests, count, argc, argv);
    printf("tear card: %zu cuts, %zu violations\n", total.cuts + total.recut, total.violations);
    factory_close(factory);
    free(drawn);
    crypto_openssl_free(crypto);
    return code;
}
