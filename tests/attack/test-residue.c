// SPDX-License-Identifier: Apache-2.0
// What is left of a secret after it was replaced or removed: the whole medium is searched, journal
// and idle buffers included.
#include "apdu/command/perso_piv.h"
#include "card/applets.h"
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "card/os/context.h"
#include "personalization/channel/gp_session.h"
#include "readers/link/emu.h"
#include "tests/kit/scene/scene.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t piv_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};

enum { WINDOW = 12 }; // so many octets of a secret in a row are no accident

static bool holds(const uint8_t *image, size_t size, const uint8_t *secret, size_t secret_size) {
    for (size_t from = 0; from + WINDOW <= secret_size; from += WINDOW)
        for (size_t at = 0; at + WINDOW <= size; at++)
            if (memcmp(image + at, secret + from, WINDOW) == 0)
                return true;
    return false;
}

// ---- one card over its contacts ----------------------------------------------------------------

struct fixture {
    uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct crypto *crypto;
    struct card_ports ports;
    struct card card;
    struct link *link;
    struct gp_session session;
};

static bool initial_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                         const char **reason) {
    (void)context, (void)card, (void)reason;
    keys->size = 16;
    for (uint8_t i = 0; i < 16; i++)
        keys->enc[i] = keys->mac[i] = keys->dek[i] = (uint8_t)(0x40 + i);
    return true;
}

static bool given_keys(void *context, const struct gp_card *card, struct scp03_keys *keys,
                       const char **reason) {
    (void)card, (void)reason;
    *keys = *(const struct scp03_keys *)context;
    return true;
}

static struct fixture *fixture_new(void) {
    static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    memory_port_open(&fixture->port, fixture->image, sizeof fixture->image);
    fixture->crypto = crypto_openssl_new();
    fixture->ports = (struct card_ports){&fixture->port.nvm, fixture->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&fixture->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&fixture->card, &fixture->ports), CARD_OK);
    fixture->link = emu_link_over(&fixture->card, &fixture->ports, CARD_CONTACT, NULL);
    CU_ASSERT_EQUAL_FATAL(gp_open(&fixture->session, fixture->link, fixture->crypto,
                                  (struct bytes){0}, 0, 0x33, initial_keys, NULL),
                          GP_OK);
    return fixture;
}

static void fixture_free(struct fixture *fixture) {
    link_close(fixture->link);
    crypto_openssl_free(fixture->crypto);
    free(fixture);
}

static bool fixture_holds(const struct fixture *fixture, const uint8_t *secret, size_t size) {
    return holds(fixture->image, sizeof fixture->image, secret, size);
}

static uint16_t transmit(struct fixture *fixture, const uint8_t *command, size_t size) {
    uint8_t answer[512];
    size_t got =
        card_transmit(&fixture->card, CARD_CONTACT, bytes_of(command, size), answer, sizeof answer);
    return (uint16_t)bytes_get_be(answer + got - 2, 2);
}

static void random_keys(struct fixture *fixture, struct scp03_keys *keys) {
    keys->size = 32;
    fixture->crypto->ops->random(fixture->crypto, keys->enc, 32);
    fixture->crypto->ops->random(fixture->crypto, keys->mac, 32);
    fixture->crypto->ops->random(fixture->crypto, keys->dek, 32);
}

// ---- journal -----------------------------------------------------------------------------------

static void the_journal_forgets(void) {
    static uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct nvm nvm;
    uint8_t secret[600], zeros[sizeof secret] = {0};
    memory_port_open(&port, image, sizeof image);
    CU_ASSERT_EQUAL_FATAL(nvm_format(&port.nvm), NVM_OK);
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)(i * 7 + 3 + i / 100);
    nvm_begin(&nvm);
    nvm_stage(&nvm, nvm_data_begin() + 64, secret, sizeof secret);
    CU_ASSERT(nvm_commit(&nvm));
    CU_ASSERT(holds(nvm.record, sizeof nvm.record, secret, sizeof secret) == false);
    nvm_begin(&nvm);
    nvm_stage(&nvm, nvm_data_begin() + 64, zeros, sizeof zeros);
    CU_ASSERT(nvm_commit(&nvm));
    CU_ASSERT(holds(image, sizeof image, secret, sizeof secret)); // the older slot
    CU_ASSERT_EQUAL_FATAL(nvm_open(&nvm, &port.nvm), NVM_OK);
    for (uint8_t octet = 1; octet <= 2; octet++) {
        nvm_begin(&nvm);
        nvm_stage(&nvm, nvm_data_begin(), &octet, 1);
        CU_ASSERT(nvm_commit(&nvm));
    }
    CU_ASSERT_FALSE(holds(image, sizeof image, secret, sizeof secret));
    CU_ASSERT_EQUAL(nvm_check(&port.nvm), NVM_OK);
}

