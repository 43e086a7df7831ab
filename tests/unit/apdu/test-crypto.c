// SPDX-License-Identifier: Apache-2.0
// The OpenSSL implementation of the crypto interface against published known answers (FIPS 180-4,
// RFC 4231, RFC 4493, SP 800-38A, RFC 5903, RFC 6979), the openssl program as a second opinion, the
// key cache, the seeded variant and the start test of the random source.
#include "apdu/crypto/crypto_openssl.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct crypto *crypto;

// RFC 6979 A.2.5: P-256, SHA-256
static const char *const KEY_D = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char *const KEY_P =
    "0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6";
static const char *const SAMPLE_RS =
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
static const char *const TEST_RS =
    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083";

static void test_sha256(void) {
    uint8_t digest[SHA256_SIZE];
    const struct crypto_ops *ops = crypto->ops;
    CU_ASSERT(ops->sha256(crypto, bytes_of_string("abc"), digest));
    CU_ASSERT(is_hex(digest, sizeof digest,
                     "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
    CU_ASSERT(ops->sha256(crypto, bytes_of(NULL, 0), digest));
    CU_ASSERT(is_hex(digest, sizeof digest,
                     "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
    CU_ASSERT(ops->sha256(
        crypto, bytes_of_string("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
        digest));
    CU_ASSERT(is_hex(digest, sizeof digest,
                     "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1"));
}

static void test_hmac(void) { // RFC 4231 4.2, 4.3, 4.7
    uint8_t mac[SHA256_SIZE], key[131];
    memset(key, 0x0B, 20);
    CU_ASSERT(
        crypto->ops->hmac_sha256(crypto, bytes_of(key, 20), bytes_of_string("Hi There"), mac));
    CU_ASSERT(is_hex(mac, 32, "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7"));
    CU_ASSERT(crypto->ops->hmac_sha256(crypto, bytes_of_string("Jefe"),
                                       bytes_of_string("what do ya want for nothing?"), mac));
    CU_ASSERT(is_hex(mac, 32, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"));
    memset(key, 0xAA, sizeof key);
    CU_ASSERT(crypto->ops->hmac_sha256(
        crypto, BYTES_OF(key),
        bytes_of_string("Test Using Larger Than Block-Size Key - Hash Key First"), mac));
    CU_ASSERT(is_hex(mac, 32, "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54"));
    // HMAC of nothing under the empty key
    CU_ASSERT(crypto->ops->hmac_sha256(crypto, bytes_of(NULL, 0), bytes_of(NULL, 0), mac));
    CU_ASSERT(is_hex(mac, 32, "B613679A0814D9EC772F95D778C35FC5FF1697C493715653C6C712144292C5AD"));
}

static const char *const AES_MESSAGE =
    "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
    "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710";

static void test_cmac(void) { // RFC 4493 4; SP 800-38B D.2, D.3
    static const struct {
        const char *key;
        size_t size;
        const char *mac;
    } ROWS[] = {
        {"2B7E151628AED2A6ABF7158809CF4F3C", 0, "BB1D6929E95937287FA37D129B756746"},
        {"2B7E151628AED2A6ABF7158809CF4F3C", 16, "070A16B46B4D4144F79BDD9DD04A287C"},
        {"2B7E151628AED2A6ABF7158809CF4F3C", 40, "DFA66747DE9AE63030CA32611497C827"},
        {"2B7E151628AED2A6ABF7158809CF4F3C", 64, "51F0BEBF7E3B9D92FC49741779363CFE"},
        {"8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B", 64,
         "A1D5DF0EED790F794D77589659F39A11"},
        {"603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", 64,
         "E1992190549F6ED5696A2C056C315410"},
    };
    uint8_t key[32], message[64], mac[16];
    from_hex(AES_MESSAGE, message, sizeof message);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        size_t size = from_hex(ROWS[i].key, key, sizeof key);
        CU_ASSERT(crypto->ops->aes_cmac(crypto, bytes_of(key, size),
                                        bytes_of(message, ROWS[i].size), mac));
        CU_ASSERT(is_hex(mac, 16, ROWS[i].mac));
    }
    CU_ASSERT_FALSE(crypto->ops->aes_cmac(crypto, bytes_of(key, 15), BYTES_OF(message), mac));
}

static void test_cbc(void) { // SP 800-38A F.2.1, F.2.5
    uint8_t key[32], iv[16], in[64], out[64];
    from_hex(AES_MESSAGE, in, sizeof in);
    from_hex("000102030405060708090A0B0C0D0E0F", iv, sizeof iv);
    from_hex("2B7E151628AED2A6ABF7158809CF4F3C", key, 16);
    CU_ASSERT(crypto->ops->aes_cbc(crypto, true, bytes_of(key, 16), iv, in, out, 64));
    CU_ASSERT(is_hex(out, 64,
                     "7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2"
                     "73BED6B8E3C1743B7116E69E222295163FF1CAA1681FAC09120ECA307586E1A7"));
    CU_ASSERT(crypto->ops->aes_cbc(crypto, false, bytes_of(key, 16), iv, out, out, 64));
    CU_ASSERT(memcmp(in, out, 64) == 0);
    from_hex("603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", key, 32);
    CU_ASSERT(crypto->ops->aes_cbc(crypto, true, BYTES_OF(key), iv, in, out, 16));
    CU_ASSERT(is_hex(out, 16, "F58C4C04D6E5F1BA779EABFB5F7BFBD6"));
    CU_ASSERT_FALSE(crypto->ops->aes_cbc(crypto, true, BYTES_OF(key), iv, in, out, 17));
    CU_ASSERT_FALSE(crypto->ops->aes_cbc(crypto, true, bytes_of(key, 20), iv, in, out, 16));
}

// The example of SP 800-20 block by block; two keys are three of which two are one.
static void test_des(void) {
    static const uint8_t iv[DES_BLOCK_SIZE];
    static const char *const blocks[][2] = {{"5468652071756663", "A826FD8CE53B855F"},
                                            {"6B2062726F776E20", "CCE21C8112256FE6"},
                                            {"666F78206A756D70", "68D5C05DD9B6B900"}};
    uint8_t key[24], in[16], out[16], again[16];
    from_hex("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123", key, sizeof key);
    for (size_t i = 0; i < 3; i++) {
        from_hex(blocks[i][0], in, sizeof in);
        CU_ASSERT(crypto->ops->des_cbc(crypto, true, BYTES_OF(key), iv, in, out, 8));
        CU_ASSERT(is_hex(out, 8, blocks[i][1]));
        CU_ASSERT(crypto->ops->des_cbc(crypto, false, BYTES_OF(key), iv, out, out, 8));
        CU_ASSERT(memcmp(in, out, 8) == 0);
    }
    memcpy(key + 16, key, 8);
    CU_ASSERT(crypto->ops->des_cbc(crypto, true, BYTES_OF(key), iv, key, out, 16));
    CU_ASSERT(crypto->ops->des_cbc(crypto, true, bytes_of(key, 16), iv, key, again, 16));
    CU_ASSERT(memcmp(out, again, 16) == 0);
    CU_ASSERT_FALSE(crypto->ops->des_cbc(crypto, true, bytes_of(key, 8), iv, in, out, 8));
    CU_ASSERT_FALSE(crypto->ops->des_cbc(crypto, true, BYTES_OF(key), iv, in, out, 12));
}

static void test_ecdh(void) { // RFC 5903 8.1, with compressed points
    uint8_t i[32], r[32], gi[33], gr[33], shared[32];
    from_hex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433", i, 32);
    from_hex("C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53", r, 32);
    from_hex("03DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180", gi, 33);
    from_hex("03D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63", gr, 33);
    static const char *const SECRET =
        "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE";
    CU_ASSERT(crypto->ops->ecdh(crypto, i, gr, shared));
    CU_ASSERT(is_hex(shared, 32, SECRET));
    CU_ASSERT(crypto->ops->ecdh(crypto, r, gi, shared));
    CU_ASSERT(is_hex(shared, 32, SECRET));
    gr[0] = 0x04;
    CU_ASSERT_FALSE(crypto->ops->ecdh(crypto, i, gr, shared));
    memset(gr + 1, 0xFF, 32); // x beyond the field
    gr[0] = 0x02;
    CU_ASSERT_FALSE(crypto->ops->ecdh(crypto, i, gr, shared));
    memset(i, 0, 32);
    CU_ASSERT_FALSE(crypto->ops->ecdh(crypto, i, gi, shared));
}

static void test_ecdsa_vectors(void) { // RFC 6979 A.2.5
    uint8_t point[33], signature[ECDSA_SIZE];
    from_hex(KEY_P, point, sizeof point);
    from_hex(TEST_RS, signature, sizeof signature);
    CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, bytes_of_string("test"), signature));
    CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, bytes_of_string("Test"), signature));
    from_hex(SAMPLE_RS, signature, sizeof signature);
    CU_ASSERT_FALSE(ecdsa_is_low(signature)); // a valid signature, but the high spelling
    CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, bytes_of_string("sample"), signature));
    ecdsa_make_low(signature);
    CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, bytes_of_string("sample"), signature));
}

