// SPDX-License-Identifier: Apache-2.0
// SCP03 against exchanges recorded with real cards (nine sessions: three key lengths at three
// security levels, published as test data of an open-source SIM tool), and against itself in every
// mode that has no published record.
#include "apdu/crypto/scp03.h"
#include "apdu/octets/status.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <string.h>

struct recorded {
    uint8_t key_size, level;
    const char *host_challenge, *card_challenge, *card_cryptogram, *sequence;
    const char *authenticate; // wrapped EXTERNAL AUTHENTICATE
    const char *wrapped[5];   // what the commands of plain_commands became
    const char *answer;       // protected answer to the first of them
};

static const char *const plain_commands[5] = {"80e2910006bf3e035c015a00", "80f22002", "80ca006600",
                                              "80f220020a4f0212345c054f9f70c5", "80f28002024f0000"};
static const char *const plain_answer = "bf3e125a1089882119900000000000000000000005";

static const struct recorded sessions[] = {
    {16,
     0x11,
     "b13e5f938fc108c4",
     "3eb51047495b249f",
     "66c484c1d2ef1948",
     "000002",
     "84821100107d5f5826a993ebc89eea24957fa0b3ce",
     {"84e291000ebf3e035c015a558d036518a2829700", "84f220020863a63f8959827fb2",
      "84ca006608a0c6a4a74166f7ce00", "84f22002124f0212345c054f9f70c52249b50272656536",
      "84f280020a4f00e91443f6dce6b8ed00"},
     "bf3e125a1089882119900000000000000000000005971be68992dbbdfa"},
    {16,
     0x03,
     "8e1552d0513c60f3",
     "30760cd2c47c1dd3",
     "95065fe5ead8a9d7",
     "000001",
     "8482030010fd4721a14d9b07003c451d2f8ae6bb21",
     {"84e2910018ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c00", "84f2200208c9811b11f1264cf1",
      "84ca006608e10ab60b3054798800", "84f22002184e2908bdb48b2315a55482e9e936ca122d6ecfae7d17416e",
      "84f28002180dd10a6b6193e5340b9e77d32d5a179cd710ac2773aefb2800"},
     "bf3e125a1089882119900000000000000000000005"},
    {16,
     0x33,
     "fdf38259a1e0de44",
     "3b1aca81e821f219",
     "081cdc01c26b372d",
     "000003",
     "84823300108c36f96bcc00724a4e13ad591d7da3f0",
     {"84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f00", "84f2200208ac6a59024bed84cc",
      "84ca006608409912ad8fb7aed000", "84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a",
      "84f280021865165105be3373347d0424d4400af2ac393f569ec779389e00"},
     "f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9"},
    {24,
     0x11,
     "7396430b768b085b",
     "8cfc23522ffdbf1e",
     "5df5542cac8fd866",
     "000003",
     "84821100102145ed30b146f5db252fb7e624cec244",
     {"84e291000ebf3e035c015aff42cf801d14394400", "84f22002084584e4f6784811ee",
      "84ca006608937776ebe190fa3000", "84f22002124f0212345c054f9f70c59a52bddf3040368c",
      "84f280020a4f009804b11411f7393d00"},
     "bf3e125a1089882119900000000000000000000005162fbd33e04940a9"},
    {24,
     0x03,
     "69c65da8202bf19f",
     "b570a67be3844671",
     "7729d6dd3d2ec5b1",
     "000001",
     "848203001065df4f1a356a887905466516d9e5b7c1",
     {"84e2910018d2c6fb477c5d4afe4fd4d21f17eff10d3578ec1774a12a2d00", "84f2200208964e188f0b1bb697",
      "84ca006608f0820035a41d3e1800", "84f220021806b076ed452cd1fa84f77f5c08a146aa77a9286757dea791",
      "84f2800218d06527e39222dce091fabdb8e9b898417a67a6852d3577db00"},
     "bf3e125a1089882119900000000000000000000005"},
    {24,
     0x33,
     "9b3f2eef0e8c9374",
     "f6bb305a15bae1a6",
     "8f79fb08212fbed7",
     "000002",
     "84823300109100bc22d58b45b86a26365ce39ff3cf",
     {"84e29100188f7f946c84f70d17994bc6e8791251bb1bb1bf02cf8de58900", "84f2200208d5d97754b6b3d2ba",
      "84ca006608516c82b8e30adbeb00", "84f2200218cc247f4761e6944277a4e0d6e32e44025b1e31537e2fc668",
      "84f2800218ba22b63d509bef5d093b43e5eaed03ed23144ab2d9cb51de00"},
     "c05176c1b6f72aae50c32cbee63b0e95998928fd4dfb2be9f27ffde8c8476f5909b4805cc4039599"},
    {32,
     0x11,
     "11666d57866c6f54",
     "53ea8847efa7674e",
     "41498a4d66cf0dee",
     "000003",
     "84821100102f2ad190eff2fafc4908996d1cebd310",
     {"84e291000ebf3e035c015af4b680372542b59d00", "84f2200208d618b7da68d5fe52",
      "84ca0066088f3e055db23ad5e500", "84f22002124f0212345c054f9f70c5b6e15cc42404915e",
      "84f280020a4f00aa124aa74afe7f7500"},
     "bf3e125a10898821199000000000000000000000058012dd7f01f1c4c1"},
    {32,
     0x03,
     "c6066990fc426e1d",
     "8682cd81bbd8919f",
     "2de3f2664581f118",
     "000001",
     "848203001077c493b632edadaf865a1e64acc07ce9",
     {"84e29100183ddaa60594963befaada3525b492ede23c2ab2c1ce3afe4400", "84f2200208480ddc8e419da38d",
      "84ca0066083e9d6a6c0b2d732000", "84f22002183ebfef2da8b04af2a85f491f299b76973df76ff08a4031be",
      "84f2800218783fff80990f5585b1055010ea95094a26e4a8f1ef4b18e100"},
     "bf3e125a1089882119900000000000000000000005"},
    {32,
     0x33,
     "97b2055fe58599fd",
     "a8439a22cedf045f",
     "a9f1903b2834f26e",
     "000002",
     "8482330010508a0fd959d2e547c6b33154a6be2057",
     {"84e29100187a5ef717eaf1e135ae92fe54429d0e465decda65f5fe5aea00", "84f2200208bcc5c17275545d93",
      "84ca00660804806aba9d543bb600", "84f2200218717222491556ec81a45f49ce48be33320024801a1c4cb0e0",
      "84f2800218561f105bccd3a1642904b251ccc1228beb80a82370a8637000"},
     "ea90dbfa648a67c5eb6abc57f8530b97d0cd5647c5e8732016b55203b078dd2ace7f8bc5d1c1cd99"},
};

