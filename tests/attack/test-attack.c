// SPDX-License-Identifier: Apache-2.0
// Attacks that once worked and belong to no one module: each stands here as it was found, with what
// the card answers now.
#include "card/applets.h"
#include "card/applets/piv/piv.h"
#include "card/os/context.h"
#include "personalization/channel/gp_session.h"
#include "readers/link/emu.h"
#include "tests/kit/scene/trio.h"
#include "tests/kit/suite.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t wallet_parameters[] = {ROLE_WALLET >> 8, ROLE_WALLET & 0xFF};

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

static void open_channel(struct fixture *fixture) {
    CU_ASSERT_EQUAL_FATAL(gp_open(&fixture->session, fixture->link, fixture->crypto,
                                  (struct bytes){0}, 0, 0x33, initial_keys, NULL),
                          GP_OK);
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
    open_channel(fixture);
    return fixture;
}

static void fixture_free(struct fixture *fixture) {
    link_close(fixture->link);
    crypto_openssl_free(fixture->crypto);
    free(fixture);
}

static struct bytes purse_aid(void) {
    return bytes_of(purse_application.aid, purse_application.aid_size);
}

static enum gp_status install(struct fixture *fixture, const uint8_t *aid) {
    return gp_install(&fixture->session, purse_aid(), bytes_of(aid, 7),
                      BYTES_OF(wallet_parameters));
}

// The memory that survives a reset was handed out once and never came back: after some ten
// installations within one session a card had no room for another.
static void instances_come_and_go_for_ever(void) {
    static const uint8_t one[] = "FIRST01", two[] = "SECOND2", three[] = "THIRD03";
    struct fixture *fixture = fixture_new();
    CU_ASSERT_EQUAL_FATAL(install(fixture, one), GP_OK);
    CU_ASSERT_EQUAL(install(fixture, two), GP_OK);
    size_t index = directory_find(&fixture->card, bytes_of(two, 7));
    fixture->card.on_reset[fixture->card.reset_at[index]] = 0x5A; // as an armed tap
    for (size_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL_FATAL(install(fixture, three), GP_OK);
        CU_ASSERT_EQUAL_FATAL(gp_delete(&fixture->session, bytes_of(three, 7)), GP_OK);
    }
    CU_ASSERT_EQUAL(gp_delete(&fixture->session, bytes_of(one, 7)), GP_OK);
    CU_ASSERT_EQUAL(fixture->card.on_reset[fixture->card.reset_at[index]], 0x5A);
    CU_ASSERT_EQUAL(fixture->card.reset_at[index], 0);
    CU_ASSERT_EQUAL(gp_delete(&fixture->session, bytes_of(two, 7)), GP_OK);
    CU_ASSERT_EQUAL(fixture->card.reset_used, 0);
    fixture_free(fixture);
}

