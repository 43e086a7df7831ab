// SPDX-License-Identifier: Apache-2.0
// An adversary at the security domain, its channel and the identity: what he may send, in whatever
// order, changes nothing and tells nothing that the standards do not let him have.
#include "apdu/perso_card.h"
#include "apdu/perso_ndef.h"
#include "apdu/perso_piv.h"
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "tests/look.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <string.h>

static struct world *world;
static struct issuer *host;
static struct look before;

static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};

#define SW(call, sw) CU_ASSERT_EQUAL(call, sw)
#define OPEN()       CU_ASSERT_EQUAL_FATAL(issuer_open(host), GP_OK)

// ---- the stage ---------------------------------------------------------------------------------

static void begin(void) {
    world = world_open(31);
    host = issuer_at(world_bare(world, "CARD", ROLE_WALLET));
}

static void end(void) {
    CU_ASSERT_EQUAL(host->undocumented, 0);
    issuer_leave(host);
    world_close(world);
}

static void remember(void) {
    look_at_card(host, &before);
}

/// As remembered, apart from counters.
static void expect_unchanged(void) {
    struct look now;
    look_at_card(host, &now);
    CU_ASSERT_STRING_EQUAL(look_part_name(look_difference(&before, &now)), "nothing");
}

static void with_ndef(void) {
    begin();
    OPEN();
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message)), SW_OK);
    remember();
}

/// An identity with all four keys on P-256.
static void with_piv(void) {
    static const uint8_t references[] = {0x9A, 0x9C, 0x9D, 0x9E};
    begin();
    OPEN();
    SW(issuer_install(host, "piv", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_PIN, bytes_of_string("123456")), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_PUK, bytes_of_string("87654321")), SW_OK);
    SW(issuer_store(host, "piv", PERSO_PIV_DGI_MANAGEMENT_KEY, issuer_manager()), SW_OK);
    SW(issuer_prove(host), SW_OK);
    for (size_t i = 0; i < sizeof references; i++)
        SW(issuer_generate(host, references[i], PIV_P256), SW_OK);
    SW(issuer_put_object(host, 0x5FC102, 1, 59), SW_OK);
    SW(issuer_put_object(host, 0x5FC105, 2, 300), SW_OK);
    SW(issuer_put_object(host, 0x5FC101, 3, 300), SW_OK);
    SW(issuer_put_object(host, 0x5FC109, 4, 60), SW_OK);
    remember();
}

static void set_card_state(enum card_life_cycle state) {
    struct card *card = host->card->card;
    struct card_call call = card_call_to(card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    nvm_begin(&card->nvm);
    card_set_life_cycle(&call, state);
    CU_ASSERT(nvm_commit(&card->nvm));
    card->directory_changed = false;
}

static uint16_t transmit(struct bytes command) {
    uint8_t answer[APDU_SHORT_LE_MAX + 2];
    size_t size = 0;
    link_transmit(&host->link, command, answer, sizeof answer, &size);
    return host->card->sw;
}

// ---- secure messages ---------------------------------------------------------------------------

/// A wrapped STORE DATA of one block to the instance that was aimed at.
struct wrapped {
    uint8_t octets[APDU_SHORT_COMMAND_MAX];
    size_t size;
};

static struct wrapped wrap(uint8_t ins, uint8_t p1, uint8_t p2, struct bytes data) {
    struct apdu_command plain = {.cla = 0x80, .ins = ins, .p1 = p1, .p2 = p2, .data = data}, secure;
    struct wrapped out;
    uint8_t buffer[APDU_SHORT_LC_MAX];
    CU_ASSERT_FATAL(scp03_wrap_command(&host->session.channel, world->crypto, &plain, buffer,
                                       sizeof buffer, &secure));
    out.size = apdu_command_encode(&secure, out.octets, sizeof out.octets);
    return out;
}

static uint16_t send_wrapped(const struct wrapped *wrapped) {
    return transmit(bytes_of(wrapped->octets, wrapped->size));
}

static const uint8_t other_message[] = {0x02, 0x01, 0x02, 0xD0, 0x00};

static struct wrapped aimed_message(void) {
    OPEN();
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("ndef")), GP_OK);
    return wrap(0xE2, STORE_DATA_DGI | STORE_DATA_LAST, 0, BYTES_OF(other_message));
}