// Keys 00 01 .. 0F, 10 .. 1F, 20 .. 2F, repeated from their start for the longer lengths.
static struct scp03_keys recorded_keys(uint8_t size) {
    struct scp03_keys keys = {.size = size};
    for (uint8_t i = 0; i < size; i++) {
        keys.enc[i] = i & 0x0F;
        keys.mac[i] = 0x10 | (i & 0x0F);
        keys.dek[i] = 0x20 | (i & 0x0F);
    }
    return keys;
}

static void start(struct scp03 *session, const struct crypto *crypto, const struct recorded *row) {
    struct scp03_keys keys = recorded_keys(row->key_size);
    uint8_t host[8], card[8];
    from_hex(row->host_challenge, host, sizeof host);
    from_hex(row->card_challenge, card, sizeof card);
    CU_ASSERT(scp03_derive(session, crypto, &keys, 0x70, host, card));
}

static void check_challenge(const struct crypto *crypto, const struct recorded *row) {
    struct scp03_keys keys = recorded_keys(row->key_size);
    uint8_t sequence[3], wanted[8], challenge[SCP03_SIZE_MAX];
    // these cards invoked the protocol from their ISD-R
    static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                  0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};
    from_hex(row->sequence, sequence, sizeof sequence);
    from_hex(row->card_challenge, wanted, sizeof wanted);
    CU_ASSERT(scp03_card_challenge(crypto, &keys, 0x70, (uint32_t)bytes_get_be(sequence, 3),
                                   BYTES_OF(aid), challenge));
    CU_ASSERT(memcmp(challenge, wanted, sizeof wanted) == 0);
}

static void expect_wrapped(struct scp03 *session, const struct crypto *crypto, const char *plain,
                           const char *wanted) {
    uint8_t in[64], expected[64], buffer[64], wire[64];
    struct apdu_command command, wrapped;
    CU_ASSERT(apdu_command_parse(bytes_of(in, from_hex(plain, in, sizeof in)), &command));
    CU_ASSERT(scp03_wrap_command(session, crypto, &command, buffer, sizeof buffer, &wrapped));
    size_t size = apdu_command_encode(&wrapped, wire, sizeof wire);
    CU_ASSERT(bytes_equal(bytes_of(wire, size),
                          bytes_of(expected, from_hex(wanted, expected, sizeof expected))));
}

