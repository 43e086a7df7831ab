// SPDX-License-Identifier: Apache-2.0
// Key files behind --keys NAME=FILE: AES keys of secure channels, and private P-256 keys as PKCS#8
// in PEM (RFC 7468, RFC 5208) or in hex. What a file has is erased behind its reading.
#include "apdu/script/run/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *path_of(const struct host_keys *host, struct bytes name) {
    for (size_t i = 0; i < host->count; i++)
        if (bytes_equal(name, bytes_of(host->rows[i].name, host->rows[i].name_size)))
            return host->rows[i].path;
    return NULL;
}

static bool find_keys(const struct script_keys *keys, struct bytes name, struct scp03_keys *out) {
    const char *error, *path = path_of(keys->context, name);
    return path != NULL && host_keys_read(path, out, &error);
}

// ---- private keys ----------------------------------------------------------------------------

/// A private key in base64 lines between "-----BEGIN PRIVATE KEY" and the next "-----".
struct pem {
    bool inside;
    uint8_t octets[256];
    size_t size;
    uint32_t held;
    unsigned bits;
};

static void pem_line(struct pem *pem, const char *line) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strncmp(line, "-----", 5) == 0) {
        pem->inside = strncmp(line, "-----BEGIN PRIVATE KEY", 22) == 0;
        return;
    }
    for (const char *at; pem->inside && *line != 0; line++) {
        if ((at = strchr(digits, *line)) == NULL)
            continue;
        pem->held = pem->held << 6 | (uint32_t)(at - digits);
        pem->bits += 6;
        if (pem->bits >= 8 && pem->size < sizeof pem->octets)
            pem->octets[pem->size++] = (uint8_t)(pem->held >> (pem->bits -= 8));
    }
}

/// The scalar of a PKCS#8 key of P-256 (RFC 5915: version 1, then 32 octets).
static bool pem_scalar(const struct pem *pem, uint8_t out[P256_SCALAR_SIZE]) {
    static const uint8_t curve[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07},
                         lead[] = {0x02, 0x01, 0x01, 0x04, P256_SCALAR_SIZE};
    bool named = false;
    for (size_t i = 0; i + sizeof lead + P256_SCALAR_SIZE <= pem->size; i++) {
        named |= memcmp(pem->octets + i, curve, sizeof curve) == 0;
        if (!named || memcmp(pem->octets + i, lead, sizeof lead) != 0)
            continue;
        memcpy(out, pem->octets + i + sizeof lead, P256_SCALAR_SIZE);
        return true;
    }
    return false;
}

bool host_keys_scalar(const char *path, uint8_t out[P256_SCALAR_SIZE]) {
    char line[256];
    struct pem pem = {.size = 0};
    struct scp03_keys hex = {.size = 0};
    const char *error;
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        pem_line(&pem, line);
    bool ok = file != NULL && pem_scalar(&pem, out);
    if (!ok && file != NULL && pem.size == 0 && host_keys_read(path, &hex, &error) &&
        hex.size == P256_SCALAR_SIZE) {
        memcpy(out, hex.enc, P256_SCALAR_SIZE);
        ok = true;
    }
    if (file != NULL)
        fclose(file);
    bytes_erase(line, sizeof line);
    bytes_erase(&pem, sizeof pem);
    bytes_erase(&hex, sizeof hex);
    return ok;
}

static bool find_scalar(const struct script_keys *keys, struct bytes name,
                        uint8_t out[P256_SCALAR_SIZE]) {
    const char *path = path_of(keys->context, name);
    return path != NULL && host_keys_scalar(path, out);
}

// ---- keys of secure channels -----------------------------------------------------------------

bool host_keys_add(struct host_keys *keys, const char *argument) {
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument || keys->count == HOST_KEYS_MAX)
        return false;
    keys->rows[keys->count].name = argument;
    keys->rows[keys->count].name_size = (size_t)(equals - argument);
    keys->rows[keys->count++].path = equals + 1;
    keys->keys = (struct script_keys){find_keys, find_scalar, keys};
    return true;
}

static size_t parse_key(const char *text, uint8_t key[SCP03_KEY_MAX]) {
    size_t digits = 0;
    for (; *text != 0 && *text != '\n'; text++) {
        int digit = hex_digit(*text);
        if (digit < 0)
            continue;
        if (digits == (size_t)2 * SCP03_KEY_MAX)
            return 0;
        key[digits / 2] = (uint8_t)(key[digits / 2] << 4 | digit);
        digits++;
    }
    return digits % 2 == 0 ? digits / 2 : 0;
}

static bool read_key_line(const char *line, struct scp03_keys *out) {
    struct {
        const char *word;
        uint8_t *key;
    } rows[] = {{"enc", out->enc}, {"mac", out->mac}, {"dek", out->dek}};
    for (size_t i = 0; i < 3; i++)
        if (strncasecmp(line, rows[i].word, 3) == 0)
            return (out->size = (uint8_t)parse_key(line + 3, rows[i].key)) >= 16;
    out->size = (uint8_t)parse_key(line, out->enc);
    memcpy(out->mac, out->enc, sizeof out->mac);
    memcpy(out->dek, out->enc, sizeof out->dek);
    return out->size >= 16;
}

bool host_keys_read(const char *path, struct scp03_keys *out, const char **error) {
    char line[256];
    FILE *file = fopen(path, "re");
    bool ok = file != NULL;
    *error = ok ? "a line is neither enc, mac, dek with a key nor a key of 16, 24 or 32 octets"
                : strerror(errno);
    *out = (struct scp03_keys){.size = 0};
    while (ok && fgets(line, sizeof line, file) != NULL)
        if (line[0] != '#' && line[0] != '\n')
            ok = read_key_line(line, out);
    if (file != NULL)
        fclose(file);
    bytes_erase(line, sizeof line);
    return ok && (out->size == 16 || out->size == 24 || out->size == 32);
}