// ---- security domain ---------------------------------------------------------------------------

static void a_replaced_key_set_is_gone(void) {
    struct fixture *fixture = fixture_new();
    struct scp03_keys first, second;
    random_keys(fixture, &first);
    random_keys(fixture, &second);
    CU_ASSERT_EQUAL(gp_put_keys(&fixture->session, 0, 1, &first), GP_OK);
    CU_ASSERT(fixture_holds(fixture, first.dek, 32));
    CU_ASSERT_EQUAL(gp_open(&fixture->session, fixture->link, fixture->crypto, (struct bytes){0}, 1,
                            0x33, given_keys, &first),
                    GP_OK);
    CU_ASSERT_EQUAL(gp_put_keys(&fixture->session, 1, 1, &second), GP_OK);
    CU_ASSERT_FALSE(fixture_holds(fixture, first.enc, 32));
    CU_ASSERT_FALSE(fixture_holds(fixture, first.mac, 32));
    CU_ASSERT_FALSE(fixture_holds(fixture, first.dek, 32));
    CU_ASSERT(fixture_holds(fixture, second.dek, 32));
    // replaced twice within one channel: the one in between was never used
    random_keys(fixture, &first);
    CU_ASSERT_EQUAL(gp_open(&fixture->session, fixture->link, fixture->crypto, (struct bytes){0}, 1,
                            0x33, given_keys, &second),
                    GP_OK);
    CU_ASSERT_EQUAL(gp_put_keys(&fixture->session, 0, 2, &first), GP_OK);
    CU_ASSERT(fixture_holds(fixture, first.dek, 32));
    CU_ASSERT_EQUAL(gp_put_keys(&fixture->session, 2, 2, &second), GP_OK);
    CU_ASSERT_FALSE(fixture_holds(fixture, first.enc, 32));
    CU_ASSERT_FALSE(fixture_holds(fixture, first.dek, 32));
    card_power_off(&fixture->card);
    CU_ASSERT_FALSE(holds((const uint8_t *)&fixture->card, sizeof fixture->card, second.dek, 32));
    fixture_free(fixture);
}

// ---- identity ----------------------------------------------------------------------------------

static void select_piv(struct fixture *fixture) {
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0B, 0xA0, 0x00, 0x00,
                                     0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
    CU_ASSERT_EQUAL_FATAL(transmit(fixture, select, sizeof select), SW_OK);
    // as if the management key had been proved
    ((struct piv_session *)(void *)fixture->card.on_deselect)->manager = true;
}

static struct fixture *fixture_with_piv(void) {
    struct fixture *fixture = fixture_new();
    struct bytes aid = BYTES_OF(piv_aid);
    CU_ASSERT_EQUAL_FATAL(gp_install(&fixture->session, aid, aid, (struct bytes){0}), GP_OK);
    select_piv(fixture);
    return fixture;
}

static uint16_t generate(struct fixture *fixture, uint8_t algorithm) {
    uint8_t command[] = {0x00, 0x47, 0x00, 0x9A, 0x05, 0xAC, 0x03, 0x80, 0x01, algorithm, 0x00};
    return transmit(fixture, command, sizeof command);
}

// The secret of 9A as it stands in the medium.
static size_t live_key(struct fixture *fixture, struct piv_key *key) {
    size_t instance = directory_find(&fixture->card, BYTES_OF(piv_aid));
    struct card_call call = card_call_to(&fixture->card, CARD_CONTACT, instance);
    memset(key, 0, sizeof *key);
    CU_ASSERT_FATAL(piv_read_key(&call, PIV_KEY_AUTHENTICATION, key));
    return key->algorithm == PIV_P256 ? P256_SCALAR_SIZE : RSA_KEY_SIZE;
}

