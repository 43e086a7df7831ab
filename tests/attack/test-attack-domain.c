// SPDX-License-Identifier: Apache-2.0
// An adversary at the security domain: content, keys and life cycles, by commands that a channel
// lets through.
#include "apdu/command/perso_ndef.h"
#include "card/applets/isd/isd.h"
#include "tests/kit/scene/target.h"

#include <string.h>

#include <stdlib.h>

static struct issuer *host;

static const uint8_t other_message[] = {0x02, 0x01, 0x02, 0xD0, 0x00};

// ---- content -----------------------------------------------------------------------------------

static uint16_t store_block(const char *applet, uint8_t p1, uint8_t p2, struct bytes data) {
    (void)applet;
    return issuer_secure(host, 0xE2, p1, p2, data);
}

static void unfinished_personalization_hits_nobody_else(void) {
    static const uint8_t pin[] = {0x80, 0x10, 0x06, '9', '9', '9', '9', '9', '9'};
    host = target_with_piv();
    OPEN();
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("piv")), GP_OK);
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK); // in between
    SW(store_block("piv", STORE_DATA_DGI, 0, BYTES_OF(other_message)), SW_REFERENCE_NOT_FOUND);
    // its target deleted, another instance in its place: the next block goes to neither
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("ndef")), GP_OK);
    SW(issuer_delete(host, "ndef"), SW_OK);
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(store_block("ndef", STORE_DATA_DGI, 0, BYTES_OF(other_message)), SW_REFERENCE_NOT_FOUND);
    // a target does not outlive its selection
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("piv")), GP_OK);
    OPEN();
    SW(store_block("piv", STORE_DATA_DGI, 0, BYTES_OF(pin)), SW_REFERENCE_NOT_FOUND);
    SW(issuer_delete(host, "ndef"), SW_OK);
    target_unchanged(host);
    target_end(host);
}

static void the_domain_stays_and_stays_alone(void) {
    static const uint8_t second[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x01};
    struct bytes domain = issuer_aid("isd");
    host = target_with_ndef();
    OPEN();
    SW(issuer_delete(host, "isd"), SW_CONDITIONS);
    // another one would open to whoever knows the published keys
    CU_ASSERT_EQUAL(gp_install(&host->session, domain, BYTES_OF(second), (struct bytes){0}),
                    GP_REFUSED);
    CU_ASSERT_EQUAL(issuer_put(host, 0, SET_A), SW_OK);
    host->card->interface = CARD_INTERNAL; // nor at the factory
    CU_ASSERT_EQUAL(gp_open_factory(&host->session, &host->link, host->card->scene->crypto), GP_OK);
    CU_ASSERT_EQUAL(gp_install(&host->session, domain, BYTES_OF(second), (struct bytes){0}),
                    GP_REFUSED);
    CU_ASSERT_EQUAL(gp_delete(&host->session, domain), GP_REFUSED);
    host->card->interface = CARD_CONTACT;
    CU_ASSERT_EQUAL(issuer_raw(host, "00A4040008A00000015100000100"), SW_NOT_FOUND);
    target_end(host);
}

static void deletes_that_are_none(void) {
    static const char *const forms[] = {"4F07D276000085010100", "4F07D27600008501014F05A000000003",
                                        "4F06D27600008501",     "4F08D276000085010100",
                                        "5007D2760000850101",   "4F00",
                                        "4F07D27600008501",     "4F80D2760000850101"};
    host = target_with_ndef();
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t data[64];
        size_t size = 0;
        for (; forms[i][2 * size] != '\0'; size++) {
            const char pair[3] = {forms[i][2 * size], forms[i][2 * size + 1], '\0'};
            data[size] = (uint8_t)strtoul(pair, NULL, 16);
        }
        OPEN();
        CU_ASSERT_NOT_EQUAL(issuer_secure(host, 0xE4, 0x00, 0x00, bytes_of(data, size)), SW_OK);
    }
    SW(issuer_select(host, "ndef"), SW_OK); // a selected one cannot be deleted from within
    SW(issuer_raw(host, "80E40000094F07D2760000850101"), SW_CLA_NOT_SUPPORTED);
    OPEN();
    target_unchanged(host);
    target_end(host);
}

