// SPDX-License-Identifier: Apache-2.0
// Sealed keys against published values: AES-GCM (McGrew and Viega's test cases 4, 13 to 16), HKDF
// (RFC 5869 A.1 to A.3), HPKE (RFC 9180 A.3.1); a second implementation (tests/peers/hpke.py) where
// the RFC has no vector; and every damaged octet of what travels.
#include "apdu/crypto/binding.h"
#include "apdu/crypto/hkdf.h"
#include "apdu/crypto/hpke.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <string.h>

static struct crypto *crypto;

enum { HEX_MAX = 256 };

struct hex {
    uint8_t octets[HEX_MAX];
    size_t size;
};

static struct hex hex(const char *text) {
    struct hex value;
    value.size = from_hex(text, value.octets, sizeof value.octets);
    return value;
}

static struct bytes span(const struct hex *value) {
    return bytes_of(value->octets, value->size);
}

// ---- AES-GCM ---------------------------------------------------------------------------------

static const struct gcm_case {
    const char *key, *nonce, *aad, *plain, *cipher, *tag;
} GCM_CASES[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "58E2FCCEFA7E3061367F1D57A4E7455A"},
    {"FEFFE9928665731C6D6A8F9467308308", "CAFEBABEFACEDBADDECAF888",
     "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
     "D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA2E4C303D8A318A72"
     "1C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA637B39",
     "42831EC2217774244B7221B784D0D49CE3AA212F2C02A4E035C17E2329ACA12E"
     "21D514B25466931C7D8F6A5AAC84AA051BA30B396A0AAC973D58E091",
     "5BC94FBC3221A5DB94FAE95AE7121A47"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "00000000000000000000000000000000", "CEA7403D4D606B6E074EC5D3BAF39D18",
     "D0D1C8A799996BF0265B98B5D48AB919"},
    {"FEFFE9928665731C6D6A8F9467308308FEFFE9928665731C6D6A8F9467308308", "CAFEBABEFACEDBADDECAF888",
     "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
     "D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA2E4C303D8A318A72"
     "1C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA637B39",
     "522DC1F099567D07F47F37A32A84427D643A8CDCBFE5C0C97598A2BD2555D1AA"
     "8CB08E48590DBB3DA7B08B1056828838C5F61E6393BA7A0ABCC9F662",
     "76FC6ECE0F4E1768CDDF8853BB2D551B"},
};