static void every_changed_bit_is_refused(void) {
    with_ndef();
    size_t size = aimed_message().size;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct wrapped wrapped = aimed_message();
        wrapped.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
        uint16_t sw = send_wrapped(&wrapped);
        bool begins_chain = bit == 4; // CLA 94: the first piece of something that does not follow
        CU_ASSERT(begins_chain ? sw == SW_OK : sw != SW_OK && sw >> 8 != SW_MORE_DATA >> 8);
    }
    expect_unchanged();
    struct wrapped right = aimed_message();
    SW(send_wrapped(&right) >> 8, SW_MORE_DATA >> 8); // what was changed would have been taken
    end();
}

static void every_cut_message_is_refused(void) {
    with_ndef();
    size_t size = aimed_message().size;
    for (size_t left = 0; left < size; left++) {
        struct wrapped wrapped = aimed_message();
        CU_ASSERT_NOT_EQUAL(transmit(bytes_of(wrapped.octets, left)), SW_OK);
        if (left < 6)
            continue;
        wrapped.octets[4] = (uint8_t)(left - 5); // with a length that fits
        CU_ASSERT_NOT_EQUAL(transmit(bytes_of(wrapped.octets, left)), SW_OK);
    }
    expect_unchanged();
    end();
}

static void order_and_repetition_are_refused(void) {
    static const uint8_t all[] = {0x4F, 0x00};
    with_ndef();
    OPEN();
    struct wrapped first = wrap(0xF2, 0x40, 0x02, BYTES_OF(all));
    struct wrapped second = wrap(0xF2, 0x80, 0x02, BYTES_OF(all));
    SW(send_wrapped(&second), SW_SM_OBJECT_WRONG);
    SW(send_wrapped(&first), SW_SECURE_MESSAGING_NOT_SUPPORTED); // the channel has ended
    OPEN();
    first = wrap(0xF2, 0x40, 0x02, BYTES_OF(all));
    CU_ASSERT_EQUAL(send_wrapped(&first) >> 8, 0x61);
    SW(send_wrapped(&first), SW_SM_OBJECT_WRONG);
    OPEN();
    SW(send_wrapped(&first), SW_SM_OBJECT_WRONG); // from another channel
    expect_unchanged();
    end();
}

/// A chain is of one kind from its first to its last piece, and its MAC covers all of it.
static void chaining_and_channel_do_not_mix(void) {
    uint8_t piece[] = {0x90, 0xE2, 0x88, 0x00, 0x03, 0x02, 0x01, 0x02};
    static const uint8_t rest[] = {0x80, 0xE2, 0x88, 0x00, 0x02, 0xD0, 0x00};
    with_ndef();
    struct wrapped wrapped = aimed_message();
    SW(transmit(BYTES_OF(piece)), SW_OK); // plain, then protected
    SW(send_wrapped(&wrapped), SW_LAST_COMMAND_EXPECTED);
    wrapped = aimed_message();
    piece[0] = 0x94; // announced as protected, then plain
    SW(transmit(BYTES_OF(piece)), SW_OK);
    SW(transmit(BYTES_OF(rest)), SW_LAST_COMMAND_EXPECTED);
    wrapped = aimed_message();
    SW(transmit(BYTES_OF(piece)), SW_OK); // octets put before those that the MAC covers
    SW(send_wrapped(&wrapped), SW_SM_OBJECT_WRONG);
    wrapped = aimed_message();
    piece[0] = 0x90; // plain through and through
    SW(transmit(BYTES_OF(piece)), SW_OK);
    SW(transmit(BYTES_OF(rest)), SW_SECURITY_STATUS);
    SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    expect_unchanged();
    end();
}