static void a_replaced_private_key_is_gone(void) {
    struct fixture *fixture = fixture_with_piv();
    static const uint8_t algorithms[] = {PIV_P256, PIV_P256, PIV_RSA_2048, PIV_P256};
    struct piv_key old, fresh;
    size_t old_size = 0;
    for (size_t i = 0; i < sizeof algorithms; i++) {
        uint16_t sw = generate(fixture, algorithms[i]);
        CU_ASSERT(sw == SW_OK || sw >> 8 == SW_MORE_DATA >> 8);
        size_t size = live_key(fixture, &fresh);
        CU_ASSERT(fixture_holds(fixture, fresh.secret, size));
        CU_ASSERT_FALSE(fixture_holds(fixture, old.secret, old_size));
        old = fresh;
        old_size = size;
    }
    struct bytes aid = BYTES_OF(piv_aid);
    CU_ASSERT_EQUAL(gp_open(&fixture->session, fixture->link, fixture->crypto, (struct bytes){0}, 0,
                            0x33, initial_keys, NULL),
                    GP_OK);
    CU_ASSERT_EQUAL(gp_delete(&fixture->session, aid), GP_OK);
    CU_ASSERT_FALSE(fixture_holds(fixture, old.secret, old_size));
    fixture_free(fixture);
}

/// Power goes at every write of a GENERATE: one whole key is left, and after the next SELECT
/// nothing of another one that was ever used.
static void a_cut_replacement_leaves_one_key(void) {
    struct fixture *fixture = fixture_with_piv();
    struct piv_key old, now;
    CU_ASSERT_EQUAL(generate(fixture, PIV_P256), SW_OK);
    live_key(fixture, &old);
    bool finished = false;
    for (unsigned writes = 0; !finished && writes < 200; writes++) {
        select_piv(fixture);
        memory_port_cut(&fixture->port, writes, 3);
        finished = generate(fixture, PIV_P256) == SW_OK;
        memory_port_power(&fixture->port);
        CU_ASSERT_EQUAL_FATAL(card_power_on(&fixture->card, &fixture->ports), CARD_OK);
        select_piv(fixture);
        CU_ASSERT_EQUAL(live_key(fixture, &now), P256_SCALAR_SIZE);
        CU_ASSERT(fixture_holds(fixture, now.secret, P256_SCALAR_SIZE));
        if (memcmp(now.secret, old.secret, P256_SCALAR_SIZE) != 0)
            CU_ASSERT_FALSE(fixture_holds(fixture, old.secret, P256_SCALAR_SIZE));
        old = now;
    }
    CU_ASSERT(finished);
    fixture_free(fixture);
}

// ---- purse -------------------------------------------------------------------------------------

static void a_deleted_purse_is_gone(void) {
    struct scene *scene = scene_open(77);
    struct scene_card *wallet = scene_add(scene, "wallet", ROLE_WALLET, NULL);
    struct card_call call = scene_call(wallet);
    uint8_t scalars[2][P256_SCALAR_SIZE], pin[PIN_RECORD_SIZE];
    static const uint8_t delete[] = {0x80, 0xE4, 0x00, 0x00, 0x0A, 0x4F, 0x08};
    uint8_t command[32];
    card_shared_read(&call, SIGNING_SCALAR_AT, scalars[0], P256_SCALAR_SIZE);
    card_shared_read(&call, KEM_SCALAR_AT, scalars[1], P256_SCALAR_SIZE);
    card_read(&call, PIN_AT, pin, sizeof pin);
    CU_ASSERT(holds(wallet->image, wallet->size, scalars[0], P256_SCALAR_SIZE));
    wallet->interface = CARD_INTERNAL;
    CU_ASSERT_EQUAL(scene_raw(wallet, bytes_of("\x00\xA4\x04\x00\x00", 5)), SW_OK);
    memcpy(command, delete, sizeof delete);
    command[4] = (uint8_t)(2 + call.instance->aid_size);
    command[6] = call.instance->aid_size;
    memcpy(command + 7, call.instance->aid, call.instance->aid_size);
    CU_ASSERT_EQUAL(scene_raw(wallet, bytes_of(command, 7U + command[6])), SW_OK);
    CU_ASSERT_FALSE(holds(wallet->image, wallet->size, scalars[0], P256_SCALAR_SIZE));
    CU_ASSERT_FALSE(holds(wallet->image, wallet->size, scalars[1], P256_SCALAR_SIZE));
    CU_ASSERT_FALSE(holds(wallet->image, wallet->size, pin, 26));
    scene_close(scene);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"two commits later the journal has nothing of a secret", the_journal_forgets, NULL},
        {"a replaced key set is gone from the medium", a_replaced_key_set_is_gone, NULL},
        {"a replaced private key is gone from the medium", a_replaced_private_key_is_gone, NULL},
        {"a cut key replacement leaves one key", a_cut_replacement_leaves_one_key, NULL},
        {"a deleted purse leaves no secret", a_deleted_purse_is_gone, NULL},
    };
    return suite_main("test-residue", tests, sizeof tests / sizeof *tests, argc, argv);
}
