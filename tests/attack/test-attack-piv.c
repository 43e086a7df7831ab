// SPDX-License-Identifier: Apache-2.0
// An adversary at the identity, and images that he made himself: what the PIN and the management
// key guard stays guarded, and no octet outside is told.
#include "apdu/command/perso_ndef.h"
#include "apdu/command/perso_piv.h"
#include "card/applets/isd/isd.h"
#include "card/applets/piv/piv.h"
#include "tests/kit/scene/target.h"

#include <string.h>

static struct issuer *host;

static const uint8_t message[] = {0xD1, 0x01, 0x04, 0x55, 0x04, 'a', '.', 'b'};

// ---- identity ----------------------------------------------------------------------------------

static void over_the_air_only_what_is_free(void) {
    static const uint32_t closed[] = {0x5FC105, 0x5FC10A, 0x5FC10B, 0x5FC107, 0x5FC106, 0x5FC109};
    host = target_with_piv();
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
    target_unchanged(host);
    struct look now;
    look_at_card(host, &now);
    CU_ASSERT_EQUAL(now.pin_tries, target_before().pin_tries);
    target_end(host);
}

/// One VERIFY, one use of 9C: a failed use, a look, a status, another key spend it as well.
static void one_pin_one_signature(void) {
    static const char *const between[] = {"008711 9C 04 7C028200", "00CB3FFF055C035FC10200",
                                          "00200080", "008711 9E 04 7C028200",
                                          "0047009A05AC0380011100",
                                          // refused before any application hears of them
                                          "00FE0000", "B0870000", "00CB0000", "0020",
                                          "00A4040005F000000001", "0020FF80017F", "00C0000000"};
    host = target_with_piv();
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
    target_unchanged(host);
    target_end(host);
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
    return target_transmit(host, bytes_of(command, size));
}

static void ask(uint8_t tag, uint8_t value[16]) {
    SW(issuer_raw(host, tag == 0x80 ? "00870C9B047C02800000" : "00870C9B047C02810000"), SW_OK);
    memcpy(value, host->session.answer + 4, 16);
}

/// Nobody gets a chosen block enciphered or deciphered under the management key without knowing it.
static void the_management_key_is_no_oracle(void) {
    uint8_t value[32], again[16];
    host = target_with_piv();
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
    target_unchanged(host);
    target_end(host);
}

/// Every octet of a template to every value: answered, with a documented status word, and nothing
/// but the one digest is signed for no PIN.
static void odd_templates_are_answered(void) {
    static const uint8_t good[] = {0x00, 0x87, 0x11, 0x9E, 0x26, 0x7C,
                                   0x24, 0x82, 0x00, 0x81, 0x20};
    uint8_t command[5 + 0x26 + 1] = {0};
    unsigned accepted = 0;
    host = target_with_piv();
    SW(issuer_select(host, "piv"), SW_OK);
    for (size_t at = 2; at < sizeof good; at++)
        for (unsigned value = 0; value <= 0xFF; value++) {
            if (at == 4)
                continue; // the length of the command: the codec's
            memcpy(command, good, sizeof good);
            command[at] = (uint8_t)value;
            bool signs = target_transmit(host, BYTES_OF(command)) == SW_OK;
            CU_ASSERT(!signs || value == good[at] || at == 7 || at == 3);
            accepted += signs;
        }
    CU_ASSERT(accepted >= sizeof good - 3);
    SW(issuer_raw(host, "0087119E04 7C800000"), SW_WRONG_DATA);        // indefinite
    SW(issuer_raw(host, "0087119E06 7C8481028200 00"), SW_WRONG_DATA); // longer than there is
    SW(issuer_raw(host, "0087119E07 7C8400000002 82 00"), SW_WRONG_DATA);
    SW(issuer_raw(host, "0087119E0A 7C82FFFF820081 000000 00"), SW_WRONG_DATA);
    target_unchanged(host);
    target_end(host);
}

/// PINs that nobody could ever type are not stored.
static void bad_groupings_are_refused(void) {
    static const char *const pins[] = {"", "12345", "123456789", "12a456", "12345\xFF"};
    static const char *const puks[] = {"", "1234567", "123456789"};
    static const uint8_t keys[][3] = {{0x08}, {0x0C, 1, 2}, {0x03, 1, 2}};
    host = target_with_piv();
    OPEN();
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_PIN, bytes_of_string(pins[i])), SW_WRONG_DATA);
    for (size_t i = 0; i < sizeof puks / sizeof puks[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_PUK, bytes_of_string(puks[i])), SW_WRONG_DATA);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        SW(issuer_store(host, "piv", PERSO_PIV_DGI_MANAGEMENT_KEY, BYTES_OF(keys[i])),
           SW_WRONG_DATA);
    SW(issuer_store(host, "piv", 0x8013, bytes_of_string("x")), SW_REFERENCE_NOT_FOUND);
    target_unchanged(host);
    target_end(host);
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
    struct scene_snapshot snapshot = scene_save(host->card->scene);
    for (uint32_t at = from; at < size; at++)
        for (size_t i = 0; i < sizeof octets; i++) {
            nvm_begin(&card->nvm);
            nvm_stage(&card->nvm, base + at, &octets[i], 1);
            CU_ASSERT_FATAL(nvm_commit(&card->nvm));
            scene_power(host->card);
            ask_everything();
            scene_restore(host->card->scene, &snapshot);
        }
    scene_forget(&snapshot);
}

/// Every octet that says how much or which: whatever it says, no octet outside is touched or told
/// (the sanitizers watch).
static void wild_memory_is_answered(void) {
    host = target_with_piv();
    OPEN();
    SW(issuer_install(host, "ndef", (struct bytes){0}), SW_OK);
    SW(issuer_store(host, "ndef", PERSO_NDEF_DGI_MESSAGE, BYTES_OF(message)), SW_OK);
    plant_everywhere("ndef", 0, 3);
    plant_everywhere("piv", 0, PIV_AT_OBJECT_HEADS + 9 * PIV_HEAD_SIZE);
    // not failures and sequence numbers: those cost time
    plant_everywhere("isd", ISD_AT_I, ISD_AT_KEY_SETS + 4);
    host->undocumented = 0; // such cards may answer anything
    target_end(host);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"over the air only what is free", over_the_air_only_what_is_free, NULL},
        {"one PIN, one signature", one_pin_one_signature, NULL},
        {"the management key is no oracle", the_management_key_is_no_oracle, NULL},
        {"odd templates are answered", odd_templates_are_answered, NULL},
        {"bad groupings are refused", bad_groupings_are_refused, NULL},
        {"wild memory is answered", wild_memory_is_answered, NULL},
    };
    return suite_main("test-attack-piv", tests, sizeof tests / sizeof *tests, argc, argv);
}