static void a_channel_stays_on_its_interface(void) {
    static const enum card_interface others[] = {CARD_CONTACTLESS, CARD_INTERNAL};
    with_ndef();
    for (size_t i = 0; i < 2; i++) {
        struct wrapped wrapped = aimed_message();
        host->card->interface = others[i];
        SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
        host->card->interface = CARD_CONTACT;
        SW(send_wrapped(&wrapped), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    }
    host->card->interface = CARD_CONTACTLESS;
    SW(issuer_raw(host, "00A4040000"), SW_OK);
    SW(issuer_raw(host, "8050000008000102030405060700"), SW_INTERFACE);
    SW(issuer_raw(host, "80CA00E000"), SW_INTERFACE);
    host->card->interface = CARD_CONTACT;
    expect_unchanged();
    end();
}

static void a_host_stops_after_a_failure(void) {
    with_ndef();
    OPEN();
    host->session.channel.chaining[3] ^= 1; // as if an answer or a command had been lost
    SW(issuer_delete(host, "ndef"), SW_SM_OBJECT_WRONG);
    CU_ASSERT_EQUAL(issuer_delete(host, "ndef"), SW_SECURE_MESSAGING_NOT_SUPPORTED);
    OPEN();
    host->session.channel.rmac[0] ^= 1; // as if the answer had been touched on its way
    struct apdu_command status = {
        .cla = 0x80, .ins = 0xF2, .p1 = 0x80, .p2 = 0x02, .data = bytes_of("\x4F\x00", 2)};
    CU_ASSERT_EQUAL(gp_send(&host->session, &status), GP_BAD_ANSWER);
    unsigned sent = host->session.count.apdus;
    CU_ASSERT_EQUAL(gp_send(&host->session, &status), GP_BAD_ANSWER);
    CU_ASSERT_EQUAL(host->session.count.apdus, sent); // nothing goes out any more
    expect_unchanged();
    end();
}

// ---- content -----------------------------------------------------------------------------------

static uint16_t store_block(const char *applet, uint8_t p1, uint8_t p2, struct bytes data) {
    (void)applet;
    return issuer_secure(host, 0xE2, p1, p2, data);
}

static void unfinished_personalization_hits_nobody_else(void) {
    static const uint8_t pin[] = {0x80, 0x10, 0x06, '9', '9', '9', '9', '9', '9'};
    with_piv();
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
    expect_unchanged();
    end();
}

static void the_domain_stays_and_stays_alone(void) {
    static const uint8_t second[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x01};
    struct bytes domain = issuer_aid("isd");
    with_ndef();
    OPEN();
    SW(issuer_delete(host, "isd"), SW_CONDITIONS);
    // another one would open to whoever knows the published keys
    CU_ASSERT_EQUAL(gp_install(&host->session, domain, BYTES_OF(second), (struct bytes){0}),
                    GP_REFUSED);
    CU_ASSERT_EQUAL(issuer_put(host, 0, SET_A), SW_OK);
    host->card->interface = CARD_INTERNAL; // nor at the bench
    CU_ASSERT_EQUAL(gp_open_bench(&host->session, &host->link, world->crypto), GP_OK);
    CU_ASSERT_EQUAL(gp_install(&host->session, domain, BYTES_OF(second), (struct bytes){0}),
                    GP_REFUSED);
    CU_ASSERT_EQUAL(gp_delete(&host->session, domain), GP_REFUSED);
    host->card->interface = CARD_CONTACT;
    CU_ASSERT_EQUAL(issuer_raw(host, "00A4040008A00000015100000100"), SW_NOT_FOUND);
    end();
}

static void deletes_that_are_none(void) {
    static const char *const forms[] = {"4F07D276000085010100", "4F07D27600008501014F05A000000003",
                                        "4F06D27600008501",     "4F08D276000085010100",
                                        "5007D2760000850101",   "4F00",
                                        "4F07D27600008501",     "4F80D2760000850101"};
    with_ndef();
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
    expect_unchanged();
    end();
}

/// Whoever is locked is not written to either, and nothing but SET STATUS unlocks it.
static void a_locked_application_takes_no_data(void) {
    with_ndef();
    OPEN();
    CU_ASSERT_EQUAL(gp_aim(&host->session, issuer_aid("ndef")), GP_OK);
    SW(issuer_set_status(host, 0x40, 0x80, "ndef"), SW_OK);
    SW(store_block("ndef", STORE_DATA_DGI, 0, BYTES_OF(other_message)), SW_CONDITIONS);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(other_message)), SW_CONDITIONS);
    SW(issuer_select(host, "ndef"), SW_NOT_FOUND);
    OPEN();
    SW(issuer_set_status(host, 0x40, 0x00, "ndef"), SW_OK);
    expect_unchanged();
    end();
}

