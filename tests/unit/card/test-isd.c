// SPDX-License-Identifier: Apache-2.0
// The issuer security domain as a GlobalPlatform host meets it: reading before authentication, the
// channel in every mode, content and keys behind it, life cycles, and hosts that behave badly.
#include "apdu/command/perso_card.h"
#include "apdu/command/perso_ndef.h"
#include "apdu/octets/status.h"
#include "card/applets.h"
#include "card/os/context.h"
#include "card/port/memory.h"
#include "personalization/channel/gp_session.h"
#include "readers/link/emu.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t ndef_aid[] = {0xD2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};

/// One blank card in memory, reached over its contacts.
struct fixture {
    uint8_t image[NVM_IMAGE_SIZE];
    struct memory_port port;
    struct crypto *crypto;
    struct card_ports ports;
    struct card card;
    struct link *link;
};

static struct fixture *fixture_new(void) {
    static const uint8_t serial[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    memory_port_open(&fixture->port, fixture->image, sizeof fixture->image);
    fixture->crypto = crypto_openssl_new();
    fixture->ports = (struct card_ports){&fixture->port.nvm, fixture->crypto, .rom = &standard_rom};
    CU_ASSERT_EQUAL_FATAL(card_format(&fixture->ports, serial), CARD_OK);
    CU_ASSERT_EQUAL_FATAL(card_power_on(&fixture->card, &fixture->ports), CARD_OK);
    fixture->link = emu_link_over(&fixture->card, &fixture->ports, CARD_CONTACT, NULL);
    return fixture;
}

static void fixture_free(struct fixture *fixture) {
    link_close(fixture->link);
    crypto_openssl_free(fixture->crypto);
    free(fixture);
}

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

static struct scp03_keys new_keys(uint8_t size, uint8_t first) {
    struct scp03_keys keys = {.size = size};
    for (uint8_t i = 0; i < size; i++) {
        keys.enc[i] = (uint8_t)(first + i);
        keys.mac[i] = (uint8_t)(first + 0x40 + i);
        keys.dek[i] = (uint8_t)(first + 0x80 + i);
    }
    return keys;
}

static enum gp_status open_initial(struct fixture *fixture, struct gp_session *session,
                                   uint8_t level) {
    return gp_open(session, fixture->link, fixture->crypto, (struct bytes){0}, 0, level,
                   initial_keys, NULL);
}

// One plain command in hexadecimal; its answer with the status word.
static size_t plain(struct fixture *fixture, const char *hex, uint8_t *answer, size_t capacity) {
    uint8_t command[300];
    size_t size = from_hex(hex, command, sizeof command);
    return card_transmit(&fixture->card, CARD_CONTACT, bytes_of(command, size), answer, capacity);
}

static uint16_t plain_sw(struct fixture *fixture, const char *hex) {
    uint8_t answer[300];
    size_t size = plain(fixture, hex, answer, sizeof answer);
    return (uint16_t)bytes_get_be(answer + size - 2, 2);
}

static void what_hosts_read_first(void) {
    struct fixture *fixture = fixture_new();
    uint8_t answer[300];
    size_t size = plain(fixture, "00A4040000", answer, sizeof answer);
    CU_ASSERT(is_hex(answer, size, "6F108408A000000151000000A5049F6501FF9000"));
    size = plain(fixture, "80CA006600", answer, sizeof answer);
    CU_ASSERT(is_hex(answer, size,
                     "66 25 7323 0607 2A864886FC6B01 600B 0609 2A864886FC6B020203"
                     "640B 0609 2A864886FC6B040370 9000"));
    CU_ASSERT_EQUAL(plain_sw(fixture, "80CA004200"), SW_REFERENCE_NOT_FOUND); // and 66 has no 63
    size = plain(fixture, "80CA00E000", answer, sizeof answer);
    CU_ASSERT(is_hex(answer, size, "E012 C00401FF8810 C00402FF8810 C00403FF8810 9000"));
    CU_ASSERT_EQUAL(plain_sw(fixture, "80CA9F7F00"), SW_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "00CA9F7F00"), SW_OK); // in either class
    CU_ASSERT_EQUAL(plain_sw(fixture, "80CA123400"), SW_REFERENCE_NOT_FOUND);
    CU_ASSERT_EQUAL(plain_sw(fixture, "80F28000024F0000"), SW_SECURITY_STATUS);
    fixture_free(fixture);
}

