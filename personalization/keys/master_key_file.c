// SPDX-License-Identifier: Apache-2.0
// A master key in a file of mode 0600, as text that people can read around the key:
//
//     tessera-master-key 1
//     method kdf3
//     version 30
//     key 404142..4F                     plain, or
//     sealed SALT NONCE CIPHERTEXT-TAG   under a passphrase: scrypt, then AES-256-GCM
//
// The lines above the key are the GCM's associated data, so nobody can swap the method.
#include "personalization/keys/master_key.h"

#include "base/files.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILE_MAX = 1024,
    HEAD_MAX = 128,
    SALT_SIZE = 16,
    NONCE_SIZE = 12,
    TAG_SIZE = 16,
    SEALED_MAX = SCP03_KEY_MAX + TAG_SIZE,
    SCRYPT_N = 1 << 15,
    SCRYPT_R = 8,
    SCRYPT_MEMORY = 64 << 20,
};

struct memory_key {
    const struct crypto *crypto;
    uint8_t octets[SCP03_KEY_MAX];
};

// ---- the key in memory -------------------------------------------------------------------------

static struct bytes octets_of(const struct master_key *key) {
    return bytes_of(((const struct memory_key *)key->context)->octets, key->size);
}

static bool memory_cmac(const struct master_key *key, struct bytes message,
                        uint8_t mac[AES_BLOCK_SIZE]) {
    const struct crypto *crypto = ((const struct memory_key *)key->context)->crypto;
    return crypto->ops->aes_cmac(crypto, octets_of(key), message, mac);
}

static bool memory_block(const struct master_key *key, const uint8_t in[AES_BLOCK_SIZE],
                         uint8_t out[AES_BLOCK_SIZE]) {
    static const uint8_t zero[AES_BLOCK_SIZE];
    const struct crypto *crypto = ((const struct memory_key *)key->context)->crypto;
    return crypto->ops->aes_cbc(crypto, true, octets_of(key), zero, in, out, AES_BLOCK_SIZE);
}

static bool memory_export(const struct master_key *key, uint8_t out[SCP03_KEY_MAX]) {
    memcpy(out, octets_of(key).data, key->size);
    return true;
}

static void memory_close(struct master_key *key) {
    bytes_erase(key->context, sizeof(struct memory_key));
    free(key->context);
}

// ---- sealing -----------------------------------------------------------------------------------

static bool stretch(const char *passphrase, const uint8_t salt[SALT_SIZE], uint8_t out[32]) {
    return EVP_PBE_scrypt(passphrase, strlen(passphrase), salt, SALT_SIZE, SCRYPT_N, SCRYPT_R, 1,
                          SCRYPT_MEMORY, out, 32) == 1;
}

// Ciphertext and tag behind it. seal: plain to sealed; else sealed to plain.
static bool gcm(bool seal, const uint8_t key[32], const uint8_t nonce[NONCE_SIZE],
                struct bytes head, const uint8_t *in, uint8_t *out, size_t size, uint8_t *tag) {
    int written = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done = context != NULL &&
                EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), key, nonce, seal, NULL) == 1 &&
                EVP_CipherUpdate(context, NULL, &written, head.data, (int)head.size) == 1 &&
                EVP_CipherUpdate(context, out, &written, in, (int)size) == 1;
    if (done && !seal)
        done = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1;
    done = done && EVP_CipherFinal_ex(context, out + size, &written) == 1;
    if (done && seal)
        done = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

// ---- text --------------------------------------------------------------------------------------

static size_t head_form(char head[HEAD_MAX], enum derivation_method method, uint8_t version) {
    return (size_t)snprintf(head, HEAD_MAX, "tessera-master-key 1\nmethod %s\nversion %02X\n",
                            derivation_name(method), version);
}

static void hex_form(struct bytes octets, char *out) {
    for (size_t i = 0; i < octets.size; i++)
        snprintf(out + 2 * i, 3, "%02X", octets.data[i]);
}