// ---- keys --------------------------------------------------------------------------------------

static void key_versions_do_not_clash(void) {
    begin();
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    OPEN();
    SW(issuer_put(host, 0, SET_B), SW_OK);
    SW(issuer_put(host, 0, SET_C), SW_OK);
    remember();
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
    expect_unchanged();
    end();
}

/// One of the three check values wrong, keys of several sizes, a key cut short.
static void half_good_key_sets_are_refused(void) {
    uint8_t data[128] = {0x01}, block[16] = {0}, kcv[3];
    size_t one = 3 + 16 + 4;
    begin();
    remember();
    OPEN();
    scp03_kcv(world->crypto, bytes_of(block, 16), kcv);
    world->crypto->ops->aes_cbc(world->crypto, true, bytes_of(host->session.dek, 16),
                                (const uint8_t[16]){0}, block, block, 16);
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
    expect_unchanged();
    OPEN();
    SW(issuer_secure(host, 0xD8, 0, 0x81, bytes_of(data, size)), SW_OK);
    end();
}

/// The published key is a default key under whatever version it stands.
static void published_keys_under_another_name(void) {
    static const uint8_t secured[] = {CARD_SECURED};
    struct scp03_keys published = issuer_keys(SET_PUBLISHED);
    begin();
    OPEN();
    SW(issuer_set_status(host, 0x80, CARD_INITIALIZED, NULL), SW_OK);
    CU_ASSERT_EQUAL(gp_put_keys(&host->session, 0, 0x01, &published), GP_OK);
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_DEFAULT_KEYS);
    SW(issuer_store(host, NULL, PERSO_CARD_LIFE_CYCLE, BYTES_OF(secured)), SW_DEFAULT_KEYS);
    SW(issuer_put(host, 0, SET_B), SW_OK); // as long as it is there at all
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_DEFAULT_KEYS);
    SW(issuer_put(host, 1, SET_A), SW_OK);
    SW(issuer_set_status(host, 0x80, CARD_SECURED, NULL), SW_OK);
    end();
}

// ---- guessing ----------------------------------------------------------------------------------

static struct crypto_ops counting;
static const struct crypto_ops *uncounted;
static unsigned long cmacs;

/// CMAC over zeros with a key of zeros is what the card does to lose time.
static bool count_cmac(const struct crypto *crypto, struct bytes key, struct bytes in,
                       uint8_t mac[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    bool idle = in.size == sizeof zero && memcmp(in.data, zero, sizeof zero) == 0;
    cmacs += idle;
    return idle || uncounted->aes_cmac(crypto, key, in, mac);
}

static unsigned long work_of_update(void) {
    cmacs = 0;
    issuer_raw(host, "00A4040000");
    SW(issuer_raw(host, "8050000008000102030405060700"), SW_OK);
    return cmacs;
}

/// Each wrong guess doubles the work before the next, up to a bound; the right key always opens.
static void guessing_gets_slow_and_locks_nobody(void) {
    struct crypto slow;
    unsigned long last = 0;
    begin();
    uncounted = world->crypto->ops;
    counting = *uncounted;
    counting.aes_cmac = count_cmac;
    slow = (struct crypto){&counting, world->crypto->context};
    host->card->ports.crypto = &slow;
    world_power(host->card);
    CU_ASSERT_EQUAL(work_of_update(), 0);
    for (unsigned guess = 1; guess <= 40; guess++) {
        SW(issuer_raw(host, "8482330010 00000000000000000000000000000000"),
           SW_AUTHENTICATION_FAILED);
        if (guess % 5 == 0)
            world_power(host->card); // power does not help
        unsigned long work = work_of_update();
        CU_ASSERT(guess < 14 ? work == 2 * last || guess == 1 : work == last || guess == 14);
        CU_ASSERT(work >= 64 && work <= 1UL << 20);
        last = work;
    }
    OPEN();
    CU_ASSERT_EQUAL(work_of_update(), 0);
    host->card->ports.crypto = world->crypto;
    world_power(host->card);
    end();
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
    begin();
    OPEN();
    SW(issuer_put(host, 0, SET_A), SW_OK);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        OPEN();
        for (unsigned next = 0; next <= 0xFF; next++) {
            set_card_state(states[i]);
            uint16_t sw = issuer_set_status(host, 0x80, (uint8_t)next, NULL);
            CU_ASSERT_EQUAL(sw, lawful(states[i], next) ? SW_OK : SW_CONDITIONS);
        }
        set_card_state(states[i]);
        for (unsigned p1 = 0; p1 <= 0xFF; p1++)
            if (p1 != 0x80 && p1 != 0x40)
                SW(issuer_set_status(host, (uint8_t)p1, CARD_INITIALIZED, NULL), SW_WRONG_P1P2);
    }
    end();
}

