// SPDX-License-Identifier: Apache-2.0
// Attacks that once worked and belong to no one module: each stands here as it was found, with what
// the card answers now.
#include "card/applets/piv/piv.h"
#include "card/os/context.h"
#include "personalization/gp_session.h"
#include "readers/emu.h"
#include "tests/suite.h"
#include "tests/trio.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t wallet_parameters[] = {ROLE_WALLET >> 8, ROLE_WALLET & 0xFF};

struct bench {
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

static void open_channel(struct bench *bench) {
    CU_ASSERT_EQUAL_FATAL(gp_open(&bench->session, bench->link, bench->crypto, (struct bytes){0}, 0,
                                  0x33, initial_keys, NULL),
                          GP_OK);
}

static struct bench *bench_new(void) {
    static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct bench *bench = calloc(1, sizeof *bench);
    memory_port_open(&bench->port, bench->image, sizeof bench->image);
    bench->crypto = crypto_openssl_new();
    bench->ports = (struct card_ports){&bench->port.nvm, bench->crypto};
    CU_ASSERT_EQUAL_FATAL(card_format(&bench->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&bench->card, &bench->ports), CARD_OK);
    bench->link = emu_link_over(&bench->card, &bench->ports, CARD_CONTACT, NULL);
    open_channel(bench);
    return bench;
}

static void bench_free(struct bench *bench) {
    link_close(bench->link);
    crypto_openssl_free(bench->crypto);
    free(bench);
}

static struct bytes purse_aid(void) {
    for (size_t i = 0; i < applet_count; i++)
        if (strcmp(applets[i]->name, "purse") == 0)
            return bytes_of(applets[i]->aid, applets[i]->aid_size);
    return (struct bytes){0};
}

static enum gp_status install(struct bench *bench, const uint8_t *aid) {
    return gp_install(&bench->session, purse_aid(), bytes_of(aid, 7), BYTES_OF(wallet_parameters));
}

// The memory that survives a reset was handed out once and never came back: after some ten
// installations within one session a card had no room for another.
static void instances_come_and_go_for_ever(void) {
    static const uint8_t one[] = "FIRST01", two[] = "SECOND2", three[] = "THIRD03";
    struct bench *bench = bench_new();
    CU_ASSERT_EQUAL_FATAL(install(bench, one), GP_OK);
    CU_ASSERT_EQUAL(install(bench, two), GP_OK);
    size_t index = directory_find(&bench->card, bytes_of(two, 7));
    bench->card.on_reset[bench->card.reset_at[index]] = 0x5A; // as an armed tap
    for (size_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL_FATAL(install(bench, three), GP_OK);
        CU_ASSERT_EQUAL_FATAL(gp_delete(&bench->session, bytes_of(three, 7)), GP_OK);
    }
    CU_ASSERT_EQUAL(gp_delete(&bench->session, bytes_of(one, 7)), GP_OK);
    CU_ASSERT_EQUAL(bench->card.on_reset[bench->card.reset_at[index]], 0x5A);
    CU_ASSERT_EQUAL(bench->card.reset_at[index], 0);
    CU_ASSERT_EQUAL(gp_delete(&bench->session, bytes_of(two, 7)), GP_OK);
    CU_ASSERT_EQUAL(bench->card.reset_used, 0);
    bench_free(bench);
}

static void set_card_state(struct bench *bench, enum card_life_cycle state) {
    struct card_call call = card_call_to(&bench->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    nvm_begin(&bench->card.nvm);
    card_set_life_cycle(&call, state);
    CU_ASSERT(nvm_commit(&bench->card.nvm));
    bench->card.directory_changed = false;
}

// GlobalPlatform 5.1.1.4: a locked card changes neither content nor keys nor data. It did.
static void a_locked_card_keeps_its_content(void) {
    static const uint8_t one[] = "FIRST01", two[] = "SECOND2", digit[] = {CARD_SECURED};
    struct bench *bench = bench_new();
    struct scp03_keys keys = {.size = 16};
    CU_ASSERT_EQUAL_FATAL(install(bench, one), GP_OK);
    set_card_state(bench, CARD_LOCKED);
    CU_ASSERT_EQUAL(install(bench, two), GP_REFUSED);
    CU_ASSERT_EQUAL(bench->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_delete(&bench->session, bytes_of(one, 7)), GP_REFUSED);
    CU_ASSERT_EQUAL(bench->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_put_keys(&bench->session, 0, 1, &keys), GP_REFUSED);
    CU_ASSERT_EQUAL(bench->session.sw, SW_CONDITIONS);
    CU_ASSERT_EQUAL(gp_store(&bench->session, 0x0001, BYTES_OF(digit), true), GP_REFUSED);
    CU_ASSERT_EQUAL(bench->session.sw, SW_CONDITIONS);
    set_card_state(bench, CARD_SECURED);
    CU_ASSERT_EQUAL(gp_delete(&bench->session, bytes_of(one, 7)), GP_OK);
    bench_free(bench);
}

// A holder's id came back with another key while its sale was open: the till signed the open terms
// for the new key, which debited, and CREDIT refused the log, whose key it did not know.
static void a_sale_is_open_for_one_key(void) {
    struct trio t = trio_begin(NULL, NULL, NULL);
    struct world_payment payment = trio_requested(&t, 100, "one key");
    struct sample_party other;
    world_certify(t.world, &other, t.wallet->holder, ROLE_WALLET, &t.world->purses, WORLD_FROM,
                  WORLD_LONG);
    ACCEPTED(world_send(t.till, COMMAND_PURSE_EXCHANGE_CERTIFICATES, other.certificate));
    REFUSED(&t, world_request(t.till, &payment.terms, &payment.request), SW_MISMATCH);
    ACCEPTED(world_step_void(&payment));
    ACCEPTED(world_request(t.till, &payment.terms, &payment.request)); // a number of its own
    trio_end(&t);
}

static uint16_t transmit(struct bench *bench, struct bytes command) {
    uint8_t answer[512];
    size_t size = card_transmit(&bench->card, CARD_CONTACT, command, answer, sizeof answer);
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
    struct bench *bench = bench_new();
    struct bytes piv = BYTES_OF(aid);
    CU_ASSERT_EQUAL_FATAL(gp_install(&bench->session, piv, piv, (struct bytes){0}), GP_OK);
    CU_ASSERT_EQUAL(transmit(bench, BYTES_OF(select)), SW_OK);
    ((struct piv_session *)(void *)bench->card.on_deselect)->manager = true; // as if proved
    CU_ASSERT_EQUAL(transmit(bench, BYTES_OF(generate)), SW_OK);
    CU_ASSERT_EQUAL(transmit(bench, bytes_of(sign, sizeof sign)), SW_OK);
    uint32_t base = bench->card.instances[directory_find(&bench->card, piv)].base;
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        nvm_begin(&bench->card.nvm);
        nvm_stage(&bench->card.nvm, base + PIV_AT_KEY_HEADS + 3 * PIV_HEAD_SIZE + 2, wild[i], 2);
        CU_ASSERT(nvm_commit(&bench->card.nvm));
        CU_ASSERT_EQUAL(transmit(bench, bytes_of(sign, sizeof sign)), SW_REFERENCE_NOT_FOUND);
    }
    bench_free(bench);
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
