// SPDX-License-Identifier: Apache-2.0
// Master keys in files and in a token (SoftHSM): derivation against published values, sealing, and
// everything that is missing or wrong, by name.
#include "personalization/keys/master_key.h"
#include "personalization/keys/token.h"
#include "tests/kit/suite.h"
#include "tests/kit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/tessera-master-XXXXXX";
static struct crypto *crypto;

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(path_of(name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    chmod(path_of(name), 0600);
}

static bool open_file(struct master_key *key, const char *name, const char *passphrase,
                      struct failure *failure) {
    struct key_access access = {.passphrase = passphrase};
    return master_key_open(key, path_of(name), crypto, &access, failure);
}

// The value of ENC for this master key and card, as a GlobalPlatform tool publishes it.
static const char kdf3_file[] =
    "tessera-master-key 1\nmethod kdf3\nversion 30\n"
    "key 8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD\n";
static const uint8_t kdf3_card[SCP03_DIVERSIFICATION_SIZE] = {0xD9, 0xB1, 0xDE, 0x5D, 0x03,
                                                              0x62, 0xDE, 0xDC, 0xE4, 0xFB};
static const char kdf3_enc[] = "9AAC5D0B3601F89438A0D9D0B6B256CFB47E6462DFA5228D3420C4AC7C224781";

static void kdf3_matches_published(void) {
    struct master_key key;
    struct scp03_keys keys;
    struct failure failure;
    write_text("kdf3", kdf3_file);
    CU_ASSERT_FATAL(open_file(&key, "kdf3", NULL, &failure));
    CU_ASSERT_EQUAL(key.version, 0x30);
    CU_ASSERT(master_key_derive(&key, kdf3_card, &keys, &failure));
    CU_ASSERT(is_hex(keys.enc, keys.size, kdf3_enc));
    CU_ASSERT(memcmp(keys.enc, keys.mac, keys.size) != 0);
    CU_ASSERT(memcmp(keys.mac, keys.dek, keys.size) != 0);
    master_key_close(&key);
}

// One block of the master key over the template that carries the method's name.
static void templates_are_single_blocks(void) {
    static const struct {
        const char *method, *block;
    } rows[] = {{"visa2-aes", "000104050607 F001 000104050607 0F01"},
                {"emv-aes", "040506070809 F001 040506070809 0F01"}};
    uint8_t card[SCP03_DIVERSIFICATION_SIZE], block[AES_BLOCK_SIZE];
    for (uint8_t i = 0; i < sizeof card; i++)
        card[i] = i;
    for (size_t i = 0; i < 2; i++) {
        struct master_key key;
        struct scp03_keys keys;
        struct failure failure;
        char text[160];
        snprintf(text, sizeof text,
                 "tessera-master-key 1\nmethod %s\nversion 01\nkey "
                 "404142434445464748494A4B4C4D4E4F\n",
                 rows[i].method);
        write_text("template", text);
        CU_ASSERT_FATAL(open_file(&key, "template", NULL, &failure));
        CU_ASSERT(master_key_derive(&key, card, &keys, &failure));
        from_hex(rows[i].block, block, sizeof block);
        CU_ASSERT(key.block(&key, block, block));
        CU_ASSERT(memcmp(block, keys.enc, sizeof block) == 0);
        master_key_close(&key);
    }
}

// The values of docs/profiles.md, computed once by tests/peers/kdf.py; and what only 3DES has.
static void methods_have_test_values(void) {
    static const char *const rows[][4] = {
        {"kdf3", "808BC985A1069AD2A9AC94E0FE7B8843", "65942E0BF4F3F32AEFACBA5671456275",
         "6A74F6F6040CCA10D8A3FDC7914FD7CC"},
        {"visa2-aes", "EA7601CE19F3029B607212EB3C5E1875", "5679BCBDDCA5F32E32ECE810178E012A",
         "C1AFCD6D54906413DB42BF2363AF49A8"},
        {"emv-aes", "E79AC10B494E12C55A0436C8EF62C25F", "CD19A782BC4DF6080B4B3212E363427A",
         "8F477CEBBC18B19ABA9DCAF470966735"},
        {"sp800-108", "B3F55592228C010235B8E327D08A0EB0", "DC274E156E389708D6E4D8DC7FE9C820",
         "F574316B3478D0D5587CB0345E97396A"},
        {"visa2", NULL},
        {"emv", NULL}};
    uint8_t card[SCP03_DIVERSIFICATION_SIZE];
    for (uint8_t i = 0; i < sizeof card; i++)
        card[i] = i;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct master_key key;
        struct scp03_keys keys;
        struct failure failure;
        char text[160];
        snprintf(text, sizeof text,
                 "tessera-master-key 1\nmethod %s\nversion 01\nkey "
                 "404142434445464748494A4B4C4D4E4F\n",
                 rows[i][0]);
        write_text("values", text);
        bool known = open_file(&key, "values", NULL, &failure);
        CU_ASSERT_EQUAL(known, rows[i][1] != NULL);
        if (!known) {
            CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "visa2-aes"));
            continue;
        }
        CU_ASSERT(master_key_derive(&key, card, &keys, &failure));
        CU_ASSERT(is_hex(keys.enc, 16, rows[i][1]) && is_hex(keys.mac, 16, rows[i][2]) &&
                  is_hex(keys.dek, 16, rows[i][3]));
        master_key_close(&key);
    }
}

