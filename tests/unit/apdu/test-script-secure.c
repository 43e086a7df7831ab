// SPDX-License-Identifier: Apache-2.0
// `within scp03`: the host's side in the runner against a card's side made of the same library,
// which checks every MAC and answers protected. What stands in the block arrives in clear at the
// card's end; the wire shows none of it.
#include "apdu/crypto/crypto_openssl.h"
#include "apdu/script/run/host.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARD_I = 0x70 };

/// A card that knows INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and echoes the rest.
struct secure_card {
    struct link link;
    const struct crypto *crypto;
    struct scp03 session;
    bool derived, tampers;
    char seen[512]; // clear commands as hex, one a line
    size_t protected_commands;
};

static const struct scp03_keys keys = {{0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
                                        0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F},
                                       {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
                                        0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F},
                                       {0},
                                       16};

static enum link_status answer_sw(uint8_t *answer, size_t *size, uint16_t sw) {
    bytes_put_be(answer + *size, 2, sw);
    *size += 2;
    return LINK_OK;
}

static enum link_status initialize(struct secure_card *card, const struct apdu_command *command,
                                   uint8_t *answer, size_t *size) {
    static const uint8_t challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t cryptogram[SCP03_SIZE_MAX];
    memset(answer, 0, 13);
    answer[10] = 0x01;
    answer[11] = 0x03;
    answer[12] = CARD_I;
    memcpy(answer + 13, challenge, 8);
    card->derived =
        scp03_derive(&card->session, card->crypto, &keys, CARD_I, command->data.data, challenge) &&
        scp03_card_cryptogram(&card->session, card->crypto, cryptogram);
    memcpy(answer + 21, cryptogram, 8);
    memset(answer + 29, 0, 3);
    *size = 32;
    return answer_sw(answer, size, SW_OK);
}

static void write_down(struct secure_card *card, const struct apdu_command *command) {
    uint8_t wire[300];
    struct buffer line;
    size_t size = apdu_command_encode(command, wire, sizeof wire), used = strlen(card->seen);
    buffer_init(&line, &host_memory);
    buffer_format(&line, "%H", bytes_of(wire, size));
    snprintf(card->seen + used, sizeof card->seen - used, "%s\n", buffer_string(&line));
    buffer_free(&line);
}

static enum link_status guarded(struct secure_card *card, struct bytes wire, uint8_t *answer,
                                size_t capacity, size_t *size) {
    static uint8_t copy[300];
    struct apdu_command command;
    memcpy(copy, wire.data, wire.size);
    if (!apdu_command_parse(bytes_of(copy, wire.size), &command))
        return answer_sw(answer, size, SW_WRONG_LENGTH);
    uint8_t *data = copy + (command.data.data - copy);
    uint16_t sw = scp03_unwrap_command(&card->session, card->crypto, &command, data);
    if (sw != SW_OK)
        return answer_sw(answer, size, sw);
    card->protected_commands++;
    if (command.ins == 0x82) {
        card->session.level = command.p1;
        return answer_sw(answer, size, SW_OK);
    }
    write_down(card, &command);
    memcpy(answer, command.data.data, command.data.size); // the echo
    bool ok = true;
    *size = scp03_wrap_response(&card->session, card->crypto, answer, command.data.size, capacity,
                                SW_OK, &ok);
    if (card->tampers && *size > 0)
        answer[*size - 1] ^= 1;
    return answer_sw(answer, size, ok ? SW_OK : SW_UNKNOWN);
}

static enum link_status transmit(struct link *link, struct bytes wire, uint8_t *answer,
                                 size_t capacity, size_t *size) {
    struct secure_card *card = (struct secure_card *)link;
    struct apdu_command command;
    *size = 0;
    if (apdu_command_parse(wire, &command) && command.ins == 0x50)
        return initialize(card, &command, answer, size);
    if (card->derived && (wire.data[0] & 0x04) != 0)
        return guarded(card, wire, answer, capacity, size);
    return answer_sw(answer, size, SW_SECURITY_STATUS);
}