static void test_repeatable_nonce(void) {
    uint8_t scalar[32], expected[ECDSA_SIZE], signature[ECDSA_SIZE];
    struct crypto *seeded = crypto_openssl_new_seeded(1);
    from_hex(KEY_D, scalar, sizeof scalar);
    CU_ASSERT(seeded->ops->ecdsa_sign(seeded, scalar, bytes_of_string("test"), signature));
    CU_ASSERT(is_hex(signature, ECDSA_SIZE, TEST_RS));
    CU_ASSERT(seeded->ops->ecdsa_sign(seeded, scalar, bytes_of_string("sample"), signature));
    from_hex(SAMPLE_RS, expected, sizeof expected);
    ecdsa_make_low(expected);
    CU_ASSERT(memcmp(signature, expected, ECDSA_SIZE) == 0);
    memset(scalar, 0, sizeof scalar);
    CU_ASSERT_FALSE(seeded->ops->ecdsa_sign(seeded, scalar, bytes_of_string("test"), signature));
    memset(scalar, 0xFF, sizeof scalar);
    CU_ASSERT_FALSE(seeded->ops->ecdsa_sign(seeded, scalar, bytes_of_string("test"), signature));
    CU_ASSERT_FALSE(crypto->ops->ecdsa_sign(crypto, scalar, bytes_of_string("test"), signature));
    crypto_openssl_free(seeded);
}

