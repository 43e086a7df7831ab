// SPDX-License-Identifier: Apache-2.0
// The authority's keys in a token: generated there, used there, never outside. The directory keeps
// the token's URI in the file "token"; keys are found by label, PREFIX-root, PREFIX-purse and so
// on, where PREFIX is the URI's object or "tessera". docs/key-ceremony.md.
#ifndef PERSONALIZATION_AUTHORITY_AUTHORITY_TOKEN_H
#define PERSONALIZATION_AUTHORITY_AUTHORITY_TOKEN_H

#include "personalization/authority/hierarchy.h"
#include "personalization/keys/token.h"

enum {
    AUTHORITY_KEY_X509 = MEMBER_COUNT,
    AUTHORITY_KEYS,                                     // that every authority has
    AUTHORITY_KEYS_MAX = AUTHORITY_KEYS + BRANCHES_MAX, // and those of its branches, in their order
};

/// Must not be moved while signers are in use.
struct authority_token {
    struct token *token; // NULL: the keys are in files
    struct token_signer keys[AUTHORITY_KEYS_MAX];
    size_t made; // keys of a new authority generated so far, for authority_token_undo
};

/// Opens the token of an RFC 7512 URI; pin as in token_open. False with a failure: keys->token is
/// NULL then.
bool authority_token_open(struct authority_token *keys, const char *uri,
                          const struct token_pin *pin, struct failure *failure);
/// Logs out and closes; signers from it are of no use any more.
void authority_token_close(struct authority_token *keys);

/// Word of a key: "root", "purse", ..., "x509", "branch-1", ...
const char *authority_key_word(int key);

/// Refuses a token that has a key of any of our labels.
bool authority_token_is_free(struct authority_token *keys, struct failure *failure);

/// Generates one key; the signer works until the token is closed.
bool authority_token_make(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure);
/// Destroys what was generated: the authority did not come into being.
void authority_token_undo(struct authority_token *keys);

/// Signer over a branch's key: the one that the token has of its label, or a new one.
bool authority_token_branch(struct authority_token *keys, int key, const struct crypto *crypto,
                            struct signer *signer, struct failure *failure);

/// Signer over a key (enum member, AUTHORITY_KEY_X509 or a branch's) that the token has already.
bool authority_token_find(struct authority_token *keys, int key, const struct crypto *crypto,
                          struct signer *signer, struct failure *failure);

#endif