static const struct link_ops ops = {.transmit = transmit};

struct heard {
    char messages[512];
    size_t clear; // exchanges that came with their clear text
    bool leaked;  // the clear data was on the wire
};

static void on_failure(const struct script_listener *listener, const struct script_failure *what) {
    struct heard *heard = listener->context;
    size_t used = strlen(heard->messages);
    snprintf(heard->messages + used, sizeof heard->messages - used, "%u:%u %s\n",
             what->diagnostic.at.line, what->diagnostic.at.column, what->diagnostic.message);
}

static void on_echo(const struct script_listener *listener, struct bytes text) {
    struct heard *heard = listener->context;
    size_t used = strlen(heard->messages);
    snprintf(heard->messages + used, sizeof heard->messages - used, "%.*s|", (int)text.size,
             (const char *)text.data);
}

static void on_exchange(const struct script_listener *listener,
                        const struct script_exchange *what) {
    static const uint8_t secret[] = {0xC0, 0xFF, 0xEE, 0xC0, 0xFF, 0xEE};
    struct heard *heard = listener->context;
    heard->clear += what->clear_command.size > 0;
    for (size_t i = 0; i + sizeof secret <= what->command.size; i++)
        heard->leaked |= memcmp(what->command.data + i, secret, sizeof secret) == 0;
    for (size_t i = 0; i + sizeof secret <= what->answer.size; i++)
        heard->leaked |= memcmp(what->answer.data + i, secret, sizeof secret) == 0;
}

static struct script_run_result run(struct secure_card *card, const char *text,
                                    struct heard *heard) {
    struct crypto *crypto = crypto_openssl_new();
    struct script_ports ports = host_ports(crypto);
    struct script_program program;
    struct script_options options = {.seed = 3};
    struct script_card cards = {"card", &card->link, NULL};
    struct script_listener listener = {
        .failure = on_failure, .exchange = on_exchange, .context = heard};
    *heard = (struct heard){.clear = 0};
    card->link.ops = &ops;
    card->crypto = crypto;
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "t", bytes_of_string(text));
    struct script_run_result result = {.outcome = OUTCOME_ERROR};
    if (program_check(&program, NULL, NULL, NULL))
        result = run_script(&program, &ports, &options, &cards, 1, &listener);
    program_free(&program);
    crypto_openssl_free(crypto);
    return result;
}

#define KEYS "keys=404142434445464748494A4B4C4D4E4F"
static const char block[] = " {\n tx 80 E2 90 00 06 C0 FF EE C0 FF EE 00\n  sw 9000\n"
                            "  data C0 FF EE C0 FF EE\n tx 80 CA 00 66 00\n  sw 9000\n}\n"
                            "tx 80 CA 00 66 00\n  sw 6982\n";

static void every_level_arrives_in_clear(void) {
    static const char *const levels[] = {"01", "03", "11", "13", "33"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct secure_card card = {.derived = false};
        struct heard heard;
        char text[512];
        snprintf(text, sizeof text, "within scp03 kv=01 " KEYS " level=%s%s", levels[i], block);
        CU_ASSERT_EQUAL(run(&card, text, &heard).outcome, OUTCOME_PASSED);
        CU_ASSERT_STRING_EQUAL(heard.messages, "");
        CU_ASSERT_EQUAL(card.protected_commands, 3);
        CU_ASSERT_EQUAL(strncmp(card.seen, "8", 1), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(card.seen, "E2900006C0FFEEC0FFEE"));
        CU_ASSERT_EQUAL(heard.clear, 2);
        CU_ASSERT_EQUAL(heard.leaked, strcmp(levels[i], "33") != 0);
    }
}

