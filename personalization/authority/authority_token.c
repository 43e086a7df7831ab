// SPDX-License-Identifier: Apache-2.0
#include "personalization/authority/authority_token.h"

#include "base/must.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 96 };

bool authority_token_open(struct authority_token *keys, const char *uri,
                          const struct token_pin *pin, struct failure *failure) {
    memset(keys, 0, sizeof *keys);
    keys->token = token_open(uri, pin, failure);
    return keys->token != NULL;
}

void authority_token_close(struct authority_token *keys) {
    token_close(keys->token);
    memset(keys, 0, sizeof *keys);
}

const char *authority_key_word(int key) {
    static const char *const branches[] = {"branch-1", "branch-2", "branch-3", "branch-4",
                                           "branch-5", "branch-6", "branch-7", "branch-8"};
    must_cover(branches, BRANCHES_MAX);
    if (key >= AUTHORITY_KEYS)
        return branches[key - AUTHORITY_KEYS];
    return key == AUTHORITY_KEY_X509 ? "x509" : member_word((enum member)key);
}

static void label_of(const struct authority_token *keys, int key, char label[LABEL_MAX]) {
    const char *prefix = token_object(keys->token);
    snprintf(label, LABEL_MAX, "%s-%s", prefix != NULL ? prefix : "tessera",
             authority_key_word(key));
}

bool authority_token_is_free(struct authority_token *keys, struct failure *failure) {
    char label[LABEL_MAX];
    for (int i = 0; i < AUTHORITY_KEYS; i++) {
        label_of(keys, i, label);
        if (token_has_p256(keys->token, label))
            return fail(failure, EXIT_REFUSED,
                        "%s: the token has a key '%s' already, of another authority or of an init "
                        "that was cut off; name another prefix by ;object=, or remove the key",
                        token_name(keys->token), label);
    }
    return true;
}

static void put_signer(struct authority_token *keys, int key, const struct crypto *crypto,
                       const uint8_t *point, struct signer *signer) {
    keys->keys[key].token = keys->token;
    keys->keys[key].crypto = crypto;
    signer_from_token(signer, &keys->keys[key], point);
}

bool authority_token_find(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure) {
    char label[LABEL_MAX];
    uint8_t point[P256_COMPRESSED_SIZE];
    label_of(keys, key, label);
    if (!token_find_p256(keys->token, label, &keys->keys[key].key, point, failure))
        return false;
    put_signer(keys, key, crypto, point, signer);
    return true;
}

bool authority_token_branch(struct authority_token *keys, int key, const struct crypto *crypto,
                            struct signer *signer, struct failure *failure) {
    char label[LABEL_MAX];
    label_of(keys, key, label);
    return (token_has_p256(keys->token, label) || token_make_p256(keys->token, label, failure)) &&
           authority_token_find(keys, key, crypto, signer, failure);
}

bool authority_token_make(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure) {
    char label[LABEL_MAX];
    label_of(keys, key, label);
    keys->made = (size_t)key + 1; // a key that is refused is to be destroyed, too
    return token_make_p256(keys->token, label, failure) &&
           authority_token_find(keys, key, crypto, signer, failure);
}

void authority_token_undo(struct authority_token *keys) {
    char label[LABEL_MAX];
    for (size_t i = 0; i < keys->made; i++) {
        label_of(keys, (int)i, label);
        token_destroy_p256(keys->token, label);
    }
    keys->made = 0;
}