static void sealed_files_open_with_their_passphrase(void) {
    struct master_key key;
    struct failure failure;
    uint8_t kcv[3], again[3];
    struct stat about;
    for (uint8_t size = 16; size <= 32; size += 8) {
        char name[16];
        snprintf(name, sizeof name, "sealed-%d", size);
        CU_ASSERT_FATAL(master_key_create(path_of(name), crypto, size, DERIVE_KDF3, 0x31,
                                          "open sesame", &failure));
        CU_ASSERT(stat(path_of(name), &about) == 0 && (about.st_mode & 0777) == 0600);
        CU_ASSERT_FATAL(open_file(&key, name, "open sesame", &failure));
        CU_ASSERT_EQUAL(key.size, size);
        CU_ASSERT(master_key_kcv(&key, kcv));
        master_key_close(&key);
        CU_ASSERT_FATAL(open_file(&key, name, "open sesame", &failure));
        CU_ASSERT(master_key_kcv(&key, again));
        CU_ASSERT(memcmp(kcv, again, sizeof kcv) == 0);
        master_key_close(&key);
        CU_ASSERT_FALSE(open_file(&key, name, "open says me", &failure));
        CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
        CU_ASSERT_FALSE(open_file(&key, name, NULL, &failure));
        CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
        CU_ASSERT_FALSE(
            master_key_create(path_of(name), crypto, size, DERIVE_KDF3, 1, NULL, &failure));
    }
}