static void host_matches_recordings(void) {
    struct crypto *crypto = crypto_openssl_new();
    for (size_t s = 0; s < sizeof sessions / sizeof sessions[0]; s++) {
        const struct recorded *row = &sessions[s];
        struct scp03 session;
        uint8_t cryptogram[SCP03_SIZE_MAX], wanted[8], answer[64], plain[64];
        char authenticate[64];
        start(&session, crypto, row);
        from_hex(row->card_cryptogram, wanted, sizeof wanted);
        CU_ASSERT(scp03_card_cryptogram(&session, crypto, cryptogram));
        CU_ASSERT(memcmp(cryptogram, wanted, sizeof wanted) == 0);
        CU_ASSERT(scp03_host_cryptogram(&session, crypto, cryptogram));
        snprintf(authenticate, sizeof authenticate, "8082%02x0008%016llx", row->level,
                 (unsigned long long)bytes_get_be(cryptogram, 8));
        expect_wrapped(&session, crypto, authenticate, row->authenticate);
        session.level = row->level;
        for (size_t i = 0; i < 5; i++) {
            expect_wrapped(&session, crypto, plain_commands[i], row->wrapped[i]);
            if (i > 0)
                continue;
            size_t size = from_hex(row->answer, answer, sizeof answer);
            CU_ASSERT(scp03_unwrap_response(&session, crypto, answer, &size, SW_OK));
            CU_ASSERT(bytes_equal(bytes_of(answer, size),
                                  bytes_of(plain, from_hex(plain_answer, plain, sizeof plain))));
        }
    }
    crypto_openssl_free(crypto);
}

static void card_challenge_matches_recordings(void) {
    struct crypto *crypto = crypto_openssl_new();
    for (size_t s = 0; s < sizeof sessions / sizeof sessions[0]; s++)
        check_challenge(crypto, &sessions[s]);
    crypto_openssl_free(crypto);
}

static void card_reads_recordings(void) {
    struct crypto *crypto = crypto_openssl_new();
    for (size_t s = 0; s < sizeof sessions / sizeof sessions[0]; s++) {
        struct scp03 session;
        uint8_t wire[64], plain[64], answer[64], wanted[64];
        struct apdu_command command, expected;
        start(&session, crypto, &sessions[s]);
        apdu_command_parse(bytes_of(wire, from_hex(sessions[s].authenticate, wire, sizeof wire)),
                           &command);
        CU_ASSERT_EQUAL(scp03_unwrap_command(&session, crypto, &command, wire + 5), SW_OK);
        session.level = sessions[s].level;
        for (size_t i = 0; i < 5; i++) {
            apdu_command_parse(bytes_of(wire, from_hex(sessions[s].wrapped[i], wire, sizeof wire)),
                               &command);
            apdu_command_parse(bytes_of(plain, from_hex(plain_commands[i], plain, sizeof plain)),
                               &expected);
            CU_ASSERT_EQUAL(scp03_unwrap_command(&session, crypto, &command, wire + 5), SW_OK);
            CU_ASSERT_EQUAL(command.cla, expected.cla);
            CU_ASSERT(bytes_equal(command.data, expected.data));
            if (i > 0)
                continue;
            bool ok = false;
            size_t size = scp03_wrap_response(&session, crypto, answer,
                                              from_hex(plain_answer, answer, sizeof answer),
                                              sizeof answer, SW_OK, &ok);
            CU_ASSERT(ok);
            CU_ASSERT(
                bytes_equal(bytes_of(answer, size),
                            bytes_of(wanted, from_hex(sessions[s].answer, wanted, sizeof wanted))));
        }
    }
    crypto_openssl_free(crypto);
}

// Every mode, key length and data size: what one end wraps the other reads; one flipped bit
// anywhere in the wire form is refused.
static void round_trip(const struct crypto *crypto, uint8_t i, uint8_t level, uint8_t key_size,
                       size_t size) {
    struct scp03_keys keys = recorded_keys(key_size);
    uint8_t challenge[SCP03_SIZE_MAX] = {1, 2, 3}, data[300], buffer[360], answer[360];
    struct scp03 host, card, spare;
    struct apdu_command wrapped, plain = {.cla = 0x80, .ins = 0xE2, .data = bytes_of(data, size)};
    bool ok = false;
    memset(data, 0xA5, sizeof data);
    CU_ASSERT(scp03_derive(&host, crypto, &keys, i, challenge, challenge));
    host.level = level;
    card = host;
    CU_ASSERT(scp03_wrap_command(&host, crypto, &plain, buffer, sizeof buffer, &wrapped));
    for (size_t bit = 0; bit<wrapped.data.size * 8; bit += size> 64 ? 97 : 1) {
        struct apdu_command flipped = wrapped;
        uint8_t copy[360];
        memcpy(copy, buffer, wrapped.data.size);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        flipped.data.data = copy;
        spare = card;
        CU_ASSERT_EQUAL(scp03_unwrap_command(&spare, crypto, &flipped, copy), SW_SM_OBJECT_WRONG);
    }
    CU_ASSERT_EQUAL(scp03_unwrap_command(&card, crypto, &wrapped, buffer), SW_OK);
    CU_ASSERT(bytes_equal(wrapped.data, plain.data));
    memcpy(answer, data, size);
    size_t out = scp03_wrap_response(&card, crypto, answer, size, sizeof answer, SW_OK, &ok);
    CU_ASSERT(ok);
    CU_ASSERT(scp03_unwrap_response(&host, crypto, answer, &out, SW_OK));
    CU_ASSERT(bytes_equal(bytes_of(answer, out), plain.data));
}