static void every_level_opens(void) {
    static const uint8_t levels[] = {0x00, 0x01, 0x03, 0x11, 0x13, 0x33};
    struct fixture *fixture = fixture_new();
    for (size_t i = 0; i < sizeof levels; i++) {
        struct gp_session session;
        CU_ASSERT_EQUAL(open_initial(fixture, &session, levels[i]), GP_OK);
        if (levels[i] == 0)
            continue;
        struct apdu_command status = {
            .cla = 0x80, .ins = 0xF2, .p1 = 0x80, .p2 = 0x02, .data = bytes_of("\x4F\x00", 2)};
        CU_ASSERT_EQUAL(gp_send(&session, &status), GP_OK);
        CU_ASSERT(is_hex(session.answer, session.answer_size,
                         "E313 4F08A000000151000000 9F700101 C5039E0000"));
        gp_close(&session);
    }
    fixture_free(fixture);
}

static void instances_come_and_go(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};
    struct bytes aid = BYTES_OF(ndef_aid);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(gp_install(&session, aid, aid, (struct bytes){0}), GP_OK);
    CU_ASSERT_EQUAL(gp_install(&session, aid, aid, (struct bytes){0}), GP_REFUSED);
    CU_ASSERT_EQUAL(session.sw, SW_EXISTS);
    CU_ASSERT_EQUAL(gp_aim(&session, aid), GP_OK);
    CU_ASSERT_EQUAL(gp_store(&session, PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message), true), GP_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "00A4040007D2760000850101"), SW_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "00A4000C02E104"), SW_OK);
    uint8_t answer[64];
    size_t size = plain(fixture, "00B000000A", answer, sizeof answer);
    CU_ASSERT(is_hex(answer, size, "0008 D101045504612E62 9000"));
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(gp_delete(&session, aid), GP_OK);
    CU_ASSERT_EQUAL(gp_delete(&session, aid), GP_REFUSED);
    CU_ASSERT_EQUAL(session.sw, SW_REFERENCE_NOT_FOUND);
    CU_ASSERT_EQUAL(plain_sw(fixture, "00A4040007D2760000850101"), SW_NOT_FOUND);
    fixture_free(fixture);
}

static void weak_channels_do_not_personalize(void) {
    static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13};
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    struct bytes aid = BYTES_OF(ndef_aid);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(gp_install(&session, aid, aid, (struct bytes){0}), GP_OK);
    for (size_t i = 0; i < sizeof levels; i++) {
        CU_ASSERT_EQUAL(open_initial(fixture, &session, levels[i]), GP_OK);
        CU_ASSERT_EQUAL(gp_aim(&session, aid), GP_OK);
        CU_ASSERT_EQUAL(gp_store(&session, PERSO_NDEF_DGI_MESSAGE, bytes_of("x", 1), true),
                        GP_REFUSED);
        CU_ASSERT_EQUAL(session.sw, SW_SECURITY_STATUS);
    }
    fixture_free(fixture);
}

static void keys_are_replaced_whole(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    for (uint8_t size = 16; size <= 32; size += 8) {
        struct scp03_keys keys = new_keys(size, size), old = new_keys(size - 8, size - 8);
        enum gp_status status = size == 16 ? open_initial(fixture, &session, 0x33)
                                           : gp_open(&session, fixture->link, fixture->crypto,
                                                     (struct bytes){0}, 0, 0x33, given_keys, &old);
        CU_ASSERT_EQUAL(status, GP_OK);
        uint8_t version = size / 8, before = size == 16 ? 0 : (uint8_t)(version - 1);
        CU_ASSERT_EQUAL(gp_put_keys(&session, before, version, &keys), GP_OK);
        CU_ASSERT_EQUAL(session.answer_size, 1 + 3 * 3);
        CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_WRONG_KEYS);
        CU_ASSERT_EQUAL(gp_open(&session, fixture->link, fixture->crypto, (struct bytes){0},
                                version, 0x33, given_keys, &keys),
                        GP_OK);
    }
    fixture_free(fixture);
}

static void wrong_check_value_changes_nothing(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    struct scp03_keys keys = new_keys(16, 1);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    uint8_t saved = session.dek[0];
    session.dek[0] ^= 1; // the card decrypts other keys than their check values belong to
    CU_ASSERT_EQUAL(gp_put_keys(&session, 0, 1, &keys), GP_REFUSED);
    CU_ASSERT_EQUAL(session.sw, SW_BAD_KCV);
    session.dek[0] = saved;
    CU_ASSERT_EQUAL(gp_put_keys(&session, 9, 1, &keys), GP_REFUSED);
    CU_ASSERT_EQUAL(session.sw, SW_REFERENCE_NOT_FOUND);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    fixture_free(fixture);
}