// Nobody turns a sealed kdf3 key into one that is handed out as it is.
static void sealed_head_cannot_be_altered(void) {
    struct master_key key;
    struct failure failure;
    char text[1024] = {0};
    CU_ASSERT_FATAL(
        master_key_create(path_of("altered"), crypto, 16, DERIVE_KDF3, 0x31, "word", &failure));
    FILE *file = fopen(path_of("altered"), "r+");
    CU_ASSERT_FATAL(file != NULL && fread(text, 1, sizeof text - 1, file) > 0);
    memcpy(strstr(text, "kdf3"), "none", 4);
    rewind(file);
    fputs(text, file);
    fclose(file);
    CU_ASSERT_FALSE(open_file(&key, "altered", "word", &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
}

static void bad_files_are_named(void) {
    struct master_key key;
    struct failure failure;
    CU_ASSERT_FALSE(open_file(&key, "absent", NULL, &failure));
    write_text("foreign", "hello\n");
    CU_ASSERT_FALSE(open_file(&key, "foreign", NULL, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    write_text("odd", "tessera-master-key 1\nmethod kdf3\nversion 30\nkey 4041424\n");
    CU_ASSERT_FALSE(open_file(&key, "odd", NULL, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    write_text("open", kdf3_file);
    chmod(path_of("open"), 0644);
    CU_ASSERT_FALSE(open_file(&key, "open", NULL, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_LOCKED);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, "chmod 600"));
}

// ---- token -------------------------------------------------------------------------------------

static char uri[512];

static bool token_prepare(void) {
    char text[256], command[512];
    snprintf(text, sizeof text, "directories.tokendir = %s/tokens\n", directory);
    write_text("softhsm.conf", text);
    mkdir(path_of("tokens"), 0700);
    setenv("SOFTHSM2_CONF", path_of("softhsm.conf"), 1);
    snprintf(command, sizeof command,
             "softhsm2-util --init-token --free --label authority --pin 1234 --so-pin 5678 "
             ">/dev/null 2>&1");
    snprintf(uri, sizeof uri, "pkcs11:token=authority;object=master?module-path=%s&pin-value=1234",
             "/usr/lib/softhsm/libsofthsm2.so");
    return system(command) == 0;
}

static void token_derives_without_giving_the_key(void) {
    struct master_key key;
    struct scp03_keys keys, again;
    struct failure failure = {0};
    CU_ASSERT_FATAL(token_prepare());
    struct token *token = token_open(uri, NULL, &failure);
    CU_ASSERT_PTR_NOT_NULL_FATAL(token);
    CU_ASSERT(token_make_aes(token, NULL, 32, &failure));
    token_close(token);
    CU_ASSERT_FATAL(master_key_open(&key, uri, crypto, NULL, &failure));
    CU_ASSERT_EQUAL(key.size, 32);
    CU_ASSERT_PTR_NULL(key.export);
    CU_ASSERT_PTR_NULL(strstr(key.name, "1234"));
    CU_ASSERT(master_key_derive(&key, kdf3_card, &keys, &failure));
    CU_ASSERT(master_key_derive(&key, kdf3_card, &again, &failure));
    CU_ASSERT(memcmp(keys.enc, again.enc, keys.size) == 0);
    key.method = DERIVE_NONE;
    CU_ASSERT_FALSE(master_key_derive(&key, kdf3_card, &keys, &failure));
    CU_ASSERT_EQUAL(failure.code, EXIT_USAGE);
    master_key_close(&key);
}

// The same key in a file and in the token gives the same card keys.
static void token_agrees_with_file(void) {
    char command[512], raw[128];
    uint8_t octets[32];
    struct master_key key;
    struct scp03_keys keys;
    struct failure failure = {0};
    from_hex("8C72C72CF908411653018807950D82FBAD947562F0828A0B10B8B9606ABF3BCD", octets,
             sizeof octets);
    snprintf(raw, sizeof raw, "%s", path_of("raw"));
    FILE *file = fopen(raw, "w");
    fwrite(octets, 1, sizeof octets, file);
    fclose(file);
    snprintf(command, sizeof command,
             "softhsm2-util --import %s --aes --token authority --pin 1234 --label published "
             "--id 77 >/dev/null 2>&1",
             raw);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    char *object = strstr(uri, "object=master");
    char other[512];
    snprintf(other, sizeof other, "%.*sobject=published%s", (int)(object - uri), uri,
             object + strlen("object=master"));
    CU_ASSERT_FATAL(master_key_open(&key, other, crypto, NULL, &failure));
    CU_ASSERT(master_key_derive(&key, kdf3_card, &keys, &failure));
    CU_ASSERT(is_hex(keys.enc, keys.size, kdf3_enc));
    master_key_close(&key);
}

static void token_signs(void) {
    struct failure failure = {0};
    struct signer signer;
    struct token *token = token_open(uri, NULL, &failure);
    struct token_signer context = {token, crypto, 0};
    uint8_t point[P256_COMPRESSED_SIZE], signature[ECDSA_SIZE];
    CU_ASSERT_PTR_NOT_NULL_FATAL(token);
    CU_ASSERT(token_make_p256(token, "root", &failure));
    CU_ASSERT(token_find_p256(token, "root", &context.key, point, &failure));
    signer_from_token(&signer, &context, point);
    struct bytes message = bytes_of_string("certificate");
    CU_ASSERT(signer.sign(&signer, message, signature));
    CU_ASSERT(crypto->ops->ecdsa_verify(crypto, point, message, signature));
    CU_ASSERT_FALSE(token_find_p256(token, "absent", &context.key, point, &failure));
    token_close(token);
}

static void missing_parts_are_named(void) {
    static const struct {
        const char *uri, *said;
        enum exit_code code;
    } rows[] = {
        {"pkcs11:token=x;object=y?module-path=/nowhere.so&pin-value=1", "/nowhere.so", EXIT_ABSENT},
        {"pkcs11:token=x;object=y?pin-value=1", "names no module", EXIT_USAGE},
        {"pkcs11:token=nobody;object=y?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-value=1",
         "no such token", EXIT_ABSENT},
        {"pkcs11:token=authority;object=master?module-path=/usr/lib/softhsm/libsofthsm2.so&"
         "pin-value=9999",
         "user PIN", EXIT_LOCKED},
        {"pkcs11:token=authority;object=master?module-path=/usr/lib/softhsm/libsofthsm2.so",
         "no user PIN", EXIT_LOCKED},
        {"pkcs11:token=authority;object=absent?module-path=/usr/lib/softhsm/libsofthsm2.so&"
         "pin-value=1234",
         "no AES key 'absent'", EXIT_ABSENT},
        {"pkcs11:token=authority;object=master?module-path=/usr/lib/softhsm/libsofthsm2.so&"
         "pin-value=1234&x-method=rot13",
         "rot13", EXIT_USAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct master_key key;
        struct failure failure = {0};
        CU_ASSERT_FALSE(master_key_open(&key, rows[i].uri, crypto, NULL, &failure));
        CU_ASSERT_EQUAL(failure.code, rows[i].code);
        if (strstr(failure.text, rows[i].said) == NULL)
            fprintf(stderr, "'%s' lacks '%s'\n", failure.text, rows[i].said);
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.text, rows[i].said));
        CU_ASSERT_PTR_NULL(strstr(failure.text, "9999"));
    }
}

int main(int argc, char **argv) {
    static const struct suite_test tests[] = {
        {"kdf3 gives the published keys", kdf3_matches_published, NULL},
        {"each method has test values, and visa2 and emv are refused", methods_have_test_values,
         NULL},
        {"visa2-aes and emv-aes encrypt their templates", templates_are_single_blocks, NULL},
        {"sealed files open with their passphrase only", sealed_files_open_with_their_passphrase,
         NULL},
        {"the head of a sealed file cannot be altered", sealed_head_cannot_be_altered, NULL},
        {"bad key files are named", bad_files_are_named, NULL},
        {"a token derives without giving the key", token_derives_without_giving_the_key, NULL},
        {"token and file agree", token_agrees_with_file, NULL},
        {"a token signs", token_signs, NULL},
        {"module, token, PIN, key: what is missing is named", missing_parts_are_named, NULL},
    };
    char command[64];
    crypto = crypto_openssl_new();
    if (mkdtemp(directory) == NULL)
        return 2;
    int code = suite_main("test-master-key", tests, sizeof tests / sizeof tests[0], argc, argv);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command) != 0)
        code = 2;
    crypto_openssl_free(crypto);
    return code;
}