static void wrong_keys_and_answers_are_failures(void) {
    struct secure_card card = {.derived = false};
    struct heard heard;
    CU_ASSERT_EQUAL(run(&card,
                        "within scp03 keys=00112233445566778899AABBCCDDEEFF { tx 80 CA 00 66 00 }",
                        &heard)
                        .outcome,
                    OUTCOME_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, "1:1 the card's cryptogram is wrong"));
    card = (struct secure_card){.tampers = true};
    char text[512];
    snprintf(text, sizeof text, "within scp03 " KEYS " level=33%s", block);
    CU_ASSERT_EQUAL(run(&card, text, &heard).outcome, OUTCOME_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, "2:2 the answer's protection is wrong"));
    for (size_t i = 0; i < 2; i++) { // and with a MAC alone, whatever the script would go on after
        card = (struct secure_card){.tampers = true};
        snprintf(text, sizeof text,
                 "on-fail continue\nwithin scp03 " KEYS " level=%s { tx 80 CA 00 66 00 }",
                 i == 0 ? "11" : "13");
        CU_ASSERT_EQUAL(run(&card, text, &heard).outcome, OUTCOME_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, "the answer's protection is wrong"));
    }
    card = (struct secure_card){.derived = false};
    CU_ASSERT_EQUAL(run(&card, "within scp03 keys=@host { tx 80 CA 00 66 00 }", &heard).outcome,
                    OUTCOME_ERROR);
    CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, "no keys"));
    CU_ASSERT_EQUAL(
        run(&card, "within scp03 " KEYS " level=FF { tx 80 CA 00 66 00 }", &heard).outcome,
        OUTCOME_ERROR);
    CU_ASSERT_EQUAL(run(&card, "within magic " KEYS " { tx 80 CA 00 66 00 }", &heard).outcome,
                    OUTCOME_ERROR);
}

/// What goes on after a failure goes on behind the block: nothing in it was meant for a card
/// without the channel, and a card that counts wrong authentications gets none for a cryptogram
/// known wrong.
static void no_channel_no_block(void) {
    static const char *const openings[] = {
        "keys=00112233445566778899AABBCCDDEEFF", // other keys
        KEYS " s16=01",                          // a challenge of another size
        KEYS " level=FF",                        // a level that the card does not have
    };
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        struct secure_card card = {.derived = false};
        struct heard heard;
        char text[512];
        snprintf(text, sizeof text,
                 "on-fail continue\nwithin scp03 %s {\n tx 80 E2 88 00 06 C0 FF EE C0 FF EE\n}\n",
                 openings[i]);
        CU_ASSERT_NOT_EQUAL(run(&card, text, &heard).outcome, OUTCOME_PASSED);
        CU_ASSERT_STRING_EQUAL(card.seen, "");
        CU_ASSERT_EQUAL(card.protected_commands, 0);
        CU_ASSERT_FALSE(heard.leaked);
    }
}

static void level_00_goes_plain(void) {
    struct secure_card card = {.derived = false};
    struct heard heard;
    CU_ASSERT_EQUAL(
        run(&card, "within scp03 " KEYS " level=00 {\n tx 80 CA 00 66 00\n  sw 6982\n}\n", &heard)
            .outcome,
        OUTCOME_PASSED); // the stub guards everything: a MAC would have opened it
    CU_ASSERT_EQUAL(card.protected_commands, 1); // EXTERNAL AUTHENTICATE alone
}

