// SPDX-License-Identifier: Apache-2.0
// A master key in a token: CMAC and blocks are computed there, the key stays. Method and version
// stand in the environment of the URI: object attributes x-method and x-version, by default kdf3
// and 30.
#include "personalization/keys/master_key.h"

#include "personalization/keys/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token_master {
    struct token *token;
    token_key key;
};

static bool in_token_cmac(const struct master_key *key, struct bytes message,
                          uint8_t mac[AES_BLOCK_SIZE]) {
    const struct token_master *master = key->context;
    return token_cmac(master->token, master->key, message, mac);
}

static bool in_token_block(const struct master_key *key, const uint8_t in[AES_BLOCK_SIZE],
                           uint8_t out[AES_BLOCK_SIZE]) {
    const struct token_master *master = key->context;
    return token_block(master->token, master->key, in, out);
}

static void in_token_close(struct master_key *key) {
    struct token_master *master = key->context;
    token_close(master->token);
    free(master);
}

/// Value of a query attribute of the URI, such as x-method=emv.
static bool query(const char *uri, const char *name, char *out, size_t capacity) {
    const char *at = strstr(uri, name);
    if (at == NULL)
        return false;
    at += strlen(name);
    size_t size = strcspn(at, "&;");
    if (size >= capacity)
        return false;
    memcpy(out, at, size);
    out[size] = '\0';
    return true;
}

/// Attributes of our own are spelt right: a misspelt one would be no attribute at all.
static bool knows_query(const char *uri, struct failure *failure) {
    static const char *const known[] = {"x-method", "x-version"};
    const char *at = strchr(uri, '?');
    while (at != NULL) {
        size_t size = strcspn(++at, "=&;");
        bool ours = strncmp(at, "x-", 2) == 0, good = !ours;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            good = good || (strlen(known[i]) == size && strncmp(known[i], at, size) == 0);
        if (!good)
            return fail(
                failure, EXIT_USAGE,
                "character %zu of %s: no attribute '%.*s'; there are x-method and x-version",
                (size_t)(at - uri) + 1, uri, (int)size, at);
        at = strpbrk(at, "&;");
    }
    return true;
}

static bool read_query(struct master_key *key, const char *uri, struct failure *failure) {
    char word[16];
    if (!knows_query(uri, failure))
        return false;
    key->method = DERIVE_KDF3;
    key->version = 0x30;
    if (query(uri, "x-method=", word, sizeof word) && !derivation_from_name(word, &key->method))
        return fail(failure, EXIT_USAGE, "x-method=%s: %s", word, derivation_mistake(word));
    if (!query(uri, "x-version=", word, sizeof word))
        return true;
    char *end = NULL;
    unsigned long version = strtoul(word, &end, 16);
    if (*end != '\0' || version == 0 || version > 0x7F)
        return fail(failure, EXIT_USAGE, "x-version=%s: key versions are 01 to 7F", word);
    key->version = (uint8_t)version;
    return true;
}

bool master_key_open_token(struct master_key *key, const char *uri, const struct token_pin *pin,
                           struct failure *failure) {
    struct token_master *master = calloc(1, sizeof *master);
    const char *secret = strstr(uri, "pin-value=");
    if (master == NULL)
        return fail(failure, EXIT_REFUSED, "out of memory");
    *key = (struct master_key){
        .cmac = in_token_cmac, .block = in_token_block, .close = in_token_close, .context = master};
    snprintf(key->name, sizeof key->name, "%.*s",
             (int)(secret != NULL ? (size_t)(secret - uri) : strlen(uri)), uri);
    bool done = read_query(key, uri, failure) &&
                (master->token = token_open(uri, pin, failure)) != NULL &&
                token_find_aes(master->token, NULL, &master->key, &key->size, failure);
    if (!done)
        master_key_close(key);
    return done;
}