static void test_seeded_runs_are_equal(void) {
    uint8_t first[2][P256_SCALAR_SIZE + P256_COMPRESSED_SIZE + ECDSA_SIZE + 48];
    memset(first, 0, sizeof first);
    for (size_t run = 0; run < 2; run++) {
        struct crypto *seeded = crypto_openssl_new_seeded(77);
        uint8_t *scalar = first[run], *point = scalar + 32, *rest = point + 33;
        CU_ASSERT(seeded->ops->random(seeded, rest, 47));
        CU_ASSERT(seeded->ops->p256_generate(seeded, scalar, point));
        CU_ASSERT(seeded->ops->ecdsa_sign(seeded, scalar, bytes_of_string("x"), rest + 48));
        CU_ASSERT(seeded->ops->ecdsa_verify(seeded, point, bytes_of_string("x"), rest + 48));
        crypto_openssl_free(seeded);
    }
    CU_ASSERT(memcmp(first[0], first[1], sizeof first[0]) == 0);
    struct crypto *other = crypto_openssl_new_seeded(78);
    CU_ASSERT(other->ops->random(other, first[1], 47));
    CU_ASSERT(memcmp(first[0] + 65, first[1], 47) != 0);
    crypto_openssl_free(other);
}

static void test_sign_and_verify(void) {
    uint8_t scalar[32], point[33], signature[ECDSA_SIZE], message[40];
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    for (uint8_t i = 0; i < 64; i++) {
        memset(message, i, sizeof message);
        CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalar, BYTES_OF(message), signature));
        CU_ASSERT(ecdsa_is_low(signature));
        CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, BYTES_OF(message), signature));
    }
    for (size_t bit = 0; bit < ECDSA_SIZE * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, BYTES_OF(message), signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    memset(signature, 0, sizeof signature);
    CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, BYTES_OF(message), signature));
}