/// The life cycle octet of an application beyond its lock is its own.
static void only_the_lock_of_an_application_moves(void) {
    with_ndef();
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
    expect_unchanged();
    end();
}

/// Whatever header, protected or not: GET DATA, the selection of the domain, the reader's UID.
static void a_terminated_card_is_silent(void) {
    with_ndef();
    OPEN();
    struct wrapped wrapped = wrap(0xF0, 0x80, CARD_TERMINATED, (struct bytes){0});
    SW(send_wrapped(&wrapped) >> 8, 0x61);
    SW(issuer_install(host, "piv", (struct bytes){0}), SW_LIFE_CYCLE);
    CU_ASSERT_EQUAL(issuer_open(host), GP_REFUSED);
    SW(issuer_select(host, "ndef"), SW_LIFE_CYCLE);
    for (unsigned header = 0; header < 0x10000; header++) {
        const uint8_t cla = (uint8_t)(header >> 8), ins = (uint8_t)header;
        const uint8_t bare[] = {cla, ins, 0x80, 0x00, 0x00};
        const uint8_t full[] = {cla, ins, 0x04, 0x00, 0x05, 1, 2, 3, 4, 5, 0x00};
        bool data = cla == 0x80 && ins == 0xCA;
        CU_ASSERT(transmit(BYTES_OF(bare)) != SW_OK || data);
        CU_ASSERT_NOT_EQUAL(transmit(BYTES_OF(full)), SW_OK);
    }
    SW(issuer_raw(host, "80CA9F7F00"), SW_OK);
    SW(issuer_raw(host, "FFCA000000"), SW_OK);
    end();
}

// ---- identity ----------------------------------------------------------------------------------

static void over_the_air_only_what_is_free(void) {
    static const uint32_t closed[] = {0x5FC105, 0x5FC10A, 0x5FC10B, 0x5FC107, 0x5FC106, 0x5FC109};
    with_piv();
    SW(issuer_select(host, "piv"), SW_OK);
    SW(issuer_verify(host, "123456"), SW_OK);
    host->card->interface = CARD_CONTACTLESS; // what was shown to the contacts counts for nothing
    SW(issuer_sign(host, 0x9E), SW_INS_NOT_SUPPORTED);
    SW(issuer_select(host, "piv"), SW_OK);
    SW(issuer_sign(host, 0x9A), SW_SECURITY_STATUS);
    SW(issuer_sign(host, 0x9C), SW_SECURITY_STATUS);
    SW(issuer_sign(host, 0x9D), SW_SECURITY_STATUS);
    SW(issuer_sign(host, 0x9E), SW_OK);
    SW(issuer_verify(host, "123456"), SW_INTERFACE);
    SW(issuer_pair(host, COMMAND_PIV_CHANGE_PIN, "123456", "111111"), SW_INTERFACE);
    SW(issuer_pair(host, COMMAND_PIV_CHANGE_PUK, "87654321", "11111111"), SW_INTERFACE);
    SW(issuer_pair(host, COMMAND_PIV_RESET_RETRY, "87654321", "111111"), SW_INTERFACE);
    SW(issuer_generate(host, 0x9E, PIV_P256), SW_INTERFACE);
    SW(issuer_put_object(host, 0x5FC102, 9, 9), SW_INTERFACE);
    SW(issuer_raw(host, "00870C9B047C02810000"), SW_SECURITY_STATUS);
    SW(issuer_raw(host, "00870C9B047C02800000"), SW_SECURITY_STATUS);
    SW(issuer_get_object(host, 0x5FC102), SW_OK);
    SW(issuer_get_object(host, 0x5FC101), SW_OK);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        SW(issuer_get_object(host, closed[i]), SW_SECURITY_STATUS);
    host->card->interface = CARD_CONTACT;
    expect_unchanged();
    struct look now;
    look_at_card(host, &now);
    CU_ASSERT_EQUAL(now.pin_tries, before.pin_tries);
    end();
}