/// Examples of SP 800-38A F.1, RFC 4493 section 4 and FIPS 180-4.
static void ciphers_give_the_published_values(void) {
    struct secure_card card = {.derived = false};
    struct heard heard;
    struct script_run_result result =
        run(&card,
            "let KEY = 2B7E1516 28AED2A6 ABF71588 09CF4F3C\n"
            "let BLOCK = 6BC1BEE2 2E409F96 E93D7E11 7393172A\n"
            "expect aes(${KEY}, ${BLOCK}) = 3AD77BB4 0D7A3660 A89ECAF3 2466EF97\n"
            "expect aes(603DEB10 15CA71BE 2B73AEF0 857D7781 1F352C07 3B6108D7 2D9810A3 0914DFF4,"
            " ${BLOCK}) = F3EED1BD B5D2A03C 064B5A7E 3DB181F8\n"
            "expect unaes(${KEY}, 3AD77BB4 0D7A3660 A89ECAF3 2466EF97) = ${BLOCK}\n"
            "let DES = 01234567 89ABCDEF 23456789 ABCDEF01 456789AB CDEF0123\n"
            "expect des(${DES}, 54686520 71756663) = A826FD8C E53B855F\n"
            "expect undes(${DES}, A826FD8C E53B855F) = 54686520 71756663\n"
            "expect cmac(${KEY}, \"\") = BB1D6929 E9593728 7FA37D12 9B756746\n"
            "expect cmac(${KEY}, ${BLOCK}) = 070A16B4 6B4D4144 F79BDD9D D04A287C\n"
            "expect sha256(\"abc\") = BA7816BF 8F01CFEA 414140DE 5DAE2223 B00361A3 96177A9C"
            " B410FF61 F20015AD\n",
            &heard);
    CU_ASSERT_EQUAL(result.outcome, OUTCOME_PASSED);
    CU_ASSERT_EQUAL(result.checks, 8);
    CU_ASSERT_STRING_EQUAL(heard.messages, "");
}

static void wrong_cipher_values_are_told(void) {
    static const struct {
        const char *script, *message;
    } rows[] = {
        {"tx aes(00112233, fill(00, 16))", "an AES key has 16, 24 or 32 octets, not 4"},
        {"tx cmac(fill(00, 17), 00)", "an AES key has 16, 24 or 32 octets, not 17"},
        {"tx aes(fill(00, 16), fill(00, 17))", "AES takes whole blocks of 16 octets, not 17"},
    };
    struct secure_card card = {.derived = false};
    struct heard heard;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(run(&card, rows[i].script, &heard).outcome, OUTCOME_ERROR);
        CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, rows[i].message));
    }
    CU_ASSERT_EQUAL(run(&card,
                        "let KEY = fill(01, 16)\n"
                        "let TWO = aes(${KEY}, fill(02, 32))\n"
                        "expect slice(${TWO}, 16) = aes(${KEY}, xor(fill(02, 16), "
                        "slice(${TWO}, 0, 16)))\n",
                        &heard)
                        .outcome,
                    OUTCOME_PASSED);
}

static const uint8_t scalar_two[P256_SCALAR_SIZE] = {[31] = 2};

static bool only_two(const struct script_keys *from, struct bytes name,
                     uint8_t out[P256_SCALAR_SIZE]) {
    (void)from;
    memcpy(out, scalar_two, sizeof scalar_two);
    return bytes_equal(name, bytes_of_string("two"));
}

/// What `echo VALUE` prints, or the message of its failure.
static struct heard told(const char *value) {
    struct crypto *crypto = crypto_openssl_new();
    struct script_ports ports = host_ports(crypto);
    struct script_keys known = {NULL, only_two, NULL};
    struct script_program program;
    struct script_options options = {.keys = &known};
    struct heard heard = {.clear = 0};
    struct script_listener listener = {.failure = on_failure, .echo = on_echo, .context = &heard};
    char text[256];
    snprintf(text, sizeof text, "%s\n", value);
    program_init(&program, &host_memory, NULL);
    program.main = sources_add(&program.sources, "t", bytes_of_string(text));
    CU_ASSERT_TRUE(program_check(&program, NULL, NULL, NULL));
    run_script(&program, &ports, &options, &(struct script_card){"card", NULL, NULL}, 1, &listener);
    program_free(&program);
    crypto_openssl_free(crypto);
    return heard;
}

#define TWO_POINT                                                                                  \
    "03 7C F2 7B 18 8D 03 4F 7E 8A 52 38 03 04 B5 1A C3 "                                          \
    "C0 89 69 E2 77 F2 1B 35 A6 0B 48 FC 47 66 99 78"