static void life_cycle_goes_forward(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    struct scp03_keys keys = new_keys(16, 1);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_SECURED), GP_REFUSED);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_INITIALIZED), GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_SECURED), GP_REFUSED);
    CU_ASSERT_EQUAL(session.sw, SW_DEFAULT_KEYS);
    CU_ASSERT_EQUAL(gp_put_keys(&session, 0, 1, &keys), GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_SECURED), GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_OP_READY), GP_REFUSED);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_LOCKED), GP_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "00A4040000"), SW_FILE_INVALIDATED);
    CU_ASSERT_EQUAL(gp_open(&session, fixture->link, fixture->crypto, (struct bytes){0}, 0, 0x33,
                            given_keys, &keys),
                    GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_SECURED), GP_OK);
    CU_ASSERT_EQUAL(gp_set_card_status(&session, CARD_TERMINATED), GP_OK);
    card_reset(&fixture->card);
    CU_ASSERT_EQUAL(plain_sw(fixture, "80CA9F7F00"), SW_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "8050000008000102030405060700"), SW_LIFE_CYCLE);
    fixture_free(fixture);
}

static void bad_hosts_are_refused(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    struct scp03_keys keys = new_keys(16, 1);
    // wrong keys: the host notices first; a host that goes on gets 6300
    CU_ASSERT_EQUAL(gp_open(&session, fixture->link, fixture->crypto, (struct bytes){0}, 0, 0x33,
                            given_keys, &keys),
                    GP_WRONG_KEYS);
    CU_ASSERT_EQUAL(plain_sw(fixture, "8482330010 00000000000000000000000000000000"),
                    SW_AUTHENTICATION_FAILED);
    // nothing pending any more
    CU_ASSERT_EQUAL(plain_sw(fixture, "8482330010 00000000000000000000000000000000"),
                    SW_CONDITIONS);
    // a level that i does not announce
    CU_ASSERT_EQUAL(plain_sw(fixture, "8050000008000102030405060700"), SW_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "8482310010 00000000000000000000000000000000"),
                    SW_WRONG_P1P2);
    CU_ASSERT_EQUAL(plain_sw(fixture, "8050770008000102030405060700"), SW_REFERENCE_NOT_FOUND);
    // secure messaging without a channel
    CU_ASSERT_EQUAL(plain_sw(fixture, "84F280020A4F000102030405060708"),
                    SW_SECURE_MESSAGING_NOT_SUPPORTED);
    // a tampered MAC ends the channel
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "84F280020A4F000102030405060708"), SW_SM_OBJECT_WRONG);
    CU_ASSERT_EQUAL(plain_sw(fixture, "84F280020A4F000102030405060708"),
                    SW_SECURE_MESSAGING_NOT_SUPPORTED);
    // so do a missing MAC and a plain command
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "84F28002024F00"), SW_SM_OBJECT_MISSING);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    CU_ASSERT_EQUAL(plain_sw(fixture, "80F28002024F00"), SW_SECURITY_STATUS);
    CU_ASSERT_EQUAL(plain_sw(fixture, "84F280020A4F000102030405060708"),
                    SW_SECURE_MESSAGING_NOT_SUPPORTED);
    fixture_free(fixture);
}

static void failures_are_counted_before_they_are_judged(void) {
    struct fixture *fixture = fixture_new();
    struct gp_session session;
    CU_ASSERT_EQUAL(plain_sw(fixture, "8050000008000102030405060700"), SW_OK);
    // power goes in the first write of EXTERNAL AUTHENTICATE, whole: the failure is on record
    memory_port_cut(&fixture->port, 1, 0);
    plain_sw(fixture, "8482330010 00000000000000000000000000000000");
    memory_port_power(&fixture->port);
    CU_ASSERT_EQUAL(card_power_on(&fixture->card, &fixture->ports), CARD_OK);
    struct card_call call = card_call_to(&fixture->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    CU_ASSERT_EQUAL(card_read_uint(&call, 0, 2), 1);
    CU_ASSERT_EQUAL(open_initial(fixture, &session, 0x33), GP_OK);
    call = card_call_to(&fixture->card, CARD_CONTACT, CARD_DEFAULT_INSTANCE);
    CU_ASSERT_EQUAL(card_read_uint(&call, 0, 2), 0);
    fixture_free(fixture);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"what hosts read before they authenticate", what_hosts_read_first, NULL},
        {"every security level opens", every_level_opens, NULL},
        {"instances are installed, personalized and deleted", instances_come_and_go, NULL},
        {"channels below 33 do not personalize", weak_channels_do_not_personalize, NULL},
        {"key sets are replaced whole, in all three lengths", keys_are_replaced_whole, NULL},
        {"a wrong check value changes nothing", wrong_check_value_changes_nothing, NULL},
        {"the life cycle goes forward", life_cycle_goes_forward, NULL},
        {"bad hosts get the standard's status words", bad_hosts_are_refused, NULL},
        {"failures are counted before they are judged", failures_are_counted_before_they_are_judged,
         NULL},
    };
    return suite_main("test-isd", tests, sizeof tests / sizeof tests[0], argc, argv);
}