/// One VERIFY, one use of 9C: a failed use, a look, a status, another key spend it as well.
static void one_pin_one_signature(void) {
    static const char *const between[] = {"008711 9C 04 7C028200", "00CB3FFF055C035FC10200",
                                          "00200080", "008711 9E 04 7C028200",
                                          "0047009A05AC0380011100"};
    with_piv();
    SW(issuer_select(host, "piv"), SW_OK);
    SW(issuer_sign(host, 0x9C), SW_SECURITY_STATUS);
    SW(issuer_verify(host, "123456"), SW_OK);
    SW(issuer_sign(host, 0x9C), SW_OK);
    SW(issuer_sign(host, 0x9C), SW_SECURITY_STATUS);
    SW(issuer_sign(host, 0x9A), SW_OK); // which asks for no fresh one
    for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
        SW(issuer_verify(host, "123456"), SW_OK);
        issuer_raw(host, between[i]);
        SW(issuer_sign(host, 0x9C), SW_SECURITY_STATUS);
    }
    SW(issuer_verify(host, "123456"), SW_OK);
    SW(issuer_verify(host, "999999"), 0x63C2); // a wrong one takes the right one back
    SW(issuer_sign(host, 0x9C), SW_SECURITY_STATUS);
    SW(issuer_sign(host, 0x9A), SW_SECURITY_STATUS);
    expect_unchanged();
    end();
}

static uint16_t prove(const char *inner, const uint8_t *value, size_t count) {
    uint8_t command[128] = {0x00, 0x87, 0x0C, 0x9B};
    struct tlv_writer out = tlv_writer_over(command + 5, sizeof command - 5);
    size_t mark = tlv_begin(&out, 0x7C);
    for (size_t i = 0; i < count; i++)
        tlv_put(&out, (tlv_tag)(0x80 + inner[i] - '0'), bytes_of(value + 16 * i, 16));
    tlv_end(&out, mark);
    command[4] = (uint8_t)out.size;
    size_t size = 5 + out.size;
    command[size++] = 0;
    return transmit(bytes_of(command, size));
}

static void ask(uint8_t tag, uint8_t value[16]) {
    SW(issuer_raw(host, tag == 0x80 ? "00870C9B047C02800000" : "00870C9B047C02810000"), SW_OK);
    memcpy(value, host->session.answer + 4, 16);
}