/// Whoever is locked is not written to either, and nothing but SET STATUS unlocks it.
static void a_locked_application_takes_no_data(void) {
    host = target_with_ndef();
    OPEN();
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("ndef")), GP_OK);
    SW(issuer_set_status(host, 0x40, 0x80, "ndef"), SW_OK);
    SW(store_block("ndef", STORE_DATA_DGI, 0, BYTES_OF(other_message)), SW_CONDITIONS);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(other_message)), SW_CONDITIONS);
    SW(issuer_select(host, "ndef"), SW_NOT_FOUND);
    OPEN();
    SW(issuer_set_status(host, 0x40, 0x00, "ndef"), SW_OK);
    target_unchanged(host);
    target_end(host);
}

// ---- keys --------------------------------------------------------------------------------------

static void key_versions_do_not_clash(void) {
    host = target_blank();
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    OPEN();
    SW(issuer_put(host, 0, SET_B), SW_OK);
    SW(issuer_put(host, 0, SET_C), SW_OK);
    target_remember(host);
    OPEN();
    SW(issuer_put(host, 0, SET_C), SW_WRONG_DATA);             // there already
    SW(issuer_put(host, 1, SET_C), SW_WRONG_DATA);             // in another place
    SW(issuer_put(host, 0x77, SET_C), SW_REFERENCE_NOT_FOUND); // nothing to replace
    SW(issuer_put(host, 0, SET_PUBLISHED), SW_WRONG_DATA);     // FF is nobody's to give
    struct scp03_keys keys = issuer_keys(SET_A);
    CU_ASSERT_EQUAL(gp_put_keys(&host->session, 0, 0x09, &keys), GP_REFUSED);
    SW(host->session.sw, SW_NO_SPACE);
    for (unsigned version = 0; version <= 0xFF; version += version == 0 ? 0x80 : 1) {
        CU_ASSERT_EQUAL(gp_put_keys(&host->session, 1, (uint8_t)version, &keys), GP_REFUSED);
        SW(host->session.sw, SW_WRONG_DATA);
    }
    target_unchanged(host);
    target_end(host);
}

/// One of the three check values wrong, keys of several sizes, a key cut short.
static void half_good_key_sets_are_refused(void) {
    uint8_t data[128] = {0x01}, block[16] = {0}, kcv[3];
    size_t one = 3 + 16 + 4;
    host = target_blank();
    target_remember(host);
    OPEN();
    scp03_kcv(host->card->scene->crypto, bytes_of(block, 16), kcv);
    host->card->scene->crypto->ops->aes_cbc(host->card->scene->crypto, true,
                                            bytes_of(host->session.dek, 16), (const uint8_t[16]){0},
                                            block, block, 16);
    for (size_t i = 0; i < 3; i++) {
        uint8_t *key = data + 1 + i * one;
        memcpy(key, (const uint8_t[]){0x88, 17, 16}, 3);
        memcpy(key + 3, block, 16);
        key[19] = 3;
        memcpy(key + 20, kcv, 3);
    }
    size_t size = 1 + 3 * one;
    for (size_t i = 0; i < 3; i++) {
        data[1 + i * one + 22] ^= 1;
        SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_BAD_KCV);
        data[1 + i * one + 22] ^= 1;
        data[1 + i * one + 2] = 24;
        SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_WRONG_DATA);
        data[1 + i * one + 2] = 16;
        data[1 + i * one] = 0x80; // DES
        SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_ALGORITHM);
        data[1 + i * one] = 0x88;
        data[1 + i * one + 1] = 0;
        SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_WRONG_DATA);
        data[1 + i * one + 1] = 17;
        data[1 + i * one + 19] = 0; // no check value
        SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_WRONG_DATA);
        data[1 + i * one + 19] = 3;
    }
    for (size_t cut = 1; cut < size; cut++)
        CU_ASSERT_NOT_EQUAL(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, cut)), SW_OK);
    CU_ASSERT_NOT_EQUAL(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size + 1)), SW_OK);
    target_unchanged(host);
    OPEN();
    SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_OK);
    target_end(host);
}

/// The published key is a default key under whatever version it stands.
static void published_keys_under_another_name(void) {
    static const uint8_t secured[] = {CARD_SECURED};
    struct scp03_keys published = issuer_keys(SET_PUBLISHED);
    host = target_blank();
    OPEN();
    SW(issuer_set_status(host, 0x80, CARD_INITIALIZED, NULL), SW_OK);
    CU_ASSERT_EQUAL(gp_put_keys(&host->session, 0, 0x01, &published), GP_OK);
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_DEFAULT_KEYS);
    SW(issuer_store(host, NULL, PERSO_CARD_LIFE_CYCLE, BYTES_OF(secured)), SW_DEFAULT_KEYS);
    SW(issuer_put(host, 0, SET_B), SW_OK); // as long as it is there at all
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_DEFAULT_KEYS);
    SW(issuer_put(host, 1, SET_A), SW_OK);
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_OK);
    target_end(host);
}