static void gcm_refuses_damage(const struct hex *key, const struct hex *nonce, struct hex aad,
                               struct hex cipher, struct hex tag) {
    uint8_t out[HEX_MAX];
    struct hex *parts[] = {&aad, &cipher, &tag};
    for (size_t part = 0; part < 3; part++)
        for (size_t bit = 0; bit < 8 * parts[part]->size; bit++) {
            parts[part]->octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CU_ASSERT_FALSE(crypto->ops->aes_gcm_open(crypto, span(key), nonce->octets, span(&aad),
                                                      span(&cipher), out, tag.octets));
            for (size_t i = 0; i < cipher.size; i++)
                CU_ASSERT_EQUAL(out[i], 0);
            parts[part]->octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
}

static void test_gcm(void) {
    for (size_t i = 0; i < sizeof GCM_CASES / sizeof *GCM_CASES; i++) {
        const struct gcm_case *row = &GCM_CASES[i];
        struct hex key = hex(row->key), nonce = hex(row->nonce), aad = hex(row->aad),
                   plain = hex(row->plain), cipher = hex(row->cipher), tag = hex(row->tag);
        uint8_t out[HEX_MAX], made[GCM_TAG_SIZE];
        CU_ASSERT(crypto->ops->aes_gcm_seal(crypto, span(&key), nonce.octets, span(&aad),
                                            span(&plain), out, made));
        CU_ASSERT(is_hex(out, plain.size, row->cipher));
        CU_ASSERT(is_hex(made, sizeof made, row->tag));
        CU_ASSERT(crypto->ops->aes_gcm_open(crypto, span(&key), nonce.octets, span(&aad),
                                            span(&cipher), out, tag.octets));
        CU_ASSERT(is_hex(out, cipher.size, row->plain));
        gcm_refuses_damage(&key, &nonce, aad, cipher, tag);
    }
    uint8_t key[17] = {0}, out[1], tag[GCM_TAG_SIZE];
    CU_ASSERT_FALSE(crypto->ops->aes_gcm_seal(crypto, BYTES_OF(key), key, bytes_of(NULL, 0),
                                              bytes_of(NULL, 0), out, tag));
}

// ---- HKDF ------------------------------------------------------------------------------------

static void test_hkdf(void) {
    static const struct {
        const char *ikm, *salt, *info, *okm;
    } CASES[] = {
        {"0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B", "000102030405060708090A0B0C",
         "F0F1F2F3F4F5F6F7F8F9",
         "3CB25F25FAACD57A90434F64D0362F2A2D2D0A90CF1A5A4C5DB02D56ECC4C5BF34007208D5B887185865"},
        {"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F2021222324252627"
         "28292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F",
         "606162636465666768696A6B6C6D6E6F707172737475767778797A7B7C7D7E7F8081828384858687"
         "88898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAF",
         "B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBFC0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7"
         "D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF",
         "B11E398DC80327A1C8E7F78C596A49344F012EDA2D4EFAD8A050CC4C19AFA97C"
         "59045A99CAC7827271CB41C65E590E09DA3275600C2F09B8367793A9ACA3DB71"
         "CC30C58179EC3E87C14C01D5C1F3434F1D87"},
        {"0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B", "", "",
         "8DA4E775A563C18F715F802A063C5A31B8A11F5C5EE1879EC3454E5F3C738D2D9D201395FAA4B61A96C8"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct hex ikm = hex(CASES[i].ikm), salt = hex(CASES[i].salt), info = hex(CASES[i].info);
        uint8_t out[HEX_MAX];
        size_t size = strlen(CASES[i].okm) / 2;
        CU_ASSERT(hkdf(crypto, span(&ikm), span(&salt), span(&info), out, size));
        CU_ASSERT(is_hex(out, size, CASES[i].okm));
    }
    static uint8_t long_info[HKDF_INFO_MAX + 1], out[HKDF_OUTPUT_MAX + 1], prk[SHA256_SIZE];
    CU_ASSERT(hkdf_expand(crypto, prk, bytes_of(long_info, HKDF_INFO_MAX), out, HKDF_OUTPUT_MAX));
    CU_ASSERT_FALSE(hkdf_expand(crypto, prk, BYTES_OF(long_info), out, 32));
    CU_ASSERT_FALSE(hkdf_expand(crypto, prk, bytes_of(NULL, 0), out, sizeof out));
}

// ---- HPKE ------------------------------------------------------------------------------------

static const char *const EPHEMERAL_IKM =
    "4270E54FFD08D79D5928020AF4686D8F6B7D35DBE470265F1F5AA22816CE860E";
static const char *const RECIPIENT_IKM =
    "668B37171F1072F3CF12EA8A236A45DF23FC13B82AF3609AD1E354F6EF817550";
static const char *const EPHEMERAL =
    "4995788EF4B9D6132B249CE59A77281493EB39AF373D236A1FE415CB0C2D7BEB";
static const char *const RECIPIENT =
    "F3CE7FDAE57E1A310D87F1EBBDE6F328BE0A99CDBCADF4D6589CF29DE4B8FFD2";
static const char *const INFO = "4F6465206F6E2061204772656369616E2055726E";
static const char *const PLAIN = "4265617574792069732074727574682C20747275746820626561757479";

struct pair {
    uint8_t scalar[P256_SCALAR_SIZE], point[P256_COMPRESSED_SIZE];
};

static struct pair derive(const char *material) {
    struct pair pair;
    struct hex octets = hex(material);
    CU_ASSERT(hpke_derive_key_pair(crypto, span(&octets), pair.scalar, pair.point));
    return pair;
}

/// The crypto whose next key pair is the RFC's ephemeral one.
static bool give_ephemeral(const struct crypto *self, uint8_t scalar[P256_SCALAR_SIZE],
                           uint8_t point[P256_COMPRESSED_SIZE]) {
    from_hex(EPHEMERAL, scalar, P256_SCALAR_SIZE);
    return self->ops->p256_point(self, scalar, point);
}

static bool seal(enum hpke_algorithm algorithm, const struct pair *to, struct bytes info,
                 struct bytes aad, struct bytes plain, uint8_t *out) {
    struct crypto_ops ops = *crypto->ops;
    ops.p256_generate = give_ephemeral;
    struct crypto fixed = {&ops, crypto->context};
    return hpke_seal(&fixed, algorithm, to->point, info, aad, plain, out);
}

static void test_derive_key_pair(void) {
    struct pair ephemeral = derive(EPHEMERAL_IKM), recipient = derive(RECIPIENT_IKM);
    CU_ASSERT(is_hex(ephemeral.scalar, P256_SCALAR_SIZE, EPHEMERAL));
    CU_ASSERT(is_hex(recipient.scalar, P256_SCALAR_SIZE, RECIPIENT));
    CU_ASSERT(is_hex(recipient.point, P256_COMPRESSED_SIZE,
                     "02FE8C19CE0905191EBC298A9245792531F26F0CECE2460639E8BC39CB7F706A82"));
    struct pair pair;
    static uint8_t material[HPKE_KEY_MATERIAL_MAX + 1];
    CU_ASSERT_FALSE(hpke_derive_key_pair(crypto, BYTES_OF(material), pair.scalar, pair.point));
}

static void test_rfc_vector(void) {
    struct pair recipient = derive(RECIPIENT_IKM);
    struct hex info = hex(INFO), aad = hex("436F756E742D30"), plain = hex(PLAIN);
    uint8_t sealed[HEX_MAX], out[HEX_MAX];
    size_t size = plain.size + HPKE_OVERHEAD;
    CU_ASSERT(seal(HPKE_AES_128, &recipient, span(&info), span(&aad), span(&plain), sealed));
    CU_ASSERT(is_hex(sealed, P256_COMPRESSED_SIZE,
                     "02A92719C6195D5085104F469A8B9814D5838FF72B60501E2C4466E5E67B325AC9"));
    CU_ASSERT(is_hex(sealed + P256_COMPRESSED_SIZE, size - P256_COMPRESSED_SIZE,
                     "5AD590BB8BAA577F8619DB35A36311226A896E7342A6D836D8B7BCD2F20B6C7F"
                     "9076AC232E3AB2523F39513434"));
    CU_ASSERT(hpke_open(crypto, HPKE_AES_128, recipient.scalar, recipient.point, span(&info),
                        span(&aad), bytes_of(sealed, size), out));
    CU_ASSERT(is_hex(out, plain.size, PLAIN));
}

static void test_second_implementation(void) {
    struct pair recipient = derive(RECIPIENT_IKM);
    struct hex info = hex("4F6465"), aad = hex("6161"), plain = hex("706C61696E");
    uint8_t sealed[HEX_MAX];
    CU_ASSERT(seal(HPKE_AES_256, &recipient, span(&info), span(&aad), span(&plain), sealed));
    CU_ASSERT(is_hex(sealed + P256_COMPRESSED_SIZE, plain.size + GCM_TAG_SIZE,
                     "EBDB40B7BD83C5274D514F1FE414FA6944D2412759"));
}

static void test_damage(void) {
    struct pair own = derive(RECIPIENT_IKM), other = derive(EPHEMERAL_IKM);
    struct hex info = hex(INFO), aad = hex("01"), plain = hex(PLAIN);
    uint8_t sealed[HEX_MAX], out[HEX_MAX];
    size_t size = plain.size + HPKE_OVERHEAD;
    struct bytes whole = bytes_of(sealed, size), nothing = bytes_of(NULL, 0);
    CU_ASSERT(
        hpke_seal(crypto, HPKE_AES_128, own.point, span(&info), span(&aad), span(&plain), sealed));
    for (size_t bit = 0; bit < 8 * size; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT_FALSE(hpke_open(crypto, HPKE_AES_128, own.scalar, own.point, span(&info),
                                  span(&aad), whole, out));
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++)
        CU_ASSERT_FALSE(hpke_open(crypto, HPKE_AES_128, own.scalar, own.point, span(&info),
                                  span(&aad), bytes_of(sealed, cut), out));
    CU_ASSERT_FALSE(
        hpke_open(crypto, HPKE_AES_128, own.scalar, own.point, nothing, span(&aad), whole, out));
    CU_ASSERT_FALSE(
        hpke_open(crypto, HPKE_AES_128, own.scalar, own.point, span(&info), nothing, whole, out));
    CU_ASSERT_FALSE(hpke_open(crypto, HPKE_AES_256, own.scalar, own.point, span(&info), span(&aad),
                              whole, out));
    CU_ASSERT_FALSE(hpke_open(crypto, HPKE_AES_128, other.scalar, other.point, span(&info),
                              span(&aad), whole, out));
    CU_ASSERT(hpke_open(crypto, HPKE_AES_128, own.scalar, own.point, span(&info), span(&aad), whole,
                        out));
}

static void test_limits(void) {
    static uint8_t info[HPKE_INFO_MAX + 1], sealed[HPKE_OVERHEAD], off_curve[P256_COMPRESSED_SIZE];
    struct pair own = derive(RECIPIENT_IKM);
    struct bytes nothing = bytes_of(NULL, 0);
    CU_ASSERT(hpke_seal(crypto, HPKE_AES_128, own.point, bytes_of(info, HPKE_INFO_MAX), nothing,
                        nothing, sealed));
    CU_ASSERT_FALSE(
        hpke_seal(crypto, HPKE_AES_128, own.point, BYTES_OF(info), nothing, nothing, sealed));
    CU_ASSERT_FALSE(
        hpke_seal(crypto, (enum hpke_algorithm)3, own.point, nothing, nothing, nothing, sealed));
    memset(off_curve, 0xFF, sizeof off_curve);
    off_curve[0] = 0x02;
    CU_ASSERT_FALSE(hpke_seal(crypto, HPKE_AES_128, off_curve, nothing, nothing, nothing, sealed));
}

// ---- bindings --------------------------------------------------------------------------------

static void test_binding(void) {
    struct binding one, two;
    binding_begin(&one, "move");
    binding_add(&one, bytes_of_string("AB"));
    binding_add(&one, bytes_of_string("C"));
    binding_begin(&two, "move");
    binding_add(&two, bytes_of_string("A"));
    binding_add(&two, bytes_of_string("BC"));
    CU_ASSERT_FALSE(bytes_equal(binding_bytes(&one), binding_bytes(&two)));
    binding_begin(&one, "x");
    binding_add_uint(&one, 0x01020304, 4);
    struct bytes octets = binding_bytes(&one);
    CU_ASSERT(is_hex(octets.data, octets.size,
                     "546573736572612F31"
                     "000178"
                     "000401020304"));
    static const uint8_t field[BINDING_MAX];
    binding_add(&one, BYTES_OF(field));
    CU_ASSERT_EQUAL(binding_bytes(&one).size, 0);
    binding_add(&one, bytes_of_string("C")); // what fits again does not make it whole
    CU_ASSERT_EQUAL(binding_bytes(&one).size, 0);
}

int main(int argc, char **argv) {
    static const struct suite_test TESTS[] = {
        {"AES-GCM known answers, every flipped bit refused", test_gcm, NULL},
        {"HKDF known answers and limits", test_hkdf, NULL},
        {"DeriveKeyPair of RFC 9180 A.3.1", test_derive_key_pair, NULL},
        {"HPKE sealed as RFC 9180 A.3.1", test_rfc_vector, NULL},
        {"HPKE with AES-256 as a second implementation has it", test_second_implementation, NULL},
        {"every flipped bit, every cut, every other binding refused", test_damage, NULL},
        {"limits of HPKE", test_limits, NULL},
        {"two lists of fields never give the same octets", test_binding, NULL},
    };
    crypto = crypto_openssl_new();
    if (crypto == NULL)
        return 2;
    int code = suite_main("test-hpke", TESTS, sizeof TESTS / sizeof TESTS[0], argc, argv);
    crypto_openssl_free(crypto);
    return code;
}