/// Nobody gets a chosen block enciphered or deciphered under the management key without knowing it.
static void the_management_key_is_no_oracle(void) {
    uint8_t value[32], again[16];
    with_piv();
    SW(issuer_select(host, "piv"), SW_OK);
    ask(0x81, value);
    SW(prove("2", value, 1), SW_SECURITY_STATUS); // the challenge is not its own answer
    SW(prove("2", value, 1), SW_CONDITIONS);      // one challenge, one try
    ask(0x80, value);
    ask(0x81, again);              // the second request takes the first back
    memcpy(value + 16, again, 16); // reflected: their witness, our challenge
    SW(prove("01", value, 2), SW_CONDITIONS);
    ask(0x81, again);
    ask(0x80, value);
    SW(prove("2", value, 1), SW_CONDITIONS); // a witness is no answer to a challenge
    ask(0x80, value);
    memcpy(value + 16, value, 16);
    SW(prove("01", value, 2), SW_SECURITY_STATUS); // the enciphered witness is not the witness
    CU_ASSERT_EQUAL(host->card->answer.size, 0);
    SW(prove("1", value, 1), SW_WRONG_DATA); // a challenge alone is not answered
    SW(prove("5", value, 1), SW_WRONG_DATA); // nor is it a key to agree with
    SW(issuer_generate(host, 0x9A, PIV_P256), SW_SECURITY_STATUS);
    SW(issuer_put_object(host, 0x5FC102, 9, 9), SW_SECURITY_STATUS);
    SW(issuer_prove(host), SW_OK);
    SW(issuer_generate(host, 0x9B, PIV_P256), SW_WRONG_P1P2); // not made anew as a pair
    SW(issuer_select(host, "piv"), SW_OK);                    // and forgotten
    SW(issuer_put_object(host, 0x5FC102, 9, 9), SW_SECURITY_STATUS);
    expect_unchanged();
    end();
}

/// Every octet of a template to every value: answered, with a documented status word, and nothing
/// but the one digest is signed for no PIN.
static void odd_templates_are_answered(void) {
    static const uint8_t good[] = {0x00, 0x87, 0x11, 0x9E, 0x26, 0x7C,
                                   0x24, 0x82, 0x00, 0x81, 0x20};
    uint8_t command[5 + 0x26 + 1] = {0};
    unsigned accepted = 0;
    with_piv();
    SW(issuer_select(host, "piv"), SW_OK);
    for (size_t at = 2; at < sizeof good; at++)
        for (unsigned value = 0; value <= 0xFF; value++) {
            if (at == 4)
                continue; // the length of the command: the codec's
            memcpy(command, good, sizeof good);
            command[at] = (uint8_t)value;
            bool signs = transmit(BYTES_OF(command)) == SW_OK;
            CU_ASSERT(!signs || value == good[at] || at == 7 || at == 3);
            accepted += signs;
        }
    CU_ASSERT(accepted >= sizeof good - 3);
    SW(issuer_raw(host, "0087119E04 7C800000"), SW_WRONG_DATA);        // indefinite
    SW(issuer_raw(host, "0087119E06 7C8481028200 00"), SW_WRONG_DATA); // longer than there is
    SW(issuer_raw(host, "0087119E07 7C8400000002 82 00"), SW_WRONG_DATA);
    SW(issuer_raw(host, "0087119E0A 7C82FFFF820081 000000 00"), SW_WRONG_DATA);
    expect_unchanged();
    end();
}

/// PINs that nobody could ever type are not stored.
static void bad_groupings_are_refused(void) {
    static const char *const pins[] = {"", "12345", "123456789", "12a456", "12345\xFF"};
    static const char *const puks[] = {"", "1234567", "123456789"};
    static const uint8_t keys[][3] = {{0x08}, {0x0C, 1, 2}, {0x03, 1, 2}};
    with_piv();
    OPEN();
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_PIN, bytes_of_string(pins[i])), SW_WRONG_DATA);
    for (size_t i = 0; i < sizeof puks / sizeof puks[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_PUK, bytes_of_string(puks[i])), SW_WRONG_DATA);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_MANAGEMENT_KEY, BYTES_OF(keys[i])),
           SW_WRONG_DATA);
    SW(issuer_store(host, "piv", 0x8013, bytes_of_string("x")), SW_REFERENCE_NOT_FOUND);
    expect_unchanged();
    end();
}

// ---- images made on purpose --------------------------------------------------------------------