// Far more keys than the cache holds, in an order that evicts; every one must still be itself.
static void test_key_cache(void) {
    enum { KEYS = KEY_CACHE_SIZE + 40 };
    static uint8_t scalars[KEYS][32], points[KEYS][33];
    uint8_t signature[ECDSA_SIZE];
    struct bytes message = bytes_of_string("cached");
    for (size_t i = 0; i < KEYS; i++)
        CU_ASSERT(crypto->ops->p256_generate(crypto, scalars[i], points[i]));
    for (size_t i = 0; i < 3 * KEYS; i++) {
        size_t k = i * 37 % KEYS;
        CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalars[k], message, signature));
        CU_ASSERT(crypto->ops->ecdsa_verify(crypto, points[k], message, signature));
        CU_ASSERT_FALSE(
            crypto->ops->ecdsa_verify(crypto, points[(k + 1) % KEYS], message, signature));
    }
}

static size_t cached_secrets(void) {
    size_t count = 0;
    for (size_t i = 0; i < KEY_CACHE_SIZE; i++)
        count += crypto_openssl_of(crypto)->keys[i].pkey != NULL &&
                 crypto_openssl_of(crypto)->keys[i].secret;
    return count;
}

static void test_forget(void) {
    uint8_t scalar[32], point[33], signature[ECDSA_SIZE];
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalar, bytes_of_string("x"), signature));
    size_t before = cached_secrets();
    crypto->ops->forget(crypto, scalar);
    CU_ASSERT(cached_secrets() + 1 == before);
    const uint8_t *context = crypto->context;
    CU_ASSERT_PTR_NULL(memmem(context, sizeof(struct crypto_openssl), scalar, sizeof scalar));
    CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalar, bytes_of_string("x"), signature));
    CU_ASSERT_PTR_NOT_NULL(memmem(context, sizeof(struct crypto_openssl), scalar, sizeof scalar));
}

static void test_damaged_points(void) {
    uint8_t scalar[32], point[33], signature[ECDSA_SIZE];
    struct bytes message = bytes_of_string("x");
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, point));
    CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalar, message, signature));
    for (size_t bit = 0; bit < sizeof point * 8; bit++) {
        point[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CU_ASSERT_FALSE(crypto->ops->ecdsa_verify(crypto, point, message, signature));
        point[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, message, signature));
}

static bool write_file(const char *directory, const char *name, const void *data, size_t size) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    bool done = file != NULL && fwrite(data, 1, size, file) == size;
    return (file == NULL || fclose(file) == 0) && done;
}