/// Octets of a hexadecimal word; 0 for anything else.
static size_t hex_read(const char *word, uint8_t *out, size_t capacity) {
    size_t digits = strlen(word);
    if (digits % 2 != 0 || digits / 2 > capacity ||
        strspn(word, "0123456789abcdefABCDEF") != digits)
        return 0;
    for (size_t i = 0; i < digits / 2; i++) {
        char pair[3] = {word[2 * i], word[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return digits / 2;
}

static bool unseal(struct master_key *key, const char *path, char words[3][2 * SEALED_MAX + 1],
                   struct bytes head, const char *passphrase, struct failure *failure) {
    struct memory_key *memory = key->context;
    uint8_t salt[SALT_SIZE], nonce[NONCE_SIZE], sealed[SEALED_MAX], stretched[32];
    uint8_t plain[SEALED_MAX];
    size_t size = hex_read(words[2], sealed, sizeof sealed);
    if (hex_read(words[0], salt, sizeof salt) != sizeof salt ||
        hex_read(words[1], nonce, sizeof nonce) != sizeof nonce || size <= TAG_SIZE)
        return fail(failure, EXIT_USAGE, "%s: the sealed key is malformed", path);
    if (passphrase == NULL)
        return fail(failure, EXIT_LOCKED,
                    "%s is sealed: give its passphrase with "
                    "--passphrase-fd N",
                    path);
    key->size = (uint8_t)(size - TAG_SIZE);
    bool done = stretch(passphrase, salt, stretched) &&
                gcm(false, stretched, nonce, head, sealed, plain, key->size, sealed + key->size);
    if (done)
        memcpy(memory->octets, plain, key->size);
    bytes_erase(stretched, sizeof stretched);
    bytes_erase(plain, sizeof plain);
    return done ||
           fail(failure, EXIT_LOCKED, "%s: wrong passphrase, or the file was altered", path);
}

static bool parse(struct master_key *key, const char *path, const char *text,
                  const char *passphrase, struct failure *failure) {
    struct memory_key *memory = key->context;
    char method[16], head[HEAD_MAX], words[3][2 * SEALED_MAX + 1];
    unsigned version = 0;
    int used = 0;
    if (sscanf(text, "tessera-master-key 1\nmethod %15s\nversion %2x\n%n", method, &version,
               &used) != 2 ||
        used == 0)
        return fail(failure, EXIT_USAGE,
                    "%s is no master key file: make one with 'tessera perso key'", path);
    if (!derivation_from_name(method, &key->method))
        return fail(failure, EXIT_USAGE, "%s: method %s: %s", path, method,
                    derivation_mistake(method));
    key->version = (uint8_t)version;
    size_t head_size = head_form(head, key->method, key->version);
    if (sscanf(text + used, "key %96s", words[0]) == 1)
        key->size = (uint8_t)hex_read(words[0], memory->octets, SCP03_KEY_MAX);
    else if (sscanf(text + used, "sealed %96s %96s %96s", words[0], words[1], words[2]) == 3) {
        if (!unseal(key, path, words, bytes_of(head, head_size), passphrase, failure))
            return false;
    }
    bytes_erase(words, sizeof words);
    if (key->size != 16 && key->size != 24 && key->size != 32)
        return fail(failure, EXIT_USAGE, "%s: a key has 32, 48 or 64 hexadecimal digits", path);
    return true;
}

static bool read_private(const char *path, char text[FILE_MAX + 1], struct failure *failure) {
    struct stat about;
    size_t size = 0;
    if (stat(path, &about) != 0 || !files_read(path, (uint8_t *)text, FILE_MAX, &size))
        return fail_errno(failure, "cannot read the master key %s", path);
    if ((about.st_mode & 077) != 0)
        return fail(failure, EXIT_LOCKED,
                    "%s: others may read this key (mode %03o); "
                    "run 'chmod 600 %s'",
                    path, (unsigned)about.st_mode & 0777, path);
    text[size] = '\0';
    return true;
}

bool master_key_open_file(struct master_key *key, const char *path, const struct crypto *crypto,
                          const char *passphrase, struct failure *failure) {
    char text[FILE_MAX + 1];
    struct memory_key *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    memory->crypto = crypto;
    *key = (struct master_key){.cmac = memory_cmac,
                               .block = memory_block,
                               .export = memory_export,
                               .close = memory_close,
                               .context = memory};
    snprintf(key->name, sizeof key->name, "%s", path);
    bool done = read_private(path, text, failure) && parse(key, path, text, passphrase, failure);
    bytes_erase(text, sizeof text);
    if (!done)
        master_key_close(key);
    return done;
}

static bool seal_line(const struct crypto *crypto, const char *passphrase, struct bytes head,
                      struct bytes octets, char *line, size_t capacity) {
    uint8_t salt[SALT_SIZE], nonce[NONCE_SIZE], stretched[32], sealed[SEALED_MAX];
    char words[3][2 * SEALED_MAX + 1];
    bool done =
        crypto->ops->random(crypto, salt, sizeof salt) &&
        crypto->ops->random(crypto, nonce, sizeof nonce) && stretch(passphrase, salt, stretched) &&
        gcm(true, stretched, nonce, head, octets.data, sealed, octets.size, sealed + octets.size);
    bytes_erase(stretched, sizeof stretched);
    if (!done)
        return false;
    hex_form(BYTES_OF(salt), words[0]);
    hex_form(BYTES_OF(nonce), words[1]);
    hex_form(bytes_of(sealed, octets.size + TAG_SIZE), words[2]);
    snprintf(line, capacity, "sealed %s %s %s\n", words[0], words[1], words[2]);
    return true;
}

bool master_key_create(const char *path, const struct crypto *crypto, uint8_t size,
                       enum derivation_method method, uint8_t version, const char *passphrase,
                       struct failure *failure) {
    uint8_t octets[SCP03_KEY_MAX];
    char text[FILE_MAX], hex[2 * SCP03_KEY_MAX + 1];
    size_t head = head_form(text, method, version);
    if (!crypto->ops->random(crypto, octets, size))
        return fail(failure, EXIT_REFUSED, "no randomness for a master key");
    bool done = true;
    if (passphrase != NULL) {
        done = seal_line(crypto, passphrase, bytes_of(text, head), bytes_of(octets, size),
                         text + head, sizeof text - head);
    } else {
        hex_form(bytes_of(octets, size), hex);
        snprintf(text + head, sizeof text - head, "key %s\n", hex);
    }
    bytes_erase(octets, sizeof octets);
    bytes_erase(hex, sizeof hex);
    if (!done)
        return fail(failure, EXIT_REFUSED, "cannot seal the master key");
    done = files_write(path, bytes_of_string(text), FILES_SECRET, FILES_NEW);
    bytes_erase(text, sizeof text);
    if (!done && errno == EEXIST)
        return fail(failure, EXIT_REFUSED,
                    "%s exists already; a master key is never overwritten: name a new file", path);
    return done || fail_errno(failure, "cannot write the master key %s", path);
}