static void ask_everything(void) {
    static const uint32_t tags[] = {0x5FC102, 0x5FC105, 0x5FC101, 0x5FC109};
    issuer_raw(host, "00A4040000");
    issuer_raw(host, "80CA00E000");
    issuer_raw(host, "80CA00C100");
    issuer_raw(host, "8050000008000102030405060700");
    issuer_raw(host, "8482330010 00000000000000000000000000000000");
    issuer_open(host);
    issuer_secure(host, 0xF2, 0x40, 0x02, bytes_of("\x4F\x00", 2));
    issuer_select(host, "ndef");
    issuer_raw(host, "00A4000C02E104");
    issuer_raw(host, "00B0000000");
    issuer_raw(host, "00B000F0FF");
    issuer_select(host, "piv");
    issuer_raw(host, "00870C9B047C02800000");
    issuer_verify(host, NULL);
    issuer_verify(host, "123456");
    for (uint8_t reference = 0x9A; reference <= 0x9E; reference++)
        issuer_sign(host, reference);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        issuer_get_object(host, tags[i]);
}

static void plant_everywhere(const char *applet, uint32_t from, uint32_t size) {
    static const uint8_t octets[] = {0xFF, 0x00, 0x11};
    struct card *card = host->card->card;
    uint32_t base = card->instances[directory_find(card, issuer_aid(applet))].base;
    struct world_snapshot snapshot = world_save(world);
    for (uint32_t at = from; at < size; at++)
        for (size_t i = 0; i < sizeof octets; i++) {
            nvm_begin(&card->nvm);
            nvm_stage(&card->nvm, base + at, &octets[i], 1);
            CU_ASSERT_FATAL(nvm_commit(&card->nvm));
            world_power(host->card);
            ask_everything();
            world_restore(world, &snapshot);
        }
    world_forget(&snapshot);
}

/// Every octet that says how much or which: whatever it says, no octet outside is touched or told
/// (the sanitizers watch).
static void wild_memory_is_answered(void) {
    with_piv();
    OPEN();
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message)), SW_OK);
    plant_everywhere("ndef", 0, 3);
    plant_everywhere("piv", 0, PIV_AT_OBJECT_HEADS + 9 * PIV_HEAD_SIZE);
    plant_everywhere("isd", ISD_AT_I, ISD_AT_KEY_SETS + 8); // not the failures: those cost time
    host->undocumented = 0; // such cards may answer anything
    end();
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"every changed bit of a secure message is refused", every_changed_bit_is_refused, NULL},
        {"every cut secure message is refused", every_cut_message_is_refused, NULL},
        {"order and repetition are refused", order_and_repetition_are_refused, NULL},
        {"chaining and channel do not mix", chaining_and_channel_do_not_mix, NULL},
        {"a channel stays on its interface", a_channel_stays_on_its_interface, NULL},
        {"a host stops after a failure", a_host_stops_after_a_failure, NULL},
        {"unfinished personalization hits nobody else", unfinished_personalization_hits_nobody_else,
         NULL},
        {"the security domain stays, and stays alone", the_domain_stays_and_stays_alone, NULL},
        {"deletes that are none", deletes_that_are_none, NULL},
        {"a locked application takes no data", a_locked_application_takes_no_data, NULL},
        {"key versions do not clash", key_versions_do_not_clash, NULL},
        {"half-good key sets are refused", half_good_key_sets_are_refused, NULL},
        {"published keys under another name", published_keys_under_another_name, NULL},
        {"guessing gets slow and locks nobody out", guessing_gets_slow_and_locks_nobody, NULL},
        {"states do not go back", states_do_not_go_back, NULL},
        {"only the lock of an application moves", only_the_lock_of_an_application_moves, NULL},
        {"a terminated card is silent", a_terminated_card_is_silent, NULL},
        {"over the air only what is free", over_the_air_only_what_is_free, NULL},
        {"one PIN, one signature", one_pin_one_signature, NULL},
        {"the management key is no oracle", the_management_key_is_no_oracle, NULL},
        {"odd templates are answered", odd_templates_are_answered, NULL},
        {"bad groupings are refused", bad_groupings_are_refused, NULL},
        {"wild memory is answered", wild_memory_is_answered, NULL},
    };
    return suite_main("test-attack-card", tests, sizeof tests / sizeof *tests, argc, argv);
}