// The openssl program reads the key as SubjectPublicKeyInfo and checks the DER signature.
static void test_openssl_program_agrees(void) {
    static const char *const SPKI_HEAD =
        "3039301306072A8648CE3D020106082A8648CE3D030107032200"; // then the compressed point
    char directory[] = "/tmp/tessera-crypto-XXXXXX", command[512];
    uint8_t scalar[32], spki[59], signature[ECDSA_SIZE], der[ECDSA_DER_MAX];
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
    from_hex(SPKI_HEAD, spki, 26);
    CU_ASSERT(crypto->ops->p256_generate(crypto, scalar, spki + 26));
    CU_ASSERT(crypto->ops->ecdsa_sign(crypto, scalar, bytes_of_string("paid"), signature));
    CU_ASSERT(write_file(directory, "key", spki, sizeof spki));
    size_t der_size = ecdsa_to_der(signature, der);
    CU_ASSERT(write_file(directory, "sig", der, der_size));
    CU_ASSERT(write_file(directory, "good", "paid", 4) && write_file(directory, "bad", "Paid", 4));
    const char *form = "cd %s && timeout 20 openssl dgst -sha256 -keyform DER -verify key "
                       "-signature sig %s >/dev/null 2>&1";
    snprintf(command, sizeof command, form, directory, "good");
    CU_ASSERT_EQUAL(system(command), 0);
    snprintf(command, sizeof command, form, directory, "bad");
    CU_ASSERT_NOT_EQUAL(system(command), 0);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void test_der_form(void) {
    uint8_t signature[ECDSA_SIZE] = {0}, back[ECDSA_SIZE], der[ECDSA_DER_MAX];
    signature[0] = 0x80;  // needs a leading 00
    signature[63] = 0x7F; // one octet
    size_t size = ecdsa_to_der(signature, der);
    CU_ASSERT_EQUAL(size, 2 + 2 + 33 + 2 + 1);
    CU_ASSERT(ecdsa_from_der(bytes_of(der, size), back));
    CU_ASSERT(memcmp(signature, back, ECDSA_SIZE) == 0);
    for (size_t cut = 0; cut < size; cut++)
        CU_ASSERT_FALSE(ecdsa_from_der(bytes_of(der, cut), back));
    memset(signature, 0xFF, sizeof signature);
    CU_ASSERT_EQUAL(ecdsa_to_der(signature, der), ECDSA_DER_MAX);
    CU_ASSERT(ecdsa_from_der(bytes_of(der, ECDSA_DER_MAX), back));
    CU_ASSERT(memcmp(signature, back, ECDSA_SIZE) == 0);
}

static bool draw_stuck(const struct crypto *unused, uint8_t *out, size_t size) {
    (void)unused;
    memset(out, 0x5A, size);
    return true;
}

static bool draw_same(const struct crypto *unused, uint8_t *out, size_t size) {
    (void)unused;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)i;
    return true;
}

static bool draw_failing(const struct crypto *unused, uint8_t *out, size_t size) {
    (void)unused;
    memset(out, 0, size);
    return false;
}

static void test_start_test(void) {
    CU_ASSERT(random_start_test(crypto, openssl_random));
    CU_ASSERT_FALSE(random_start_test(crypto, draw_stuck));
    CU_ASSERT_FALSE(random_start_test(crypto, draw_same));
    CU_ASSERT_FALSE(random_start_test(crypto, draw_failing));
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"SHA-256 known answers", test_sha256, NULL},
        {"HMAC known answers", test_hmac, NULL},
        {"CMAC known answers", test_cmac, NULL},
        {"AES-CBC known answers", test_cbc, NULL},
        {"triple DES known answers", test_des, NULL},
        {"ECDH known answer, bad points refused", test_ecdh, NULL},
        {"ECDSA known answers, high s refused", test_ecdsa_vectors, NULL},
        {"repeatable signatures equal RFC 6979", test_repeatable_nonce, NULL},
        {"two runs of one seed are equal", test_seeded_runs_are_equal, NULL},
        {"sign, verify, every flipped signature bit refused", test_sign_and_verify, NULL},
        {"key cache: eviction never mixes keys", test_key_cache, NULL},
        {"forget erases the cached secret", test_forget, NULL},
        {"every flipped bit of a public point refused", test_damaged_points, NULL},
        {"openssl program accepts our signature", test_openssl_program_agrees, NULL},
        {"DER form at its edges", test_der_form, NULL},
        {"start test refuses a stuck random source", test_start_test, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    int code = suite_main("test-crypto", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
