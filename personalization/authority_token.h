// SPDX-License-Identifier: Apache-2.0
// The authority's keys in a token: drawn there, used there, never outside. The directory keeps the
// token's URI in the file "token"; keys are found by label, PREFIX-root, PREFIX-purse and so on,
// where PREFIX is the URI's object or "tessera". docs/key-ceremony.md.
#ifndef PERSONALIZATION_AUTHORITY_TOKEN_H
#define PERSONALIZATION_AUTHORITY_TOKEN_H

#include "personalization/hierarchy.h"
#include "personalization/token.h"

enum { AUTHORITY_KEYS = MEMBER_COUNT + 1, AUTHORITY_KEY_X509 = MEMBER_COUNT };

/// Must not be moved while signers are in use.
struct authority_token {
    struct token *token; // NULL: the keys are in files
    struct token_signer keys[AUTHORITY_KEYS];
    size_t made; // keys drawn since it was opened, for authority_token_undo
};

bool authority_token_open(struct authority_token *keys, const char *uri,
                          const struct token_pin *pin, struct failure *failure);
void authority_token_close(struct authority_token *keys);

/// Word of a key: "root", "purse", ..., "x509".
const char *authority_key_word(int key);

/// Refuses a token that has a key of any of our labels.
bool authority_token_is_free(struct authority_token *keys, struct failure *failure);

/// Draws one key, in the order of enum member; the signer works until the token is closed.
bool authority_token_make(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure);
/// Destroys what was drawn: the authority did not come into being.
void authority_token_undo(struct authority_token *keys);

bool authority_token_find(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure);

#endif