/// Nor in the factory, where no channel is asked for.
static void the_factory_secures_no_open_card(void) {
    host = target_blank();
    target_remember(host);
    host->card->interface = CARD_INTERNAL;
    SW(issuer_raw(host, "00A4040000"), SW_OK);
    SW(issuer_raw(host, "80E28800040001010F"), SW_DEFAULT_KEYS);
    host->card->interface = CARD_CONTACT;
    target_unchanged(host);
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    host->card->interface = CARD_INTERNAL;
    SW(issuer_raw(host, "00A4040000"), SW_OK);
    SW(issuer_raw(host, "80E28800040001010F"), SW_OK);
    target_end(host);
}

// ---- life cycle --------------------------------------------------------------------------------

static bool lawful(enum card_life_cycle now, unsigned next) {
    if (next == CARD_TERMINATED)
        return true;
    return (now == CARD_OP_READY && next == CARD_INITIALIZED) ||
           (now == CARD_INITIALIZED && next == CARD_SECURED) ||
           (now == CARD_SECURED && next == CARD_LOCKED) ||
           (now == CARD_LOCKED && next == CARD_SECURED);
}

static void states_do_not_go_back(void) {
    static const enum card_life_cycle states[] = {CARD_OP_READY, CARD_INITIALIZED, CARD_SECURED,
                                                  CARD_LOCKED};
    host = target_blank();
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        OPEN();
        for (unsigned next = 0; next <= 0xFF; next++) {
            target_set_state(host, states[i]);
            uint16_t sw = issuer_set_status(host, 0x80, (uint8_t)next, NULL);
            CU_ASSERT_EQUAL(sw, lawful(states[i], next) ? SW_OK : SW_CONDITIONS);
        }
        target_set_state(host, states[i]);
        for (unsigned p1 = 0; p1 <= 0xFF; p1++)
            if (p1 != 0x80 && p1 != 0x40)
                SW(issuer_set_status(host, (uint8_t)p1, CARD_INITIALIZED, NULL), SW_WRONG_P1P2);
    }
    target_end(host);
}

/// The life cycle octet of an application beyond its lock is its own.
static void only_the_lock_of_an_application_moves(void) {
    host = target_with_ndef();
    OPEN();
    size_t index = directory_find(host->card->card, issuer_aid("ndef"));
    for (unsigned state = 0; state <= 0xFF; state++) {
        bool lock = (state & 0x80) != 0;
        uint16_t sw = issuer_set_status(host, 0x40, (uint8_t)state, "ndef");
        CU_ASSERT_EQUAL(sw, lock ? SW_OK : SW_CONDITIONS);
        CU_ASSERT_EQUAL(host->card->card->instances[index].life_cycle, lock ? 0x87 : 0x07);
        if (lock)
            SW(issuer_set_status(host, 0x40, (uint8_t)(state & 0x7F), "ndef"), SW_OK);
    }
    SW(issuer_set_status(host, 0x40, 0x80, "isd"), SW_REFERENCE_NOT_FOUND);
    SW(issuer_set_status(host, 0x40, 0x80, "piv"), SW_REFERENCE_NOT_FOUND);
    target_unchanged(host);
    target_end(host);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"unfinished personalization hits nobody else", unfinished_personalization_hits_nobody_else,
         NULL},
        {"the security domain stays, and stays alone", the_domain_stays_and_stays_alone, NULL},
        {"deletes that are none", deletes_that_are_none, NULL},
        {"a locked application takes no data", a_locked_application_takes_no_data, NULL},
        {"key versions do not clash", key_versions_do_not_clash, NULL},
        {"half-good key sets are refused", half_good_key_sets_are_refused, NULL},
        {"published keys under another name", published_keys_under_another_name, NULL},
        {"the factory secures no card under published keys", the_factory_secures_no_open_card,
         NULL},
        {"states do not go back", states_do_not_go_back, NULL},
        {"only the lock of an application moves", only_the_lock_of_an_application_moves, NULL},
    };
    return suite_main("test-attack-domain", tests, sizeof tests / sizeof *tests, argc, argv);
}