/// Octets of a line that echo printed.
static size_t octets_of(const char *text, uint8_t *out, size_t capacity) {
    size_t size = 0;
    for (; size < capacity && hex_digit(text[0]) >= 0; text += text[2] == ' ' ? 3 : 2)
        out[size++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
    return size;
}

static void scripts_sign_without_showing_the_key(void) {
    struct crypto *crypto = crypto_openssl_new();
    uint8_t point[P256_COMPRESSED_SIZE], signature[ECDSA_SIZE + 1];
    struct heard heard = told("let K = key(\"two\")\necho ${K}\necho 00 ${K}\necho p256(${K})");
    CU_ASSERT_STRING_EQUAL(heard.messages, "(secret)|00(secret)|" TWO_POINT "|");
    octets_of(TWO_POINT, point, sizeof point);
    heard = told("let S = ecdsa(key(\"two\"), \"text\")\necho ${S}");
    CU_ASSERT_EQUAL(octets_of(heard.messages, signature, sizeof signature), ECDSA_SIZE);
    struct bytes right = bytes_of_string("text"), wrong_text = bytes_of_string("texx");
    CU_ASSERT_TRUE(crypto->ops->ecdsa_verify(crypto, point, right, signature));
    CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, wrong_text, signature));
    crypto_openssl_free(crypto);
}

static void unusable_keys_are_told(void) {
    static const struct {
        const char *value, *message;
    } wrong[] = {{"echo ecdsa(key(\"three\"), 00)", "1:12 no private key \"three\""},
                 {"echo ecdsa(0102, 00)", "1:6 a private key has 32 octets, not 2"},
                 {"echo p256(fill(00, 32))", "1:6 this is no private key of P-256"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct heard heard = told(wrong[i].value);
        CU_ASSERT_PTR_NOT_NULL(strstr(heard.messages, wrong[i].message));
    }
}

static void private_keys_are_read_from_files(void) {
    static const struct {
        const char *text;
        bool ok;
    } files[] = {
        {"0000000000000000000000000000000000000000000000000000000000000002\n", true},
        {"-----BEGIN PRIVATE KEY-----\n"
         "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCAAAAAAAAAAAAAAAAAA\n"
         "AAAAAAAAAAAAAAAAAAAAAAAAAg==\n-----END PRIVATE KEY-----\n",
         true},
        {"-----BEGIN PRIVATE KEY-----\n"
         "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCAAAAAAAAAAAAAAAAAA\n"
         "-----END PRIVATE KEY-----\n",
         false},
        {"404142434445464748494A4B4C4D4E4F\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[] = "/tmp/tessera-key-XXXXXX";
        uint8_t scalar[P256_SCALAR_SIZE];
        int file = mkstemp(path);
        CU_ASSERT_FATAL(file >= 0);
        CU_ASSERT_EQUAL(write(file, files[i].text, strlen(files[i].text)),
                        (ssize_t)strlen(files[i].text));
        close(file);
        CU_ASSERT_EQUAL(host_keys_scalar(path, scalar), files[i].ok);
        CU_ASSERT_TRUE(!files[i].ok || memcmp(scalar, scalar_two, sizeof scalar) == 0);
        unlink(path);
    }
    uint8_t scalar[P256_SCALAR_SIZE];
    CU_ASSERT_FALSE(host_keys_scalar("/nowhere/key", scalar));
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"aes(), des(), cmac() and sha256() give the published values",
         ciphers_give_the_published_values, NULL},
        {"wrong keys and sizes of aes() and cmac() are told", wrong_cipher_values_are_told, NULL},
        {"within scp03 wraps and unwraps at every level", every_level_arrives_in_clear, NULL},
        {"wrong keys, levels and answers are told", wrong_keys_and_answers_are_failures, NULL},
        {"without a channel nothing of its block is sent", no_channel_no_block, NULL},
        {"level 00 protects nothing and sends plain commands", level_00_goes_plain, NULL},
        {"scripts sign without showing the key", scripts_sign_without_showing_the_key, NULL},
        {"unusable private keys are told", unusable_keys_are_told, NULL},
        {"private keys are read from files", private_keys_are_read_from_files, NULL},
    };
    return suite_main("test-script-secure", tests, sizeof tests / sizeof tests[0], argc, argv);
}