static void every_mode_round_trips(void) {
    static const uint8_t options[] = {0x00, 0x10, 0x20, 0x60, 0x70, 0x01, 0x71};
    static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13, 0x33};
    static const size_t lengths[] = {0, 1, 15, 16, 17, 255, 300};
    struct crypto *crypto = crypto_openssl_new();
    for (size_t o = 0; o < sizeof options; o++)
        for (size_t l = 0; l < sizeof levels; l++)
            for (size_t n = 0; n < sizeof lengths / sizeof lengths[0]; n++)
                for (uint8_t key = 16; key <= 32; key += 8)
                    if (scp03_level_is_valid(options[o], levels[l]))
                        round_trip(crypto, options[o], levels[l], key, lengths[n]);
    crypto_openssl_free(crypto);
}

static void replay_and_reorder_are_refused(void) {
    struct crypto *crypto = crypto_openssl_new();
    struct scp03_keys keys = recorded_keys(16);
    uint8_t challenge[8] = {0}, first[64], second[64], copy[64];
    struct scp03 host, card;
    struct apdu_command plain = {.cla = 0x80, .ins = 0xE2, .data = bytes_of("abc", 3)}, one, two;
    scp03_derive(&host, crypto, &keys, 0x70, challenge, challenge);
    host.level = 0x33;
    card = host;
    scp03_wrap_command(&host, crypto, &plain, first, sizeof first, &one);
    scp03_wrap_command(&host, crypto, &plain, second, sizeof second, &two);
    struct scp03 reordered = card;
    struct apdu_command command = two;
    memcpy(copy, second, sizeof copy);
    command.data.data = copy;
    CU_ASSERT_EQUAL(scp03_unwrap_command(&reordered, crypto, &command, copy), SW_SM_OBJECT_WRONG);
    command = one;
    memcpy(copy, first, sizeof copy);
    command.data.data = copy;
    CU_ASSERT_EQUAL(scp03_unwrap_command(&card, crypto, &command, copy), SW_OK);
    command = one;
    memcpy(copy, first, sizeof copy);
    command.data.data = copy;
    CU_ASSERT_EQUAL(scp03_unwrap_command(&card, crypto, &command, copy), SW_SM_OBJECT_WRONG);
    command.data.size = 7;
    CU_ASSERT_EQUAL(scp03_unwrap_command(&card, crypto, &command, copy), SW_SM_OBJECT_MISSING);
    crypto_openssl_free(crypto);
}

static void levels_follow_the_option_byte(void) {
    CU_ASSERT(scp03_level_is_valid(0x70, 0x33));
    CU_ASSERT(scp03_level_is_valid(0x00, 0x03));
    CU_ASSERT(scp03_level_is_valid(0x70, 0x00));
    CU_ASSERT_FALSE(scp03_level_is_valid(0x00, 0x11));
    CU_ASSERT_FALSE(scp03_level_is_valid(0x20, 0x33));
    CU_ASSERT_FALSE(scp03_level_is_valid(0x70, 0x31));
    CU_ASSERT_FALSE(scp03_level_is_valid(0x70, 0x02));
    CU_ASSERT_FALSE(scp03_level_is_valid(0x70, 0x81));
}

static void key_check_values(void) {
    static const uint8_t wanted[3][3] = {
        {0xC3, 0x52, 0x80}, {0x01, 0x38, 0x08}, {0x84, 0x0D, 0xE5}};
    struct crypto *crypto = crypto_openssl_new();
    struct scp03_keys keys = recorded_keys(16);
    const uint8_t *key[3] = {keys.enc, keys.mac, keys.dek};
    for (size_t i = 0; i < 3; i++) {
        uint8_t kcv[3];
        CU_ASSERT(scp03_kcv(crypto, bytes_of(key[i], 16), kcv));
        CU_ASSERT(memcmp(kcv, wanted[i], 3) == 0);
    }
    crypto_openssl_free(crypto);
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"host wraps as the recorded cards accepted", host_matches_recordings, NULL},
        {"card challenge follows the sequence counter", card_challenge_matches_recordings, NULL},
        {"card reads what the recorded hosts sent", card_reads_recordings, NULL},
        {"every mode round-trips, every flipped bit is refused", every_mode_round_trips, NULL},
        {"replay, reordering and truncation are refused", replay_and_reorder_are_refused, NULL},
        {"levels stay within the option byte", levels_follow_the_option_byte, NULL},
        {"key check values", key_check_values, NULL},
    };
    return suite_main("test-scp03", tests, sizeof tests / sizeof tests[0], argc, argv);
}