static void set_card_state(struct fixture *fixture, enum card_life_cycle state) {
    struct card_call call = card_call_to(&fixture->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    nvm_begin(&fixture->card.nvm);
    card_set_life_cycle(&call, state);
    CU_ASSERT(nvm_commit(&fixture->card.nvm));
    fixture->card.directory_changed = false;
}

// GlobalPlatform 5.1.1.4: a locked card changes neither content nor keys nor data. It did.
static void a_locked_card_keeps_its_content(void) {
    static const uint8_t one[] = "FIRST01", two[] = "SECOND2", digit[] = {CARD_SECURED};
    struct fixture *fixture = fixture_new();
    struct scp03_keys keys = {.size = 16};
    CU_ASSERT_EQUAL_FATAL(install(fixture, one), GP_OK);
    set_card_state(fixture, CARD_LOCKED);
    CU_ASSERT_EQUAL(install(fixture, two), GP_REFUSED);
    CU_ASSERT_EQUAL(fixture->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_delete(&fixture->session, bytes_of(one, 7)), GP_REFUSED);
    CU_ASSERT_EQUAL(fixture->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_put_keys(&fixture->session, 0, 1, &keys), GP_REFUSED);
    CU_ASSERT_EQUAL(fixture->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_store(&fixture->session, 0x0001, BYTES_OF(digit), true), GP_REFUSED);
    CU_ASSERT_EQUAL(fixture->session.sw, SW_CONDITIONS);
    set_card_state(fixture, CARD_SECURED);
    CU_ASSERT_EQUAL(gp_delete(&fixture->session, bytes_of(one, 7)), GP_OK);
    fixture_free(fixture);
}

// A holder's id came back with another key while its sale was open: the till signed the open terms
// for the new key, which debited, and CREDIT refused the log, whose key it did not know.
static void a_sale_is_open_for_one_key(void) {
    struct trio t = trio_begin(NULL, NULL, NULL);
    struct scene_payment payment = trio_requested(&t, 100, "one key");
    struct sample_party other;
    scene_certify(t.scene, &other, t.wallet->holder, ROLE_WALLET, &t.scene->purses, SCENE_FROM,
                  SCENE_LONG);
    ACCEPTED(scene_send(t.till, COMMAND_PURSE_EXCHANGE_CERTIFICATES, other.certificate));
    REFUSED(&t, scene_request(t.till, &payment.terms, &payment.request), SW_MISMATCH);
    ACCEPTED(scene_step_void(&payment));
    ACCEPTED(scene_request(t.till, &payment.terms, &payment.request)); // a number of its own
    trio_end(&t);
}

static uint16_t transmit(struct fixture *fixture, struct bytes command) {
    uint8_t answer[512];
    size_t size = card_transmit(&fixture->card, CARD_CONTACT, command, answer, sizeof answer);
    return (uint16_t)bytes_get_be(answer + size - 2, 2);
}

// An image whose checksums are right and whose content is not: a private key of 65535 octets was
// read over the end of the buffer for it, and one of 5 octets was used with whatever stood behind
// it. The sanitizers watch.
static void a_wild_key_size_is_no_key(void) {
    static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};
    static const uint8_t generate[] = {0, 0x47, 0, 0x9E, 5, 0xAC, 3, 0x80, 1, PIV_P256, 0};
    static const uint8_t wild[][2] = {{0xFF, 0xFF}, {0x00, 0x05}, {0x00, 0x21}, {0x00, 0x00}};
    uint8_t sign[44] = {0, 0x87, PIV_P256, 0x9E, 38, 0x7C, 36, 0x82, 0, 0x81, 32};
    struct fixture *fixture = fixture_new();
    struct bytes piv = BYTES_OF(aid);
    CU_ASSERT_EQUAL_FATAL(gp_install(&fixture->session, piv, piv, (struct bytes){0}), GP_OK);
    CU_ASSERT_EQUAL(transmit(fixture, BYTES_OF(select)), SW_OK);
    ((struct piv_session *)(void *)fixture->card.on_deselect)->manager = true; // as if proved
    CU_ASSERT_EQUAL(transmit(fixture, BYTES_OF(generate)), SW_OK);
    CU_ASSERT_EQUAL(transmit(fixture, bytes_of(sign, sizeof sign)), SW_OK);
    uint32_t base = fixture->card.instances[directory_find(&fixture->card, piv)].base;
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        nvm_begin(&fixture->card.nvm);
        nvm_stage(&fixture->card.nvm, base + PIV_AT_KEY_HEADS + 3 * PIV_HEAD_SIZE + 2, wild[i], 2);
        CU_ASSERT(nvm_commit(&fixture->card.nvm));
        CU_ASSERT_EQUAL(transmit(fixture, bytes_of(sign, sizeof sign)), SW_REFERENCE_NOT_FOUND);
    }
    fixture_free(fixture);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"instances come and go for ever", instances_come_and_go_for_ever, NULL},
        {"a locked card keeps its content", a_locked_card_keeps_its_content, NULL},
        {"a wild key size is no key", a_wild_key_size_is_no_key, NULL},
        {"a sale is open for one key of its payer", a_sale_is_open_for_one_key, NULL},
    };
    return suite_main("test-attack", tests, sizeof tests / sizeof *tests, argc, argv);
}
